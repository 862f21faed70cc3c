"""Data of the PDF of an application."""

from __future__ import annotations

from typing import Any

from headwater.calls.answers.loading import answers_of
from headwater.calls.answers.showing import document
from headwater.calls.models import Application
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.core.i18n import in_chinese

PARTS = ("participants__person", "participants__organisation", "attachments__file")
"""What to prefetch before the documents of many applications are made."""


def application_data(row: Application) -> dict[str, Any]:
    """What the Typst template of an application needs: in Chinese, whoever asks for it."""
    with in_chinese():
        return _application_data(row)


def _application_data(row: Application) -> dict[str, Any]:
    scheme = scheme_of(row.call)
    kinds = {a.kind: a.label_zh for a in scheme.attachments}
    return {
        "draft": row.state == State.DRAFT,
        "call": row.call.title_zh,
        "number": row.number or "（未提交）",
        "title": row.title_zh,
        "title_en": row.title_en,
        "research_class": row.get_research_class_display(),
        "leader": row.leader.name_zh,
        "host": row.host.name_zh,
        "discipline": str(row.discipline or ""),
        "amount_fen": row.amount_fen,
        "term": f"{row.starts_on or ''} 起 {row.months} 个月",
        "abstract": row.abstract_zh,
        "keywords": row.keywords_zh,
        "sections": document(answers_of(row)),
        "topic": " ".join([topic["code"], topic["zh"]]) if (topic := row.call.topic(row.topic)) else "",
        "asks": sorted(scheme.asks),
        "has_members": scheme.members_max > 0,
        "has_attachments": bool(scheme.attachments),
        "heading": scheme.words.zh("title"),
        "members": [
            [p.person.name_zh, p.organisation.name_zh, str(p.months_per_year), "已确认" if p.confirmed_at else "未确认"]
            for p in row.participants.all()
        ],
        "attachments": [f"{kinds.get(a.kind, a.kind)}：{a.file.name}" for a in row.attachments.all()],
    }
