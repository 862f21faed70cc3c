from typing import Any

from headwater.casework.notices.models import Notice, NoticeRow
from headwater.core.open_data import OPEN_DATA, Dataset


def lines() -> list[list[Any]]:
    """The lines of notices outside of calls, with their state: what an objection says and by whom is not public."""
    rows = NoticeRow.objects.select_related("notice__kind").order_by("notice", "position")
    return [_cells(row, row.notice) for row in rows]


def _cells(row: NoticeRow, notice: Notice) -> list[Any]:
    columns = "；".join(f"{code}={row.cell(code).zh}" for code, _word in notice.rule.columns if code in row.cells)
    about = [str(notice.pk), notice.kind.code, notice.title_zh, notice.starts_at, notice.ends_at]
    return [*about, row.position, row.title_zh, row.title_en, row.holder_zh, columns, row.state, notice.digest]


HEADING = (
    *("notice", "kind", "notice_title", "starts_at", "ends_at", "position", "title_zh", "title_en", "holder", "columns", "state"),
    "digest",
)
OPEN_DATA.add(
    "case_notices", Dataset("批次之外的公示名单", "Public notices outside of calls", HEADING, lines, NoticeRow.objects.count)
)
