"""What engines read of their own tables of a kind: reports that an entry owes, requests that can be made about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from headwater.casework.reports.kinds import ReportKind, read_report
from headwater.casework.requests.kinds import RequestKind, read_request
from headwater.core.reading import Problem, Reader
from headwater.core.register import Register
from headwater.registers.shapes import BUILT_IN, SETTABLE

PART_READERS: Register[Callable[[Reader, str], Any]] = Register("table of a kind")
"""By the name of the table in a kind's file. A reader is given the code of the kind; it is pure, collects every mistake, and reads every
key.
"""
PART_CHECKS: Register[Callable[[Any], Iterable[Problem]]] = Register("check of a kind")
"""What apps find wrong between the parts of a kind that is whole: each is given the kind and yields (key, what is wrong)."""
REPORT, REQUEST = "report", "request"


@PART_READERS.under(REPORT)
def report(r: Reader, kind: str) -> ReportKind:
    """Read a kind of report that entries of a kind owe."""
    return read_report(r, built_in=BUILT_IN, of=kind)


@PART_READERS.under(REQUEST)
def request(r: Reader, _kind: str) -> RequestKind:
    """Read a kind of request about entries; its form may take over what stands on the entry."""
    return read_request(r, built_in=BUILT_IN, record=SETTABLE)
