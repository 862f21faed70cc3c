"""Who the parties of an agreement are, and its clauses, as they stand in the texts of the scheme's papers when it is drawn up; all in
the reader's language."""

from __future__ import annotations

from typing import Any

from headwater.awards.models import Award
from headwater.core.i18n import Bilingual, chinese, named
from headwater.registry.models import Region
from headwater.registry.queries import department_of, office_here
from headwater.schemes import Scheme

CLAUSES = ("payment", "duties", "changes", "copies")


def contact_of_office() -> str:
    """Return how to reach the department, as agreements say it."""
    return str(Bilingual("；", "; ")).join(office_here().contact.values())


def parties_of(award: Award, region: Region, contact: str) -> dict[str, dict[str, str]]:
    """Return name and particulars of department, host and leader; what is not known is empty, to be filled in by hand."""
    host, leader = award.host, award.leader
    return {
        "department": {"name": department_of(region), "contact": contact},
        "host": {
            "name": named(host),
            "uscc": host.uscc,
            "address": host.address,
            "legal": host.legal_representative,
            "bank": host.bank,
            "account": host.bank_account,
        },
        "leader": {"name": named(leader), "title": leader.title, "department": leader.department},
    }


def clauses_of(award: Award, scheme: Scheme, heading: str) -> dict[str, Any]:
    """Return the clauses of an agreement; a lump sum brings its negative list and its promise."""
    words = scheme.words
    values = {
        "agreement": words["agreement"],
        "number_word": words["number"],
        "title": named(award, "title"),
        "leader": named(award.leader),
        "host": named(award.host),
        "heading": heading,
    }
    keys = (*CLAUSES, *(("lump", "negative", "promise") if scheme.regime == "lump" else ()))
    language = "zh" if chinese() else "en"
    texts = {key: scheme.papers.text(f"agreement_{key}", language, **values) for key in keys}
    return texts | {f"party_{x}": scheme.papers.text(f"agreement_party_{x}", language, **values) for x in ("a", "b", "c")}
