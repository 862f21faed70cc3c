"""Templates can be read: their lines fit on a screen, and nothing in them is styled or scripted by the way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "src/headwater").rglob("*.html"))
LONGEST = 120


def test_templates_are_found() -> None:
    assert len(TEMPLATES) > 100


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda f: str(f.relative_to(ROOT / "src/headwater")))
def test_no_line_is_longer_than_the_formatter_writes(file: Path) -> None:
    """The formatter leaves what it cannot break, such as a long tag, as it is: that has to be written otherwise."""
    assert [(n, len(line)) for n, line in enumerate(file.read_text().splitlines(), 1) if len(line) > LONGEST] == []


@pytest.mark.parametrize("file", [f for f in TEMPLATES if f.parent.name not in {"components", "elements"}], ids=lambda f: f.name)
def test_no_control_is_typed_by_hand(file: Path) -> None:
    """Controls come from `web.templatetags.fields`, which ties errors and help to them; hidden ones say nothing to anybody."""
    controls = re.findall(r"<(?:input|select|textarea)\b[^>]*", file.read_text())
    assert [c for c in controls if 'type="hidden"' not in c] == []


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda f: str(f.relative_to(ROOT / "src/headwater")))
def test_no_style_and_no_script_inside(file: Path) -> None:
    found = re.findall(r"<style\b|<script\b(?![^>]*\bsrc=)|\sstyle=\"|\son[a-z]+=\"", file.read_text())
    assert found == []
