"""Every route as every role: each declares who may, and nobody reads what is not theirs."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from headwater.calls.joining.services.inviting import make_links
from headwater.calls.models import Application, Likeness, Participant
from headwater.calls.states import State
from headwater.core import clock
from headwater.core.apps import load
from headwater.core.examples import ARGUMENT, EXAMPLES, concrete, first_of_each, name_at, routes
from headwater.core.permission import PUBLIC, SIGNED_IN
from headwater.core.tokens import SCOPES, make_token
from headwater.registry.models import Person
from headwater.review.models import Assignment, Opinion
from tests.make import actor, client, roles

pytestmark = pytest.mark.django_db


ROUTES = sorted(routes(), key=lambda r: r[0])


load("examples")


def records() -> dict[str, Any]:
    """A record for each kind of argument: the one that could leak."""
    have = first_of_each()
    Likeness.objects.get_or_create(
        application_id=have["application"],
        other_id=have["other"],
        defaults={"share": 0.5, "plain": 0.5, "evidence": 9, "longest": 20, "passages": []},
    )
    return have


def keyed(name: str | None) -> Client:
    """A client that sends the key of an account, with every scope: what programs of a role use."""
    if name is None:
        return Client()
    _row, secret = make_token(name="test", scopes=list(SCOPES), days=1, actor=actor(name))
    return Client(headers={"authorization": f"Bearer {secret}"})


def test_every_route_declares_its_permission() -> None:
    silent = [route for route, entry in ROUTES if not getattr(entry.callback, "permission", None)]
    assert silent == []


def test_every_argument_of_a_route_has_an_example_in_its_app() -> None:
    for route, _entry in ROUTES:
        for argument in ARGUMENT.finditer(route):
            assert name_at(route, argument.end()) in EXAMPLES
    with pytest.raises(LookupError, match=r"no app says in its examples\.py what stands for <int:bolt>"):
        concrete("stations/<int:bolt>/", {})
    assert concrete("office/calls/<int:pk>/step/<str:verb>/", {"call": 7, "step": "close"}) == "/office/calls/7/step/close/"


def test_every_route_answers_every_role_without_error() -> None:
    """No role gets a server error from any address, and a route's own permission decides who is turned away."""
    have = records()
    wrong = []
    for name in [None, *roles().values()]:
        browser, program = client(name), keyed(name)
        for route, entry in ROUTES:
            permission = entry.callback.permission
            response = (program if route.startswith("api/") else browser).get(concrete(route, have))
            if response.status_code >= 500:
                wrong.append((name, route, response.status_code))
            turned_away = {401} if route.startswith("api/") else {302, 405}
            if name is None and permission != PUBLIC and response.status_code not in turned_away:
                wrong.append((name, route, response.status_code))
            if route.startswith("accounts/logout") is False and name and permission not in {PUBLIC, SIGNED_IN}:
                from headwater.core.models import Account

                allowed = Account.objects.get(username=name).has_perm(permission)
                if not allowed and response.status_code not in {403, 405}:
                    wrong.append((name, route, response.status_code))
    assert wrong == []


def test_applicant_learns_nothing_of_reviewers_on_any_page() -> None:
    """The leader of an application in review opens every address; no reviewer's name, mark or text of theirs comes back."""
    opinion = Opinion.objects.filter(submitted_at__isnull=False, assignment__application__state=State.IN_REVIEW).select_related(
        "assignment__application__leader__account", "assignment__expert__person"
    )[0]
    application = opinion.assignment.application
    names = {a.expert.person.name_zh for a in application.assignments.select_related("expert__person")}
    own = {application.leader.name_zh, *(m.person.name_zh for m in application.participants.select_related("person"))}
    browser, program = client(application.leader.account.username), keyed(application.leader.account.username)
    have = records() | {"application": application.pk, "assignment": opinion.assignment_id, "call": application.call_id}
    for route, _entry in ROUTES:
        if route.startswith(("accounts/", "enter", "projects", "api/v1/results/", "data/", "notices", "indicators", "search")):
            continue
        body = (program if route.startswith("api/") else browser).get(concrete(route, have)).content.decode(errors="replace")
        assert opinion.text_applicant not in body, route
        body = re.sub(r"\s*([<>])\s*", r"\1", body)
        assert not [n for n in names - own if f">{n}<" in body or f'"{n}"' in body], route


@pytest.mark.parametrize("state", [State.DRAFT, State.HOST_REVIEW])
def test_officer_does_not_see_what_is_not_submitted(state: State) -> None:
    row = Application.objects.filter(state=state).order_by("pk")[0]
    for name in ("officer", "committee", "leader", "finance", "sysadmin"):
        assert client(name).get(f"/applications/{row.pk}/").status_code in {403, 404}
        assert client(name).get(f"/applications/{row.pk}/pdf/").status_code in {403, 404}


def test_host_sees_only_its_own() -> None:
    from headwater.core.models import RoleGrant

    grant = RoleGrant.objects.filter(role="host_manager").select_related("account").order_by("pk")[0]
    other = Application.objects.exclude(host=grant.scope_id).exclude(state=State.DRAFT).order_by("pk")[0]
    browser = client(grant.account.username)
    assert browser.get(f"/applications/{other.pk}/").status_code == 404
    person = Person.objects.exclude(organisation=grant.scope_id).order_by("pk")[0]
    assert browser.get(f"/people/{person.pk}/").status_code == 404
    listed = browser.get("/people/?format=csv").content.decode("utf-8-sig")
    assert person.email not in listed


def test_expert_reads_the_text_only_after_accepting() -> None:
    row = Assignment.objects.filter(state="accepted").select_related("expert__person__account", "application")[0]
    browser = client(row.expert.person.account.username)
    secret = row.application.answers["approach"].splitlines()[0]
    assert secret in browser.get(f"/review/{row.pk}/").content.decode()
    Assignment.objects.filter(pk=row.pk).update(state="invited")
    page = browser.get(f"/review/{row.pk}/").content.decode()
    assert secret not in page
    assert row.application.leader.name_zh not in page


def test_other_experts_assignment_is_not_found() -> None:
    first, second = Assignment.objects.filter(state="accepted").select_related("expert__person__account").order_by("expert")[:2]
    other = (
        Assignment.objects.filter(state="accepted").exclude(expert=first.expert_id)[0]
        if first.expert_id == second.expert_id
        else second
    )
    assert client(first.expert.person.account.username).get(f"/review/{other.pk}/").status_code == 404


def test_confirm_link_of_somebody_else_tells_nothing() -> None:
    member = Participant.objects.select_related("person", "application").order_by("pk")[0]
    stranger = Person.objects.filter(account__isnull=False).exclude(pk=member.person_id).select_related("account")[0]
    key = make_links([member], clock.now() + timedelta(days=1))[0]
    response = client(stranger.account.username).get(f"/confirm/{key}/")
    assert response.status_code == 403
    assert member.application.title_zh not in response.content.decode()
    assert client(stranger.account.username).get(f"/participations/{member.pk}/").status_code == 404


def test_files_are_never_shown_inline() -> None:
    row = Application.objects.filter(attachments__isnull=False).select_related("leader__account")[0]
    response = client(row.leader.account.username).get(f"/files/{row.attachments.all()[0].file_id}/")
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"


def test_demo_entry_does_not_exist_outside_the_demo(settings: Any) -> None:
    settings.DEMO = False
    assert client(None).post("/enter/", {"username": "officer"}).status_code == 404
