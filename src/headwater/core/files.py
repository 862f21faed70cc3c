"""Whose file is it, and who may download it: every owner type registers a rule here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from headwater.core.errors import Refused
from headwater.core.inspection.pdf import beginning
from headwater.core.models import StoredFile
from headwater.core.register import Register

Rule = Callable[[Any, StoredFile], bool]
OWNERS: Register[Rule] = Register("owner of files")
"""By owner type (app.model): who may download its files."""

MAX_BYTES = 10 * 1024 * 1024
ZIP = (b"PK\x03\x04",)
OPEN_XML = "application/vnd.openxmlformats-officedocument."
SIGNATURES: dict[str, tuple[tuple[bytes, ...], str]] = {
    ".pdf": ((b"%PDF-",), "application/pdf"),
    ".png": ((b"\x89PNG\r\n\x1a\n",), "image/png"),
    ".jpg": ((b"\xff\xd8\xff",), "image/jpeg"),
    ".jpeg": ((b"\xff\xd8\xff",), "image/jpeg"),
    ".docx": (ZIP, OPEN_XML + "wordprocessingml.document"),
    ".xlsx": (ZIP, OPEN_XML + "spreadsheetml.sheet"),
}
ACCEPT = ",".join(SIGNATURES)


def may_download(user: Any, file: StoredFile) -> bool:
    """Return whether `user` may have the file: its owner's rule says so, and the file was looked into and found fine."""
    rule = OWNERS.get(file.owner_type)
    return bool(rule and file.state == StoredFile.State.FINE and rule(user, file))


def check_claim(name: str, size: int) -> str:
    """Return the content type that a name promises, before a byte is sent.

    Raises:
        Refused: too large, empty, or a type that is not taken.
    """
    suffix = "." + name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if suffix not in SIGNATURES:
        raise Refused.because(_("“%s”：只接受 PDF、PNG、JPG、DOCX、XLSX 文件") % name, field="file")
    if size <= 0:
        raise Refused.because(_("“%s”是空文件") % name, field="file")
    if size > MAX_BYTES:
        raise Refused.because(_("“%(name)s”超过 %(limit)d MB") % {"name": name, "limit": MAX_BYTES // 1048576}, field="file")
    return SIGNATURES[suffix][1]


def check_upload(name: str, content: bytes) -> str:
    """Return the content type of an upload after a look at its first bytes, not only at its name; a job looks inside later.

    Raises:
        Refused: what `check_claim` refuses, or content that does not match the name.
    """
    content_type = check_claim(name, len(content))
    starts = SIGNATURES["." + name.rsplit(".", 1)[-1].lower()][0]
    if not any((beginning(content) if s == b"%PDF-" else content).startswith(s) for s in starts):
        raise Refused.because(_("“%s”的内容与文件类型不符，请重新导出后上传") % name, field="file")
    return content_type
