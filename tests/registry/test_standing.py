"""Imports of what rules judge of people who are registered: each good, bad and again; and what the rules say afterwards."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from headwater.calls.facts import check_applications
from headwater.calls.models import Application, Call, SchemeVersion
from headwater.core import clock
from headwater.core.errors import NotAllowed, Refused
from headwater.core.sheets import write_csv, write_xlsx
from headwater.forms.results import Result, Verdict
from headwater.registry.identifiers import document_hash
from headwater.registry.models import EarlierProject, Employment, HostHistory, Person, Sanction, TitleHeld
from headwater.registry.tables import IMPORTS, ImportResult
from tests.calls.test_facts import join
from tests.make import actor, client, new_call, new_host, new_person, placed

pytestmark = pytest.mark.django_db
TODAY = clock.today()
DOCUMENT = "11010519491231002X"


def load(kind: str, *rows: dict[str, Any], dry_run: bool = False, skip_bad: bool = False, form: str = "csv") -> ImportResult:
    heading = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[str(row.get(key, "")) for key in heading] for row in rows]
    content = write_csv(heading, cells) if form == "csv" else write_xlsx(kind, heading, cells)
    return IMPORTS[kind][2](name=f"a.{form}", content=content, actor=actor("officer"), dry_run=dry_run, skip_bad=skip_bad)


def good(kind: str, *rows: dict[str, Any]) -> ImportResult:
    """An import that must go well, and once more, when it must add nothing."""
    result = load(kind, *rows)
    assert result.errors == []
    again = load(kind, *rows)
    assert (again.errors, again.added, again.changed) == ([], 0, len(rows))
    return result


def told(result: ImportResult) -> list[tuple[int, str]]:
    return [(e.row, e.column) for e in result.errors]


def answer(row: Application, rule: str) -> Result:
    fresh = Application.objects.select_related("call__scheme", "leader", "host", "discipline").get(pk=row.pk)
    return next(r for r in check_applications([fresh], fresh.call)[row.pk] if r.rule == rule)


def outcome(row: Application, rule: str) -> Verdict:
    return answer(row, rule).outcome


def ban(person: Person, **more: Any) -> dict[str, Any]:
    row = {
        "人员编号": person.pk,
        "限制范围": "全部",
        "起始日期": TODAY - timedelta(days=30),
        "年限": "3",
        "处理决定文号": "国科金诚〔2026〕1号",
    }
    return row | more


def post(person: Person, **more: Any) -> dict[str, Any]:
    row = {"人员编号": person.pk, "单位": person.organisation.name_zh, "任职类型": "全职", "起始日期": date(2015, 1, 1)}
    return row | more


def title(person: Person, **more: Any) -> dict[str, Any]:
    return {"人员编号": person.pk, "职称": "教授", "高级职称": "是", "取得日期": date(2020, 5, 1)} | more


def project(person: Person, **more: Any) -> dict[str, Any]:
    row = {"人员编号": person.pk, "项目编号": "2022MS001", "项目类型": "im-gen", "角色": "负责人", "执行期限（月）": "36"}
    return row | {"立项日期": TODAY - timedelta(days=400), "结束日期": TODAY + timedelta(days=1500), "已结题": "否"} | more


EXAMPLES = {"sanctions": ban, "posts": post, "titles": title, "projects": project}
MODELS = {"sanctions": Sanction, "posts": Employment, "titles": TitleHeld, "projects": EarlierProject}


def test_templates_and_the_page_offer_every_table() -> None:
    browser = client("officer")
    shown = browser.get("/imports/").content.decode()
    for kind in IMPORTS:
        assert f"/imports/{kind}.xlsx" in shown
        assert browser.get(f"/imports/{kind}.xlsx").status_code == 200


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_good_table_is_kept_once(kind: str) -> None:
    person, before = new_person(id_hash=document_hash(DOCUMENT)), MODELS[kind].objects.count()
    row = EXAMPLES[kind](person)
    del row["人员编号"]
    row |= {"身份证号": DOCUMENT, "姓名": person.name_zh}
    assert load(kind, row, dry_run=True).added == 1
    assert MODELS[kind].objects.count() == before
    assert load(kind, row, form="xlsx").added == 1
    again = load(kind, row)
    assert (again.added, again.changed, MODELS[kind].objects.count()) == (0, 1, before + 1)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_nothing_is_kept_of_a_bad_table(kind: str) -> None:
    person, other, before = new_person(), new_person("另一人"), MODELS[kind].objects.count()
    make = EXAMPLES[kind]
    rows = [
        make(person),
        make(person),
        make(other, 人员编号=999_999_999),
        make(other, 人员编号=""),
        make(other, 身份证号="110105194912310021"),
        make(other, 姓名="别名"),
        make(other, 人员编号="甲"),
    ]
    result = load(kind, *rows)
    assert sorted({e.row for e in result.errors}) == [3, 4, 5, 6, 7, 8]
    assert all(e.message and e.column for e in result.errors)
    assert "110105194912310021" not in str(result.errors)
    assert MODELS[kind].objects.count() == before
    assert load(kind, *rows, skip_bad=True).added == 1
    assert MODELS[kind].objects.count() == before + 1


@pytest.mark.parametrize("kind", EXAMPLES)
def test_required_columns_and_who_may(kind: str) -> None:
    with pytest.raises(Refused, match="缺少列"):
        load(kind, {"人员编号": 1})
    person = new_person()
    row = EXAMPLES[kind](person)
    content = write_csv(list(row), [[str(v) for v in row.values()]])
    with pytest.raises(NotAllowed):
        IMPORTS[kind][2](name="a.csv", content=content, actor=actor(person.account.username), dry_run=False)


@pytest.mark.parametrize(
    ("kind", "column", "text"),
    [
        ("sanctions", "限制范围", "评审"),
        ("sanctions", "限制范围", ""),
        ("sanctions", "起始日期", ""),
        ("sanctions", "起始日期", "0026-01-01"),
        ("sanctions", "年限", "0"),
        ("sanctions", "年限", "三"),
        ("sanctions", "处理决定文号", ""),
        ("sanctions", "处理决定文号", "号" * 101),
        ("sanctions", "截止日（含）", "2020-01-01"),
        ("posts", "单位", "没有的单位"),
        ("posts", "任职类型", "兼职"),
        ("posts", "起始日期", "去年"),
        ("posts", "截止日（含）", "2014-12-31"),
        ("posts", "岗位", "岗" * 61),
        ("titles", "职称", ""),
        ("titles", "职称", "长" * 41),
        ("titles", "高级职称", ""),
        ("titles", "取得日期", "2199-01-01"),
        ("projects", "项目编号", ""),
        ("projects", "项目类型", "没有的类型"),
        ("projects", "角色", "顾问"),
        ("projects", "执行期限（月）", "三年"),
        ("projects", "已结题", "也许"),
        ("projects", "结束日期", "2001-01-01"),
        ("projects", "立项日期", (TODAY + timedelta(days=1)).isoformat()),
    ],
)
def test_a_bad_cell_is_told_with_its_column(kind: str, column: str, text: str) -> None:
    assert (2, column) in told(load(kind, EXAMPLES[kind](new_person(), **{column: text})))


def test_a_ban_ends_after_its_last_day_or_after_years() -> None:
    person, since = new_person(), date(2024, 3, 15)
    good("sanctions", ban(person, 起始日期=since, 处理决定文号="甲"))
    good("sanctions", ban(person, 起始日期=since, 年限="", **{"截止日（含）": "2027-03-14"}, 处理决定文号="乙"))
    good("sanctions", ban(person, 起始日期=since, 年限="3", **{"截止日（含）": "2027-03-14"}, 处理决定文号="丙"))
    good("sanctions", ban(person, 起始日期=since, 年限="永久", 处理决定文号="丁"))
    assert [s.until for s in person.sanctions.order_by("pk")] == [date(2027, 3, 15)] * 3 + [None]
    assert told(load("sanctions", ban(person, 年限=""))) == [(2, "截止日（含）")]
    assert told(load("sanctions", ban(person, 起始日期=since, **{"截止日（含）": "2027-03-15"}))) == [(2, "截止日（含）")]


def test_a_ban_that_was_shortened_is_imported_again() -> None:
    person = new_person()
    row = placed(new_call("im-gen"), "received", person)
    load("sanctions", ban(person))
    assert outcome(row, "no_ban") == Verdict.FAILED
    load("sanctions", ban(person, 年限="", **{"截止日（含）": TODAY - timedelta(days=1)}))
    assert (outcome(row, "no_ban"), person.sanctions.count()) == (Verdict.PASSED, 1)


@pytest.mark.parametrize("scope", ["全部", "财政性科研项目", "申请", "参与"])
def test_an_imported_ban_bars_leader_and_member(scope: str) -> None:
    call, member = new_call("im-gen"), new_person()
    row = placed(call, "received")
    join(row, member)
    assert outcome(row, "no_ban") == Verdict.PASSED
    good("sanctions", ban(member, 限制范围=scope))
    assert outcome(row, "no_ban") == Verdict.FAILED


def people_row(person: Person, **more: Any) -> dict[str, Any]:
    row = {"姓名": person.name_zh, "身份证号": DOCUMENT, "单位": person.organisation.name_zh}
    return row | more


def test_students_and_fund_staff_come_with_the_table_of_people() -> None:
    person = new_person(id_hash=document_hash(DOCUMENT), title="教授", is_senior=True)
    good("people", people_row(person, 在读研究生="是", 基金管理人员="是"))
    row = placed(new_call("im-gen"), "received", person)
    assert {outcome(row, r) for r in ("not_student", "not_fund_staff")} == {Verdict.FAILED}
    good("people", people_row(person, 电话="1"))
    person.refresh_from_db()
    assert (person.is_student, person.is_fund_staff, person.is_senior) == (True, True, True)
    good("people", people_row(person, 在读研究生="否", 基金管理人员="否"))
    assert {outcome(row, r) for r in ("not_student", "not_fund_staff")} == {Verdict.PASSED}
    assert told(load("people", people_row(person, 在读研究生="在读"))) == [(2, "在读研究生")]


def test_a_new_person_of_a_table_may_be_a_student() -> None:
    host = new_host()
    good("people", {"姓名": "新人", "单位": host.name_zh, "邮箱": "n@x.example", "在读研究生": "是"})
    assert [(p.is_student, p.is_fund_staff, p.is_senior) for p in host.people.all()] == [(True, False, False)]


def test_a_part_time_post_takes_the_place_of_the_full_one() -> None:
    """A table of people registers a full-time post for everybody."""
    host = new_host()
    good("people", {"姓名": "双聘人", "单位": host.name_zh, "身份证号": DOCUMENT, "入职日期": "2019-03-01"})
    person = Person.objects.get(organisation=host)
    row = placed(new_call("im-gen"), "received", person)
    assert outcome(row, "part_time") == Verdict.PASSED
    good("posts", post(person, 任职类型="双聘", 起始日期="2024-01-01"))
    assert outcome(row, "part_time") == Verdict.FAILED
    found = [(e.kind, e.since, e.until) for e in person.employments.order_by("since")]
    assert found == [("full", date(2019, 3, 1), date(2023, 12, 31)), ("dual", date(2024, 1, 1), None)]


def test_a_postdoc_applies_through_the_station() -> None:
    person, station = new_person(), new_host()
    row = placed(new_call("im-gen"), "received", person)
    assert outcome(row, "postdoc") == Verdict.PASSED
    good("posts", post(person, 单位=station.name_zh, 任职类型="博士后", 起始日期=TODAY - timedelta(days=100)))
    assert outcome(row, "postdoc") == Verdict.FAILED


def periods(person: Person) -> list[tuple[str, date, date | None]]:
    return [(e.kind, e.since, e.until) for e in person.employments.order_by("since")]


def test_posts_of_several_periods_in_any_order() -> None:
    for turn in (1, -1):
        person = new_person()
        Employment.objects.create(person=person, organisation=person.organisation, since=date(2000, 1, 1))
        rows = [
            post(person, 任职类型="博士后", 起始日期="2018-01-01", **{"截止日（含）": "2020-06-30"}),
            post(person, 起始日期="2020-07-01"),
        ]
        assert load("posts", *rows[::turn]).errors == []
        found = periods(person)
        assert found[-2:] == [("postdoc", date(2018, 1, 1), date(2020, 6, 30)), ("full", date(2020, 7, 1), None)]
        assert (load("posts", *rows).errors, periods(person)) == ([], found)


def test_a_past_post_leaves_the_present_one() -> None:
    person = new_person()
    Employment.objects.create(person=person, organisation=person.organisation, since=date(2010, 1, 1))
    good("posts", post(person, 任职类型="柔性", 起始日期="2015-01-01", **{"截止日（含）": "2016-12-31"}))
    assert periods(person) == [
        ("full", date(2010, 1, 1), date(2014, 12, 31)),
        ("flexible", date(2015, 1, 1), date(2016, 12, 31)),
        ("full", date(2017, 1, 1), None),
    ]


def test_no_day_has_two_posts_of_one_institution() -> None:
    person = new_person()
    for kind, since, until in (("dual", 2012, 2013), ("flexible", 2014, 2018)):
        own = {"person": person, "organisation": person.organisation, "kind": kind}
        Employment.objects.create(**own, since=date(since, 1, 1), until=date(until, 12, 31))
    Employment.objects.create(person=person, organisation=person.organisation, since=date(2010, 1, 1), until=date(2011, 12, 31))
    good("posts", post(person, 起始日期="2010-01-01", **{"截止日（含）": "2015-06-30"}))
    assert periods(person) == [("full", date(2010, 1, 1), date(2015, 6, 30)), ("flexible", date(2015, 7, 1), date(2018, 12, 31))]


def test_posts_of_one_person_must_not_overlap_in_a_table() -> None:
    person = new_person()
    rows = [post(person), post(person, 任职类型="双聘", 起始日期="2018-01-01")]
    assert told(load("posts", *rows)) == [(3, "起始日期")]


def other_rules(call: Call, *names: str) -> Call:
    """The call under a version of its scheme that asks other rules."""
    old = call.scheme
    definition = {**old.definition, "rule": [{"name": name, "blocks": False} for name in names]}
    call.scheme = SchemeVersion.objects.create(
        region=old.region,
        code=old.code,
        version=old.version + 1,
        name_zh=old.name_zh,
        name_en=old.name_en,
        definition=definition,
        digest="0" * 64,
    )
    call.save()
    return call


def test_memberships_from_before_a_promotion_do_not_count() -> None:
    """LM-04: which they are is known only by the day of the title."""
    person, call = new_person(), other_rules(new_call("im-gen"), "limit_total")
    row = placed(call, "received", person)
    approved = TODAY - timedelta(days=400)
    titled = {"before": approved - timedelta(days=10), "after": approved + timedelta(days=10)}
    rows = [project(person, 项目编号=f"M{n}", 角色="参与者", 立项日期=approved) for n in range(2)]
    good("projects", *rows)
    good("titles", title(person, 取得日期=titled["after"]))
    person.refresh_from_db()
    assert (person.is_senior, person.title, outcome(row, "limit_total")) == (True, "教授", Verdict.PASSED)
    good("titles", title(person, 取得日期=titled["before"]))
    assert (person.titles.count(), outcome(row, "limit_total")) == (1, Verdict.FAILED)


def test_a_running_earlier_project_bars_its_leader() -> None:
    person = new_person()
    row = placed(new_call("im-gen"), "received", person)
    assert outcome(row, "no_running_project") == Verdict.PASSED
    good("projects", project(person, 项目类型="面上项目"))
    found = answer(row, "no_running_project")
    assert (found.outcome, found.inputs["running"]) == (Verdict.FAILED, ["2022MS001"])
    good("projects", project(person, 已结题="是"))
    assert outcome(row, "no_running_project") == Verdict.PASSED
    good("projects", project(person, 已结题=""))
    assert EarlierProject.objects.get(person=person).closed is True


@pytest.mark.parametrize(("closed", "expected"), [("否", Verdict.FAILED), ("", Verdict.UNKNOWN), ("是", Verdict.PASSED)])
def test_an_earlier_project_that_ended_must_be_closed(closed: str, expected: Verdict) -> None:
    person = new_person()
    row = placed(new_call("im-gen"), "received", person)
    good("projects", project(person, 立项日期="2019-08-01", 结束日期="2022-12-31", 已结题=closed))
    assert outcome(row, "no_overdue_report") == expected


def test_earlier_projects_of_other_funds_count_where_limits_name_them() -> None:
    person, call = new_person(), other_rules(new_call("im-gen"), "limit_total", "no_running_project")
    row = placed(call, "received", person)
    good("projects", project(person, 项目类型="nsfc-key"), project(person, 项目编号="X1", 项目类型="其他"))
    assert outcome(row, "limit_total") == Verdict.FAILED
    assert outcome(row, "no_running_project") == Verdict.PASSED


def test_a_project_of_this_system_is_not_imported_again() -> None:
    from headwater.awards.models import Award

    award = Award.objects.select_related("leader").order_by("pk")[0]
    assert told(load("projects", project(award.leader, 项目编号=award.number))) == [(2, "项目编号")]


def test_earlier_projects_are_told_on_the_persons_page() -> None:
    person = new_person()
    good("projects", project(person))
    shown = client("officer").get(f"/people/{person.pk}/").content.decode()
    assert "2022MS001" in shown
    assert "未结题" in shown


def test_earlier_approvals_of_hosts_make_their_quota() -> None:
    from headwater.calls.models import HostQuota
    from headwater.calls.publishing.services.calls import set_host_quotas

    host, call = new_host(), new_call("im-gen", year=TODAY.year + 1)
    rows = [{"单位": host.name_zh, "年度": TODAY.year - n, "立项数": 6 + n} for n in range(2)]
    assert load("host_history", *rows).added == 2
    again = load("host_history", *rows)
    assert (again.added, again.changed, host.history.count()) == (0, 2, 2)
    set_host_quotas(call=call, host=host.pk)
    assert HostQuota.objects.get(call=call, organisation=host).quota == 14


def test_bad_rows_of_the_history_are_told() -> None:
    host = new_host()
    row = {"单位": host.name_zh, "年度": TODAY.year, "立项数": 6}
    bad = [row, row, row | {"单位": "没有"}, row | {"年度": TODAY.year + 1}, row | {"年度": "去年"}, row | {"立项数": "-1"}]
    result = load("host_history", *bad)
    assert told(result) == [(3, "单位"), (4, "单位"), (5, "年度"), (6, "年度"), (7, "立项数")]
    assert not HostHistory.objects.filter(organisation=host).exists()
