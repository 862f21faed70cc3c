"""What a kind names of the code: its register, guards, effects, roles, columns. Apps declare these when Django is set up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from headwater.casework.reports.kinds import BLOCK, REPORTS, ReportKind
from headwater.casework.reports.kinds import undeclared_in as report_names
from headwater.casework.requests.kinds import Known
from headwater.casework.requests.kinds import undeclared_in as request_names
from headwater.core.reading import Problem
from headwater.core.roles import ROLES
from headwater.registers.declared import REGISTERS, RegisterOf, effects_of, guards_of
from headwater.registers.guards import BARRED
from headwater.registers.models.entries import READERS
from headwater.registers.parts import PART_CHECKS, REPORT, REQUEST
from headwater.registers.request_effects import DO_VERB, REQUEST_EFFECTS
from headwater.registers.requests import PARTIES
from headwater.registers.shapes import BASIC, OFFICER, SETTABLE, Kind, Verb

SEE_ENTRIES = frozenset({OFFICER, *READERS, "host_manager", "recommender"})
"""Roles that see entries, beside those that are held for one entry."""
SEE_RESTRICTED = frozenset({OFFICER, "host_manager"})
"""Roles that read restricted answers, beside those that are held for one entry."""


def undeclared_in(kind: Kind) -> Iterator[Problem]:
    """Yield what a kind names and no app declares, and what it shows to those who may not see it."""
    register = REGISTERS.get(kind.register)
    if register is None:
        yield "kind.register", _unknown("register", kind.register, REGISTERS)
        return
    keepers = {k.role for k in register.keepers}
    for role in kind.roles:
        if role not in keepers:
            yield "kind.roles", _unknown("role of an entry", role, keepers)
    yield from _names(kind, register)
    for verb in kind.verbs:
        yield from _verb(kind, verb, register)
    known = Known(
        roles=SEE_ENTRIES | set(kind.roles),
        guards=guards_of(register).keys(),
        settable=(*SETTABLE, *kind.roles),
        effects={**effects_of(register), **REQUEST_EFFECTS}.keys(),
        states=kind.state.keys(),
        parameters=AnyName(),
        parties=PARTIES,
    )
    for request in kind.parts.get(REQUEST, ()):
        yield from request_names(request, known)
        if DO_VERB in request.effects and request.code not in kind.verb:
            yield (
                f"{request.where}.effects",
                f"{DO_VERB!r} does the verb of the same code: {_unknown('verb', request.code, kind.verb)}",
            )
    for report in kind.parts.get(REPORT, ()):
        yield from report_names(report, REPORTS[register.label_of_model], roles=known.roles)
        yield from _barred(kind, report)
    for check in PART_CHECKS.values():
        yield from check(kind)


def _barred(kind: Kind, report: ReportKind) -> Iterator[Problem]:
    """Yield what a late report says it bars, and nothing of the kind asks for."""
    for code in report.within:
        if code not in kind.state:
            yield f"{report.where}.within", _unknown("state", code, kind.state)
    asked = [*kind.verbs, *kind.parts.get(REQUEST, ())]
    for rule in report.late:
        if rule.does == BLOCK and rule.what != BARRED:
            yield f"{rule.where}.what", _unknown("thing that is barred", rule.what, [BARRED])
        elif rule.does == BLOCK and not any("reports_filed" in a.guards for a in asked):
            yield f"{rule.where}.what", "bars nothing: no verb and no request of the kind names the guard 'reports_filed'"


class AnyName(frozenset[str]):
    """Every name: whether a region gives a parameter is looked at where its parameters are read."""

    def __contains__(self, name: object) -> bool:
        return True


def _names(kind: Kind, register: RegisterOf) -> Iterator[Problem]:
    """Yield columns and public fields that are none, or that not everybody may read."""
    typed = {f.name: f for f in register.fields}
    people = [k.role for k in register.keepers]
    fields = {f.code: f for f in kind.form.fields}
    known = [*BASIC, *people, *typed, *fields]
    for key in ("columns", "public"):
        for name in getattr(kind, key):
            if name not in known:
                yield f"kind.{key}", _unknown("name", name, known)
    for name in kind.public:
        if name in fields and fields[name].restricted:
            yield "kind.public", f"{name!r} is restricted: what is restricted is not public"
        elif name in typed and not typed[name].public:
            yield "kind.public", f"{name!r} is never public"


def _verb(kind: Kind, verb: Verb, register: RegisterOf) -> Iterator[Problem]:
    at = verb.where
    for name in verb.guards:
        if name not in (guards := guards_of(register)):
            yield f"{at}.guards", _unknown("guard", name, guards)
    for name in verb.effects:
        if name not in (effects := effects_of(register)):
            yield f"{at}.effects", _unknown("effect", name, effects)
    for role in verb.by:
        if role not in SEE_ENTRIES | set(kind.roles):
            yield f"{at}.by", _unknown("role that sees entries of this kind", role, sorted(SEE_ENTRIES | set(kind.roles)))
    for n, link in enumerate(verb.chain):
        key = f"{at}.chain[{n}]"
        if link.role not in ROLES:
            yield key, _unknown("role", link.role, ROLES)
        elif link.role not in SEE_ENTRIES | set(kind.roles):
            yield key, f"{link.role!r} sees no entry of this kind and could not answer"
        elif hidden := [f.code for f in verb.asks.fields if f.restricted and link.role not in SEE_RESTRICTED | set(kind.roles)]:
            yield key, f"{link.role!r} may not see the restricted {', '.join(hidden)} of the form on which it answers"


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = get_close_matches(name, names, n=1)
    meant = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown {what} {name!r}; {meant}known: {', '.join(names) or 'none'}"
