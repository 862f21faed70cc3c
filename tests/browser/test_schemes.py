"""Every scheme of the region in a real browser: its call is opened by two officers, and an applicant fills it and submits it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headwater.core import clock
from headwater.regions.check import find_package, read_package
from headwater.schemes import Scheme
from headwater.schemes.parsing import parse_scheme
from headwater.schemes.rules import parameters_of
from tests.browser.test_stories import APPLICANT, OFFICER, OFFICER2, press
from tests.calls.examples import SPECIAL, answers_for
from tests.core.test_inspection import pdf

pytestmark = pytest.mark.browser
Enter = Callable[..., Any]
SCHEMES = {s.code: s for s in (parse_scheme(t, parameters_of)[0] for t in read_package(find_package("nmg")).schemes)}
YEARS = dict(zip(sorted(SCHEMES), range(2040, 2100), strict=False))
"""A year for each scheme: whoever applies may apply once a year."""


def open_call(enter: Enter, scheme: Scheme, year: int) -> None:
    first = enter(OFFICER)
    first.goto("/office/")
    first.locator("select[name=scheme]").select_option(label=scheme.name_zh)
    first.locator("input[name=year]").fill(str(year))
    press(first, "沿用上年度批次新建")
    if not first.locator("textarea[name=guide_zh]").input_value():
        first.locator("textarea[name=guide_zh]").fill("指南：按本批次要求填报。")
    press(first, "保存")
    press(first, "提请核准")
    second = enter(OFFICER2)
    second.goto(first.url)
    press(second, "核对并核准发布")
    press(second, "核准发布")


def put(tab: Any, name: str, value: Any) -> None:
    """Give one control a value as a person would, adding a row of a table where it has too few."""
    control = tab.locator(f"[name='{name}']:not([type=hidden])")
    while not control.count():
        rows = tab.locator(f"[data-rows='{name.partition('.')[0]}'] [data-row]")
        n = rows.count()
        tab.locator(f"[data-rows='{name.partition('.')[0]}']").get_by_role("button", name="加一行").click()
        rows.nth(n).wait_for()
    kind = control.first.evaluate("e => e.type || e.tagName")
    if kind == "checkbox":
        for wanted in value if isinstance(value, list) else [value]:
            tab.locator(f"[name='{name}'][value='{wanted}']").check()
    elif kind == "select-one":
        control.select_option(value)
    else:
        control.fill(value)


LEADER = """SELECT p.name_zh || ' ' || o.name_zh FROM calls_application a JOIN registry_person p ON p.id = a.leader_id
    JOIN registry_organisation o ON o.id = p.organisation_id WHERE a.id = %s"""


def fill(tab: Any, address: str, scheme: Scheme, year: int, leader: str, file: Path) -> None:
    tab.goto(f"{address}edit/info/")
    put(tab, "title_zh", f"草原土壤碳汇的形成{year}")
    amount = SPECIAL.get(scheme.code, {}).get("_amount")
    if amount:
        put(tab, "amount_wan", amount)
    if "discipline" in scheme.asks:
        put(tab, "discipline", "A0101")
    press(tab, "保存")
    for section in scheme.sections:
        data = {k: leader if v == "{leader}" else v for k, v in answers_for(scheme, section.code, year).items() if v}
        while data:  # what was hidden is asked once the answers that it depends on are saved
            tab.goto(f"{address}edit/{section.code}/")
            asked = [k for k in data if tab.locator(f"[data-question='{k.partition('.')[0]}']").get_attribute("hidden") is None]
            if not asked:
                break
            for name in asked:
                put(tab, name, data.pop(name))
            press(tab, "保存")
            assert tab.locator(".invalid-feedback").all_inner_texts() == []
    attach(tab, address, file)


def attach(tab: Any, address: str, file: Path) -> None:
    """Upload a file of every kind that a question which is asked wants."""
    wanted = set()
    for link in [a.get_attribute("href") for a in tab.locator(".hw-editor nav a").all()]:
        tab.goto(link)
        asked = tab.locator("[data-question]:not([hidden]) a[href*='attachments/?kind=']").all()
        wanted |= {str(a.get_attribute("href")).partition("kind=")[2] for a in asked}
    for n, kind in enumerate(sorted(wanted), start=1):
        tab.goto(f"{address}edit/attachments/")
        tab.locator("select[name=kind]").select_option(kind)
        tab.locator("input[type=file]").set_input_files(file)
        tab.get_by_role("button", name="上传").click()
        tab.locator("#attachments .hw-duty").nth(n - 1).wait_for()


@pytest.mark.parametrize("code", sorted(SCHEMES))
def test_scheme_is_opened_by_officers_filled_and_submitted(enter: Enter, site_database: Any, code: str, tmp_path: Path) -> None:
    scheme, year = SCHEMES[code], YEARS[code]
    open_call(enter, scheme, year)
    yesterday = clock.now() - timedelta(days=1)
    site_database.execute("UPDATE calls_call SET opens_at = %s WHERE code = %s", [yesterday, f"{code}-{year}"])
    tab = enter(APPLICANT, width=360)
    tab.goto(f"/calls/{code}-{year}/apply/")
    press(tab, "新建申请书")
    address = re.sub(r"edit/.*", "", tab.url)
    file = tmp_path / "附件.pdf"
    file.write_bytes(pdf())
    (leader,) = site_database.execute(LEADER, [address.rstrip("/").rpartition("/")[2]]).fetchone()
    fill(tab, address, scheme, year, leader, file)
    tab.goto(f"{address}edit/submit/")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    stopped = [x for x in tab.locator(".hw-rule.failed.blocks").all_inner_texts() if "签署" not in x]
    assert stopped == []
    for tick in tab.locator("input[name=agree], input[name=known]").all():
        tick.check()
    press(tab, "签署并提交依托单位")
    assert f"{year}{scheme.prefix}" in tab.locator(".hw-head").inner_text()
