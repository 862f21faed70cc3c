import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import headwater.regions
from headwater.regions.check import FILES, find_package, line_of, read_package
from headwater.regions.package import Mistake

SHIPPED = Path(headwater.regions.__file__).parent / "nmg"

SCHEMES = "bounty direct dys gen instr jf jfk key lab major need phd prize share talent test u youth"

Plant = Callable[[str, str, str], int]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "nmg"))


@pytest.fixture
def plant(package: Path) -> Plant:
    """Replace the first `old` of a file by `new`; returns the line on which `new` ends."""

    def replace(name: str, old: str, new: str) -> int:
        text = (package / name).read_text(encoding="utf-8")
        at = text.index(old)
        (package / name).write_text(text[:at] + new + text[at + len(old) :], encoding="utf-8")
        return text[:at].count("\n") + new.rstrip("\n").count("\n") + 1

    return replace


def short(package: Path) -> list[tuple[str, str, int]]:
    return [(m.file, m.key, m.line) for m in read_package(package).mistakes]


def test_read_package_shipped_has_no_mistakes():
    package = read_package(SHIPPED)
    assert (package.mistakes, sorted(package.tables), len(package.digest)) == ([], sorted(FILES), 64)
    codes = [s["scheme"]["code"] for s in package.schemes]
    assert codes == [*(f"im-{name}" for name in SCHEMES.split()), "nsfc-reg-jf"]


def test_read_package_copy_has_the_same_digest(package):
    assert read_package(package).digest == read_package(SHIPPED).digest


def test_read_package_changed_text_changes_the_digest(package, plant):
    plant("fields.toml", "[[priority_field]]", "# note\n[[priority_field]]")
    assert short(package) == []
    assert (read_package(package).digest == read_package(SHIPPED).digest) is False


def test_read_package_without_django_or_database():
    script = (
        "import sys\n"
        "sys.modules.update({'django': None, 'psycopg': None})\n"
        "from headwater.regions.check import find_package, read_package\n"
        "print(len(read_package(find_package('nmg')).mistakes))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("0", "")


def test_find_package_code_or_folder(tmp_path):
    assert (find_package("nmg"), find_package(str(tmp_path))) == (SHIPPED, tmp_path)


def test_read_package_no_folder(tmp_path):
    nowhere = tmp_path / "nowhere"
    assert read_package(nowhere).mistakes == [Mistake(str(nowhere), "", "expected a folder with region.toml in it")]


@pytest.mark.parametrize(
    ("name", "old", "new", "key"),
    [
        ("policy.toml", "agencies = []", 'agencies = ["nobody"]', "article[0].agencies"),
        ("policy.toml", "chapter = 1\n", 'chapter = "one"\n', "article[0].chapter"),
        ("policy.toml", 'code = "1-2"', 'code = ""', "article[0].measure[1].code"),
        ("places.toml", 'parent = "150000"', 'parent = "999999"', "place[1].parent"),
        ("places.toml", 'level = "province"', 'level = "planet"', "place[0].level"),
        ("agencies.toml", 'place = "150000"', 'place = "999999"', "agency[0].place"),
        ("agencies.toml", 'kind = "committee"', 'kind = "club"', "agency[1].kind"),
        ("agencies.toml", "recommends = false", 'recommends = "no"', "agency[0].recommends"),
        ("organisations.toml", 'recommender = "jyt"', 'recommender = "nobody"', "organisation[0].recommender"),
        ("organisations.toml", 'code = "imust"', 'code = "imu"', "organisation[1].code"),
        ("disciplines.toml", 'parent = "A"', 'parent = "a"', "discipline[1].parent"),
        ("disciplines.toml", "level = 0", 'level = "top"', "discipline[0].level"),
        ("parameters.toml", 'applies_to = ["main"]', 'applies_to = ["im-none"]', "parameter[0].applies_to"),
        ("parameters.toml", "valid_from = 2021-11-04", "valid_from = 2021-11-04\nvalid_to = 2021-11-03", "parameter[0].valid_to"),
        ("parameters.toml", 'confidence = "checked"', 'confidence = "sure"', "parameter[0].confidence"),
        ("parameters.toml", "valid_from = 2021-11-04", 'valid_from = "2021"', "parameter[0].valid_from"),
        ("region.toml", 'currency = "CNY"', 'currency = ""', "region.currency"),
        ("schemes/im-gen.toml", 'name = "signed"', 'name = "sealed"', "rule[6].name"),
        ("schemes/im-instr.toml", "price * count", "price * cont", "section[0].field[0].column[4].value"),
        ("schemes/im-instr.toml", 'when = "dearest >= 50万元"', 'when = "dearest >= 50"', "section[3].field[3].when"),
        ("schemes/im-lab.toml", '"lab_staff_min"', '"lab_staff_least"', "check[1].expr"),
        ("schemes/im-lab.toml", 'prefix = "SYS"', 'prefix = "MS"', "scheme.prefix"),
        ("schemes/im-key.toml", 'outcome = "award"', 'outcome = "medal"', "scheme.outcome"),
    ],
)
def test_read_package_planted_mistake_file_key_line(package, plant, name, old, new, key):
    line = plant(name, old, new)
    assert short(package) == [(name, key, line)]


@pytest.mark.parametrize(
    ("old", "new", "key", "expected"),
    [
        ("value = { men = 35, women = 38 }", "value = { man = 45, women = 48 }", "value.men", "required: a whole number"),
        (
            "value = { men = 35, women = 38 }",
            'value = { men = "45", women = 48 }',
            "value.men",
            "expected a whole number, found str '45'",
        ),
        ("value = { men = 35, women = 38 }", "value = 45", "value", "expected a table, found int 45"),
        (
            "members_from = 2020, promoted_members = false",
            "members_from = 2020",
            "value.promoted_members",
            "required: true or false",
        ),
        ("total = 2,", "total = -2,", "value", "must not be negative, found -2"),
        (
            "{ leader = 1, member",
            "{ leaders = 1, leader = 1, member",
            "value.leaders",
            "unknown key; known: leader, member, members_from",
        ),
        ("last_year_of = []", 'last_year_of = "im-gen"', "value.last_year_of", "expected a list, found str 'im-gen'"),
        ("last_year_of = []", "last_year_of = [2026]", "value", "expected a list of texts"),
        (
            'key = "postdoc_promise"\nvalid_from = 2021-11-04\nvalue = true',
            'key = "postdoc_promise"\nvalid_from = 2021-11-04\nvalue = 1',
            "value",
            "expected true or false, found int 1",
        ),
        (
            'key = "objections_per_hour"\nvalid_from = 2021-11-04\nvalue = 10',
            'key = "objections_per_hour"\nvalid_from = 2021-11-04\nvalue = "6"',
            "value",
            "expected a whole number, found str '6'",
        ),
    ],
)
def test_read_package_value_of_the_wrong_shape(package, plant, old, new, key, expected):
    plant("parameters.toml", old, new)
    found = read_package(package).mistakes
    assert all(m.file == "parameters.toml" and m.line for m in found)
    assert (key, expected) in [(m.key.split(".", 1)[1], m.expected) for m in found]


def test_read_package_rule_whose_parameter_has_no_row(package, plant):
    plant("parameters.toml", 'key = "partner_units_max"', 'key = "partner_unit_max"')
    assert [str(m) for m in read_package(package).mistakes] == [
        f"parameters.toml: parameter: rule 'partner_units' of {code!r} reads 'partner_units_max': give it a row (a whole number)"
        for code in ("im-dys", "im-gen", "im-jf", "im-jfk", "im-key", "im-phd", "im-test", "im-youth", "nsfc-reg-jf")
    ]


def test_read_package_rule_whose_named_parameter_has_no_row(package, plant):
    plant("schemes/im-youth.toml", 'parameter = "age_limit_youth"', 'parameter = "age_limit_young"')
    (found,) = read_package(package).mistakes
    assert (
        found.expected
        == "rule 'max_age' of 'im-youth' reads 'age_limit_young': give it a row (a table with men, women, rule?, month?, day?)"
    )


def test_read_package_budget_with_an_indirect_cost_needs_its_tiers(package, plant):
    for _row in range(2):
        plant("parameters.toml", 'key = "indirect_cost_tiers"', 'key = "indirect_tiers"')
    (found,) = read_package(package).mistakes
    assert found.expected == "a budget of 'im-bounty' reads 'indirect_cost_tiers': give it a row"


def test_read_package_label_of_a_parameter_is_in_both_languages_or_none(package, plant):
    row = 'key = "host_quota"\n'
    plant("parameters.toml", row, row + 'label_zh = "限额"\nlabel_en = "Quota"\n')
    assert short(package) == []
    plant("parameters.toml", 'label_en = "Quota"\n', "")
    assert [key.partition(".")[2] for _file, key, _line in short(package)] == ["label_en"]


def test_read_package_last_day_may_be_the_first(package, plant):
    plant("parameters.toml", "valid_from = 2021-11-04", "valid_from = 2021-11-04\nvalid_to = 2021-11-04")
    assert short(package) == []


def test_read_package_mistake_as_text(package, plant):
    line = plant("policy.toml", "agencies = []", 'agencies = ["nobody"]')
    assert [str(m) for m in read_package(package).mistakes] == [
        f"policy.toml:{line}: article[0].agencies: no agency with code 'nobody'"
    ]


def test_read_package_discipline_code_twice(package, plant):
    line = plant("disciplines.toml", 'code = "A02"', 'code = "A01"')
    found = [m for m in read_package(package).mistakes if m.expected == "'A01' is used twice"]
    assert [(m.file, m.line) for m in found] == [("disciplines.toml", line)]


def test_read_package_discipline_prefix_in_two_groups(package):
    file = package / "fields.toml"
    text = file.read_text(encoding="utf-8")
    extra = '\n[[review_group]]\ncode = "again"\nname_zh = "又"\nname_en = "Again"\ndiscipline_prefixes = ["A01"]\n'
    file.write_text(text + extra, encoding="utf-8")
    (found,) = read_package(package).mistakes
    assert (found.file, found.key.split(".")[1], found.line) == ("fields.toml", "discipline_prefixes", (text + extra).count("\n"))
    assert found.expected.startswith("'A01' belongs to ")


def test_read_package_parameter_given_twice(package):
    file = package / "parameters.toml"
    text = file.read_text(encoding="utf-8")
    first = text.split("[[parameter]]")[1]
    again = f"{text.rstrip()}\n\n[[parameter]]{first}"
    file.write_text(again, encoding="utf-8")
    line = again.rindex("key = ")
    assert {(m.file, m.line, m.key.split(".")[1]) for m in read_package(package).mistakes} == {
        ("parameters.toml", again[:line].count("\n") + 1, "key")
    }
    assert len(read_package(package).mistakes) == 3


def test_read_package_article_number_twice(package, plant):
    plant("policy.toml", "\nnumber = 2\n", "\nnumber = 1\n")
    assert [(m.file, m.key) for m in read_package(package).mistakes] == [("policy.toml", "article")]


def test_read_package_of_several_documents_says_what_this_version_runs(package, plant):
    plant("policy.toml", "\n[document]\n", "\n[[document]]\n")
    mistakes = [m for m in read_package(package).mistakes if m.key == "document"]
    assert [(m.file, "not in this version" in str(m)) for m in mistakes] == [("policy.toml", True)]


def test_read_package_of_self_funded_projects_says_what_this_version_runs(package, plant):
    plant("schemes/im-gen.toml", 'outcome = "award"', 'outcome = "self_funded"')
    mistakes = [m for m in read_package(package).mistakes if m.key == "scheme.outcome"]
    assert [(m.file, "not in this version" in str(m)) for m in mistakes] == [("schemes/im-gen.toml", True)]


@pytest.mark.parametrize("name", FILES)
def test_read_package_missing_file(package, name):
    (package / f"{name}.toml").unlink()
    found = [m for m in read_package(package).mistakes if m.key == ""]
    assert found == [Mistake(f"{name}.toml", "", "this file is missing")]


def test_read_package_no_schemes(package):
    shutil.rmtree(package / "schemes")
    found = [m for m in read_package(package).mistakes if m.key == ""]
    assert found == [Mistake("schemes/", "", "expected at least one scheme")]


def test_read_package_invalid_toml_line(package, plant):
    line = plant("parameters.toml", 'value = "16:00"', "value = 16:oo")
    found = [m for m in read_package(package).mistakes if m.key == ""]
    assert [(m.file, m.line) for m in found] == [("parameters.toml", line)]
    assert found[0].expected.startswith("not valid TOML: ")


@pytest.mark.parametrize("name", FILES)
def test_read_package_not_utf8(package, name):
    (package / f"{name}.toml").write_bytes('name_zh = "内蒙古"'.encode("gb18030"))
    found = [m for m in read_package(package).mistakes if m.key == ""]
    assert [(m.file, m.expected.split(" (")[0]) for m in found] == [(f"{name}.toml", "expected UTF-8 text")]


@pytest.mark.parametrize("content", [b"", b"x = 1", b'place = "x"\nagency = [1, "x"]\n'])
@pytest.mark.parametrize("name", FILES)
def test_read_package_strange_file_is_reported_not_raised(package, name, content):
    (package / f"{name}.toml").write_bytes(content)
    assert {m.file for m in read_package(package).mistakes} <= {f"{n}.toml" for n in FILES}


TEXT = """[top]
code = "x"

[[article]]
number = 1

[[article.measure]]
code = "1-1"

[[article]]
number = 2

[[article.measure]]
code = "2-1"

[[article.measure]]
code = "2-2"
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("top", 1),
        ("top.code", 2),
        ("article[0].number", 5),
        ("article[1]", 10),
        ("article[1].number", 11),
        ("article[0].measure[0].code", 8),
        ("article[1].measure[0].code", 14),
        ("article[1].measure[1].code", 17),
        ("nothing", 0),
    ],
)
def test_line_of_nested_keys(key, line):
    assert line_of(TEXT, key) == line


def test_line_of_key_missing_in_its_table():
    assert line_of('[[place]]\ncode = "1"\n\n[[place]]\ncode = "2"\nlevel = "x"\n', "place[0].level") == 1


def test_line_of_heading_with_comment():
    assert line_of('[[place]] # first\ncode = "1"\n\n[[place]]\ncode = "2"\n', "place[0].code") == 2


def test_read_package_valid_to_with_time(package, plant):
    line = plant("parameters.toml", "valid_from = 2021-11-04", "valid_from = 2021-11-04\nvalid_to = 2021-11-03T00:00:00")
    assert short(package) == [("parameters.toml", "parameter[0].valid_to", line)]


def test_read_package_scheme_head_is_a_list(package, plant):
    plant("schemes/im-gen.toml", "[scheme]", "[[scheme]]")
    assert {m.file for m in read_package(package).mistakes} >= {"schemes/im-gen.toml"}


def test_read_package_rows_are_a_number(package):
    (package / "agencies.toml").write_text("agency = 5\n", encoding="utf-8")
    assert ("agencies.toml", "agency", 1) in short(package)


def test_read_package_code_is_a_list(package, plant):
    line = plant("agencies.toml", 'code = "gov"', 'code = ["gov"]')
    assert ("agencies.toml", "agency[0].code", line) in short(package)


def test_read_package_reference_is_a_list(package, plant):
    line = plant("policy.toml", "agencies = []", 'agencies = [["gov"]]')
    assert short(package) == [("policy.toml", "article[0].agencies", line)]


def test_read_package_invalid_scheme_is_named_with_its_folder(package, plant):
    line = plant("schemes/im-gen.toml", "members_max = ", "members_max == ")
    assert ("schemes/im-gen.toml", "", line) in short(package)


def test_read_package_scheme_code_in_two_files(package):
    shutil.copy(package / "schemes" / "im-gen.toml", package / "schemes" / "im-new.toml")
    assert [m.file for m in read_package(package).mistakes] == ["schemes/im-new.toml"]


def test_an_unknown_intake_is_named_with_its_line(package, plant):
    line = plant("schemes/im-direct.toml", 'intake = "rolling"', 'intake = "always"')
    assert short(package) == [("schemes/im-direct.toml", "scheme.intake", line)]


def test_read_package_period_that_every_call_reads_has_a_row_for_each_scheme(package, plant):
    plant("parameters.toml", 'key = "call_window_days"', 'key = "call_windows_days"')
    (found,) = read_package(package).mistakes
    assert found.expected.startswith("every call reads 'call_window_days': give im-bounty, im-direct,")


def test_read_package_folder_is_named_after_the_region(package):
    moved = package.rename(package.parent / "moved")
    assert [(m.file, m.expected) for m in read_package(moved).mistakes] == [
        ("region.toml", "expected 'moved', the name of the folder")
    ]


@pytest.mark.parametrize(
    ("name", "old", "new", "key"),
    [
        ("places.toml", "counted = true\n", "", "level"),
        ("places.toml", 'places = ["150400"', 'places = ["150499"', "group[0].places"),
        ("places.toml", 'code = "nmg-west"', 'code = "nmg-east"', "group[1].code"),
        ("region.toml", "formal_check = [", "formal_chek = [", "region.bases.formal_chek"),
        ("region.toml", '"参照《国家自然科学基金条例》第八条", ', "", "region.bases.guide_lead"),
        ("policy.toml", 'indicator = "fields.diversity"', 'code = "fields.diversity"', "article[2].evidence[1].code"),
        ("policy.toml", 'label_en = "Awards in priority fields"', 'label_en = ""', "article[2].evidence[0].label_en"),
        ("policy.toml", 'headline = ["awards.count"', 'headline = ["awards.counts"', "document.headline"),
        ("policy.toml", "at_least = 12", 'at_least = "12"', "article[4].evidence[0].at_least"),
        ("policy.toml", "at_least = 12", "at_leest = 12", "article[4].evidence[0].at_leest"),
        (
            "policy.toml",
            'only = { scheme = ["im-youth"] }',
            'only = { scheme = "im-youth" }',
            "article[3].evidence[2].only.scheme",
        ),
        ("policy.toml", "chapter = 6", "chapter = 7", "article[13].chapter"),
    ],
)
def test_read_package_planted_mistake_of_places_and_evidence(package, plant, name, old, new, key):
    plant(name, old, new)
    found = {(m.file, m.key): m.line for m in read_package(package).mistakes}
    assert (name, key) in found
    assert found[name, key] > 0


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "said"),
    [
        ("shared.toml", 'paid_by = "cofunder"', 'paid_by = "cofounder"', "paid_by", "expected one of department, host, cofunder"),
        (
            "shared.toml",
            'paid_by = "cofunder"',
            'paid_by = "cofunder_kind"',
            "paid_by",
            "expected one of department, host, cofunder",
        ),
        ("schemes/im-bounty.toml", 'paid_by = "host"\n', "", "beyond", "say who pays it"),
        (
            "schemes/im-bounty.toml",
            'paid_by = "host"\nbeyond = true',
            'paid_by = "host"\nbeyond = "yes"',
            "beyond",
            "true or false",
        ),
    ],
)
def test_who_pays_an_amount_is_a_party_or_an_institution_that_is_asked(package, plant, file, old, new, key, said):
    plant(file, old, new)
    found = [(m.key.rpartition(".")[2], m.expected) for m in read_package(package).mistakes]
    assert found
    assert {k for k, _text in found} == {key}
    assert all(said in text for _key, text in found)


def test_a_column_has_no_payer(package, plant):
    plant("schemes/im-instr.toml", 'code = "price"\n', 'code = "price"\npaid_by = "host"\n')
    assert [m.expected for m in read_package(package).mistakes] == [
        "a column has no payer of its own; ask for the amount in a question"
    ]
