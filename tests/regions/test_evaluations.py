"""Sheets of a package and what kinds say of their evaluation: every mistake is told at its file and its key."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from headwater.regions.check import find_package, read_package
from headwater.regions.declared import undeclared

KIND, SHEET, SCHEME = "registers/key-lab-academic.toml", "evaluations/key-lab.toml", "schemes/im-lab-eval.toml"
Told = Callable[..., list[tuple[str, str, str]]]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """Plant a text in a file of a copy of the package; returns the mistakes as (file, key, text)."""
    package = Path(shutil.copytree(find_package("nmg"), tmp_path / "nmg"))

    def check(name: str, old: str, new: str) -> list[tuple[str, str, str]]:
        text = (package / name).read_text(encoding="utf-8")
        assert old in text
        (package / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        read = read_package(package)
        return [(m.file, m.key, m.expected) for m in (read.mistakes or undeclared(read))]

    return check


@pytest.mark.parametrize("region", ["nmg", "atoll"])
def test_what_ships_has_no_mistake(region: str) -> None:
    package = read_package(find_package(region))
    assert package.mistakes == []
    assert undeclared(package) == []
    assert [f.kind.evaluation for f in package.kinds if f.kind and f.kind.evaluation]


@pytest.mark.parametrize(
    ("name", "old", "new", "file", "key", "words"),
    [
        (SHEET, "weight = { academic = 20,", "weight = { academic = 21,", SHEET, "indicator.weight", "add up to 101"),
        (SHEET, 'ties = ["b", "d"]', 'ties = ["b", "x"]', SHEET, "sheet.ties", "unknown head 'x'"),
        (SHEET, 'code = "b1"', 'code = "bb"', SHEET, "indicator[4].code", "asks experts for no criterion 'bb'"),
        (SHEET, 'source = "area"', 'source = "results"', SHEET, "indicator[1].source", "expected a number or an amount"),
        (SHEET, 'source = "area"', 'source = "aera"', SHEET, "indicator[1].source", "neither asked nor computed"),
        (SHEET, 'floor = 75', 'floor = 95', SHEET, "grade.floor", "best grade first"),
        (KIND, 'type = "academic"', 'type = "academy"', KIND, "evaluation.type", "unknown type 'academy'"),
        (KIND, 'scheme = "im-lab-eval"', 'scheme = "im-lab"', KIND, "evaluation.scheme", "grades nothing"),
        (KIND, 'scheme = "im-lab-eval"', 'scheme = "im-labs"', KIND, "evaluation.scheme", "those that grade: im-lab-eval"),
        (KIND, 'notice = "grades"', 'notice = "removals"', KIND, "evaluation.notice", "makes no grades"),
        (KIND, 'visit = "site-visit"', 'visit = "tour"', KIND, "evaluation.visit", "no kind of body 'tour'"),
        (KIND, "failed_twice", "flunked_twice", KIND, "evaluation.consequences.flunked_twice", "unknown grade"),
        (KIND, '["remove"]', '["delete"]', KIND, "evaluation.consequences.failed_twice", "no verb 'delete'"),
        (KIND, '"lab_evaluation_years"', '"lab_years"', KIND, "evaluation.every", "no parameter 'lab_years'"),
        (KIND, 'group_by = "field"', 'group_by = "colour"', KIND, "evaluation.group_by", "expected one of field"),
        (KIND, '"evaluations/key-lab.toml"', '"evaluations/none.toml"', KIND, "evaluation.sheet", "no file"),
        (SCHEME, 'prefill = "report.mean.host_money"', 'prefill = "report.most.host_money"', SCHEME, "section[0].field[2].prefill", "last, sum, mean"),
        (SCHEME, 'prefill = "entry.area"', 'prefill = "host.area"', SCHEME, "section[0].field[1].prefill", "host."),
        (SCHEME, 'prefill = "entry.area"', 'prefill = "clouds.area"', KIND, "evaluation.scheme", "the house knows"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_file_and_key(
    told: Told, name: str, old: str, new: str, file: str, key: str, words: str
) -> None:
    found = told(name, old, new)
    assert any(f == file and k == key and words in text for f, k, text in found), found


def test_a_type_that_an_answer_chooses_must_be_a_choice_between_types_of_the_sheet(told: Told) -> None:
    found = told("registers/inner-mongolia-lab.toml", 'type_by = "orientation"', 'type_by = "website"')
    assert [(f, k) for f, k, _t in found] == [("registers/inner-mongolia-lab.toml", "evaluation.type_by")]


def test_type_or_type_by_is_said_and_not_both(told: Told) -> None:
    found = told(KIND, 'type = "academic"', 'type = "academic"\ntype_by = "orientation"')
    assert (KIND, "evaluation.type") in [(f, k) for f, k, _t in found]
