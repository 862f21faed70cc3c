"""The content of an application as its authors write it: one flat set of names, the basic ones and the codes of its questions.

Values are JSON, as the database function `calls_content` gives them too: texts, whole numbers, dates as 2026-07-01, an application
code as its code, answers as they are stored. A name without an answer is absent.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from headwater.calls.models import Application
from headwater.calls.schemes import scheme_of
from headwater.core.i18n import Bilingual
from headwater.forms.shapes import Field
from headwater.registry.models import Discipline

BASIC: dict[str, Any] = {
    "title_zh": _("项目名称"),
    "topic": _("指南方向"),
    "title_en": _("英文名称"),
    "research_class": _("研究属性"),
    "discipline": _("申请代码"),
    "second_discipline": _("第二申请代码"),
    "priority_field": _("优先领域"),
    "amount_fen": _("申请金额"),
    "starts_on": _("开始日期"),
    "months": _("执行期限（月）"),
    "abstract_zh": _("中文摘要"),
    "abstract_en": _("英文摘要"),
    "keywords_zh": _("关键词"),
    "keywords_en": _("英文关键词"),
    "flags": _("科技伦理与其他声明"),
    "unsuitable": _("不适宜评审的专家"),
}
"""The names of the page of basic information, in its order."""
PRIVATE = frozenset({"unsuitable"})
"""For the applicant alone: neither written by those who help nor shown to them."""


def plain(value: Any) -> Any:
    """Return the value of an application's column as content has it."""
    if isinstance(value, date):
        return value.isoformat()
    return value.code if isinstance(value, Discipline) else value


def stored(row: Application, name: str) -> Any:
    """Return what stands under a name now; None for no answer."""
    return plain(getattr(row, name)) if name in BASIC else row.answers.get(name)


def content_of(row: Application) -> dict[str, Any]:
    """Return the whole content as JSON has it."""
    return {name: value for name in (*BASIC, *row.answers) if (value := stored(row, name)) is not None}


def values_of(content: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Return values for `save_application` that set these names back to what `content` says."""
    values: dict[str, Any] = {}
    for name in names:
        value = content.get(name)
        if name == "starts_on":
            value = date.fromisoformat(value) if value else None
        elif name in BASIC and value is None:
            value = ""
        values[name] = value
    return values


def questions_of(row: Application) -> dict[str, Field]:
    return {f.code: f for f in scheme_of(row.call).fields}


def declared(row: Application) -> list[tuple[Bilingual, bool]]:
    """Return each declaration of the scheme (ethics, overseas members, use of AI, other funding ...) and whether the applicant
    has made it: what is not declared is said, too.
    """
    return [(words, code in row.flags) for code, words in scheme_of(row.call).flags]
