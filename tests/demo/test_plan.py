"""The demo is data of the region: what is wrong in it is told, and a second region plays its own."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from headwater.demo.plan import PARTS, STAGES, DemoError, checked_plan, read_plan
from headwater.demo.texts import NameMaker, Writer
from headwater.regions.check import find_package, read_package
from tests.test_commands import run

SHIPPED = ["nmg", "atoll"]


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_demos_are_without_a_mistake(name: str) -> None:
    package = read_package(find_package(name))
    plan, mistakes = checked_plan(package)
    assert (mistakes, plan is not None) == ([], True)
    assert plan is not None
    for scale in plan.scales:
        assert plan.count(scale) == sum(plan.count(scale, part) for part in (*PARTS, *STAGES))
        assert plan.scale(scale).hosts > 0
    with pytest.raises(DemoError, match="no scale 'huge'; known: "):
        plan.scale("huge")


@pytest.mark.parametrize("name", SHIPPED)
def test_texts_have_the_words_of_their_region_and_none_left_open(name: str) -> None:
    plan = read_plan(read_package(find_package(name)))
    writer = Writer(plan, 7)
    said = ""
    for _n in range(60):
        text = writer.proposal()
        said += text.abstract_zh + text.abstract_en + "".join(text.sections.values())
        said += writer.opinion("goal", 2, text, 200)
    assert "{" not in said
    assert plan.more["words_zh"]["region"] in said
    assert plan.more["words_en"]["region"] in said
    other = read_plan(read_package(find_package(SHIPPED[1 - SHIPPED.index(name)])))
    assert other.more["words_zh"]["region"] not in said
    people = {NameMaker(plan, n).person() for n in range(40)}
    assert len(people) > 15
    assert {sex for _zh, _latin, sex in people} == {"m", "f"}


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('scheme = "at-grant"\npart', 'scheme = "at-prise"\npart', "call[0].scheme"),
        ('part = "reviewing"', 'part = "waiting"', "call[1].part"),
        ('part = "open"', 'part = "finished"', "call"),
        (
            "applications = { least = 8, tiny = 12, small = 90 }",
            "applications = { least = 8, tiny = 12 }",
            "call[0].applications",
        ),
        ('suffix = "-b"', 'suffix = ""', "call[2].suffix"),
        ('role = "finance_officer"', 'role = "finance"', "staff"),
        ('username = "officer2"\nname = "汐宁"\nrole = "programme_officer"', 'username = "o"\nname = "o"\nrole = "x"', "staff"),
        ('"institute"]', '"laboratory"]', "external.kinds"),
        ('resident_place = "8', 'resident_place = "9', "resident_place"),
        ('credit_prefix = "1', 'credit_prefix = "', "credit_prefix"),
        ("seed = 20300101", "sead = 20300101", "seed"),
        ("hosts = 3", 'hosts = "three"', "scale.least.hosts"),
    ],
)
def test_a_mistake_is_told_by_its_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    folder = Path(shutil.copytree(find_package("atoll"), tmp_path / "atoll"))
    file = folder / "demo.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    plan, mistakes = checked_plan(read_package(folder))
    assert plan is None
    assert key in {m.key for m in mistakes}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            'part = "open"\napplications = { tiny = 6,',
            'part = "open"\napplications = { tiny = 3,',
            ("call[4].applications", "the open call needs at least 4 in the scale 'tiny', of the home institution"),
        ),
        (
            'part = "reviewing"\napplications',
            'part = "open"\nsuffix = "-x"\napplications',
            ("call[4].part", "one open call is enough where calls stop at a step: its people are the same"),
        ),
        (
            'H = "human"\nC = "animal"\n',
            "",
            ("flags", "calls that stop at a step need a flag: what is declared and not attached is refused"),
        ),
        ('H = "human"', 'H = "humans"', ("flags.H", "the scheme 'im-youth' has no flag 'humans'")),
    ],
)
def test_a_demo_with_steps_has_an_open_call_for_its_people_and_a_flag(
    tmp_path: Path, old: str, new: str, told: tuple[str, str]
) -> None:
    folder = Path(shutil.copytree(find_package("nmg"), tmp_path / "nmg"))
    file = folder / "demo.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    plan, mistakes = checked_plan(read_package(folder))
    assert plan is None
    assert told in {(m.key, m.expected) for m in mistakes}


def test_flags_of_a_demo_need_the_file_that_goes_with_them(tmp_path: Path) -> None:
    """Without steps a demo may do without both."""
    folder = Path(shutil.copytree(find_package("atoll"), tmp_path / "atoll"))
    (folder / "demo.toml").open("a", encoding="utf-8").write('\n[flags]\nA = "human"\n')
    _plan, mistakes = checked_plan(read_package(folder))
    said = [m.expected for m in mistakes]
    assert said == [
        "the scheme 'at-grant' has no flag 'human'",
        "the scheme 'at-grant' has no attachment of kind 'ethics' for what is declared",
    ]


def test_a_region_without_a_demo_says_so(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(find_package("atoll"), tmp_path / "atoll"))
    shutil.rmtree(folder / "demo")
    with pytest.raises(DemoError, match=r"demo/topics\.toml: this file is missing"):
        read_plan(read_package(folder))
    (folder / "demo.toml").unlink()
    with pytest.raises(DemoError, match=r"the region package 'atoll' has no demo\.toml"):
        read_plan(read_package(folder))


def test_the_invented_country_plays_its_own_demo(tmp_path: Path) -> None:
    os.chmod(tmp_path.parent, 0o755)
    done = run(tmp_path, "demo", "--scale", "least", "--no-serve", "--json", HEADWATER_REGION="atoll")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["calls"], found["articles"], found["articles_with_evidence"]) == (3, 1, 1)
    assert found["awards"] > 0
    assert found["applications"] >= 8
    assert (found["conflict_violations"], found["load_violations"], found["invariants_failed"]) == (0, 0, 0)
