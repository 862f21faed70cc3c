"""Who may cause which event: every command declares it, and who may not is refused."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import rules
from django.db import transaction

import headwater
from headwater.awards.models import Award
from headwater.awards.services.closing import end_awards
from headwater.awards.services.giving_up import extend_agreements, refuse_agreement
from headwater.calls.applying.services.applications import confirm_participation, create_draft, submit_application
from headwater.calls.checking.services.checking import decide_check
from headwater.calls.endorsing.services.endorsement import (
    endorse,
    not_endorse,
    rank_applications,
    recommend,
    return_to_author,
    return_to_host,
)
from headwater.calls.joining.services.inviting import decline_participation
from headwater.calls.joining.services.partners import sign_as_partner
from headwater.calls.models import Application, Call, Participant
from headwater.calls.rights import calls, cases
from headwater.calls.states import State
from headwater.core import clock
from headwater.core.causes import RIGHTS, SYSTEM, declare, right_of, subject, wrong
from headwater.core.command import Actor, command, system
from headwater.core.errors import NotAllowed, Refused
from headwater.core.models import Account, Event, RoleGrant
from headwater.core.permission import PUBLIC, SIGNED_IN, may
from headwater.core.roles import ROLES
from headwater.core.sign_ins import end_sign_ins
from headwater.review.models import Assignment, Expert, Panel, PanelMember
from headwater.review.services.conflicts import declare_conflict
from headwater.review.services.inviting import answer_invitations
from headwater.review.services.opinions import save_opinions
from headwater.review.services.voting import cast_ballot
from tests.make import as_, draft_of, new_call, new_host, new_person, placed

pytestmark = pytest.mark.django_db
SOURCE = Path(headwater.__file__).parent
CODE = re.compile(r"[a-z]+(\.[a-z_]+)+")


@dataclass(frozen=True)
class Opened:
    """A `with command(...)` in the source: the events it may write and the actions it may ask for."""

    place: str
    actor: str
    events: frozenset[str]
    actions: frozenset[str]


def values(node: ast.expr, function: ast.FunctionDef, module: ast.Module) -> set[str]:
    """The strings that an expression can be: written there, given to the variable, or passed by who calls the function."""
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    if isinstance(node, ast.IfExp):
        return values(node.body, function, module) | values(node.orelse, function, module)
    if isinstance(node, ast.JoinedStr):
        shape = "".join(str(part.value) if isinstance(part, ast.Constant) else "[a-z_]+" for part in node.values)
        return {name for name in rules.permissions.permissions if re.fullmatch(shape, name)}
    if not isinstance(node, ast.Name):
        return set()
    if node.id in {"PUBLIC", "SIGNED_IN"}:
        return {PUBLIC if node.id == "PUBLIC" else SIGNED_IN}
    given = [a.value for a in ast.walk(module) if isinstance(a, ast.Assign) and ast.unparse(a.targets[0]) == node.id]
    names = [argument.arg for argument in function.args.args]
    if node.id in names:
        uses = [c for c in ast.walk(module) if isinstance(c, ast.Call) and ast.unparse(c.func) == function.name]
        given = [c.args[names.index(node.id)] for c in uses]
    return {value for one in given for value in values(one, function, module)}


def opened() -> Iterator[Opened]:
    for path in sorted(SOURCE.rglob("*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        for function in (f for f in ast.walk(module) if isinstance(f, ast.FunctionDef)):
            items = [i.context_expr for w in ast.walk(function) if isinstance(w, ast.With) for i in w.items]
            for call in items:
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "command":
                    actions = values(call.args[1], function, module)
                    name = next((k.value for k in call.keywords if k.arg == "name"), None)
                    events = values(name, function, module) if name else actions
                    place = f"{path.relative_to(SOURCE)}:{call.lineno}"
                    yield Opened(place, ast.unparse(call.args[0]), frozenset(events), frozenset(actions))


@cache
def commands() -> tuple[Opened, ...]:
    return tuple(opened())


@cache
def actions_of(event: str) -> frozenset[str]:
    return frozenset(action for one in commands() if event in one.events for action in one.actions)


EVENTS = sorted(name for name in RIGHTS if not name.startswith(("test.", "fuzz.")))


def test_every_command_declares_who_may_cause_its_events() -> None:
    assert len(commands()) > 130
    assert [one for one in commands() if not one.events or not one.actions] == []
    assert {name for one in commands() for name in one.events} == set(EVENTS)


def test_command_that_declares_nothing_fails() -> None:
    before = Event.objects.count()
    undeclared = command(system("test"), "core.region.manage", name="core.unheard_of")
    with pytest.raises(KeyError, match=r"nobody says who may cause 'core.unheard_of'"), undeclared as log:
        log(None, after={})
    assert Event.objects.count() == before


def test_a_right_is_declared_once() -> None:
    other = right_of("core.create_accounts")
    with RIGHTS.reopened():
        declare({"core.cover_rows": SYSTEM})
    with RIGHTS.reopened(), pytest.raises(ValueError, match=r"core.cover_rows.* registered twice"):
        declare({"core.cover_rows": other})


@pytest.fixture
def holders() -> dict[str, Account]:
    """An account for each role that holds it without a limit, and one without a role (``); none of them is in the registry."""
    made = {code: Account.objects.create(username=f"only-{code or 'nothing'}", name_zh="某人") for code in ["", *ROLES]}
    RoleGrant.objects.bulk_create(RoleGrant(account=account, role=code) for code, account in made.items() if code)
    return made


def test_only_the_roles_of_a_right_may_do_what_its_command_asks(holders: dict[str, Account]) -> None:
    differing, asked = [], 0
    for event in EVENTS:
        roles = right_of(event).roles
        if not roles:
            continue
        asked += 1
        open_to = {code for code, account in holders.items() if any(may(account, action) for action in actions_of(event))}
        if open_to != roles:
            differing.append((event, sorted(open_to), sorted(roles)))
    assert asked > 70
    assert differing == []


def test_what_is_open_to_the_system_alone_is_done_in_its_name() -> None:
    alone = {event for event in EVENTS if right_of(event) == SYSTEM}
    assert len(alone) >= 7
    assert {one.actor.split("(")[0] for one in commands() if one.events & alone} == {"system", "Actor"}
    assert {one.actor for one in commands() if one.events & alone and one.actor.startswith("Actor")} == {"Actor(None, 'demo')"}


def test_what_a_person_does_in_their_own_name_is_closed_to_staff_without_a_record(holders: dict[str, Account]) -> None:
    own = [event for event in EVENTS if right_of(event).roles is None and not right_of(event).anybody]
    asked = {action for event in own for action in actions_of(event)} - {SIGNED_IN}
    personal = {a for a in asked if a.startswith(("calls.application.", "calls.recheck", "calls.apply", "calls.objection."))}
    assert len(personal) >= 7
    assert {a for a in personal for account in holders.values() if may(account, a)} == {"calls.application.confirm"}


def record_of(action: str, event: Event) -> Any:
    """The record that the predicate of `action` is asked about, for what an event is about."""
    kinds: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("calls.call.approve_change", lambda: None),
        ("calls.call.", lambda: Call.objects.filter(pk__in=calls(event)).first()),
        ("calls.decide.approve", lambda: Call.objects.filter(pk__in=calls(event)).first()),
        ("calls.notice.", lambda: Call.objects.filter(pk__in=calls(event)).first()),
        ("calls.", lambda: Application.objects.filter(pk__in=cases(event)).first()),
        ("review.panel.", lambda: Panel.objects.filter(pk=getattr(subject(event), "panel_id", event.subject_id)).first()),
        ("review.opinion.", lambda: getattr(subject(event), "assignment", None)),
        ("review.assignment.", lambda: Assignment.objects.filter(pk=event.subject_id).first()),
        ("review.expert.own", lambda: subject(event)),
        ("review.", lambda: Application.objects.filter(pk__in=cases(event)).first()),
        ("awards.", lambda: Award.objects.filter(application__in=cases(event)).first()),
        ("registry.person.", lambda: subject(event)),
    )
    return next((find() for start, find in kinds if action.startswith(start)), None)


EACH = 3


def played() -> list[Event]:
    """Some events of each command that people caused in the played year."""
    out = []
    for name in Event.objects.filter(actor_id__isnull=False).order_by("command").values_list("command", flat=True).distinct():
        out += Event.objects.filter(actor_id__isnull=False, command=name).order_by("pk")[:EACH]
    return out


def test_the_played_year_keeps_to_the_rights() -> None:
    events = played()
    assert len({e.command for e in events}) >= 30
    accounts = Account.objects.in_bulk({e.actor_id for e in events})
    assert [(e.command, why) for e in events if (why := wrong(e, accounts[e.actor_id]))] == []


def test_whom_the_records_do_not_name_is_refused(holders: dict[str, Account]) -> None:
    """Accounts with every role over something else: another institution, another agency, another person's case."""
    host, person = new_host("旁观单位"), new_person("旁观者")
    bystanders = [holders["committee"], holders["applicant"], person.account]
    for code, scope in (("host_manager", "organisation"), ("recommender", "agency"), ("programme_officer", "call")):
        account = Account.objects.create(username=f"other-{code}", name_zh="旁人")
        RoleGrant.objects.create(account=account, role=code, scope=scope, scope_id=host.pk + 10**9)
        bystanders.append(account)
    expert = new_person("旁观专家", new_host())
    RoleGrant.objects.create(account=expert.account, role="expert")
    bystanders.append(expert.account)
    let_through, refused = [], set()
    for event in played():
        event.at = clock.now()  # the bystanders' roles began today
        for action in actions_of(event.command) - {SIGNED_IN}:
            record = record_of(action, event)
            if record is None:
                continue
            for account in bystanders:
                if wrong(event, account):
                    refused.add(event.command)
                    if may(account, action, record):
                        let_through.append((event.command, action, account.username))
    # Two commands look at the record themselves; the bystander below tries both.
    assert {action for _event, action, _who in let_through} == {"calls.apply", "calls.application.confirm"}
    assert len(refused) >= 25


@pytest.fixture
def bystander() -> Actor:
    """Somebody with every role of the outside, each over something else, who is in the registry and an expert."""
    person = new_person("旁观者", new_host("旁观单位"))
    scopes = {"host_manager": "organisation", "recommender": "agency", "programme_officer": "call"}
    grants = [RoleGrant(role=code, scope=scope, scope_id=person.organisation_id + 10**9) for code, scope in scopes.items()]
    for grant in [*grants, RoleGrant(role="expert"), RoleGrant(role="applicant")]:
        grant.account = person.account
        grant.save()
    Expert.objects.create(person=person)
    return as_(person)


def attempts() -> dict[str, tuple[Callable[[Actor], object], str]]:
    """Commands that are asked about no record when they begin, each on a record of somebody else, and the words of the refusal ("": plainly
    not allowed).
    """
    call = new_call()
    draft = draft_of(call, new_person())
    member = Participant.objects.create(application=draft, person=new_person("成员"), organisation=draft.host)
    at_host, at_agency, received = (placed(new_call(), s) for s in (State.HOST_REVIEW, State.RECOMMENDING, State.RECEIVED))
    accepted = Assignment.objects.filter(state="accepted").order_by("pk")[0]
    invited = Assignment.objects.exclude(pk=accepted.pk).order_by("pk")[0]
    Assignment.objects.filter(pk=invited.pk).update(state="invited")
    running = list(Award.objects.filter(state="running").order_by("pk")[:1])
    waiting = list(Award.objects.order_by("-pk")[:1])
    Award.objects.filter(pk=waiting[0].pk).update(state="agreement", agreement_by=clock.now() + timedelta(days=3))
    seat = PanelMember.objects.order_by("pk")[0]
    holder = new_person("别人").account
    day, may_not = clock.today(), "您无权对"
    return {
        "calls.create_draft": (lambda who: create_draft(call=call, leader=draft.leader, actor=who), ""),
        "calls.submit_application": (lambda who: submit_application(application=draft, actor=who, agree=True), ""),
        "calls.confirm_participation": (
            lambda who: confirm_participation(participants=[member], actor=who),
            "只能由本人确认参与",
        ),
        "calls.decline_participation": (
            lambda who: decline_participation(participant=member, reason="不参加", actor=who),
            "只能由本人谢绝",
        ),
        "calls.sign_as_partner": (
            lambda who: sign_as_partner(applications=[draft], actor=who, agree=True),
            "没有等待本单位签署的申请",
        ),
        "calls.endorse": (lambda who: endorse(applications=[at_host], actor=who), may_not),
        "calls.rank": (lambda who: rank_applications(ordered=[at_host], actor=who), ""),
        "calls.return_to_author": (lambda who: return_to_author(applications=[at_host], note="请补充", actor=who), may_not),
        "calls.not_endorse": (lambda who: not_endorse(applications=[at_host], note="不符合要求", actor=who), may_not),
        "calls.recommend": (lambda who: recommend(applications=[at_agency], actor=who), may_not),
        "calls.return_to_host": (lambda who: return_to_host(applications=[at_agency], note="请补充", actor=who), may_not),
        "calls.decide_check": (
            lambda who: decide_check(applications=[received], accept=True, unchecked=True, actor=who),
            may_not,
        ),
        "review.answer_invitations": (
            lambda who: answer_invitations(assignments=[invited], accept=True, actor=who),
            "只能答复发给自己的邀请",
        ),
        "review.save_opinions": (lambda who: save_opinions(values={accepted.pk: {}}, actor=who), "只能填写自己的评审意见"),
        "review.declare_conflict": (
            lambda who: declare_conflict(
                application=accepted.application, expert=accepted.expert, kind="other", evidence="旁人说的", actor=who
            ),
            "",
        ),
        "review.cast_ballot": (lambda who: cast_ballot(member=seat, votes={}, actor=who), ""),
        "awards.refuse_agreement": (lambda who: refuse_agreement(award=running[0], reason="旁人放弃", actor=who), ""),
        "awards.end_awards": (lambda who: end_awards(awards=running, how="close", day=day, actor=who), may_not),
        "awards.extend_agreements": (
            lambda who: extend_agreements(awards=waiting, until=day, reason="旁人延期", actor=who),
            may_not,
        ),
        "core.end_sessions": (lambda who: end_sign_ins(account=holder, actor=who), ""),
    }


def said(attempt: Callable[[Actor], object], who: Actor) -> str:
    """How an attempt was refused: "" for plainly not allowed, the words of the refusal, or that it was done."""
    try:
        with transaction.atomic():
            attempt(who)
    except NotAllowed:
        return ""
    except Refused as refused:
        return str(refused)
    return "done"


def test_bystander_with_the_same_roles_is_refused(bystander: Actor) -> None:
    tried = attempts()
    before = Event.objects.count()
    refusals = {name: (said(attempt, bystander), words) for name, (attempt, words) in tried.items()}
    assert {name: told for name, (told, words) in refusals.items() if not (words in told if words else told == "")} == {}
    assert Event.objects.count() == before


def test_events_by_the_wrong_person_are_told() -> None:
    """The lists themselves refuse: each way of being wrong on an application of the played year."""
    row = Application.objects.filter(state=State.IN_REVIEW).select_related("leader__account").order_by("pk")[0]
    who = {name: Account.objects.get(username=name) for name in ("officer", "committee", "sysadmin")}
    event = Event(at=clock.now(), subject_type="calls.application", subject_id=row.pk)

    def why(name: str, account: Account | None) -> str:
        event.command, event.at = name, clock.now()
        return wrong(event, account)

    assert why("calls.save_application", row.leader.account) == ""
    assert why("calls.save_application", who["officer"]) == "officer is not a writer of the application"
    assert why("calls.decide_check", who["officer"]) == ""
    assert why("calls.decide_check", who["committee"]) == "committee holds no role of programme_officer for it"
    assert why("calls.decide_check", None) == "nobody is named"
    assert why("core.cover_rows", who["sysadmin"]) == "sysadmin is not the system"
    assert why("calls.file_objection", None) == ""
    RoleGrant.objects.create(account=row.leader.account, role="programme_officer")
    assert why("calls.decide_check", row.leader.account).endswith("is somebody with a part in the application")
    RoleGrant.objects.filter(account=who["officer"], role="programme_officer").update(scope="call", scope_id=row.call_id + 1)
    assert why("calls.decide_check", who["officer"]) == "officer holds no role of programme_officer for it"


def test_what_tests_do_is_held_against_the_rights() -> None:
    """An event of somebody who may not cause it fails the test that wrote it, whatever the predicates said."""
    leader = new_person().account
    forged = command(Actor(leader, "test"), SIGNED_IN, name="core.make_token")
    with pytest.raises(AssertionError, match=r"core.make_token on core.account \d+: \S+ is not the holder"), forged as log:
        log(leader, after={})
