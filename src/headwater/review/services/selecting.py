"""Who stands above the line of a quota or of the money, by mark, and who stands equal across it and is drawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call
from headwater.calls.schemes import scheme_of
from headwater.review.models import Draw
from headwater.schemes.judging import DecisionRule


@dataclass(frozen=True)
class Line:
    """Where the places of a group, or the money of the call, end.

    `sure` are above it, `equals` stand equal across it (empty where nothing is to be divided), the others are below; `places` are those
    of the whole group, None where the money decides, of which `money` is there.
    """

    group: str
    sure: tuple[Application, ...]
    equals: tuple[Application, ...]
    below: tuple[Application, ...]
    places: int | None
    money: int | None

    @property
    def open_places(self) -> int | None:
        return None if self.places is None else self.places - len(self.sure)

    @property
    def open_money(self) -> int | None:
        return None if self.money is None else self.money - sum(a.amount_fen for a in self.sure)

    def winners(self, draw: Draw | None) -> list[Application]:
        """The applications that get a place. Equals get none before the draw."""
        winners = set(draw.record["winners"]) if draw else set()
        return [*self.sure, *(a for a in self.equals if a.number in winners)]


def mark_of(rule: DecisionRule, application: Application) -> float:
    """The mark that the decision goes by: the calibrated one of the ranking, or the plain mean."""
    ranking = application.ranking
    return float(ranking.mean if rule.by == "mean" else ranking.calibrated)


def passes(rule: DecisionRule, application: Application) -> bool:
    return rule.pass_mark is None or mark_of(rule, application) >= rule.pass_mark


def lines(
    rule: DecisionRule, rows: Sequence[Application], groups: Mapping[int, str], *, used_places: Mapping[str, int], money: int
) -> list[Line]:
    """The line of every group over the candidates `rows`; `used_places` are occupied by group, `money` is what is left of the budget."""
    by_group: dict[str, list[Application]] = defaultdict(list)
    for a in rows:
        by_group[groups[a.pk]].append(a)
    result = []
    for group, members in sorted(by_group.items()):
        ordered = sorted(members, key=lambda a: (-mark_of(rule, a), a.pk))
        if rule.quota is None:
            result.append(_line(rule, group, ordered, _prefix(ordered, money), None, money))
        else:
            places = max(0, rule.quota - used_places.get(group, 0))
            result.append(_line(rule, group, ordered, min(places, len(ordered)), places, None))
    return result


def _prefix(ordered: Sequence[Application], money: int) -> int:
    """How many applications from the top the money covers."""
    inside = 0
    for a in ordered:
        money -= a.amount_fen
        if money < 0:
            break
        inside += 1
    return inside


def _line(
    rule: DecisionRule, group: str, ordered: Sequence[Application], inside: int, places: int | None, money: int | None
) -> Line:
    within = rule.within if rule.draws else 0.0
    last = mark_of(rule, ordered[max(inside - 1, 0)])
    equals = [n for n, a in enumerate(ordered) if abs(mark_of(rule, a) - last) <= within + 1e-9]
    if not rule.draws or not inside or equals[-1] < inside:
        return Line(group, tuple(ordered[:inside]), (), tuple(ordered[inside:]), places, money)
    first, end = equals[0], equals[-1] + 1
    return Line(group, tuple(ordered[:first]), tuple(ordered[first:end]), tuple(ordered[end:]), places, money)


def by_line(rule: DecisionRule) -> bool:
    """Whether a line by mark decides, and not the best set under the budget."""
    return rule.quota is not None or rule.draws


def draws_of(call: Call) -> dict[str, Draw]:
    """The draws of a call by group."""
    return {d.group: d for d in Draw.objects.filter(call=call)}


Shortfall = Callable[[Application], str]


def shortfalls_in(call: Call) -> Shortfall:
    """A function that names in Chinese, as letters keep it, why an application falls short by the decision rule: its mark, or the draw."""
    rule = scheme_of(call).judging.decision
    draws = {number: d for d in Draw.objects.filter(call=call) for number in d.record["order"]}

    def shortfall(application: Application) -> str:
        ranking = getattr(application, "ranking", None)
        if ranking and not passes(rule, application):
            return f"得分 {mark_of(rule, application):.2f}，未达到合格线 {rule.pass_mark:g} 分"
        draw = draws.get(application.number)
        if draw and application.number not in draw.record["winners"]:
            return f"与得分相同的申请一起抽签，未中签（公开种子：{draw.public}）"
        return ""

    return shortfall


def over_quota(
    rule: DecisionRule, funded: Collection[Application], groups: Mapping[int, str], used_places: Mapping[str, int]
) -> list[str]:
    """Groups of which more are chosen than the quota has places, in words."""
    counts: dict[str, int] = defaultdict(int)
    for a in funded:
        counts[groups[a.pk]] += 1
    if rule.quota is None:
        return []
    excesses = []
    for group, n in sorted(counts.items()):
        if n + used_places.get(group, 0) > rule.quota:
            words = {"group": group or _("本批次"), "n": n + used_places.get(group, 0), "quota": rule.quota}
            excesses.append(_("%(group)s：选了 %(n)d 项，名额为 %(quota)d 项") % words)
    return excesses
