"""Checks that need the whole scheme: its form with what every application has, settings of rules, documents to sign."""

from __future__ import annotations

from headwater.core.reading import Problem
from headwater.forms.expressions import Type
from headwater.forms.linking import link_form
from headwater.schemes.documents import link_documents
from headwater.schemes.shapes import Scheme

BUILT_IN: dict[str, Type] = {
    "amount": Type("money"),
    "months": Type("number"),
    "starts_on": Type("date"),
    "members": Type("number"),
    "year": Type("number"),
    "deadline": Type("date"),
    "research_class": Type("text", codes=frozenset({"free", "goal"})),
    "flags": Type("choices"),
    "applicant.degree": Type("text"),
    "applicant.title": Type("text"),
    "applicant.birth": Type("date"),
    "applicant.age": Type("number"),
    "applicant.sex": Type("text", codes=frozenset({"m", "f"})),
    "applicant.earlier_awards": Type("number"),
    "host.kind": Type("text", codes=frozenset(("university", "college", "institute", "hospital", "enterprise", "government"))),
    "host.place": Type("text"),
}
"""What every application has: amount asked for, term, start, number of members, year and deadline of the call, class, the flags that
are declared (each scheme names its own), and what is on record of applicant and host (the age on the last day of the call)."""
WHOLES = frozenset(name.partition(".")[0] for name in BUILT_IN)
"""The first parts of dotted names in expressions."""
ON_RECORD = frozenset({"applicant", "host"})
"""Those that are read from the registry, for schemes whose expressions name them."""
SOURCES: dict[str, tuple[str, ...]] = {
    "person": ("name", "name_en", "title", "degree", "department", "organisation", "email", "orcid"),
    "host": ("name", "name_en", "uscc", "place"),
}
"""Where a first answer can come from, besides the leader's last answer to the same question."""
BASIC = {
    *("title_zh", "title_en", "abstract_zh", "abstract_en", "keywords_zh", "keywords_en", "research_class", "priority_field"),
    *("topic", "discipline", "second_discipline", "amount_fen", "amount_wan", "months", "starts_on", "flags", "unsuitable"),
}
"""Names of the page of basic information, which every application has."""


def link(scheme: Scheme, problems: list[Problem]) -> tuple[str, ...]:
    """Report every mistake between the parts; return the order in which conditions and values can be worked out."""
    flags = {"flags": Type("choices", codes=frozenset(f[0] for f in scheme.flags))}
    order = link_form(scheme, problems, built_in=BUILT_IN | flags, sources=SOURCES, reserved=BASIC | ON_RECORD)
    _settings(scheme, problems)
    _payers(scheme, problems)
    link_documents(scheme, problems)
    return order


PAYERS = ("department", "host")
"""Who pays an amount, besides the institutions that a question asks for."""


def _payers(scheme: Scheme, problems: list[Problem]) -> None:
    """Who pays is a party of the agreement, or an institution that the form asks for; a column of a table has no payer of its own."""
    known = [*PAYERS, *(f.code for f in scheme.fields if f.type == "organisation")]
    for f in scheme.fields:
        if f.paid_by and f.paid_by not in known:
            problems.append((f"{f.where}.paid_by", f"expected one of {', '.join(known)}, found {f.paid_by!r}"))
        if f.beyond and not f.paid_by:
            problems.append((f"{f.where}.beyond", "says that an amount comes on top: say who pays it (paid_by)"))
        for column in f.columns:
            if column.paid_by:
                problems.append((f"{column.where}.paid_by", "a column has no payer of its own; ask for the amount in a question"))


def _settings(scheme: Scheme, problems: list[Problem]) -> None:
    """What the settings of rules name must be in the form, and be asked in both stages."""
    codes_by_key = {
        "field": {f.code for s in scheme.sections if not s.stage for f in s.fields},
        "flag": {f[0] for f in scheme.flags},
    }
    what = {"field": "question that every stage asks", "flag": "flag"}
    for n, use in enumerate(scheme.rules):
        for key, codes in codes_by_key.items():
            if key in use.params and use.params[key] not in codes:
                problems.append((f"rule[{n}].{key}", f"no {what[key]} has the code {use.params[key]!r}"))
