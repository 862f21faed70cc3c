"""What several pages of notices are put together from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from headwater.casework.notices.models import Notice, NoticeRow, Objection


def table_of(notice: Notice, rows: Iterable[NoticeRow]) -> list[dict[str, Any]]:
    """Return the lines of a notice with the texts of its columns, each with its label."""
    columns = notice.rule.columns
    return [{"row": row, "cells": [(word, row.cell(code)) for code, word in columns]} for row in rows]


def objections_of(notice: Notice) -> QuerySet[Objection]:
    return Objection.objects.filter(row__notice=notice)
