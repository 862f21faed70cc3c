"""Public notices outside of calls: published, objected to, ended by themselves; effects, letters, feed, open data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader

from bench.pages.bench import counted
from headwater.calls.models import Notice as CallNotice
from headwater.casework.notices.declared import undeclared
from headwater.casework.notices.effects import NOTICES, Effect
from headwater.casework.notices.kinds import read_notices
from headwater.casework.notices.models import Notice, NoticeKind, NoticeLetter, NoticeRow, Objection
from headwater.casework.notices.objecting import forget_unconfirmed
from headwater.casework.notices.periods import period
from headwater.casework.notices.services.ending import end_everywhere, end_notice
from headwater.casework.notices.services.objections import (
    answer_objection,
    ask_objection,
    file_objection,
    objection_sight,
    reply_to_objection,
    settle_objection,
)
from headwater.casework.notices.services.publishing import Line, lines_sight, publish
from headwater.core import clock
from headwater.core.command import Actor, Log, system
from headwater.core.duties import duties_of
from headwater.core.errors import NotAllowed, Refused
from headwater.core.i18n import Bilingual
from headwater.core.invariants import check
from headwater.core.models import Account, Event, Notification, OutboxMail, RoleGrant
from headwater.core.parameters import Parameters
from headwater.core.reading import Problem
from headwater.regions.check import HERE, read_package
from headwater.registry.models import Organisation, Person
from tests.calls.test_decisions import TEN
from tests.calls.test_decisions import noticed as noticed_call
from tests.calls.test_objections import ask
from tests.make import actor, browser_of, client, manager, new_host, new_person, real_host

pytestmark = pytest.mark.django_db
PUBLIC = Actor(None, "test")
TEXT = "该实验室的论文统计与其年度报告不一致，请核实。"
WHAT = Bilingual("2026 年度实验室", "laboratories of 2026")
LINK = re.compile(r"/objections/[\w-]+/")


def lines(*hosts: Organisation, grade: str = "优秀") -> list[Line]:
    return [
        Line(
            Bilingual(f"第{n}实验室", f"Laboratory {n}"),
            Bilingual(o.name_zh, o.name_en),
            record=o,
            organisation=o,
            cells={"grade": Bilingual(grade, "excellent"), "field": Bilingual("生态")},
            payload={"grade": "a"},
        )
        for n, o in enumerate(hosts, start=1)
    ]


def noticed(*hosts: Organisation, kind: str = "grades", by: str = "officer") -> Notice:
    return publish(kind=kind, lines=lines(*(hosts or (new_host(), new_host()))), what=WHAT, actor=actor(by))


def row(notice: Notice, n: int = 1) -> NoticeRow:
    return NoticeRow.objects.select_related("notice__kind").get(notice=notice, position=n)


def objected(notice: Notice, n: int = 1, contact: str = "zhou@x.cn") -> Objection:
    key = ask_objection(row=row(notice, n), name="周某", contact=contact, text=TEXT, actor=PUBLIC)
    return file_objection(key=key, actor=PUBLIC)


def answer(objection: Objection, *, uphold: bool, by: str = "officer2") -> None:
    found = Objection.objects.select_related("row__notice__kind").get(pk=objection.pk)
    seen = objection_sight(found).token
    answer_objection(objection=found, uphold=uphold, answer="经核查，情况属实。", actor=actor(by), seen=seen)


def settle(objection: Objection, by: str = "officer", *, agree: bool = True) -> None:
    found = Objection.objects.select_related("row__notice__kind").get(pk=objection.pk)
    settle_objection(objection=found, agree=agree, actor=actor(by), seen=objection_sight(found).token)


def after(notice: Notice, hours: float = 1) -> datetime:
    return notice.ends_at + timedelta(hours=hours)


def states(notice: Notice) -> list[str]:
    return list(notice.rows.order_by("position").values_list("state", flat=True))


def test_a_notice_is_public_with_its_words_its_digest_and_its_file() -> None:
    host = new_host("公示大学")
    notice = noticed(host)
    assert notice.title_zh == "关于2026 年度实验室评估结果的公示"
    found = client(None).get(f"/notices/cases/{notice.pk}/").content.decode()
    for word in ("第1实验室", host.name_zh, "拟定等次", "优秀", "5个工作日", notice.digest, "提出异议"):
        assert word.replace("5个", "5 个") in found or word in found, word
    english = client(None)
    english.cookies["django_language"] = "en"
    assert "results of the evaluation: laboratories of 2026" in english.get(f"/notices/cases/{notice.pk}/").content.decode()
    answer_ = client(None).get(f"/notices/cases/{notice.pk}/pdf/")
    text = "".join(p.extract_text() for p in PdfReader(BytesIO(answer_.content)).pages).replace("\n", "")
    assert ("第1实验室" in text, "优秀" in text, notice.digest[:20] in text) == (True, True, True)
    assert client(None).get(f"/notices/cases/{notice.pk}/pdf/?as=docx").content.startswith(b"PK")


def test_the_period_is_counted_in_working_or_in_calendar_days() -> None:
    here = Parameters("nmg", clock.today())
    with clock.at(clock.local(datetime(2026, 2, 13).date(), 9)):  # noqa: DTZ001
        working, calendar = period(here, "grade_publicity_working_days"), period(here, "removal_publicity_days")
    assert str(working[0].day) == "2026-02-27", "over the spring festival, with its make-up day"
    assert str(calendar[0].day) == "2026-02-20"
    assert clock.local_day(calendar[1]) == calendar[0].day


def test_everything_wrong_with_a_list_is_told_at_once() -> None:
    bad = [Line(Bilingual(" "), cells={"colour": Bilingual("红")}), *lines(new_host())]
    with pytest.raises(Refused) as error:
        publish(kind="grades", lines=bad, what=Bilingual(""), actor=actor("officer"))
    assert [r.field for r in error.value.reasons] == ["what_zh", "lines", "lines"]
    good = lines(new_host())
    with pytest.raises(Refused, match="您核对之后有变化"):
        publish(kind="grades", lines=good, what=WHAT, actor=actor("officer"), seen=lines_sight(good[:0]).token)
    with pytest.raises(NotAllowed):
        publish(kind="grades", lines=lines(new_host()), what=WHAT, actor=actor("committee"))
    with pytest.raises(LookupError, match="no kind of notice 'gossip'"):
        publish(kind="gossip", lines=lines(new_host()), what=WHAT, actor=actor("officer"))


def test_whom_a_line_concerns_is_told() -> None:
    host = real_host()
    notice = noticed(host)
    told = Notification.objects.filter(account=manager(host).account, title=f"已列入公示：{notice.title_zh}")
    assert "公示至" in told.latest("pk").body


def test_nothing_of_an_objection_counts_before_its_link_is_opened() -> None:
    host = new_host()
    notice = noticed(host, new_host())
    events = Event.objects.count()
    browser = client(None)
    form = {"name": "周某", "contact": " Zhou@X.cn ", "text": TEXT}
    sent = browser.post(f"/notices/cases/{notice.pk}/objection/{row(notice).pk}/", form, follow=True)
    assert "确认后异议才生效" in sent.content.decode()
    assert (states(notice), Event.objects.count()) == (["listed", "listed"], events)
    mail = OutboxMail.objects.latest("pk")
    link = LINK.search(mail.body)
    assert link
    assert (mail.to, mail.forget) == ("zhou@x.cn", True)
    shown = browser.get(link[0])
    assert (TEXT in shown.content.decode(), shown["Cache-Control"]) == (True, "no-store")
    assert states(notice) == ["listed", "listed"]
    assert browser.post(link[0]).status_code == 302
    assert states(notice) == ["disputed", "listed"]
    assert browser.post(link[0]).status_code == 410
    assert TEXT not in client(None).get(f"/notices/cases/{notice.pk}/").content.decode()
    assert not check(["case_objection_disputes_the_line", "rows_as_written"])


def test_limits_are_those_of_calls_and_count_together() -> None:
    notice, (_call, _rows, other) = noticed(*(new_host() for _n in range(6))), noticed_call([TEN])
    for n in range(4):
        ask_objection(row=row(notice, n + 1), name="周某", contact="v@x.cn", text=TEXT, actor=PUBLIC)
    ask(other, "v@x.cn")
    with pytest.raises(Refused, match="确认邮件过多"):
        ask_objection(row=row(notice, 6), name="周某", contact="V@x.cn", text=TEXT, actor=PUBLIC)
    with clock.at(clock.now() + timedelta(hours=50)):
        assert forget_unconfirmed() >= 5


def test_a_contact_has_one_open_objection_to_a_line_and_none_after_the_end() -> None:
    notice = noticed()
    first = objected(notice)
    key = ask_objection(row=row(notice), name="周某", contact="zhou@x.cn", text=TEXT, actor=PUBLIC)
    with pytest.raises(Refused, match="已有一件异议正在处理"):
        file_objection(key=key, actor=PUBLIC)
    answer(first, uphold=False)
    late = ask_objection(row=row(notice, 2), name="吴某", contact="wu@x.cn", text=TEXT, actor=PUBLIC)
    with clock.at(after(notice)):
        with pytest.raises(Refused, match="公示期已结束"):
            ask_objection(row=row(notice), name="周某", contact="late@x.cn", text=TEXT, actor=PUBLIC)
        end_everywhere(actor=system("worker"))
    with clock.at(notice.starts_at + timedelta(hours=40)), pytest.raises(Refused, match="公示期已结束"):
        file_objection(key=late, actor=PUBLIC)


def test_a_notice_ends_by_itself_line_by_line() -> None:
    notice = noticed(*(new_host() for _n in range(4)))
    dismissed, upheld, open_ = objected(notice, 1), objected(notice, 2), objected(notice, 3)
    with clock.at(notice.ends_at - timedelta(minutes=1)):
        answer(dismissed, uphold=False)
        end_everywhere(actor=system("worker"))  # notices of the demo whose days are over by then
        assert end_everywhere(actor=system("worker")) == 0
        assert states(notice)[0] == "listed"
        with pytest.raises(Refused, match="尚未结束"):
            end_notice(notice=notice, actor=actor("officer"))
    with clock.at(notice.ends_at - timedelta(minutes=1)):
        later = upheld.reply_by + timedelta(minutes=1)
    with clock.at(max(later, notice.starts_at)):
        answer(upheld, uphold=True)
        settle(upheld)
    assert states(notice)[0] == "listed"
    with clock.at(after(notice)):
        assert end_everywhere(actor=system("worker")) >= 2
        assert states(notice) == ["final", "struck", "disputed", "final"]
        assert Notice.objects.get(pk=notice.pk).closed_at is None
        mails = OutboxMail.objects.filter(to="zhou@x.cn", subject__startswith="异议处理意见").count()
        assert mails == 2
        answer(open_, uphold=False)
        assert states(notice) == ["final", "struck", "final", "final"], "settled after the period, it holds at once"
        assert Notice.objects.get(pk=notice.pk).closed_at is not None
        assert end_everywhere(actor=system("worker")) == 0
    assert not check(
        ["case_objection_disputes_the_line", "case_objection_upheld_by_two", "notices_end_with_their_lines", "rows_as_written"]
    )


def test_an_end_that_is_not_certain_waits_for_an_officer() -> None:
    with clock.at(clock.local(datetime(2040, 3, 5).date(), 9)):  # noqa: DTZ001
        notice = noticed()
    assert notice.without_calendar == 2040
    with clock.at(after(notice)):
        end_everywhere(actor=system("worker"))
        assert end_everywhere(actor=system("worker")) == 0
        assert Notice.objects.get(pk=notice.pk).closed_at is None
        titles = [d.title for d in duties_of(Account.objects.get(username="officer"))]
        assert f"核定公示期满日并办结：{notice.title_zh}" in titles
        assert end_notice(notice=notice, actor=actor("officer")) == 2


def test_two_people_uphold_and_who_published_dismisses_nothing() -> None:
    notice = noticed(by="officer")
    objection = objected(notice)
    with pytest.raises(NotAllowed):
        answer(objection, uphold=False, by="officer")
    with pytest.raises(Refused, match="收到陈述或期满后才能认定"):
        answer(objection, uphold=True)
    with clock.at(objection.reply_by + timedelta(minutes=1)):
        answer(objection, uphold=True, by="officer2")
        with pytest.raises(NotAllowed):
            settle(objection, by="officer2")
        settle(objection, by="officer", agree=False)
        assert Objection.objects.get(pk=objection.pk).state == "open"
        assert Notification.objects.filter(account=actor("officer2").account, title__startswith="异议处理意见被退回").exists()
        answer(objection, uphold=True, by="officer2")
        settle(objection, by="officer")
    assert Objection.objects.get(pk=objection.pk).state == "upheld"


def test_what_was_seen_is_what_is_answered() -> None:
    host = real_host()
    notice = noticed(host)
    objection = objected(notice)
    found = Objection.objects.select_related("row__notice__kind").get(pk=objection.pk)
    seen = objection_sight(found).token
    reply_to_objection(objection=found, text="统计口径不同，附说明材料。", actor=manager(host))
    with pytest.raises(Refused, match="您核对之后有变化"):
        answer_objection(objection=found, uphold=False, answer="不成立", actor=actor("officer2"), seen=seen)


def test_only_whom_a_line_concerns_replies_and_reads_no_name() -> None:
    host = real_host()
    notice = noticed(host, new_host())
    objection = objected(notice)
    with pytest.raises(NotAllowed):
        reply_to_objection(objection=objection, text="与我无关但我要说几句话。", actor=actor("committee"))
    browser = client(manager(host).account.username)
    assert [d.title for d in duties_of(manager(host).account) if "陈述" in d.title] == ["可就公示异议陈述：第1实验室"]
    page = browser.get(f"/notices/mine/{objection.row_id}/").content.decode()
    assert (TEXT in page, "周某" in page, "zhou@x.cn" in page) == (True, False, False)
    assert client("committee").get(f"/notices/mine/{objection.row_id}/").status_code == 403
    sent = browser.post(f"/notices/mine/{objection.row_id}/", {"objection": objection.pk, "text": "统计口径不同，已附说明材料。"})
    assert sent.status_code == 302
    assert Objection.objects.get(pk=objection.pk).reply == "统计口径不同，已附说明材料。"
    short = browser.post(f"/notices/mine/{objection.row_id}/", {"objection": objection.pk, "text": "短"})
    assert short.status_code == 422


def test_an_officer_with_a_part_in_the_record_answers_nothing_about_it() -> None:
    host = real_host()
    person = new_person("在单位任职的主管", host)
    account = actor("officer2").account
    Person.objects.filter(account=account).update(account=None)
    Person.objects.filter(pk=person.pk).update(account=account)
    RoleGrant.objects.create(account=account, role="host_manager", scope="organisation", scope_id=host.pk)
    notice = noticed(host, new_host())
    objection = objected(notice)
    with pytest.raises(NotAllowed):
        answer(objection, uphold=False, by="officer2")
    page = client("officer2").get(f"/office/notices/cases/{notice.pk}/").content.decode()
    assert (TEXT in page, "有 1 件异议与您有关" in page) == (False, True)


class Follower:
    """An effect that remembers what it was given, and refuses some lines."""

    def __init__(self) -> None:
        self.final: list[list[int]] = []
        self.struck: list[list[int]] = []
        self.refuses: set[int] = set()

    def on_final(self, rows: Sequence[NoticeRow], log: Log) -> None:
        self.final.append([r.position for r in rows])
        if bad := self.refuses & {r.position for r in rows}:
            raise Refused.because(f"第 {min(bad)} 项不能生效")
        log.many(rows, {"effect": "done"})

    def on_struck(self, rows: Sequence[NoticeRow], log: Log) -> None:
        self.struck.append([r.position for r in rows])


@pytest.fixture
def follower() -> Iterator[Follower]:
    found = Follower()
    grades = NoticeKind.objects.current("nmg").get(code="grades")
    definition = grades.definition | {"code": "followed", "effect": "test.follow"}
    NoticeKind.objects.create(
        region="nmg", code="followed", version=1, name_zh="测试", name_en="Test", definition=definition, digest="f" * 64, loaded_at=clock.now()
    )  # fmt: skip
    with NOTICES.reopened():
        NOTICES.add("test.follow", Effect("测试", found.on_final, found.on_struck))
        yield found


def test_what_follows_is_done_once_for_all_lines_together(follower: Follower) -> None:
    notice = noticed(*(new_host() for _n in range(5)), kind="followed")
    objection = objected(notice, 2)
    with clock.at(objection.reply_by + timedelta(minutes=1)):
        answer(objection, uphold=True)
        settle(objection)
    with clock.at(after(notice, 200)):
        end_everywhere(actor=system("worker"))
        end_everywhere(actor=system("worker"))
    assert (follower.final, follower.struck) == ([[1, 3, 4, 5]], [[2]])
    assert Event.objects.filter(command="notices.end", after__effect="done").count() == 4


def test_a_line_whose_effect_is_refused_stays_and_says_why(follower: Follower) -> None:
    notice = noticed(*(new_host() for _n in range(3)), kind="followed")
    follower.refuses = {2}
    with clock.at(after(notice)):
        end_everywhere(actor=system("worker"))
        assert states(notice) == ["final", "listed", "final"]
        assert row(notice, 2).failure == "第 2 项不能生效"
        assert not check(["rows_as_written"])
        tried = len(follower.final)
        end_everywhere(actor=system("worker"))
        assert len(follower.final) == tried, "the worker does not try in vain"
        titles = [d.title for d in duties_of(Account.objects.get(username="officer"))]
        assert f"公示期满未能生效，请处理：{notice.title_zh}" in titles
        assert "第 2 项不能生效" in client("officer").get(f"/office/notices/cases/{notice.pk}/").content.decode()
        follower.refuses = set()
        assert client("officer").post(f"/office/notices/cases/{notice.pk}/", {"end": "1"}).status_code == 302
    assert (states(notice), row(notice, 2).failure) == (["final"] * 3, "")


def test_letters_are_numbered_without_a_gap_and_read_by_whom_they_concern() -> None:
    host, other = real_host(), new_host()
    notice = noticed(host, other)
    objection = objected(notice, 2)
    with clock.at(objection.reply_by + timedelta(minutes=1)):
        answer(objection, uphold=True)
        settle(objection)
    with clock.at(after(notice, 200)):
        end_everywhere(actor=system("worker"))
    letters = {x.row.position: x for x in NoticeLetter.objects.filter(row__notice=notice).select_related("row")}
    assert sorted(letters) == [1, 2]
    assert not check(["letters_without_gaps"])
    browser = client(manager(host).account.username)
    pdf = browser.get(f"/notices/letters/{letters[1].pk}/")
    text = "".join(p.extract_text() for p in PdfReader(BytesIO(pdf.content)).pages).replace("\n", "")
    assert (letters[1].number in text, "没有成立的异议" in text) == (True, True)
    assert browser.get(f"/notices/letters/{letters[2].pk}/").status_code == 404
    assert "经核查，情况属实" in json.dumps(letters[2].body, ensure_ascii=False)
    assert letters[1].number in browser.get("/notices/letters/").content.decode()
    assert (
        letters[1].number
        not in client("expert" if Account.objects.filter(username="expert").exists() else "leader")
        .get("/notices/letters/")
        .content.decode()
    )


def test_the_list_of_the_house_its_feed_and_open_data_have_both_kinds() -> None:
    notice, of_call = noticed(), CallNotice.objects.order_by("-starts_at")[0]
    page = client(None).get("/notices/").content.decode()
    assert f'href="/notices/cases/{notice.pk}/"' in page
    assert f'href="/notices/{of_call.pk}/"' in page
    assert notice.title_zh in client(None).get("/").content.decode()
    feed = client(None).get("/notices/feed.atom")
    assert feed["Content-Type"].startswith("application/atom+xml")
    tree = ElementTree.fromstring(feed.content)  # noqa: S314 -- our own feed
    links = [e.find("{*}link").get("href") for e in tree.findall("{*}entry")]  # type: ignore[union-attr]
    assert links[0].endswith(f"/notices/cases/{notice.pk}/")
    assert any(x.endswith(f"/notices/{of_call.pk}/") for x in links)
    rows = json.loads(client(None).get("/data/case_notices.json").content)["rows"]
    assert [(r["title_zh"], r["columns"], r["state"]) for r in rows if r["notice"] == str(notice.pk)] == [
        ("第1实验室", "field=生态；grade=优秀", "listed"),
        ("第2实验室", "field=生态；grade=优秀", "listed"),
    ]


def test_an_officer_types_a_list_reads_it_and_publishes_it() -> None:
    host = real_host()
    browser = client("officer")
    assert "发布" in browser.get("/office/notices/cases/").content.decode()
    wrong = browser.post("/office/notices/new/decisions/", {"what_zh": "", "lines": "甲|乙|丙|丁"})
    assert (wrong.status_code, "最多 3 栏" in wrong.content.decode()) == (422, True)
    data = {"what_zh": "称号", "what_en": "titles", "lines": f"张三\t{host.name_zh}\t授予\n李四 | 外单位 | 授予"}
    shown = browser.post("/office/notices/new/decisions/", data)
    page = shown.content.decode()
    assert shown.status_code == 200
    assert "公示以上名单（2 项）" in page
    fields = {
        k: (v.replace("&#x27;", "'").replace("&quot;", '"').replace("&#10;", "\n"))
        for k, v in re.findall(r'name="(\w+)" value="([^"]*)"', page)
    }
    done = browser.post(
        "/office/notices/new/decisions/", data | {"marks": fields["marks"], "seen": fields["seen"], "confirmed": "1"}
    )
    notice = Notice.objects.latest("pk")
    assert (done.status_code, done["Location"]) == (302, f"/office/notices/cases/{notice.pk}/")
    assert [(r.title_zh, r.organisation_id, r.cells["result"][0]) for r in notice.rows.all()] == [
        ("张三", host.pk, "授予"),
        ("李四", None, "授予"),
    ]
    assert client("committee").get("/office/notices/new/decisions/").status_code == 403


def test_an_officer_answers_and_another_settles_on_the_page() -> None:
    notice = noticed(by="officer")
    objection = objected(notice)
    url = f"/office/notices/cases/{notice.pk}/"

    def send(name: str, **data: Any) -> Any:
        return client(name).post(url, data)

    with clock.at(objection.reply_by + timedelta(minutes=1)):
        first = Objection.objects.select_related("row__notice__kind").get(pk=objection.pk)
        seen = objection_sight(first).token
        shown = send("officer2", objection=objection.pk, decision="uphold", answer="属实，除去。", seen=seen)
        page = shown.content.decode()
        assert "核对处理意见：异议成立" in page
        token = re.search(r'name="seen" value="([^"]*)"', page)
        assert token
        marks = token[1].replace("&quot;", '"').replace("&#x27;", "'")
        data = {"objection": objection.pk, "decision": "uphold", "answer": "属实，除去。", "objection_seen": seen}
        assert send("officer2", **data, seen=marks, confirmed="1").status_code == 302
        assert Objection.objects.get(pk=objection.pk).state == "proposed"
        assert "等待另一位核定" in client("officer2").get(url).content.decode()
        assert "核对并核定成立" in client("officer").get(url).content.decode()
    assert [d.title for d in duties_of(Account.objects.get(username="officer")) if notice.title_zh in d.title] == [
        f"答复异议：{notice.title_zh}"
    ]


def test_the_integrity_officer_reads_objections_and_changes_nothing() -> None:
    notice = noticed()
    objected(notice)
    account = Account.objects.filter(role_grants__role="integrity_officer").order_by("pk")[0]
    assert TEXT in client(account.username).get("/integrity/objections/cases/").content.decode()
    assert any(d.url == "/integrity/objections/cases/" for d in duties_of(account))
    assert client("officer").get("/integrity/objections/cases/").status_code == 403


def test_pages_ask_as_often_for_many_lines_as_for_few() -> None:
    counts = []
    for n in (2, 12):
        notice = noticed(*(new_host() for _n in range(n)))
        for position in range(1, n, 3):
            objected(notice, position, f"q{n}-{position}@x.cn")
        for browser, url in ((client(None), notice.url), (client(None), "/notices/")):
            browser.get(url)
            with counted() as found:
                browser.get(url)
            counts.append(len(found))
    assert counts[:2] == counts[2:]
    assert counts[1] <= 12


GOOD: dict[str, Any] = {
    "code": "list",
    "name_zh": "名单",
    "name_en": "List",
    "effect": "nothing",
    "roles": ["programme_officer"],
    "period": "x_working_days",
    "title_zh": "{what}公示",
    "title_en": "{what}",
    "opening_zh": "公示{starts}",
    "opening_en": "From {starts}",
}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"code": "List"}, "notice[0].code"),
        ({"title_zh": None}, "notice[0].title_zh"),
        ({"title_zh": "{name}"}, "notice[0].title_zh"),
        ({"opening_en": "{"}, "notice[0].opening_en"),
        ({"period": "five"}, "notice[0].period"),
        ({"roles": []}, "notice[0].roles"),
        ({"column": [{"code": "A", "zh": "x", "en": "x"}]}, "notice[0].column[0].code"),
        ({"column": [{"code": f"c{n}", "zh": "x", "en": "x"} for n in range(7)]}, "notice[0].column"),
        ({"letter": {"heading_zh": "x", "heading_en": "x", "final_zh": "x", "final_en": "x"}}, "notice[0].letter.struck_zh"),
        ({"colour": "red"}, "notice[0].colour"),
    ],
)
def test_each_mistake_of_a_kind_is_named_by_its_key(changes: dict[str, Any], key: str) -> None:
    problems: list[Problem] = []
    read_notices({"notice": [{k: v for k, v in (GOOD | changes).items() if v is not None}]}, problems)
    assert key in {k for k, _text in problems}


def test_a_good_kind_takes_the_usual_words_and_names_what_is_declared() -> None:
    problems: list[Problem] = []
    kind = read_notices({"notice": [GOOD]}, problems)[0]
    assert (problems, str(kind.holder), "实名" in kind.objecting.zh) == ([], "单位", True)
    found = dict(undeclared({"notice": [GOOD | {"effect": "x", "roles": ["king"]}]}, {"y_days"}))
    assert set(found) == {"notice[0].effect", "notice[0].roles", "notice[0].period"}
    for region in ("nmg", "atoll"):
        assert [m for m in read_package(HERE / region).mistakes if m.file == "notices.toml"] == []


def test_a_stranger_reads_no_office_page() -> None:
    url = f"/office/notices/cases/{noticed().pk}/"
    assert [client(name).get(url).status_code for name in ("committee", "leader")] == [403, 403]
    assert browser_of(new_person("路人")).get("/office/notices/cases/").status_code == 403
