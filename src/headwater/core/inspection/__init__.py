"""Look inside an uploaded file: what its bytes are, whether it is whole, and whether it carries what does not belong in it.

Nothing is rendered or unpacked to disk; what is inflated is bounded. Works on bytes only: no database. Of a PDF not the bytes that came
are kept but those that were written from what was looked into.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable
from zipfile import BadZipFile

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from headwater.core.inspection import images, office, pdf
from headwater.core.inspection.problem import Problem

LOOK: dict[str, Callable[[bytes], bytes | None]] = {
    ".pdf": pdf.look,
    ".png": images.look_png,
    ".jpg": images.look_jpeg,
    ".jpeg": images.look_jpeg,
    ".docx": office.look,
    ".xlsx": office.look,
}

PROBLEMS: dict[str, str | Promise] = {
    "type": _("内容与文件类型不符，请重新导出后上传"),
    "truncated": _("文件不完整（上传或导出时被截断），请重新导出后上传"),
    "damaged": _("文件已损坏，无法读取，请重新导出后上传"),
    "encrypted": _("文件有密码或权限限制，请去除密码后上传"),
    "active": _("PDF 中含有脚本或可执行操作，请用“打印为 PDF”重新导出"),
    "hidden": _("PDF 的内部压缩方式无法检查，请用“打印为 PDF”重新导出后上传"),
    "attached": _("PDF 带有附件文件：只接受 XML、TXT、CSV 附件；请去掉附件，或用“打印为 PDF”重新导出后上传"),
    "objects": _(
        "Office 文件中嵌有 OLE 对象（例如 MathType 或旧版公式编辑器的公式）：请在 Word 中转换为 Office 公式或图片，或导出为 PDF 后上传"
    ),
    "macros": _("Office 文件含有宏或控件，请另存为不含宏的格式"),
    "encoding": _("Office 文件的内部编码不是 UTF-8，请用 Office 或 WPS 重新另存后上传"),
    "linked": _("Office 文件引用外部模板或程序，请去除后上传"),
    "embedded": _("Office 文件中嵌有其他文件或压缩包，请单独上传"),
    "bomb": _("文件展开后过大，不能接受"),
    "mixed": _("文件同时是另一种格式（附有多余数据），请重新导出后上传"),
    "old_office": _("旧版或加密的 Office 文件不能接受，请另存为 PDF 后上传"),
    "unreadable": _("系统无法检查该文件，请改用 PDF 上传"),
}


def inspect(name: str, content: bytes) -> str:
    """Return the code of what is wrong with a file (a key of PROBLEMS), or an empty string."""
    return inspected(name, content)[0]


def inspected(name: str, content: bytes) -> tuple[str, bytes]:
    """Return the code of what is wrong with a file; or an empty string, and what is to be kept of it: a PDF is written anew."""
    look = LOOK.get("." + name.rsplit(".", 1)[-1].lower())
    if look is None:
        return "type", b""
    try:
        return "", look(content) or content
    except Problem as problem:
        return problem.code, b""
    except (BadZipFile, zlib.error, ValueError, KeyError, IndexError, EOFError, NotImplementedError, UnicodeError):
        return "damaged", b""
    except Exception:
        logging.getLogger("headwater.files").exception("a file could not be inspected")
        return "unreadable", b""
