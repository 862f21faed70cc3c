"""What a tour quotes is there: every label between quotation marks is a text of the product or of the region package."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from headwater.core.documents import PACKAGE
from headwater.regions.check import find_package, read_package
from headwater.regions.tour import FILES, read_tour, tour_problems

TOURS = sorted(file for name in FILES.values() for file in (PACKAGE / "regions").glob(f"*/{name}"))
QUOTED = re.compile(r"“([^”]+)”|「([^」]+)」|\"([^\"]+)\"")
OPEN = re.compile(r"%\(\w+\)[sd]|%[sd]|\{[^}]*\}|[：:，,。“”《》]")
"""Where a text of the product is filled in, or goes on: a label may be one of the parts between."""


NUMBER = re.compile(r"\s*[（(][^（）()]*%[^（）()]*[)）]")
"""A number in brackets behind a label."""


def parts(text: str) -> set[str]:
    bare = NUMBER.sub("", text)
    return {part.strip() for part in (text, bare, *OPEN.split(bare))} - {""}


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(inner)


def texts_of_the_product(english: bool) -> Iterator[str]:
    with (PACKAGE / "locale/en/LC_MESSAGES/django.po").open("rb") as source:
        for message in read_po(source, locale="en"):
            found = message.string if english else message.id
            yield from ([found] if isinstance(found, str) else found)


def texts_of_the_region(folder: Path) -> Iterator[str]:
    package = read_package(folder)
    yield from strings(package.schemes)
    demo = tomllib.loads((folder / "demo.toml").read_text(encoding="utf-8"))
    names = {s["scheme"]["code"]: s["scheme"] for s in package.schemes}
    for call in demo["call"]:
        for language in FILES:
            yield f"{names[call['scheme']][f'name_{language}']}{call.get(f'batch_{language}', '')}"


def labels(file: Path) -> list[str]:
    return [next(filter(None, groups)) for groups in QUOTED.findall(file.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("file", TOURS, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_label_that_a_tour_quotes_is_there(file: Path) -> None:
    known: set[str] = set()
    for text in (*texts_of_the_product(file.name == FILES["en"]), *texts_of_the_region(file.parent)):
        known |= parts(text)
    found = labels(file)
    missing = [label for label in found if not all(part.strip() in known for part in re.split("…|：", label) if part.strip())]
    assert missing == []
    assert len(set(found)) > 20
    assert not {"完成并递交", "Complete and send"} & known  # words near to those of a label are no label


def test_there_are_tours() -> None:
    assert {file.parent.name for file in TOURS} >= {"nmg"}
    assert tour_problems(find_package("nmg")) == tour_problems(find_package("atoll")) == []
    assert read_tour(find_package("atoll"), "zh") is None


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("tour.en.md", None, None, "tour.en.md: : this file is missing: there is tour.zh.md"),
        ("tour.zh.md", "- **谁**：申请人", "- 申请人", "tour.zh.md: step 1: expected a line of who acts"),
        ("tour.en.md", "`/desk/`", "the desk", "tour.en.md: step 1: expected a line of who acts"),
        ("tour.en.md", "`/desk/`", "`/host/`", "tour.en.md: : expected the steps of tour.zh.md, which begin at /desk/"),
    ],
)
def test_the_check_of_a_package_compares_its_tours(tmp_path: Path, name: str, old: str | None, new: str, said: str) -> None:
    folder = Path(shutil.copytree(find_package("nmg"), tmp_path / "nmg"))
    if old is None:
        (folder / name).unlink()
    else:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert said in "\n".join(map(str, read_package(folder).mistakes))
