"""Rules of review: weights, votes, completeness of an opinion. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction

from headwater.core.i18n import Bilingual
from headwater.schemes.judging import Judging, share_of

FAMILIARITIES = (1, 2, 3)
OLD = {"majority": ">1/2", "two_thirds": ">=2/3"}
"""Words for shares in panels that were made before shares were written out."""


def weighted_total(scores: Mapping[str, float], weights: Mapping[str, int]) -> float:
    """The mean of scores (0 to 100) by weights; criteria of weight 0 are not asked.

    Raises:
        KeyError: a criterion with weight has no score.
        ValueError: no criterion has a weight.
    """
    if not any(w > 0 for w in weights.values()):
        raise ValueError("no criterion has a weight")
    used = {c: w for c, w in weights.items() if w > 0}
    return sum(float(scores[c]) * w for c, w in used.items()) / sum(used.values())


def votes_needed(present: int, threshold: str) -> int:
    """Yes votes that carry an item among `present` members: ">1/2" is more than half, ">=2/3" at least two thirds (handbook VT-1 to VT-3)."""
    share, more = share_of(OLD.get(threshold, threshold))
    return present * share.numerator // share.denominator + 1 if more else -(-present * share.numerator // share.denominator)


def has_quorum(present: int, size: int, quorum: str) -> bool:
    """Whether `present` of `size` members make the quorum: a share such as ">=2/3", or a fraction "2/3" that means the same."""
    share, more = share_of(quorum) if quorum[0] == ">" else (Fraction(quorum), False)
    return present > 0 and (Fraction(present, size) > share if more else Fraction(present, size) >= share)


def opinion_problems(
    *,
    scores: Mapping[str, object],
    weights: Mapping[str, int],
    grade: int | None,
    grades: Collection[int],
    familiarity: int | None,
    text: str,
    least: int,
) -> list[tuple[str, Bilingual]]:
    """What keeps an opinion from being submitted: (field, words). `least` is in characters."""
    reasons = []
    if not any(w > 0 for w in weights.values()):
        en = "This call gives no criterion a weight; tell the programme officer"
        reasons.append(("", Bilingual("本批次没有评审指标的权重，暂不能提交；请联系项目主管", en)))
    for criterion, weight in weights.items():
        if weight <= 0:
            continue
        value = scores.get(criterion)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= 100:
            reasons.append((f"score_{criterion}", Bilingual("请评 0–100 分", "Give 0 to 100 points")))
    if grade not in grades:
        reasons.append(("grade", Bilingual("请选择建议", "Choose a recommendation")))
    if familiarity not in FAMILIARITIES:
        reasons.append(("familiarity", Bilingual("请选择熟悉程度", "Choose how well you know the field")))
    length = len(text.strip())
    if length < least:
        reasons.append(
            ("text_applicant", Bilingual(f"不少于 {least} 字，现有 {length} 字", f"At least {least} characters; now {length}"))
        )
    return reasons


HIGH, LOW = 85, 60
"""Marks from the first with the worst grade, or below the second with the best, are told to the expert as a slip."""


def hint_rule(weights: Mapping[str, int], judging: Judging) -> dict[str, object]:
    """Return when marks and grade disagree, as the page of an opinion takes it while somebody types."""
    used = {criterion: weight for criterion, weight in weights.items() if weight > 0}
    return {"weights": used, "high": HIGH, "worst": judging.values[-1], "low": LOW, "best": judging.values[0]}


def contradiction(total: float, grade: int, judging: Judging) -> bool:
    """A quality hint: high marks with the worst grade, or low marks with the best."""
    return (total >= HIGH and grade == judging.values[-1]) or (total < LOW and grade == judging.values[0])
