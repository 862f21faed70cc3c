"""Who the parties of an agreement are, and its clauses, as they stand in the texts of the scheme's papers when it is drawn up."""

from __future__ import annotations

from typing import Any

from headwater.awards.models import Award
from headwater.core.i18n import in_chinese
from headwater.registry.models import Region
from headwater.registry.queries import office_here
from headwater.schemes import Scheme

CLAUSES = ("payment", "duties", "changes", "copies")


def contact_of_office() -> str:
    """Return how to reach the department, as agreements say it."""
    with in_chinese():
        return "；".join(office_here().contact.values())


def parties_of(award: Award, region: Region, contact: str) -> dict[str, dict[str, str]]:
    """Return name and particulars of department, host and leader; what is not known is empty, to be filled in by hand."""
    host, leader = award.host, award.leader
    return {
        "department": {"name": region.department_zh, "contact": contact},
        "host": {
            "name": host.name_zh,
            "uscc": host.uscc,
            "address": host.address,
            "legal": host.legal_representative,
            "bank": host.bank,
            "account": host.bank_account,
        },
        "leader": {"name": leader.name_zh, "title": leader.title, "department": leader.department},
    }


def clauses_of(award: Award, scheme: Scheme, heading: str) -> dict[str, Any]:
    """Return the clauses of an agreement; a lump sum brings its negative list and its promise."""
    words = scheme.words
    values = {
        "agreement": words.zh("agreement"),
        "number_word": words.zh("number"),
        "title": award.title_zh,
        "leader": award.leader.name_zh,
        "host": award.host.name_zh,
        "heading": heading,
    }
    keys = (*CLAUSES, *(("lump", "negative", "promise") if scheme.regime == "lump" else ()))
    texts = {key: scheme.papers.text(f"agreement_{key}", **values) for key in keys}
    return texts | {f"party_{x}": scheme.papers.text(f"agreement_party_{x}", **values) for x in ("a", "b", "c")}
