"""What schemes share is taken by reference, stands in every definition as if it were written there, and is told of once."""

from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from headwater.regions.check import find_package, read_package
from headwater.regions.shared import KINDS, followed, grouped, read_pieces
from tests.regions.test_check import Plant, package, plant, short  # noqa: F401 -- fixtures

SHIPPED = [read_package(find_package(name)) for name in ("nmg", "atoll")]


def written(folder: Path, name: str) -> dict[str, Any]:
    return tomllib.loads((folder / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda p: p.path.name)
def test_a_definition_holds_what_its_file_takes_as_if_it_were_written_there(shipped: Any) -> None:
    pieces = written(shipped.path, "shared.toml")
    taken = 0
    for definition in shipped.schemes:
        file = written(shipped.path, f"schemes/{definition['scheme']['code']}.toml")
        for kind in KINDS:
            for row, whole in zip(file.get(kind, []), definition.get(kind, []), strict=True):
                taken += "use" in row
                piece = next(p for p in pieces[kind] if p["key"] == row["use"]) if "use" in row else row
                assert whole == {key: value for key, value in piece.items() if key != "key"}
    assert taken > 5


def test_no_text_to_sign_is_written_twice() -> None:
    shipped = SHIPPED[0]
    texts = [d["text_zh"] for d in written(shipped.path, "shared.toml")["document"]]
    for file in (shipped.path / "schemes").glob("*.toml"):
        texts += [d["text_zh"] for d in tomllib.loads(file.read_text(encoding="utf-8"))["document"] if "use" not in d]
    assert len(texts) == len(set(texts)) == 14
    assert sum(len(s["document"]) for s in shipped.schemes) == 126


def test_a_stored_definition_does_not_change_with_the_piece_that_it_took() -> None:
    pieces = read_pieces({"document": [{"key": "a", "code": "x", "signs": ["host"]}]}, [])
    definition = {"scheme": {}, "document": [{"use": "a"}, {"code": "y"}]}
    before = copy.deepcopy(definition)
    whole, places, problems = followed(definition, pieces)
    assert (whole["document"], problems) == ([{"code": "x", "signs": ["host"]}, {"code": "y"}], [])
    assert (places, definition) == ({"document[0]": "document[0]"}, before)


@pytest.mark.parametrize(
    ("name", "old", "new", "key"),
    [
        ("schemes/im-gen.toml", 'use = "integrity"', 'use = "integritty"', "document[0].use"),
        ("schemes/im-gen.toml", 'use = "member"', 'use = "member"\ntitle_zh = "别的"', "document[1].use"),
        ("shared.toml", 'key = "integrity"\n', "", "document[0].key"),
        ("shared.toml", 'key = "member"', 'key = "integrity"', "document[1].key"),
        ("parameters.toml", 'main = ["im-gen"', 'main = [7, "im-gen"', "groups.main"),
    ],
)
def test_a_mistake_is_told_where_it_stands(package: Path, plant: Plant, name: str, old: str, new: str, key: str) -> None:  # noqa: F811
    plant(name, old, new)
    assert (name, key) in {(file, at) for file, at, _line in short(package)}


def test_a_mistake_in_a_shared_piece_is_told_once_with_its_line(package: Path, plant: Plant) -> None:  # noqa: F811
    line = plant("shared.toml", 'title_en = "Commitment of Members', 'title_en = ""#')
    (found,) = read_package(package).mistakes
    assert (found.file, found.key.partition(".")[2], found.line) == ("shared.toml", "title_en", line)


def test_the_text_of_a_shared_piece_is_part_of_the_digest(package: Path, plant: Plant) -> None:  # noqa: F811
    before = read_package(package).digest
    plant("shared.toml", "# Pieces", "# The pieces")
    assert read_package(package).digest != before


def test_a_parameter_applies_to_the_schemes_of_its_group() -> None:
    rows = [{"applies_to": ["main", "c"]}, {"applies_to": ["a"]}, {}]
    table = {"groups": {"main": ["a", "b"]}, "parameter": rows}
    problems: list[tuple[str, str]] = []
    grouped(table, problems)
    assert ([r.get("applies_to") for r in rows], problems) == ([["a", "b", "c"], ["a"], None], [])


def test_a_group_that_nobody_declares_is_an_unknown_scheme(package: Path, plant: Plant) -> None:  # noqa: F811
    plant("parameters.toml", 'applies_to = ["further"]', 'applies_to = ["farther"]')
    assert "no scheme with code 'farther'" in [m.expected for m in read_package(package).mistakes]
