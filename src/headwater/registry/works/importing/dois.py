"""Lists of DOIs: one on each line, with or without a title and a year behind it."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from headwater.core.encodings import decode
from headwater.core.sheets import RowError
from headwater.registry.works.identifiers import DOI_LEAD, plain
from headwater.registry.works.importing.parsed import Parsed, Reading
from headwater.registry.works.values import NewWork

LABELS = {"id_doi": "DOI"}


def read_dois(name: str, content: bytes) -> Reading:
    """Read a list of DOIs. Nothing is asked of the network: a DOI alone names a work that is on record."""
    reading = Reading(labels=LABELS)
    for line, raw in enumerate(decode(content).split("\n"), start=1):
        text = plain(raw).strip(" ,;，；")
        if not text or text.startswith("#"):
            continue
        first, *rest = re.split(r"[\s,;，；]+", DOI_LEAD.sub("", text), maxsplit=1)
        record = Parsed(line, NewWork(kind="", identifiers={"doi": first}))
        if rest:
            record.errors.append(
                RowError(line, "DOI", rest[0][:40], _("每行只写一个 DOI；连同题名、作者一起导入的，请用 BibTeX、RIS 或表格"))
            )
        reading.records.append(record)
    return reading
