"""Every rule and every check of every shipped scheme explains itself in Chinese and in English, and says how to mend."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import headwater.regions
from headwater.calls.facts import ALWAYS
from headwater.forms.results import Result, Verdict
from headwater.regions.check import read_package
from headwater.schemes import Scheme, parse_scheme
from headwater.schemes.rules import RULES, Facts, LikenessFacts, evaluation, parameters_of
from tests.calls.made import DEADLINE, ELSEWHERE, FACTS, GOOD, SIGNED, answer
from tests.calls.test_rules import BAD

HOME = Path(headwater.regions.__file__).parent
PACKAGES = {name: read_package(HOME / name) for name in ("nmg", "atoll")}
SCHEMES = [(region, parse_scheme(d, parameters_of)[0]) for region, p in PACKAGES.items() for d in p.schemes]
UNFILLED = re.compile(r"[{}]|%\(|%s|%d|\bNone\b|\bnan\b|“”|\(\)|（）|: *$|：$")


def in_latin(facts: Facts) -> Facts:
    """With names in Latin letters, so that an English sentence holds no Chinese."""
    leader = replace(facts.leader, name="Sarnai", mentors=tuple("Batu" for _m in facts.leader.mentors))
    documents = [replace(d, waiting=("Sarnai",) * len(d.waiting)) for d in facts.documents]
    files = ["opinion.docx" for _name in facts.refused_files]
    facts = replace(facts, refused_files=files)
    return replace(
        facts, leader=leader, documents=documents, members=[replace(m, name=f"Member {n}") for n, m in enumerate(facts.members)]
    )


def made(scheme: Scheme) -> Iterator[Facts]:
    """Facts under which the rules of a scheme come to each of their outcomes."""
    own: dict[str, Any] = {
        "scheme": scheme.code,
        "group": scheme.limit_group,
        "plan": scheme.plan,
        "title_words": scheme.words.table["title"],
    }
    held = [replace(h, scheme=scheme.code, group=scheme.limit_group, plan=scheme.plan) for h in BAD.leader.holdings]
    bad = replace(BAD, **own, leader=replace(BAD.leader, holdings=tuple(held)))
    letters = dict.fromkeys(
        ("referee_letter", "ethics", "overseas_consent", "other_funding", "cofunding", "supervisor_consent"), 2
    )
    yield in_latin(replace(GOOD, **own))
    yield in_latin(bad)
    yield in_latin(replace(bad, title_length=999, amount_fen=1, months=1, members=(), is_endorsed=False, likenesses=None))
    yield in_latin(replace(bad, attachments=letters, documents=(SIGNED,), likenesses=(LikenessFacts("A1", 0.9, False),)))
    yield in_latin(replace(FACTS, **own, amount_fen=10**15, fields=(answer(0), answer(3, low=9))))
    yield in_latin(replace(GOOD, **own, submitted_at=DEADLINE + timedelta(days=1), leader=replace(GOOD.leader, birth_date=None)))
    yield in_latin(replace(GOOD, **own, leader=replace(GOOD.leader, post="dual"), fields=(answer(4, code="mentors"),)))


def parameters(region: str, scheme: str) -> Callable[[str], Any]:
    rows = PACKAGES[region].tables["parameters"]["parameter"]
    day = DEADLINE.date()
    valid = [r for r in rows if r["valid_from"] <= day <= r.get("valid_to", day)]
    values = {(r["key"], code): r["value"] for r in valid for code in r.get("applies_to") or [""]}
    return lambda key: values.get((key, scheme), values.get((key, "")))


def results(region: str, scheme: Scheme) -> list[Result]:
    uses = (*scheme.rules, *ALWAYS)
    run = evaluation(uses, parameters(region, scheme.code))
    return [r for f in made(scheme) for r in run(f)] + evaluation(uses, lambda _key: None)(in_latin(GOOD))


@pytest.mark.parametrize(("region", "scheme"), SCHEMES, ids=[s.code for _r, s in SCHEMES])
def test_every_answer_reads_well_in_both_languages(region: str, scheme: Scheme) -> None:
    found = results(region, scheme)
    assert {r.outcome for r in found} == set(Verdict)
    for r in found:
        told = (r.rule, r.outcome, r.zh, r.en, r.mend_zh, r.mend_en)
        must = r.outcome != Verdict.PASSED
        assert r.zh, told
        assert r.en, told
        assert not must or (r.mend_zh and r.mend_en), told
        for zh in filter(None, (r.zh, r.mend_zh)):
            assert re.search(r"[一-鿿]", zh), told
        for en in filter(None, (r.en, r.mend_en)):
            assert not re.search(r"[一-鿿，。：；（）]", en), told
        assert not any(UNFILLED.search(t) for t in told[2:]), told


"""Rules of other funders, which no scheme that ships names: tests/schemes/test_rows.py brings each to its answers."""


def test_every_rule_that_ships_is_named_by_a_scheme_and_comes_to_a_failure_or_to_a_look() -> None:
    named = {use.name for _region, scheme in SCHEMES for use in (*scheme.rules, *ALWAYS)}
    assert named | ELSEWHERE == set(RULES)
    assert not named & ELSEWHERE
    outcomes: dict[str, set[Verdict]] = {name: set() for name in named}
    for region, scheme in SCHEMES:
        for r in results(region, scheme):
            outcomes[r.rule].add(r.outcome)
    flags = {"young_track"}  # tells the track, bars nobody
    assert {name for name, seen in outcomes.items() if not seen & {Verdict.FAILED, Verdict.UNKNOWN}} - flags == set()
    assert {name for name, seen in outcomes.items() if Verdict.PASSED not in seen} == set()


@pytest.mark.parametrize(("region", "scheme"), SCHEMES, ids=[s.code for _r, s in SCHEMES])
def test_every_check_of_a_scheme_says_how_to_mend(region: str, scheme: Scheme) -> None:
    for c in scheme.checks:
        told = (c.code, c.message_zh, c.message_en, c.mend_zh, c.mend_en)
        assert all(told), told
        assert all(re.search(r"[一-鿿]", t) for t in (c.message_zh, c.mend_zh)), told
        assert not any(re.search(r"[一-鿿]", t) or UNFILLED.search(t) for t in (c.message_en, c.mend_en)), told
