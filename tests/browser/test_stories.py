"""The year as people play it, in a real browser over a real server and database."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.reading import faults
from tests.core.test_inspection import pdf

pytestmark = pytest.mark.browser

APPLICANT, HOST, OFFICER, OFFICER2, EXPERT = "申请人", "依托单位管理员", "项目主管（甲）", "项目主管（乙）", "评审专家"
COMMITTEE = "基金委员会"
Enter = Callable[..., Any]


def press(tab: Any, name: str) -> None:
    """Press a button that sends its form, and wait for the whole of the page that answers."""
    with tab.expect_navigation():
        tab.get_by_role("button", name=name).click()


def test_applicant_writes_loses_nothing_and_submits(enter: Enter) -> None:
    tab = enter(APPLICANT)
    tab.locator(".hw-duty", has_text="完成并提交").first.click()
    address = re.sub(r"edit/.*", "", tab.url)
    tab.goto(address + "edit/plan/")
    field = tab.locator("textarea[name=goals]")
    words = field.input_value()
    field.fill("太短")
    tab.locator("[data-saved]", has_text="已自动保存").wait_for()
    assert "少于" in tab.locator("#rules").inner_text()
    tab.reload()
    assert tab.locator("textarea[name=goals]").input_value() == "太短"
    tab.locator("textarea[name=goals]").fill(words)
    tab.locator("[data-saved]", has_text="已自动保存").wait_for()
    tab.goto(address + "edit/info/")
    tab.locator("input[name=discipline]").fill("ZZ99")
    press(tab, "保存")
    assert "没有这个申请代码" in tab.locator("#e-discipline").inner_text()
    assert tab.locator("input[name=discipline]").input_value() == "ZZ99"


def test_typed_text_survives_a_lost_connection(enter: Enter) -> None:
    tab = enter(APPLICANT)
    tab.locator(".hw-duty", has_text="完成并提交").first.click()
    tab.goto(re.sub(r"edit/.*", "edit/foundation/", tab.url))
    tab.context.set_offline(True)
    tab.locator("textarea[name=results]").fill("断线时写下的预期成果")
    tab.locator("[data-saved]", has_text="连接中断").wait_for()
    tab.context.set_offline(False)
    tab.locator("[data-saved]", has_text="已自动保存").wait_for(timeout=15_000)
    tab.reload()
    assert tab.locator("textarea[name=results]").input_value() == "断线时写下的预期成果"


def test_an_attachment_survives_a_lost_connection_and_a_closed_tab(enter: Enter, tmp_path: Path) -> None:
    content = pdf()
    at = content.rfind(b"startxref")
    file = tmp_path / "伦理审查意见.pdf"
    file.write_bytes(content[:at] + b"%" + b"x" * (3 * 2**20) + b"\n" + content[at:])
    tab = enter(APPLICANT)
    tab.locator(".hw-duty", has_text="完成并提交").first.click()
    tab.goto(re.sub(r"edit/.*", "edit/attachments/", tab.url))
    sent: list[str] = []

    def lose(route: Any) -> None:
        """The first chunk arrives; the line is down for the next two tries."""
        sent.append(route.request.headers["upload-offset"])
        route.abort() if len(sent) in {2, 3} else route.continue_()

    tab.route(re.compile(r"/uploads/\w+/$"), lose)
    tab.locator("input[type=file]").set_input_files(file)
    tab.get_by_role("button", name="上传").click()
    tab.locator("[data-upload-note]", has_text="连接中断").wait_for()
    tab.reload()
    tab.locator(".hw-duty", has_text="没有传完").wait_for()
    assert sent[:2] == ["0", "1048576"]
    sent += [""] * 3
    tab.locator("input[type=file]").set_input_files(file)
    tab.get_by_role("button", name="上传").click()
    tab.locator(".hw-duty", has_text="正在检查内容").wait_for()
    assert sent.count("0") == 1
    assert tab.locator(".hw-duty", has_text="没有传完").count() == 0


def test_host_sees_the_exact_rows_before_endorsing(enter: Enter) -> None:
    tab = enter(HOST)
    tab.goto("/host/endorse/")
    waiting = tab.locator("tbody input[name=pk]").count()
    tab.locator("tbody input[name=pk]").first.check()
    title = tab.locator("tbody tr").first.locator(".k-title").inner_text()
    press(tab, "核对所选")
    assert tab.locator("tbody tr").count() == 1
    assert title in tab.locator("tbody").inner_text()
    tab.locator("input[type=checkbox][required]").check()
    press(tab, "确认报送")
    assert tab.locator("tbody input[name=pk]").count() == waiting - 1


def test_expert_submits_after_mending_what_is_missing(enter: Enter) -> None:
    tab = enter(EXPERT, width=360)
    tab.goto("/review/")
    tab.locator(".card", has_text="待提交").locator(".hw-duty").first.click()
    tab.locator("textarea[name=text_applicant]").fill("意见太短")
    press(tab, "提交评审意见")
    assert tab.locator(".invalid-feedback").count() > 3
    assert tab.locator("textarea[name=text_applicant]").input_value() == "意见太短"
    for score in tab.locator("input[name^=score_]").all():
        score.fill("82")
    tab.locator("input[name=grade][value='2']").check()
    tab.locator("input[name=familiarity][value='3']").check()
    tab.locator("textarea[name=text_applicant]").fill("选题有意义，方案基本可行，建议补充对照。" * 12)
    press(tab, "提交评审意见")
    tab.wait_for_url("**/review/")
    assert "评审意见已提交" in tab.locator(".alert").inner_text()


def test_call_needs_a_second_officer(enter: Enter) -> None:
    first = enter(OFFICER)
    first.goto("/office/")
    first.locator("select[name=scheme]").select_option(label="面上项目")
    first.locator("input[name=year]").fill("2031")
    press(first, "沿用上年度批次新建")
    first.locator("input[name=closes_at]").fill("2020-01-01T10:00")
    press(first, "保存")
    assert "申报截止须晚于申报开始" in first.locator("#e-id_closes_at").inner_text()
    first.locator("input[name=closes_at]").fill(first.locator("input[name=endorse_by]").input_value())
    press(first, "保存")
    press(first, "提请核准")
    assert first.get_by_role("button", name="核对并核准发布").count() == 0
    second = enter(OFFICER2)
    second.locator(".hw-duty", has_text="2031").filter(has_text="核准发布").first.click()
    press(second, "核对并核准发布")
    press(second, "核准发布")
    second.get_by_role("link", name="公开页面").click()
    assert "2031" in second.locator("h1").inner_text()


def leave_out(tab: Any, name: str) -> None:
    """Take somebody out of the members' page, when another story has put them in."""
    row = tab.locator(".hw-duty", has_text=name).filter(has=tab.get_by_role("button", name="移除"))
    while row.count():
        with tab.expect_navigation():
            row.first.get_by_role("button", name="移除").click()


PUBLIC = [
    "/",
    "/policy/",
    "/policy/16/",
    "/indicators/awards.money/",
    "/calls/",
    "/projects/",
    "/notices/",
    "/data/",
    "/search/?q=草原",
    "/accounts/login/",
]


@pytest.mark.parametrize("width", [1440, 360])
def test_public_pages_fit_and_are_accessible(enter: Enter, width: int) -> None:
    """No page is wider than the window, and axe finds nothing serious."""
    tab = enter(width=width)
    for address in PUBLIC:
        tab.goto(address)
        assert tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1, address
        assert faults(tab) == [], address


@pytest.mark.parametrize("role", [APPLICANT, HOST, OFFICER, EXPERT])
def test_workbench_fits_a_phone(enter: Enter, role: str) -> None:
    tab = enter(role, width=360)
    for link in [a.get_attribute("href") for a in tab.locator(".hw-side a").all()]:
        tab.goto(link)
        assert tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1, link


def test_language_switches_and_pages_read_without_script(chromium: Any, site: str) -> None:
    context = chromium.new_context(java_script_enabled=False, base_url=site, locale="zh-CN")
    tab = context.new_page()
    tab.goto("/policy/")
    press(tab, "English")
    assert tab.locator("html").get_attribute("lang") == "en"
    assert "Policy" in tab.locator("nav").first.inner_text()
    context.close()


def test_second_factor_is_set_up_and_asked_for(enter: Enter) -> None:
    """A password, then a code of the app; a wrong code is told beside its field, and the right one lets in."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    def code(secret: str) -> str:
        return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))

    def give(tab: Any, **values: str) -> None:
        for name, value in values.items():
            tab.locator(f"input[name={name}]").fill(value)
        tab.locator(f"form:has(input[name={name}]) button.btn-primary").first.click()

    tab = enter(COMMITTEE)
    tab.goto("/accounts/password/set/")
    give(tab, password1="源头之水清且涟猗2026", password2="源头之水清且涟猗2026")
    tab.goto("/accounts/2fa/totp/activate/")
    give(tab, password="源头之水清且涟猗2026")  # asked once more before a change of how one enters
    secret = tab.locator("#authenticator_secret").input_value()
    give(tab, code="000000")
    assert tab.locator(".invalid-feedback").inner_text()
    give(tab, code=code(secret))
    tab.wait_for_url("**/accounts/2fa/**")
    tab.context.clear_cookies()
    tab.goto("/accounts/login/")
    give(tab, login="committee", password="源头之水清且涟猗2026")
    tab.wait_for_url("**/accounts/2fa/authenticate/**")
    give(tab, code="000000")
    assert tab.locator(".invalid-feedback").inner_text()
    give(tab, code=code(secret))
    tab.wait_for_url("**/desk/")


def test_officers_open_a_scheme_of_tables_and_an_applicant_fills_it_on_a_phone(enter: Enter, chromium: Any, site: str) -> None:
    officer = enter(OFFICER)
    officer.goto("/office/")
    officer.locator("select[name=scheme]").select_option(label="大型科研仪器购置评议")
    officer.locator("input[name=year]").fill("2031")
    press(officer, "沿用上年度批次新建")
    officer.locator("textarea[name=guide_zh]").fill("购置大型科研仪器前的评议。")
    officer.locator("textarea[name=topics]").fill("01 新购\n02 更新")
    opens = officer.locator("input[name=opens_at]")
    opens.fill(f"{int(opens.input_value()[:4]) - 1}{opens.input_value()[4:]}")
    press(officer, "保存")
    officer.get_by_role("link", name="预览申请表").click()
    officer.locator("input[name=similar_count]").fill("2")
    officer.locator("[data-question=why_another]").wait_for(state="visible")
    officer.go_back()
    press(officer, "提请核准")
    second = enter(OFFICER2)
    second.goto(officer.url)
    press(second, "核对并核准发布")
    press(second, "核准发布")
    tab = enter(APPLICANT, width=360)
    tab.goto("/calls/im-instr-2031/apply/")
    press(tab, "新建申请书")
    tab.goto(re.sub(r"edit/.*", "edit/items/", tab.url))
    for n, name in enumerate(("电镜", "质谱仪")):
        tab.locator(f"[name='items.{n}.name']").fill(name)
        tab.locator(f"[name='items.{n}.count']").fill("1")
        tab.locator(f"[name='items.{n}.price']").fill("很贵" if n else "60")
        if n == 0:
            tab.get_by_role("button", name="加一行").click()
    tab.locator("[data-saved]", has_text="请填写数字").wait_for()
    tab.locator("[name='items.1.price']").fill("200")
    tab.locator("[data-worked=sum]", has_text="260").wait_for()
    tab.locator("button[value='items:up:1']").click()
    tab.locator("[data-saved]", has_text="已自动保存").wait_for()
    tab.wait_for_timeout(2000)
    tab.reload()
    assert tab.locator("[name='items.0.name']").input_value() == "质谱仪"
    assert tab.locator("[data-worked='items.0.total']").inner_text() == "200"
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    plain = chromium.new_context(java_script_enabled=False, locale="zh-CN", base_url=site)
    address, tab = tab.url, plain.new_page()
    tab.goto("/accounts/login/")
    tab.locator(".hw-enter button", has=tab.get_by_text(APPLICANT, exact=True)).click()
    tab.wait_for_url("**/desk/")
    tab.goto(address)
    names = [tab.locator(f"[name='items.{n}.name']").input_value() for n in (0, 1)]
    with tab.expect_navigation():
        tab.locator("button[value='items:down:0']").click()
    assert [tab.locator(f"[name='items.{n}.name']").input_value() for n in (0, 1)] == names[::-1]
    with tab.expect_navigation():
        tab.locator("button[value='items:remove:0']").click()
    assert tab.locator("[name='items.0.name']").input_value() == names[0]
    plain.close()
