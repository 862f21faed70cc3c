"""The entries of a ZIP: within bounds, each whole and exactly as large as the directory says."""

from __future__ import annotations

import io
import zlib
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from headwater.core.inspection.problem import Problem

ENTRIES = 3_000
RATIO = 300
"""Bytes that one compressed byte may become, in an entry above a megabyte."""


def entries(content: bytes, most: int) -> list[ZipInfo]:
    """Return the directory of an archive that is one file from its first byte and becomes at most `inflated` bytes.

    Raises:
        Problem: bounds are crossed, entries share data or a name, or something is encrypted.
        BadZipFile: not an archive.
    """
    with ZipFile(io.BytesIO(content)) as archive:
        rows = archive.infolist()
        if archive.comment:
            raise Problem("mixed")
    if len(rows) > ENTRIES or sum(r.file_size for r in rows) > most:
        raise Problem("bomb")
    if len({r.filename.lower() for r in rows}) != len(rows):
        raise Problem("damaged")
    end = 0
    for row in sorted(rows, key=lambda r: r.header_offset):
        if row.header_offset < end:  # two entries share their data
            raise Problem("bomb")
        if not end and row.header_offset:  # something else before the archive
            raise Problem("mixed")
        end = row.header_offset + 30 + row.compress_size
        if row.flag_bits & 1:
            raise Problem("encrypted")
        if row.compress_type not in {ZIP_STORED, ZIP_DEFLATED} or end > len(content):
            raise Problem("damaged")
        if row.file_size > 2**20 and row.file_size > RATIO * max(1, row.compress_size):
            raise Problem("bomb")
    return rows


def data(content: bytes, row: ZipInfo) -> bytes:
    """Return what an entry holds. Other readers inflate to the end of the data, so one that holds more than it claims is refused.

    Raises:
        Problem: it is damaged, or not as large as the directory says.
    """
    at = row.header_offset
    if content[at : at + 4] != b"PK\x03\x04":
        raise Problem("damaged")
    at += 30 + int.from_bytes(content[at + 26 : at + 28], "little") + int.from_bytes(content[at + 28 : at + 30], "little")
    plain = content[at : at + row.compress_size]
    if row.compress_type == ZIP_DEFLATED:
        machine = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            plain = machine.decompress(plain, row.file_size + 1)
        except zlib.error as error:
            raise Problem("damaged") from error
        if len(plain) <= row.file_size and not machine.eof:
            raise Problem("damaged")
    if len(plain) > row.file_size:
        raise Problem("bomb")
    if len(plain) != row.file_size or zlib.crc32(plain) != row.CRC:
        raise Problem("damaged")
    return plain
