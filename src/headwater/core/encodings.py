"""Text files as programs write them: the encoding is told from the bytes, the separator from the first lines, and what is not read is named."""

from __future__ import annotations

import codecs

from django.utils.translation import gettext as _

CJK = range(0x3000, 0xA000)
LOOKED_AT = 10
"""Lines among which the heading is, so that a separator would show in them."""
UNREAD = (";", "；", "，", "、", "|")
"""What some programs put between cells. A file that has one of these alone is refused, with its name: it also stands within cells."""


def decode(content: bytes) -> str:
    """Return the text of a file in UTF-8 (with or without its mark) or GB18030.

    Raises:
        ValueError: UTF-16, UTF-8 that is cut or damaged, or no text at all.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _is_wide(content):
        raise ValueError(_("文件的编码是 UTF-16；请另存为“CSV UTF-8（逗号分隔）”"))
    if b"\0" in content:
        raise ValueError(_("含有二进制内容"))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if content.startswith(codecs.BOM_UTF8) or _is_mostly_utf8(content):
            line = content.count(b"\n", 0, error.start) + 1
            raise ValueError(_("文件是 UTF-8 编码，但第 %d 行损坏或被截断；请重新导出") % line) from error
    try:
        return content.decode("gb18030")
    except UnicodeDecodeError as error:
        raise ValueError(_("编码不是 UTF-8 或 GB18030")) from error


def _is_wide(content: bytes) -> bool:
    """Return whether a text is UTF-16 without its mark: every other byte of its line ends and separators is zero."""
    head = content[:2000]
    return any(mark in head for mark in (b",\0", b"\n\0", b"\0,", b"\0\n")) and 0 < head.count(0) < len(head) * 0.6


def _is_mostly_utf8(content: bytes) -> bool:
    """Return whether Chinese is read where the bytes fit: GBK read as UTF-8 has hardly any, and is wrong at every other character."""
    text = content.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    return wrong <= sum(ord(c) in CJK for c in text)


def separator(text: str) -> str:
    """Return the comma, or the tabulator of a file that has no comma in its first lines."""
    lines = [line for line in text.splitlines() if line.strip()][:LOOKED_AT]
    has_tabs = any("\t" in line for line in lines) and not any("," in line for line in lines)
    return "\t" if has_tabs else ","


def other_separator(heading: str) -> str:
    """Return what stands between the columns of a heading that was read as one cell; nothing where that is not plain."""
    return next((mark for mark in UNREAD if mark in heading), "")
