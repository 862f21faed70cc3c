"""A region is data: no name and no code of a shipped region package stands in Python, a template or the front end."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE = ROOT / "src/headwater"
PACKAGES = sorted(f.parent for f in (SOURCE / "regions").glob("*/region.toml"))
TEXT = {".py", ".html", ".txt", ".typ", ".toml", ".js", ".mjs", ".css", ".json", ".svg"}
APART = {"migrations", "locale", "build", "node_modules", "fonts", "__pycache__"}
ENDINGS = ("自治区", "地区", "省", "市", "盟", "区", "县", "旗")


def tables(package: Path, name: str) -> dict[str, Any]:
    return tomllib.loads((package / f"{name}.toml").read_text(encoding="utf-8"))


def names(package: Path) -> Iterator[str]:
    """What the region, its policy, its places and its bodies are called; places also without the word for their kind."""
    head = tables(package, "region")["region"]
    yield from (head[key] for key in ("name_zh", "name_en", "department_zh", "fund_zh", "fund_en", "letter_mark"))
    document = tables(package, "policy")["document"]
    yield from (document[key] for key in document if key.startswith(("title", "heading", "formal")))
    places = tables(package, "places")
    yield from (level[key] for level in places["level"] if level.get("counted") for key in ("name_zh", "name_en"))
    rows = [*places["place"], *tables(package, "agencies")["agency"], *tables(package, "organisations")["organisation"]]
    for row in rows:
        yield from (row[key] for key in ("name_zh", "full_name_zh", "name_en") if row.get(key))
    for row in places["place"]:
        yield from (row["name_zh"].removesuffix(end) for end in ENDINGS if row["name_zh"].endswith(end))


def codes(package: Path) -> Iterator[str]:
    yield package.name
    for name, key in (("places", "place"), ("places", "group"), ("agencies", "agency"), ("organisations", "organisation")):
        yield from (row["code"] for row in tables(package, name).get(key, []))
    yield from (file.stem for file in (package / "schemes").glob("*.toml"))


def pattern(package: Path) -> re.Pattern[str]:
    """Chinese names anywhere, others as whole words; a code with a hyphen anywhere, one that could be a word only in quotes."""
    every = sorted(set(names(package)), key=len, reverse=True)
    chinese = [re.escape(n) for n in every if len(n) > 1 and not n.isascii()]
    words = [rf"\b{re.escape(n)}\b" for n in every if len(n) > 3 and n.isascii()]
    known = sorted(set(codes(package)), key=len, reverse=True)
    found = [rf"(?<![\w-]){re.escape(c)}(?![\w])" if "-" in c else rf"""["']{re.escape(c)}["']""" for c in known]
    return re.compile("|".join([*chinese, *words, *found]))


def files() -> Iterator[Path]:
    places = [*SOURCE.rglob("*"), *(ROOT / "frontend").rglob("*"), ROOT / "hatch_build.py"]
    for file in places:
        inside = any(package in file.parents for package in PACKAGES)
        if file.is_file() and file.suffix in TEXT and not inside and not APART & set(file.relative_to(ROOT).parts):
            yield file


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_no_name_or_code_of_a_region_stands_in_code(package: Path) -> None:
    wanted = pattern(package)
    hits = [
        f"{file.relative_to(ROOT)}:{n}: {found.group()}"
        for file in files()
        for n, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        for found in wanted.finditer(line)
    ]
    assert hits == []


@pytest.mark.parametrize(
    "planted", ["内蒙古大学", "呼和浩特", "im-gen", '"kjt"', "Hohhot", "盟市", "(150100, '150100')", "内政发〔2018〕39号"]
)
def test_what_is_looked_for_is_found(planted: str) -> None:
    package = next(p for p in PACKAGES if p.name == "nmg")
    assert pattern(package).search(f"x = {planted}")


def test_files_of_code_are_read_and_packages_are_not() -> None:
    read = {str(f.relative_to(ROOT)) for f in files()}
    assert {"src/headwater/regions/load.py", "frontend/src/app.js", "src/headwater/portal/templates/portal/home.html"} <= read
    assert not {name for name in read if "/nmg/" in name or "/atoll/" in name}
