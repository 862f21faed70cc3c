"""What the dated parameters of rules, quotas and clocks must look like, so that a mistake is found when a region is checked."""

from __future__ import annotations

from fnmatch import fnmatchcase

Kind = type | tuple[type, ...]
Shape = Kind | dict[str, Kind] | list[dict[str, Kind]]
"""A type, or the keys of a table (or of each row of a list of tables) with their types; a key that ends with "?" may be absent."""

NUMBER: Kind = (int, float)
BALANCE: dict[str, Kind] = {
    "code": str,
    "zh": str,
    "en": str,
    "group": str,
    "of": str,
    "label?": str,
    "at_least?": NUMBER,
    "at_most?": NUMBER,
}
WORDS: dict[str, tuple[str, ...]] = {
    "group": ("first_time", "sex", "young", "host", "city", "field", "research_class"),
    "of": ("funded", "money", "budget", "applications", "requested"),
}
"""What some keys of tables may say."""

COUNTS = (
    *("reviewers_per_application", "min_reviews_valid", "reviewer_max_load", "min_opinion_chars", "max_same_host_reviewers"),
    *(
        "panel_min_members",
        "panel_votes_on_item",
        "panel_item_minutes",
        "revive_signatures",
        "max_named_unsuitable",
        "consortium_author_limit",
    ),
    *("host_counts_as_home", "objections_per_hour", "objections_per_contact"),
)
"""Parameters that are whole numbers and whose names do not say so."""
AGES: dict[str, Kind] = {"men": int, "women": int, "rule?": str, "month?": int, "day?": int}
SHARE: dict[str, Kind] = {"numerator": int, "denominator": int, "strict?": bool}
SHAPES: dict[str, Shape] = {
    "age_limit_*": AGES,
    "amount_fen": (int, dict),
    "panel_quorum": SHARE,
    "panel_majority": SHARE,
    "revive_majority": SHARE,
    "min_external_share": SHARE,
    "review_weights_*": dict,
    **dict.fromkeys(COUNTS, int),
    "term_months": {"default": int, "min": int, "max": int},
    "referee_letters": int,
    "degrees": list,
    "senior_titles": list,
    "doctoral_degrees": list,
    "civil_servants_excluded": bool,
    "postdoc_promise": bool,
    "part_time_months": int,
    "partner_units_max": int,
    "body_limit": {"pages": int, "chars_per_page": int},
    "one_application_per_year": bool,
    "running_project_bar": {"exempt": list, "last_year_of": list},
    "limit_same_type": {"max": int, "exempt": list},
    "limit_senior": {"total": int, "members_from": int, "promoted_members": bool},
    "limit_junior": {"leader": int, "member": int, "members_from": int},
    "limit_not_counted": {"types": list, "before_stage": list, "max_months": int},
    "limit_key": {"types": list, "max": int},
    "limit_rest_year": {"types": list},
    "limit_plans": {"holds": int, "applies": int},
    "limit_refused": {"in_a_row": int, "rest_years": int},
    "limit_running": {"leads": int, "in_all": int, "first": int},
    "topic_quota": {"each": int, "own?": dict},
    "place_quota": {"each": int, "own?": dict},
    "host_young_share": {"numerator": int, "denominator": int, "age": int},
    "start_date": {"month": int, "day": int, "years_after?": int, "common?": bool, "after_decision?": bool},
    "host_quota": {
        "multiplier": int,
        "window_years": int,
        "floor_when_max_below": int,
        "floor": int,
        "basis?": str,
        "exempt?": list,
        "by_kind?": dict,
    },
    "similar_text_share": float,
    "portfolio_rules": [BALANCE],
    "*_days": int,
    "*_months": int,
    "*_years": int,
}


BOUNDS: dict[str, tuple[int, int]] = {"month": (1, 12), "day": (1, 31)}
"""Parts of tables whose numbers are not counts."""


def whole(key: str, part: str = "") -> bool:
    """Whether the figure `part` of a parameter (or the parameter itself) is a whole number, as far as its shape tells."""
    shape = shape_of(key)
    if isinstance(shape, dict):
        return (shape.get(part) or shape.get(f"{part}?")) is int
    return shape is int or (isinstance(shape, tuple) and int in shape and float not in shape)


def fits(key: str, part: str, value: object) -> bool:
    """Whether a figure may stand in this place of a parameter: a number of the right kind, not negative, within its bounds."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or (whole(key, part) and not isinstance(value, int)):
        return False
    shape = shape_of(key)
    if (isinstance(shape, type) and part) or (isinstance(shape, dict) and not {part, f"{part}?"} & set(shape)):
        return False
    low, high = BOUNDS.get(part, (0, None))
    return value >= low and (high is None or value <= high)


def shape_of(key: str) -> Shape | None:
    """The shape of a parameter, by its own name before a pattern; None for one that no rule, quota or clock reads."""
    return SHAPES.get(key) or next((s for pattern, s in SHAPES.items() if "*" in pattern and fnmatchcase(key, pattern)), None)
