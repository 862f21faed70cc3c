"""People are found by a name in any way of writing it; names enter in one form."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from headwater.core.names import split_names
from headwater.forms.answers.references import find_person
from headwater.registry.imports import import_people
from headwater.registry.models import Person, PersonName
from headwater.registry.queries import namesakes
from tests.calls.test_services import new_host, new_person
from tests.people import actor

pytestmark = pytest.mark.django_db
CASES = Path(__file__).resolve().parents[3] / "shared/cases/imports"


def keys(*names: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT registry_name_keys(VARIADIC %s::text[])", [list(names)])
        found: list[str] = cursor.fetchone()[0]
        return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("试娜·图雅", "试 娜．图雅"),
        ("试娜·图雅", "试娜\u200b•图雅"),
        ("Zhang San", "SAN, ZHANG"),
        ("Zhang San-Feng", "sanfeng zhang"),
        ("Ｚｈａｎｇ Ｓａｎ", "zhang san"),
        ("Lü Müller", "lu muller"),
        ("O’Neil J.", "j oneil"),
        ("БАТ-ЭРДЭНЭ ӨНӨР", "Өнөр Батэрдэнэ"),
        ("ᠮᠣᠩᠭᠣᠯ\u180eᠠ", "ᠮᠣᠩᠭᠣᠯᠠ"),
    ],
)
def test_ways_of_writing_share_a_key(one: str, other: str) -> None:
    assert set(keys(one)) & set(keys(other))


@pytest.mark.parametrize(("one", "other"), [("张三", "三张"), ("张三", "张三丰"), ("Li Wei", "Li Weiwei"), ("", "·")])
def test_other_names_share_none(one: str, other: str) -> None:
    assert not set(keys(one)) & set(keys(other))


def test_a_person_is_found_by_each_name_and_narrowed_by_the_institution() -> None:
    here, there = new_host("云外大学"), new_host("天边大学")
    one = new_person("独孤·求是", here, name_en="Dugu Qiushi")
    two = new_person("独孤求是", there)
    PersonName.objects.create(person=two, kind="script", script="Mong", text="ᠳᠤᠭᠤ")
    for text in ("独孤•求是", "独 孤 求是", "独孤求是教授"):
        assert set(find_person(text)) == {one, two}
    for text in ("独孤求是 云外大学", "独孤 求是（教授，云外大学）", "Qiushi Dugu", "DUGU, Qiushi", "Dugu Qiushi 云外"):
        assert find_person(text) == [one]
    assert find_person("ᠳᠤᠭᠤ\u180b") == [two]
    assert find_person("独孤求是 别的大学") == []
    found = namesakes(split_names("独孤求是、独孤求是（天边大学）、独孤求是（别的大学）、无名氏"))
    assert [sorted(p.pk for p in people) for people in found.values()] == [[one.pk, two.pk], [two.pk], [one.pk, two.pk], []]


def test_a_look_up_goes_by_the_index() -> None:
    query = str(Person.objects.called("张三").query)
    assert "registry_name_keys" in query
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM registry_person WHERE registry_name_keys(name_zh, name_en) && registry_name_keys('张三')"
        )
        assert "person_name_keys" in str(cursor.fetchall())


def test_what_is_stored_is_brought_into_the_normal_form() -> None:
    person = new_person("占 位", name_en="Zhan  Wei")
    Person.objects.filter(pk=person.pk).update(name_zh="试娜•图\u200b 雅", name_en="　Shina Tuya")
    other = new_person("不动")
    importlib.import_module("headwater.registry.migrations.0003_names_have_one_form").normalise(apps, None)
    person.refresh_from_db()
    other.refresh_from_db()
    assert (person.name_zh, person.name_en, other.name_zh) == ("试娜·图雅", "Shina Tuya", "不动")


@pytest.mark.skipif(not CASES.exists(), reason="the cases are kept outside of the project")
@pytest.mark.parametrize(
    ("name", "expected"), [("03-padded-names.xlsx", ["试丁", "试己", "试庚", "试戊", "试辛"]), ("04-dots.xlsx", ["试娜·图雅"])]
)
def test_imported_names_have_one_form(name: str, expected: list[str]) -> None:
    new_host("东川大学")
    before = set(Person.objects.values_list("pk", flat=True))
    content = (CASES / name).read_bytes()
    result = import_people(name=name, content=content, actor=actor("sysadmin"), dry_run=False, skip_bad=True)
    assert sorted(Person.objects.exclude(pk__in=before).values_list("name_zh", flat=True)) == expected
    assert result.rows - len(expected) == len({e.row for e in result.errors})
