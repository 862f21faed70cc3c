"""Data of the PDF of an application."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.calls.contents import declared
from headwater.calls.loading import answers_of
from headwater.calls.models import Application, Party, Referee
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.core.clock import add_months, local_day, official_day, official_month
from headwater.core.i18n import Bilingual, in_language, named
from headwater.core.money import amount_said
from headwater.forms.answers.showing import document
from headwater.registry.models import PriorityField
from headwater.registry.queries import department_of, region_of

PARTS = (
    *("participants__person", "participants__organisation", "attachments__file", "referees__discipline"),
    *("signatures__text", "signatures__organisation", "signatures__agency"),
)
"""What to prefetch before the documents of many applications are made."""


def application_data(row: Application, *, letters: bool = False, personal: bool = False, language: str = "zh") -> dict[str, Any]:
    """Return what the Typst template of an application needs: in Chinese whoever asks, or as a translation in `language`, in which
    what people wrote stays. Only those who may read letters of referees get them; `personal` adds the restricted particulars of the
    applicant.
    """
    with in_language(language):
        return {
            "language": language,
            **_content(row, letters, language),
            **_people(row, personal, language),
            **_for_signing(row, language),
        }


def _people(row: Application, personal: bool, language: str) -> dict[str, Any]:
    """Return the particulars of the applicant, with a label each, and those of the members; what is not known is left out."""
    leader = row.leader
    particulars = {
        _("性别"): leader.get_sex_display() if personal else "",
        _("出生年月"): official_month(leader.birth_date, language) if personal and leader.birth_date else "",
        _("职称"): leader.title,
        _("最高学位"): leader.highest_degree,
        _("所在院系"): leader.department,
        _("电子邮箱"): leader.email if personal else "",
        _("电话"): leader.phone if personal else "",
        "ORCID": leader.orcid,
    }
    return {
        "particulars": [[label, str(value)] for label, value in particulars.items() if value],
        "members": [
            [
                named(p.person),
                p.unit,
                p.person.title,
                p.person.highest_degree,
                str(p.months_per_year),
                _("已确认") if p.confirmed_at else _("等待确认"),
            ]
            for p in row.participants.all()
        ],
    }


def _for_signing(row: Application, language: str) -> dict[str, Any]:
    """Return the texts of the page of signatures and seals, and whose seals it asks."""
    papers = scheme_of(row.call).papers
    texts = {key: papers.text(f"application_{key}", language) for key in ("leader", "members", "host", "agency")}
    return {
        "translation": papers.text("translation", language),
        "issuer": department_of(region_of(row.call.scheme.region)),
        "submitted": official_day(local_day(row.submitted_at), language) if row.submitted_at else "",
        "signing": texts,
        "through_agency": not row.host.direct,
    }


def _term(row: Application, language: str) -> str:
    months = _("%d 个月") % row.months
    if row.starts_on is None:
        return months
    start, end = row.starts_on, add_months(row.starts_on, row.months) - timedelta(days=1)
    values = {"from": official_month(start, language), "until": official_month(end, language), "months": months}
    return _("%(from)s—%(until)s（%(months)s）") % values


def _content(row: Application, letters: bool, language: str) -> dict[str, Any]:
    scheme = scheme_of(row.call)
    made = declared(row)
    kinds = {a.kind: named(a, "label") for a in scheme.attachments}
    return {
        "draft": row.state == State.DRAFT,
        "call": named(row.call, "title"),
        "number": row.number or _("（未提交）"),
        "title": row.title_zh,
        "title_en": row.title_en,
        "research_class": str(row.get_research_class_display()),
        "leader": named(row.leader),
        "host": named(row.host),
        "discipline": str(row.discipline or ""),
        "second_discipline": str(row.second_discipline or ""),
        "amount": amount_said(row.amount_fen),
        "term": _term(row, language),
        "abstract": row.abstract_zh,
        "abstract_en": row.abstract_en,
        "keywords": row.keywords_zh,
        "keywords_en": row.keywords_en,
        "priority_field": _priority_field(row),
        "has_flags": bool(scheme.flags),
        "flags": [str(words) for words, yes in made if yes],
        "not_declared": [str(words) for words, yes in made if not yes],
        "sections": document(answers_of(row)),
        "topic": " ".join([topic["code"], named(topic)]) if (topic := row.call.topic(row.topic)) else "",
        "asks": sorted(scheme.asks),
        "has_members": scheme.members_max > 0,
        "has_attachments": bool(scheme.attachments),
        "heading": scheme.words["title"],
        "referees": [_referee(r, letters) for r in row.referees.all()],
        **_signed(row),
        "attachments": [
            [kinds.get(a.kind, a.kind), a.file.name, filesizeformat(a.file.size), a.file.sent_digest]
            for a in row.attachments.all()
        ],
    }


def _priority_field(row: Application) -> str:
    priority_field = PriorityField.objects.filter(code=row.priority_field).first() if row.priority_field else None
    return named(priority_field) if priority_field else row.priority_field


def _referee(r: Referee, letters: bool) -> dict[str, str]:
    """Return a referee as the applicant named them, or once they have written as they call themselves."""
    states = {"written": _("已提交"), "declined": _("谢绝"), "opened": _("已打开"), "invited": _("已邀请")}
    line = [r.said_name or r.name, r.said_institution or r.institution, r.said_title or r.title, str(r.discipline)]
    tie = r.get_tie_display() if letters else ""
    comma = str(Bilingual("，", ", "))
    return {"line": comma.join(line), "state": states[r.state], "letter": r.letter if letters else "", "tie": str(tie)}


def _signed(row: Application) -> dict[str, Any]:
    """Return what was signed, by whom and when, and the words of each wording once. Experts sign for the review and are not
    named here.
    """
    rows = [s for s in row.signatures.all() if s.party != Party.EXPERT]
    on_part = {s.pk: s.organisation or s.agency for s in rows}
    return {
        "signed": [
            [
                named(s.text, "title"),
                _("%(name)s（%(organisation)s）") % {"name": s.name, "organisation": named(on_part[s.pk])}
                if on_part[s.pk]
                else s.name,
                str(s.get_party_display()),
                f"{timezone.localtime(s.signed_at):%Y-%m-%d %H:%M}",
                s.text_id[:12],
            ]
            for s in rows
        ],
        "texts": [
            {"title": named(t, "title"), "digest": t.digest, "text": named(t, "text")}
            for t in {s.text_id: s.text for s in rows}.values()
        ],
    }
