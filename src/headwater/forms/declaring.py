"""The parts of a form, from their tables in a package. Keys that the part does not know are mistakes."""

from __future__ import annotations

import re
from typing import Any

from headwater.core.reading import Reader
from headwater.forms.codes import CODE
from headwater.forms.fieldtype import TYPES
from headwater.forms.shapes import AttachmentKind, CrossCheck, Document, Field, Section


def read_field(r: Reader, *, column: bool = False) -> Field:
    """A question of a section, or a column of a table."""
    kind = r.text("type", required=True)
    codes = [code for code, of in TYPES.items() if of.is_column or not column]
    if kind and kind not in codes:
        r.problems.append((r.path("type"), f"unknown field type {kind!r}; known: {', '.join(codes)}"))
    code = r.text("code", required=True)
    if code and not CODE.fullmatch(code):
        r.problems.append((r.path("code"), f"expected lower-case letters, digits and underscores, found {code!r}"))
    values: dict[str, Any] = {
        "code": code,
        "type": kind,
        "label_zh": r.text("label_zh", required=True),
        "label_en": r.text("label_en", required=True),
        "required": r.get("required", bool, False),
        "help_zh": r.text("help_zh"),
        "help_en": r.text("help_en"),
        "where": r.where,
    }
    if not column:
        values |= {"when": r.text("when"), "prefill": r.text("prefill"), "restricted": r.get("restricted", bool, False)}
    if kind in codes:
        values |= TYPES[kind].declare(r)
    else:
        r.read |= set(r.table)
    r.done()
    return Field(**values)


def read_section(r: Reader, stages: tuple[str, ...] = ()) -> Section:
    section = Section(
        r.text("code", required=True),
        r.text("title_zh", required=True),
        r.text("title_en", required=True),
        tuple(read_field(f) for f in r.tables("field", required=True)),
        r.text("stage") if stages else "",
    )
    if section.stage and section.stage not in stages:
        r.problems.append((r.path("stage"), f"expected {' or '.join(stages)}, found {section.stage!r}"))
    r.done()
    return section


def read_check(r: Reader) -> CrossCheck:
    check = CrossCheck(
        code=r.text("code", required=True),
        expr=r.text("expr", required=True),
        message_zh=r.text("message_zh", required=True),
        message_en=r.text("message_en", required=True),
        mend_zh=r.text("mend_zh"),
        mend_en=r.text("mend_en"),
        blocks=r.get("blocks", bool, True),
        reason=r.text("reason", "F05"),
        when=r.text("when"),
        where=r.where,
    )
    if not re.fullmatch(r"F\d\d", check.reason):
        r.problems.append((r.path("reason"), f"expected a reason code such as F05, found {check.reason!r}"))
    r.done()
    return check


def read_attachment(r: Reader) -> AttachmentKind:
    kind = AttachmentKind(r.text("kind", required=True), r.text("label_zh", required=True), r.text("label_en", required=True))
    r.done()
    return kind


def read_document(r: Reader, parties: tuple[str, ...]) -> Document:
    """Read a document to sign; `parties` are those who can sign something of such a form."""
    signs = r.get("signs", list, [], required=True)
    for party in signs:
        if party not in parties:
            r.problems.append((r.path("signs"), f"expected some of {', '.join(parties)}, found {party!r}"))
    if "signs" in r.table and (not signs or len(set(map(str, signs))) < len(signs)):
        r.problems.append((r.path("signs"), "expected at least one party, each once"))
    document = Document(
        code=r.text("code", required=True),
        title_zh=r.text("title_zh", required=True),
        title_en=r.text("title_en", required=True),
        text_zh=r.text("text_zh", required=True).strip(),
        text_en=r.text("text_en", required=True).strip(),
        signs=tuple(s for s in signs if isinstance(s, str)),
        when=r.text("when"),
        required=r.get("required", bool, True),
        where=r.where,
    )
    if document.code and not CODE.fullmatch(document.code):
        r.problems.append((r.path("code"), f"expected small letters, digits and _, at most 40, found {document.code!r}"))
    r.done()
    return document
