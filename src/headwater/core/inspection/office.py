"""Word and Excel files of today (OOXML): a ZIP with bounds, without macros, controls, links to programs and other files inside."""

from __future__ import annotations

import io
import re
import zlib
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from headwater.core.inspection.problem import Problem

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENTRIES = 3_000
INFLATED = 200 * 2**20
RATIO = 300
"""Bytes that one compressed byte may become, in an entry above a megabyte."""
MAIN = re.compile(rb"officedocument\.(wordprocessingml\.document|spreadsheetml\.sheet)\.main\+xml")
MACROS = re.compile(r"vbaproject|vbadata|activex|macrosheets|\.bin$|customui", re.IGNORECASE)
HARMLESS = re.compile(r"printersettings\d*\.bin$", re.IGNORECASE)
FILES = re.compile(r"/embeddings/|\.(zip|rar|7z|gz|exe|dll|js|vbs|ps1|bat|cmd|scr|jar|msi|lnk|hta|pdf)$", re.IGNORECASE)
PARTS = re.compile(r"\.(xml|rels)$|^\[Content_Types\]\.xml$")


def look(content: bytes) -> None:
    if content.startswith(OLE):
        raise Problem("old_office")
    if not content.startswith(b"PK\x03\x04"):
        raise Problem("type")
    if b"PK\x05\x06" not in content[-65_557:]:
        raise Problem("truncated")
    if b"%PDF-" in content[:1100]:
        raise Problem("mixed")
    with ZipFile(io.BytesIO(content)) as archive:
        rows = archive.infolist()
        _bounds(rows, len(content))
        _names([r.filename for r in rows])
        _contents(archive, rows)


def _bounds(rows: list[ZipInfo], size: int) -> None:
    if len(rows) > ENTRIES or sum(r.file_size for r in rows) > INFLATED:
        raise Problem("bomb")
    if len({r.filename for r in rows}) != len(rows):
        raise Problem("damaged")
    end = 0
    for row in sorted(rows, key=lambda r: r.header_offset):
        if row.header_offset < end:  # two entries share their data
            raise Problem("bomb")
        end = row.header_offset + 30 + row.compress_size
        if row.flag_bits & 1:
            raise Problem("encrypted")
        if row.compress_type not in {ZIP_STORED, ZIP_DEFLATED} or end > size:
            raise Problem("damaged")
        if row.file_size > 2**20 and row.file_size > RATIO * max(1, row.compress_size):
            raise Problem("bomb")


def _names(names: list[str]) -> None:
    if "[Content_Types].xml" not in names:
        raise Problem("type")
    for name in names:
        if name.startswith("/") or ".." in name.split("/") or "\\" in name:
            raise Problem("damaged")
        if MACROS.search(name) and not HARMLESS.search(name):
            raise Problem("macros")
        if FILES.search(name):
            raise Problem("embedded")


def _contents(archive: ZipFile, rows: list[ZipInfo]) -> None:
    """Inflate every entry, never more than it claims; look into those that are XML."""
    for row in rows:
        with archive.open(row) as source:
            try:
                text = source.read(row.file_size + 1)
            except zlib.error as error:
                raise Problem("damaged") from error
        if len(text) != row.file_size:
            raise Problem("bomb")
        if text.startswith((b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"MZ", OLE)):
            raise Problem("embedded")
        if not PARTS.search(row.filename):
            continue
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            raise Problem("bomb")
        if row.filename == "[Content_Types].xml":
            if re.search(rb"macroEnabled|vbaProject|ms-office\.activeX", text):
                raise Problem("macros")
            if not MAIN.search(text):
                raise Problem("type")
        elif row.filename.endswith(".rels"):
            _relations(text)
        elif re.search(rb"\bDDE(AUTO)?\b", text) and re.search(rb"instrText|ddeLink", text):
            raise Problem("linked")


def _relations(text: bytes) -> None:
    """Links to web pages are fine; a template, a frame or an object that is loaded from elsewhere is not."""
    for found in re.findall(rb"<Relationship\b[^>]*>", text):
        if re.search(rb"""TargetMode\s*=\s*["']External""", found) and not re.search(rb"relationships/hyperlink[\"']", found):
            raise Problem("linked")
