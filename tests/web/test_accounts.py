"""The pages and letters of accounts: nothing tells whether one exists, nothing fails, every letter is complete."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.test import Client

from headwater.core.models import Account, OutboxMail, SignIn
from headwater.core.second_factor import seal_text
from headwater.core.tokens import SCOPES, make_token
from headwater.web.tasks import write_reset
from tests.make import actor, client
from tests.test_access import ROUTES

pytestmark = pytest.mark.django_db
PASSWORD = "源头之水清且涟猗2026"
ADDRESSES = {"known": "known@example.org", "inactive": "inactive@example.org", "unknown": "unknown@example.org"}
LIBRARY = sorted(route for route, _entry in ROUTES if route.startswith("accounts/"))


@pytest.fixture(autouse=True)
def _accounts() -> None:
    cache.clear()
    for kind in ("known", "inactive"):
        account = Account(username=kind, name_zh="测试", email=ADDRESSES[kind], is_active=kind == "known")
        account.set_password(PASSWORD)
        account.save()


def shown(answer: Any) -> tuple[int, str, str]:
    """What somebody gets to see: status, where to, the text without what changes with every page."""
    body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
    for address in sorted(ADDRESSES.values(), key=len, reverse=True):
        body = body.replace(address, "ADDRESS")
    for kind in ADDRESSES:
        body = body.replace(f'value="{kind}"', 'value="KIND"')
    return answer.status_code, answer.headers.get("Location", ""), body


@contextmanager
def work() -> Iterator[list[str]]:
    """Statements sent and passwords hashed meanwhile: what the time of an answer is made of."""
    done: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        done.append(re.sub(r"\s+", " ", re.sub(r'"s\d+_x\d+"', "s", sql))[:60])
        return execute(sql, params, many, context)

    encode = Argon2PasswordHasher.encode

    def hashing(self: Any, *args: Any, **more: Any) -> Any:
        done.append("hash")
        return encode(self, *args, **more)

    verify = Argon2PasswordHasher.verify

    def verifying(self: Any, *args: Any, **more: Any) -> Any:
        done.append("hash")
        return verify(self, *args, **more)

    with connection.execute_wrapper(note), pytest.MonkeyPatch.context() as patch:
        patch.setattr(Argon2PasswordHasher, "encode", hashing)
        patch.setattr(Argon2PasswordHasher, "verify", verifying)
        yield done


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_reset_answers_alike_after_the_same_work(language: str, django_capture_on_commit_callbacks: Any) -> None:
    seen, done = set(), []
    Client().post("/accounts/password/reset/", {"email": "first@example.org"})  # the count of attempts by address begins
    for address in ADDRESSES.values():
        browser = Client(headers={"accept-language": language})
        browser.get("/accounts/password/reset/")
        with work() as found, django_capture_on_commit_callbacks(execute=True):
            answer = browser.post("/accounts/password/reset/", {"email": address})
        assert answer.status_code == 302
        seen.add((*shown(answer), *shown(browser.get(answer.headers["Location"]))))
        done.append(found)
    assert len(seen) == 1
    assert len({tuple(d) for d in done}) == 1


@pytest.mark.parametrize("by", ["address", "name"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_wrong_password_answers_alike_after_the_same_work(by: str, language: str) -> None:
    seen, done = set(), []
    Client().post("/accounts/login/", {"login": "first", "password": "wrong"})  # the count of attempts by address begins
    for kind, address in ADDRESSES.items():
        browser = Client(headers={"accept-language": language})
        browser.get("/accounts/login/")
        with work() as found:
            answer = browser.post("/accounts/login/", {"login": address if by == "address" else kind, "password": "wrong"})
        seen.add(shown(answer))
        done.append(found)
    assert len(seen) == 1
    assert len({tuple(d) for d in done}) == 1
    assert done[0].count("hash") == 1


def test_after_too_many_attempts_all_are_locked_alike() -> None:
    """Also in another case or width; and whoever has the mailbox is let in again with a new password."""
    seen = set()
    for kind in ADDRESSES:
        cache.clear()
        for spelling in (kind, kind.upper(), f" {kind}", kind, kind):
            Client().post("/accounts/login/", {"login": spelling, "password": "wrong"})
        answer = Client().post("/accounts/login/", {"login": kind, "password": PASSWORD})
        seen.add(shown(answer))
    assert len(seen) == 1
    assert next(iter(seen))[0] == 200
    cache.clear()
    for _n in range(6):
        Client().post("/accounts/login/", {"login": "known", "password": "wrong"})
    browser, new = Client(), "新的口令也很长很难猜"
    assert write_reset(ADDRESSES["known"]) == 1
    form = browser.get(link()).headers["Location"]
    assert browser.post(form, {"password1": new, "password2": new}).status_code == 302
    assert Client().post("/accounts/login/", {"login": "known", "password": new}).status_code == 302


def link() -> str:
    body = OutboxMail.objects.order_by("pk").last().body  # type: ignore[union-attr]
    return re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", body)[1]  # type: ignore[index]


def test_only_an_active_account_gets_a_letter() -> None:
    assert [write_reset(a) for a in ADDRESSES.values()] == [1, 0, 0]
    mail = OutboxMail.objects.get(to=ADDRESSES["known"])
    assert mail.forget


def test_a_link_ends_with_the_account() -> None:
    write_reset(ADDRESSES["known"])
    Account.objects.filter(username="known").update(is_active=False)
    answer = Client().get(link())
    assert answer.status_code == 200
    assert "password1" not in answer.content.decode()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("who", ["nobody", "known", "protected", "officer"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_page_of_the_library_answers(language: str, who: str, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.conf.settings.DEMO", False)  # the names of the demo's people are Chinese in both languages
    wrong = []
    for route in LIBRARY:
        if who == "protected":
            row = Account.objects.get(username="known")
            Authenticator.objects.get_or_create(user=row, type="totp", defaults={"data": {"secret": seal_text("A" * 32)}})
        browser = client(None if who == "nobody" else "known" if who == "protected" else who)
        browser.defaults["HTTP_ACCEPT_LANGUAGE"] = language
        browser.cookies["django_language"] = language
        url = "/" + route.replace("<base36:uidb36>", "1").replace("<str:key>", "x-y")
        values = (
            {} if method == "get" else {"email": "x@example.org", "password1": PASSWORD, "password2": PASSWORD, "code": "123456"}
        )
        answer = getattr(browser, method)(url, values, follow=True)
        if answer.status_code >= 500:
            wrong.append((route, answer.status_code))
        elif "text/html" in answer.headers["Content-Type"] and answer.request["PATH_INFO"].startswith("/accounts/"):
            foreign = strangers(answer.content.decode(), language)
            if foreign:
                wrong.append((route, *sorted(foreign)[:3]))
    assert wrong == []


def strangers(body: str, language: str) -> set[str]:
    """Sentences in the other language within the main part of a page."""
    main = re.search(r'<main id="main">(.*?)</main>', body, re.S)
    text = re.sub(r"<[^>]+>|&\w+;|&#\w+;", "\n", main[1] if main else "")
    if language == "en":
        return {line.strip() for line in text.splitlines() if re.search(r"[\u4e00-\u9fff]{3}", line)} - {"测试", "何清源"}
    return {line.strip() for line in text.splitlines() if re.search(r"[A-Za-z]+ [A-Za-z]+ [A-Za-z]+", line)}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_letter_is_complete(language: str, django_capture_on_commit_callbacks: Any) -> None:
    """Greeting by name, one language, whole addresses, the sender at the end, nothing left of a template."""
    Account.objects.filter(username="known").update(language=language)
    write_reset(ADDRESSES["known"])
    browser, new = Client(), "新的口令也很长很难猜"
    form = browser.get(link()).headers["Location"]
    browser.post(form, {"password1": new, "password2": new})
    browser.post("/accounts/login/", {"login": "known", "password": new})
    browser.post("/accounts/password/change/", {"oldpassword": new, "password1": PASSWORD, "password2": PASSWORD})
    page = browser.post("/accounts/reauthenticate/?next=/accounts/2fa/totp/activate/", {"password": PASSWORD}, follow=True)
    secret = re.search(r'value="([A-Z2-7]{16,})"', page.content.decode())
    assert secret, (page.status_code, page.headers.get("Location"))
    with django_capture_on_commit_callbacks(execute=True):
        browser.post("/accounts/2fa/totp/activate/", {"code": code(secret[1])})
    with django_capture_on_commit_callbacks(execute=True):
        browser.post("/accounts/2fa/codes/generate/")
    browser.post("/accounts/2fa/totp/deactivate/")
    mails = list(OutboxMail.objects.filter(to=ADDRESSES["known"]).order_by("pk"))
    assert len(mails) == 6
    for mail in mails:
        assert "测试" in mail.body.splitlines()[0]
        assert mail.subject
        assert not re.search(r"\{[%{]|None", mail.subject + mail.body)
        assert re.search(r"https?://[\w.:-]+/$", mail.body.strip())
        assert all("//" in word and "." in word for word in re.findall(r"\S+//\S+", mail.body))
        other = r"[\u4e00-\u9fff]{3}" if language == "en" else r"[A-Za-z]+ [a-z]+ [a-z]+"
        assert not re.search(other, re.sub(r"源头|Mozilla\S*", "", mail.subject + mail.body)), mail.body


def code(secret: str) -> str:
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def test_who_decides_sets_up_a_second_factor_first(settings: Any) -> None:
    settings.SECOND_FACTOR = True
    row = Account.objects.get(username="officer")
    _token, key = make_token(name="x", scopes=list(SCOPES), days=1, actor=actor("officer"))
    program = Client(headers={"authorization": f"Bearer {key}"})
    browser = client("officer")
    for path in ("/desk/", "/", "/office/", "/tokens/", "/sessions/"):
        answer = browser.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"] == "/accounts/2fa/totp/activate/"
    assert "两步验证" in program.get("/api/v1/applications/").json()["title"]
    assert client("known").get("/desk/").status_code == 200  # applicants need none
    TOTP.activate(row, "A" * 32)
    assert browser.get("/desk/").status_code == 200
    assert "两步验证" not in program.get("/api/v1/applications/").content.decode()


def test_own_sessions_are_listed_and_ended_by_their_owner_alone() -> None:
    first, second, third, other = client("known"), client("known"), client("known"), client("officer")
    for browser in (first, second, third, other):
        assert browser.get("/sessions/").status_code == 200
    rows = {r.session_key: r.pk for r in SignIn.objects.filter(account__username="known")}
    assert len(rows) == 3
    foreign = SignIn.objects.get(account__username="officer")
    first.post("/sessions/", {"end": foreign.pk})
    assert other.get("/desk/").status_code == 200
    first.post("/sessions/", {"end": rows[second.cookies["sessionid"].value]})
    assert second.get("/desk/").status_code == 302
    assert third.get("/desk/").status_code == 200
    first.post("/sessions/", {"others": "1"})
    assert third.get("/desk/").status_code == 302
    assert first.get("/desk/").status_code == 200
    page = first.get("/sessions/").content.decode()
    assert page.count("本次登录") == 1


def test_plain_http_is_led_to_https(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = Client().get("/calls/")
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://testserver/calls/")


@pytest.mark.parametrize(("language", "label"), [("zh-hans", "用户名或电子邮箱"), ("en", "Username or e-mail")])
def test_the_log_in_form_names_what_lets_in_and_links_the_way_to_a_password_once(language: str, label: str) -> None:
    page = Client(headers={"accept-language": language}).get("/accounts/login/").content.decode()
    assert label in page
    assert page.count('href="/accounts/password/reset/"') == 1
    assert "placeholder" not in page
