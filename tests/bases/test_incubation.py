"""Makerspaces, incubators and accelerators: tenants, graduates, statistics, assessment, bars, who is due to be removed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from headwater.bases.incubation.figures import main_industry, tenants_now
from headwater.bases.incubation.models import Assessment, Tenant
from headwater.bases.models import Base
from headwater.bases.standards.bars import held_against
from headwater.bases.standards.dues import due_verbs
from headwater.bases.tables.services import put_line, remove_line
from headwater.casework.reports.obligations import obligations
from headwater.core import clock
from headwater.core.duties import duties_of
from headwater.core.errors import Refused
from headwater.core.invariants import check
from headwater.core.models import Account, Event
from headwater.registers.grades import last_grade
from headwater.registers.services.acting import apply_verb
from tests.make import actor, client, new_host, new_person, user_of
from tests.make.bases import new_base, register_of

pytestmark = pytest.mark.django_db
FIRM = "91110000600037341L"
OTHER_FIRM = "911522010783762860"
INCUBATOR = {"area": 12000, "own_area": 10000, "tenant_area": 9000, "industry": "mixed", "staff": 9, "mentors": 12}


def incubator(kind: str = "incubator", **more: Any) -> Base:
    given = {"answers": INCUBATOR, "state": "active", "since": date(2020, 3, 1)}
    return new_base(kind=kind, name="测试孵化器", **given | more)


def tenant(base: Base, name: str = "草原数据", who: str = "officer", **more: Any) -> Tenant:
    values = {"name": name, "kind": "team", "industry": "digital", "entered_on": date(2024, 3, 1)} | more
    return put_line(table="tenants", base=base, values=values, actor=actor(who))


def reasons(base: Base, **values: Any) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        tenant(base, **values)
    return {r.field: r.text for r in refused.value.reasons}


def assess(base: Base, year: int, grade: str) -> None:
    values = {"assessed_year": year, "grade": grade}
    register = register_of(base.kind)
    apply_verb(register=register, entries=[base.pk], verb="assess", reason="年度考核", values=values, actor=actor("officer"))


def test_tenants_come_and_go_and_what_is_wrong_stands_beside_its_column() -> None:
    base = incubator()
    assert reasons(base, kind="firm") == {"uscc": "企业须填写统一社会信用代码；尚未注册的，类型选“创业团队”"}
    assert set(reasons(base, entered_on=clock.today() + timedelta(days=1))) == {"entered_on"}
    assert set(reasons(base, left_on=date(2024, 1, 1), left_as="moved")) == {"left_on"}
    assert set(reasons(base, left_on=date(2024, 9, 1))) == {"left_as"}
    assert set(reasons(base, industry="无此领域")) == {"industry"}
    tenant(base, kind="firm", uscc=FIRM)
    assert set(reasons(base, name="同一家", kind="firm", uscc=FIRM)) == {"uscc"}
    tenant(
        base, kind="firm", uscc=FIRM, name="曾经来过", left_on=date(2024, 5, 1), left_as="moved"
    )  # one that has left counts no more
    assert tenants_now([base.pk], clock.today()) == {base.pk: 1}
    assert check() == []


def test_who_graduates_needs_a_ground_and_evidence() -> None:
    base = incubator()
    left = {"left_on": date(2025, 3, 1), "left_as": "graduated"}
    assert set(reasons(base, **left)) == {"left_as", "evidence"}
    assert set(reasons(base, **left, financed_fen=500_000_000)) == {"evidence"}
    row = tenant(base, **left, financed_fen=500_000_000, evidence="投资协议 2025-01")
    assert row.left_as == "graduated"


def test_a_row_is_not_written_over_and_what_was_stays_in_the_history() -> None:
    base = incubator()
    row = tenant(base)
    put_line(table="tenants", base=base, values={"jobs": 8}, row=row.pk, seen=1, actor=actor("officer"))
    with pytest.raises(Refused, match="有人改动了这一行"):
        put_line(table="tenants", base=base, values={"jobs": 9}, row=row.pk, seen=1, actor=actor("officer"))
    with pytest.raises(Refused, match="没有变化"):
        put_line(table="tenants", base=base, values={"jobs": 8}, row=row.pk, seen=2, actor=actor("officer"))
    with pytest.raises(Refused, match="请写明理由"):
        remove_line(table="tenants", base=base, row=row.pk, seen=2, reason=" ", actor=actor("officer"))
    remove_line(table="tenants", base=base, row=row.pk, seen=2, reason="重复登记", actor=actor("officer"))
    assert not Tenant.objects.filter(pk=row.pk).exists()
    told = Event.objects.filter(subject_type="bases.base", subject_id=base.pk).latest("pk")
    assert (told.command, told.before["was"]["jobs"], told.after["reason"]) == ("bases.remove_line", 8, "重复登记")
    page = client("officer").get(f"/office/registers/incubators/{base.pk}/history/").content.decode()
    assert "草原数据" in page
    assert "重复登记" in page
    with pytest.raises(Refused, match="没有这张表"):
        put_line(table="plots", base=base, values={}, actor=actor("officer"))


def test_the_keeper_writes_tenants_on_pages_and_nobody_else_does() -> None:
    director = new_person("吴主任")
    base = incubator(keepers={"director": director})
    place = f"/office/bases/lines/{base.pk}/tenants/"
    browser = client(user_of(director))
    page = browser.get(f"/office/registers/incubators/{base.pk}/tenants/").content.decode()
    assert "还没有入驻企业或团队" in page
    sent = {"name": "", "kind": "firm", "uscc": "12345", "entered_on": "昨天", "seen": "0"}
    answer = browser.post(f"{place}new/", sent)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert all(f'id="e-id_{name}"' in text for name in ("name", "uscc", "entered_on"))
    assert "12345" in text  # nothing is lost
    sent = {"name": "牧云科技", "kind": "firm", "uscc": FIRM, "industry": "digital", "entered_on": "2024-05-01", "seen": "0"}
    assert browser.post(f"{place}new/", sent).status_code == 302
    row = Tenant.objects.get(base=base)
    assert "牧云科技" in browser.get(place).content.decode()
    assert "牧云科技" in browser.get(f"{place}?format=csv").getvalue().decode("utf-8-sig")
    assert browser.post(f"{place}{row.pk}/", sent | {"seen": "1", "jobs": "12"}).status_code == 302
    assert Tenant.objects.get(base=base).jobs == 12
    stranger = new_person(organisation=new_host())
    assert client(user_of(stranger)).get(place).status_code == 403
    assert client("leader").get(place).status_code == 200
    assert client("leader").get(f"{place}new/").status_code == 403
    assert client("officer").get(f"/office/bases/lines/{base.pk}/plots/").status_code == 404


def test_a_base_of_one_field_is_professional_and_has_other_bars() -> None:
    base = incubator()
    for n in range(7):
        tenant(base, f"新材料 {n}", industry="materials")
    for n in range(3):
        tenant(base, f"数字 {n}")
    found = main_industry([base.pk], clock.today())[base.pk]
    assert (found.industry, float(found.share)) == ("materials", 70.0)
    assert {"tenants_prof", "density_prof", "graduates_prof"} <= {h.bar.code for h in held_against(base, clock.today())}
    tenant(base, "数字 4")
    bars = {h.bar.code: h for h in held_against(base, clock.today())}
    assert "tenants" in bars
    assert "tenants_prof" not in bars
    assert (bars["tenants"].met, bars["own_area"].met, bars["seed_fund"].met, bars["tenant_share"].met) == (
        False,
        True,
        None,
        True,
    )
    page = client("officer").get(f"/office/registers/incubators/{base.pk}/tenants/").content.decode()
    assert "综合型：最大的领域是新材料" in page


def test_a_year_is_assessed_once_and_is_a_grade_of_the_base() -> None:
    base = incubator()
    assess(base, 2024, "b")
    with pytest.raises(Refused, match="2024 年度已经考核过"):
        assess(base, 2024, "a")
    with pytest.raises(Refused, match="还没有开始"):
        assess(base, clock.today().year + 1, "a")
    grade = last_grade(base)
    assert grade is not None
    assert (grade.code, grade.label.zh, grade.period) == ("b", "B（良好）", "2024")
    assert check() == []


def test_who_fails_twice_in_a_row_is_due_and_nothing_is_done_by_itself() -> None:
    base, other = incubator(), incubator()
    for year, grade in ((2022, "d"), (2023, "b"), (2024, "d")):
        assess(base, year, grade)
    assert [d for d in due_verbs(clock.today()) if d.base.pk == base.pk and any("考核" in r for r in d.reasons)] == []
    assess(base, 2025, "d")
    assess(other, 2025, "d")
    due = [d for d in due_verbs(clock.today()) if any("考核均为" in r for r in d.reasons) and d.base.pk in (base.pk, other.pk)]
    assert [(d.base.pk, d.verb) for d in due] == [(base.pk, "remove")]
    assert "2024、2025 年度考核均为“D（不合格）”" in due[0].reasons
    assert Base.objects.get(pk=base.pk).state == "active"
    page = client("officer").get("/office/bases/due/").content.decode()
    assert base.number in page
    assert any("已具备办理条件的基地" in d.title for d in duties_of(Account.objects.get(username="officer")))
    assert client(user_of(new_person())).get("/office/bases/due/").status_code == 403


def test_statistics_are_owed_each_half_year_and_two_that_are_late_are_due() -> None:
    base = incubator(since=date(2025, 1, 1))
    on = date(2025, 8, 20)
    owed = [o.period.since for o in obligations(on, subject="bases.base", keys=[base.pk])]
    assert owed == [date(2025, 1, 1)]
    rows = Base.objects.filter(pk=base.pk)
    assert due_verbs(on, rows) == []
    later = due_verbs(date(2026, 2, 5), rows)
    assert [d.verb for d in later] == ["remove"]
    assert "逾期未报" in later[0].reasons[0]


def test_an_accelerator_needs_an_incubator_of_its_host_for_a_year() -> None:
    host = new_host()
    base = new_base(kind="accelerator", host=host, answers=INCUBATOR)
    register = register_of(base.kind)

    def start() -> None:
        apply_verb(register=register, entries=[base.pk], verb="start", reason="开始运营", actor=actor("officer"))

    with pytest.raises(Refused, match="须先有运行满 12 个月的同类基地"):
        start()
    incubator(host=host, since=clock.add_months(clock.today(), -11))
    with pytest.raises(Refused, match="须先有"):
        start()
    incubator(host=host, since=clock.add_months(clock.today(), -12))
    start()
    assert Base.objects.get(pk=base.pk).state == "active"


def test_an_assessment_is_nobody_s_to_type() -> None:
    base = incubator()
    assess(base, 2024, "a")
    assert Assessment.objects.get(base=base).grade == "a"
    told = Event.objects.filter(subject_type="bases.base", subject_id=base.pk).latest("pk")
    assert (told.command, told.after["grade"]) == ("registers.apply_verb", "a") or "verb" in told.after


def test_a_file_of_tenants_is_checked_line_by_line_and_put_as_a_whole() -> None:
    director = new_person()
    base = incubator(keepers={"director": director})
    browser, place = client(user_of(director)), f"/office/bases/lines/{base.pk}/tenants/import/"
    head = "名称,类型,统一社会信用代码,领域,入驻日期,累计融资（万元）\n"
    bad = f"{head}甲,企业,{FIRM},数字技术,2024-05-01,600\n乙,企业,12345,数字技术,昨天,\n丙,企业,{FIRM},天文,2024-05-01,\n"

    def send(text: str, button: str) -> Any:
        return browser.post(place, {"file": SimpleUploadedFile("入驻.csv", text.encode()), button: "1"})

    page = send(bad, "put")
    assert page.status_code == 422
    text = page.content.decode()
    assert all(words in text for words in ("可导入 1 行", "有问题 2 行", "12345", "昨天", "天文"))
    assert not Tenant.objects.filter(base=base).exists()
    good = f"{head}甲,企业,{FIRM},数字技术,2024-05-01,600\n乙,创业团队,,新材料,2024年6月1日,\n"
    assert "可导入 2 行" in send(good, "check").content.decode()
    assert not Tenant.objects.filter(base=base).exists()
    assert send(good, "put").status_code == 302
    rows = {t.name: t for t in Tenant.objects.filter(base=base)}
    assert (rows["甲"].financed_fen, rows["甲"].industry, rows["乙"].kind) == (600_000_000, "digital", "team")
    again = send(good, "put")
    assert again.status_code == 422
    assert "已有相同" in again.content.decode()
    assert check() == []
