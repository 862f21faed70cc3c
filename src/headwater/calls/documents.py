"""Data of the PDF of an application."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from headwater.calls.contents import declared
from headwater.calls.loading import answers_of
from headwater.calls.models import Application, Party, Referee
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.core.clock import add_months, official_date
from headwater.core.i18n import in_chinese
from headwater.core.money import wan
from headwater.forms.answers.showing import document
from headwater.registry.models import PriorityField
from headwater.registry.queries import region_of

PARTS = (
    *("participants__person", "participants__organisation", "attachments__file", "referees__discipline"),
    *("signatures__text", "signatures__organisation", "signatures__agency"),
)
"""What to prefetch before the documents of many applications are made."""


def application_data(row: Application, *, letters: bool = False, personal: bool = False) -> dict[str, Any]:
    """Return what the Typst template of an application needs, in Chinese whoever asks. Only those who may read letters of
    referees get them; `personal` adds the restricted particulars of the applicant.
    """
    with in_chinese():
        return _application_data(row, letters) | _people(row, personal) | _for_signing(row)


def _people(row: Application, personal: bool) -> dict[str, Any]:
    """Return the particulars of the applicant, with a label each, and those of the members; what is not known is left out."""
    leader = row.leader
    particulars = {
        "性别": leader.get_sex_display() if personal else "",
        "出生年月": f"{leader.birth_date.year}年{leader.birth_date.month}月" if personal and leader.birth_date else "",
        "职称": leader.title,
        "最高学位": leader.highest_degree,
        "所在院系": leader.department,
        "电子邮箱": leader.email if personal else "",
        "电话": leader.phone if personal else "",
        "ORCID": leader.orcid,
    }
    return {
        "particulars": [[label, str(value)] for label, value in particulars.items() if value],
        "members": [
            [
                p.person.name_zh,
                p.unit,
                p.person.title,
                p.person.highest_degree,
                str(p.months_per_year),
                "已确认" if p.confirmed_at else "未确认",
            ]
            for p in row.participants.all()
        ],
    }


def _for_signing(row: Application) -> dict[str, Any]:
    """Return the texts of the page of signatures and seals, and whose seals it asks."""
    papers = scheme_of(row.call).papers
    texts = {key: papers.text(f"application_{key}") for key in ("leader", "members", "host", "agency")}
    return {
        "issuer": region_of(row.call.scheme.region).department_zh,
        "submitted": official_date(row.submitted_at) if row.submitted_at else "",
        "signing": texts,
        "through_agency": not row.host.direct,
    }


def _term(row: Application) -> str:
    if row.starts_on is None:
        return f"{row.months}个月"
    start, end = row.starts_on, add_months(row.starts_on, row.months) - timedelta(days=1)
    return f"{start.year}年{start.month}月—{end.year}年{end.month}月（{row.months}个月）"


def _application_data(row: Application, letters: bool) -> dict[str, Any]:
    scheme = scheme_of(row.call)
    made = declared(row)
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
        "second_discipline": str(row.second_discipline or ""),
        "amount": wan(row.amount_fen),
        "term": _term(row),
        "abstract": row.abstract_zh,
        "abstract_en": row.abstract_en,
        "keywords": row.keywords_zh,
        "keywords_en": row.keywords_en,
        "priority_field": _priority_field(row),
        "has_flags": bool(scheme.flags),
        "flags": [words.zh for words, yes in made if yes],
        "not_declared": [words.zh for words, yes in made if not yes],
        "sections": document(answers_of(row)),
        "topic": " ".join([topic["code"], topic["zh"]]) if (topic := row.call.topic(row.topic)) else "",
        "asks": sorted(scheme.asks),
        "has_members": scheme.members_max > 0,
        "has_attachments": bool(scheme.attachments),
        "heading": scheme.words.zh("title"),
        "referees": [_referee(r, letters) for r in row.referees.all()],
        **_signed(row),
        "attachments": [
            [kinds.get(a.kind, a.kind), a.file.name, filesizeformat(a.file.size), a.file.sent_digest]
            for a in row.attachments.all()
        ],
    }


def _priority_field(row: Application) -> str:
    priority_field = PriorityField.objects.filter(code=row.priority_field).first() if row.priority_field else None
    return priority_field.name_zh if priority_field else row.priority_field


def _referee(r: Referee, letters: bool) -> dict[str, str]:
    """Return a referee as the applicant named them, or once they have written as they call themselves."""
    states = {"written": "已提交", "declined": "谢绝", "opened": "已打开", "invited": "已邀请"}
    line = [r.said_name or r.name, r.said_institution or r.institution, r.said_title or r.title, str(r.discipline)]
    tie = r.get_tie_display() if letters else ""
    return {"line": "，".join(line), "state": states[r.state], "letter": r.letter if letters else "", "tie": str(tie)}


def _signed(row: Application) -> dict[str, Any]:
    """Return what was signed, by whom and when, and the words of each wording once. Experts sign for the review and are not
    named here.
    """
    rows = [s for s in row.signatures.all() if s.party != Party.EXPERT]
    on_part = {s.pk: s.organisation or s.agency for s in rows}
    return {
        "signed": [
            [
                s.text.title_zh,
                f"{s.name}（{on_part[s.pk]}）" if on_part[s.pk] else s.name,
                str(s.get_party_display()),
                f"{timezone.localtime(s.signed_at):%Y-%m-%d %H:%M}",
                s.text_id[:12],
            ]
            for s in rows
        ],
        "texts": [
            {"title": t.title_zh, "digest": t.digest, "text": t.text_zh} for t in {s.text_id: s.text for s in rows}.values()
        ],
    }
