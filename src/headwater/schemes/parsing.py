"""A scheme from its definition: every mistake is found, and each says under which key and what was expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from headwater.core.reading import Problem, Reader
from headwater.forms.codes import read_choice, unique
from headwater.forms.declaring import read_attachment, read_check, read_document, read_section
from headwater.schemes.documents import read_referees
from headwater.schemes.judging import read_judging
from headwater.schemes.linking import link
from headwater.schemes.outcomes import OUTCOMES
from headwater.schemes.papers import read_papers
from headwater.schemes.running import GRAMMAR, LATER, RUNS, refuse_later
from headwater.schemes.shapes import ASKS, CLASSES, INTAKES, PARTIES, STAGES, USUAL_ASKS, RuleUse, Scheme
from headwater.schemes.words import read_words

MOST_CHARS = {"code": 27, "limit_group": 32, "name_zh": 120, "name_en": 160}
"""What the columns of a scheme hold; a code leaves room for year and number."""
RuleSpec = Callable[[str], dict[str, type] | None]


def parse_scheme(definition: dict[str, Any], rule_parameters: RuleSpec) -> tuple[Scheme, list[Problem]]:
    """Parse a definition; `rule_parameters(name)` gives a rule's parameter types, or None for an unknown rule.

    Returns the scheme (usable only when the list of problems is empty) and every problem found.
    """
    problems: list[Problem] = []
    top = Reader(definition, problems)
    head = top.table_at("scheme", required=True)
    classes = tuple(_some_of(head, "research_classes", CLASSES, CLASSES))
    scheme = Scheme(
        code=head.text("code", required=True),
        name_zh=head.text("name_zh", required=True),
        name_en=head.text("name_en", required=True),
        purpose_zh=head.text("purpose_zh"),
        purpose_en=head.text("purpose_en"),
        articles=tuple(head.get("articles", list, [], required=True)),
        limit_group=head.text("limit_group", required=True),
        plan=head.text("plan"),
        prefix=head.text("prefix", required=True),
        members_max=head.get("members_max", int, 10),
        research_classes=classes,
        sections=tuple(read_section(s, STAGES) for s in top.tables("section", required=True)),
        rules=_rules(top, rule_parameters),
        attachments=tuple(read_attachment(a) for a in top.tables("attachment")),
        flags=tuple(read_choice(f) for f in top.tables("flag")),
        documents=tuple(read_document(d, PARTIES) for d in top.tables("document", required=True)),
        referees=read_referees(top),
        outcome=_outcome(head),
        asks=frozenset(_some_of(head, "asks", ASKS, USUAL_ASKS)),
        title_zh=head.text("title_zh"),
        title_en=head.text("title_en"),
        checks=tuple(read_check(c) for c in top.tables("check")),
        own_words=tuple(read_words(top.table_at("words"), head.text("outcome")).items()),
        own_papers=tuple(read_papers(top.table_at("papers")).items()),
        packs=tuple(head.get("packs", list, [])),
        intake=_one_of(head, "intake", INTAKES, default=INTAKES[0]),
        judging=read_judging(top, classes),
    )
    _judgeable(scheme, head)
    refuse_later(top)
    _head_problems(scheme, head)
    head.done()
    top.done()
    _repeated_codes(scheme, problems)
    return replace(scheme, order=link(scheme, problems)), problems


def _head_problems(scheme: Scheme, head: Reader) -> None:
    for key, most in MOST_CHARS.items():
        if len(str(head.table.get(key, ""))) > most:
            head.problems.append((head.path(key), f"expected at most {most} characters"))
    for number in scheme.articles:
        if not isinstance(number, int) or not number > 0:
            head.problems.append((head.path("articles"), f"expected article numbers, found {number!r}"))


def _repeated_codes(scheme: Scheme, problems: list[Problem]) -> None:
    unique(problems, "section", [s.code for s in scheme.sections])
    unique(problems, "section.field", [f.code for f in scheme.fields])
    unique(problems, "check", [c.code for c in scheme.checks])
    unique(problems, "document", [d.code for d in scheme.documents])


def _one_of(r: Reader, key: str, words: tuple[str, ...], default: str = "") -> str:
    value = r.text(key, default, required=not default)
    if value and value not in words:
        r.problems.append((r.path(key), f"unknown {key} {value!r}; known: {', '.join(words)}"))
    return value


def _outcome(head: Reader) -> str:
    """Read the outcome; one whose effect is in the grammar and does not run is told apart from an unknown word."""
    if (word := head.table.get("outcome")) in set(GRAMMAR["release"]) - RUNS["release"]:
        head.problems.append((head.path("outcome"), f"{word!r} is {LATER}; it runs: {', '.join(OUTCOMES)}"))
        return head.text("outcome")
    return _one_of(head, "outcome", tuple(OUTCOMES))


def _some_of(r: Reader, key: str, words: tuple[str, ...], default: tuple[str, ...]) -> list[str]:
    values = r.get(key, list, list(default))
    for value in values:
        if value not in words:
            r.problems.append((r.path(key), f"expected some of {', '.join(words)}, found {value!r}"))
    return [v for v in values if isinstance(v, str)]


def _judgeable(scheme: Scheme, head: Reader) -> None:
    """Report what the judging needs and the scheme does not ask: experts are found by the discipline, the abstract or what is written
    in answer to questions; a draw ends at a quota or at the end of the money.
    """
    if not {"discipline", "abstract"} & scheme.asks and not any(f.is_text and not f.restricted for f in scheme.fields):
        text = 'experts are found by "discipline", by "abstract" or by an open question of text: ask one of them'
        head.problems.append((head.path("asks"), text))
    if "second_discipline" in scheme.asks and "discipline" not in scheme.asks:
        head.problems.append((head.path("asks"), '"second_discipline" is asked beside "discipline" only'))
    if not scheme.research_classes:
        head.problems.append((head.path("research_classes"), "expected at least one"))
    for grade in scheme.judging.grades if scheme.outcome in OUTCOMES else ():
        if not grade.zh and f"grade_{grade.value}" not in scheme.words:
            head.problems.append(("grade", f"the outcome has no word for the grade {grade.value}: give it zh and en"))
    if scheme.judging.decision.draws and scheme.judging.decision.quota is None and not scheme.has_money:
        head.problems.append(("decision.ties", "a draw needs a quota, or money that comes to an end"))


def _rules(top: Reader, rule_parameters: RuleSpec) -> tuple[RuleUse, ...]:
    rows = top.tables("rule", required=True)
    rules = [read_rule(r, rule_parameters) for r in rows]
    for n, r in enumerate(rows):
        if any((rules[n].name, rules[n].params) == (u.name, u.params) for u in rules[:n]):
            r.problems.append((r.path("name"), f"rule {rules[n].name!r} is named twice"))
    return tuple(rules)


def _unknown_rule(name: str) -> str:
    from headwater.schemes.rules import RULES  # the rules read the shapes of schemes

    if name in GRAMMAR["rule"] and name not in RUNS["rule"]:
        return f"rule {name!r} is {LATER}"
    near = get_close_matches(name, RULES, n=1)
    meant = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown rule {name!r}; {meant}known: {', '.join(sorted(RULES))}"


def read_rule(r: Reader, rule_parameters: RuleSpec) -> RuleUse:
    name = r.text("name", required=True)
    blocks = r.get("blocks", bool, False)
    spec = rule_parameters(name)
    params: dict[str, Any] = {}
    if spec is None:
        r.problems.append((r.path("name"), _unknown_rule(name)))
        r.read |= set(r.table)
    else:
        for key, kind in spec.items():
            params[key] = r.get(key, kind, required=True)
    r.done()
    return RuleUse(name, blocks, params)
