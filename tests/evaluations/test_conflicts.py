"""Who may not judge an entry, beside what the registry knows: seats on its bodies, parts in it, institutions that work with it."""

from __future__ import annotations

from datetime import date

import pytest

from headwater.bases.models import BaseHolder
from headwater.calls.models import Application
from headwater.core.command import system
from headwater.review.models import Conflict
from headwater.review.services.conflicts import find_conflicts
from tests.casework.made import COMMITTEE, chosen, committee
from tests.evaluations.made import alone, handed_in, laboratories, opened
from tests.make import new_expert, new_host

pytestmark = pytest.mark.django_db


def test_committee_members_and_those_who_work_with_an_entry_are_barred() -> None:
    alone()
    base = laboratories(1)[0]
    round_ = opened()
    row = handed_in(round_)[0]
    Application.objects.filter(pk=row.application_id).update(state="accepted")
    member, partner, holder, free = (new_expert(n) for n in ("委员", "合作方", "共建人", "无关"))
    people = [*(new_expert(f"外委{n}").person for n in range(8)), member.person]
    committee(record=base, kind=COMMITTEE, members=chosen(people), name_zh="学术委员会")
    home = new_host("合作大学")
    partner.person.organisation = home
    partner.person.save()
    BaseHolder.objects.create(entry=base, organisation=home, role="partner", since=date(2024, 1, 1))
    BaseHolder.objects.create(entry=base, person=holder.person, role="builder", since=date(2024, 1, 1))
    counts = find_conflicts(call=round_.call, actor=system("test"))
    found = {(c.expert_id, c.kind) for c in Conflict.objects.filter(application=row.application_id)}
    assert (member.pk, "committee") in found
    assert (partner.pk, "cooperation") in found
    assert (holder.pk, "takes_part") in found
    assert free.pk not in {expert for expert, _kind in found}
    assert counts["committee"] == 9
    assert counts["cooperation"] >= 1
