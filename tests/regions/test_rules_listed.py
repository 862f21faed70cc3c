"""`headwater region rules`: every rule with its settings, its parameters and the schemes that use it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from click.testing import CliRunner

import headwater.regions
from headwater.cli.main import main
from headwater.schemes.rules import RULES

NMG = Path(headwater.regions.__file__).parent / "nmg"


def told(*words: str) -> str:
    done = CliRunner().invoke(main, ["region", "rules", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def listed(*words: str) -> dict[str, dict[str, Any]]:
    return {r["name"]: r for r in json.loads(told("--json", *words))["rules"]}


def test_every_rule_is_listed_with_both_titles() -> None:
    found = listed("nmg")
    assert list(found) == list(RULES)
    assert all(r["code"] and r["title_zh"] and r["title_en"] and r["ref"] for r in found.values())


def test_a_rule_says_what_it_reads_and_where_it_is_used() -> None:
    found = listed("nmg")["max_age"]
    assert (found["settings"], found["reads"]) == ({"parameter": "text"}, ["parameter"])
    ages = {v["parameter"]: v["value"] for v in found["values"]}
    youth = next(u for u in found["uses"] if u["scheme"] == "im-youth")
    assert ages[youth["settings"]["parameter"]]["men"] > 20
    assert listed("nmg")["identity_known"]["uses"] != []


def test_a_value_is_the_one_in_force_today(tmp_path: Path) -> None:
    package = Path(shutil.copytree(NMG.parent / "atoll", tmp_path / "atoll"))
    file = package / "parameters.toml"
    text = file.read_text(encoding="utf-8")
    row = '[[parameter]]\nkey = "referee_letters"\nvalid_from = {}\nvalue = {}\nsource = "s"\nconfidence = "design"\n'
    file.write_text(f"{text}\n{row.format('2026-01-01', 7)}\n{row.format('2999-01-01', 8)}", encoding="utf-8")
    values = [v for v in listed(str(package))["qualified"]["values"] if v["parameter"] == "referee_letters"]
    assert values == [{"parameter": "referee_letters", "value": 7, "schemes": ["at-grant"]}]


def test_a_rule_that_no_scheme_names_shows_the_values_all_the_same() -> None:
    unused = [r for r in listed("nmg").values() if not r["uses"]]
    assert [r["name"] for r in unused if r["name"] == "limit_total"] == ["limit_total"]
    assert "used by no scheme" in told("nmg")


def test_without_a_path_the_region_of_the_house_is_read() -> None:
    assert told() == told("nmg") != told("atoll")


def test_a_package_with_mistakes_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["region", "rules", str(tmp_path)])
    assert done.exit_code != 0
    assert "has mistakes" in done.output
