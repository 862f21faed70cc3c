"""First answers of a new application: from the registry, and from what its leader wrote before."""

from __future__ import annotations

from typing import Any

from headwater.calls.models import Application
from headwater.calls.schemes import scheme_of
from headwater.forms.answers.cleaning import clean
from headwater.forms.answers.references import Registry
from headwater.forms.shapes import Field
from headwater.registry.models import Organisation, Person

EARLIER = 10
"""How many of the leader's latest applications are looked through."""


def prefill(application: Application) -> None:
    """Put the first answers on an unsaved application. An answer that no longer fits its question is left out."""
    questions = [f for f in scheme_of(application.call).fields if f.prefill]
    if not questions:
        return
    registry = Registry()
    facts = _of_person(application.leader) | _of_host(application.host)
    earlier = _earlier(application.leader, questions)
    for f in questions:
        source, _dot, part = f.prefill.partition(".")
        value = earlier.get(part) if source == "earlier" else facts.get(f.prefill)
        cleaned = clean(f, value, registry) if value not in (None, "", [], {}) else None
        if cleaned and not cleaned.errors and cleaned.value not in (None, ""):
            application.answers[f.code] = cleaned.value


CARRIED = (
    *("title_zh", "title_en", "abstract_zh", "abstract_en", "keywords_zh", "keywords_en", "research_class", "topic"),
    *(
        "priority_field",
        "discipline",
        "second_discipline",
        "review_group",
        "amount_fen",
        "months",
        "starts_on",
        "flags",
        "unsuitable",
    ),
)


def carry_over(outline: Application, full: Application) -> None:
    """Begin a full application with the answers of its outline, question by question."""
    for name in CARRIED:
        setattr(full, name, getattr(outline, name))
    codes = {f.code for f in scheme_of(full.call).fields}
    full.answers |= {code: value for code, value in outline.answers.items() if code in codes}


def _of_person(person: Person) -> dict[str, Any]:
    return {
        "person.name": person.name_zh,
        "person.name_en": person.name_en,
        "person.title": person.title,
        "person.degree": person.highest_degree,
        "person.department": person.department,
        "person.organisation": person.organisation.name_zh if person.organisation else "",
        "person.email": person.email,
        "person.orcid": person.orcid,
    }


def _of_host(host: Organisation) -> dict[str, Any]:
    place = host.place.name_zh if host.place else ""
    return {"host.name": host.name_zh, "host.name_en": host.name_en, "host.uscc": host.uscc, "host.place": place}


def _earlier(leader: Person, questions: list[Field]) -> dict[str, Any]:
    """Return the latest answer to each of these questions in the leader's own applications."""
    codes = {f.prefill.partition(".")[2] for f in questions if f.prefill.startswith("earlier.")}
    answers_by_code: dict[str, Any] = {}
    if codes:
        rows = (
            Application.objects.filter(leader_of_record=leader.survivor_id)
            .order_by("-pk")
            .values_list("answers", flat=True)[:EARLIER]
        )
        for answers in rows:
            for code in codes & set(answers):
                if answers[code] not in (None, "", []):
                    answers_by_code.setdefault(code, answers[code])
    return answers_by_code
