"""What kinds of bases may ask of the running of a base before something is done with it: committee, rules, open calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.bases.labs.committees import committees_of, met, seats_of
from headwater.bases.models import BasePerson, BaseRule, OpenCall
from headwater.bases.people.models import there_on
from headwater.casework.requests.models import Request
from headwater.core import clock
from headwater.core.errors import Reason
from headwater.registers.declared import Doing, Guard, Weighing


def has_committee(entries: Sequence[Any], weighing: Weighing) -> Mapping[int, Reason]:
    """A committee is in office, with as many members as its kind asks (2 queries)."""
    committees = committees_of(entries)
    seats = seats_of(committees.values(), weighing.on)
    reasons = {}
    for entry in entries:
        body = committees.get(entry.pk)
        if body is None:
            reasons[entry.pk] = Reason(_("还没有委员会：请先在“委员会与专家组”中组建"), code="committee")
        elif (now := seats.get(body.pk, 0)) < (least := body.rule.composition.least or 1):
            words = {"body": body, "now": now, "least": least}
            reasons[entry.pk] = Reason(_("%(body)s现有 %(now)d 人，至少 %(least)d 人：请补选") % words, code="committee")
    return reasons


def committee_met(entries: Sequence[Any], _weighing: Weighing) -> Mapping[int, Reason]:
    """The committee has met with a quorum (1 query)."""
    held = met(entries)
    text = _("委员会还没有开过达到法定人数的会议：请先召开")
    return {e.pk: Reason(text, code="committee_met") for e in entries if e.pk not in held}


def rules_listed(entries: Sequence[Any], weighing: Weighing) -> Mapping[int, Reason]:
    """At least one rule of the base is in force (1 query)."""
    in_force = Q(adopted_on__lte=weighing.on) & (Q(until__isnull=True) | Q(until__gt=weighing.on))
    have = set(BaseRule.objects.filter(in_force, entry__in=entries).values_list("entry", flat=True))
    text = _("还没有登记规章制度：请在“运行与开放”中列出")
    return {e.pk: Reason(text, code="rules") for e in entries if e.pk not in have}


def open_call_this_year(entries: Sequence[Any], weighing: Weighing) -> Mapping[int, Reason]:
    """An open call began in the year of the day (1 query)."""
    have = set(OpenCall.objects.filter(entry__in=entries, opens_on__year=weighing.on.year).values_list("entry", flat=True))
    text = _("%d 年还没有发布开放课题指南：每年至少一次，请在“运行与开放”中登记") % weighing.on.year
    return {e.pk: Reason(text, code="open_call") for e in entries if e.pk not in have}


def has_fixed_staff(entries: Sequence[Any], weighing: Weighing) -> Mapping[int, Reason]:
    """Fixed staff is on the list of people (1 query)."""
    rows = BasePerson.objects.filter(there_on(weighing.on), entry__in=entries, kind=BasePerson.Kind.FIXED)
    have = set(rows.values_list("entry", flat=True))
    return {e.pk: Reason(_("还没有登记固定人员：请在“队伍”中登记"), code="staff") for e in entries if e.pk not in have}


def requested(entries: Sequence[Any], weighing: Weighing) -> Mapping[int, Reason]:
    """The verb was asked for by a request of the same code that was accepted since the base came into its state (1 query)."""
    if not isinstance(weighing, Doing) or not entries:
        return {}
    rows = Request.objects.filter(
        subject_kind=entries[0]._meta.label_lower,
        subject_id__in=[e.pk for e in entries],
        kind=weighing.verb.code,
        state=Request.State.APPROVED,
    )
    last = {pk: at for pk, at in rows.order_by("decided_at").values_list("subject_id", "decided_at") if at}
    text = _("依托单位还没有就此提出申请，或申请还没有同意：请先在“申请事项”中提出")
    return {
        e.pk: Reason(text, code="requested") for e in entries if e.pk not in last or clock.local_day(last[e.pk]) < e.state_since
    }


GUARDS: dict[str, Guard] = {
    "has_committee": Guard(gettext_lazy("委员会在任"), has_committee),
    "committee_met": Guard(gettext_lazy("委员会开过会"), committee_met),
    "rules_listed": Guard(gettext_lazy("列有规章制度"), rules_listed),
    "open_call_this_year": Guard(gettext_lazy("本年度发布了开放课题指南"), open_call_this_year),
    "has_fixed_staff": Guard(gettext_lazy("登记了固定人员"), has_fixed_staff),
    "requested": Guard(gettext_lazy("依托单位已提出申请并获同意"), requested),
}
