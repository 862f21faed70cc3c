"""Two records of one person: limits, bans, conflicts, own cases and look-ups count the person; nothing is moved, and undoing is whole."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from headwater.calls.applying.services.applications import add_members, create_draft
from headwater.calls.deciding.services.decisions import barred_applications
from headwater.calls.facts import check_applications, gather
from headwater.calls.models import Application
from headwater.calls.permissions import not_own
from headwater.core import clock
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Account, Event, Job, RoleGrant
from headwater.core.own import own_cases
from headwater.core.sheets import write_csv
from headwater.forms.answers.references import find_person
from headwater.registry.identifiers import document_hash
from headwater.registry.imports import import_people
from headwater.registry.merging import effects, likely_same, merge_records, undo_merge
from headwater.registry.models import Person, Sanction, own_records, records_of
from headwater.registry.tables import IMPORTS
from headwater.review.merging import find_again
from headwater.review.models import Assignment, Conflict, Expert, Round
from tests.calls.test_facts import award, join
from tests.calls.test_services import as_, new_call, new_host, new_person, placed
from tests.people import actor, client
from tests.review.test_conflicts import Pair, tie

pytestmark = pytest.mark.django_db
WHY = "同一身份证件，曾用名"


def merge(person: Person, into: Person) -> None:
    merge_records(person=person, into=into, reason=WHY, actor=actor("officer"))
    person.refresh_from_db()


def undo(person: Person) -> None:
    undo_merge(person=person, reason="经核实并非同一人", actor=actor("officer"))
    person.refresh_from_db()


def two(**more: Any) -> tuple[Person, Person]:
    """An older record and the one that stands for it."""
    host = new_host()
    return new_person("旧名", host, **more), new_person("现名", host)


def rows_of_everything() -> dict[str, list[Any]]:
    """Every table that names a person, but for the pointer itself and what is derived of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.conrelid::regclass::text, a.attname FROM pg_constraint c JOIN pg_attribute a
            ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.confrelid = 'registry_person'::regclass"""
        )
        columns = [r for r in cursor.fetchall() if r[1] not in {"merged_into_id", "leader_of_record_id"}]
        found = {}
        for table, column in columns:
            cursor.execute(f"SELECT id, {column} FROM {table} ORDER BY id")
            found[f"{table}.{column}"] = cursor.fetchall()
    return found


def leader_holdings(row: Application) -> list[str]:
    fresh = Application.objects.select_related("leader", "host", "discipline", "call__scheme").get(pk=row.pk)
    return sorted(h.number for h in gather([fresh], fresh.call)[fresh.pk].leader.holdings)


# the pointer


def test_a_merge_moves_nothing_and_undoing_is_whole() -> None:
    old, new = two()
    placed(new_call(), "received", old)
    join(placed(new_call(year=2031), "received"), old)
    Expert.objects.create(person=old)
    before = rows_of_everything()
    merge(old, new)
    assert (old.merged_into, old.merge_reason) == (new, WHY)
    assert rows_of_everything() == before
    assert Application.objects.get(leader=old).leader_of_record_id == new.pk
    undo(old)
    assert (old.merged_into, old.merge_reason) == (None, "")
    assert rows_of_everything() == before
    assert not Application.objects.exclude(leader_of_record=F("leader")).exists()
    told = Event.objects.filter(subject_type="registry.person", subject_id=old.pk).order_by("pk")
    assert [e.command for e in told] == ["registry.merge_records", "registry.undo_merge"]
    assert told[0].after["reason"] == WHY


def test_the_database_refuses_chains_and_circles() -> None:
    one, other, third = new_person(), new_person(), new_person()

    def point(person: Person, into: Person) -> None:
        with transaction.atomic():
            Person.objects.filter(pk=person.pk).update(merged_into=into, merge_reason=WHY)

    point(one, other)
    for person, into in ((other, third), (other, one), (third, one), (third, third)):
        with pytest.raises(IntegrityError, match=r"headwater_merge|person_not_merged_into_itself"):
            point(person, into)
    with pytest.raises(IntegrityError, match="headwater_merge"), transaction.atomic():
        Person.objects.create(name_zh="新", merged_into=one, merge_reason=WHY)
    with pytest.raises(IntegrityError, match="person_merge_reason"), transaction.atomic():
        Person.objects.filter(pk=third.pk).update(merged_into=other)
    point(third, other)
    assert records_of([third.pk]) == {other.pk: other.pk, one.pk: other.pk, third.pk: other.pk}


@pytest.mark.usefixtures("owner_connection")
def test_the_invariants_find_what_went_past_the_triggers() -> None:
    one, other, third = new_person(), new_person(), new_person()
    row = placed(new_call(), "received", one)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE registry_person SET merged_into_id = %s, merge_reason = 'x' WHERE id = %s", [other.pk, one.pk])
        cursor.execute("UPDATE registry_person SET merged_into_id = %s, merge_reason = 'x' WHERE id = %s", [third.pk, other.pk])
        cursor.execute("SET session_replication_role = origin")
    broken = {b.invariant.name: b.rows for b in check()}
    assert [str(one.pk) in r and str(third.pk) in r for r in broken["merge_is_one_step"]] == [True]
    assert [str(row.pk) in r for r in broken["leader_of_record"]] == [True]


def test_a_merge_asks_for_a_reason_and_for_another_record() -> None:
    old, new = two()
    with pytest.raises(Refused, match="依据"):
        merge_records(person=old, into=new, reason=" ", actor=actor("officer"))
    with pytest.raises(Refused, match="另一条"):
        merge_records(person=old, into=old, reason=WHY, actor=actor("officer"))
    merge(old, new)
    third = new_person()
    for person, into in ((old, third), (third, old), (new, third)):
        with pytest.raises(Refused):
            merge_records(person=person, into=into, reason=WHY, actor=actor("officer"))
    with pytest.raises(Refused, match="依据"):
        undo_merge(person=old, reason="", actor=actor("officer"))


def test_who_may_merge_and_never_their_own() -> None:
    old, new = two()
    for name in (old.account.username, "sysadmin"):
        with pytest.raises(NotAllowed):
            merge_records(person=old, into=new, reason=WHY, actor=actor(name))
    Person.objects.filter(pk=old.pk).update(account=Account.objects.get(username="officer"))
    with pytest.raises(Refused, match="本人"):
        merge_records(person=old, into=new, reason=WHY, actor=actor("officer"))
    limited = new_person().account
    RoleGrant.objects.create(account=limited, role="programme_officer", scope="call", scope_id=new_call().pk)
    with pytest.raises(NotAllowed):
        merge_records(person=new, into=old, reason=WHY, actor=actor(limited.username))


# limits and eligibility


def test_two_live_applications_must_be_settled_before_a_merge() -> None:
    old, new = two()
    call = new_call()
    first, second = placed(call, "received", old), placed(new_call(), "received", new)
    blocks = [e for e in effects(old, new) if e.blocks]
    assert [e.records for e in blocks] == [(str(first), str(second))]
    with pytest.raises(Refused, match="有效申请"):
        merge_records(person=old, into=new, reason=WHY, actor=actor("officer"))
    with pytest.raises(IntegrityError, match="application_one_live_per_year"), transaction.atomic():
        Person.objects.filter(pk=old.pk).update(merged_into=new, merge_reason=WHY)
    Application.objects.filter(pk=first.pk).update(state="withdrawn")
    merge(old, new)


def test_the_database_counts_one_person_for_both_records() -> None:
    old, new = two()
    merge(old, new)
    placed(new_call(), "received", old)
    with pytest.raises(IntegrityError, match="application_one_live_per_year"), transaction.atomic():
        placed(new_call(), "received", new)
    row = placed(new_call(), "draft", new)
    with pytest.raises(IntegrityError, match="application_one_live_per_year"), transaction.atomic():
        Application.objects.filter(pk=row.pk).update(state="host_review", number="X9")
    with pytest.raises(IntegrityError, match="application_one_live_per_year"), transaction.atomic():
        Application.objects.filter(pk=row.pk).update(state="host_review", number="X9", leader_of_record=row.leader_id)


def test_rules_count_what_either_record_holds() -> None:
    old, new = two()
    won = placed(new_call("im-gen", year=2020), "approved", old, limit_year=2020)
    paid, joined, this = award(won), placed(new_call(), "received"), placed(new_call(year=2033), "draft", new)
    join(joined, old)
    assert leader_holdings(this) == []
    merge(old, new)
    assert leader_holdings(this) == sorted([won.number, paid.number, joined.number])
    undo(old)
    assert leader_holdings(this) == []


def test_eligibility_reads_the_surviving_record() -> None:
    old, new = two(birth_date=date(1950, 1, 1), id_hash="", is_fund_staff=True)
    row = placed(new_call("im-youth"), "received", old)

    def facts() -> Any:
        fresh = Application.objects.select_related("leader", "host", "discipline", "call__scheme").get(pk=row.pk)
        return gather([fresh], fresh.call)[fresh.pk].leader

    assert (facts().birth_date, facts().has_document, facts().is_fund_staff) == (date(1950, 1, 1), False, True)
    merge(old, new)
    assert (facts().birth_date, facts().has_document, facts().is_fund_staff) == (date(1995, 1, 1), True, False)


def test_a_ban_of_one_record_bars_the_other() -> None:
    old, new = two()
    row = placed(new_call(), "received", new)
    Sanction.objects.create(person=old, since=clock.today() - timedelta(days=9))
    assert barred_applications([row]) == []
    merge(old, new)
    assert barred_applications([row]) == [row]
    fresh = Application.objects.select_related("leader", "host", "discipline", "call__scheme").get(pk=row.pk)
    banned = [r for r in check_applications([fresh], fresh.call)[row.pk] if r.outcome == "failed" and "2023" not in r.rule]
    assert any("sanction" in r.rule or "ban" in r.rule for r in banned), [r.rule for r in banned]


# own cases, access


def test_either_account_reaches_and_owns_the_cases_of_both() -> None:
    old, new = two()
    row = placed(new_call(), "received", old)
    browser = client(new.account.username)
    assert browser.get(f"/applications/{row.pk}/").status_code == 404
    merge(old, new)
    assert client(new.account.username).get(f"/applications/{row.pk}/").status_code == 200
    assert sorted(own_records(Account.objects.get(pk=new.account_id))) == sorted([old.pk, new.pk])
    undo(old)
    assert client(new.account.username).get(f"/applications/{row.pk}/").status_code == 404


def test_an_officer_sees_nothing_of_reviews_of_their_other_record() -> None:
    old, new = two()
    row = placed(new_call(), "in_review", old)
    RoleGrant.objects.create(account=new.account, role="programme_officer")
    round_ = Round.objects.create(call=row.call, seed=1, state="published")
    expert = Expert.objects.create(person=new_person("专家", new_host()))
    Assignment.objects.create(round=round_, application=row, expert=expert, state="invited")

    def officer() -> Account:
        return Account.objects.get(pk=new.account_id)

    assert Assignment.objects.visible_to(officer()).filter(application=row).exists()
    assert row.pk not in own_cases(officer())
    assert not_own(officer(), row)
    merge(old, new)
    assert not Assignment.objects.visible_to(officer()).filter(application=row).exists()
    assert row.pk in own_cases(officer())
    assert not not_own(officer(), row)


def test_new_drafts_belong_to_the_surviving_record_and_drafts_are_found_by_either() -> None:
    old, new = two()
    merge(old, new)
    call = new_call()
    made = create_draft(call=call, leader=old, actor=as_(old))
    assert made.leader == new
    assert create_draft(call=call, leader=new, actor=as_(new)) == made
    for person in (old, new):
        page = client(person.account.username).get(f"/calls/{call.code}/apply/")
        assert page.headers["location"] == f"/applications/{made.pk}/edit/info/"


def test_nobody_joins_twice_by_two_records() -> None:
    old, new = two()
    merge(old, new)
    leader = new_person("申请人")
    row = create_draft(call=new_call(), leader=leader, actor=as_(leader))
    add_members(application=row, members=[(old, 3)], actor=as_(leader))
    assert list(row.participants.values_list("person", flat=True)) == [new.pk]
    with pytest.raises(Refused, match="已在申请书中"):
        add_members(application=row, members=[(new, 3)], actor=as_(leader))


# look-ups and imports


def test_look_ups_find_the_surviving_record() -> None:
    old, new = two(email="old.name@x.example", orcid="0000-0002-1825-0097")
    merge(old, new)
    for text in ("old.name@x.example", "0000-0002-1825-0097", f"旧名 {old.organisation.name_zh}"):
        assert find_person(text) == [new], text
    assert not client("officer").get("/people/", {"q": "旧名"}).context["list"].objects
    assert client("officer").get("/people/", {"q": "旧名", "records": "merged"}).context["list"].objects == [old]


@pytest.mark.parametrize("by", ["身份证号", "ORCID", "电子邮箱"])
def test_imports_of_people_go_to_the_surviving_record(by: str) -> None:
    document, orcid, email = "11010519491231002X", "0000-0002-1825-0097", "old.name@x.example"
    old, new = two(id_hash=document_hash(document), orcid=orcid, email=email)
    merge(old, new)
    kept = {f: getattr(new, f) for f in ("id_hash", "orcid")}
    value = {"身份证号": document, "ORCID": orcid, "电子邮箱": email}[by]
    name = "旧名" if by == "电子邮箱" else "现名"
    sheet = write_csv(["姓名", "单位", "院系", by], [[name, new.organisation.name_zh, "新学院", value]])
    result = import_people(name="p.csv", content=sheet, actor=actor("officer"), dry_run=False)
    assert (result.errors, result.added, result.changed) == ([], 0, 1)
    old.refresh_from_db()
    new.refresh_from_db()
    assert (new.department, old.department) == ("新学院", "")
    assert {f: getattr(new, f) for f in kept} == kept
    assert (old.id_hash, old.orcid) == (document_hash(document), orcid)


def test_imports_about_people_go_to_the_surviving_record() -> None:
    old, new = two()
    merge(old, new)
    row = {"人员编号": old.pk, "姓名": "旧名", "限制范围": "全部", "起始日期": "2026-01-01", "年限": "3", "处理决定文号": "甲1号"}
    sheet = write_csv(list(row), [[str(v) for v in row.values()]])
    result = IMPORTS["sanctions"][2](name="s.csv", content=sheet, actor=actor("officer"), dry_run=False)
    assert result.errors == []
    assert Sanction.objects.get(document="甲1号").person == new


def test_near_doubles_are_offered() -> None:
    host = new_host()
    one, other, far = new_person("双重", host), new_person("双重", host), new_person("双重甲", host)
    assert set(likely_same(Person.objects.filter(organisation=host))) == {one, other}
    page = client("officer").get(f"/people/{one.pk}/merge/").content.decode()
    assert f"?into={other.pk}" in page
    assert f"?into={far.pk}" not in page


# conflicts of interest


def conflicts(pair: Pair) -> set[str]:
    return {kind for kind, _why in pair.find()}


@pytest.mark.parametrize("side", ["leader", "member", "expert"])
@pytest.mark.parametrize("what", ["kin", "home", "takes_part"])
def test_conflicts_go_through_the_pointer_on_every_side(side: str, what: str) -> None:
    """What the other record of anybody shows is a conflict, as if one record had shown all."""
    pair = Pair()
    person = pair.expert.person if side == "expert" else getattr(pair, side)
    other = new_person("另一记录", new_host("他处"))
    theirs = pair.leader if side == "expert" else pair.expert.person
    if what == "kin":
        tie("kin", other, theirs)
        wanted = "kin"
    elif what == "home":
        Person.objects.filter(pk=other.pk).update(organisation=pair.host if side == "expert" else theirs.organisation)
        wanted = "past_entity"
    else:
        if side == "expert":
            pair.application.participants.create(person=other, organisation=other.organisation)
        else:
            Expert.objects.filter(pk=pair.expert.pk).update(person=other)
        wanted = "takes_part"
    assert wanted not in conflicts(pair)
    merge(other, person)
    assert wanted in conflicts(pair)


def test_an_expert_of_two_records_has_the_conflicts_of_both() -> None:
    pair = Pair()
    twin = Expert.objects.create(person=new_person("另一记录", new_host("他处")))
    tie("kin", twin.person, pair.leader)
    merge(twin.person, pair.expert.person)
    pair.find()
    assert set(Conflict.objects.filter(application=pair.application, kind="kin").values_list("expert", flat=True)) == {
        pair.expert.pk,
        twin.pk,
    }
    assert pair.expert in Expert.objects.available()
    assert twin not in Expert.objects.available()


def test_a_merge_looks_for_conflicts_again_and_ends_what_is_open() -> None:
    pair = Pair()
    other = new_person("另一记录", new_host("他处"))
    tie("kin", other, pair.leader)
    row = pair.assignment()
    row.save()
    merge(other, pair.expert.person)
    job = Job.objects.get(kind="review.conflicts_of_merged")
    find_again(lambda *_a: None, actor("officer"), **job.arguments)
    row.refresh_from_db()
    assert row.state == Assignment.State.RELEASED
    assert check() == []


def test_the_tie_of_an_earlier_application_is_carried_between_records() -> None:
    pair = Pair()
    old, new = two()
    first = placed(pair.call, "withdrawn", old, limit_group="none")
    Conflict.objects.create(application=first, expert=pair.expert, kind="declared", evidence="师门")
    second = placed(pair.call, "accepted", new, limit_group="none", review_group="x")
    merge(old, new)
    pair.find()
    assert Conflict.objects.filter(application=second, expert=pair.expert, kind="declared").exists()


# the page


def test_the_page_shows_both_records_what_follows_and_undoes() -> None:
    old, new = two()
    row = placed(new_call(), "received", old)
    browser = client("officer")
    shown = browser.get(f"/people/{old.pk}/merge/", {"into": new.pk}).content.decode()
    assert row.number in shown
    assert new.organisation.name_zh in shown
    assert browser.post(f"/people/{old.pk}/merge/", {"into": new.pk, "reason": ""}).status_code == 422
    assert browser.post(f"/people/{old.pk}/merge/", {"into": 10**9, "reason": WHY}).status_code == 422
    answer = browser.post(f"/people/{old.pk}/merge/", {"into": new.pk, "reason": WHY})
    assert answer.headers["location"] == f"/people/{new.pk}/"
    assert WHY in browser.get(f"/people/{old.pk}/").content.decode()
    browser.post(f"/people/{old.pk}/unmerge/", {"reason": "经核实并非同一人"})
    old.refresh_from_db()
    assert old.merged_into is None
    assert client(old.account.username).get(f"/people/{old.pk}/merge/").status_code == 403


def test_restricted_fields_are_compared_without_being_shown() -> None:
    old, new = two(birth_date=date(1961, 7, 3))
    shown = client("officer").get(f"/people/{old.pk}/merge/", {"into": new.pk}).content.decode()
    assert "1961" not in shown
    assert "出生日期" in shown
