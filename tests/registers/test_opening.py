"""New entries: numbers, states, holders, keepers; what is refused and beside which field; how many statements it takes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from headwater.bases.models import Base, BaseHolder
from headwater.core import clock
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Event, RoleGrant
from headwater.registers.declared import REGISTERS
from headwater.registers.services.opening import Draft, Share, open_entries
from headwater.registry.models import Organisation
from tests.make import actor, new_host, new_person, real_host
from tests.make.bases import new_base

pytestmark = pytest.mark.django_db
LABS = "laboratories"


def refusal(**given: Any) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as refused:
        new_base(**given)
    return [(r.field, r.text) for r in refused.value.reasons]


def test_an_entry_begins_in_the_first_state_with_the_next_number() -> None:
    one, other = new_base(), new_base()
    year = clock.today().year
    first, second = (int(b.number.rpartition("-")[2]) for b in (one, other))
    assert (one.number, second - first) == (f"SYSX-{year}-{first:03}", 1)
    assert (one.state, one.group, one.is_public, one.since, one.origin) == ("building", "planned", True, None, "officer")
    assert one.state_due == clock.add_months(clock.today(), 36)
    assert [(h.role, h.organisation_id, h.until) for h in one.holders.all()] == [("lead", one.host_id, None)]
    event = Event.objects.get(subject_type="bases.base", subject_id=one.pk)
    assert (event.command, event.before, event.after["number"]) == ("registers.open_entries", None, one.number)


def test_a_number_that_came_from_elsewhere_is_kept_and_passed_over() -> None:
    year = clock.today().year
    given = new_base(number=f"SYSX-{year}-700")
    assert (given.number, new_base().number) == (f"SYSX-{year}-700", f"SYSX-{year}-701")
    assert refusal(number=given.number) == [("number", f"编号 {given.number} 已被使用")]
    assert refusal(number="有 空格") == [("number", "编号只能由文字、数字、连字符和点组成，最多 40 个字符")]


def test_every_reason_is_told_at_once_beside_its_field() -> None:
    host = new_host()
    reasons = refusal(
        kind="key-lab-academic", state="flying", holders=[Share("partner", new_host()) for _n in range(3)] + [Share("lead", host)]
    )
    assert [field for field, _text in reasons] == ["state", "holders", "holders"]
    assert "building（建设期）" in reasons[0][1]


def test_a_person_who_keeps_an_entry_gets_the_role_for_it_alone() -> None:
    person = new_person()
    base = new_base(keepers={"director": person})
    other = new_base()
    grant = RoleGrant.objects.get(account=person.account)
    assert (grant.role, grant.scope_kind, grant.scope_id) == ("director", "bases.base", base.pk)
    account = person.account
    assert [b.pk for b in Base.objects.inside(account).filter(pk__in=[base.pk, other.pk])] == [base.pk]


def test_who_may_not_keep_an_entry_is_refused() -> None:
    officer = new_person()
    RoleGrant.objects.create(account=officer.account, role="programme_officer")
    with pytest.raises(Refused, match="不相容"):
        new_base(keepers={"director": officer})


def test_only_an_officer_of_all_calls_opens_entries() -> None:
    host = real_host()
    for name in ("leader", f"host-{host.code}"):
        with pytest.raises(NotAllowed):
            open_entries(register=REGISTERS[LABS], drafts=[Draft("key-lab-academic", "甲", host)], actor=actor(name))
    with pytest.raises(ValueError, match="only the demo"):
        open_entries(register=REGISTERS[LABS], drafts=[Draft("key-lab-academic", "甲")], actor=actor("officer"), invented=True)


def drafts(n: int) -> list[Draft]:
    hosts = list(Organisation.objects.hosts()[:3])
    return [Draft("key-lab-academic", f"批量{i}", hosts[i % 3], keepers={}) for i in range(n)]


def test_opening_many_takes_as_many_statements_as_opening_three() -> None:
    open_entries(register=REGISTERS[LABS], drafts=drafts(1), actor=actor("officer"))  # what is read once per process
    counts = []
    for n in (3, 40):
        with CaptureQueriesContext(connection) as queries:
            open_entries(register=REGISTERS[LABS], drafts=drafts(n), actor=actor("officer"))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 22
    assert check(["entry_state_declared", "entry_host_leads", "entry_sums", "rows_as_written"]) == []


def test_the_database_refuses_a_state_that_the_kind_does_not_have() -> None:
    base = new_base()
    for values in ({"state": "flying"}, {"group": "live"}, {"is_public": False}):
        with pytest.raises(IntegrityError, match="kind key-lab-academic"), transaction.atomic():
            Base.objects.filter(pk=base.pk).update(**values)
    with pytest.raises(IntegrityError, match="baseholder_leads_alone"), transaction.atomic():
        BaseHolder.objects.create(entry=base, organisation=new_host(), role="lead", since=clock.today())
    with pytest.raises(IntegrityError, match="baseholder_is_one"), transaction.atomic():
        BaseHolder.objects.create(entry=base, role="partner", since=clock.today())
    with pytest.raises(IntegrityError, match="base_at_work_has_no_end"), transaction.atomic():
        Base.objects.filter(pk=base.pk).update(until=clock.today())
