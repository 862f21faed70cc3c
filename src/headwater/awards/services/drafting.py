"""The content of an agreement, taken from the application, in the reader's language: Chinese as it is signed, or a translation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headwater.awards.models import Agreement, Award
from headwater.awards.services.clauses import clauses_of, contact_of_office, parties_of
from headwater.awards.services.money import agreed_money, money_fields
from headwater.calls.loading import AnswersOf, answers_in
from headwater.calls.models import Participant
from headwater.calls.schemes import scheme_of
from headwater.core import clock
from headwater.core.i18n import Bilingual, named
from headwater.registry.models import Region
from headwater.registry.queries import department_of, region_of

OUTCOME_WORDS = ("title", "item", "amount", "number", "agreement")
"""The words of the outcome that an agreement uses."""


def contents_of(awards: Sequence[Award]) -> list[dict[str, Any]]:
    """Return the contents of a call's agreements: the words come from the applications, the money from the decision (2024, art. 22)."""
    members: dict[int, list[list[str]]] = {}
    rows = Participant.objects.filter(application__in=[a.application_id for a in awards]).select_related("person", "organisation")
    for m in rows:
        members.setdefault(m.application_id, []).append([named(m.person), m.unit, str(m.months_per_year)])
    call = awards[0].call
    region, make = region_of(call.scheme.region), answers_in(call, [a.application for a in awards])
    office = contact_of_office()
    return [_content(award, members.get(award.application_id, []), region, make, office) for award in awards]


def _content(award: Award, members: list[list[str]], region: Region, make: AnswersOf, office: str) -> dict[str, Any]:
    application, scheme = award.application, scheme_of(award.call)
    answers = make(application, {}, len(members))
    apart = {f.code for f in money_fields(scheme)}
    parts = [(s, [f.of.show(f, answers) for f in fields if f.code not in apart]) for s, fields in answers.asked_sections]
    fund = Bilingual(f"{region.fund_zh}项目", region.fund_en)
    heading = str(fund) if scheme.outcome_kind.of_fund else named(scheme)
    parties = parties_of(award, region, office)
    payers = {"department": parties["department"]["name"], "host": parties["host"]["name"]}
    return {
        "heading": heading,
        "issuer": department_of(region),
        "parties": parties,
        "texts": clauses_of(award, scheme, heading),
        "drawn_on": str(clock.today()),
        "words": {key: scheme.words[key] for key in OUTCOME_WORDS},
        "asks": sorted(scheme.asks),
        "money": agreed_money(scheme, answers, asked_fen=application.amount_fen, amount_fen=award.amount_fen, payers=payers),
        "number": award.number,
        "application": application.number,
        "scheme": named(scheme),
        "title": award.title_zh,
        "title_en": award.title_en,
        "leader": named(award.leader),
        "host": named(award.host),
        "amount_fen": award.amount_fen,
        "starts_on": str(award.starts_on),
        "ends_on": str(award.ends_on),
        "research_class": str(application.get_research_class_display()),
        "discipline": str(application.discipline or ""),
        **({"second_discipline": str(application.second_discipline)} if application.second_discipline else {}),
        "abstract": application.abstract_zh,
        "keywords": application.keywords_zh,
        "members": members,
        "sections": [
            {"title": named(s, "title"), "fields": [{"label": x.label, "text": x.plain_text} for x in entries]}
            for s, entries in parts
            if entries
        ],
    }


SIGNED = ("drawn_on", "title", "title_en", "amount_fen", "starts_on", "ends_on", "abstract", "keywords")
"""What a translation takes as it was signed, whatever has become of its sources."""


def translated(agreement: Agreement) -> dict[str, Any]:
    """Return the content of an agreement with labels, names and clauses in the reader's language. Facts and what people wrote stay as
    they were signed.
    """
    signed = agreement.content
    content = contents_of([agreement.award])[0]
    content |= {key: signed[key] for key in SIGNED if key in signed}
    for party, told in signed.get("parties", {}).items():
        content["parties"][party] |= {key: value for key, value in told.items() if key != "name"}
    papers = scheme_of(agreement.award.call).papers
    return content | {"translation": papers.text("translation", "en")}
