"""One application under anything that anybody does to it, and a small slice of `./run bench fuzz` on a database of its own."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from bench.fuzz import bench as fuzz
from bench.fuzz import home as fuzz_home
from bench.fuzz.kept import Kept, expected, received, stored
from bench.fuzz.places import all_routes, forget, places
from bench.fuzz.values import BOUNDARY, DAYS, NASTY, NUMBERS, multipart, urlencoded
from bench.fuzz.world import World
from headwater.calls.applying.services.applications import add_members, remove_member, save_application, submit_application
from headwater.calls.applying.services.withdrawing import reopen_application, withdraw_application
from headwater.calls.applying.views.editor import read_values
from headwater.calls.endorsing.services.endorsement import endorse, recommend, return_to_author, return_to_host
from headwater.calls.models import Application
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.core.command import Actor
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Event, RoleGrant
from headwater.core.sealing import seal_events
from headwater.core.text import clean_fields
from tests.conftest import fingerprint
from tests.make import actor, as_, draft_of, manager, new_call, new_person

WORDS = [t.encode("utf-8", "replace").decode() for t in [*NASTY, *NUMBERS, *DAYS] if len(t) < 120]
GOOD = {
    "months": ["12", "24", "36"],
    "months_at_host": ["0", "11"],
    "goals": ["研究" * 100, "\n研究" + "草原" * 50],
    "ai_note": ["", "未使用"],
    "amount_wan": ["3.5", "1,200"],
    "starts_on": ["2028-07-01"],
    "discipline": ["A0101"],
    "research_class": ["goal"],
    "similar_count": ["0", "3"],
    "source": ["own"],
    "items.0.price": ["160"],
    "items.7.count": ["2"],
    **dict.fromkeys(
        ("title_zh", "abstract_zh", "unsuitable", "why_another", "need", "items.0.name", "items.401.name", "nothing"),
        ("盐碱地水盐运移", "草原\n碳汇"),
    ),
}
ANYTHING = st.one_of(st.sampled_from(WORDS), st.text(st.characters(codec="utf-8"), max_size=60))
SENT = st.sampled_from(sorted(GOOD)).flatmap(
    lambda name: st.tuples(st.just(name), st.one_of(st.sampled_from(GOOD[name]), ANYTHING))
)
REACHABLE = {State.DRAFT, State.HOST_REVIEW, State.RECOMMENDING, State.RECEIVED, State.WITHDRAWN}


class OneApplication(RuleBasedStateMachine):
    """Its author, its host, its agency and a stranger, in any order."""

    @initialize(scheme=st.sampled_from(["im-youth", "im-instr"]))
    def begin(self, scheme: str) -> None:
        self.stack = ExitStack()
        self.stack.enter_context(transaction.atomic())
        self.call, self.leader, self.stranger = new_call(scheme), new_person(), new_person()
        self.row = draft_of(self.call, self.leader)
        self.pk, self.host = self.row.pk, self.row.host
        grant = RoleGrant.objects.filter(role="recommender", scope_id=self.host.recommender_id).select_related("account")[0]
        self.agency = Actor(grant.account, "test")
        self.kept = Kept()
        self.kept.rows = stored([self.pk])

    def fresh(self) -> Application:
        return Application.objects.select_related("call__scheme", "leader__account", "host").get(pk=self.pk)

    @contextmanager
    def refusable(self) -> Iterator[None]:
        """What is refused says why, and has changed nothing at all."""
        before = (Event.objects.count(), Application.objects.filter(pk=self.pk).values().get())
        try:
            with transaction.atomic():
                yield
        except (Refused, NotAllowed) as error:
            assert isinstance(error, NotAllowed) or all(r.text for r in error.reasons)
            assert (Event.objects.count(), Application.objects.filter(pk=self.pk).values().get()) == before

    @rule(sent=SENT)
    def save_one(self, sent: tuple[str, str]) -> None:
        self.save_all(dict([sent]))

    @rule(sent=st.lists(SENT, min_size=1, max_size=4).map(dict))
    def save(self, sent: dict[str, str]) -> None:
        self.save_all(sent)

    @rule(sent=st.sampled_from(sorted(GOOD)).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(GOOD[name]))))
    def save_a_good_one(self, sent: tuple[str, str]) -> None:
        self.save_all(dict([sent]))

    def save_all(self, sent: dict[str, str]) -> None:
        row = self.fresh()
        scheme, post = scheme_of(row.call), QueryDict(mutable=True)
        post.update(sent)
        values, errors = read_values(clean_fields(post), list(sent), scheme)
        saved = False
        with self.refusable():
            save_application(application=row, values=values, actor=as_(self.leader))
            saved = True
        got = received(list(sent.items()), "urlencoded")
        acknowledged = expected(scheme, got, sent) if saved else {}
        bad = {n.partition(".")[0] for n in errors}
        refused = {n for n in acknowledged if n.removeprefix("a.") in bad or (n == "amount_fen" and "amount_wan" in bad)}
        assert self.kept.after_save(self.pk, acknowledged, refused, set()) == []

    @rule(agree=st.booleans())
    def submit(self, agree: bool) -> None:
        with self.refusable():
            submit_application(application=self.fresh(), actor=as_(self.leader), agree=agree)

    @precondition(lambda self: self.fresh().state != State.DRAFT)
    @rule()
    def withdraw(self) -> None:
        with self.refusable():
            withdraw_application(application=self.fresh(), actor=as_(self.leader))

    @rule()
    def reopen(self) -> None:
        with self.refusable():
            reopen_application(application=self.fresh(), actor=as_(self.leader))

    @rule(months=st.integers(-1, 14))
    def join_or_leave(self, months: int) -> None:
        with self.refusable():
            found = self.fresh().participants.select_related("application__leader").first()
            if found:
                remove_member(participant=found, actor=as_(self.leader))
            else:
                add_members(application=self.fresh(), members=[(self.stranger, months)], actor=as_(self.leader))

    @rule(work=st.sampled_from([endorse, recommend]))
    def send_on(self, work: Any) -> None:
        with self.refusable():
            work(applications=[self.fresh()], actor=manager(self.host) if work is endorse else self.agency)

    @rule(note=ANYTHING, back=st.sampled_from([return_to_author, return_to_host]))
    def send_back(self, note: str, back: Any) -> None:
        with self.refusable():
            back(
                applications=[self.fresh()],
                note=note.replace("\0", ""),
                actor=manager(self.host) if back is return_to_author else self.agency,
            )

    @precondition(lambda self: self.fresh().state != State.DRAFT)
    @rule(work=st.sampled_from([withdraw_application, reopen_application]))
    def stranger_tries(self, work: Any) -> None:
        for who in (as_(self.stranger), actor("officer")):
            with pytest.raises(NotAllowed):
                work(application=self.fresh(), actor=who)
            with pytest.raises(NotAllowed):
                save_application(application=self.fresh(), values={"title_zh": "别人写的"}, actor=who)

    @invariant()
    def all_holds(self) -> None:
        if not hasattr(self, "kept"):
            return
        assert self.fresh().state in REACHABLE
        have = stored([self.pk])[self.pk]
        assert {k: v for k, v in have.items() if k not in {"state", "revision"}} == {
            k: v for k, v in self.kept.rows[self.pk].items() if k not in {"state", "revision"}
        }
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        seal_events()
        assert check() == []

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            transaction.set_rollback(True)
            self.stack.close()


@pytest.mark.django_db
def test_one_application_under_everything_anybody_does() -> None:
    run_state_machine_as_test(
        OneApplication,
        settings=settings(
            max_examples=int(os.environ.get("HEADWATER_FUZZ_EXAMPLES", "40")),
            stateful_step_count=15,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


ODD_NAMES = st.text(" \t\x0b\x0c\x1c\x1d\x1f\x85\xa0\u3000ab.1", min_size=1, max_size=6).filter(lambda n: n.strip(" \t\x0b\x0c"))


@given(pairs=st.lists(st.tuples(ODD_NAMES, ANYTHING), min_size=1, max_size=5))
def test_the_record_reads_a_form_as_the_server_does(pairs: list[tuple[str, str]]) -> None:
    """`innovation\\x1d` is another name than `innovation` in both kinds of body: else the record would tell of lost answers."""
    kinds = {"multipart": f"multipart/form-data; boundary={BOUNDARY}", "urlencoded": "application/x-www-form-urlencoded"}
    for how, kind in kinds.items():
        sent = multipart(pairs) if how == "multipart" else urlencoded(pairs)
        post = RequestFactory().generic("POST", "/", sent, content_type=kind).POST
        assert received(pairs, how) == dict(clean_fields(post).lists())


@pytest.fixture
def own_database(django_db_setup: None, django_db_blocker: Any, settings: Any) -> Iterator[None]:
    """A copy of the tests' template in which requests commit as they do outside."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "bench.fuzz.world.Witness"]
    settings.ALLOWED_HOSTS = ["*"]
    name = f"hw_fuzz_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    logging.disable(logging.CRITICAL)
    try:
        with django_db_blocker.unblock(), fuzz_home.copy_of(f"hw_template_{fingerprint()}", name):
            fuzz_home.furnish()
            yield
    finally:
        logging.disable(logging.NOTSET)


def test_a_slice_of_the_fuzzer(own_database: None) -> None:
    """Cases of each part, always the same ones; the bench plays as many others as one likes."""
    forget()
    world = World(fuzz.people(), [])
    some = World([p for p in world.people if p in {None, "officer", "sysadmin", "host-imu", "l00000"}], [])
    world.places = places(some, Random(1), each=1, among=Random(1).sample(all_routes(), 40))
    world.findings |= some.findings
    for part, count in (("forms", 130), ("imports", 50), ("files", 200), ("api", 40), ("urls", 60)):
        fuzz.play(world, part, 1, range(count))
    assert [f"{f.kind}: {f.key}\n{f.case}\n{f.text}" for f in world.findings.values()] == []
    assert world.played["accepted"] > 100
    assert world.played["refused"] > 100
