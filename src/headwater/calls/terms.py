"""The terms of a call: the region's dated parameters, with what the officers set for this call alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from headwater.calls.models import Call
from headwater.calls.schemes import scheme_of
from headwater.core import clock
from headwater.core.i18n import NOTHING, Bilingual
from headwater.core.parameters import Parameters
from headwater.forms.expressions import parameters, parse
from headwater.schemes import Scheme, expressions
from headwater.schemes.rules import RULES
from headwater.schemes.rules.limits import kept_as
from headwater.schemes.rules.values import shape_of, whole
from headwater.schemes.shapes import UNLIMITED

Read = Callable[[str], Any]


def region_terms(call: Call) -> Read:
    """Return the region's parameters in force on the deadline of a call, for its scheme."""
    values, code = Parameters(call.scheme.region, clock.last_day(call.closes_at)), call.scheme.code
    return lambda key: values.get(key, code)


def region_words(call: Call) -> Callable[[str], Bilingual]:
    """Return the names that the region has for its parameters."""
    return Parameters(call.scheme.region, clock.last_day(call.closes_at)).words


def terms_of(call: Call) -> Read:
    """Return the parameters as they hold for one call. Nothing that a rule reads while applying comes from anywhere else."""
    region = region_terms(call)

    def read(key: str) -> Any:
        value, own = region(key), (call.overrides or {}).get(key)
        return value if own is None else {**value, **own} if isinstance(value, dict) and isinstance(own, dict) else own

    return read


def limit_group_of(call: Call) -> str:
    """Return the key under which an application of the call meets the database's own limit of one live application a person and
    year.

    Where nothing limits it, the key is one that no other application has.
    """
    scheme = scheme_of(call)
    key = kept_as(scheme.limit_group, scheme.code, {u.name for u in scheme.rules}, terms_of(call))
    return key if key != UNLIMITED else f"{UNLIMITED}:{secrets.token_hex(8)}"


def usual_terms(call: Call) -> tuple[int, int]:
    """Return the amount (fen) and the term (months) with which an application begins."""
    terms = terms_of(call)
    term, amount = terms("term_months") or {"default": 36}, terms("amount_fen")
    return int(amount["default"] if isinstance(amount, dict) else amount or 0), int(term["default"])


def usual_start(call: Call) -> date:
    """Return the day on which work usually begins: the region's, else the first of July of the call's year."""
    start = terms_of(call)("start_date") or {"month": 7, "day": 1}
    return date(call.year + start.get("years_after", 0), start["month"], start["day"])


def starts_in_common(call: Call) -> bool:
    """Tell whether all work of a call begins on one day, which nobody chooses."""
    return bool((terms_of(call)("start_date") or {}).get("common"))


def start_of(application: Any, decided: date) -> date:
    """Return the day on which approved work begins: the common one or the one in the application; not before the decision where
    the region says so.
    """
    call = application.call
    start = usual_start(call) if starts_in_common(call) or application.starts_on is None else application.starts_on
    later = (terms_of(call)("start_date") or {}).get("after_decision")
    return max(start, decided) if later else start


def agreement_day(call: Call) -> date:
    """Return the last day on which an agreement that is drafted today can be signed."""
    days = Parameters(call.scheme.region, clock.today()).number("taskbook_days", call.scheme.code)
    return clock.add_days(clock.today(), days)


def term_of(application: Any, decided: date) -> tuple[date, date]:
    """Return the first and the last day of approved work."""
    start = start_of(application, decided)
    return start, clock.add_months(start, application.months) - timedelta(days=1)


def award_number(application: Any) -> str:
    """Return the number that an award from an application has."""
    return f"{application.number}A"


@dataclass(frozen=True)
class Term:
    """A figure an officer may set for a call: `key` and, in a table, its `part`; `usual` is the region's value."""

    key: str
    part: str
    usual: int | float
    value: int | float
    words: Bilingual = NOTHING
    """What the region calls the parameter; empty where it leaves that to the core."""

    @property
    def name(self) -> str:
        return f"p-{self.key}-{self.part}" if self.part else f"p-{self.key}"

    @property
    def is_money(self) -> bool:
        return self.key.endswith("_fen")

    @property
    def is_whole(self) -> bool:
        return not self.is_money and (whole(self.key, self.part) or (isinstance(self.usual, int) and shape_of(self.key) is None))


OF_OTHERS = frozenset({"closing_report_days"})
"""Read while somebody applies, but a deadline of earlier awards: no guide can change it."""


def keys_of(scheme: Scheme) -> list[str]:
    """Return the parameters that rules and expressions of a scheme read while somebody applies."""
    keys = ["amount_fen"] if "amount" in scheme.asks else []
    keys += ["term_months"] if "term" in scheme.asks else []
    keys += [key for u in scheme.rules if u.name in RULES for key in RULES[u.name].keys(u.params)]
    for _key, text in expressions(scheme):
        keys += [name.partition(".")[0] for name, _position in parameters(parse(text))]
    return [key for key in dict.fromkeys(keys) if key not in OF_OTHERS]


def call_terms(call: Call) -> list[Term]:
    """Return the figures of a call that can be set, in the order of the scheme."""
    usual, own, words = region_terms(call), terms_of(call), region_words(call)
    terms = []
    for key in keys_of(scheme_of(call)):
        base, value = usual(key), own(key)
        if isinstance(base, dict):
            own_table: dict[str, Any] = value if isinstance(value, dict) else {}
            figures = [(p, b) for p, b in sorted(base.items(), key=_place) if _is_figure(b)]
            terms += [Term(key, p, b, b if own_table.get(p) is None else own_table[p], words(key)) for p, b in figures]
        elif isinstance(base, (int, float)) and _is_figure(base):
            terms.append(Term(key, "", base, value if isinstance(value, (int, float)) else base, words(key)))
    return terms


def _place(item: tuple[str, Any]) -> tuple[int, str]:
    order = ("min", "default", "max", "men", "women")
    return (order.index(item[0]) if item[0] in order else len(order), item[0])


def _is_figure(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def overrides_from(terms: list[Term], values: dict[str, Any]) -> dict[str, Any]:
    """Return only what differs from the region's value: this is stored with the call."""
    overrides: dict[str, Any] = {}
    for t in terms:
        value = values.get(t.name)
        if value is None or value == t.usual:
            continue
        if t.part:
            overrides.setdefault(t.key, {})[t.part] = value
        else:
            overrides[t.key] = value
    return overrides
