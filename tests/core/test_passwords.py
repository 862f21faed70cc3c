"""Passwords that others can guess are refused; a changed one ends tokens, sessions and links."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.test import Client

from headwater.core.models import Account, Event, SignIn
from headwater.core.passwords import is_common, is_personal
from headwater.core.tokens import find_token, make_token
from headwater.registry.models import Organisation, Person
from headwater.registry.services import password_path
from tests.make import actor

pytestmark = pytest.mark.django_db
GOOD = "源头之水清且涟猗2026"


def holder() -> Account:
    account = Account.objects.create(username="wangweiguo", name_zh="王卫国", name_en="Weiguo Wang", email="wwg85@imu.example")
    host = Organisation.objects.hosts().order_by("pk")[0]
    Organisation.objects.filter(pk=host.pk).update(name_zh="草原大学", name_en="Steppe University")
    Person.objects.create(
        account=account,
        name_zh="王卫国",
        email="wwg85@imu.example",
        birth_date=date(1985, 3, 17),
        organisation=host,
        phone="13804710001",
    )
    return account


@pytest.mark.parametrize(
    "password",
    [
        "王卫国王卫国2026",
        "wangweiguo1985",
        "WeiguoWang!2026",
        "ｗａｎｇｗｅｉｇｕｏ１２",
        "w@ngweigu0_123",
        "wwg19850317!!",
        "Wwg850317@2026",
        "wwg85@imu.example",
        "13804710001wwg",
        "caoyuandaxue2026",
        "草原大学123456",
        "SteppeUniversity1",
        "19850317wangwg!",
    ],
)
def test_what_others_know_of_the_holder_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, holder())
    assert is_personal(password, Account.objects.get(username="wangweiguo"))


@pytest.mark.parametrize(
    "password",
    ["1234567890", "password2026!", "P@ssw0rd2026", "qwertyuiop", "woaini1314520", "aaaaaaaaaa", "abc123abc123", "admin@123456", "headwater2026",
     "5201314520", "88888888aa", "Dragon!!!2026"],
)  # fmt: skip
def test_what_everybody_tries_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, None)
    assert is_common(password)


@pytest.mark.parametrize(
    "password", [GOOD, "correct horse battery", "7f#Kq9!mZ2xw", "今天早上下了一场大雪", "wang likes purple tents"]
)
def test_a_good_one_is_taken(password: str) -> None:
    validate_password(password, holder())


def signed_in(account: Account, password: str) -> Client:
    browser = Client()
    assert browser.post("/accounts/login/", {"login": account.username, "password": password}).status_code == 302
    browser.get("/desk/")
    return browser


def test_a_changed_password_ends_tokens_sessions_and_links() -> None:
    account = holder()
    account.set_password("原来的长口令七四一")
    account.save()
    secret = make_token(name="看板", scopes=["calls:read"], days=30, actor=actor("wangweiguo"))[1]
    here, there = signed_in(account, "原来的长口令七四一"), signed_in(account, "原来的长口令七四一")
    assert SignIn.objects.filter(account=account).count() == 2
    account.refresh_from_db()
    link = password_path(account)
    words = {"oldpassword": "原来的长口令七四一", "password1": GOOD, "password2": GOOD}
    assert here.post("/accounts/password/change/", words).status_code == 302
    assert find_token(secret) is None
    assert here.get("/desk/").status_code == 200
    assert there.get("/desk/").status_code == 302
    assert not Session.objects.filter(session_key=there.cookies["sessionid"].value).exists()
    assert "set-password" not in Client().get(link).headers.get("Location", "")
    event = Event.objects.get(command="core.change_password")
    assert event.actor_id == account.pk
    assert event.after == {"password": "changed", "tokens_ended": 1, "sessions_ended": 1}


def test_a_token_asks_for_the_password_again() -> None:
    account = holder()
    account.set_password(GOOD)
    account.save()
    browser = signed_in(account, GOOD)
    values = {"make": "1", "name": "看板", "days": "30", "scopes": ["calls:read"]}
    for wrong in ({}, {"password": "不对的密码一二三"}):
        assert browser.post("/tokens/", values | wrong).status_code == 422
        assert not account.tokens.exists()
    assert browser.post("/tokens/", values | {"password": GOOD}).status_code == 200
    assert account.tokens.count() == 1
