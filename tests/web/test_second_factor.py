"""Second factors at rest: the database alone tells neither a TOTP secret nor a recovery code."""

import importlib
import json

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.db import connection

from headwater.core import keys
from headwater.core.keys import KeyFolder
from headwater.core.models import Account
from headwater.core.second_factor import open_text

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXP"
seal = importlib.import_module("headwater.core.migrations.0004_seal_second_factors")


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.KEYS = KeyFolder(tmp_path / "keys")


def stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(data::text, ' ' ORDER BY id) FROM mfa_authenticator")
        return cursor.fetchone()[0]


def test_neither_secret_nor_seed_nor_code_is_readable_in_the_database():
    account = Account.objects.order_by("pk")[0]
    totp, codes = TOTP.activate(account, SECRET), RecoveryCodes.activate(account)
    shown = codes.generate_codes()
    assert SECRET not in stored()
    assert not any(code in stored() for code in shown)
    again = Authenticator.objects.get(pk=totp.instance.pk)
    assert open_text(again.data["secret"]) == SECRET
    assert RecoveryCodes(Authenticator.objects.get(pk=codes.instance.pk)).generate_codes() == shown
    assert codes.validate_code(shown[0])


def test_a_secret_under_no_key_of_ours_lets_nobody_in():
    account = Account.objects.order_by("pk")[0]
    row = Authenticator.objects.create(user=account, type="totp", data={"secret": SECRET})
    with pytest.raises(keys.NotReadable):
        TOTP(row).validate_code("000000")


def test_after_rotation_all_is_sealed_anew_and_the_old_key_can_go():
    account = Account.objects.order_by("pk")[0]
    row = TOTP.activate(account, SECRET).instance
    before = row.data["secret"]
    keys.rotate(keys.TOTP)
    assert keys.REWRITERS[keys.TOTP]() == 1
    keys.retire(keys.TOTP)
    row.refresh_from_db()
    assert row.data["secret"] != before
    assert open_text(row.data["secret"]) == SECRET


def test_what_was_stored_in_the_open_is_sealed_by_the_migration_and_opened_backwards():
    first, second = Account.objects.order_by("pk")[:2]
    Authenticator.objects.create(user=first, type="totp", data={"secret": SECRET})
    Authenticator.objects.create(user=first, type="recovery_codes", data={"seed": "ab12", "used_mask": 5})
    Authenticator.objects.create(user=second, type="recovery_codes", data={"migrated_codes": ["11112222", "33334444"]})
    before = stored()
    seal.change(apps, seal.seal_text)
    assert not any(x in stored() for x in (SECRET, "ab12", "11112222"))
    assert Authenticator.objects.get(user=first, type="recovery_codes").data["used_mask"] == 5
    seal.change(apps, seal.open_text)
    assert [json.loads(x) for x in stored().replace("} {", "}|{").split("|")] == [
        json.loads(x) for x in before.replace("} {", "}|{").split("|")
    ]
