"""Personal access tokens: shown once, kept as a hash, made and revoked by their owner only."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from headwater.core import clock, tokens
from headwater.core.command import system
from headwater.core.errors import NotAllowed, Refused
from headwater.core.models import AccessToken, Event
from headwater.core.tokens import SCOPES, find_token, make_token, revoke_token
from tests.make import actor, client

pytestmark = pytest.mark.django_db


def new(username: str = "officer", **more: object) -> tuple[AccessToken, str]:
    values = {"name": "看板", "scopes": ["calls:read"], "days": 30} | more
    return make_token(**values, actor=actor(username))  # type: ignore[arg-type]


def test_the_secret_is_kept_nowhere() -> None:
    row, secret = new()
    assert re.fullmatch(r"hw_[\w-]{43}", secret)
    assert find_token(secret) == row
    stored = AccessToken.objects.filter(pk=row.pk).values()[0]
    assert not [v for v in stored.values() if secret in str(v) or secret[10:] in str(v)]
    assert secret[10:] not in str(Event.objects.filter(command="core.make_token").values_list("after"))


def test_two_tokens_are_never_alike() -> None:
    assert len({new()[1] for _n in range(5)}) == 5


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["calls:read", "all"]}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
    ],
)
def test_what_is_wrong_is_named(values: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as error:
        new(**values)
    assert [r.field for r in error.value.reasons] == [field]
    assert not AccessToken.objects.exists()


def test_only_so_many_live_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_LIVE", 2)
    first, _second = new()[0], new()
    with pytest.raises(Refused, match="不能超过 2 个"):
        new()
    revoke_token(token=first, actor=actor("officer"))
    new()


def test_only_the_owner_revokes_and_twice_is_once() -> None:
    row, secret = new()
    for other in (actor("officer2"), actor("sysadmin"), system("test")):
        with pytest.raises(NotAllowed):
            revoke_token(token=row, actor=other)
    assert find_token(secret)
    revoke_token(token=row, actor=actor("officer"))
    revoke_token(token=row, actor=actor("officer"))
    assert find_token(secret) is None
    assert Event.objects.filter(command="core.revoke_token", subject_id=row.pk).count() == 1


def test_last_use_is_written_once_a_minute() -> None:
    row, secret = new()
    start = clock.now()
    for seconds, seen in ((0, 0), (30, 0), (61, 61)):
        with clock.at(start + timedelta(seconds=seconds)):
            find_token(secret)
        assert AccessToken.objects.get(pk=row.pk).last_used_at == start + timedelta(seconds=seen)


def test_the_page_shows_a_secret_once_and_only_own_tokens() -> None:
    browser = client("officer")
    other, _secret = new("officer2", name="别人的令牌")
    made = browser.post("/tokens/", {"make": "1", "name": "科研处看板", "days": 90, "scopes": list(SCOPES)})
    secret = re.findall(r"hw_[\w-]{43}", made.content.decode())[0]
    row = find_token(secret)
    assert row
    assert row.account.username == "officer"
    again = browser.get("/tokens/").content.decode()
    assert secret not in again
    assert "科研处看板" in again
    assert other.name not in again
    assert browser.post("/tokens/", {"revoke": other.pk}).status_code == 404
    browser.post("/tokens/", {"revoke": row.pk})
    assert find_token(secret) is None


def test_a_form_that_is_not_complete_says_where() -> None:
    page = client("officer").post("/tokens/", {"make": "1", "name": "", "days": 90})
    assert page.status_code == 422
    assert "invalid-feedback" in page.content.decode()
    assert not AccessToken.objects.exists()
