"""A clean check means that it runs: what a stage would find missing, unreadable or too long is told when the package is checked."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps

from headwater.forms.expressions import parameters, parse
from headwater.regions.check import find_package, read_package
from headwater.regions.needs import names_in, read_by, shape_words
from headwater.regions.widths import KEYS, WIDTHS
from headwater.schemes import expressions, parse_scheme
from headwater.schemes.rules import parameters_of
from tests.regions.test_check import Plant, package, plant, short  # noqa: F401 -- fixtures

SOURCE = Path(parse_scheme.__code__.co_filename).parents[1]
MODELS = {
    ("region", "region"): "registry.Region",
    ("places", "place"): "registry.Place",
    ("agencies", "agency"): "registry.Agency",
    ("fields", "priority_field"): "registry.PriorityField",
    ("fields", "review_group"): "registry.ReviewGroup",
    ("disciplines", "discipline"): "registry.Discipline",
    ("organisations", "organisation"): "registry.Organisation",
    ("policy", "article"): "policy.Article",
    ("policy", "article.measure"): "policy.Measure",
    ("policy", "article.target"): "policy.Target",
    ("parameters", "parameter"): "core.Parameter",
}


def messages(package: Path) -> list[str]:  # noqa: F811
    return [m.expected for m in read_package(package).mistakes]


def test_no_weights_no_marks(package: Path, plant: Plant) -> None:  # noqa: F811
    for _row in range(2):
        plant("parameters.toml", 'key = "review_weights_goal"', 'key = "review_weights_gaol"')
    found = messages(package)
    assert (
        "experts' marks are weighted by 'review_weights_goal': give it a row (a table with a weight for each criterion) for 'im-gen'"
        in found
    )
    assert len([m for m in found if "review_weights_goal" in m]) == 18  # one scheme has free research alone


def test_weights_of_criteria_that_the_scheme_does_not_have(package: Path, plant: Plant) -> None:  # noqa: F811
    plant("parameters.toml", "originality = 35", "rooms = 35")
    (first, *_rest) = messages(package)
    assert first.startswith("'review_weights_free' names 'rooms', the criteria are: chain, feasibility, originality, ")


def test_weights_that_weigh_nothing(package: Path, plant: Plant) -> None:  # noqa: F811
    plant(
        "parameters.toml",
        "{ originality = 35, value = 20, feasibility = 15, team = 20, chain = 0, performance = 10 }",
        "{ value = 0 }",
    )
    assert "'review_weights_free' needs whole numbers, at least one of them above 0 for 'im-gen'" in messages(package)


def test_a_laboratory_has_criteria_of_its_own(package: Path) -> None:  # noqa: F811
    file = package / "schemes/im-lab.toml"
    own = '\n[[criterion]]\ncode = "rooms"\nlabel_zh = "条件"\nlabel_en = "Rooms"\nweight = 10\n'
    file.write_text(file.read_text(encoding="utf-8") + own, encoding="utf-8")
    read = read_package(package)
    assert read.mistakes == []
    scheme = next(parse_scheme(d, parameters_of)[0] for d in read.schemes if d["scheme"]["code"] == "im-lab")
    assert ([c.code for c in scheme.judging.criteria], scheme.judging.own_weights("goal")) == (["rooms"], {"rooms": 10})


@pytest.mark.parametrize(
    ("name", "old", "new", "key", "told"),
    [
        ("parameters.toml", "default = 0, min", "default = 900000000, min", ".value.default", "is above max (30000000)"),
        (
            "parameters.toml",
            "default = 0, min = 10000",
            'default = 0, min = "1"',
            ".value.min",
            "expected a whole number, found str '1'",
        ),
        ("places.toml", 'name_mn = "', f'name_mn = "{"x" * 121}', ".name_mn", "expected at most 120 characters, found "),
        ("organisations.toml", 'name_zh = "', f'name_zh = "{"长" * 200}', ".name_zh", "expected at most 200 characters, found "),
        ("organisations.toml", "moe_code =", "moe_cod =", ".moe_cod", "unknown key; known: address, "),
        ("agencies.toml", "recommends =", "recommend =", ".recommend", "unknown key; known: "),
        ("places.toml", "level =", 'levl = "x"\nlevel =', ".levl", "unknown key; known: "),
        ("policy.toml", "agencies = []", "agency = []", ".agency", "unknown key; known: "),
        ("policy.toml", 'comparison = "range"', 'comparison = "about"', ".comparison", "found 'about'; known: at_least, range"),
        ("region.toml", "languages =", "language =", ".language", "unknown key; known: "),
        (
            "region.toml",
            '"Asia/Shanghai"',
            '"Asia/Shanghia"',
            ".timezone",
            "found 'Asia/Shanghia'; known: a name of the time zone",
        ),
        ("region.toml", 'currency = "CNY"', 'currency = "XXX"', ".currency", "found 'XXX'; known: CNY"),
        (
            "schemes/im-lab.toml",
            '"lab_staff_min"',
            '"lab_staff_min.least"',
            ".expr",
            "the parameter 'lab_staff_min' has no 'least'",
        ),
        ("schemes/im-gen.toml", '["free", "goal"]', '["free", "gaol"]', ".research_classes", "expected some of free, goal"),
        ("schemes/im-gen.toml", 'name_en = "', f'name_en = "{"x" * 160}', ".name_en", "expected at most 160 characters"),
    ],
)
def test_planted_mistakes(package: Path, plant: Plant, name: str, old: str, new: str, key: str, told: str) -> None:  # noqa: F811
    plant(name, old, new)
    found = [(m.file, m.key, m.expected) for m in read_package(package).mistakes]
    assert any(file == name and at.endswith(key) and text.startswith(told) for file, at, text in found), found


def test_rows_that_begin_in_a_far_year_give_nothing(package: Path) -> None:  # noqa: F811
    file = package / "parameters.toml"
    rows = file.read_text(encoding="utf-8").split("[[parameter]]")
    late = [r.replace("valid_from = 2021-11-04", "valid_from = 2099-01-01") if 'key = "age_limit_dys"' in r else r for r in rows]
    file.write_text("[[parameter]]".join(late), encoding="utf-8")
    assert messages(package) == ["'age_limit_dys' gives 'im-dys' nothing before 2099-01-01: add a row for now"]


def test_a_missing_parameter_is_asked_for_with_its_form(package: Path, plant: Plant) -> None:  # noqa: F811
    plant("schemes/im-youth.toml", 'parameter = "age_limit_youth"', 'parameter = "age_limit_young"')
    wanted = "give it a row (a table with men, women, rule?, month?, day?)"
    assert messages(package) == [f"rule 'max_age' of 'im-youth' reads 'age_limit_young': {wanted}"]
    assert shape_words("portfolio_rules").startswith("a list of tables with code, zh, en")
    assert (shape_words("amount_fen"), shape_words("postdoc_promise")) == ("a whole number or a table", "true or false")


def test_one_unreadable_scheme_is_told_once(package: Path) -> None:  # noqa: F811
    (package / "schemes/im-talent.toml").write_text("[scheme\n", encoding="utf-8")
    (found,) = read_package(package).mistakes
    assert (found.file, found.line) == ("schemes/im-talent.toml", 1)


def test_what_an_editor_put_there_unseen_is_named(package: Path) -> None:  # noqa: F811
    text = (package / "region.toml").read_text(encoding="utf-8")
    (package / "region.toml").write_text("\ufeff" + text, encoding="utf-8")
    assert "begins with a byte order mark: save it as UTF-8 without one" in messages(package)
    (package / "region.toml").write_text(text.replace('code = "nmg"', "code = “nmg”"), encoding="utf-8")
    assert 'not valid TOML: “ is a typographic quotation mark, expected "' in messages(package)


def test_len_of_choices_names_count(package: Path, plant: Plant) -> None:  # noqa: F811
    plant("schemes/im-lab.toml", 'parameter("lab_staff_min")', "len(flags)")
    assert any("count() tells how many there are" in m for m in messages(package))


def test_widths_are_those_of_the_columns() -> None:
    assert WIDTHS.keys() == KEYS.keys() == MODELS.keys()
    for table, widths in WIDTHS.items():
        model = apps.get_model(MODELS[table])
        columns = {f.name: f.max_length for f in model._meta.concrete_fields if getattr(f, "max_length", None)}
        narrower = {"code": 40} if table == ("region", "region") else {}  # other tables name a region by a shorter column
        assert {key: columns[key] for key in widths} | narrower == widths, table
        loaded = (
            (KEYS[table] & columns.keys())
            - widths.keys()
            - {"kind", "source", "label_zh", "label_en", "map", "comparison", "applies_to"}
        )
        assert loaded == set(), table


@pytest.mark.parametrize("region", ["nmg", "atoll"])
def test_every_parameter_of_a_shipped_region_is_read(region: str) -> None:
    """By code that names it, by a rule, or by an expression of a scheme."""
    read_package_ = read_package(find_package(region))
    declared = {row["key"] for row in read_package_.tables["parameters"]["parameter"]}
    schemes = [parse_scheme(d, parameters_of)[0] for d in read_package_.schemes]
    read = {key for s in schemes for key in read_by(s)} | {name.partition(".")[0] for s in schemes for _key, name in names_in(s)}
    code = "\n".join(f.read_text(encoding="utf-8") for f in SOURCE.rglob("*.py") if f.name not in {"values.py", "tables.py"})
    assert sorted(key for key in declared - read if f'"{key}"' not in code) == []
    assert any(parameters(parse(text)) for s in schemes for _key, text in expressions(s)) or region == "atoll"
