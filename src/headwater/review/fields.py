"""Fields of a call that need a panel, and who could sit on one: experts of the field, of neighbouring fields, from outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call
from headwater.calls.states import State
from headwater.registry.models import Discipline, ReviewGroup, records_of
from headwater.review.models import Expert
from headwater.review.terms import panel_terms

NO_FIELD = "-"
"""An address needs a word for the applications of no field."""
AHEAD = (State.ACCEPTED, State.IN_REVIEW, State.REVIEWED)
"""The states of applications that a panel has yet to hear."""
SHOWN = 60
NEARBY = 30


@dataclass
class Prospect:
    """A field of a call: what waits for a panel now, what will, how many experts know the field, and the fields it can join."""

    code: str
    group: ReviewGroup | None
    waiting: int
    ahead: int
    experts: int
    least: int
    neighbours: list[Prospect] = field(default_factory=list)

    @property
    def coming(self) -> int:
        """Applications that are still under review."""
        return self.ahead - self.waiting

    @property
    def short(self) -> bool:
        return self.experts < self.least

    def __str__(self) -> str:
        return str(self.group) if self.group else _("未分领域")


def prospects(call: Call, applications: QuerySet[Application]) -> list[Prospect]:
    """The fields of `applications` (of one call) that still go before a panel, those with most waiting first (four queries)."""
    counts: dict[str, Counter[str]] = {}
    rows = applications.filter(call=call, state__in=AHEAD).order_by()
    for code, state, n in rows.values_list("review_group", "state").annotate(n=Count("pk")):
        counts.setdefault(code, Counter())[state] += n
    if not counts:
        return []
    groups = {g.code: g for g in ReviewGroup.objects.all()}
    experts = _experts_by_field(call, groups.values())
    least = panel_terms(call).size
    fields = [
        Prospect(
            code=code if code in groups else NO_FIELD,
            group=groups.get(code),
            waiting=by_state[State.REVIEWED],
            ahead=sum(by_state.values()),
            experts=len(experts.get(code, ())),
            least=least,
        )
        for code, by_state in counts.items()
    ]
    _join(fields)
    return sorted(fields, key=lambda p: (-p.waiting, -p.ahead, p.code))


def _experts_by_field(call: Call, groups: Iterable[ReviewGroup]) -> dict[str, set[int]]:
    """Active experts by field code, without those who lead an application of the call (one query)."""
    fields = {prefix: g.code for g in groups for prefix in g.prefixes}
    through = Expert.disciplines.through.objects.filter(expert__in=able(call))
    experts_by_field: dict[str, set[int]] = {}
    for expert, code in through.values_list("expert", "discipline__code"):
        for prefix, group in fields.items():
            if code.startswith(prefix):
                experts_by_field.setdefault(group, set()).add(expert)
    return experts_by_field


def _join(fields: Sequence[Prospect]) -> None:
    """Give every field with too few experts its neighbours: the fields that share a branch of the discipline tree with it."""
    if not any(p.short for p in fields):
        return
    roots = list(Discipline.objects.filter(parent__isnull=True).values_list("code", flat=True))
    branches = {p.code: branches_of(p.group, roots) for p in fields}
    for prospect in fields:
        if prospect.short:
            others = [p for p in fields if p is not prospect and branches[p.code] & branches[prospect.code]]
            prospect.neighbours = sorted(others, key=lambda p: -p.experts)


def branches_of(group: ReviewGroup | None, roots: Iterable[str]) -> set[str]:
    """The branches of the discipline tree into which a field reaches."""
    return {r for r in roots for prefix in (group.prefixes if group else ()) if prefix.startswith(r)}


def able(call: Call) -> QuerySet[Expert]:
    """Experts who could judge in a call: available, and leading nothing in it."""
    leaders = Application.objects.filter(call=call).values_list("leader", flat=True)
    return Expert.objects.available().exclude(person__in=list(records_of(leaders)))


@dataclass(frozen=True)
class Candidate:
    """An expert for a panel, how many of its applications are barred to them, and where they come from."""

    expert: Expert
    clash: int
    origin: str

    @property
    def origin_word(self) -> str:
        return {
            "seated": _("现任组员"),
            "field": _("本领域"),
            "near": _("相邻领域"),
            "outside": _("区外"),
            "search": _("查找所得"),
        }[self.origin]


def panel_candidates(
    call: Call,
    groups: Sequence[ReviewGroup],
    applications: Collection[int],
    *,
    search: str = "",
    keep: Collection[int] = (),
    seated: Collection[int] = (),
) -> list[Candidate]:
    """Who could sit on a panel over `applications`: who sits on it (`seated`), then experts of its fields, of neighbouring ones, from
    outside, and who was searched for or chosen before (`keep`); within each those with the fewest conflicts first.
    """
    clash = Count("conflicts", filter=Q(conflicts__application__in=applications), distinct=True)

    def ranked(experts: QuerySet[Expert]) -> QuerySet[Expert]:
        return experts.annotate(clash=clash).select_related("person__organisation").order_by("clash", "pk")

    pool = ranked(able(call))
    near = _neighbouring(groups)
    candidates: dict[int, Candidate] = {}

    def take(rows: Iterable[Any], origin: str) -> None:
        for expert in rows:
            candidates.setdefault(expert.pk, Candidate(expert, expert.clash, origin))

    if seated:
        take(ranked(Expert.objects.filter(pk__in=seated)), "seated")
    if groups:
        take(pool.filter(_knows(groups)).distinct()[:SHOWN], "field")
    if near:
        take(pool.filter(_knows(near)).exclude(pk__in=candidates).distinct()[:NEARBY], "near")
    take(pool.filter(is_external=True).exclude(pk__in=candidates)[:NEARBY], "outside")
    if search.strip() or keep:
        condition = Q(pk__in=keep)
        if search.strip():
            condition |= Q(person__name_zh__icontains=search.strip()) | Q(person__organisation__name_zh__icontains=search.strip())
        take(pool.filter(condition).exclude(pk__in=candidates)[: NEARBY + len(keep)], "search")
    return list(candidates.values())


def _knows(groups: Iterable[ReviewGroup]) -> Q:
    codes = Q(pk__in=[])
    for group in groups:
        for prefix in group.prefixes:
            codes |= Q(disciplines__code__startswith=prefix)
    return codes


def _neighbouring(groups: Sequence[ReviewGroup]) -> list[ReviewGroup]:
    roots = list(Discipline.objects.filter(parent__isnull=True).values_list("code", flat=True))
    mine = {branch for g in groups for branch in branches_of(g, roots)}
    others = ReviewGroup.objects.exclude(pk__in=[g.pk for g in groups])
    return [g for g in others if branches_of(g, roots) & mine]
