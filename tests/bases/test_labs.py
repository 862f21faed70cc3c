"""The life of a laboratory: what its acceptance asks, requests that do a verb, open projects, rows it keeps, what a running one lacks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from headwater.bases.labs.standing import lacking
from headwater.bases.models import Base, OpenProject
from headwater.casework.bodies.services.calling import Agenda
from headwater.casework.letters.models import CaseLetter
from headwater.core import clock
from headwater.core.errors import Refused
from headwater.core.invariants import check
from headwater.registers.declared import Weighing, guards_of
from headwater.registers.kinds import kind_of
from headwater.registers.models import Succession
from headwater.registers.services.acting import apply_verb
from tests.make import actor, as_, client, manager, new_host, new_person, real_host, user_of
from tests.make.bases import ACCEPTED, answered, done, new_base, register_of
from tests.make.labs import (
    ACCEPTANCE,
    agreed,
    end_notices,
    give_committee,
    panel_votes,
    put,
    put_call,
    put_fixed,
    put_rule,
    ready,
    requested,
    sit,
)

pytestmark = pytest.mark.django_db


def codes(base: Base, verb: str) -> list[str]:
    with pytest.raises(Refused) as refused:
        apply_verb(
            register=register_of(base.kind),
            entries=[base.pk],
            verb=verb,
            reason="研究决定",
            values=ACCEPTED,
            actor=actor("officer"),
        )
    return [r.code for r in refused.value.reasons]


def test_a_laboratory_is_accepted_when_all_that_running_asks_is_there_and_gets_a_letter() -> None:
    base = new_base(keepers={"director": new_person(), "secretary": new_person()})
    assert codes(base, "accept") == [*("requested", "staff", "committee", "committee_met", "rules", "open_call", "body")]
    base = ready(base)
    assert codes(base, "accept") == ["requested", "body"]
    agreed(requested(base, "accept", ACCEPTANCE, manager(base.host)))
    panel_votes(base, "no")
    assert codes(base, "accept") == ["body"]
    panel_votes(base)
    done(base, "accept", values=ACCEPTED)
    base = Base.objects.get(pk=base.pk)
    assert (base.state, base.since) == ("running", clock.today())
    letter = CaseLetter.objects.get(subject_kind="bases.base", subject_id=base.pk)
    assert base.name_zh in letter.heading_zh
    assert lacking([base]) == {}
    assert check() == []


def test_each_kind_of_laboratory_has_the_committee_that_it_names() -> None:
    base = new_base("key-lab-enterprise")
    give_committee(base, "academic-committee")
    find = guards_of(register_of(base.kind))["has_committee"].find
    weighing = Weighing(kind=kind_of(base), on=clock.today())
    assert list(find([base], weighing)) == [base.pk]
    other = new_base("key-lab-enterprise")
    give_committee(other, "enterprise-committee", size=7)
    assert find([other], weighing) == {}


def test_guards_ask_as_often_whatever_the_number_of_laboratories() -> None:
    bases = [new_base() for _n in range(4)]
    guards = guards_of(register_of(bases[0].kind))
    weighing = Weighing(kind=kind_of(bases[0]), on=clock.today())
    for name in ("has_committee", "committee_met", "rules_listed", "open_call_this_year", "has_fixed_staff"):
        counts = []
        for some in (bases[:1], bases):
            with CaptureQueriesContext(connection) as queries:
                guards[name].find(some, weighing)
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 2, name


def test_a_running_laboratory_shows_what_it_lacks() -> None:
    director = new_person()
    base = new_base(state="running", keepers={"director": director})
    page = f"/office/registers/laboratories/{base.pk}/opening/"
    shown = client(user_of(director)).get(page).content.decode()
    assert "还没有登记规章制度" in shown
    put_rule(base)
    assert "还没有登记规章制度" not in client(user_of(director)).get(page).content.decode()


def test_building_is_extended_and_a_laboratory_suspended_by_a_request() -> None:
    base = new_base(keepers={"director": new_person()})
    values = {
        "done": "已完成实验用房改造和大部分仪器的采购安装调试。",
        "left": "两台大型仪器因供货延迟还没有到货，影响平台建成。",
        "steps": "延长期内完成安装调试和试运行，并补充技术人员。",
    }
    agreed(requested(base, "extend", values, manager(base.host)))
    assert Base.objects.get(pk=base.pk).state_due == clock.add_months(base.state_due, 12)
    running = new_base(state="running", keepers={"director": new_person()})
    why = {
        "why": "实验楼整体搬迁，半年内没有可用的场地和水电条件。",
        "back_on": "2027-06-01",
        "steps": "人员转入在研项目，仪器封存，数据照常备份保管。",
    }
    agreed(requested(running, "suspend", why, manager(running.host)))
    assert Base.objects.get(pk=running.pk).state == "suspended"
    assert check() == []


def test_a_merger_is_asked_for_agreed_to_and_leaves_a_line_of_records() -> None:
    old, into, person = new_base(state="running"), new_base(state="running"), new_person()
    put_fixed(old, person)
    values = {
        "into": "无此编号",
        "why": "两个实验室研究方向相近，整合后集中力量攻关。",
        "steps": "人员、仪器和在研任务整体转入承继的实验室。",
    }
    with pytest.raises(Refused) as refused:
        requested(old, "merge", values, manager(old.host))
    assert [(r.field, r.code) for r in refused.value.reasons] == [("into", "into")]
    agreed(requested(old, "merge", values | {"into": into.number}, manager(old.host)))
    old = Base.objects.get(pk=old.pk)
    assert (old.state, old.group, old.succeeded_on) == ("merged", "ended", clock.today())
    link = Succession.objects.get(subject_kind="bases.base", before_id=old.pk)
    assert (link.after_id, link.how) == (into.pk, "merged")
    put_fixed(into, person, since=clock.today())
    assert check() == []


def test_directions_are_set_anew_after_the_committee_considered_them() -> None:
    base = new_base(state="running", keepers={"director": new_person()})
    values: dict[str, Any] = {
        "directions": [{"name": "草原碳汇"}, {"name": "土壤微生物"}],
        "considered_on": str(clock.today()),
        "advice": "同意调整，新的方向更贴近需求。",
    }
    with pytest.raises(Refused) as refused:
        requested(base, "redirect", values, manager(base.host))
    assert {r.code for r in refused.value.reasons} == {"committee", "committee_considered"}
    give_committee(base)
    agreed(requested(base, "redirect", values, manager(base.host)))
    assert [d["name"] for d in Base.objects.get(pk=base.pk).answers["directions"]] == ["草原碳汇", "土壤微生物"]


def test_an_open_project_needs_the_committee_and_the_director_and_then_stands_in_the_table() -> None:
    director, secretary, leader = new_person("主任甲"), new_person("秘书乙"), new_person("外单位丙", new_host("外校"))
    base = new_base(state="running", keepers={"director": director, "secretary": secretary})
    values = {
        "title": "草原退化机理",
        "leader": {"id": leader.pk, "name": leader.name_zh},
        "amount": 5_000_000,
        "starts_on": "2026-06-01",
        "ends_on": "2028-05-31",
        "considered_on": str(clock.today()),
        "content": "研究典型草原退化的微生物机理与恢复途径，提出可行的技术。",
    }
    with pytest.raises(Refused) as refused:
        requested(base, "open_project", values, as_(secretary))
    assert [r.field for r in refused.value.reasons] == ["considered_on"]
    give_committee(base)
    request = requested(base, "open_project", values, as_(secretary))
    assert not OpenProject.objects.filter(entry=base).exists()
    agreed(request)
    row = OpenProject.objects.get(entry=base)
    assert (row.title, row.person, row.amount_fen, row.request_id) == ("草原退化机理", leader, 5_000_000, request.pk)
    public = client(None).get(f"/registers/laboratories/{base.number}/").content.decode()
    assert "草原退化机理" in public
    assert check() == []


def test_a_removal_is_published_first_and_then_takes_effect() -> None:
    base = new_base(state="running")
    apply_verb(register=register_of(base.kind), entries=[base.pk], verb="remove", reason="评估不合格", actor=actor("officer"))
    answered(base)
    assert Base.objects.get(pk=base.pk).state == "running"
    end_notices()
    assert Base.objects.get(pk=base.pk).state == "removed"


@pytest.mark.parametrize(
    ("table", "good", "bad", "field"),
    [
        ("rules", {"title": "章程", "adopted_on": date(2025, 1, 1), "link": "https://example.org"}, {"link": ""}, "link"),
        (
            "calls",
            {"title": "指南", "text": "内容", "opens_on": date(2026, 1, 5), "closes_on": date(2026, 2, 5)},
            {"closes_on": date(2026, 1, 1)},
            "closes_on",
        ),
        (
            "days",
            {"title": "开放日", "kind": "open_day", "on": date(2025, 5, 20), "visitors": 300},
            {"on": date(2999, 1, 1)},
            "on",
        ),
        (
            "safety",
            {"on": date(2025, 5, 20), "grade": "minor", "text": "烧杯破裂，已处理。"},
            {"settled_on": date(2025, 1, 1)},
            "settled_on",
        ),
        (
            "projects",
            {"title": "课题", "amount_fen": 100, "since": date(2025, 1, 1), "until": date(2026, 1, 1), "state": "running"},
            {"until": date(2024, 1, 1)},
            "until",
        ),
    ],
)
def test_rows_that_do_not_fit_are_told_beside_their_field(
    table: str, good: dict[str, Any], bad: dict[str, Any], field: str
) -> None:
    base = new_base()
    if table == "projects":
        good = good | {"person": new_person()}
    with pytest.raises(Refused) as refused:
        put(table, base, **(good | bad))
    assert [r.field for r in refused.value.reasons] == [field]
    row = put(table, base, **good)
    page = f"/office/bases/{base.pk}/rows/{table}/"
    officer = client("officer")
    for address in (page, f"{page}{row.pk}/", f"{page}new/", f"{page}{row.pk}/strike/", f"{page}?format=csv"):
        assert officer.get(address).status_code == 200, address


def test_accidents_are_never_public_and_calls_are() -> None:
    base = new_base(state="running")
    put("safety", base, on=date(2025, 5, 20), grade="minor", text="秘密事故")
    put_call(base, title="公开指南")
    page = client(None).get(f"/registers/laboratories/{base.number}/").content.decode()
    assert ("秘密事故" in page, "公开指南" in page) == (False, True)


def test_a_base_without_such_tables_has_no_such_pages() -> None:
    base = new_base("makerspace", answers={}, host=real_host())
    assert client("officer").get(f"/office/bases/{base.pk}/rows/people/").status_code == 404
    assert "运行与开放" not in client("officer").get(f"/office/registers/incubators/{base.pk}/").content.decode()


def test_a_committee_that_considers_again_is_found_by_its_day() -> None:
    base = new_base(state="running")
    body = give_committee(base, meets=False)
    find = guards_of(register_of(base.kind))["committee_considered"].find
    values = {"considered_on": str(clock.today())}
    assert list(find([base], Weighing(kind=kind_of(base), on=clock.today(), values=values))) == [base.pk]
    sit(body, Agenda("审议开放课题"))
    assert find([base], Weighing(kind=kind_of(base), on=clock.today(), values=values)) == {}
    other = {"considered_on": str(clock.today() - timedelta(days=1))}
    assert list(find([base], Weighing(kind=kind_of(base), on=clock.today(), values=other))) == [base.pk]
