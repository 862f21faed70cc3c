"""Whose file is it, and who may download it: every owner type registers a rule here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headwater.core.errors import Refused
from headwater.core.models import StoredFile

Rule = Callable[[Any, StoredFile], bool]
OWNERS: dict[str, Rule] = {}

MAX_BYTES = 10 * 1024 * 1024
SIGNATURES: dict[str, tuple[tuple[bytes, ...], str]] = {
    ".pdf": ((b"%PDF-",), "application/pdf"),
    ".png": ((b"\x89PNG\r\n\x1a\n",), "image/png"),
    ".jpg": ((b"\xff\xd8\xff",), "image/jpeg"),
    ".jpeg": ((b"\xff\xd8\xff",), "image/jpeg"),
}


def owner(label: str, rule: Rule) -> None:
    """Register who may download the files of `label` (app.model)."""
    OWNERS[label] = rule


def may_download(user: Any, file: StoredFile) -> bool:
    rule = OWNERS.get(file.owner_type)
    return bool(rule and rule(user, file))


def check_upload(name: str, content: bytes) -> str:
    """Return the content type of an upload after looking at its bytes, not only at its name.

    Raises:
        Refused: too large, empty, a type that is not taken, or content that does not match the name.
    """
    from django.utils.translation import gettext as _

    suffix = "." + name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if suffix not in SIGNATURES:
        raise Refused.because(_("“%s”：只接受 PDF、PNG、JPG 文件") % name, field="file")
    if not content:
        raise Refused.because(_("“%s”是空文件") % name, field="file")
    if len(content) > MAX_BYTES:
        raise Refused.because(_("“%(name)s”超过 %(limit)d MB") % {"name": name, "limit": MAX_BYTES // 1048576}, field="file")
    starts, content_type = SIGNATURES[suffix]
    if not any(content.startswith(s) for s in starts):
        raise Refused.because(_("“%s”的内容与文件类型不符，请重新导出后上传") % name, field="file")
    return content_type
