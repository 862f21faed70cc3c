"""Prepared reads give what the ORM gives; writes change the named columns of the named rows, no others."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.db.models.expressions import RawSQL
from django.db.transaction import TransactionManagementError

from headwater.calls.locks import LOCKED
from headwater.calls.models import Application, Participant
from headwater.core.models import Account
from headwater.core.prepared import Prepared, write
from headwater.web.accounts import SIGNED_IN, Backend
from tests.test_queries import counted

pytestmark = pytest.mark.django_db


def values(row: Application) -> dict[str, object]:
    return {k: v for k, v in row.__dict__.items() if not k.startswith("_")}


@pytest.mark.parametrize("prepared", [LOCKED])
def test_a_prepared_read_gives_the_rows_of_its_queryset(prepared: Prepared[Application]) -> None:
    for wanted in Application.objects.order_by("pk")[:5]:
        for _once_more in range(2):
            with counted() as sent:
                row = prepared.one(wanted.pk)
                assert row is not None
                related = (row.call.title_zh, row.call.scheme.code, row.host.name_zh, row.leader.name_zh, row.title_zh)
            assert len(sent) == 1
            expected = prepared.build(wanted.pk).get()
            assert values(row) == values(expected)
            assert related == (
                wanted.call.title_zh,
                wanted.call.scheme.code,
                wanted.host.name_zh,
                wanted.leader.name_zh,
                wanted.title_zh,
            )
            assert (row.discipline, row._state.adding, row._state.db) == (wanted.discipline, False, "default")
    assert prepared.one(0) is None


def test_a_prepared_read_takes_lists_and_keeps_no_earlier_argument() -> None:
    members = Prepared(
        lambda ids: (
            Participant.objects.filter(application__in=RawSQL("SELECT unnest(%s::bigint[])", [ids]))
            .select_related("person")
            .order_by("pk")
        )
    )
    every = sorted(set(Participant.objects.values_list("application", flat=True)))
    for ids in (every, every[:1], [], every[1:3]):
        assert members(ids) == list(Participant.objects.filter(application__in=ids).order_by("pk"))


def test_a_locking_read_outside_a_transaction_is_refused_as_the_orm_refuses_it() -> None:
    fresh = Prepared(lambda pk: Account.objects.filter(pk=pk).select_for_update())
    seen: list[type[BaseException]] = []

    def outside() -> None:
        try:
            fresh.one(1)
        except TransactionManagementError as error:
            seen.append(type(error))
        finally:
            connection.close()

    thread = threading.Thread(target=outside)
    thread.start()
    thread.join()
    assert seen == [TransactionManagementError]


def test_the_signed_in_account_brings_its_person_and_a_closed_one_is_nobody() -> None:
    account = Account.objects.exclude(person=None)[0]
    found = Backend().get_user(account.pk)
    assert found == account
    with counted() as sent:
        assert found.person.account_id == account.pk  # type: ignore[union-attr]
    assert sent == []
    alone = Account.objects.filter(person=None)[0]
    with counted() as sent:
        assert not hasattr(Backend().get_user(alone.pk), "person")
    assert len(sent) == 1
    Account.objects.filter(pk=account.pk).update(is_active=False)
    assert Backend().get_user(account.pk) is None
    assert Backend().get_user(0) is None
    assert SIGNED_IN.one(account.pk) == account


def test_write_changes_the_named_columns_of_the_named_rows() -> None:
    first, second, other = Application.objects.order_by("pk")[:3]
    before = Application.objects.filter(pk=other.pk).values()[0]
    account = Account.objects.order_by("pk")[0]
    write(
        Application,
        [first.pk, second.pk],
        {"title_en": "New", "months": 7, "flags": ["human"], "discipline": None},
        merged={"answers": {"goals": "目标 '\"\\"}},
    )
    for row, old in ((Application.objects.get(pk=a.pk), a) for a in (first, second)):
        assert (row.title_en, row.months, row.flags, row.discipline_id) == ("New", 7, ["human"], None)
        assert row.answers == {**old.answers, "goals": "目标 '\"\\"}
        assert (row.title_zh, row.state) == (old.title_zh, old.state)
    assert Application.objects.filter(pk=other.pk).values()[0] == before
    write(Participant, [], {"confirmed_at": None})
    write(type(account), [account.pk], {"name_en": "X"})
    assert Account.objects.get(pk=account.pk).name_en == "X"
