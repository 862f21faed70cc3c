"""Members: who declined, who has namesakes, and who comes from outside the registry."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from headwater.calls.applying.services.applications import confirm_participation, remove_member
from headwater.calls.applying.services.attachments import attach
from headwater.calls.documents import application_data
from headwater.calls.facts import check_applications
from headwater.calls.joining.services.inviting import decline_participation, find_link, send_again
from headwater.calls.joining.services.outside import invite_outside_member
from headwater.calls.models import Application, Letter, Participant
from headwater.calls.permissions import not_own
from headwater.calls.signatures import partners_of
from headwater.core.command import Actor
from headwater.core.errors import Refused
from headwater.core.models import Account, OutboxMail, StoredFile
from headwater.core.permission import may
from headwater.forms.results import Verdict
from headwater.registry.models import Organisation, Person
from tests.calls.test_inviting import invited
from tests.core.test_inspection import pdf
from tests.make import as_, client, draft_of, new_call, new_host, new_person, refusal, user_of
from tests.pages import elements

pytestmark = pytest.mark.django_db
ABROAD = {"name": "Anna Keller", "institution": "ETH Zürich, Switzerland", "email": "anna@example.org", "months": 3}


def test_who_declined_reads_the_draft_its_files_and_letters_no_more() -> None:
    row, part, _key = invited()
    name = user_of(part.person)
    file = attach(application=row, kind="ethics", name="意见.pdf", content=pdf(), actor=as_(row.leader)).file
    StoredFile.objects.filter(pk=file.pk).update(state="fine")
    letter = Letter.objects.create(application=row, kind=Letter.Kind.values[0], number="L-1", body={})

    def seen() -> list[Any]:
        user = Account.objects.get(username=name)
        browser = client(name)
        paths = (f"/applications/{row.pk}/", f"/applications/{row.pk}/pdf/", f"/files/{file.pk}/")
        found: list[Any] = [browser.get(p).status_code == 200 for p in paths]
        found += [Application.objects.visible_to(user).filter(pk=row.pk).exists()]
        return [*found, Letter.objects.visible_to(user).filter(pk=letter.pk).exists(), row.title_zh in page_of(browser)]

    def page_of(browser: Any) -> str:
        body = browser.get("/applications/").content.decode()
        return str(re.sub(r"<section.*?</section>", "", body, flags=re.DOTALL))

    assert seen()[:5] == [True] * 5
    decline_participation(participant=part, reason="时间不够", actor=as_(part.person))
    assert seen() == [False] * 6
    assert not not_own(Account.objects.get(username=name), Application.objects.get(pk=row.pk))
    send_again(participant=part, actor=as_(row.leader))
    assert seen()[:5] == [True] * 5


def test_of_many_namesakes_every_one_is_shown_and_the_months_typed_stay() -> None:
    row = draft_of(new_call(), new_person())
    hosts = [new_host() for _n in range(8)]
    people = [new_person("同名人", organisation=h) for h in hosts]
    browser, url = client(user_of(row.leader)), f"/applications/{row.pk}/member/"
    page = browser.post(url, {"member": "同名人", "months": "9"}, follow=True).content.decode()
    assert all(elements(page, name="person", value=str(p.pk)) for p in people)
    assert len(elements(page, name="months", value="9")) >= len(people)
    assert re.search(r'<input[^>]*name="member"[^>]*value="同名人"', page)
    browser.post(url, {"member": "同名人", "months": "9", "person": str(people[7].pk)})
    assert [(p.person, p.months_per_year) for p in row.participants.all()] == [(people[7], 9)]


def test_the_institution_tells_namesakes_apart() -> None:
    row = draft_of(new_call(), new_person())
    people = [new_person("同名人", organisation=new_host()) for _n in range(3)]
    where = Organisation.objects.get(pk=people[1].organisation_id)
    client(user_of(row.leader)).post(f"/applications/{row.pk}/member/", {"member": f"同名人 {where.name_zh}", "months": "2"})
    assert [p.person for p in row.participants.all()] == [people[1]]


@pytest.mark.parametrize(("who", "months"), [("没有这个人", "9"), ("无所谓", "13")])
def test_who_cannot_be_added_is_told_beside_the_field_with_what_was_typed(who: str, months: str) -> None:
    row = draft_of(new_call(), new_person())
    answer = client(user_of(row.leader)).post(f"/applications/{row.pk}/member/", {"member": who, "months": months})
    page = answer.content.decode()
    assert (answer.status_code, "invalid-feedback" in page) == (422, True)
    assert f'value="{who}"' in page
    assert f'value="{months}"' in page


def test_somebody_from_outside_the_registry_confirms_with_their_own_account() -> None:
    row = draft_of(new_call(), new_person())
    browser = client(user_of(row.leader))
    fields = {f"out-{name}": value for name, value in ABROAD.items()}
    assert browser.post(f"/applications/{row.pk}/outside/", fields).status_code == 302
    part = Participant.objects.select_related("person").get(application=row)
    told = (part.person.name_zh, part.organisation, part.unit, part.months_per_year, part.person.id_hash)
    assert told == ("Anna Keller", None, "ETH Zürich, Switzerland", 3, "")
    key = re.findall(r"/confirm/([^/\s]+)/", OutboxMail.objects.filter(to="anna@example.org").latest("pk").body)[0]
    assert find_link(key)
    guest = client(None)
    assert "ETH Zürich" in guest.get(f"/confirm/{key}/").content.decode()
    guest.post(f"/confirm/{key}/", {"do": "claim", "name": "Anna Keller", "email": "anna@example.org"})
    person = Person.objects.get(pk=part.person_id)
    assert person.account
    confirm_participation(participants=[part], actor=Actor(account=person.account, source="test"))
    assert may(person.account, "calls.application.view", row)
    results = {r.rule: r for r in check_applications([row], row.call)[row.pk]}
    assert results["members_confirmed"].outcome == Verdict.PASSED
    judged = {results[name].outcome for name in ("identity_known", "history_given") if name in results}
    assert judged == {Verdict.UNKNOWN}
    assert application_data(Application.objects.get(pk=row.pk))["members"][0][:2] == ["Anna Keller", "ETH Zürich, Switzerland"]
    assert partners_of(row, row.participants.select_related("organisation")) == {}
    assert "ETH Zürich" in browser.get(f"/applications/{row.pk}/edit/members/").content.decode()


def test_one_of_the_registry_is_not_invited_as_an_outsider_and_errors_stand_beside_the_field() -> None:
    row, known = draft_of(new_call(), new_person()), new_person(email="known@example.org")
    with pytest.raises(Refused) as error:
        invite_outside_member(application=row, values=ABROAD | {"email": "Known@example.org"}, actor=as_(row.leader))
    assert [f for f, _code in refusal(error)] == ["email"]
    fields = {f"out-{name}": value for name, value in ABROAD.items()} | {"out-email": "known@example.org"}
    answer = client(user_of(row.leader)).post(f"/applications/{row.pk}/outside/", fields)
    page = answer.content.decode()
    assert (answer.status_code, "ETH Zürich" in page, "已在登记库中" in page) == (422, True, True)
    assert not row.participants.exists()
    assert known.pk


def test_two_applicants_who_name_one_address_mean_one_person_who_is_forgotten_with_the_last() -> None:
    rows = [draft_of(new_call(), new_person()) for _n in range(2)]
    made = [invite_outside_member(application=r, values=ABROAD, actor=as_(r.leader)) for r in rows]
    assert made[0].person_id == made[1].person_id
    with pytest.raises(Refused):
        invite_outside_member(application=rows[0], values=ABROAD, actor=as_(rows[0].leader))
    for row, part, left in zip(rows, made, (True, False), strict=True):
        remove_member(participant=part, actor=as_(row.leader))
        assert Person.objects.filter(email=ABROAD["email"]).exists() is left


def test_the_database_refuses_a_member_of_nowhere() -> None:
    row = draft_of(new_call(), new_person())
    with pytest.raises(IntegrityError), transaction.atomic():
        Participant.objects.create(application=row, person=new_person())
