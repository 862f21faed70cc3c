"""Word and Excel files of today (OOXML): a ZIP with bounds, without macros, controls, links to programs and other files inside.

The numbers behind a chart are a workbook of its own, which is looked into like any other; deeper than that nothing may lie."""

from __future__ import annotations

import re
from urllib.parse import unquote
from zipfile import BadZipFile

from headwater.core.inspection import archive, markup
from headwater.core.inspection.problem import Problem

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
INFLATED = 200 * 2**20
PARSED = 32 * 2**20
"""Bytes of one part that may be read by the parser."""
OPEN_XML = "application/vnd.openxmlformats-officedocument."
MAIN = {f"{OPEN_XML}wordprocessingml.document.main+xml", f"{OPEN_XML}spreadsheetml.sheet.main+xml"}
MACROS = re.compile(r"vbaproject|vbadata|activex|macrosheets|\.bin$|customui", re.IGNORECASE)
HARMLESS = re.compile(r"printersettings\d*\.bin$", re.IGNORECASE)
CHART_DATA = re.compile(r"(?:^|/)embeddings/[^/]+\.xlsx$", re.IGNORECASE)
OBJECTS = re.compile(r"/embeddings/[^/]+\.bin$", re.IGNORECASE)
FILES = re.compile(r"/embeddings/|\.(zip|rar|7z|gz|exe|dll|js|vbs|ps1|bat|cmd|scr|jar|msi|lnk|hta|pdf)$", re.IGNORECASE)
PARTS = re.compile(r"\.(xml|rels|vml)$", re.IGNORECASE)
PIECE = re.compile(r"\.piece$", re.IGNORECASE)
TYPES = "[Content_Types].xml"
ACTIVE_TYPES = re.compile(r"macro|vba|activex|customui|sheet\.binary", re.IGNORECASE)
HYPERLINKS = {
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink",
    "http://purl.oclc.org/ooxml/officeDocument/relationships/hyperlink",
}
ACTIVE_RELATIONS = {
    "vbaproject",
    "wordvbadata",
    "control",
    "activexcontrolbinary",
    "xlmacrosheet",
    "xlintlmacrosheet",
    "extensibility",
}
FILE_RELATIONS = {"package", "afchunk"}
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|\\\\", re.IGNORECASE)
FIELDS = re.compile(rb"instrText|fldSimple|ddeLink|oleLink")
DDE = re.compile(r"(?<![\w/.:-])DDE(AUTO)?(?![\w/.:-])", re.IGNORECASE)


def look(content: bytes) -> None:
    _look(content, [INFLATED], charts=True)


def _look(content: bytes, room: list[int], *, charts: bool) -> None:
    """Look into a file; `room` has the bytes that it and those inside it may still become; with `charts`, it may hold workbooks of charts."""
    if content.startswith(OLE):
        raise Problem("old_office")
    if not content.startswith(b"PK\x03\x04"):
        raise Problem("type")
    if b"PK\x05\x06" not in content[-65_557:]:
        raise Problem("truncated")
    if b"%PDF-" in content[:1100]:
        raise Problem("mixed")
    rows = archive.entries(content, room[0])
    room[0] -= sum(r.file_size for r in rows)
    _names([r.filename for r in rows], charts)
    for row in rows:
        name, text = unquote(row.filename), archive.data(content, row)
        if CHART_DATA.search(name):
            _chart(text, room)
        else:
            _part(name, text, charts)


def _chart(text: bytes, room: list[int]) -> None:
    try:
        _look(text, room, charts=False)
    except (Problem, BadZipFile) as problem:
        code = problem.code if isinstance(problem, Problem) else ""
        raise Problem(code if code in {"macros", "linked", "bomb"} else "embedded") from problem


def _names(names: list[str], charts: bool) -> None:
    if TYPES not in names:
        raise Problem("type")
    for name in map(unquote, names):
        if name.startswith("/") or ".." in name.split("/") or "\\" in name or PIECE.search(name):
            raise Problem("damaged")
        if OBJECTS.search(name):
            raise Problem("objects")
        if MACROS.search(name) and not HARMLESS.search(name):
            raise Problem("macros")
        if FILES.search(name) and not (charts and CHART_DATA.search(name)):
            raise Problem("embedded")


def _part(name: str, text: bytes, charts: bool) -> None:
    if text.startswith((b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"MZ", OLE)):
        raise Problem("embedded")
    if not PARTS.search(name) and not markup.looks_like_markup(text):
        return
    markup.check_plain(text, picture=name.lower().endswith(".svg"))
    if len(text) > PARSED and (name == TYPES or name.lower().endswith(".rels") or FIELDS.search(text)):
        raise Problem("bomb")
    if name == TYPES:
        _types(text)
    elif name.lower().endswith(".rels"):
        _relations(text, charts)
    elif FIELDS.search(text):
        _fields(text)


def _types(text: bytes) -> None:
    types: set[str] = set()
    markup.parse(text, lambda name, attributes: types.add(attributes.get("ContentType", "").strip()))
    if any(ACTIVE_TYPES.search(t) for t in types):
        raise Problem("macros")
    if not types & MAIN:
        raise Problem("type")


def _relations(text: bytes, charts: bool) -> None:
    """Refuse a template, a frame or an object that is loaded from elsewhere; links to web pages are fine."""

    def start(name: str, attributes: dict[str, str]) -> None:
        if markup.local(name) != "Relationship":
            return
        kind, target = attributes.get("Type", ""), attributes.get("Target", "").strip()
        last = kind.strip().rpartition("/")[2].lower()
        if last in ACTIVE_RELATIONS:
            raise Problem("macros")
        if last == "oleobject":
            raise Problem("objects")
        if last in FILE_RELATIONS and not (charts and last == "package" and CHART_DATA.search(unquote(target))):
            raise Problem("embedded")
        outside = attributes.get("TargetMode", "Internal") != "Internal" or ELSEWHERE.match(target)
        if outside and kind not in HYPERLINKS:
            raise Problem("linked")

    markup.parse(text, start)


def _fields(text: bytes) -> None:
    """Refuse fields and links that start another program; the instruction of a field may be cut into many pieces."""
    pieces: list[str] = []
    inside = [False]

    def start(name: str, attributes: dict[str, str]) -> None:
        name = markup.local(name)
        inside[0] = name == "instrText"
        if name in {"ddeLink", "oleLink"}:
            raise Problem("linked")
        if name == "fldChar":
            pieces.append(" ")
        elif name == "fldSimple":
            pieces.extend(f" {value} " for key, value in attributes.items() if markup.local(key) == "instr")

    def characters(piece: str) -> None:
        if inside[0]:
            pieces.append(piece)

    def end(_name: str) -> None:
        inside[0] = False

    markup.parse(text, start, characters, end)
    if DDE.search("".join(pieces)):
        raise Problem("linked")
