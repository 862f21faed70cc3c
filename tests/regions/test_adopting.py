"""A scheme in one file: with parameters of its own, and those of the scheme that it is like."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import headwater.regions
from headwater.regions.check import read_package
from headwater.regions.package import Package

ATOLL = Path(headwater.regions.__file__).parent / "atoll"
OWN = '\n[[parameter]]\nkey = "amount_fen"\nvalid_from = 2020-01-01\nvalue = {}\nsource = "s"\nconfidence = "design"\n'


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The shipped grant once more, as a scheme that is like it."""
    made = Path(shutil.copytree(ATOLL, tmp_path / "atoll"))
    text = (made / "schemes/at-grant.toml").read_text(encoding="utf-8")
    text = text.replace('code = "at-grant"', 'code = "at-seed"\nlike = "at-grant"').replace('prefix = "AG"', 'prefix = "AS"')
    (made / "schemes/at-seed.toml").write_text(text, encoding="utf-8")
    return made


def changed(package: Path, old: str, new: str) -> Package:
    file = package / "schemes/at-seed.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return read_package(package)


def values(package: Package, key: str) -> dict[str, Any]:
    rows = [r for r in package.tables["parameters"]["parameter"] if r["key"] == key]
    return {code: r["value"] for r in rows for code in r.get("applies_to") or [""]}


def test_a_scheme_takes_the_parameters_of_the_one_that_it_is_like(package: Path) -> None:
    found = read_package(package)
    assert [str(m) for m in found.mistakes] == []
    amounts = values(found, "amount_fen")
    assert amounts["at-seed"] == amounts["at-grant"]
    stored = next(s for s in found.schemes if s["scheme"]["code"] == "at-seed")
    assert "like" not in stored["scheme"]


def test_a_parameter_in_its_file_holds_for_it_alone(package: Path) -> None:
    before = values(read_package(package), "amount_fen")["at-grant"]
    found = changed(package, "\n[[attachment]]", OWN.format("5000000") + "\n[[attachment]]")
    assert [str(m) for m in found.mistakes] == []
    assert values(found, "amount_fen") | {} == {**values(found, "amount_fen"), "at-seed": 5000000, "at-grant": before}
    assert all("parameter" not in s for s in found.schemes)


def test_without_it_the_scheme_lacks_a_parameter_of_its_own(package: Path) -> None:
    told = [str(m) for m in changed(package, 'like = "at-grant"\n', "").mistakes]
    assert any("at-seed" in line and "amount_fen" in line for line in told), told


@pytest.mark.parametrize("like", ["at-nothing", "at-seed"])
def test_a_scheme_is_like_another_one(package: Path, like: str) -> None:
    told = changed(package, 'like = "at-grant"', f'like = "{like}"').mistakes
    assert ("schemes/at-seed.toml", "scheme.like") in [(m.file, m.key) for m in told]


def test_mistakes_of_its_parameters_stand_in_its_file_with_their_line(package: Path) -> None:
    found = changed(package, "\n[[attachment]]", OWN.format('"much"') + "\n[[attachment]]")
    told = next(m for m in found.mistakes if m.key.startswith("parameter[0]"))
    line = (package / "schemes/at-seed.toml").read_text(encoding="utf-8").splitlines()[told.line - 1]
    assert (told.file, "much" in line) == ("schemes/at-seed.toml", True)


def test_a_row_in_the_file_of_a_scheme_names_no_other(package: Path) -> None:
    row = OWN.format("1") + 'applies_to = ["at-grant"]\n'
    found = changed(package, "\n[[attachment]]", row + "\n[[attachment]]")
    assert ("schemes/at-seed.toml", "parameter[0].applies_to") in [(m.file, m.key) for m in found.mistakes]
