"""Secrets: made once, private, rotated without losing what older ones wrote, and read by nothing else."""

import os
import stat
import subprocess
import sys

import pytest
from cryptography.exceptions import InvalidSignature
from hypothesis import given
from hypothesis import strategies as st

from headwater.config import ConfigError
from headwater.core import keys
from headwater.core.keys import KeyFolder, NotReadable


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.KEYS = KeyFolder(tmp_path / "keys")
    return settings.KEYS


def test_a_secret_is_made_once_and_differs_by_name(folder):
    assert keys.secret("bank") == keys.secret("bank")
    assert len({keys.secret("bank"), keys.secret("seal"), KeyFolder(folder.path / "other").ring("bank")[0]}) == 3
    assert (len(keys.secret("bank")), len(keys.secret("long", size=64))) == (32, 64)


def test_files_and_folders_are_private_whatever_the_umask(folder):
    before = os.umask(0)
    try:
        keys.signing_key("seal")
        keys.rotate("seal")
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(x.stat().st_mode) for x in folder.path.rglob("*") if x.is_file()}
    folders = {stat.S_IMODE(x.stat().st_mode) for x in [folder.path, folder.path / "seal"]}
    assert (modes, folders) == ({0o600}, {0o700})
    assert sorted(x.name for x in (folder.path / "seal").iterdir()) == ["0001", "0001.pub", "0002"]


def test_two_processes_get_the_same_secret(folder):
    code = f"from pathlib import Path; from headwater.core.keys import KeyFolder; print(KeyFolder(Path({str(folder.path)!r})).ring('x'))"
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(4)]
    assert len({x.communicate()[0] for x in running}) == 1


def test_rotation_keeps_what_older_secrets_wrote_until_they_are_retired(folder):
    token = keys.encrypt("bank", b"6222 0001")
    first = keys.secret("bank")
    keys.rotate("bank")
    assert keys.ring("bank")[1:] == [first]
    assert (keys.decrypt("bank", token), keys.is_current("bank", token)) == (b"6222 0001", False)
    assert keys.is_current("bank", keys.encrypt("bank", b""))
    assert (folder.retire("bank"), folder.retire("bank")) == (1, 0)
    with pytest.raises(NotReadable):
        keys.decrypt("bank", token)


@given(plain=st.binary(max_size=200), place=st.integers(0, 10**6))
def test_a_token_says_nothing_elsewhere_and_notices_a_change(plain, place):
    token = keys.encrypt("totp", plain, context=b"1")
    assert keys.decrypt("totp", token, context=b"1") == plain
    at = place % len(token)
    changed = token[:at] + bytes([token[at] ^ 1]) + token[at + 1 :]
    for name, other, context in [
        ("totp", token, b"2"),
        ("bank", token, b"1"),
        ("totp", changed, b"1"),
        ("totp", token[:at], b"1"),
    ]:
        with pytest.raises(NotReadable):
            keys.decrypt(name, other, context=context)


def test_equal_texts_are_not_seen_to_be_equal():
    assert keys.encrypt("totp", b"same") != keys.encrypt("totp", b"same")


def test_a_signature_stays_checkable_after_its_key_is_retired(folder):
    signature = keys.signing_key("seal").sign(b"head")
    keys.rotate("seal")
    folder.retire("seal")
    now, before = keys.public_keys("seal")
    before.verify(signature, b"head")
    with pytest.raises(InvalidSignature):
        now.verify(signature, b"head")
    now.verify(keys.signing_key("seal").sign(b"x"), b"x")


def test_what_identity_hashes_cannot_be_hashed_anew(folder):
    before = keys.ring(keys.IDENTITY)
    with pytest.raises(ConfigError, match=r"^identity: cannot be rotated"):
        keys.rotate(keys.IDENTITY)
    assert keys.ring(keys.IDENTITY) == before


def test_a_secret_from_elsewhere_is_taken_over_once(folder):
    folder.adopt("identity", b"an older secret of this house")
    folder.adopt("identity", b"another one that came too late")
    assert keys.ring("identity") == [b"an older secret of this house"]


@pytest.mark.parametrize("content", ["", "c2hvcnQ=", "not base64 \xff"])
def test_a_broken_file_is_named_and_never_replaced(folder, content):
    keys.secret("bank")
    file = folder.path / "bank/0001"
    file.write_text(content, encoding="latin-1")
    with pytest.raises(ConfigError, match=f"^{file}: holds no key"):
        keys.secret("bank")
    assert file.read_text(encoding="latin-1") == content


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="HEADWATER_KEYS"):
        KeyFolder(tmp_path / "file").ring("bank")


@pytest.mark.parametrize("name", ["", "../up", "Seal", "a/b", "1st"])
def test_a_name_is_a_plain_word(name):
    with pytest.raises(ValueError, match="small letters"):
        keys.secret(name)
