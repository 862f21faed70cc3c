"""The answers of a call as a spreadsheet: a row for each application, or for each row of one of its tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from headwater.calls.answers.loading import answers_in
from headwater.calls.answers.showing import label, plain_text, show, text_of
from headwater.calls.answers.state import Answers
from headwater.calls.models import Application, Attachment, Call
from headwater.calls.schemes import Field, scheme_of
from headwater.calls.views.office import the_call
from headwater.core.i18n import chinese
from headwater.core.permission import page
from headwater.core.sheets import write_xlsx
from headwater.core.web import download

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@page("calls.check", methods=("GET",))
def export_answers(request: HttpRequest, pk: int) -> HttpResponse:
    """All answers to the questions of a call; `?table=code` unfolds one table. Hidden questions are empty."""
    call, zh = the_call(request, pk, "calls.check"), chinese()
    table = next((f for f in scheme_of(call).fields if f.has_rows and f.code == request.GET.get("table")), None)
    if request.GET.get("table") and table is None:
        raise Http404
    columns = table.columns if table else scheme_of(call).fields
    heading = [_("申请编号"), _("名称"), _("申请人"), _("依托单位"), *(label(f, zh) for f in columns)]
    name = f"{call.code}{'-' + table.code if table else ''}.xlsx"
    return download(write_xlsx(call.code, heading, _rows(request, call, table, zh)), name, XLSX)


def _rows(request: HttpRequest, call: Call, table: Field | None, zh: bool) -> Iterator[list[Any]]:
    columns = table.columns if table else scheme_of(call).fields
    for a, answers in _answers(request, call):
        head = [a.number, a.title_zh, a.leader.name_zh, a.host.name_zh]
        for row in answers.rows(table) if table else [{f.code: answers.get(f.code) for f in columns}]:
            yield [*head, *(_cell(c, row.get(c.code), answers, zh) for c in columns)]


def _answers(request: HttpRequest, call: Call) -> Iterator[tuple[Application, Answers]]:
    rows = (
        Application.objects.visible_to(request.user).filter(call=call).select_related("leader", "host").order_by("number", "pk")
    )
    rows = rows.annotate(member_count=Count("participants"))
    attached: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for pk, kind in Attachment.objects.filter(application__call=call).values_list("application", "kind"):
        attached[pk][kind] += 1
    make = answers_in(call)
    for a in rows.iterator(chunk_size=1000):
        yield a, make(a, attached[a.pk], a.member_count)


def _cell(f: Field, value: Any, answers: Answers, zh: bool) -> Any:
    """A cell a spreadsheet can count with: numbers as numbers, money in 万元, dates as dates."""
    if f.type == "money" and isinstance(value, int):
        return value / 1_000_000
    if f.type == "number" and isinstance(value, (int, float)):
        return value
    if f.type == "date" and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    if f.type == "file":
        return answers.attached.get(f.kind, 0)
    if f.has_rows or f.type == "budget":
        return plain_text(show(answers, f, zh))
    return text_of(f, value, zh)
