"""One address, one form: as it is typed, kept, looked up and compared; and a changed one asks both mailboxes."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from headwater.core import clock
from headwater.core.address_changes import approve_address, confirm_address, correct_address, drop_address
from headwater.core.addresses import NORMAL, is_address, normal
from headwater.core.errors import Refused
from headwater.core.invariants import check
from headwater.core.models import Account, AddressChange, Notification, OutboxMail
from headwater.registry.addresses import correct_person_address
from headwater.registry.imports import import_people
from headwater.registry.models import Person
from tests.make import actor, client

pytestmark = pytest.mark.django_db
CASES = Path(__file__).resolve().parents[3] / "shared/cases/imports"
PLAIN = "wu.shi+nsf@example.org"


@pytest.mark.parametrize(
    "text",
    [
        "Wu.Shi+NSF@Example.ORG",
        "  wu.shi+nsf@example.org\u3000",
        "ｗｕ．ｓｈｉ＋ｎｓｆ＠ｅｘａｍｐｌｅ．ｏｒｇ",
        "wu.shi+nsf@example。org",
        "\u200bwu.shi\u200d+nsf@exam\u00adple.org\ufeff",
        "wu.shi +nsf@\u00a0example.org",
        "\u202awu.shi+nsf@example.org\u202c",
    ],
)
def test_one_form_for_every_way_to_type_it(text: str) -> None:
    assert normal(text) == PLAIN
    assert is_address(text)


def test_a_domain_of_other_letters_is_written_as_the_net_writes_it() -> None:
    assert normal("li@例子.中国") == "li@xn--fsqu00a.xn--fiqs8s"
    assert is_address("li@例子.中国")


@pytest.mark.parametrize("text", ["", "wu", "wu@", "@example.org", "吴@example.org", "a@b@c.org", "x" * 250 + "@example.org"])
def test_what_is_no_address(text: str) -> None:
    assert not is_address(text)


@given(st.text(max_size=40))
def test_the_form_of_a_form_is_itself(text: str) -> None:
    assert normal(normal(text)) == normal(text)
    if is_address(text):
        assert re.fullmatch(NORMAL, normal(text))


WRITERS = [
    *("core_account.email", "core_outboxmail.to", "registry_person.email", "calls_referee.email", "core_addresschange.new"),
    "calls_objectionclaim.contact",
]


@pytest.mark.parametrize("column", WRITERS)
def test_the_database_keeps_nothing_else(column: str) -> None:
    """Every table with an address holds to the form, whatever statement writes it."""
    table, name = column.split(".")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'", [table]
        )
        assert any(NORMAL in row[0] and name in row[0] for row in cursor.fetchall())


def test_a_raw_statement_cannot_write_another_form() -> None:
    row = Account.objects.get(username="officer")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE core_account SET email = 'Officer@Headwater.example' WHERE id = %s", [row.pk])


def test_every_address_of_every_table_is_covered() -> None:
    """A new model with an address is listed above; the library's own table stays empty: an account has one address."""
    from django.apps import apps
    from django.db.models import EmailField

    found = {
        f"{m._meta.db_table}.{f.column}" for m in apps.get_models() for f in m._meta.concrete_fields if isinstance(f, EmailField)
    }
    assert found - {"account_emailaddress.email"} == {*WRITERS, "core_addresschange.old"}


def test_accounts_are_found_by_any_form() -> None:
    Account.objects.filter(username="officer").update(email="Ｏfficer@HEADWATER.example ")
    row = Account.objects.get(email="OFFICER@headwater.example")
    assert row.email == "officer@headwater.example"
    page = client("sysadmin").get("/admin/accounts/", {"q": "ＯＦＦＩＣＥＲ@headwater"}).content.decode()
    assert ">officer<" in page


def test_no_second_account_gets_an_address() -> None:
    answer = client("sysadmin").post(
        "/admin/accounts/", {"create": "1", "username": "second", "name_zh": "第二", "email": "Officer@Headwater.example"}
    )
    assert answer.status_code == 422
    assert "这个邮箱已属于另一个账号" in answer.content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.create(username="second", name_zh="第二", email="OFFICER@headwater.example")


def applicant() -> Account:
    return Account.objects.filter(person__isnull=False, role_grants__isnull=True).order_by("pk")[0]


def key_of(address: str) -> str:
    found = re.search(r"/address/([\w-]+)/", OutboxMail.objects.filter(to=address).order_by("pk").last().body)  # type: ignore[union-attr]
    assert found
    return found[1]


def test_a_correction_waits_for_the_new_mailbox_and_tells_the_old_one() -> None:
    row = applicant()
    old = row.email
    page = client("sysadmin")
    data = {"correct": row.pk, "email": "New.Address@Example.org", "reason": "本人书面申请"}
    assert page.post(f"/admin/accounts/?q={row.username}", data).status_code == 302
    row.refresh_from_db()
    assert row.email == old
    assert OutboxMail.objects.filter(to=old, subject="您账号的邮箱将变更").exists()
    browser = client(None)
    url = f"/address/{key_of('new.address@example.org')}/"
    assert "确认使用这个邮箱" in browser.get(url).content.decode()
    assert browser.post(url).status_code == 200
    row.refresh_from_db()
    assert row.email == row.person.email == "new.address@example.org"
    assert OutboxMail.objects.filter(to=old, subject="您账号的邮箱已变更").exists()
    assert browser.get(url).status_code == 404  # once
    assert not check(["one_address"])


def test_a_reason_is_asked_and_ones_own_address_is_for_another() -> None:
    with pytest.raises(Refused, match="请写明理由"):
        correct_address(account=applicant(), new="x@example.org", reason=" ", actor=actor("sysadmin"))
    own = Account.objects.get(username="sysadmin")
    with pytest.raises(Refused, match="另一位管理员"):
        correct_address(account=own, new="x@example.org", reason="换邮箱", actor=actor("sysadmin"))


def test_an_address_is_removed_with_a_reason() -> None:
    row = applicant()
    old = row.email
    correct_address(account=row, new="", reason="邮箱已注销", actor=actor("sysadmin"))
    row.refresh_from_db()
    assert row.email == row.person.email == ""
    assert OutboxMail.objects.filter(to=old, body__contains="邮箱已注销").exists()


def test_who_decides_needs_a_security_administrator_too() -> None:
    row = Account.objects.get(username="officer")
    change = correct_address(account=row, new="officer.new@headwater.example", reason="换单位邮箱", actor=actor("sysadmin"))
    assert Notification.objects.filter(account__username="secadmin", title="待核准：邮箱变更").exists()
    assert "核准邮箱变更" in client("secadmin").get("/desk/").content.decode()
    confirm_address(key=key_of("officer.new@headwater.example"), actor=actor("sysadmin"))
    row.refresh_from_db()
    assert row.email == "officer@headwater.example"
    assert client("secadmin").post("/admin/accounts/changes/", {"approve": change.pk}).status_code == 302
    row.refresh_from_db()
    assert row.email == "officer.new@headwater.example"


def test_who_asked_or_is_concerned_does_not_approve() -> None:
    own = Account.objects.get(username="secadmin")
    change = correct_address(account=own, new="sec.new@headwater.example", reason="换邮箱", actor=actor("sysadmin"))
    with pytest.raises(Refused, match="另一位安全管理员"):
        approve_address(change=change, actor=actor("secadmin"))
    with pytest.raises(IntegrityError), transaction.atomic():
        AddressChange.objects.filter(pk=change.pk).update(approved_by=own)


def test_a_change_ends_by_itself_or_by_an_administrator() -> None:
    row = applicant()
    change = correct_address(account=row, new="late@example.org", reason="更正", actor=actor("sysadmin"))
    with clock.at(clock.now() + timedelta(days=8)), pytest.raises(Refused, match="过期"):
        confirm_address(key=key_of("late@example.org"), actor=actor("sysadmin"))
    drop_address(change=change, actor=actor("sysadmin"))
    with pytest.raises(Refused, match="链接无效"):
        confirm_address(key=key_of("late@example.org"), actor=actor("sysadmin"))


def test_an_officer_corrects_somebody_without_account() -> None:
    person = Person.objects.create(name_zh="测试甲", email="Old@Example.org")
    page = client("officer")
    assert page.get(f"/people/{person.pk}/address/").status_code == 200
    assert page.post(f"/people/{person.pk}/address/", {"email": "new@example.org", "reason": ""}).status_code == 422
    assert page.post(f"/people/{person.pk}/address/", {"email": "ＮＥＷ@example.org", "reason": "打错"}).status_code == 302
    person.refresh_from_db()
    assert person.email == "new@example.org"
    assert set(OutboxMail.objects.filter(subject="您登记的电子邮箱已变更").values_list("to", flat=True)) == {
        "old@example.org",
        "new@example.org",
    }
    assert correct_person_address(person=person, new="", reason="本人要求", actor=actor("officer"))


needs_cases = pytest.mark.skipif(not CASES.exists(), reason="the shared cases are not here")


def load(name: str) -> None:
    content = (CASES / name).read_bytes()
    result = import_people(name=name, content=content, actor=actor("officer"), dry_run=False)
    assert result.errors == []


@needs_cases
def test_case_another_case_is_the_same_person() -> None:
    load("09-mail-case.xlsx")
    load("09b-mail-case.xlsx")
    assert [p.email for p in Person.objects.filter(name_zh="试午")] == [PLAIN]


@needs_cases
def test_case_a_corrected_address_reaches_the_account() -> None:
    from headwater.registry.services import open_accounts

    load("50-old-mail.xlsx")
    person = Person.objects.get(name_zh="试甲0")
    account = open_accounts(people=[(person, "shi-jia")], actor=actor("sysadmin"))[0]
    load("51-new-mail.xlsx")
    person.refresh_from_db()
    account.refresh_from_db()
    assert person.email == account.email == "old.addr@example.org"
    assert OutboxMail.objects.filter(to="old.addr@example.org").exists()
    confirm_address(key=key_of("new.addr@example.org"), actor=actor("officer"))
    person.refresh_from_db()
    account.refresh_from_db()
    assert person.email == account.email == "new.addr@example.org"
    assert not check(["one_address"])


@pytest.mark.usefixtures("owner_connection")
def test_what_an_older_installation_kept_is_rewritten_and_doubles_are_told() -> None:
    """The migration's own work, on rows as they were written before the database held to the form."""
    from importlib import import_module

    from django.apps import apps

    first, second, third = Account.objects.filter(role_grants__isnull=True).order_by("pk")[:3]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_account DROP CONSTRAINT account_address_normal")
        cursor.execute("DROP INDEX account_address_once")
        for row, text in ((first, "Wu@Example.org"), (second, "ｗｕ@example.org "), (third, "没有邮箱")):
            cursor.execute("UPDATE core_account SET email = %s WHERE id = %s", [text, row.pk])
    import_module("headwater.core.migrations.0005_addresses_have_one_form").rewrite(apps, None)
    found = {a.pk: (a.email, a.email_shared) for a in Account.objects.filter(pk__in=[first.pk, second.pk, third.pk])}
    assert found == {first.pk: ("wu@example.org", True), second.pk: ("wu@example.org", True), third.pk: ("", False)}
    told = "\n".join(
        Notification.objects.filter(account__username="sysadmin", url="/admin/accounts/").values_list("body", flat=True)
    )
    for word in (first.username, second.username, "wu@example.org", "没有邮箱"):
        assert word in told
    assert "更正多人共用的邮箱" in client("sysadmin").get("/desk/").content.decode()
    correct_address(account=second, new="", reason="与他人相同", actor=actor("sysadmin"))
    assert not Account.objects.get(pk=second.pk).email_shared
