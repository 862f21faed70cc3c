"""The tool that holds rules and services to their floors."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

TOOL = Path(__file__).resolve().parent.parent / "tools/coverage_floor.py"


@pytest.fixture(scope="module")
def tool() -> Any:
    found = importlib.util.spec_from_file_location("coverage_floor", TOOL)
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def file(lines: tuple[int, int], branches: tuple[int, int]) -> dict[str, Any]:
    """What coverage.py says of a file: of lines and of branches how many were run, and how many there are."""
    return {
        "summary": {
            "covered_lines": lines[0],
            "num_statements": lines[1],
            "covered_branches": branches[0],
            "num_branches": branches[1],
        }
    }


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("src/headwater/schemes/rules/base.py", "headwater.schemes.rules"),
        ("src/headwater/calls/applying/services/attachments.py", "headwater.calls.applying.services"),
        ("src/headwater/core/services.py", "headwater.core.services"),
        ("/elsewhere/src/headwater/review/rules.py", "headwater.review.rules"),
        ("src/headwater/core/blobs.py", ""),
        ("tests/rules/test_x.py", ""),
    ],
)
def test_files_belong_to_their_package_of_rules_or_services(tool: Any, path: str, group: str) -> None:
    assert tool.group_of(path) == group


def test_percent_is_over_lines_and_branches_of_all_files(tool: Any) -> None:
    report = {
        "files": {
            "src/headwater/a/rules/x.py": file((8, 10), (3, 6)),
            "src/headwater/a/rules/y.py": file((4, 4), (0, 0)),
            "src/headwater/a/views.py": file((0, 99), (0, 9)),
        }
    }
    assert tool.measured(report) == {"headwater.a.rules": 75.0}


def test_what_is_under_its_floor_or_gone_is_told(tool: Any) -> None:
    found = {"headwater.a.rules": 75.0, "headwater.b.services": 79.9}
    assert tool.below(found, {"floor": 70}) == []
    assert tool.below(found, {"floor": 80, "headwater.a.rules": 75}) == ["headwater.b.services: 79.9 %, floor 80 %"]
    assert tool.below(found, {"floor": 70, "headwater.c.rules": 1}) == ["headwater.c.rules: has a floor and no files"]
