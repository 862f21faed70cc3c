"""What a laboratory keeps, as tables beside it: rules, open calls, open projects, visitors, safety."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from headwater.bases.models import BaseRule, OpenCall, OpenDay, OpenProject, SafetyRecord
from headwater.bases.parts import Holds
from headwater.bases.rows.columns import choice, day, institution, line, link, money, person, text, whole
from headwater.bases.rows.declared import ROWS, RowColumn, RowTable, Text
from headwater.core import clock
from headwater.core.errors import Reason
from headwater.core.models import StoredFile

Against = Iterator[Reason]
MOST_VISITORS = 1_000_000


class RecordField(forms.ChoiceField):
    """One of some records, from a list of all of them; none where nothing is chosen."""

    def __init__(self, records: Iterable[Any], **more: Any) -> None:
        self.by_key = {str(r.pk): r for r in records}
        super().__init__(choices=[("", "—"), *((key, str(r)) for key, r in self.by_key.items())], required=False, **more)

    def clean(self, value: Any) -> Any:
        return self.by_key.get(str(super().clean(value)))

    def prepare_value(self, value: Any) -> Any:
        return getattr(value, "pk", value)


def record(name: str, label: Text, choices: Callable[[Any], Iterable[Any]], *, listed: bool = True) -> RowColumn:
    """A column that refers to a record of the base: one of its files, one of its calls."""
    return RowColumn(
        name,
        label,
        lambda entry: RecordField(choices(entry), label=label),
        lambda row: str(getattr(row, name)) if getattr(row, f"{name}_id") else "",
        listed=listed,
    )


def files_of(entry: Any) -> Iterable[StoredFile]:
    """Return the files of a base that can be read."""
    rows = StoredFile.objects.filter(owner_type=entry._meta.label_lower, owner_id=entry.pk, state=StoredFile.State.FINE)
    return rows.order_by("-pk")


def each(work: Callable[[Any], Against]) -> Callable[[Any, Sequence[Any], Holds], Iterable[tuple[int, Reason]]]:
    """Return what weighs rows one by one, without a query."""

    def weigh(_entry: Any, rows: Sequence[Any], _holds: Holds) -> Iterable[tuple[int, Reason]]:
        return [(n, reason) for n, row in enumerate(rows) for reason in work(row)]

    return weigh


def _not_later(row: Any, name: str) -> Against:
    if (value := getattr(row, name)) and value > clock.today():
        yield Reason(gettext("不能晚于今天"), field=name)


def _in_order(first: date | None, last: date | None, name: str) -> Against:
    if first and last and last < first:
        yield Reason(gettext("不能早于开始的日期"), field=name)


def of_rule(row: BaseRule) -> Against:
    yield from _in_order(row.adopted_on, row.until, "until")
    if not row.link and row.file is None:
        yield Reason(gettext("请填写网址，或选择已上传的文件（先在“文件”中上传）"), field="link")


def of_call(row: OpenCall) -> Against:
    yield from _in_order(row.opens_on, row.closes_on, "closes_on")


def of_project(row: OpenProject) -> Against:
    yield from _in_order(row.since, row.until, "until")
    if row.call and row.since and row.since < row.call.opens_on:
        yield Reason(gettext("课题不能早于所属指南开始：%s") % row.call.opens_on, field="since")


def of_day(row: OpenDay) -> Against:
    yield from _not_later(row, "on")


def of_accident(row: SafetyRecord) -> Against:
    yield from _not_later(row, "on")
    yield from _in_order(row.on, row.settled_on, "settled_on")


TAB = "opening"
ROWS.add(
    "rules",
    RowTable(
        code="rules",
        label=_("规章制度"),
        one=_("制度"),
        model=BaseRule,
        tab=TAB,
        place=10,
        columns=(
            line("title", _("名称"), 200, kind="title"),
            day("adopted_on", _("施行日期")),
            day("until", _("废止日期"), required=False),
            link("link", _("网址")),
            record("file", _("文件"), files_of),
        ),
        key=("title", "adopted_on"),
        hint=_("章程、仪器共享、开放课题管理等制度，附文件或网址。"),
        order="-adopted_on",
        related=("file",),
        search=("title",),
        weigh=each(of_rule),
    ),
)
ROWS.add(
    "calls",
    RowTable(
        code="calls",
        label=_("开放课题指南"),
        one=_("指南"),
        model=OpenCall,
        tab=TAB,
        place=20,
        columns=(
            line("title", _("名称"), 200, kind="title"),
            line("title_en", _("英文名称"), 300, required=False, listed=False),
            text("text", _("内容"), 6000),
            day("opens_on", _("开始日期")),
            day("closes_on", _("截止日期")),
            money("amount_fen", _("经费（万元）")),
            link("link", _("网址")),
        ),
        key=("title", "opens_on"),
        hint=_("面向单位外的研究者，每年至少发布一次；登记后在公开页面展示。"),
        order="-opens_on",
        search=("title", "text"),
        weigh=each(of_call),
    ),
)
ROWS.add(
    "projects",
    RowTable(
        code="projects",
        label=_("开放课题"),
        one=_("开放课题"),
        model=OpenProject,
        tab=TAB,
        place=30,
        columns=(
            line("title", _("名称"), 200, kind="title"),
            person(_("负责人")),
            institution(_("单位")),
            record("call", _("所属指南"), lambda entry: entry.open_calls.order_by("-opens_on"), listed=False),
            money("amount_fen", _("经费（万元）"), required=True),
            day("since", _("开始日期")),
            day("until", _("结束日期")),
            choice("state", _("状态"), OpenProject.State.choices),
        ),
        key=("title", "since"),
        hint=_("经学术委员会审议、主任批准的申请同意后自动列入，也可补登以前的课题。"),
        order="-since",
        related=("person__organisation", "call"),
        search=("title", "name", "person__name_zh"),
        weigh=each(of_project),
    ),
)
ROWS.add(
    "days",
    RowTable(
        code="days",
        label=_("开放活动与来访"),
        one=_("活动"),
        model=OpenDay,
        tab=TAB,
        place=40,
        columns=(
            line("title", _("名称"), 200, kind="title"),
            choice("kind", _("类别"), OpenDay.Kind.choices),
            day("on", _("日期")),
            whole("visitors", _("人数"), 0, MOST_VISITORS),
        ),
        key=("title", "on"),
        hint=_("开放日、科普活动、来访和学术交流，每次一行。"),
        order="-on",
        search=("title",),
        weigh=each(of_day),
    ),
)
ROWS.add(
    "safety",
    RowTable(
        code="safety",
        label=_("安全记录"),
        one=_("安全记录"),
        model=SafetyRecord,
        tab=TAB,
        place=50,
        columns=(
            day("on", _("日期")),
            choice("grade", _("等级"), SafetyRecord.Grade.choices),
            text("text", _("经过与处理"), 2000, listed=True),
            day("settled_on", _("处理完毕"), required=False),
        ),
        key=("on", "grade"),
        hint=_("事故和险情如实登记；只有内部可见，评估时作为依据。"),
        order="-on",
        search=("text",),
        weigh=each(of_accident),
        ended=True,
        inside=True,
    ),
)
