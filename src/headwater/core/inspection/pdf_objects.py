"""PDFs parsed, looked into object by object, and written anew. What is kept is what was looked into: whatever a file hides from the
parser, in comments, strings, streams or behind its end, is not in what was written.
"""

from __future__ import annotations

import io
import re
import time
from threading import Lock
from typing import Any

import pikepdf
from pikepdf import ObjectStreamMode, ObjectType, StreamDecodeLevel, settings

from headwater.core.inspection.problem import Problem

ACTIVE = frozenset(
    ["/JavaScript", "/JS", "/Launch", "/FileAttachment", "/RichMedia", "/XFA", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR"]
)
"""Names of what runs, sends or opens something else, as a key or as a value."""
ATTACHED = frozenset(["/EmbeddedFile", "/EmbeddedFiles", "/EF"])
NAMES = ("/UF", "/F", "/Unix", "/DOS", "/Mac")
DATA = re.compile(r"[^/\\:\0]+\.(xml|txt|csv)", re.IGNORECASE)
"""What an archival file (PDF/A-3) may carry: data that no system runs."""
INFLATED = 4 * 2**20
"""Bytes that one stream of objects may become."""
OBJECTS, VALUES = 500_000, 2_000_000
SECONDS = 20.0
PACKED = 2
"""The type of an entry of the table for an object that lies in a stream."""
_one_at_a_time = Lock()
"""The count of crossed limits belongs to the whole process."""

settings.set_qpdf_limits(
    flate_max_memory=INFLATED,
    png_max_memory=INFLATED,
    tiff_max_memory=INFLATED,
    run_length_max_memory=INFLATED,
    doc_max_warnings=2_000,
)


def rewrite(content: bytes) -> bytes:
    """Return the file as it is written from its objects.

    Raises:
        Problem: a password, scripts or actions, attached files other than plain data, or objects that are damaged or too many.
    """
    with _one_at_a_time:
        crossings = settings.qpdf_limit_errors()
        try:
            return _rewrite(content, crossings)
        except pikepdf.PasswordError as error:
            raise Problem("encrypted") from error
        except pikepdf.PdfError as error:
            raise Problem("bomb" if settings.qpdf_limit_errors() > crossings else "damaged") from error


def _rewrite(content: bytes, crossings: int) -> bytes:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        if pdf.is_encrypted:
            raise Problem("encrypted")
        findings = Findings()
        findings.examine(pdf)
        if settings.qpdf_limit_errors() > crossings or any("memory limit exceeded" in warning for warning in pdf.get_warnings()):
            raise Problem("bomb")
        findings.judge()
        if not len(pdf.pages):
            raise Problem("damaged")
        file = io.BytesIO()
        pdf.save(
            file,
            deterministic_id=True,
            object_stream_mode=ObjectStreamMode.generate,
            compress_streams=False,
            stream_decode_level=StreamDecodeLevel.none,
            fix_metadata_version=False,
        )
    return file.getvalue()


class Findings:
    """What the objects of a file hold that matters here."""

    def __init__(self) -> None:
        self.active = self.attached = self.missing = False
        self.files: list[bool] = []
        """For each description of an attached file, whether it says openly that it is plain data."""
        self.values = 0
        self.until = time.monotonic() + SECONDS

    def examine(self, pdf: pikepdf.Pdf) -> None:
        """Look at the trailer and at every object that the table names, whether anything leads to it or not."""
        places = pdf.get_xref_table()
        if len(places) > OBJECTS:
            raise Problem("bomb")
        self.value(pdf.trailer)
        for place, entry in places.items():
            value = pdf.get_object(place)
            self.missing = self.missing or (value is None and entry.type == PACKED)
            self.value(value)
            if time.monotonic() > self.until:
                raise Problem("bomb")

    def judge(self) -> None:
        if self.missing:  # an object that the parser could not unpack would be missing from what is kept
            raise Problem("hidden")
        if self.active:
            raise Problem("active")
        if self.attached and not (self.files and all(self.files)):
            raise Problem("attached")

    def value(self, value: Any) -> None:
        """Look at a value and all that it holds itself; what it refers to is an object with a place of its own."""
        values = [value]
        while values:
            value = values.pop()
            kind = getattr(value, "_type_code", None)
            if kind == ObjectType.name_:
                self.name(str(value))
            elif kind == ObjectType.array:
                values += self.direct_parts(value)
            elif kind in {ObjectType.dictionary, ObjectType.stream}:
                entries = dict(value.items())
                for key in entries:
                    self.name(key)
                if "/EF" in entries:
                    self.files.append(is_data(value))
                values += self.direct_parts(entries.values())

    def direct_parts(self, values: Any) -> list[Any]:
        self.values += len(values)
        if self.values > VALUES:
            raise Problem("bomb")
        return [v for v in values if isinstance(v, pikepdf.Object) and not v.is_indirect]

    def name(self, name: str) -> None:
        self.active = self.active or name in ACTIVE
        self.attached = self.attached or name in ATTACHED


def is_data(file: Any) -> bool:
    """Return whether an attached file says openly what it is called, and each name is that of plain data."""
    names = [file[key] for key in NAMES if key in file]
    return bool(names) and all(n._type_code == ObjectType.string and DATA.fullmatch(str(n)) for n in names)
