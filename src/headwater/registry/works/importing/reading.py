"""Which form a file of works has, by its name or else by how it begins."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core.errors import Refused
from headwater.core.register import Register
from headwater.registry.works.importing.bibtex import read_bibtex
from headwater.registry.works.importing.dois import read_dois
from headwater.registry.works.importing.parsed import Reading
from headwater.registry.works.importing.ris import read_ris
from headwater.registry.works.importing.table import read_table

MOST_RECORDS = 100_000
HEAD = 20_000
"""Bytes at the beginning by which a form is told."""


@dataclass(frozen=True)
class Form:
    """A form of files: how it is called, how its names end, how it begins, and what reads it."""

    label: str | Promise
    endings: tuple[str, ...]
    begins: re.Pattern[bytes] | None
    read: Callable[[str, bytes], Reading]


FORMS: Register[Form] = Register("form of files of works")
FORMS.add(
    "bibtex", Form("BibTeX", (".bib", ".bibtex"), re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:%[^\n]*\n\s*)*@\w+\s*[{(]"), read_bibtex)
)
FORMS.add("ris", Form("RIS", (".ris",), re.compile(rb"(?:\xef\xbb\xbf)?(?:[^\n]*\n){0,20}?\s*TY {1,2}-"), read_ris))
FORMS.add(
    "dois",
    Form(
        gettext_lazy("DOI 清单"),
        (".doi", ".dois"),
        re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:#[^\n]*\n\s*)*(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?10\.\d{4,9}/", re.IGNORECASE),
        read_dois,
    ),
)
FORMS.add("table", Form(gettext_lazy("表格（xlsx、csv）"), (".xlsx", ".csv", ".tsv"), None, read_table))


def read_works(name: str, content: bytes) -> Reading:
    """Read a file of works in whichever form it has.

    Raises:
        Refused: it cannot be read as a whole, or has no record.
    """
    form = FORMS[form_of(name, content)]
    try:
        reading = form.read(name, content)
    except (ValueError, RecursionError) as error:
        words = {"name": name[:200], "form": form.label, "why": str(error)[:200]}
        raise Refused.because(_("“%(name)s”不能按%(form)s读取：%(why)s") % words, field="file") from error
    if not reading.records:
        words = {"name": name[:200], "form": form.label}
        raise Refused.because(_("“%(name)s”按%(form)s读取，没有任何记录") % words, field="file")
    if len(reading.records) > MOST_RECORDS:
        limit = {"name": name[:200], "limit": MOST_RECORDS}
        raise Refused.because(_("“%(name)s”超过 %(limit)d 条，请分批导入") % limit, field="file")
    return reading


def form_of(name: str, content: bytes) -> str:
    """Return the code of the form of a file: its name's where it ends in one, else that of how it begins, else a table."""
    for code, form in FORMS.items():
        if name.lower().endswith(form.endings):
            return code
    head = content[:HEAD]
    return next((code for code, form in FORMS.items() if form.begins and form.begins.match(head)), "table")
