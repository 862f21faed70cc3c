"""The answers of a call as one table: a row for each application, or for each row of one of its tables.

Rows go to a file on the data disk, some applications at a time. More applications than can be written while somebody waits are
written by a job.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.calls.loading import answers_in
from headwater.calls.models import Application, Attachment, Call
from headwater.calls.schemes import scheme_of
from headwater.core.errors import NotAllowed, Refused
from headwater.core.exports import KINDS, Whole
from headwater.core.jobs import Progress
from headwater.core.listing import SHEET_ROWS
from headwater.core.models import Account
from headwater.core.own import without_own
from headwater.core.permission import may
from headwater.core.sheets import csv_into, xlsx_into
from headwater.forms.answers.state import Answers
from headwater.forms.fieldtype import label
from headwater.forms.shapes import Field

ANSWERS = "calls.answers"
AT_ONCE = 1000
"""Applications that are written while the reader waits."""
CHUNK = 500
LONGEST = 31_800
"""Characters of a cell of Excel, with room for the mark of one that was cut."""


def applications_for(account: Any, call: Call) -> QuerySet[Application]:
    return without_own(Application.objects.visible_to(account).filter(call=call), account)


def table_of(call: Call, code: str) -> Field | None:
    return next((f for f in scheme_of(call).fields if f.has_rows and f.code == code), None)


def name_of(call: Call, table: Field | None, form: str) -> str:
    return f"{call.code}{'-' + table.code if table else ''}.{form}"


def write_answers(
    stream: Any, folder: str, account: Any, call: Call, table: Field | None, form: str, progress: Any = None
) -> int:
    """Write all answers that `account` may see into an open file, as csv or xlsx; hidden questions are empty. Returns the
    number of rows.

    Raises:
        Refused: more rows than a sheet of Excel holds.
    """
    columns = table.columns if table else scheme_of(call).fields
    heading = [_("申请编号"), _("名称"), _("申请人"), _("依托单位"), *(label(f) for f in columns)]
    counted = Counter[str]()
    rows = _counted(_rows(account, call, table, columns, progress), counted)
    if form == "csv":
        text = TextIOWrapper(stream, encoding="utf-8-sig", newline="", write_through=True)
        csv_into(text, heading, rows)
        text.detach()
    else:
        xlsx_into(stream, call.code, heading, _fitting(rows), folder=folder)
    return counted["rows"]


def _counted(rows: Iterator[list[Any]], counted: Counter[str]) -> Iterator[list[Any]]:
    for row in rows:
        counted["rows"] += 1
        yield row


def _fitting(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """Yield rows as a sheet of Excel holds them: a text that is too long ends with a mark that tells how much is missing; too
    many rows are refused.
    """
    for number, row in enumerate(rows):
        if number >= SHEET_ROWS:
            raise Refused.because(_("超过 %d 行，Excel 工作表放不下；请选择 csv 格式导出") % SHEET_ROWS)
        yield [_cut(c) if isinstance(c, str) and len(c) > LONGEST else c for c in row]


def _cut(text: str) -> str:
    return text[:LONGEST] + _("……（全文 %d 字，单元格放不下，此处截断；导出 csv 可得全文）") % len(text)


def _rows(account: Any, call: Call, table: Field | None, columns: Sequence[Field], progress: Any) -> Iterator[list[Any]]:
    for a, answers in _answers(account, call, progress):
        head = [a.number, a.title_zh, a.leader.name_zh, a.host.name_zh]
        for row in answers.rows(table) if table else [{f.code: answers.get(f.code) for f in columns}]:
            yield [*head, *(c.of.for_sheet(c, row.get(c.code), answers) for c in columns)]


def _answers(account: Any, call: Call, progress: Any) -> Iterator[tuple[Application, Answers]]:
    applications = applications_for(account, call)
    keys = list(applications.order_by("number", "pk").values_list("pk", flat=True))
    for start in range(0, len(keys), CHUNK):
        part = keys[start : start + CHUNK]
        attached: dict[int, Counter[str]] = defaultdict(Counter)
        for pk, code in Attachment.objects.filter(application__in=part).values_list("application", "kind"):
            attached[pk][code] += 1
        rows = applications.filter(pk__in=part).select_related("leader", "host").annotate(member_count=Count("participants"))
        ordered = list(rows.order_by("number", "pk"))
        make = answers_in(call, ordered)
        for a in ordered:
            yield a, make(a, attached[a.pk], a.member_count)
        if progress:
            progress(min(start + CHUNK, len(keys)), len(keys), str(call))


def make_file(account: Account, folder: str, progress: Progress, *, call: int, table: str, form: str) -> tuple[str, int]:
    """Write the table as a file in `folder`, for an officer who may still check the call. Returns its path and number of rows."""
    row = Call.objects.visible_to(account).select_related("scheme").filter(pk=call).first()
    if row is None or not may(account, "calls.check", row):
        raise NotAllowed("calls.check")
    field = table_of(row, table)
    path = Path(folder) / name_of(row, field, form)
    with path.open("w+b") as stream:
        return str(path), write_answers(stream, folder, account, row, field, form, progress)


KINDS.add(ANSWERS, Whole(gettext_lazy("答卷"), make_file))
