"""The pictures that the commands draw: states from the tables of transitions, the house from its contract."""

from __future__ import annotations

import os
import re
from pathlib import Path
from xml.etree import ElementTree

from click.testing import CliRunner

from headwater.cli.diagrams import Package, drawing, floors, placed
from headwater.cli.main import main
from headwater.core.workflow import WORKFLOWS

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "pyproject.toml"


def test_the_picture_in_docs_is_the_one_that_the_command_draws() -> None:
    done = CliRunner().invoke(main, ["diagrams", "--house", str(PROJECT)], catch_exceptions=False)
    made = "./run headwater diagrams --house pyproject.toml > docs/images/house.svg"
    assert (ROOT / "docs/images/house.svg").read_text(encoding="utf-8") == done.output, made
    assert made in (ROOT / "docs/architecture.md").read_text(encoding="utf-8")


def test_every_package_of_the_contract_stands_on_its_floor_with_its_rooms() -> None:
    house = floors(PROJECT)
    names = [[p.name for p in floor] for floor in house]
    assert (names[0], names[-1]) == (["cli"], ["algorithms"])
    assert ["web", "api"] in names
    found = {p.name: p for floor in house for p in floor}
    assert (found["calls"].called, found["schemes"].called) == ("申报", "")
    assert {"applying", "deciding"} <= set(found["calls"].rooms)
    assert "migrations" not in found["calls"].rooms
    packages = {p.parent.name for p in (ROOT / "src/headwater").glob("*/__init__.py")}
    assert packages == set(found)


def test_a_line_that_is_full_goes_on_below_and_names_are_escaped() -> None:
    lines = [line for _room, _x, line, _width in placed(["a" * 20] * 5, 0, 340)]
    assert lines == [0, 0, 1, 1, 2]
    root = ElementTree.fromstring(drawing([[Package("a<b", "甲", ("x&y",))]]))  # noqa: S314 -- ours
    assert "a<b" in "".join(root.itertext())
    assert "x&y" in "".join(root.itertext())


def test_every_workflow_is_printed_with_its_transitions() -> None:
    told = CliRunner().invoke(main, ["diagrams"], catch_exceptions=False).output
    assert re.findall(r"^## (\w+)$", told, re.MULTILINE) == list(WORKFLOWS)
    assert "    running --> closed: close" in told


def test_a_command_beside_running_apps_changes_no_setting_of_the_process() -> None:
    before = dict(os.environ)
    CliRunner().invoke(main, ["diagrams"], catch_exceptions=False)
    assert dict(os.environ) == before
