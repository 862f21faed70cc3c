"""PDF: whole, without password, without scripts, actions and attached files, and nothing else at the same time."""

from __future__ import annotations

import re
import zlib

from headwater.core.inspection.problem import Problem

INFLATED = 64 * 2**20
"""Bytes that object and cross-reference streams may have together once inflated."""
STREAM = re.compile(rb"(?<!end)stream\r?\n")
NAME = re.compile(rb"#([0-9A-Fa-f]{2})")
ENCRYPT = re.compile(rb"/Encrypt(?![A-Za-z])")
ACTIVE = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData|GoToE)(?![A-Za-z0-9])")
END = 65_557
"""A ZIP reader finds its directory in so many bytes at the end."""


def look(content: bytes) -> None:
    if not content.startswith(b"%PDF-"):
        raise Problem("type")
    end = content.rfind(b"%%EOF")
    if end < 0 or content.rfind(b"startxref") < 0:
        raise Problem("truncated")
    if content[end + 5 :].strip(b"\r\n\t \0"):
        raise Problem("truncated" if re.search(rb"\d+ \d+ obj\b", content[end:]) else "mixed")
    also_zip(content)
    text = outside_streams(content)
    if ENCRYPT.search(text):
        raise Problem("encrypted")
    if ACTIVE.search(text):
        raise Problem("active")


def also_zip(content: bytes) -> None:
    """Whether a ZIP reader would take the file, too: an end record whose comment reaches to the end."""
    start = max(0, len(content) - END)
    at = content.find(b"PK\x05\x06", start)
    while at >= 0:
        comment = int.from_bytes(content[at + 20 : at + 22], "little")
        if at + 22 + comment >= len(content) - 2:
            raise Problem("mixed")
        at = content.find(b"PK\x05\x06", at + 1)


def outside_streams(content: bytes) -> bytes:
    """The objects as text: without the data of streams, but with inflated object streams; escaped names are written out."""
    parts: list[bytes] = []
    room, at = INFLATED, 0
    for found in STREAM.finditer(content):
        if found.start() < at:
            continue
        stop = content.find(b"endstream", found.end())
        if stop < 0:
            raise Problem("truncated")
        head = content[max(at, found.start() - 4096) : found.start()]
        head = head[head.rfind(b" obj") + 1 :]
        parts.append(content[at : found.start()])
        if b"/ObjStm" in decoded(head):
            inflated = inflate(content[found.end() : stop], room) if b"FlateDecode" in head else content[found.end() : stop]
            room -= len(inflated)
            parts.append(inflated)
        at = stop
    parts.append(content[at:])
    return decoded(b"\n".join(parts))


def decoded(text: bytes) -> bytes:
    return NAME.sub(lambda m: bytes([int(m[1], 16)]), text) if b"#" in text else text


def inflate(data: bytes, room: int) -> bytes:
    machine = zlib.decompressobj()
    found = machine.decompress(data, max(1, room))
    if machine.unconsumed_tail:
        raise Problem("bomb")
    return found
