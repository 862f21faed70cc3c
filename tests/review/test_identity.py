"""A person stays the person: withdrawing and submitting anew, a second account, a second e-mail, a second record or a change of
institution resets no limit, no ban and no conflict of interest. Persons are known by the hash of their identity document."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from headwater.awards.models import Award
from headwater.calls.applying.services.applications import create_draft, submit_application
from headwater.calls.applying.services.withdrawing import reopen_application, withdraw_application
from headwater.calls.checking.services.checking import run_formal_check
from headwater.calls.facts import check_applications
from headwater.calls.models import Application, Call, FormalCheck
from headwater.calls.states import UNSUBMITTED, State
from headwater.core import clock
from headwater.core.command import Actor, system
from headwater.core.errors import NotAllowed, Refused
from headwater.core.models import Account
from headwater.core.sheets import write_csv
from headwater.demo.people import synthetic_document
from headwater.regions.check import find_package, read_package
from headwater.registry.identifiers import document_hash
from headwater.registry.imports import import_people
from headwater.registry.models import Employment, Person, Sanction
from headwater.registry.services import open_accounts
from headwater.review.models import Conflict
from headwater.review.services.conflicts import declare_conflict, find_conflicts
from headwater.schemes import parse_scheme
from headwater.schemes.rules import parameters_of
from tests.make import actor, as_, complete, new_call, new_expert, new_host, new_person, placed
from tests.review.test_conflicts import tie

pytestmark = pytest.mark.django_db
SERIAL = count(500)
NAME = "同一人"
NOWHERE = "150199"
"""A place code of resident numbers that belongs to nobody."""
SHIPPED = {s.code: s for s in (parse_scheme(d, parameters_of)[0] for d in read_package(find_package("nmg")).schemes)}
LIMITED = sorted(code for code, scheme in SHIPPED.items() if scheme.limit_group != "none")


class Somebody:
    """One person with an application, a running award, a ban and an expert who is kin and a colleague; and their tricks."""

    def __init__(self, scheme: str = "im-key") -> None:
        self.scheme = scheme
        self.serial = next(SERIAL)
        self.document = synthetic_document(NOWHERE, self.serial, date(1992, 3, 4), "f")
        self.first, self.second = new_host("甲校"), new_host("乙校")
        self.home = self.first
        self.calls: list[Call] = [new_call(), new_call("im-gen")]
        self.bring(self.document, "first@x.example")
        self.second_account()
        self.expert = new_expert("专家", self.first)
        Employment.objects.create(person=self.expert.person, organisation=self.first, since=date(2010, 1, 1))
        tie("kin", self.person, self.expert.person)
        Sanction.objects.create(person=self.person, since=clock.today() - timedelta(days=9), until=None)
        self.win()
        self.resubmit()
        declare_conflict(
            application=self.live[0], expert=self.expert, kind="declared", evidence="与申请人有合作关系", actor=actor("officer")
        )

    @property
    def person(self) -> Person:
        return Person.objects.select_related("organisation", "account").get(id_hash=document_hash(self.document))

    @property
    def live(self) -> list[Application]:
        rows = Application.objects.filter(leader__name_zh=NAME, call__in=self.calls).exclude(state__in=UNSUBMITTED)
        return list(rows.select_related("leader", "host", "discipline"))

    def bring(self, document: str, email: str, orcid: str = "") -> None:
        heading = ["姓名", "身份证号", "单位", "最高学位", "电子邮箱", "ORCID"]
        row = [NAME, document, self.home.name_zh, "博士", email, orcid]
        result = import_people(name="p.csv", content=write_csv(heading, [row]), actor=actor("officer"), dry_run=False)
        assert result.errors == []

    def win(self) -> None:
        older = placed(new_call("im-gen", year=2019), "approved", self.person, limit_year=2019)
        Award.objects.create(
            application=older,
            call=older.call,
            number=f"{older.number}A",
            leader=self.person,
            host=self.first,
            state="running",
            amount_fen=1,
            starts_on=date(2019, 1, 1),
            ends_on=date(self.calls[0].year, 6, 30),
            approved_at=clock.now(),
            agreement_by=clock.now(),
        )

    def apply(self, call: Call, person: Person) -> None:
        draft = create_draft(call=call, leader=person, actor=as_(person), values=complete(call))
        submit_application(application=draft, actor=as_(person), agree=True)

    # tricks

    def withdraw(self) -> None:
        for row in self.live:
            withdraw_application(application=row, actor=as_(self.person))

    def reopen(self) -> None:
        row = Application.objects.filter(leader=self.person, call__in=self.calls, state=State.WITHDRAWN).first()
        if (
            row
            and not self.live
            and not Application.objects.filter(leader=self.person, call=row.call, state=State.DRAFT).exists()
        ):
            reopen_application(application=row, actor=as_(self.person))
            submit_application(application=Application.objects.get(pk=row.pk), actor=as_(self.person), agree=True)

    def resubmit(self) -> None:
        self._attempt(self.calls[0])

    def elsewhere(self) -> None:
        self._attempt(self.calls[1])

    def _attempt(self, call: Call) -> None:
        had = self.live
        try:
            with transaction.atomic():
                self.apply(call, self.person)
        except Refused as refused:
            assert had
            assert {r.code for r in refused.reasons} == {"F11"}
        else:
            assert not had

    def second_account(self) -> None:
        old = Account.objects.filter(
            person=Person.objects.filter(name_zh=NAME, id_hash=document_hash(self.document)).first()
        ).first()
        try:
            with transaction.atomic():
                open_accounts(people=[(self.person, f"same-{self.serial}-{next(SERIAL)}")], actor=system("test"))
        except Refused as refused:  # one address has one account
            assert {r.field for r in refused.reasons} == {"email"}
            return
        if old:
            with pytest.raises(NotAllowed):
                create_draft(call=self.calls[1], leader=self.person, actor=Actor(old, "test"))

    def second_email(self) -> None:
        self.bring(self.document, f"e{next(SERIAL)}@x.example")

    def second_record(self) -> None:
        """A namesake without a document: known by an e-mail only, and so unknown."""
        email = f"r{next(SERIAL)}@x.example"
        self.bring("", email)
        other = Person.objects.get(email=email)
        open_accounts(people=[(other, f"record-{self.serial}-{next(SERIAL)}")], actor=system("test"))
        for call in [*self.calls, new_call(self.scheme)]:
            with pytest.raises(Refused) as error, transaction.atomic():
                self.apply(call, Person.objects.get(pk=other.pk))
            assert "R1" in {r.code for r in error.value.reasons}
        if SHIPPED[self.scheme].members_max:
            assert judged_as_member(self.scheme, other) == ("unknown", "eyes")

    def move(self) -> None:
        self.home = self.second if self.home == self.first else self.first
        self.second_email()

    def check(self) -> None:
        assert len(self.live) <= 1
        for row in self.live:
            outcomes = {r.rule: str(r.outcome) for r in check_applications([row], row.call)[row.pk]}
            assert (outcomes["no_ban"], outcomes["no_running_project"], outcomes["identity_known"]) == (
                "failed",
                "failed",
                "passed",
            )
            find_conflicts(call=row.call, actor=system("test"), states=[row.state])
            kinds = set(Conflict.objects.filter(application=row, expert=self.expert).values_list("kind", flat=True))
            assert kinds >= {"kin", "declared"}
            assert kinds & {"same_entity", "past_entity"}


def judged_as_member(code: str, person: Person) -> tuple[str, str]:
    """What the rule and the formal check say of an application that `person` joins."""
    row = placed(new_call(code), "received", limit_group=f"x{next(SERIAL)}")
    row.participants.create(person=person, organisation=person.organisation, confirmed_at=clock.now())
    found = {r.rule: str(r.outcome) for r in check_applications([row], row.call)[row.pk]}
    run_formal_check(call=row.call, actor=actor("officer"))
    verdict = FormalCheck.objects.get(application=row).verdict
    return found["identity_known"], "clear" if verdict == "clear" else "eyes"


TRICKS = ("withdraw", "reopen", "resubmit", "elsewhere", "second_account", "second_email", "second_record", "move")


@given(tricks=st.lists(st.sampled_from(TRICKS), min_size=1, max_size=8), scheme=st.sampled_from(LIMITED))
@example(tricks=["move", "withdraw", "resubmit", "move", "withdraw", "elsewhere"], scheme="im-test")
@example(tricks=["withdraw", "second_account", "elsewhere", "resubmit", "withdraw", "reopen"], scheme="im-jf")
@example(tricks=["second_record", "second_email", "elsewhere", "second_account", "resubmit"], scheme="im-bounty")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_trick_resets_a_limit_a_ban_or_a_conflict(tricks: list[str], scheme: str) -> None:
    with transaction.atomic():
        somebody = Somebody(scheme)
        for trick in tricks:
            getattr(somebody, trick)()
            somebody.check()
        transaction.set_rollback(True)


@pytest.mark.parametrize("code", sorted(SHIPPED))
def test_a_second_record_leads_nothing_and_joins_nothing_unseen(code: str) -> None:
    other = new_person(NAME, id_hash="")
    row = placed(new_call(code), "draft", other)
    (known,) = [r for r in check_applications([row], row.call)[row.pk] if r.rule == "identity_known"]
    assert (known.outcome, known.blocks) == ("failed", True)
    if SHIPPED[code].members_max:
        assert judged_as_member(code, other) == ("unknown", "eyes")


def test_another_document_with_the_same_orcid_is_refused() -> None:
    """Else a person could take a new identity, and with it new limits."""
    person = new_person(
        NAME, orcid="0000-0002-1825-0097", id_hash=document_hash(synthetic_document(NOWHERE, 7, date(1992, 3, 4), "f"))
    )
    heading = ["姓名", "身份证号", "单位", "ORCID"]
    row = [NAME, synthetic_document(NOWHERE, 9, date(1993, 3, 4), "f"), person.organisation.name_zh, person.orcid]
    result = import_people(name="p.csv", content=write_csv(heading, [row]), actor=actor("officer"), dry_run=False)
    assert [(e.column, e.value) for e in result.errors] == [("ORCID", person.orcid)]
    assert Person.objects.get(pk=person.pk).id_hash == person.id_hash


def test_a_move_keeps_the_institution_that_was_left() -> None:
    somebody = Somebody()
    somebody.move()
    posts = Employment.objects.filter(person=somebody.person).order_by("pk")
    assert [(p.organisation, p.until) for p in posts] == [(somebody.first, clock.today()), (somebody.second, None)]
    somebody.move()
    posts = Employment.objects.filter(person=somebody.person).order_by("pk")
    assert [(p.organisation, p.until) for p in posts][1:] == [(somebody.second, clock.today()), (somebody.first, None)]


def test_a_move_of_somebody_without_a_recorded_post_records_it() -> None:
    person = new_person(
        NAME, new_host("甲校"), email="m@x.example", id_hash=document_hash(synthetic_document(NOWHERE, 11, date(1990, 1, 2), "m"))
    )
    left, reached = person.organisation, new_host("乙校")
    row = [NAME, synthetic_document(NOWHERE, 11, date(1990, 1, 2), "m"), reached.name_zh, "2026-09-01"]
    import_people(
        name="p.csv", content=write_csv(["姓名", "身份证号", "单位", "入职日期"], [row]), actor=actor("officer"), dry_run=False
    )
    posts = Employment.objects.filter(person=person).order_by("since")
    assert [(p.organisation, p.until) for p in posts] == [(left, date(2026, 9, 1)), (reached, None)]
