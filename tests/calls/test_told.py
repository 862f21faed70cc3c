"""What an applicant is told in time: files that are still being inspected, the bounds of a question, reasons in their own language."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils import translation

from headwater.calls.applying.services.applications import submit_application
from headwater.calls.applying.services.attachments import FEW, attach
from headwater.calls.facts import check_applications
from headwater.calls.models import Application
from headwater.calls.schemes import scheme_of
from headwater.core.errors import Refused
from headwater.core.models import StoredFile
from headwater.forms.results import Verdict
from headwater.forms.shapes import Field
from tests.calls.test_rules import GOOD, ask_shipped
from tests.core.test_inspection import pdf
from tests.make import as_, client, draft_of, new_call, new_person, words

pytestmark = pytest.mark.django_db
BROKEN = b"%PDF-1.7\nnothing more\n"


def attach_to(row: Application, content: bytes, name: str = "意见.pdf") -> StoredFile:
    return attach(application=row, kind="ethics", name=name, content=content, actor=as_(row.leader)).file


def sound(row: Application) -> str:
    return next(str(r.outcome) for r in check_applications([row], row.call)[row.pk] if r.rule == "files_sound")


def submit(row: Application) -> tuple[str, str]:
    """The state after a submission through the page, and the page that follows."""
    assert row.leader.account
    browser = client(row.leader.account.username)
    form = {"agree": words(row.call, "applicant"), "_revision": Application.objects.get(pk=row.pk).revision}
    page = browser.post(f"/applications/{row.pk}/submit/", form, follow=True).content.decode()
    return str(Application.objects.get(pk=row.pk).state), page


def test_a_file_that_is_being_inspected_is_no_passed_check() -> None:
    row = draft_of(new_call(), new_person())
    file = attach_to(row, pdf())
    assert sound(row) == Verdict.UNKNOWN
    StoredFile.objects.filter(pk=file.pk).update(state="refused", problem="damaged")
    assert sound(row) == Verdict.FAILED
    StoredFile.objects.filter(pk=file.pk).update(state="fine", problem="")
    assert sound(row) == Verdict.PASSED
    told = ask_shipped("files_sound", replace(GOOD, checking_files=("意见.pdf",)))
    assert (told.outcome, "稍等" in told.mend_zh, "意见.pdf" in told.zh) == (Verdict.UNKNOWN, True, True)


@pytest.mark.parametrize(("content", "state"), [(pdf(), "host_review"), (BROKEN, "draft")])
def test_a_submission_looks_into_the_files_first(content: bytes, state: str) -> None:
    row = draft_of(new_call(), new_person())
    other = attach_to(draft_of(new_call(), new_person()), pdf(), "别人.pdf")
    file = attach_to(row, content)
    found, page = submit(row)
    file.refresh_from_db()
    assert (found, file.state) == (state, "fine" if state == "host_review" else "refused")
    assert ("未通过检查的附件：意见.pdf" in page) == (state == "draft")
    other.refresh_from_db()
    assert other.state == "checking"


def test_many_files_are_left_to_the_worker() -> None:
    row = draft_of(new_call(), new_person())
    files = [attach_to(row, pdf(), f"{n}.pdf") for n in range(FEW + 1)]
    assert submit(row)[0] == "host_review"
    assert set(StoredFile.objects.filter(pk__in=[f.pk for f in files]).values_list("state", flat=True)) == {"checking"}


@pytest.mark.parametrize(
    ("kind", "low", "high", "zh", "en"),
    [
        ("number", 1, 12, "数字 1–12", "number 1–12"),
        ("number", 1980, None, "数字 ≥ 1980", "number ≥ 1980"),
        ("money", 1_000_000, 200_000_000, "金额，万元 1–200", "amount, CNY 10,000 1–200"),
        ("money", None, 5_000_000, "金额，万元 ≤ 5", "amount, CNY 10,000 ≤ 5"),
        ("money", 1, None, "金额，万元 > 0", "amount, CNY 10,000 > 0"),
        ("number", None, None, "数字", "number"),
    ],
)
def test_bounds_in_both_languages(kind: str, low: int | None, high: int | None, zh: str, en: str) -> None:
    f = Field(
        "x", kind, "数", "Figure", minimum=low if low is None else Decimal(low), maximum=high if high is None else Decimal(high)
    )
    for language, text in (("zh-hans", zh), ("en", en)):
        with translation.override(language):
            assert f.of.limits(f) == text
    assert (f.of.bounds(f) == "") == (low is None and high is None)


def test_the_editor_shows_the_bounds_of_numbers() -> None:
    row = draft_of(new_call("im-gen"), new_person())
    assert row.leader.account
    section = next(s.code for s in scheme_of(row.call).sections if any(f.code == "months_at_host" for f in s.fields))
    page = client(row.leader.account.username).get(f"/applications/{row.pk}/edit/{section}/").content.decode()
    assert '<small class="form-hint">数字 1–12</small>' in page


@pytest.mark.parametrize(("language", "chinese"), [("zh-hans", True), ("en", False)])
def test_reasons_against_a_submission_are_in_the_language_of_the_reader(language: str, chinese: bool) -> None:
    row = draft_of(new_call(), new_person(), title_zh="")
    with translation.override(language), pytest.raises(Refused) as error:
        submit_application(application=row, actor=as_(row.leader), agree=True)
    reasons = [r for r in error.value.reasons if r.code == "F05"]
    assert [any("\u4e00" <= c <= "\u9fff" for c in r.text) for r in reasons] == [chinese] * len(reasons)
    assert reasons
