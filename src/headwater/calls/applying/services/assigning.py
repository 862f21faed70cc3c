"""Puts values on an application: each value is typed and bounded, and each refusal names its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from headwater.calls.contents import BASIC, plain, stored
from headwater.calls.models import Application
from headwater.calls.schemes import scheme_of
from headwater.calls.terms import starts_in_common, usual_start
from headwater.core import clock
from headwater.core.errors import Reason
from headwater.core.names import split_names
from headwater.core.parameters import Parameters
from headwater.forms.answers.cleaning import clean
from headwater.forms.answers.references import INSTITUTION, NAME, Registry
from headwater.forms.autosaving import Changes, put_values
from headwater.forms.shapes import Field
from headwater.registry.models import Discipline, PriorityField
from headwater.registry.queries import group_of, group_prefixes

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


def assign(row: Application, values: dict[str, Any], base: Mapping[str, Any] | None = None) -> Changes:
    """Put values on the row. `base` has the stored values that their writer saw: where the row differs from it, both are merged.

    Raises:
        Refused: values that cannot be stored, each with its field; nothing of the row is then to be used.
    """
    return put_values(ApplicationSheet(row, {f.code: f for f in scheme_of(row.call).fields}, Registry()), values, base)


@dataclass
class ApplicationSheet:
    """Puts values on an application: its basic information on columns, its answers among the answers."""

    row: Application
    questions: dict[str, Field]
    registry: Registry

    def current(self, name: str) -> Any:
        return getattr(self.row, name) if name in BASIC else self.row.answers.get(name)

    def stored(self, name: str) -> Any:
        return stored(self.row, name)

    def plain(self, value: Any) -> Any:
        return plain(value)

    def read(self, name: str, value: Any) -> tuple[Any, list[Reason]]:
        if name in self.questions:
            cleaned = clean(self.questions[name], value, self.registry)
            return cleaned.value, [Reason(text, field=control) for control, text in cleaned.errors.items()]
        reader = _plain if name in PLAIN else TYPED.get(name)
        result = reader(self.row, name, value) if reader else Reason(_("没有这一栏"), field=name)
        return (None, [result]) if isinstance(result, Reason) else (result[0], [])

    def put(self, name: str, value: Any) -> None:
        if name not in self.questions:
            setattr(self.row, name, value)
            if name == "discipline":
                self.row.review_group = group_of(value.code, group_prefixes()) if value else ""
        elif value is None:
            del self.row.answers[name]
        else:
            self.row.answers[name] = value


Read = Reason | tuple[Any]


def _plain(row: Application, name: str, value: Any) -> Read:
    if len(value) > LIMITS.get(name, 200):
        return Reason(_("最多 %d 字") % LIMITS.get(name, 200), field=name)
    if name == "research_class" and value not in scheme_of(row.call).research_classes:
        return Reason(_("请选择研究属性"), field=name)
    if name == "priority_field" and value and not PriorityField.objects.filter(code=value).exists():
        return Reason(_("请从所列优先领域中选择"), field=name)
    if name == "topic" and value and row.call.topic(value) is None:
        return Reason(_("请从所列指南方向中选择"), field=name)
    return (value,)


def _discipline(_row: Application, name: str, value: Any) -> Read:
    discipline = (
        value if isinstance(value, Discipline) else Discipline.objects.filter(code=str(value).split(" ")[0].upper()).first()
    )
    return (discipline,) if discipline or not value else Reason(_("没有这个申请代码：%s") % value, field=name)


def _second_discipline(row: Application, name: str, value: Any) -> Read:
    discipline = _discipline(row, name, value)
    if isinstance(discipline, Reason) or discipline[0] is None or "second_discipline" in scheme_of(row.call).asks:
        return discipline
    return Reason(_("没有这一栏"), field=name)


def _amount(_row: Application, name: str, value: Any) -> Read:
    good = isinstance(value, int) and 0 <= value < 10**13
    return (value,) if good else Reason(_("请填写金额（万元）"), field=name)


def _months(_row: Application, name: str, value: Any) -> Read:
    good = isinstance(value, int) and 1 <= value <= 120
    return (value,) if good else Reason(_("执行期限应为 1 至 120 个月"), field=name)


def _starts_on(row: Application, name: str, value: Any) -> Read:
    if value is None:
        return Reason(_("请填写开始日期"), field=name)
    if isinstance(value, date) and starts_in_common(row.call) and value != usual_start(row.call):
        return Reason(_("本批次的项目统一于 %s 开始") % usual_start(row.call), field=name)
    return (value,) if isinstance(value, date) else Reason(_("应为 2026-07-01 这样的日期"), field=name)


def _flags(row: Application, name: str, value: Any) -> Read:
    return (sorted(set(value) & {code for code, _words in scheme_of(row.call).flags}),)


def _unsuitable(row: Application, name: str, value: Any) -> Read:
    entries = list(dict.fromkeys(one for text in value for one in split_names(str(text))))
    if any(len(one.name) > NAME for one in entries):
        return Reason(_("最多 %d 字") % NAME, field=name)
    if any(len(one.institution) > INSTITUTION for one in entries):
        return Reason(_("最多 %d 字") % INSTITUTION, field=name)
    names = [str(one) for one in entries]
    most = Parameters(row.call.scheme.region, clock.last_day(row.call.closes_at)).number(
        "max_named_unsuitable", row.call.scheme.code
    )
    return (names,) if len(names) <= most else Reason(_("不适宜评审的专家最多填写 %d 名") % most, field=name)


TYPED: dict[str, Callable[[Application, str, Any], Read]] = {
    "discipline": _discipline,
    "second_discipline": _second_discipline,
    "amount_fen": _amount,
    "months": _months,
    "starts_on": _starts_on,
    "flags": _flags,
    "unsuitable": _unsuitable,
}
