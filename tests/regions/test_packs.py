"""Packs of rules: expanded into the schemes that name them, each mistake told; and what the schemes of the fund share."""

from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from headwater.regions.check import find_package, read_package
from headwater.schemes import Scheme, parse_scheme
from headwater.schemes.packs import Pack, expanded, read_packs, untold
from headwater.schemes.rules import parameters_of
from tests.calls.test_schemes import GOOD
from tests.regions.test_check import Plant, package, plant, short  # noqa: F401 -- fixtures

PACKAGE = read_package(find_package("nmg"))
SCHEMES = {s.code: s for s in (parse_scheme(d, parameters_of)[0] for d in PACKAGE.schemes)}
FUND = sorted(code for code, scheme in SCHEMES.items() if scheme.limit_group == "im")
PACK = read_packs(tomllib.loads((PACKAGE.path / "packs.toml").read_text(encoding="utf-8")), parameters_of, [])["fund"].rules
NEEDS = {
    "ethics_attached": "ethics",
    "qualified": "referee_letter",
    "not_student": "supervisor_consent",
    "employed_by_host": "host_consent",
    "postdoc": "postdoc_promise",
    "part_time": "contract",
    "overseas_consent": "overseas_consent",
    "other_funding": "other_funding",
    "cofunding_attached": "cofunding",
}
"""What kind of attachment mends a failure of a rule."""
DECLARED = {"overseas_consent": "overseas", "other_funding": "other_funding", "experience": "experience"}
"""The flag that a rule goes by."""


@pytest.mark.parametrize("code", FUND)
def test_every_scheme_of_the_fund_asks_the_same_of_researchers(code: str) -> None:
    rules = {u.name: u for u in SCHEMES[code].rules}
    assert SCHEMES[code].packs == ("fund",)
    assert {r["name"] for r in PACK} <= set(rules)
    assert all(rules[r["name"]].blocks == r["blocks"] for r in PACK)
    assert len(rules) == len(SCHEMES[code].rules)
    assert ("within_quota" in rules) == (code != "im-test")


def test_the_fund_is_nine_types() -> None:
    assert [f"im-{name}" for name in ["dys", "gen", "jf", "jfk", "key", "major", "phd", "test", "youth"]] == FUND


@pytest.mark.parametrize("code", sorted(SCHEMES))
def test_a_form_has_what_its_rules_ask_for(code: str) -> None:
    """A form without members has nobody overseas to consent."""
    scheme = SCHEMES[code]
    names, kinds, flags = {u.name for u in scheme.rules}, {a.kind for a in scheme.attachments}, {f[0] for f in scheme.flags}
    left_out = {"overseas_consent"} if scheme.members_max == 0 else set()
    assert {kind for rule, kind in NEEDS.items() if rule in names} - left_out <= kinds
    assert {flag for rule, flag in DECLARED.items() if rule in names and rule not in left_out} <= flags


def test_a_stored_definition_needs_no_pack() -> None:
    (definition,) = [d for d in PACKAGE.schemes if d["scheme"]["code"] == "im-gen"]
    written = tomllib.loads((PACKAGE.path / "schemes/im-gen.toml").read_text(encoding="utf-8"))
    assert len(definition["rule"]) == len(written["rule"]) + len(PACK)
    scheme, problems = parse_scheme(definition, parameters_of)
    assert problems == []
    assert [u.name for u in scheme.rules][-len(PACK) :] == [r["name"] for r in PACK]
    assert expanded(definition, {"fund": Pack(({"name": "no_ban", "blocks": True},))})[0]["rule"] == definition["rule"]


def test_a_schemes_own_entry_wins() -> None:
    definition = {"scheme": {"packs": ["p"]}, "rule": [{"name": "no_ban", "blocks": True}]}
    pack = [{"name": "no_ban", "blocks": False}, {"name": "signed", "blocks": True}]
    whole, problems = expanded(definition, {"p": Pack(tuple(pack))})
    assert (whole["rule"], problems) == ([{"name": "no_ban", "blocks": True}, {"name": "signed", "blocks": True}], [])
    assert definition["rule"] == [{"name": "no_ban", "blocks": True}]


@pytest.mark.parametrize(
    ("packs", "key", "told"),
    [
        (["q"], "scheme.packs", "unknown pack 'q'; known: a, b"),
        (["a", "b"], "scheme.packs", "rule 'signed' is in pack 'a' and in pack 'b'"),
        (["a"], "rule[0].name", "rule 'no_ban' is the same in pack 'a': leave it out"),
    ],
)
def test_mistakes_with_packs(packs: list[str], key: str, told: str) -> None:
    ban, signed = {"name": "no_ban", "blocks": False}, {"name": "signed", "blocks": True}
    _whole, problems = expanded({"scheme": {"packs": packs}, "rule": [ban]}, {"a": Pack((ban, signed)), "b": Pack((signed,))})
    assert (key, told) in problems


@pytest.mark.parametrize(
    ("name", "old", "new", "key"),
    [
        ("schemes/im-jf.toml", 'packs = ["fund"]', 'packs = ["found"]', "scheme.packs"),
        ("packs.toml", 'name = "postdoc"', 'name = "postdocs"', "pack[0].rule[3].name"),
        ("packs.toml", 'name = "postdoc"', 'name = "experience"', "pack[0].rule[3].name"),
        ("packs.toml", 'field = "ai_note"\n', "", "pack[0].rule[15].field"),
        ("packs.toml", 'name_en = "Projects', 'nam_en = "Projects', "pack[0].nam_en"),
        ("schemes/im-gen.toml", 'code = "ai_used"', 'code = "ai_use"', "scheme.packs"),
        ("schemes/im-phd.toml", 'field = "mentors"', 'field = "mentor"', "rule[10].field"),
        ("schemes/im-phd.toml", 'name = "within_quota"', 'name = "on_time"', "rule[9].name"),
        ("schemes/im-share.toml", 'name = "one_per_year"', 'name = "host_is_entity"', "scheme.limit_group"),
        ("schemes/im-instr.toml", 'name = "registered_host"', 'name = "one_per_year"', "scheme.limit_group"),
    ],
)
def test_a_planted_mistake_is_told_where_it_stands(package: Path, plant: Plant, name: str, old: str, new: str, key: str) -> None:  # noqa: F811
    plant(name, old, new)
    found = short(package)
    assert (name, key) in [(file, at) for file, at, _line in found]
    assert all(line for file, at, line in found if (file, at) == (name, key))


def test_a_question_that_a_pack_asks_about_may_stand_in_a_shared_section(package: Path, plant: Plant) -> None:  # noqa: F811
    plant("shared.toml", 'code = "ai_note"', 'code = "ai_notes"')
    found = {(m.file, m.key) for m in read_package(package).mistakes}
    assert found == {(f"schemes/im-{name}.toml", "scheme.packs") for name in ("dys", "jf", "jfk", "major", "phd", "test")}


def test_a_setting_that_only_one_stage_asks_for_is_told(package: Path, plant: Plant) -> None:  # noqa: F811
    line = plant("shared.toml", 'code = "statements"', 'code = "statements"\nstage = "full"')
    assert line
    found = [m for m in read_package(package).mistakes if m.key == "scheme.packs"]
    assert {m.expected for m in found} == {
        "rule 'part_time'.field: no question that every stage asks has the code 'months_at_host'",
        "rule 'note_filled'.field: no question that every stage asks has the code 'ai_note'",
    }


def limited(code: str, group: str, *rules: str, blocks: bool = True) -> Scheme:
    definition = copy.deepcopy(GOOD)
    definition["scheme"] |= {"code": code, "limit_group": group}
    named: list[dict[str, Any]] = [{"name": name, "blocks": blocks} for name in rules]
    return parse_scheme({**definition, "rule": named}, lambda _name: {})[0]


def test_a_group_is_limited_by_rules_that_stop_a_submission() -> None:
    alike = [limited("a", "x", "one_per_year"), limited("b", "x", "limit_same_type"), limited("c", "x", "one_per_year")]
    assert set(untold(alike)) == {"b"}
    each = [limited("a", "x", "limit_same_type"), limited("b", "x", "limit_same_type")]
    assert untold(each) == {}
    assert set(untold([limited("a", "x", "limit_same_type", blocks=False)])) == {"a"}
    assert untold([limited("a", "none"), limited("b", "none", "limit_same_type")]) == {}
    assert set(untold([limited("a", "none", "one_per_year")])) == {"a"}


def test_a_pack_for_all_gives_what_neither_the_scheme_nor_a_named_pack_has() -> None:
    general = Pack(({"name": "on_time", "blocks": True},), {"criterion": ["general"], "review": {"opinions": 4}}, for_all=True)
    named = Pack(({"name": "on_time", "blocks": False},), {"criterion": ["named"]})
    packs = {"all": general, "own": named}
    whole, problems = expanded({"scheme": {"packs": ["own"]}, "rule": []}, packs)
    assert (whole["rule"], whole["criterion"], whole["review"]) == (
        [{"name": "on_time", "blocks": False}],
        ["named"],
        {"opinions": 4},
    )
    assert problems == []
    plain, _none = expanded({"scheme": {}, "rule": [], "review": {"opinions": 9}}, packs)
    assert (plain["rule"], plain["criterion"], plain["review"]) == (
        [{"name": "on_time", "blocks": True}],
        ["general"],
        {"opinions": 9},
    )
    twice = {"a": Pack(tables={"review": {}}), "b": Pack(tables={"review": {}})}
    assert expanded({"scheme": {"packs": ["a", "b"]}}, twice)[1] == [("scheme.packs", "[review] is in pack 'a' and in pack 'b'")]


def test_every_scheme_that_ships_is_judged_by_the_pack_of_its_region() -> None:
    for scheme in SCHEMES.values():
        assert (len(scheme.judging.criteria), scheme.judging.values, scheme.has_panel) == (6, (3, 2, 1), True)
    written = (PACKAGE.path / "packs.toml").read_text(encoding="utf-8")
    assert written.count("[[pack.criterion]]") == 6
    assert not any("[[criterion]]" in f.read_text(encoding="utf-8") for f in (PACKAGE.path / "schemes").glob("*.toml"))
