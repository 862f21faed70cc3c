"""Values put on an application: typed, bounded, and each refusal with the name of its field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from headwater.calls.answers.cleaning import clean
from headwater.calls.answers.references import Registry
from headwater.calls.models import Application
from headwater.calls.schemes import Field, scheme_of
from headwater.core.errors import Reason, refuse_if
from headwater.core.parameters import Parameters
from headwater.registry.models import Discipline
from headwater.registry.queries import group_of_prefix

PLAIN = (
    "title_zh",
    "title_en",
    "abstract_zh",
    "abstract_en",
    "keywords_zh",
    "keywords_en",
    "research_class",
    "priority_field",
    "topic",
)
LIMITS = {
    "title_zh": 120,
    "title_en": 300,
    "abstract_zh": 1000,
    "abstract_en": 3000,
    "keywords_zh": 200,
    "keywords_en": 300,
    "priority_field": 60,
    "topic": 20,
}


def assign(row: Application, values: dict[str, Any]) -> set[str]:
    """Put values on the row; returns the names that changed."""
    reasons: list[Reason] = []
    changed: set[str] = set()
    scheme = scheme_of(row.call)
    questions = {f.code: f for f in scheme.fields}
    registry = Registry()
    for name, value in values.items():
        if any("\0" in v for v in (value if isinstance(value, (list, tuple)) else [value]) if isinstance(v, str)):
            reasons.append(Reason(_("含有不能保存的字符"), field=name))
        elif name in PLAIN:
            if len(value) > LIMITS.get(name, 200):
                reasons.append(Reason(_("最多 %d 字") % LIMITS.get(name, 200), field=name))
            elif name == "research_class" and value not in scheme.research_classes:
                reasons.append(Reason(_("请选择研究属性"), field=name))
            elif name == "topic" and value and row.call.topic(value) is None:
                reasons.append(Reason(_("请从所列指南方向中选择"), field=name))
            elif getattr(row, name) != value:
                setattr(row, name, value)
                changed.add(name)
        elif name in questions:
            reasons += _answer(row, questions[name], value, registry, changed)
        else:
            problem = _assign_typed(row, name, value, changed)
            if problem:
                reasons.append(problem)
    refuse_if(reasons)
    return changed


def _answer(row: Application, f: Field, value: Any, registry: Registry, changed: set[str]) -> list[Reason]:
    """Put the answer to a question on the row, or say what cannot be stored and in which control."""
    cleaned = clean(f, value, registry)
    if cleaned.errors:
        return [Reason(text, field=name) for name, text in cleaned.errors.items()]
    if row.answers.get(f.code) != cleaned.value:
        if cleaned.value is None:
            del row.answers[f.code]
        else:
            row.answers[f.code] = cleaned.value
        changed.add(f.code)
    return []


def _assign_typed(row: Application, name: str, value: Any, changed: set[str]) -> Reason | None:
    """Put a value that is not plain text on the row, or say what is wrong with it."""
    reader = TYPED.get(name)
    if reader is None:
        return Reason(_("没有这一栏"), field=name)
    found = reader(row, value)
    if isinstance(found, Reason):
        return found
    if getattr(row, name) != found[0]:
        setattr(row, name, found[0])
        changed.add(name)
    return None


Read = Reason | tuple[Any]


def _discipline(row: Application, value: Any) -> Read:
    found = value if isinstance(value, Discipline) else Discipline.objects.filter(code=str(value).split(" ")[0].upper()).first()
    if value and found is None:
        return Reason(_("没有这个申请代码：%s") % value, field="discipline")
    row.review_group = group_of_prefix().get(found.code[:3], "") if found else ""
    return (found,)


def _amount(_row: Application, value: Any) -> Read:
    good = isinstance(value, int) and 0 <= value < 10**13
    return (value,) if good else Reason(_("请填写金额（万元）"), field="amount_fen")


def _months(_row: Application, value: Any) -> Read:
    good = isinstance(value, int) and 1 <= value <= 120
    return (value,) if good else Reason(_("期限应为 1 至 120 个月"), field="months")


def _starts_on(_row: Application, value: Any) -> Read:
    return (value,) if isinstance(value, date) else Reason(_("应为 2026-07-01 这样的日期"), field="starts_on")


def _flags(row: Application, value: Any) -> Read:
    return (sorted(set(value) & {code for code, _zh, _en in scheme_of(row.call).flags}),)


def _unsuitable(row: Application, value: Any) -> Read:
    names = [str(v).strip()[:60] for v in value if str(v).strip()]
    most = Parameters(row.call.scheme.region, row.call.closes_at.date()).number("max_named_unsuitable", row.call.scheme.code, 3)
    return (names,) if len(names) <= most else Reason(_("不适宜评审的专家最多填写 %d 名") % most, field="unsuitable")


TYPED: dict[str, Callable[[Application, Any], Read]] = {
    "discipline": _discipline,
    "amount_fen": _amount,
    "months": _months,
    "starts_on": _starts_on,
    "flags": _flags,
    "unsuitable": _unsuitable,
}
