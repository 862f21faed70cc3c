"""The pages of reports: what a writer does without help, what readers see and do not see, lists, files."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse
from python_calamine import CalamineWorkbook

from headwater.casework.reports.comparing import compare
from headwater.casework.reports.filings import filing_of
from headwater.casework.reports.models import Report
from headwater.casework.reports.tabs import has_reports, reports_tab
from headwater.core import clock
from headwater.core.command import system
from headwater.core.duties import duties_of
from headwater.core.models import Account, Event, StoredFile
from headwater.core.sentences import Names
from headwater.core.uploads import check_files
from headwater.registry.models import Organisation
from tests.approvals import confirmed, seen_on
from tests.casework.reports.acting import FULL, Cast, answers_of, morning, new_cast
from tests.casework.reports.world import ANNUAL, SUBJECT, World, declared, kind_of, new_unit, parameters, writer_of
from tests.make import WAN, client
from tests.test_queries import counted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world() -> Iterator[World]:
    with declared() as world, clock.at(morning()):
        parameters()
        yield world


@pytest.fixture
def cast() -> Cast:
    return new_cast(date(2025, 1, 1))


def browser(account: Account) -> Client:
    return client(account.username)


def text(answer: Any) -> str:
    return answer.content.decode()


def start(cast: Cast) -> dict[str, Any]:
    return {"subject_kind": SUBJECT, "subject": cast.unit.pk, "kind": "annual", "since": "2025-01-01"}


def test_a_writer_goes_from_what_is_owed_to_a_submitted_report(cast: Cast) -> None:
    page = browser(cast.writer)
    assert "2025 年年度报告" in text(page.get("/reports/"))
    answer = page.post("/reports/start/", start(cast))
    report = Report.objects.get(subject_id=cast.unit.pk)
    assert answer["Location"] == f"/reports/{report.pk}/edit/people/"
    shown = text(page.get(answer["Location"]))
    assert "固定人员（人）" in shown
    assert "系统暂无这项记录" in shown
    saved = page.post(answer["Location"], {"staff": "12", "summary": "全年运行正常", "instruments": "四十", "rules": "办法"})
    assert saved.status_code == 422
    assert "四十" in text(saved)
    assert answers_of(report) == {"staff": 12, "summary": "全年运行正常", "rules": "办法"}
    listed = text(page.get(f"/reports/{report.pk}/edit/submit/"))
    assert f"/reports/{report.pk}/edit/money/?check=1#q-income" in listed
    assert "必填" in text(page.get(f"/reports/{report.pk}/edit/money/?check=1"))
    rows = {"projects": "", "projects.0.name": "甲", "projects.0.arrived": "10"}
    page.post(f"/reports/{report.pk}/edit/money/", {"income": "12", **rows})
    listed = page.get(f"/reports/{report.pk}/edit/submit/")
    assert "各项目到账之和等于到账经费合计" in text(listed)
    refused = page.post(f"/reports/{report.pk}/submit/", {"_revision": listed.context["writing"].revision}, follow=True)
    assert "各项目到账之和" in text(refused)
    page.post(f"/reports/{report.pk}/edit/money/", {"income": "10", **rows})
    listed = page.get(f"/reports/{report.pk}/edit/submit/")
    done = page.post(f"/reports/{report.pk}/submit/", {"_revision": listed.context["writing"].revision}, follow=True)
    assert done.redirect_chain[-1][0] == f"/reports/{report.pk}/"
    assert "单位审核" in text(done)
    assert "自报" in text(done)
    assert Report.objects.get(pk=report.pk).state == "host"
    assert page.get(f"/reports/{report.pk}/edit/people/")["Location"] == f"/reports/{report.pk}/"


def test_the_editor_saves_as_one_types_and_merges(cast: Cast) -> None:
    report, page = cast.start(), browser(cast.writer)
    data = {"_fields": ["staff", "summary"], "staff": "x", "summary": "全年运行正常", "_base": "{}", "_section": "people"}
    told = page.post(f"/reports/{report.pk}/save/", data | {"_revision": "0"}).json()
    assert set(told["errors"]) == {"staff"}
    assert "必填的栏目" in told["rules"] or "还有" in told["rules"]
    cast.save(report, summary="全年总体运行正常")
    base = json.dumps({"summary": "全年运行正常"})
    told = page.post(
        f"/reports/{report.pk}/save/",
        {"_fields": "summary", "summary": "全年运行正常。", "_base": base, "_section": "people", "_revision": told["revision"]},
    ).json()
    assert told["fields"]["summary"]["pairs"] == [["summary", "全年总体运行正常。"]]
    assert page.post(f"/reports/{report.pk}/presence/").status_code == 200
    other = browser(writer_of(cast.unit))
    assert (
        other.post(
            f"/reports/{report.pk}/save/", {"_fields": "staff", "staff": "1"}, headers={"X-Account": str(cast.writer.pk)}
        ).status_code
        == 409
    )


def test_words_of_a_lost_session_and_versions(cast: Cast) -> None:
    report, page = cast.start(), browser(cast.writer)
    address = f"/reports/{report.pk}/edit/people/"
    shown = page.get(address)
    page.logout()
    sent = {"summary": "会话过期时写的", "_base": shown.context["base"], "_who": shown.context["who"]}
    assert page.post(address, sent)["Location"].startswith("/accounts/login/")
    page.force_login(cast.writer, backend="headwater.web.accounts.Backend")
    kept = page.get(address)
    assert kept.templates[0].name == "forms/unsaved.html"
    page.post(address, dict(kept.context["pairs"]))
    assert answers_of(report)["summary"] == "会话过期时写的"
    cast.save(report, summary="后来写的")
    versions = page.get(f"/reports/{report.pk}/versions/")
    assert "年度小结" in text(versions)
    first = versions.context["rows"][-1]["version"].pk
    compared = page.get(f"/reports/{report.pk}/versions/compare/?old=0&new={first}")
    assert "后来写的" in text(compared)
    page.post(f"/reports/{report.pk}/versions/0/restore/", {"name": "summary"})
    assert not answers_of(report)["summary"]


def test_who_has_nothing_to_do_with_it_sees_nothing(cast: Cast) -> None:
    report = cast.start()
    stranger, manager, officer = browser(writer_of(new_unit())), browser(cast.manager), browser(cast.officer)
    for page in (stranger, manager, officer):  # a draft is its writers' alone
        assert page.get(f"/reports/{report.pk}/").status_code == 404
    assert [client(None).get(f"/reports/{report.pk}/").status_code, browser(cast.writer).get("/reports/all/").status_code] == [
        302,
        403,
    ]
    assert stranger.post("/reports/start/", start(cast)).status_code == 404
    cast.save(report, **FULL)
    cast.submit(report)
    assert [p.get(f"/reports/{report.pk}/").status_code for p in (stranger, manager, officer)] == [404, 200, 200]
    assert [p.get(f"/reports/{report.pk}/edit/people/").status_code for p in (manager, officer)] == [403, 403]
    assert officer.get(f"/reports/{report.pk}/versions/").status_code == 200
    assert report.pk in [r.pk for r in manager.get("/reports/all/").context["list"].objects]
    assert report.pk not in [
        r.pk for r in browser(writer_of(new_unit(), "host_manager")).get("/reports/all/").context["list"].objects
    ]


def test_the_host_confirms_and_the_office_accepts_on_pages(cast: Cast) -> None:
    report = cast.filed(instruments=3)
    for account, state in ((cast.manager, "office"), (cast.officer, "accepted")):
        page = browser(account)
        shown = page.get(f"/reports/{report.pk}/")
        address = reverse("approval", args=[shown.context["case"].pk])
        assert address in text(shown)
        seen = page.get(address)
        assert "固定人员" in text(seen)
        assert "自报数据" in text(seen)
        looked = seen_on(seen) if 'name="seen"' in text(seen) else seen.context["seen"]
        done = confirmed(page, address, {"verdict": "approve", "looked": looked}, note="")
        assert done.status_code == 302, text(done)[:2000]
        assert Report.objects.get(pk=report.pk).state == state
    assert "审核通过" in text(browser(cast.writer).get(f"/reports/{report.pk}/"))
    again = confirmed(browser(cast.officer), f"/reports/{report.pk}/reopen/", {"x": "1"}, reason="人数有误，请更正")
    assert again.status_code == 302
    assert "人数有误，请更正" in text(browser(cast.writer).get(f"/reports/{report.pk}/edit/people/"))


def test_readers_see_what_was_submitted_while_it_is_mended(cast: Cast) -> None:
    report = cast.filed()
    cast.answer(report, cast.manager, "send_back", "请核对人数")
    cast.save(report, summary="正在修改的话")
    assert "正在修改的话" not in text(browser(cast.officer).get(f"/reports/{report.pk}/"))
    assert "全年运行正常" in text(browser(cast.officer).get(f"/reports/{report.pk}/"))
    assert "正在修改的话" in text(browser(cast.writer).get(f"/reports/{report.pk}/"))


def test_a_report_is_taken_back_on_its_page(cast: Cast) -> None:
    report, page = cast.filed(), browser(cast.writer)
    assert "撤回" in text(page.get(f"/reports/{report.pk}/"))
    assert confirmed(page, f"/reports/{report.pk}/withdraw/", {}).status_code == 302
    assert Report.objects.get(pk=report.pk).state == "draft"


def test_years_stand_beside_each_other_and_jumps_are_shown_to_the_office(world: World) -> None:
    cast = new_cast(date(2023, 1, 1))
    cast.accepted(2023, staff=10, income=30 * WAN)
    cast.accepted(2024, staff=12, income=30 * WAN)
    report = cast.filed(2025, staff=30, income=30 * WAN)
    found = compare(filing_of(report))
    lines = {line.name: (line.values, line.change_words, line.jump) for line in found.lines}
    assert [str(h) for h in found.heads] == ["2025 年", "2024 年", "2023 年"]
    assert lines == {
        "staff": (["30", "12", "10"], "+150.0%", True),
        "income": (["30", "30", "30"], "+0.0%", False),
        "projects": (["2", "2", "2"], "+0.0%", False),
        "projects.arrived": (["30", "30", "30"], "+0.0%", False),
    }
    officer, writer = (text(browser(a).get(f"/reports/{report.pk}/")) for a in (cast.officer, cast.writer))
    assert "与上期相比变化超过 50%" in officer
    assert "与上期相比变化超过" not in writer
    assert "与往期比较" in writer
    with counted() as sent:
        compare(filing_of(report))
    assert len(sent) <= 12


def test_the_figures_of_records_that_became_one_are_added(world: World) -> None:
    one, two, new = new_cast(date(2024, 1, 1)), new_cast(date(2024, 1, 1)), new_cast(date(2025, 1, 1))
    one.accepted(2024, staff=10)
    two.accepted(2024, staff=7)
    world.earlier = {new.unit.pk: [one.unit.pk, two.unit.pk]}
    found = compare(filing_of(new.filed(2025, staff=17)))
    assert [(line.values, line.change_words) for line in found.lines if line.name == "staff"] == [(["17", "17"], "+0.0%")]


def test_the_list_is_narrowed_and_its_file_has_the_answers_as_columns(world: World, cast: Cast) -> None:
    report, other = cast.filed(instruments=40), new_cast(date(2025, 1, 1)).accepted(instruments=3)
    page = browser(cast.officer)

    def found(query: str) -> set[int]:
        return {r.pk for r in page.get(f"/reports/all/?{query}").context["list"].objects} & {report.pk, other.pk}

    assert found("") == {report.pk, other.pk}
    assert found("state=host") == {report.pk}
    assert found("period=2025") == {report.pk, other.pk}
    assert found(f"kind={SUBJECT}/annual") == {report.pk, other.pk}
    assert found(f"name={cast.unit.name_zh}") == {report.pk}
    assert found(f"host={cast.unit.code}") == {report.pk}
    content = page.get(f"/reports/all/?kind={SUBJECT}/annual&state=host&format=xlsx").content
    head, *rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    (line,) = [dict(zip(head, row, strict=True)) for row in rows]
    assert (line["名称"], line["固定人员（人）"], line["仪器台套"], line["到账经费合计（万元）"]) == (
        cast.unit.name_zh,
        12,
        40,
        30,
    )
    assert "甲" in line["项目"]
    assert "固定人员" not in page.get("/reports/all/?format=csv").content.decode("utf-8-sig").splitlines()[0]


def test_lists_ask_the_same_however_long_they_are(cast: Cast) -> None:
    cast.filed()
    page = browser(cast.officer)
    page.get("/reports/all/")
    counts = []
    for _n in range(2):
        for address in ("/reports/all/", "/reports/late/?standing="):
            with counted() as sent:
                assert page.get(address).status_code == 200
            counts.append(len(sent))
        for _m in range(4):
            new_cast(date(2025, 1, 1)).filed()
    assert counts[:2] == counts[2:]
    assert max(counts) <= 36


def test_who_is_late_is_listed_narrowed_and_exported(cast: Cast) -> None:
    waiting, open_one = new_cast(date(2025, 1, 1)), new_unit(date(2025, 1, 1))
    waiting.filed()
    with clock.at(morning(2026, 2, 10)):
        page = browser(cast.officer)

        def found(query: str) -> set[int]:
            rows = page.get(f"/reports/late/?{query}").context["rows"]
            return {r.obligation.subject_id for r in rows} & {cast.unit.pk, waiting.unit.pk, open_one.pk}

        assert found("") == {cast.unit.pk, open_one.pk}
        assert found("standing=waiting") == {waiting.unit.pk}
        assert found("standing=") == {cast.unit.pk, open_one.pk, waiting.unit.pk}
        assert found(f"host={open_one.code}") == {open_one.pk}
        assert found(f"kind={SUBJECT}/annual") == {cast.unit.pk, open_one.pk}
        lines = page.get("/reports/late/?format=csv").content.decode("utf-8-sig").splitlines()
        assert [line.split(",")[5:] for line in lines if cast.unit.name_zh in line] == [["10", "未开始"]]
        manager = browser(cast.manager)
        assert {r.obligation.subject_id for r in manager.get("/reports/late/").context["rows"]} == {cast.unit.pk}
        assert ("督促逾期未报的报告", 1) in [(d.title, d.count) for d in duties_of(Account.objects.get(pk=cast.manager.pk))]


def test_the_duty_of_a_writer_is_the_report_and_that_of_the_others_its_answer(cast: Cast) -> None:
    def duties(account: Account) -> list[str]:
        return [d.title for d in duties_of(Account.objects.get(pk=account.pk))]

    assert f"报送：{cast.unit.name_zh} 2025 年年度报告" in duties(cast.writer)
    report = cast.filed()
    assert not [d for d in duties(cast.writer) if "年度报告" in d]
    assert any("审批" in d for d in duties(cast.manager))
    cast.answer(report, cast.manager, "send_back", "请核对人数")
    assert f"修改退回的报告：{cast.unit.name_zh} 2025 年年度报告" in duties(cast.writer)


def test_a_report_is_a_paper(cast: Cast) -> None:
    report = cast.filed(instruments=40)
    content = browser(cast.officer).get(f"/reports/{report.pk}/pdf/")
    assert content["Content-Type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(content.content)) as pdf:
        assert len(pdf.pages) >= 1


FILES = """
[[form.attachment]]
kind = "results"
label_zh = "代表性成果"
label_en = "Results"
"""


def test_files_are_attached_checked_and_given_to_readers(world: World, cast: Cast) -> None:
    world.kinds = [kind_of(ANNUAL + FILES)]
    report, page = cast.start(), browser(cast.writer)
    assert page.get(f"/reports/{report.pk}/edit/files/").status_code == 200
    png = b"\x89PNG\r\n\x1a\n" + b"x"
    wrong = page.post(f"/reports/{report.pk}/files/", {"kind": "results", "file": SimpleUploadedFile("a.exe", b"MZ")})
    assert wrong.status_code == 422
    assert "只接受" in text(wrong)
    done = page.post(f"/reports/{report.pk}/files/", {"kind": "results", "file": SimpleUploadedFile("成果.png", png)})
    assert done.status_code == 302
    file = StoredFile.objects.get(owner_type="reports.report", owner_id=report.pk)
    assert "检查中" in text(page.get(f"/reports/{report.pk}/edit/files/"))
    check_files(actor=system("check_files"), owner=report)
    cast.save(report, **FULL)
    cast.submit(report)
    assert page.post(f"/reports/{report.pk}/files/", {"remove": file.pk}, follow=True).status_code == 200
    assert StoredFile.objects.filter(pk=file.pk).exists()  # what was submitted stays
    StoredFile.objects.filter(pk=file.pk).update(state="fine")
    addresses = [browser(a).get(reverse("file", args=[file.pk])).status_code for a in (cast.officer, writer_of(new_unit()))]
    assert addresses == [200, 404]


def test_a_record_shows_its_reports_on_its_page(world: World, cast: Cast) -> None:
    report = new_cast(date(2024, 1, 1))
    filed = report.filed(2024)

    def shown(account: Account | None) -> str:
        request = RequestFactory().get("/")
        request.user = Account.objects.get(pk=account.pk) if account else client(None).get("/").wsgi_request.user
        template, words = reports_tab(request, report.unit)
        return render_to_string(template, words, request)

    assert has_reports(report.unit)
    assert not has_reports(Organisation.objects.exclude(code__startswith="t-unit-")[0])
    writer, officer, nobody = shown(report.writer), shown(report.officer), shown(None)
    assert f"/reports/{filed.pk}/" in writer
    assert "开始填写" in writer
    assert "开始填写" not in officer
    assert "2025 年年度报告" in officer
    assert "2025 年年度报告" not in nobody
    assert f"/reports/{filed.pk}/" not in nobody


def test_the_log_names_reports_with_their_records(cast: Cast) -> None:
    reports = [cast.filed(), *(new_cast(date(2025, 1, 1)).filed() for _n in range(4))]
    events = list(Event.objects.filter(command="reports.submit", subject_type="reports.report").order_by("pk"))
    auditor = Account.objects.get(username="auditor")
    names, counts = Names(auditor), []
    for some in (events[:1], events[1:]):
        with counted() as sent:
            names.load(some)
        counts.append(len(sent))
    assert next(names.of(e).text for e in events if e.subject_id == reports[0].pk) == f"{cast.unit.name_zh} 2025 年年度报告"
    assert counts[1] <= counts[0]


def test_pages_speak_english(cast: Cast) -> None:
    report = cast.filed(instruments=4)
    page = browser(cast.officer)
    page.post("/language/", {"language": "en"})
    shown = text(page.get(f"/reports/{report.pk}/"))
    assert "Annual report, 2025" in shown
    assert "Self-reported" in shown
    assert "Fixed staff (persons)" in shown
