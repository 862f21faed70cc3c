"""Documents to sign and the rules for referees, as a scheme declares them."""

from __future__ import annotations

from headwater.core.reading import Problem, Reader
from headwater.schemes.shapes import RefereeRules, Scheme


def read_referees(top: Reader) -> RefereeRules | None:
    if "referees" not in top.table:
        top.read.add("referees")
        return None
    r = top.table_at("referees")
    rules = RefereeRules(
        most=r.get("most", int, 1, required=True),
        min_chars=r.get("min_chars", int, 200),
        max_chars=r.get("max_chars", int, 3000),
        applicant_reads=r.get("applicant_reads", bool, False),
        experts_read=r.get("experts_read", bool, True),
    )
    if not 1 <= rules.most <= 10:
        r.problems.append((r.path("most"), f"expected 1 to 10, found {rules.most}"))
    if not 1 <= rules.min_chars <= rules.max_chars <= 20_000:
        r.problems.append((r.path("min_chars"), "expected 1 <= min_chars <= max_chars <= 20000"))
    r.done()
    return rules


def link_documents(scheme: Scheme, problems: list[Problem]) -> None:
    """Report parties that a scheme does not have, and parties that would sign nothing (regulation of 2024, art. 12)."""
    absent = {"member": scheme.members_max == 0, "partner": scheme.members_max == 0, "referee": scheme.referees is None}
    why = {"member": "takes no members", "partner": "takes no members", "referee": "has no [referees]"}
    for d in scheme.documents:
        strangers = [p for p in d.signs if absent.get(p)]
        problems += [(f"{d.where}.signs", f"{p!r} cannot sign: the scheme {why[p]}") for p in strangers]
    for party in ("applicant", "member", "referee", "host", "expert"):
        if not absent.get(party) and not any(d.required and not d.when for d in scheme.documents_of(party)):
            problems.append(("document", f"expected a required document without a condition that {party!r} signs"))
