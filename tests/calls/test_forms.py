"""Every scheme of the region in the browser: drafted, filled in section by section, completed, submitted, shown, printed."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pypdf import PdfReader

from headwater.calls.facts import check_applications
from headwater.calls.loading import answers_of
from headwater.calls.models import Application, SchemeVersion
from headwater.calls.schemes import scheme_of
from headwater.core.money import wan_typed
from headwater.forms.results import Verdict
from headwater.registry.models import Discipline, Person
from headwater.schemes import Scheme
from tests.calls.examples import SPECIAL, answers_for
from tests.core.test_inspection import pdf
from tests.make import client, new_call, new_person, words

pytestmark = pytest.mark.django_db
NEW = sorted({"im-phd", "im-dys", "im-major", "im-jf", "im-jfk", "im-test", *SPECIAL})
PDF = pdf()


def start(code: str) -> tuple[Client, Application, Person]:
    """A draft of a new call, by its leader."""
    call, leader = new_call(code), new_person()
    Person.objects.filter(pk=leader.pk).update(title="教授", is_senior=True, email=f"{leader.account.username}@example.org")
    browser = client(leader.account.username)
    answer = browser.post(f"/calls/{call.code}/apply/")
    assert answer.status_code == 302, answer.content.decode()[:500]
    return browser, Application.objects.get(call=call), Person.objects.get(pk=leader.pk)


def send(browser: Client, row: Application, section: str, data: dict[str, Any]) -> Any:
    return browser.post(f"/applications/{row.pk}/edit/{section}/", data)


def fill(browser: Client, row: Application, leader: Person) -> Scheme:
    """Send every page of the editor."""
    scheme = scheme_of(row.call)
    amount = SPECIAL.get(scheme.code, {}).get("_amount", wan_typed(row.amount_fen))
    code = Discipline.objects.filter(level=2).order_by("code")[0].code
    info = {"title_zh": "草原土壤碳汇的形成", "discipline": code, "amount_wan": amount, "flags": ""}
    assert send(browser, row, "info", info).status_code == 302
    for part in scheme.sections:
        data = answers_for(scheme, part.code, row.call.year)
        data = {k: leader.email if v == "{leader}" else v for k, v in data.items()}
        answer = send(browser, row, part.code, data)
        assert answer.status_code == 302, answer.context["errors"]
    wanted = {
        f.kind for _s, fields in answers_of(Application.objects.get(pk=row.pk)).asked_sections for f in fields if f.type == "file"
    }
    for kind in sorted(wanted):
        upload = SimpleUploadedFile(f"{kind}.pdf", PDF, "application/pdf")
        browser.post(f"/applications/{row.pk}/attachment/", {"kind": kind, "file": upload})
    return scheme


@pytest.mark.parametrize("code", NEW)
def test_scheme_is_drafted_completed_submitted_and_shown(code: str) -> None:
    browser, row, leader = start(code)
    scheme = fill(browser, row, leader)
    row = Application.objects.get(pk=row.pk)
    failed = [(r.rule, r.zh) for r in check_applications([row], row.call)[row.pk] if r.outcome == Verdict.FAILED]
    assert [f for f in failed if f[0] not in {"signed", "qualified"}] == []
    browser.post(f"/applications/{row.pk}/submit/", {"agree": words(row.call, "applicant"), "_revision": row.revision})
    row = Application.objects.get(pk=row.pk)
    assert (row.state, row.number[:6]) == ("host_review", f"{row.call.year}{scheme.prefix}"[:6])
    body = browser.get(f"/applications/{row.pk}/").content.decode()
    text = "".join(p.extract_text() for p in PdfReader(BytesIO(browser.get(f"/applications/{row.pk}/pdf/").content)).pages)
    for _section, fields in answers_of(row).asked_sections:
        for f in fields:
            assert f.label_zh in body
            assert f.label_zh[:6] in text.replace("\n", "").replace(" ", "") or len(f.label_zh) < 6


def test_every_scheme_of_the_region_is_tried() -> None:
    known = set(SchemeVersion.objects.values_list("code", flat=True))
    assert known == set(NEW) | {"im-gen", "im-youth", "im-key"}
