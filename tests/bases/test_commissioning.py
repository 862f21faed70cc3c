"""Direct commissioning: each gate with its reason, read from the register; the cap of the year; what becomes of it when a base is downgraded."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from headwater.awards.models import Award
from headwater.bases.commissioning.queries import commissions, flagged
from headwater.bases.incubation.models import Assessment
from headwater.bases.models import Base
from headwater.calls.facts import check_applications
from headwater.calls.models import Application
from headwater.core import clock
from headwater.core.duties import duties_of
from headwater.core.models import Account
from headwater.forms.answers.references import Registry
from headwater.registry.models import Discipline, PriorityField
from tests.make import client, new_call, new_host, new_person, placed
from tests.make.bases import commissioned, new_base
from tests.make.people import SERIAL

pytestmark = pytest.mark.django_db
GATES = ("check.base_at_work", "check.base_held", "check.grade", "check.in_direction", "share_of_programme")


def discipline() -> Discipline:
    return Discipline.objects.filter(level=2).order_by("code")[0]


def asked(base: Base | None = None, **more: Any) -> Application:
    """An application to commission a base, by default one of its own host that meets every gate."""
    host = new_host()
    base = base or commissioned(host, discipline())
    call = new_call("im-direct", budget_fen=30_000_000, year=2030 + next(SERIAL))  # its year holds nothing else
    answers = {"base": {"number": base.number, "name": base.name_zh}}
    given = {"answers": answers, "host": base.host, "discipline": discipline(), "amount_fen": 6_000_000}
    return placed(call, "received", new_person(organisation=base.host), **given | more)


def verdicts(row: Application) -> dict[str, str]:
    row = Application.objects.get(pk=row.pk)
    return {r.rule: str(r.outcome) for r in check_applications([row], row.call)[row.pk] if r.rule in GATES}


def failing(row: Application) -> list[str]:
    return [gate for gate in GATES if verdicts(row)[gate] != "passed"]


def test_a_base_that_meets_every_gate_can_be_commissioned() -> None:
    assert verdicts(asked()) == dict.fromkeys(GATES, "passed")


@pytest.mark.parametrize("grade", ["pass", "failed", ""])
def test_a_base_must_have_been_good_in_the_last_round(grade: str) -> None:
    base = commissioned(new_host(), discipline(), grade=grade)
    row = asked(base)
    assert failing(row) == ["check.grade"]
    Assessment.objects.create(base=base, year=2026, grade="good", on=date(2026, 3, 1))
    assert failing(row) == []


def test_the_newest_grade_counts_and_not_the_best() -> None:
    base = commissioned(new_host(), discipline())
    Assessment.objects.create(base=base, year=2026, grade="pass", on=date(2026, 3, 1))
    assert failing(asked(base)) == ["check.grade"]


def test_a_base_that_is_not_at_work_cannot_be_commissioned() -> None:
    base = commissioned(new_host(), discipline())
    Base.objects.filter(pk=base.pk).update(state="rectifying", group="watched")
    assert failing(asked(base)) == ["check.base_at_work"]


def test_another_institution_cannot_ask_for_the_base() -> None:
    assert failing(asked(host=new_host())) == ["check.base_held"]


def test_the_task_lies_in_the_field_or_the_discipline_of_the_base() -> None:
    other = Discipline.objects.filter(level=2).exclude(code__startswith=discipline().code[:1]).order_by("code")[0]
    assert failing(asked(discipline=other)) == ["check.in_direction"]
    field = PriorityField.objects.order_by("code")[0]
    base = commissioned(new_host(), discipline())
    Base.objects.filter(pk=base.pk).update(field=field)
    assert failing(asked(base, discipline=other, priority_field=field.code)) == []
    Base.objects.filter(pk=base.pk).update(field=None, discipline=None)
    assert verdicts(asked(base))["check.in_direction"] == "unknown"  # the record says nothing: somebody looks


def test_a_year_gives_no_more_than_its_share_to_commissions() -> None:
    assert failing(asked(amount_fen=6_000_000)) == []  # 20 % of 300,000 yuan
    row = asked(amount_fen=6_000_001)
    assert failing(row) == ["share_of_programme"]
    result = next(r for r in check_applications([row], row.call)[row.pk] if r.rule == "share_of_programme")
    assert (result.inputs["percent"], result.inputs["budget_fen"]) == (20, 30_000_000)
    assert "20%" in result.zh


def test_what_is_decided_already_counts_and_what_was_given_up_does_not() -> None:
    from headwater.calls.models import Decision

    first = asked(amount_fen=4_000_000)
    second = placed(
        first.call,
        "received",
        new_person(organisation=first.host),
        answers=first.answers,
        host=first.host,
        discipline=discipline(),
        amount_fen=3_000_000,
    )
    assert failing(second) == []
    officer = Account.objects.get(username="officer")
    decision = Decision.objects.create(
        application=first, call=first.call, outcome="fund", amount_fen=4_000_000, proposed_by=officer, proposed_at=clock.now()
    )
    assert failing(second) == ["share_of_programme"]
    assert failing(first) == []  # its own decision is not counted twice
    Decision.objects.filter(pk=decision.pk).update(freed_at=clock.now())
    assert failing(second) == []


def test_an_answer_names_a_public_entry_at_work_by_number_or_name() -> None:
    base = commissioned(new_host(), discipline())
    registry, among = Registry(), ("laboratories",)
    stored = {"number": base.number, "name": base.name_zh}
    for text in (base.number, base.name_zh, f"{base.number} {base.name_zh}", stored):
        assert registry.entry(text, among) == (stored, "")
    assert registry.entry(base.number, ("stations",))[0] is None
    assert "没有正在运行" in registry.entry("不存在的实验室", among)[1]
    planned = new_base(name="在建")
    assert registry.entry(planned.number, among)[0] is None
    found = client("officer").get("/lookup/entries/", {"q": base.number}, headers={"accept": "application/json"}).json()
    assert base.number in str(found)


def award(row: Application) -> Award:
    today = clock.today()
    return Award.objects.create(
        application=row,
        call=row.call,
        number=f"T-{row.pk}",
        title_zh="受托任务",
        leader=row.leader,
        host=row.host,
        state="running",
        amount_fen=row.amount_fen,
        starts_on=today,
        ends_on=today + timedelta(days=700),
        approved_at=clock.now(),
        agreement_by=clock.now(),
    )


def test_a_commission_is_flagged_when_its_base_is_downgraded_and_the_officer_has_a_task() -> None:
    base = commissioned(new_host(), discipline())
    row = award(asked(base))
    found = next(c for c in commissions() if c.award.pk == row.pk)
    assert (found.base, found.is_flagged, found.grade.code if found.grade else "") == (base, False, "excellent")
    assert row.pk not in [c.award.pk for c in flagged()]
    Assessment.objects.create(base=base, year=2026, grade="failed", on=date(2026, 3, 1))
    found = next(c for c in flagged() if c.award.pk == row.pk)
    assert [w.zh for w in found.against] == ["评估良好以上的基地方可直接委托"]
    assert any("不再符合条件" in d.title for d in duties_of(Account.objects.get(username="officer")))
    page = client("officer").get("/office/bases/commissions/").content.decode()
    assert "评估良好以上的基地方可直接委托" in page
    assert base.name_zh in page
    assert client("leader").get("/office/bases/commissions/").status_code == 200
    assert client(f"host-{real()}").get("/office/bases/commissions/").status_code == 403
    Base.objects.filter(pk=base.pk).update(state="removed", group="ended", until=clock.today())
    assert len(next(c for c in flagged() if c.award.pk == row.pk).against) == 2
    Award.objects.filter(pk=row.pk).update(state="terminated", closed_on=clock.today())
    assert row.pk not in [c.award.pk for c in flagged()]


def real() -> str:
    from tests.make import real_host

    return str(real_host().code)
