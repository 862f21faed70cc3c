"""Text is cleaned once, on the way in; file names fit every system."""

from __future__ import annotations

import unicodedata

import pytest
from django.http import QueryDict
from hypothesis import example, given
from hypothesis import strategies as st

from headwater.core.text import MOST_BYTES, clean_fields, clean_text, file_name
from tests.make import client

ODD = (
    "a字ᠮ\u0301\u200b\u200c\u200d\u180e\u180b\u202e\u2066\u2028\u2029\x85\0\x1b\r\n\t\xad\ufeff\ufffe\u0627क्👩👧\ufe0f\U000e0041é"
)
TEXTS = st.text(max_size=40) | st.text(ODD, max_size=20)


@given(TEXTS)
@example("\u0300\u094d\u180b")  # NFC puts the grave behind the virama, beside which the selector stood
def test_what_is_cleaned_is_clean_and_stays_so(text: str) -> None:
    found = clean_text(text)
    assert clean_text(found) == found == unicodedata.normalize("NFC", found)
    assert not [c for c in found if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t"]
    assert not set(found) & set("\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\xad\ufeff")


@given(st.text(st.characters(categories=("L", "N", "P", "Zs"), max_codepoint=0xFFEF), max_size=40))
def test_prose_is_not_changed_beyond_its_canonical_form(text: str) -> None:
    assert clean_text(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("第一行\r\n第二行\u2028第三行\x85末\r", "第一行\n第二行\n第三行\n末\n"),
        ("草\u200b原\ufeff生\xad态\u2060", "草原生态"),
        ("abc\u202efdp.exe\u202c", "abcfdp.exe"),
        ("a\u200db 草\u200c原 x\u180ey", "ab 草原 xy"),
        ("ᠮᠣᠩᠭᠣᠯ\u180eᠠ ᠪᠢᠴᠢᠭ᠌\u200d", "ᠮᠣᠩᠭᠣᠯ\u180eᠠ ᠪᠢᠴᠢᠭ᠌\u200d"),
        ("می\u200cخواهم क्\u200dष 👩\u200d👧 ❤\ufe0f", "می\u200cخواهم क्\u200dष 👩\u200d👧 ❤\ufe0f"),
        ("e\u0301\0\x07", "é"),
        ("ＡＢＣ①ﬁ", "ＡＢＣ①ﬁ"),
    ],
)
def test_what_means_something_stays(text: str, clean: str) -> None:
    assert clean_text(text) == clean


def test_a_form_is_cleaned_but_for_what_is_secret_or_repeats_what_is_stored() -> None:
    sent = QueryDict(mutable=True)
    for name in ("q", "old_password", "password1", "_base", "csrfmiddlewaretoken"):
        sent.setlist(name, ["a\u200b", "b\r\n"])
    found = clean_fields(sent)
    assert found.getlist("q") == ["a", "b\n"]
    assert {tuple(found.getlist(n)) for n in ("old_password", "password1", "_base", "csrfmiddlewaretoken")} == {
        ("a\u200b", "b\r\n")
    }
    with pytest.raises(AttributeError):
        found["q"] = "x"


@pytest.mark.django_db
def test_every_view_gets_clean_text() -> None:
    answer = client("officer").get("/office/", {"q": "草\u200b原\u202e"})
    assert 'value="草原"' in answer.content.decode()
    answer = client("sysadmin").post(
        "/admin/accounts/", {"create": "1", "username": "x", "name_zh": "草\0原\u202e", "email": "x"}
    )
    assert answer.context["form"]["name_zh"].value() == "草原"


@given(st.text(max_size=300) | st.text(ODD + "./\\:", max_size=30), st.sampled_from(["", ".pdf", ".tar.gz", ".PDF", ".docx"]))
def test_a_file_name_fits_every_system(stem: str, ending: str) -> None:
    name = file_name(stem + ending)
    assert 0 < len(name.encode()) <= MOST_BYTES + 1
    assert not set(name) & set('/\\:*?"<>|\n\r\t\0\u202e')
    assert name == name.strip(" .") == file_name(name)
    if len(ending) > 1:
        assert name.endswith(ending.rpartition(".")[2])


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd.pdf", "etc passwd.pdf"),
        ('a/b\\c:"*?<>|\x00\n.pdf', "a b c.pdf"),
        ("\u202efdp.exe.pdf", "fdp.exe.pdf"),
        ("....pdf", "document.pdf"),
        ("字" * 200 + ".pdf", "字" * 58 + ".pdf"),
        ("长" * 90 + "申请书.docx", "长" * 58 + ".docx"),
        ("CON.pdf", "_CON.pdf"),
        ("nul", "_nul"),
        ("com1.tar.gz", "_com1.tar.gz"),
        ("console.pdf", "console.pdf"),
        ("x" * 174 + "e\u0301\u0301.pdf", "x" * 174 + ".pdf"),
        ("", "document"),
        ("报告 v1.2", "报告 v1.2"),
    ],
)
def test_file_names_are_never_paths_or_devices_and_keep_their_ending(name: str, safe: str) -> None:
    assert file_name(name) == safe
