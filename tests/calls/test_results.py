"""The results of a call as a table and as an archive of letters."""

from __future__ import annotations

import pytest

from headwater.calls.checking.services.exports import RESULTS
from headwater.calls.models import Decision, Letter
from headwater.core import jobs
from headwater.core.models import Export
from tests.calls.test_decisions import TEN, close, noticed
from tests.core.test_exports import content, index
from tests.make import client

pytestmark = pytest.mark.django_db


def test_results_are_exported_as_ticked_or_all() -> None:
    call, rows, _notice = noticed([TEN, TEN])
    browser, address = client("officer"), f"/office/calls/{call.pk}/results/"
    ticked = Decision.objects.get(application=rows[1]).pk
    for pks, expected in (([ticked], [False, True]), ([], [True, True])):
        table = b"".join(browser.post(address, {"format": "csv", "pk": pks})).decode("utf-8-sig")
        assert [r.number in table for r in rows] == expected
    body = browser.get(address).content.decode()
    assert 'value="csv"' in body
    assert 'value="zip"' not in body


def test_archive_of_results_holds_the_letter_of_each() -> None:
    call, rows, notice = noticed([TEN, TEN, 0])
    browser, address = client("officer"), f"/office/calls/{call.pk}/results/"
    early = browser.post(address, {"format": "zip"}, follow=True).content.decode()
    assert "有 3 项结果尚未发布" in early
    assert not Export.objects.filter(kind=RESULTS).exists()
    close(notice)
    assert 'value="zip"' in browser.get(address).content.decode()
    picked = [Decision.objects.get(application=r).pk for r in (rows[0], rows[2])]
    browser.post(address, {"format": "zip", "pk": picked})
    row = Export.objects.get(kind=RESULTS)
    assert jobs.run(row.job_id).result["documents"] == 2
    row.refresh_from_db()
    archive = content(browser, row)
    letters = {x.application_id: x.number for x in Letter.objects.filter(application__call=call)}
    assert [line[1] for line in index(archive)] == [letters[rows[0].pk], letters[rows[2].pk]]
    assert sum(n.endswith(".pdf") for n in archive.namelist()) == 2
