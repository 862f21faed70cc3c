"""Applications as their authors work on them, up to the submission."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from headwater.calls.applying.services.applications import (
    add_members,
    confirm_participation,
    create_draft,
    save_application,
    submit_application,
)
from headwater.calls.applying.services.attachments import attach
from headwater.calls.applying.services.withdrawing import reopen_application, withdraw_application
from headwater.calls.endorsing.services.endorsement import return_to_author
from headwater.calls.models import Application, Attachment, DocumentSignature, Participant
from headwater.calls.schemes import scheme_of
from headwater.core import clock
from headwater.core.errors import NotAllowed, Refused
from headwater.core.models import Event
from headwater.registry.models import Person
from tests.make import SECOND, as_, complete, draft_of, manager, new_call, new_host, new_person, refusal, submitted, words

pytestmark = pytest.mark.django_db


# drafts


def test_create_draft_twice_gives_the_same_draft() -> None:
    call, leader = new_call(), new_person()
    first = create_draft(call=call, leader=leader, actor=as_(leader))
    second = create_draft(call=call, leader=leader, actor=as_(leader))
    assert first.pk == second.pk
    assert Application.objects.filter(call=call).count() == 1
    assert (first.state, first.host, first.months, first.amount_fen) == ("draft", leader.organisation, 36, 10_000_000)


@pytest.mark.parametrize(("days", "opens"), [(-11, False), (0, True), (19, True), (21, False)])
def test_create_draft_depends_on_the_call_being_open(days: int, opens: bool) -> None:
    call, leader = new_call(), new_person()
    with clock.at(clock.now() + timedelta(days=days)):
        if opens:
            create_draft(call=call, leader=leader, actor=as_(leader))
        else:
            with pytest.raises(Refused, match="不接受申报"):
                create_draft(call=call, leader=leader, actor=as_(leader))
    assert Application.objects.filter(call=call).count() == int(opens)


def test_create_draft_needs_an_institution() -> None:
    call, leader = new_call(), new_person()
    Person.objects.filter(pk=leader.pk).update(organisation=None)
    with pytest.raises(Refused, match="请选择依托单位"):
        create_draft(call=call, leader=Person.objects.get(pk=leader.pk), actor=as_(leader))


def test_save_changes_only_the_named_fields() -> None:
    call, leader = new_call(), new_person()
    application = draft_of(call, leader)
    before = Application.objects.filter(pk=application.pk).values()[0]
    save_application(application=application, values={"keywords_zh": "碳汇", "goals": "目标"}, actor=as_(leader))
    after = Application.objects.filter(pk=application.pk).values()[0]
    changed = {k for k in before if before[k] != after[k]}
    assert changed == {"keywords_zh", "answers", "revision", "saved_at"}
    assert after["answers"] == before["answers"] | {"goals": "目标"}
    assert Event.objects.filter(command="calls.save_application").latest("id").after["fields"] == ["goals", "keywords_zh"]


def test_save_of_the_same_value_is_no_new_revision() -> None:
    call, leader = new_call(), new_person()
    application = draft_of(call, leader)
    row = save_application(application=application, values={"title_zh": application.title_zh}, actor=as_(leader))
    assert row.revision == 0


def test_two_people_saving_different_fields_lose_nothing() -> None:
    call, leader = new_call(), new_person()
    pk = draft_of(call, leader).pk
    one, two = Application.objects.get(pk=pk), Application.objects.get(pk=pk)
    save_application(application=one, values={"title_en": "Steppe", "goals": "甲"}, actor=as_(leader))
    save_application(application=two, values={"keywords_en": "carbon", "innovation": "乙"}, actor=as_(leader))
    row = Application.objects.get(pk=pk)
    assert (row.title_en, row.keywords_en, row.revision) == ("Steppe", "carbon", 2)
    assert (row.answers["goals"], row.answers["innovation"]) == ("甲", "乙")


BAD_VALUES = [
    ("colour", "blue"),
    ("title_zh", "长" * 121),
    ("keywords_zh", "长" * 201),
    ("goals", "长" * 7501),
    ("discipline", "ZZ99"),
    ("research_class", "secret"),
    ("amount_fen", -1),
    ("amount_fen", "ten"),
    ("months", 0),
    ("months", 121),
    ("starts_on", "2026-07-01"),
    ("unsuitable", ["甲", "乙", "丙", "丁"]),
    ("title_zh", "有\0空"),
    ("goals", "有\0空"),
]


@pytest.mark.parametrize(("name", "value"), BAD_VALUES)
def test_save_refuses_what_cannot_be_stored_with_its_field(name: str, value: Any) -> None:
    call, leader = new_call(), new_person()
    application = draft_of(call, leader)
    with pytest.raises(Refused) as error:
        save_application(application=application, values={"title_en": "kept out", name: value}, actor=as_(leader))
    assert refusal(error) == [(name, "")]
    row = Application.objects.get(pk=application.pk)
    assert (row.revision, row.title_en) == (0, "")


@pytest.mark.parametrize(
    ("name", "value"),
    [("title_zh", "长" * 120), ("goals", "长" * 7500), ("discipline", ""), ("months", 120), ("unsuitable", ["甲", "乙", "丙"])],
)
def test_save_takes_the_longest_value(name: str, value: Any) -> None:
    call, leader = new_call(), new_person()
    row = save_application(application=draft_of(call, leader), values={name: value}, actor=as_(leader))
    assert row.revision == 1


def test_save_refuses_a_priority_field_that_is_too_long() -> None:
    call, leader = new_call(), new_person()
    application = draft_of(call, leader)
    with pytest.raises(Refused) as error:
        save_application(application=application, values={"priority_field": "长" * 61}, actor=as_(leader))
    assert refusal(error) == [("priority_field", "")]


def test_save_refuses_nul_inside_a_list() -> None:
    call, leader = new_call(), new_person()
    application = draft_of(call, leader)
    with pytest.raises(Refused) as error:
        save_application(application=application, values={"unsuitable": ["有\0空"]}, actor=as_(leader))
    assert refusal(error) == [("unsuitable", "")]


def test_save_is_for_the_leader_and_only_while_drafting() -> None:
    call, leader, other = new_call(), new_person(), new_person("旁人")
    application = draft_of(call, leader)
    with pytest.raises(NotAllowed):
        save_application(application=application, values={"title_zh": "夺"}, actor=as_(other))
    save_application(application=application, values={"title_zh": "原"}, actor=as_(leader))
    submit_application(application=application, actor=as_(leader), agree=True)
    with pytest.raises(Refused, match="已提交"):
        save_application(application=application, values={"title_zh": "改"}, actor=as_(leader))
    assert Application.objects.get(pk=application.pk).title_zh == "原"


def test_save_at_the_deadline_is_late() -> None:
    call, leader = new_call(), new_person()
    application = draft_of(call, leader)
    with clock.at(call.closes_at), pytest.raises(Refused) as error:
        save_application(application=application, values={"title_zh": "晚"}, actor=as_(leader))
    assert refusal(error) == [("", "F14")]
    with clock.at(call.closes_at - SECOND):
        save_application(application=application, values={"title_zh": "早"}, actor=as_(leader))
    assert Application.objects.get(pk=application.pk).title_zh == "早"


# members


def test_members_are_added_once() -> None:
    call, leader, member = new_call(), new_person(), new_person("成员")
    application = draft_of(call, leader)
    add_members(application=application, members=[(member, 6)], actor=as_(leader))
    with pytest.raises(Refused) as error:
        add_members(application=application, members=[(member, 6), (leader, 6), (new_person(), 13)], actor=as_(leader))
    assert refusal(error) == [("member", ""), ("member", ""), ("months", "")]
    assert list(application.participants.values_list("person", "months_per_year")) == [(member.pk, 6)]


def test_members_named_twice_in_one_go_are_refused() -> None:
    call, leader, member = new_call(), new_person(), new_person("成员")
    application = draft_of(call, leader)
    with pytest.raises(Refused, match="已在申请书中"):
        add_members(application=application, members=[(member, 6), (member, 3)], actor=as_(leader))
    assert application.participants.count() == 0


def test_members_up_to_the_most_of_the_scheme() -> None:
    call, leader = new_call(), new_person()
    application = draft_of(call, leader)
    most = scheme_of(call).members_max
    people = [(new_person(f"成员{n}"), 6) for n in range(most + 1)]
    with pytest.raises(Refused, match=f"最多 {most} 人"):
        add_members(application=application, members=people, actor=as_(leader))
    assert application.participants.count() == 0
    add_members(application=application, members=people[:most], actor=as_(leader))
    assert application.participants.count() == most


def test_member_without_institution_is_refused() -> None:
    call, leader, member = new_call(), new_person(), new_person("无单位")
    Person.objects.filter(pk=member.pk).update(organisation=None)
    with pytest.raises(Refused, match="没有登记单位"):
        add_members(application=draft_of(call, leader), members=[(Person.objects.get(pk=member.pk), 6)], actor=as_(leader))


def test_only_the_person_confirms_and_twice_is_harmless() -> None:
    call, leader, member = new_call(), new_person(), new_person("成员")
    application = draft_of(call, leader)
    made = add_members(application=application, members=[(member, 6)], actor=as_(leader))
    with pytest.raises(Refused, match="本人"):
        confirm_participation(participants=made, actor=as_(leader))
    assert Participant.objects.get(pk=made[0].pk).confirmed_at is None
    assert confirm_participation(participants=made, actor=as_(member)) == 1
    first = Participant.objects.get(pk=made[0].pk).confirmed_at
    with clock.at(clock.now() + timedelta(hours=1)):
        assert confirm_participation(participants=made, actor=as_(member)) == 0
    assert Participant.objects.get(pk=made[0].pk).confirmed_at == first
    found = list(DocumentSignature.objects.filter(application=application).values_list("person", "party", "text"))
    assert found == [(member.pk, "member", *words(call, "member"))]


# attachments


def test_attach_keeps_what_the_bytes_are() -> None:
    call, leader = new_call(), new_person()
    application = draft_of(call, leader)
    attach(application=application, kind="ethics", name="意见.pdf", content=b"%PDF-1.7 x", actor=as_(leader))
    found = Attachment.objects.filter(application=application)
    assert list(found.values_list("kind", "file__name", "file__content_type", "file__size")) == [
        ("ethics", "意见.pdf", "application/pdf", 10)
    ]


@pytest.mark.parametrize(
    ("kind", "name", "content", "field"),
    [
        ("ethics", "意见.pdf", b"MZ\x90 program", "file"),
        ("ethics", "意见.pdf", b"", "file"),
        ("ethics", "意见.exe", b"%PDF-1.7 x", "file"),
        ("ethics", "意见", b"%PDF-1.7 x", "file"),
        ("ethics", "意见.pdf", b"%PDF-" + b"0" * (10 * 1024 * 1024), "file"),
        ("poem", "意见.pdf", b"%PDF-1.7 x", "kind"),
    ],
)
def test_attach_refuses_wrong_content_and_unknown_kinds(kind: str, name: str, content: bytes, field: str) -> None:
    call, leader = new_call(), new_person()
    application = draft_of(call, leader)
    with pytest.raises(Refused) as error:
        attach(application=application, kind=kind, name=name, content=content, actor=as_(leader))
    assert refusal(error) == [(field, "")]
    assert not Attachment.objects.filter(application=application).exists()


# submission


def test_submit_lists_every_blocking_rule_at_once() -> None:
    call, leader, member = new_call(), new_person(), new_person("成员")
    application = create_draft(call=call, leader=leader, actor=as_(leader))
    add_members(application=application, members=[(member, 6)], actor=as_(leader))
    save_application(application=application, values={"amount_fen": 0, "months": 12}, actor=as_(leader))
    with pytest.raises(Refused) as error:
        submit_application(application=application, actor=as_(leader), agree=True)
    assert [r.code for r in error.value.reasons] == ["F05", "F03", "F05", "F19", "F19", "F01"]
    row = Application.objects.get(pk=application.pk)
    assert (row.state, row.number, row.submitted_at) == ("draft", "", None)
    assert not DocumentSignature.objects.filter(application=application).exists()
    made = Participant.objects.filter(application=application)
    confirm_participation(participants=list(made), actor=as_(member))
    good = {**complete(call), "amount_fen": 10_000_000, "months": 36}
    save_application(application=application, values=good, actor=as_(leader))
    assert submit_application(application=application, actor=as_(leader), agree=True).state == "host_review"


def test_submit_needs_the_agreement() -> None:
    call, leader = new_call(), new_person()
    application = draft_of(call, leader)
    with pytest.raises(Refused) as error:
        submit_application(application=application, actor=as_(leader), agree=False)
    assert refusal(error) == [("agree", "")]
    assert not DocumentSignature.objects.filter(application=application).exists()
    submit_application(application=application, actor=as_(leader), agree=True)
    found = DocumentSignature.objects.filter(application=application).values_list("person", "party", "text")
    assert list(found) == [(leader.pk, "applicant", *words(call, "applicant"))]


def test_submit_is_for_the_leader() -> None:
    call, leader = new_call(), new_person()
    application = draft_of(call, leader)
    with pytest.raises(NotAllowed):
        submit_application(application=application, actor=manager(leader.organisation), agree=True)
    assert submit_application(application=application, actor=as_(leader), agree=True).state == "host_review"


@pytest.mark.parametrize("late", [timedelta(0), timedelta(microseconds=1), timedelta(days=1)])
def test_submit_at_the_deadline_is_late(late: timedelta) -> None:
    call, leader = new_call(), new_person()
    application = draft_of(call, leader)
    with clock.at(call.closes_at + late), pytest.raises(Refused) as error:
        submit_application(application=application, actor=as_(leader), agree=True)
    assert refusal(error) == [("", "F14")]
    assert Application.objects.get(pk=application.pk).state == "draft"


def test_submit_one_second_before_the_deadline_works() -> None:
    call, leader = new_call(), new_person()
    application = draft_of(call, leader)
    with clock.at(call.closes_at - SECOND):
        submit_application(application=application, actor=as_(leader), agree=True)
    row = Application.objects.get(pk=application.pk)
    assert (row.state, row.submitted_at) == ("host_review", call.closes_at - SECOND)


def test_submit_twice_is_refused() -> None:
    call, leader = new_call(), new_person()
    application = submitted(call, leader)
    with pytest.raises(Refused) as error:
        submit_application(application=application, actor=as_(leader), agree=True)
    assert refusal(error) == [("", "state")]


def test_numbers_have_no_gaps_and_survive_a_return() -> None:
    call, leader, second = new_call(), new_person(), new_person("乙")
    first = submitted(call, leader)
    assert first.number == f"{call.year}QN00001"
    failing = create_draft(call=call, leader=second, actor=as_(second))
    with pytest.raises(Refused):
        submit_application(application=failing, actor=as_(second), agree=True)
    return_to_author(applications=[first], note="请补充", actor=manager(first.host))
    again = submit_application(application=first, actor=as_(leader), agree=True)
    assert (again.number, again.state, again.returned_note) == (f"{call.year}QN00001", "host_review", "")
    save_application(application=failing, values=complete(call), actor=as_(second))
    assert submit_application(application=failing, actor=as_(second), agree=True).number == f"{call.year}QN00002"


def test_second_call_of_a_scheme_in_a_year_takes_applications() -> None:
    one, two = new_call(), new_call()
    submitted(one, new_person())
    assert submitted(two, new_person("乙")).state == "host_review"


def test_second_application_of_a_year_is_refused_by_the_rule() -> None:
    leader = new_person()
    one, other = new_call("im-youth"), new_call("im-gen")
    second = draft_of(other, leader)
    first = submitted(one, leader)
    with pytest.raises(Refused) as error:
        submit_application(application=second, actor=as_(leader), agree=True)
    assert refusal(error) == [("", "F11")]
    assert first.number in str(error.value)
    withdraw_application(application=first, actor=as_(leader))
    assert submit_application(application=second, actor=as_(leader), agree=True).state == "host_review"


def test_second_application_of_a_year_is_refused_by_the_database_through_another_host() -> None:
    leader = new_person()
    second = draft_of(new_call("im-gen"), leader)
    Application.objects.filter(pk=second.pk).update(host=new_host())
    first = submitted(new_call("im-youth"), leader)
    with pytest.raises(IntegrityError, match="application_one_live_per_year"), transaction.atomic():
        Application.objects.filter(pk=second.pk).update(state="host_review", number="X1")
    Application.objects.filter(pk=first.pk).update(state="expired")
    assert Application.objects.filter(pk=second.pk).update(state="host_review", number="X1") == 1


def test_next_year_is_another_application() -> None:
    leader = new_person()
    one = new_call()
    submitted(one, leader)
    assert submitted(new_call(year=one.year + 1), leader).state == "host_review"


def test_withdraw_from_the_host_also_after_the_deadline() -> None:
    """After the deadline the host cannot return it any more: withdrawing is the author's only way out, and for good."""
    call, leader = new_call(), new_person()
    application = submitted(call, leader)
    with pytest.raises(NotAllowed):
        withdraw_application(application=application, actor=manager(application.host))
    with clock.at(call.closes_at):
        withdraw_application(application=application, actor=as_(leader))
        with pytest.raises(Refused) as error:
            reopen_application(application=application, actor=as_(leader))
    assert refusal(error) == [("", "F14")]
    assert Application.objects.get(pk=application.pk).state == "withdrawn"
