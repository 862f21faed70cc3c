"""Kinds of body are data: a package is told every mistake, a changed kind is a new version, another region has its own."""

from __future__ import annotations

import shutil
import tomllib
from typing import Any

import pytest

from headwater.casework.bodies.declared import undeclared
from headwater.casework.bodies.kinds import read_bodies
from headwater.casework.bodies.models import BodyKind
from headwater.casework.kinds import load_kinds
from headwater.core.command import command, system
from headwater.core.models import Event
from headwater.core.reading import Problem
from headwater.regions.check import HERE, read_package

GOOD: dict[str, Any] = {
    "code": "jury",
    "name_zh": "评审团",
    "name_en": "Jury",
    "standing": False,
    "roles": ["programme_officer"],
    "size": {"least": 5, "most": 7, "odd": True},
}


def mistakes(**changes: Any) -> list[tuple[str, str]]:
    problems: list[Problem] = []
    row = {k: v for k, v in (GOOD | changes).items() if v is not None}
    read_bodies({"body": [row]}, problems)
    return problems


def test_a_good_kind_has_no_mistake_and_usual_values() -> None:
    problems: list[Problem] = []
    kind = read_bodies({"body": [GOOD]}, problems)[0]
    assert problems == []
    assert (kind.quorum, kind.majority, kind.counted, kind.ballot) == (">=2/3", ">1/2", "present", "secret")
    assert str(kind.post_words["chair"]) == "主任委员"
    assert (kind.fits("x.y"), kind.fits("")) == (True, False)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"code": "Jury"}, "body[0].code"),
        ({"name_en": None}, "body[0].name_en"),
        ({"roles": []}, "body[0].roles"),
        ({"size": {"least": 9, "most": 7}}, "body[0].size.most"),
        ({"size": {"least": 9, "mots": 7}}, "body[0].size.mots"),
        ({"quorum": "most"}, "body[0].quorum"),
        ({"ballot": "shown"}, "body[0].ballot"),
        ({"chairs_from": ["inside"]}, "body[0].chairs_from"),
        ({"posts": {"boss": ["头", "Boss"]}}, "body[0].posts.boss"),
        ({"bound": [{"of": "law", "least": 1}]}, "body[0].bound[0].of"),
        ({"bound": [{"of": "host"}]}, "body[0].bound[0]"),
        ({"bound": [{"of": "host", "share": "5/4"}]}, "body[0].bound[0].share"),
        ({"quality": [{"code": "host", "zh": "x", "en": "x"}]}, "body[0].quality[0].code"),
        ({"term": {"years": 5}}, "body[0].term"),
        ({"meetings_a_year": 1}, "body[0].meetings_a_year"),
        ({"alone": True, "subjects": ["a.b"]}, "body[0].subjects"),
        ({"remind_days": [0]}, "body[0].remind_days"),
        ({"bar": [{"hook": "x", "most": 1.5}]}, "body[0].bar[0].most"),
        ({"odd": True}, "body[0].odd"),
        (
            {"section": [{"code": "s", "title_zh": "x", "title_en": "x", "field": [{"code": "f", "type": "star"}]}]},
            "body[0].section[0].field[0].type",
        ),
    ],
)
def test_each_mistake_is_named_by_its_key(changes: dict[str, Any], key: str) -> None:
    assert key in {k for k, _text in mistakes(**changes)}


def test_every_mistake_is_told_at_once() -> None:
    found = mistakes(name_zh=None, quorum="x", ballot="y", size={"least": 0}, extra=1)
    assert {k.rpartition(".")[2] for k, _text in found} == {"name_zh", "quorum", "ballot", "least", "extra"}


def test_a_code_is_used_once() -> None:
    problems: list[Problem] = []
    read_bodies({"body": [GOOD, GOOD]}, problems)
    assert problems == [("body", "code 'jury' is used twice")]


def test_hooks_roles_and_kinds_of_record_are_declared_in_code() -> None:
    table = {
        "body": [
            GOOD
            | {
                "roles": ["king"],
                "subjects": ["a.b"],
                "bar": [{"hook": "x"}, {"hook": "same_person_in_n_bodies"}, {"hook": "host_staff", "most": 1}],
            }
        ]
    }
    found = dict(undeclared(table))
    assert set(found) == {
        "body[0].roles",
        "body[0].subjects",
        "body[0].bar[0].hook",
        "body[0].bar[1].most",
        "body[0].bar[2].most",
    }
    assert "host_staff, own_committee" in found["body[0].bar[0].hook"]


@pytest.mark.parametrize("region", ["nmg", "atoll"])
def test_the_shipped_kinds_are_sound(region: str) -> None:
    package = read_package(HERE / region)
    assert [m for m in package.mistakes if m.file == "bodies.toml"] == []
    assert undeclared(package.tables["bodies"]) == []
    assert len(package.tables["bodies"]["body"]) >= 2


def test_a_mistake_has_its_line(tmp_path: Any) -> None:
    shutil.copytree(HERE / "atoll", tmp_path / "atoll")
    file = tmp_path / "atoll/bodies.toml"
    file.write_text(file.read_text().replace('quorum = ">1/2"', 'quorum = "half"'))
    found = [m for m in read_package(tmp_path / "atoll").mistakes if m.file == "bodies.toml"]
    assert [(m.key, file.read_text().splitlines()[m.line - 1]) for m in found] == [("body[0].quorum", 'quorum = "half"')]


@pytest.mark.django_db
def test_a_changed_kind_is_a_new_version_and_one_left_out_is_dropped() -> None:
    rows = [GOOD, GOOD | {"code": "board"}]

    def load(definitions: list[dict[str, Any]]) -> int:
        with command(system("test"), "core.region.manage", name="regions.load_region") as log:
            return load_kinds(BodyKind, "x", definitions, log)

    assert (load(rows), load(rows)) == (2, 0)
    assert load([GOOD | {"quorum": ">1/2"}]) == 2
    assert [(k.code, k.version) for k in BodyKind.objects.current("x")] == [("jury", 2)]
    assert load(rows) == 2
    assert sorted((k.code, k.version) for k in BodyKind.objects.current("x")) == [("board", 2), ("jury", 3)]
    assert Event.objects.filter(command="regions.load_region", subject_type="bodies.bodykind").count() >= 5
    assert BodyKind.objects.filter(region="x", code="jury", version=1).get().rule.quorum == ">=2/3"


def test_toml_reads_as_the_package_does() -> None:
    table = tomllib.loads((HERE / "nmg/bodies.toml").read_text())
    problems: list[Problem] = []
    kinds = {k.code: k for k in read_bodies(table, problems)}
    assert problems == []
    academic = kinds["academic-committee"].composition
    assert (academic.least, academic.most, academic.odd, str(academic.renewed), academic.terms) == (9, 15, True, "1/3", 2)
    assert (kinds["acceptance-panel"].composition.least, kinds["acceptance-panel"].composition.most) == (5, 7)
    assert kinds["ethics-recheck"].counted == "all"
