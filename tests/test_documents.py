"""What the pages on the architecture, the recipes and the guide for contributors name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src/headwater"
PAGES = [
    ROOT / "CONTRIBUTING.md",
    ROOT / "docs/architecture.md",
    ROOT / "docs/recipes.md",
    *sorted((ROOT / "docs/architecture").glob("*.md")),
]
PACKAGES = "|".join(sorted(p.parent.name for p in SOURCE.glob("*/__init__.py")))
NAMED = re.compile(rf"`(?:headwater\.)?((?:{PACKAGES})(?:\.\w+)+)(?:\([^`]*\)|\[\w+\])?`")
FILES = re.compile(r"`((?:tests|tools|frontend|docs|src)/[\w./-]+)`")
LINKS = re.compile(r"\]\(([^)#]+)(?:#[\w-]+)?\)")


def missing(dotted: str) -> str:
    """The part of a dotted name, of code or of an action, that the source does not have; "" where all is there."""
    parts = dotted.split(".")
    actions = SOURCE / parts[0] / "permissions.py"
    if actions.exists() and f'"{dotted}"' in actions.read_text(encoding="utf-8"):
        return ""
    place = SOURCE
    for n, part in enumerate(parts):
        if (place / part).is_dir():
            place = place / part
        elif (place / f"{part}.py").exists() or (place / f"{part}.toml").exists():
            texts = [file.read_text(encoding="utf-8") for file in (place / f"{part}.py", place / f"{part}.toml") if file.exists()]
            return next((p for p in parts[n + 1 :] if not any(re.search(rf"\b{p}\b", text) for text in texts)), "")
        else:
            text = (place / "__init__.py").read_text(encoding="utf-8")
            return next((p for p in parts[n:] if not re.search(rf"\b{p}\b", text)), "")
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert {name: gone for name in NAMED.findall(text) if (gone := missing(name))} == {}
    assert [file for file in FILES.findall(text) if not (ROOT / file).exists() and f"`{file}` (new)" not in text] == []
    assert [link for link in LINKS.findall(text) if "://" not in link and not (page.parent / link).exists()] == []


def test_a_name_that_is_gone_is_found() -> None:
    assert missing("core.workflow.Workflow.apply") == ""
    assert missing("core.workflow.Workflow.leap") == "leap"
    assert missing("calls.nowhere") == "nowhere"
    assert (missing("calls.application.write"), missing("calls.application.erase")) == ("", "application")
    assert len(NAMED.findall((ROOT / "docs/architecture.md").read_text(encoding="utf-8"))) > 20
