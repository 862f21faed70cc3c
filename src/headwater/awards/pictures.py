"""Pictures of the whole way of a call: from draft to award, its money, and which agreements are late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, Min, Q, Sum
from django.utils.translation import gettext as _

from headwater.awards.models import GIVEN_UP, Award
from headwater.calls.deciding.services.decisions import commitments_for, committed_by_call
from headwater.calls.late import LATE, Late
from headwater.calls.models import Application, Call
from headwater.calls.pictures import NOT_YOURS, PICTURES, Source
from headwater.calls.queries import counted
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.calls.words import state_word, words_of
from headwater.core import clock, money
from headwater.core.i18n import named
from headwater.core.own import without_own
from headwater.core.pictures import Bar, Picture, Series
from headwater.registry.models import Organisation

FILL, HOST, CHECK, REVIEW, DECIDE, SIGN, END = range(7)
WAITS = {
    State.DRAFT: FILL,
    State.HOST_REVIEW: HOST,
    State.RECOMMENDING: HOST,
    State.RECEIVED: CHECK,
    State.RECHECK: CHECK,
    State.ACCEPTED: REVIEW,
    State.IN_REVIEW: REVIEW,
    State.REVIEWED: DECIDE,
    State.PANEL: DECIDE,
    State.PROPOSED: DECIDE,
    State.NOT_PROPOSED: DECIDE,
    State.PUBLICITY: DECIDE,
    State.OBJECTION: DECIDE,
}
"""The step at which an application stands."""
LEFT = {State.NOT_ENDORSED: HOST, State.NOT_ACCEPTED: CHECK, State.WITHDRAWN: CHECK, State.REJECTED: DECIDE}
"""The step at which one came to its end."""


@dataclass(frozen=True)
class Group:
    """Applications that stand alike."""

    state: State
    submitted: bool
    signed: bool
    given_up: bool
    decided: bool
    under_agreement: bool

    @property
    def place(self) -> tuple[int, bool]:
        """Return the step and whether they left there; at the end nobody waits."""
        if self.state == State.RECHECK and self.decided:
            return DECIDE, False
        if self.state in WAITS:
            return WAITS[self.state], False
        if self.state in LEFT:
            return LEFT[self.state], True
        if self.state == State.EXPIRED:
            return (HOST if self.submitted else FILL), True
        if self.state == State.APPROVED and self.under_agreement and not self.signed:
            return SIGN, self.given_up
        return END, False


def _is(condition: Q) -> ExpressionWrapper[Any]:
    return ExpressionWrapper(condition, output_field=BooleanField())


def _groups(account: Any, calls: Sequence[Call]) -> Iterator[tuple[Group, int]]:
    """Count the applications of calls by what has become of them (one query). What its author withdrew before it came to the house was
    never the house's.
    """
    under = {c.pk: scheme_of(c).has_agreement for c in calls}
    rows = Application.objects.filter(counted(account, states=frozenset(State)), call__in=calls)
    rows = rows.exclude(state=State.WITHDRAWN, received_at__isnull=True).order_by()
    keys = {
        "submitted": _is(Q(submitted_at__isnull=False)),
        "signed": _is(Q(award__agreement__signed_at__isnull=False)),
        "given_up": _is(Q(award__state__in=GIVEN_UP)),
        "decided": _is(Q(decision__isnull=False)),
    }
    names = ("call", "state", *keys)
    counts = rows.annotate(**keys).values_list(*names).annotate(n=Count("pk"))
    for call, state, submitted, signed, given_up, decided, n in counts:
        yield Group(State(state), submitted, bool(signed) and not given_up, bool(given_up), decided, under[call]), n


def funnel(account: Any, calls: Sequence[Call]) -> Picture:
    """Draw how many came to each step of the way, where they stand, and how many left it there, and why."""
    waiting: Counter[int] = Counter()
    left: Counter[tuple[int, State]] = Counter()
    for group, n in _groups(account, calls):
        step, gone = group.place
        if gone:
            left[step, group.state] += n
        else:
            waiting[step] += n
    total = sum(waiting.values()) + sum(left.values())
    steps, bars = _steps(calls), []
    for step, label in steps.items() if total else ():
        lost = sum(n for (at, _state), n in left.items() if at == step)
        here = 0 if step == END else waiting[step]
        past = sum(waiting[s] for s in range(step if step == END else step + 1, END + 1))
        past += sum(n for (at, _state), n in left.items() if at > step)
        told = _("%d 项") % (past + here + lost)
        if lost:
            told += " · " + _("离开 %d") % lost
        bars.append(Bar(label, (past, here, lost), told, (past + here + lost, _why_left(calls, left, step))))
    return Picture(
        code="funnel",
        title=_("从填写到立项的每一步") if any(scheme_of(c).outcome == "award" for c in calls) else _("从填写到决定的每一步"),
        of=_("步骤"),
        axis=_("申请数（项）"),
        series=[Series(_("进入下一步")), Series(_("仍在这一步"), "soft"), Series(_("在这一步离开"), "warn")],
        bars=bars,
        extra=[_("到达"), _("离开的原因")],
        source=_("申请所处的状态和签署记录"),
        why=_("每项申请按现在的状态计一次。报送前由申请人撤回的不计，受理后撤回的计在形式审查。"),
        without=NOT_YOURS,
        empty=_("还没有申请"),
    )


def _steps(calls: Sequence[Call]) -> dict[int, str]:
    """Return the steps of the calls with their names; one call names them by its own words."""
    steps = {FILL: _("填写"), HOST: _("单位审核和推荐"), CHECK: _("形式审查"), REVIEW: _("评审"), DECIDE: _("决定")}
    one = calls[0] if len(calls) == 1 else None
    if not any(scheme_of(c).has_agreement for c in calls):
        return steps | {END: state_word(one, State.APPROVED).label if one else _("已批准")}
    word = words_of(one)["agreement"] if one else _("任务书")
    end = _("已签%s") % word if one else _("已签任务书或无须签订")
    return steps | {SIGN: _("签订%s") % word, END: end}


def _why_left(calls: Sequence[Call], left: Counter[tuple[int, State]], step: int) -> str:
    """Tell by state what left at a step; awards that were given up have no state of their own."""
    told = []
    for (at, state), n in sorted(left.items()):
        if at == step:
            label = _("放弃或逾期未签") if state == State.APPROVED else _label(calls, state)
            told.append(f"{label} {n}")
    return "；".join(told)


def _label(calls: Sequence[Call], state: State) -> str:
    return state_word(calls[0], state).label if len(calls) == 1 else str(state.label)


def budget(account: Any, calls: Sequence[Call]) -> Picture | None:
    """Draw the money of calls against their budgets, in fen: under signed agreements, decided, free."""
    paid = [c for c in calls if scheme_of(c).has_money]
    if not paid:
        return None
    decided = committed_by_call(account, paid)
    signed_rows = commitments_for(account, paid).filter(application__award__agreement__signed_at__isnull=False)
    signed = dict(signed_rows.order_by().values_list("call").annotate(m=Sum("amount_fen")).values_list("call", "m"))
    bars = []
    for c in paid:
        under, all_ = signed.get(c.pk, 0), decided.get(c.pk, 0)
        free = c.budget_fen - all_
        told = _("余额 %s") % money.wan(free) if free >= 0 else _("超出 %s") % money.wan(-free)
        bars.append(
            Bar(
                named(c, "title"),
                (under, all_ - under, max(0, free)),
                told,
                (money.wan_column(c.budget_fen), money.wan_column(all_)),
            )
        )
    return Picture(
        code="money",
        title=_("经费与预算"),
        of=_("批次"),
        axis=_("金额（万元）"),
        series=[Series(_("已签订")), Series(_("已决定未签"), "mid"), Series(_("余额"), "soft")],
        bars=bars,
        extra=[_("预算"), _("已决定金额")],
        say=money.wan,
        cell=money.wan_column,
        source=_("批次预算、决定和签署记录"),
        why=_("已决定金额不含已放弃项目退回的经费；未公布的决定只计给可以查看的人。"),
        empty=_("没有有经费的批次"),
    )


PICTURES.add("funnel", Source(10, funnel))
PICTURES.add("money", Source(30, budget))


@LATE.under("awards")
def of_agreements(account: Any, calls: Sequence[Call]) -> Iterator[Late]:
    """Yield the agreements that were not signed in time, by host (two queries)."""
    by_key = {c.pk: c for c in calls}
    rows = Award.objects.filter(call__in=by_key, state=Award.State.AGREEMENT, agreement_by__lt=clock.now())
    counts = without_own(rows, account).order_by().values_list("call", "host").annotate(n=Count("pk"), due=Min("agreement_by"))
    found = list(counts.values_list("call", "host", "n", "due").order_by("call", "host"))
    hosts = Organisation.objects.in_bulk([host for _call, host, _n, _due in found])
    for key, host, n, due in found:
        call = by_key[key]
        yield Late(call, _("签订%s") % words_of(call)["agreement"], named(hosts[host]), n, due)
