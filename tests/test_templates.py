"""Templates can be read: their lines fit on a screen, and nothing in them is styled or scripted by the way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "src/headwater").rglob("*.html"))
LONGEST = 120


def test_templates_are_found() -> None:
    assert len(TEMPLATES) > 100


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda f: str(f.relative_to(ROOT / "src/headwater")))
def test_no_line_is_longer_than_the_formatter_writes(file: Path) -> None:
    """The formatter leaves what it cannot break, such as a long tag, as it is: that has to be written otherwise."""
    assert [(n, len(line)) for n, line in enumerate(file.read_text().splitlines(), 1) if len(line) > LONGEST] == []


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda f: str(f.relative_to(ROOT / "src/headwater")))
def test_a_template_can_be_parsed(file: Path) -> None:
    """A page that no test opens would fail at its first reader."""
    get_template(str(file).split("/templates/", 1)[1])


@pytest.mark.parametrize("file", [f for f in TEMPLATES if f.parent.name not in {"components", "elements"}], ids=lambda f: f.name)
def test_no_control_is_typed_by_hand(file: Path) -> None:
    """Controls come from `web.templatetags.fields`, which ties errors and help to them; hidden ones say nothing to anybody."""
    controls = re.findall(r"<(?:input|select|textarea)\b[^>]*", file.read_text())
    assert [c for c in controls if 'type="hidden"' not in c] == []


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda f: str(f.relative_to(ROOT / "src/headwater")))
def test_no_style_and_no_script_inside(file: Path) -> None:
    found = re.findall(r"<style\b|<script\b(?![^>]*\bsrc=)|\sstyle=\"|\son[a-z]+=\"", file.read_text())
    assert found == []


@pytest.mark.parametrize(("typed", "by"), [("<details", "fold.html"), ('class="hw-head"', "page_head.html")])
def test_what_folds_and_the_head_of_a_page_are_components(typed: str, by: str) -> None:
    assert [file.name for file in TEMPLATES if typed in file.read_text()] == [by]
