"""Who lost phone and recovery codes comes back in: by one security administrator, or by two people where a role decides."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client

from headwater.core import clock
from headwater.core.command import Actor, system
from headwater.core.errors import NotAllowed, Refused
from headwater.core.factor_resets import approve_factor_reset, ask_factor_reset, drop_factor_reset
from headwater.core.invariants import check
from headwater.core.keys import KeyFolder
from headwater.core.models import Account, Event, FactorReset, Notification, OutboxMail, RoleGrant
from headwater.core.services import grant_roles
from headwater.core.tokens import SCOPES, find_token, make_token
from tests.approvals import confirmed
from tests.make import actor, client
from tests.pages import words as words_of

pytestmark = pytest.mark.django_db
PAGE = "/admin/accounts/factors/"
PASSWORD = "源头之水清且涟猗2026"
WHY = "手机丢失，已当面核对证件"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> None:
    settings.KEYS = KeyFolder(tmp_path / "keys")
    cache.clear()


def protected(username: str) -> Account:
    """An account with a factor of every kind."""
    account = Account.objects.get(username=username)
    TOTP.activate(account, "A" * 32)
    RecoveryCodes.activate(account)
    Authenticator.objects.create(user=account, type=Authenticator.Type.WEBAUTHN, data={"name": "key", "credential": {}})
    return account


def ordinary() -> Account:
    Account.objects.create(username="plain", name_zh="普通人", email="plain@example.org")
    return protected("plain")


def second() -> Actor:
    """Another security administrator than the demo's."""
    account = Account.objects.create(username="secadmin2", name_zh="第二人", email="secadmin2@example.org")
    grant_roles(grants=[RoleGrant(account=account, role="security_admin")], actor=system("cli"))
    return actor("secadmin2")


def asked(username: str = "officer") -> FactorReset:
    return ask_factor_reset(account=protected(username), reason=WHY, actor=actor("secadmin"))


def factors(account: Account) -> int:
    return Authenticator.objects.filter(user=account).count()


def test_one_resets_an_ordinary_account_and_all_that_was_open_ends() -> None:
    account, there = ordinary(), client("plain")
    assert there.get("/desk/").status_code == 200
    _row, secret = make_token(name="x", scopes=list(SCOPES), days=1, actor=actor("plain"))
    other, own = client("officer"), client("secadmin")
    assert other.get("/desk/").status_code == 200
    assert own.post(PAGE, {"ask": "1", "username": "PLAIN", "reason": WHY}).status_code == 302
    assert factors(account) == 0
    assert there.get("/desk/").headers["Location"].startswith("/accounts/login/")
    assert find_token(secret) is None
    assert [browser.get("/desk/").status_code for browser in (other, own)] == [200, 200]
    row = FactorReset.objects.get(account=account)
    assert (row.needs_approval, row.approved_at, row.done_at is not None) == (False, None, True)
    event = Event.objects.get(command="core.ask_factor_reset", subject_type="core.account", subject_id=account.pk)
    assert event.actor_label.endswith("(secadmin)")
    assert {k: event.after[k] for k in ("factors_removed", "tokens_ended", "sessions_ended")} == {
        "factors_removed": 3,
        "tokens_ended": 1,
        "sessions_ended": 1,
    }
    mail = OutboxMail.objects.get(to="plain@example.org")
    assert "已重置第二因素" in mail.subject
    assert WHY in mail.body
    assert not Notification.objects.filter(account__username="sysadmin", title__contains="第二因素").exists()
    assert not check(["rows_as_written"])


def test_two_people_reset_who_decides_and_all_are_told() -> None:
    account, there = protected("officer"), client("officer")
    there.get("/desk/")
    page = client("secadmin")
    page.post(PAGE, {"ask": "1", "username": "officer", "reason": WHY})
    row = FactorReset.objects.get(account=account)
    assert (row.needs_approval, row.done_at, factors(account)) == (True, None, 3)
    assert there.get("/desk/").status_code == 200
    assert OutboxMail.objects.filter(to=account.email, subject__startswith="提议重置第二因素").count() == 1
    assert "核准重置第二因素" not in page.get("/desk/").content.decode()  # who proposed does not approve
    assert 'name="approve"' not in page.get(PAGE).content.decode()
    assert confirmed(page, PAGE, {"approve": row.pk}).status_code == 422
    assert factors(account) == 3
    other = client("sysadmin")
    assert "核准重置第二因素" in other.get("/desk/").content.decode()
    assert PAGE in other.get("/admin/accounts/").content.decode()
    assert WHY in other.get(PAGE).content.decode()
    shown = words_of(other.post(PAGE, {"approve": row.pk}).content.decode())
    assert (WHY in shown, "立即结束" in shown, factors(account)) == (True, True, 3)
    confirmed(other, PAGE, {"approve": row.pk})
    row.refresh_from_db()
    assert row.approved_by == Account.objects.get(username="sysadmin")
    assert (row.done_at is not None, factors(account)) == (True, 0)
    assert there.get("/desk/").status_code == 302
    told = Notification.objects.filter(title__startswith="已重置第二因素").values_list("account__username", flat=True)
    assert set(told) == {"officer", "secadmin", "sysadmin"}
    assert Event.objects.get(subject_type="core.account", command="core.approve_factor_reset").after["second_factor"] == "reset"
    assert not check(["rows_as_written"])


def test_the_next_log_in_leads_to_setting_up(settings: Any) -> None:
    account = protected("officer")
    account.set_password(PASSWORD)
    account.save()
    entry = {"login": "officer", "password": PASSWORD}
    assert Client().post("/accounts/login/", entry).headers["Location"].startswith("/accounts/2fa/authenticate/")
    row = ask_factor_reset(account=account, reason=WHY, actor=actor("secadmin"))
    settings.SECOND_FACTOR = True
    approve_factor_reset(reset=row, actor=actor("sysadmin"))
    browser = Client()
    assert not browser.post("/accounts/login/", entry).headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert browser.get("/desk/").headers["Location"] == "/accounts/2fa/totp/activate/"
    TOTP.activate(account, "B" * 32)
    assert browser.get("/desk/").status_code == 200


def test_neither_the_first_nor_the_holder_is_the_second_person() -> None:
    row = asked()
    with pytest.raises(Refused, match="另一位管理员"):
        approve_factor_reset(reset=row, actor=actor("secadmin"))
    second()
    own = asked("secadmin2")
    with pytest.raises(Refused, match="另一位管理员"):
        approve_factor_reset(reset=own, actor=actor("secadmin2"))
    for reset, who in ((row, "secadmin"), (own, "secadmin2")):
        with pytest.raises(IntegrityError), transaction.atomic():
            FactorReset.objects.filter(pk=reset.pk).update(approved_by=Account.objects.get(username=who))
    approve_factor_reset(reset=row, actor=actor("secadmin2"))
    assert factors(row.account) == 0


def test_nobody_resets_their_own() -> None:
    account = protected("secadmin")
    with pytest.raises(Refused, match="自己的第二因素"):
        ask_factor_reset(account=account, reason=WHY, actor=actor("secadmin"))
    answer = client("secadmin").post(PAGE, {"ask": "1", "username": "secadmin", "reason": WHY})
    assert (answer.status_code, "自己的第二因素" in answer.content.decode()) == (422, True)
    assert (factors(account), FactorReset.objects.count()) == (3, 0)


def test_what_cannot_be_reset_is_refused_in_a_sentence() -> None:
    bare = Account.objects.get(username="officer")
    account = ordinary()
    with pytest.raises(Refused, match="没有设置第二因素"):
        ask_factor_reset(account=bare, reason=WHY, actor=actor("secadmin"))
    with pytest.raises(Refused, match="理由"):
        ask_factor_reset(account=account, reason="  ", actor=actor("secadmin"))
    page = client("secadmin")
    for data, words in (
        ({"username": "officer", "reason": WHY}, "没有设置第二因素"),
        ({"username": "plain", "reason": ""}, "invalid-feedback"),
        ({"username": "nobody-here", "reason": WHY}, "没有这个用户"),
    ):
        answer = page.post(PAGE, {"ask": "1", **data})
        assert (answer.status_code, words in answer.content.decode()) == (422, True), data
    Account.objects.filter(pk=account.pk).update(is_active=False)
    with pytest.raises(Refused, match="已停用"):
        ask_factor_reset(account=account, reason=WHY, actor=actor("secadmin"))
    assert factors(account) == 3


@pytest.mark.parametrize("who", ["sysadmin", "auditor", "officer", "committee"])
def test_only_a_security_administrator_asks(who: str) -> None:
    account = ordinary()
    with pytest.raises(NotAllowed):
        ask_factor_reset(account=account, reason=WHY, actor=actor(who))
    assert client(who).post(PAGE, {"ask": "1", "username": "plain", "reason": WHY}).status_code == 403
    assert factors(account) == 3


@pytest.mark.parametrize("who", ["auditor", "officer", "committee"])
def test_only_administrators_of_accounts_and_roles_approve_or_drop(who: str) -> None:
    row = asked()
    for act in (approve_factor_reset, drop_factor_reset):
        with pytest.raises(NotAllowed):
            act(reset=row, actor=actor(who))


def test_a_request_ends_by_its_days_by_hand_or_by_a_later_one() -> None:
    first = asked()
    later = ask_factor_reset(account=first.account, reason="又问了一次", actor=second())
    with pytest.raises(Refused, match="已经处理"):
        approve_factor_reset(reset=first, actor=actor("sysadmin"))
    with clock.at(clock.now() + timedelta(days=15)), pytest.raises(Refused, match="过期"):
        approve_factor_reset(reset=later, actor=actor("sysadmin"))
    confirmed(client("sysadmin"), PAGE, {"drop": later.pk})
    later.refresh_from_db()
    assert later.dropped_at is not None
    with pytest.raises(Refused, match="已经处理"):
        approve_factor_reset(reset=later, actor=actor("sysadmin"))
    assert factors(first.account) == 3


def test_what_forbids_it_is_asked_again_at_the_approval() -> None:
    row = asked()
    Account.objects.filter(pk=row.account_id).update(is_active=False)
    with pytest.raises(Refused, match="已停用"):
        approve_factor_reset(reset=row, actor=actor("sysadmin"))
    Account.objects.filter(pk=row.account_id).update(is_active=True)
    Authenticator.objects.filter(user=row.account).delete()
    with pytest.raises(Refused, match="没有设置第二因素"):
        approve_factor_reset(reset=row, actor=actor("sysadmin"))
