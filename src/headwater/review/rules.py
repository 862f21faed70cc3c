"""Rules of review: weights, votes, completeness of an opinion. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from headwater.core.i18n import Bilingual

GRADES = (1, 2, 3)


def weighted_total(scores: Mapping[str, float], weights: Mapping[str, int]) -> float:
    """The mean of scores (0 to 100) by weights; criteria of weight 0 are not asked.

    Raises:
        KeyError: a criterion with weight has no score.
        ValueError: no criterion has a weight.
    """
    if not any(w > 0 for w in weights.values()):
        raise ValueError("no criterion has a weight")
    asked = {c: w for c, w in weights.items() if w > 0}
    return sum(float(scores[c]) * w for c, w in asked.items()) / sum(asked.values())


def votes_needed(present: int, threshold: str) -> int:
    """Yes votes that carry an item among `present` members: "majority" is more than half, "two_thirds" at least two thirds.

    Handbook VT-1 to VT-3.
    """
    if threshold == "two_thirds":
        return -(-2 * present // 3)
    return present // 2 + 1


def has_quorum(present: int, size: int, quorum: str) -> bool:
    """Whether `present` of `size` members make the quorum, a fraction such as "2/3"."""
    return present > 0 and Fraction(present, size) >= Fraction(quorum)


def opinion_problems(
    *, scores: Mapping[str, object], weights: Mapping[str, int], grade: int | None, familiarity: int | None, text: str, least: int
) -> list[tuple[str, Bilingual]]:
    """What keeps an opinion from being submitted: (field, words). `least` is in characters."""
    found = []
    for criterion, weight in weights.items():
        if weight <= 0:
            continue
        value = scores.get(criterion)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= 100:
            found.append((f"score_{criterion}", Bilingual("请评 0–100 分", "Give 0 to 100 points")))
    if grade not in GRADES:
        found.append(("grade", Bilingual("请选择建议", "Choose a recommendation")))
    if familiarity not in GRADES:
        found.append(("familiarity", Bilingual("请选择熟悉程度", "Choose how well you know the field")))
    length = len(text.strip())
    if length < least:
        found.append(("text_applicant", Bilingual(f"不少于 {least} 字，现有 {length} 字", f"At least {least} characters; now {length}")))
    return found


def contradiction(total: float, grade: int) -> bool:
    """A quality hint: high marks with a refusal, or low marks with funding first."""
    return (total >= 85 and grade == 1) or (total < 60 and grade == 3)
