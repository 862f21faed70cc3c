"""The people of bases: fixed staff of one laboratory at a time, months of a year, files, pages, and what happens when a base ends."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.bases.models import Base, BasePerson, PersonMonths
from headwater.bases.people.services import set_months
from headwater.bases.people.weighing import months_within, overlap
from headwater.bases.rows.declared import ROWS
from headwater.bases.rows.importing import import_rows
from headwater.bases.rows.services import mark_of, put_row, strike_row
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Event
from headwater.core.sheets import write_xlsx
from headwater.registry.merging import effects
from tests.make import actor, as_, client, manager, new_host, new_person, real_host, user_of
from tests.make.bases import done, new_base

pytestmark = pytest.mark.django_db
PEOPLE = ROWS["people"]
SINCE = date(2024, 3, 1)


def put(base: Base, person: Any, who: Any = None, **more: Any) -> BasePerson:
    values = {"person": person, "role": "researcher", "kind": "fixed", "title": "教授", "since": SINCE, "until": None} | more
    row: BasePerson = put_row(table=PEOPLE, entry=base, values=values, actor=who or actor("officer"))
    return row


def fields(refused: Any) -> list[tuple[str, str]]:
    return [(r.field, r.code) for r in refused.value.reasons]


def test_nobody_is_fixed_staff_of_two_laboratories_at_one_time() -> None:
    one, other, person = new_base(name="甲"), new_base("key-lab-enterprise", name="乙"), new_person("丁一")
    row = put(one, person)
    with pytest.raises(Refused) as refused:
        put(other, person, since=date(2026, 1, 1))
    assert fields(refused) == [("person", "fixed_elsewhere")]
    assert one.number in str(refused.value)
    put(other, person, kind="mobile", role="visitor", since=date(2026, 1, 1))
    put_row(
        table=PEOPLE,
        entry=one,
        values={"person": person, "role": "researcher", "kind": "fixed", "title": "", "since": SINCE, "until": date(2025, 6, 1)},
        row=row,
        seen=mark_of(row),
        actor=actor("officer"),
    )
    third = new_base(name="丙")
    assert put(third, person, since=date(2025, 6, 1)).once  # the day on which one ends the other may begin
    assert check() == []


def test_the_database_itself_holds_it_whatever_code_says() -> None:
    one, other, person = new_base(), new_base(), new_person()
    row = put(one, person)
    with pytest.raises(IntegrityError, match="baseperson_fixed_once"), transaction.atomic():
        BasePerson.objects.create(entry=other, person=person, role="researcher", kind="fixed", since=SINCE, once=False)
    with pytest.raises(IntegrityError, match="baseperson_here_once"), transaction.atomic():
        BasePerson.objects.create(entry=one, person=person, role="visitor", kind="mobile", since=SINCE)
    with pytest.raises(IntegrityError, match="headwater_months"), transaction.atomic():
        PersonMonths.objects.create(row=row, year=2020, months=3)
    with pytest.raises(IntegrityError, match="personmonths_of_year"), transaction.atomic():
        PersonMonths.objects.create(row=row, year=2025, months=13)


def test_who_sees_and_who_keeps_the_people_of_a_base() -> None:
    director, base_host = new_person("赵主任"), real_host()
    base = new_base(keepers={"director": director}, host=base_host)
    put(base, new_person("钱一"), who=as_(director))
    put(base, new_person("孙二"), who=manager(base_host))
    with pytest.raises(NotAllowed):
        put(base, new_person(), who=as_(new_person(organisation=new_host())))
    page = f"/office/bases/{base.pk}/rows/people/"
    assert "钱一" in client(user_of(director)).get(page).content.decode()
    assert client(user_of(new_person(organisation=new_host()))).get(page).status_code == 403
    other = new_base(host=new_host())
    assert client(user_of(director)).get(f"/office/bases/{other.pk}/rows/people/").status_code == 404
    assert client("leader").get(page).status_code == 200
    assert client("leader").get(f"{page}new/").status_code == 403
    public = client(None).get(f"/registers/laboratories/{base.number}/").content.decode()
    assert ("钱一" in public, "到岗日期" in public) == (True, False)  # the kind makes names public, not days


def test_what_does_not_fit_is_told_beside_its_field() -> None:
    base = new_base()
    browser = client("officer")
    sent = {"person": "无此人 某大学", "role": "researcher", "kind": "fixed", "since": "2025-13-40", "until": ""}
    answer = browser.post(f"/office/bases/{base.pk}/rows/people/new/", sent)
    assert answer.status_code == 422
    assert 'value="无此人 某大学"' in answer.content.decode()
    with pytest.raises(Refused) as refused:
        put(base, new_person(), role="postdoc", until=date(2020, 1, 1))
    assert {f for f, _c in fields(refused)} == {"until", "kind"}
    answer = browser.post(f"/office/bases/{base.pk}/rows/people/new/", sent | {"since": "2025-03-01"})
    assert "固定人员须是系统中登记的人员" in answer.content.decode()
    with pytest.raises(Refused) as refused:
        put(base, new_person(), role="director")
    assert fields(refused) == [("role", "director")]


def test_what_somebody_else_changed_since_is_not_overwritten_and_a_row_is_struck_by_an_officer() -> None:
    director = new_person()
    base = new_base(keepers={"director": director})
    row = put(base, new_person())
    seen = mark_of(row)
    values = {"person": row.person, "role": "backbone", "kind": "fixed", "title": "", "since": SINCE, "until": None}
    put_row(table=PEOPLE, entry=base, values=values, row=row, seen=seen, actor=actor("officer"))
    with pytest.raises(Refused, match="有人改动"):
        put_row(table=PEOPLE, entry=base, values=values | {"role": "technician"}, row=row, seen=seen, actor=as_(director))
    with pytest.raises(NotAllowed):
        strike_row(table=PEOPLE, row=BasePerson.objects.get(pk=row.pk), reason="误登", actor=as_(director))
    strike_row(table=PEOPLE, row=BasePerson.objects.get(pk=row.pk), reason="误登", actor=actor("officer"))
    event = Event.objects.filter(command="bases.strike_row").latest("pk")
    assert (event.before["role"], event.after["reason"]) == ("backbone", "误登")
    assert check() == []


def test_months_of_a_year_are_within_the_time_and_sum_to_twelve_at_most() -> None:
    one, other, person = new_base(), new_base(), new_person()
    here = put(one, person, since=date(2025, 7, 1))
    there = put(other, person, kind="mobile", role="visitor", since=date(2025, 1, 1))
    with pytest.raises(Refused) as refused:
        set_months(entry=one, year=2025, months={here.pk: Decimal(7)}, actor=actor("officer"))
    assert fields(refused)[0][0] == f"m{here.pk}"
    assert set_months(entry=one, year=2025, months={here.pk: Decimal("5.5")}, actor=actor("officer")) == 1
    with pytest.raises(Refused, match=r"其他基地已登记 5\.5 个月"):
        set_months(entry=other, year=2025, months={there.pk: Decimal(7)}, actor=actor("officer"))
    browser = client("officer")
    page = f"/office/bases/{one.pk}/months/2025/"
    assert "5.5" in browser.get(page).content.decode()
    assert browser.post(page, {f"m{here.pk}": "13"}).status_code == 422
    assert browser.post(page, {f"m{here.pk}": ""}).status_code == 302
    assert not PersonMonths.objects.filter(row=here).exists()
    assert browser.get(f"/office/bases/{one.pk}/months/1200/").status_code == 404
    assert check() == []


def test_the_people_of_a_base_that_ends_are_free_for_another() -> None:
    base, person = new_base(state="running"), new_person()
    put(base, person)
    done(base, "merge")
    ended = BasePerson.objects.get(entry=base)
    assert ended.until is not None
    with pytest.raises(Refused, match="已终止"):
        put(base, new_person())
    put(new_base(), person, since=ended.until)
    assert check() == []


def test_two_records_of_one_person_that_clash_are_not_merged() -> None:
    one, other = new_person("李双"), new_person("李双")
    put(new_base(), one)
    put(new_base(), other)
    blocking = [e.text for e in effects(one, other) if e.blocks]
    assert any("同时是实验室的固定人员" in text for text in blocking)


def sheet(*rows: list[Any]) -> bytes:
    heading = ["姓名", "岗位", "类别", "职称", "到岗日期", "离岗日期", "年度", "在岗月数"]
    return write_xlsx("人员", heading, rows)


def test_a_file_is_taken_whole_or_not_at_all_and_can_be_read_again() -> None:
    host = real_host()
    base, people = new_base(), [new_person(f"表中{n}", host) for n in range(3)]
    lines = [[f"{p.name_zh} {host.name_zh}", "研究人员", "固定人员", "教授", "2024-03-01", "", "2025", "9"] for p in people]
    bad = [
        *lines,
        ["", "研究人员", "固定人员", "", "2024-03-01", "", "", ""],
        ["某人 某校", "看门人", "固定人员", "", "昨天", "", "", "15"],
    ]
    result = import_rows(table=PEOPLE, entry=base, name="a.xlsx", content=sheet(*bad), actor=actor("officer"))
    assert BasePerson.objects.filter(entry=base).count() == 0
    assert {(e.row, e.column) for e in result.errors} == {(5, "姓名"), (6, "岗位"), (6, "到岗日期"), (6, "在岗月数")}
    result = import_rows(table=PEOPLE, entry=base, name="a.xlsx", content=sheet(*lines), actor=actor("officer"))
    assert (result.errors, result.added, result.changed) == ([], 3, 0)
    assert list(PersonMonths.objects.filter(row__entry=base).values_list("year", "months")) == [(2025, Decimal(9))] * 3
    browser = client("officer")
    page = f"/office/bases/{base.pk}/rows/people/"
    exported = browser.get(f"{page}?format=xlsx")
    content = b"".join(exported.streaming_content) if exported.streaming else exported.content
    again = SimpleUploadedFile("人员.xlsx", content)
    assert browser.post(f"{page}sheet/", {"file": again}).status_code == 302
    assert BasePerson.objects.filter(entry=base).count() == 3
    lines[0][1] = "学术骨干"
    result = import_rows(table=PEOPLE, entry=base, name="a.xlsx", content=sheet(*lines[:1]), actor=actor("officer"))
    assert (result.added, result.changed) == (0, 1)
    assert BasePerson.objects.get(entry=base, person=people[0]).role == "backbone"
    clash = new_base()
    result = import_rows(table=PEOPLE, entry=clash, name="a.xlsx", content=sheet(*lines), actor=actor("officer"))
    assert [e.column for e in result.errors] == ["姓名"] * 3
    assert check() == []


DAYS = st.integers(0, 2900).map(lambda n: date(2020, 1, 1) + timedelta(days=n))


class Time:
    def __init__(self, since: date, until: date | None) -> None:
        self.since, self.until = since, until

    def days(self) -> set[date]:
        end = self.until or date(2028, 6, 1)
        return {self.since + timedelta(days=n) for n in range((end - self.since).days)}


TIMES = st.tuples(DAYS, st.none() | DAYS).map(lambda t: Time(min(t[0], t[1] or t[0]), t[1] and max(t[0], t[1])))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(TIMES, TIMES)
def test_times_overlap_when_they_share_a_day(one: Time, other: Time) -> None:
    assert overlap(one, other) is bool(one.days() & other.days())


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(TIMES, st.integers(2020, 2028))
def test_months_within_a_year_are_between_none_and_twelve(time: Time, year: int) -> None:
    months = months_within(time.since, time.until, year)
    inside = sum(d.year == year for d in time.days() | {time.since} if year < 2028)
    assert 0 <= months <= 12
    assert months * 2 == int(months * 2)
    if time.until == time.since:
        assert months == 0
    elif inside > 364:
        assert months == 12
