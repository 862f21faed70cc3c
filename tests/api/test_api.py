"""The API: who may, what it never tells, pages by key, problems, rates, and the document that is kept in docs."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory

from headwater.api.v1 import document
from headwater.calls.api import PublicState
from headwater.calls.models import Application, Call, Decision, Notice, NoticeRow
from headwater.calls.states import CONFIDENTIAL, State
from headwater.core import api, clock
from headwater.core.api import DECLARED, mistake
from headwater.core.models import AccessToken, Account
from headwater.core.permission import PUBLIC
from headwater.core.tokens import SCOPES, make_token
from headwater.web.middleware import UnavailableMiddleware
from tests.make import actor, new_call, new_person, placed
from tests.test_queries import counted

pytestmark = pytest.mark.django_db
DOCUMENT = Path(__file__).resolve().parents[2] / "docs/openapi.json"


def key(username: str, *scopes: str) -> Client:
    _row, secret = make_token(name="test", scopes=scopes or list(SCOPES), days=1, actor=actor(username))
    return Client(headers={"authorization": f"Bearer {secret}"})


def get(browser: Client, address: str, status: int = 200) -> Any:
    response = browser.get(f"/api/v1{address}")
    assert response.status_code == status, response.content
    wanted = "application/json" if status == 200 else "application/problem+json"
    assert response["Content-Type"].startswith(wanted)
    return response.json()


def ids(browser: Client, address: str) -> list[int]:
    """Every id of a list, page by page."""
    found: list[int] = []
    following: str | None = f"/api/v1{address}"
    while following:
        page = browser.get(following).json()
        found += [r["id"] for r in page["items"]]
        following = page["next"]
    return found


# public


def test_published_calls_are_public_and_drafts_are_not() -> None:
    draft = new_call(state="draft")
    listed = ids(Client(), "/calls/")
    assert listed == list(Call.objects.filter(state__in=["published", "finished"]).order_by("pk").values_list("pk", flat=True))
    get(Client(), f"/calls/{draft.code}/", 404)
    assert get(Client(), f"/calls/{new_call().code}/")["guide_zh"] == "指南"


def test_officer_reads_drafts_only_with_the_scope() -> None:
    draft = new_call(state="draft")
    assert draft.pk in ids(key("officer", "calls:read"), "/calls/?limit=200")
    assert draft.pk not in ids(key("officer", "applications:read"), "/calls/?limit=200")
    leader = new_person().account.username
    assert draft.pk not in ids(key(leader, "calls:read"), "/calls/?limit=200")


def test_open_calls_and_year() -> None:
    call = new_call()
    over = new_call(closes_at=clock.now() - timedelta(hours=1))
    found = ids(Client(), f"/calls/?open=true&year={call.year}")
    assert call.pk in found
    assert over.pk not in found


def test_results_are_those_of_released_notices() -> None:
    released = NoticeRow.objects.filter(notice__closed_at__isnull=False).order_by("pk")
    assert ids(Client(), "/results/?limit=7") == list(released.values_list("pk", flat=True))
    running = Notice.objects.filter(closed_at__isnull=True)
    row = released[0]
    Notice.objects.filter(pk=row.notice_id).update(closed_at=None)
    assert running.exists()
    assert row.pk not in ids(Client(), "/results/?limit=200")


def test_a_result_struck_by_an_objection_says_so() -> None:
    row = NoticeRow.objects.filter(notice__closed_at__isnull=False, application__state=State.APPROVED).order_by("pk")[0]
    Application.objects.filter(pk=row.application_id).update(state=State.REJECTED)
    found = {r["id"]: r["outcome"] for r in get(Client(), f"/results/?after={row.pk - 1}&limit=2")["items"]}
    assert found.pop(row.pk) == "rejected"
    assert set(found.values()) <= {"approved"}


# applications


def test_public_states_are_all_but_the_hidden_ones() -> None:
    assert {s.value for s in PublicState} == {s.value for s in State} - CONFIDENTIAL | {State.IN_REVIEW.value}


def test_no_reader_learns_a_hidden_state() -> None:
    """An application in each state, read by applicant, host, agency and officer: hidden states are told as "in_review"."""
    call = new_call()
    rows = {state: placed(call, state.value, limit_year=2100 + n) for n, state in enumerate(State)}
    any_ = rows[State.PANEL]
    readers = [
        "officer",
        f"host-{any_.host.code}",
        any_.leader.account.username,
        f"rec-{any_.host.recommender.code}",
        "committee",
    ]
    for name in readers:
        browser = key(name)
        for state, row in rows.items():
            response = browser.get(f"/api/v1/applications/{row.pk}/")
            told = response.json().get("state") if response.status_code == 200 else None
            assert told in {None, "in_review" if state in CONFIDENTIAL else state.value}
            assert not CONFIDENTIAL - {State.IN_REVIEW} & set(json.dumps(response.json()).split('"'))
        for hidden in CONFIDENTIAL - {State.IN_REVIEW}:
            assert browser.get(f"/api/v1/applications/?state={hidden}").status_code == 422
        listed = {r["id"]: r["state"] for r in browser.get(f"/api/v1/applications/?call={call.code}&limit=200").json()["items"]}
        in_review = {pk for pk, s in listed.items() if s == "in_review"}
        assert in_review == set(ids(browser, f"/applications/?call={call.code}&state=in_review"))
        assert in_review <= {rows[s].pk for s in CONFIDENTIAL}


def test_each_reads_exactly_what_is_visible_to_them() -> None:
    host = Application.objects.filter(state=State.HOST_REVIEW).order_by("pk")[0].host
    for name in ("officer", "committee", f"host-{host.code}", f"rec-{host.recommender.code}", "leader"):
        account = Account.objects.get(username=name)
        visible = Application.objects.visible_to(account).order_by("pk").values_list("pk", flat=True)
        assert ids(key(name), "/applications/?limit=50") == list(visible), name
        hidden = Application.objects.exclude(pk__in=list(visible)).order_by("pk")[0]
        get(key(name), f"/applications/{hidden.pk}/", 404)


def test_amount_decided_is_not_told_before_it_is_public() -> None:
    row = Decision.objects.filter(application__state__in=[State.PROPOSED, State.PUBLICITY, State.NOT_PROPOSED]).first()
    if row is None:
        application = Application.objects.filter(state=State.PANEL).order_by("pk").first() or placed(new_call(), "panel")
        row = Decision.objects.create(application=application, call=application.call, outcome="fund", amount_fen=123_400)
    told = get(key(row.application.leader.account.username), f"/applications/{row.application_id}/")
    assert told["amount_fen"] == row.application.amount_fen
    assert told["decided_at"] is None


# keys


def test_without_a_key_and_with_a_wrong_one() -> None:
    answer = Client().get("/api/v1/applications/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="headwater"'
    for header in ("Bearer hw_wrong", "Bearer ", "Basic eDp5", "Bearer " + "x" * 5000):
        assert Client(headers={"authorization": header}).get("/api/v1/calls/").status_code == 401


def test_a_session_opens_nothing() -> None:
    browser = Client()
    browser.force_login(Account.objects.get(username="officer"), backend="headwater.web.accounts.Backend")
    get(browser, "/applications/", 401)
    assert new_call(state="draft").pk not in ids(browser, "/calls/?limit=200")


@pytest.mark.parametrize("ended", ["revoked", "expired", "inactive"])
def test_a_key_that_has_ended_opens_nothing(ended: str) -> None:
    browser = key("officer")
    get(browser, "/token/")
    token = AccessToken.objects.latest("pk")
    if ended == "revoked":
        AccessToken.objects.filter(pk=token.pk).update(revoked_at=clock.now())
    elif ended == "expired":
        AccessToken.objects.filter(pk=token.pk).update(created_at=clock.now() - timedelta(days=9), expires_at=clock.now())
    else:
        Account.objects.filter(pk=token.account_id).update(is_active=False)
    get(browser, "/token/", 401)


def test_a_key_without_the_scope_is_refused_by_name_of_the_scope() -> None:
    assert "applications:read" in get(key("officer", "calls:read"), "/applications/", 403)["detail"]


def test_every_operation_declares_who_may_and_only_reads() -> None:
    paths = document()["paths"]
    found = {op["operationId"]: (verb, op["security"]) for path in paths.values() for verb, op in path.items()}
    assert set(found) == set(DECLARED)
    for name, (verb, security) in found.items():
        assert verb == "get"
        assert (security == [] or {} in security) == (DECLARED[name].permission == PUBLIC)
    assert Client().post("/api/v1/calls/").status_code == 405


# form


def test_pages_follow_each_other_without_gap_or_repeat() -> None:
    whole = list(
        Application.objects.visible_to(Account.objects.get(username="officer")).order_by("pk").values_list("pk", flat=True)
    )
    assert len(whole) > 20
    assert ids(key("officer"), "/applications/?limit=7") == whole


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "after=-1", "after=99999999999999999999", "year=x", "open=perhaps"]
)
def test_parameters_that_are_not_understood_are_named(query: str) -> None:
    told = get(Client(), f"/calls/?{query}", 422)
    assert query.split("=")[0] in told["errors"][0]["name"]


@pytest.mark.parametrize(
    ("query", "zh", "en"),
    [
        ("limit=0", "不能小于 1", "Must not be less than 1"),
        ("limit=201", "不能大于 200", "Must not be more than 200"),
        ("limit=x", "应为整数", "A whole number is expected"),
        ("after=99999999999999999999", "不能大于 4611686018427387904", "Must not be more than 4611686018427387904"),
        ("open=perhaps", "应填 true（是）或 false（否）", "Expected true or false"),
    ],
)
def test_mistakes_are_told_in_the_language_of_the_reader(query: str, zh: str, en: str) -> None:
    name = query.split("=")[0]
    for headers, title, message in (
        ({}, "参数有误", zh),
        ({"HTTP_ACCEPT_LANGUAGE": "zh-CN,zh;q=0.9,en;q=0.5"}, "参数有误", zh),
        ({"HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.9"}, "Parameters were not understood", en),
    ):
        answer = Client().get(f"/api/v1/calls/?{query}", **headers)
        told = json.loads(answer.content)
        assert (answer.status_code, told["errors"]) == (422, [{"name": name, "message": message}])
        assert title == "参数有误" or told["title"] != "参数有误"


def test_other_mistakes_are_told_too() -> None:
    long = json.loads(Client().get(f"/api/v1/results/?call={'x' * 41}").content)
    assert long["errors"] == [{"name": "call", "message": "最多 40 个字符"}]
    states = get(key("officer"), "/applications/?state=panel", 422)["errors"][0]
    assert states["name"] == "state"
    assert states["message"].startswith("应为下列之一：draft, host_review")
    assert mistake("something_new", {}) == "取值有误"


@pytest.mark.parametrize("address", ["/nothing/", "/", "/calls/none/", "/applications/99999999999999999999999/"])
def test_what_is_not_there_is_a_problem_too(address: str) -> None:
    assert get(key("officer"), address, 404)["status"] == 404


def test_a_database_that_is_down_is_a_problem_too(rf: RequestFactory) -> None:
    def down(request: Any) -> Any:
        raise OperationalError("connection refused")

    answer = UnavailableMiddleware(down)(rf.get("/api/v1/calls/"))
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert UnavailableMiddleware(down)(rf.get("/calls/"))["Content-Type"].startswith("text/html")


def test_rate_limit_by_key_and_by_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "PER_MINUTE_TOKEN", 3)
    monkeypatch.setattr(api, "PER_MINUTE_PUBLIC", 2)
    one, other = key("officer"), key("committee")
    left = [one.get("/api/v1/token/")["RateLimit-Remaining"] for _n in range(3)]
    if left == ["2", "1", "0"]:  # unless the minute turned meanwhile
        told = one.get("/api/v1/token/")
        assert told.status_code == 429
        assert 0 < int(told["Retry-After"]) <= 60
    assert other.get("/api/v1/token/").status_code == 200
    codes = [Client(REMOTE_ADDR="10.0.0.9").get("/api/v1/calls/").status_code for _n in range(5)]
    assert 429 in codes
    assert Client(REMOTE_ADDR="10.0.0.10").get("/api/v1/calls/").status_code == 200
    spoofed = [Client(REMOTE_ADDR="10.0.0.11", headers={"x-forwarded-for": f"1.1.1.{n}"}) for n in range(5)]
    assert 429 in [c.get("/api/v1/calls/").status_code for c in spoofed]


@pytest.mark.parametrize("address", ["/calls/", "/applications/", "/results/"])
def test_lists_ask_as_often_for_three_rows_as_for_one(address: str) -> None:
    browser = key("officer")
    counts = []
    for limit in (1, 1, 3):
        with counted() as sent:
            assert len(get(browser, f"{address}?limit={limit}")["items"]) == limit
        counts.append(len(sent))
    assert counts[1] == counts[2]
    assert counts[1] <= 6


def test_the_document_in_docs_is_the_one_that_is_served() -> None:
    served = Client().get("/api/v1/openapi.json").json()
    assert served == json.loads(json.dumps(document()))
    assert json.loads(DOCUMENT.read_text()) == served, "run: ./run python tools/openapi.py"


def test_an_address_with_a_line_break_is_a_problem_too() -> None:
    answer = Client().get("/api/v1/applications/a%0D%0Ab/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_what_no_database_holds_is_left_out_of_a_parameter() -> None:
    answer = key("officer", *SCOPES).get("/api/v1/applications/?call=a%00b")
    assert (answer.status_code, answer.json()["items"]) == (200, [])


def test_the_guide_names_every_state_and_the_message_as_it_is() -> None:
    guide = DOCUMENT.with_name("api.md").read_text(encoding="utf-8")
    told = guide.partition("`state` is the public state.")[2].partition("\n\n")[0].partition("officers\nincluded:")[2]
    assert set(re.findall(r"`(\w+)`", told)) == {s.value for s in PublicState}
    error = json.loads(Client().get("/api/v1/calls/?limit=0").content)["errors"][0]
    assert json.dumps(error, ensure_ascii=False) in guide
