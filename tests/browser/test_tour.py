"""The region's tour, walked step by step in one browser, on a desk and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from headwater.regions.tour import FILES
from headwater.web.tour import tour_here

pytestmark = pytest.mark.browser
REASON = "年度经费总额有限，按综合排序留待下一批次。"
OPINION = "选题有意义，方案基本可行，建议补充对照。" * 12


class Walk:
    """One browser that becomes one person after the other by the buttons of the home page."""

    def __init__(self, tab: Any) -> None:
        self.tab = tab
        self.title = ""

    def enter(self, role: str, n: int = 0) -> None:
        self.tab.goto("/")
        self.tab.locator(".hw-enter button", has=self.tab.get_by_text(role, exact=True)).nth(n).click()
        self.tab.wait_for_url("**/desk/")

    def duty(self, words: str) -> None:
        """Open the first task of the desk that begins so."""
        with self.tab.expect_navigation():
            self.tab.locator(".hw-duty", has_text=re.compile(words)).first.click()

    def press(self, button: str) -> None:
        """Press a button that sends its form, and wait for the page that answers."""
        with self.tab.expect_navigation():
            self.tab.locator(f"main {button}").first.click()
        assert self.tab.locator("main .alert-error, main .invalid-feedback:visible").all_inner_texts() == []

    def confirm(self) -> None:
        """Go on where the act is shown before it is done."""
        if self.tab.locator("main button[name=confirmed]").count():
            self.press("button[name=confirmed]")

    def tick_all(self) -> None:
        """Tick what has to be read and promised."""
        for box in self.tab.locator("main input[type=checkbox][required]").all():
            box.check()

    def seen(self, words: str) -> None:
        self.tab.get_by_text(words).first.wait_for()

    def gone(self, words: str) -> None:
        self.tab.goto("/desk/")
        assert self.tab.locator(".hw-duty:not([href^='/notifications'])", has_text=re.compile(f"^\\s*1\\s*{words}")).count() == 0

    # the steps of the tour, in its order

    def write(self) -> None:
        self.enter("申请人")
        self.duty("完成并提交")
        self.tab.goto(re.sub(r"edit/.*", "edit/plan/", self.tab.url))
        field = self.tab.locator("textarea[name=goals]")
        field.fill(field.input_value() + "目标可以核查。")
        self.tab.locator("[data-saved]", has_text="已自动保存").wait_for()
        self.tab.goto(re.sub(r"edit/.*", "edit/info/", self.tab.url))
        self.title = self.tab.locator("[name=title_zh]").input_value()
        self.tab.goto(re.sub(r"edit/.*", "edit/members/", self.tab.url))
        self.seen("等待确认")

    def take_part(self) -> None:
        self.enter("参与者")
        self.duty("确认参与")
        self.tick_all()
        self.press("form:has([value=confirm]) .btn-primary")
        self.seen("已确认")

    def submit(self) -> None:
        self.enter("申请人")
        self.duty("完成并提交")
        self.tab.goto(re.sub(r"edit/.*", "edit/submit/", self.tab.url))
        self.tick_all()
        self.press("form[action$='/submit/'] .btn-primary")
        self.seen("单位审核")

    def endorse(self) -> None:
        self.enter("依托单位管理员")
        self.duty("审核申请并报送")
        self.send_on()

    def recommend(self) -> None:
        self.enter("归口管理部门")
        self.duty("推荐申请")
        self.send_on()

    def send_on(self) -> None:
        """Choose the row of the tour's application, check the exact rows, and send them on."""
        row = self.tab.locator("tbody tr", has_text=self.title)
        row.locator("input[name=pk]").check()
        self.press("button:has-text('核对所选')")
        assert self.tab.locator("tbody tr").count() == 1
        self.tick_all()
        self.press("button[name=confirmed]")
        assert self.tab.locator("tbody tr:has(input[name=pk])", has_text=self.title).count() == 0

    def check(self) -> None:
        self.enter("项目主管（甲）")
        self.duty("形式审查")
        self.tab.goto(f"{self.tab.url}?state=received")
        with self.tab.expect_navigation():
            self.tab.locator("tbody a[href^='/office/applications/']").first.click()
        self.press("button[name=decision][value=accept]")

    def ask_again(self) -> None:
        self.enter("不予受理的申请人")
        self.duty("可申请复审")
        with self.tab.expect_navigation():
            self.tab.locator("main a[href$='/recheck/']").first.click()
        self.tab.locator("textarea[name=text]").fill("伦理审查意见已补齐，请予复核并受理。")
        self.press("form .btn-primary")
        self.gone("可申请复审")

    def answer_again(self) -> None:
        self.enter("项目主管（乙）")
        self.duty("作出复审决定")
        with self.tab.expect_navigation():
            self.tab.locator("tbody a[href^='/office/applications/']").first.click()
        self.tab.locator("textarea[name=answer]").fill("经核对，材料齐全。")
        self.press("button[name=decision][value=revoke]")
        self.press("button[name=confirmed]")

    def assign(self) -> None:
        self.enter("项目主管（甲）")
        self.duty("发布指派方案")
        self.press("button[name=publish]")
        self.tick_all()
        self.press("button[name=confirmed]")

    def review(self) -> None:
        self.enter("评审专家")
        self.duty("答复评审邀请")
        self.tick_all()
        self.press("button[name=answer][value=accept]")
        with self.tab.expect_navigation():
            self.tab.locator(".card", has_text="待提交").locator("a.hw-duty").first.click()
        for score in self.tab.locator("input[name^=score_]").all():
            score.fill("82")
        self.tab.locator("input[name=grade][value='2']").check()
        self.tab.locator("input[name=familiarity][value='3']").check()
        self.tab.locator("textarea[name=text_applicant]").fill(OPINION)
        self.press("button[name=do][value=submit]")
        self.seen("评审意见已提交")

    def vote(self) -> None:
        for role, n in (("会评组长", 0), ("会评组员", 0)):
            self.enter(role, n)
            self.duty("^\\s*1\\s*投票")
            for choice in self.tab.locator("input[type=radio][value=yes]").all():
                choice.check()
            self.press("form:has(input[type=radio]) .btn-primary")
            self.gone("投票")

    def propose(self) -> None:
        self.enter("项目主管（甲）")
        self.duty("会议评审与决定：.*面上项目")
        self.press("form:has([name=do][value=propose]) .btn-primary")
        self.give_reasons()
        self.press("button[name=confirmed]")

    def give_reasons(self) -> None:
        """Say why some decisions are other than what the panel said: once for all that are left out, or for each."""
        common = self.tab.locator("main select[name=code_all]")
        several = [common] if common.count() else self.tab.locator("main select[name^=code_]").all()
        for choice in several:
            choice.select_option(index=1)
            self.tab.locator(f"main input[name={str(choice.get_attribute('name')).replace('code', 'words')}]").fill(REASON)

    def approve(self) -> None:
        self.enter("基金委员会")
        self.duty("核准决定")
        self.press("button[value=approve]")
        self.press("button[name=confirmed]")

    def announce(self) -> None:
        self.enter("项目主管（甲）")
        self.tab.goto("/office/")
        with self.tab.expect_navigation():
            self.tab.locator("main a[href^='/office/calls/']", has_text=re.compile("面上项目（第三批）")).first.click()
        self.tab.goto(re.sub(r"(/office/calls/\d+/).*", r"\1decide/", self.tab.url))
        self.press("button[value=notice]")
        self.press("button[name=confirmed]")

    def object(self) -> None:
        self.tab.goto("/notices/")
        with self.tab.expect_navigation():
            self.tab.locator("main a[href^='/notices/']", has_text="青年基金项目（第三批）").first.click()
        with self.tab.expect_navigation():
            self.tab.locator("main a[href*='/objection/']").first.click()
        for name, value in (
            ("name", "某高校教师 周某"),
            ("contact", "zhou@tour.example"),
            ("text", "请核实该项目与已发表工作的关系。" * 2),
        ):
            self.tab.locator(f"main [name={name}]").fill(value)
        self.press("form .btn-primary")
        self.seen("确认邮件已发出")

    def reply(self) -> None:
        self.enter("公示中的申请人")
        self.duty("可就公示异议陈述")
        self.tab.locator("main textarea").first.fill("研究问题和方法均为本人提出，与所称工作不同，附有实验记录。")
        self.press("form .btn-primary")
        self.enter("项目主管（乙）")
        self.duty("答复异议")
        self.tab.locator("main textarea[name=answer]").first.fill("经核查，研究问题与方法不同，异议不成立。")
        self.press("button[name=decision][value=dismiss]")
        self.press("button[name=confirmed]")

    def release(self) -> None:
        self.enter("项目主管（甲）")
        self.duty("公示期满发布：.*重点项目")
        with self.tab.expect_navigation():
            self.tab.locator("main a[href$='/release/']").first.click()
        self.press("button[name=confirmed]")

    def sign(self) -> None:
        self.enter("项目负责人")
        self.duty("签署任务书")
        number = self.tab.url.rstrip("/").rsplit("/", 1)[1]
        self.tick_all()
        self.press("button[name=party]")
        for role in ("依托单位管理员", "项目主管（乙）"):
            self.enter(role)
            if role == "依托单位管理员":
                self.duty("单位签署任务书")
            else:
                self.duty("主管部门签署任务书")
            self.tab.locator("tbody tr", has_text=number).locator("input[name=pk]").check()
            self.press("button:has-text('签署')")
            self.confirm()
        self.tab.goto(f"/projects/{number}/")
        self.seen("执行中")

    def figures(self) -> None:
        self.tab.goto("/policy/16/")
        with self.tab.expect_navigation():
            self.tab.locator("main a[href^='/indicators/']").first.click()
        assert self.tab.locator("main tbody tr").count() > 0

    def follow(self) -> None:
        for role in ("分管领导", "财务主管", "科研诚信主管", "审计管理员"):
            self.enter(role)
            with self.tab.expect_navigation():
                self.tab.locator("main .hw-duty").first.click()
            assert self.tab.locator("main h1").count() == 1

    def administer(self) -> None:
        self.enter("系统管理员")
        self.duty("核准授予的角色")
        self.press("button[name=approve]")
        self.confirm()
        self.enter("安全管理员")
        self.duty("核准邮箱变更")
        self.press("button[name=approve]")
        self.confirm()


STEPS: dict[Callable[[Walk], None], dict[str, int]] = {
    Walk.write: {"calls.save_application": 1},
    Walk.take_part: {"calls.confirm_participation": 1},
    Walk.submit: {"calls.submit_application": 1},
    Walk.endorse: {"calls.endorse": 1},
    Walk.recommend: {"calls.recommend": 1},
    Walk.check: {"calls.decide_check": 1},
    Walk.ask_again: {"calls.ask_recheck": 1},
    Walk.answer_again: {"calls.answer_recheck": 1},
    Walk.assign: {"review.publish_round": 1},
    Walk.review: {"review.answer_invitations": 1, "review.submit_opinions": 1},
    Walk.vote: {"review.cast_ballot": 2},
    Walk.propose: {"calls.propose_decisions": 1},
    Walk.approve: {"calls.approve_decisions": 1},
    Walk.announce: {"calls.publish_notice": 1},
    Walk.object: {},  # nothing is on record until the link in the mail is opened
    Walk.reply: {"calls.reply_to_objection": 1, "calls.answer_objection": 1},
    Walk.release: {"calls.release": 1, "awards.make_awards": 1},
    Walk.sign: {"awards.sign": 3},
    Walk.figures: {},
    Walk.follow: {},
    Walk.administer: {"core.approve_grant": 1, "core.approve_address": 1},
}
"""What each step of the tour must cause: commands of the log, and at least how many people or times."""

OF_CALL = """SELECT a.state, count(*) FROM calls_application a JOIN calls_call c ON c.id = a.call_id
    WHERE c.title_zh LIKE %s AND a.submitted_at IS NOT NULL GROUP BY 1"""
AFTER: dict[Callable[[Walk], None], tuple[str, set[str]]] = {
    Walk.propose: ("%面上项目（第二批）", {"proposed", "not_proposed"}),
    Walk.announce: ("%面上项目（第三批）", {"publicity", "not_proposed"}),
    Walk.release: ("%重点项目（第三批）", {"approved", "rejected"}),
}
"""In which states the applications of a call are after a step, some in the first and none in any other."""


def last_event(database: Any) -> int:
    return int(database.execute("SELECT coalesce(max(id), 0) FROM core_event").fetchone()[0])


def commands_since(database: Any, event: int) -> dict[str, int]:
    """How often each command was given since an event: by so many accounts, or at so many moments."""
    rows = database.execute("SELECT command, count(DISTINCT (actor_id, at)) FROM core_event WHERE id > %s GROUP BY 1", [event])
    return dict(rows.fetchall())


def check_what_became(database: Any, step: Callable[[Walk], None], before: int) -> None:
    """See in the database that a step did what the tour says."""
    found = commands_since(database, before)
    assert {name: n for name, n in STEPS[step].items() if found.get(name, 0) < n} == {}, (step.__name__, found)
    if step in AFTER:
        title, states = AFTER[step]
        counts = dict(database.execute(OF_CALL, [title]).fetchall())
        assert counts, step.__name__
        assert set(counts) <= states, (step.__name__, counts)
    if step is Walk.announce:
        running = "SELECT count(*) FROM calls_notice n JOIN calls_call c ON c.id = n.call_id WHERE c.title_zh LIKE %s AND closed_at IS NULL"
        assert database.execute(running, [AFTER[step][0]]).fetchone() == (1,)
    if step is Walk.object:
        asked = "SELECT count(*) FROM calls_objectionclaim WHERE contact = 'zhou@tour.example' AND ended_at IS NULL"
        assert database.execute(asked).fetchone() == (1,)
    if step is Walk.assign:
        asked = """SELECT r.state, s.state, a.state FROM review_assignment s JOIN calls_application a ON a.id = s.application_id
            JOIN review_round r ON r.id = s.round_id
            WHERE r.id IN (SELECT subject_id FROM core_event WHERE id > %s AND subject_type = 'review.round') GROUP BY 1, 2, 3"""
        assert database.execute(asked, [before]).fetchall() == [("published", "invited", "in_review")]


@pytest.mark.parametrize("width", [1440, 390])
def test_the_tour_can_be_walked(enter: Callable[..., Any], untouched_site: str, untouched_database: Any, width: int) -> None:
    for language in FILES:
        tour = tour_here(language)
        assert tour is not None
        assert len(STEPS) == len(tour.steps)
    walk = Walk(enter(width=width, at=untouched_site))
    walk.tab.set_default_timeout(60_000)  # the first suggestion waits for the kernels
    for step in STEPS:
        before = last_event(untouched_database)
        step(walk)
        check_what_became(untouched_database, step, before)
        over = walk.tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 1, (step.__name__, walk.tab.url)
