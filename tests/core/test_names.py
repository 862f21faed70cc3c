"""Names: one normal form, lists taken apart."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from headwater.core.listing import Listing
from headwater.core.names import Named, normal_name, read_name, same_name, split_names, with_institution
from headwater.registry.models import Person
from tests.make import new_host, new_person

NAMES = st.text("试娜图雅张三李四·.•・ 　\u200b ab-Z'éᠮ，、", max_size=12)


@pytest.mark.parametrize("dot", ["·", "•", "・", "‧", "．", ".", "⋅", "∙", "･", " · ", "　・"])
def test_every_dot_is_one_dot(dot: str) -> None:
    assert normal_name(f"试娜{dot}图雅") == "试娜·图雅"


@pytest.mark.parametrize("text", ["试　丁", "试  丁", "试\xa0丁", "试丁\u200b", "\ufeff试丁", " 试\u2003丁\n", "试\u202f丁"])
def test_blanks_and_signs_without_width_part_no_chinese_name(text: str) -> None:
    assert normal_name(text) == "试丁"


@given(NAMES)
def test_the_normal_form_is_stable(text: str) -> None:
    assert normal_name(normal_name(text)) == normal_name(text)
    assert same_name(text, normal_name(text))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "张三（教授，内蒙古大学）、李四；王五 教授/赵六\n试 娜 · 图雅",
            ["张三（内蒙古大学）", "李四", "王五", "赵六", "试娜·图雅"],
        ),
        ("张三,李四，王五;赵六；钱七、孙八/周九\r\n吴十", ["张三", "李四", "王五", "赵六", "钱七", "孙八", "周九", "吴十"]),
        ("Smith, John; Zhang San, Li Si", ["John Smith", "Zhang San", "Li Si"]),
        ("Prof. John Smith (MIT), 张三教授", ["John Smith（MIT）", "张三"]),
        ("张三 内蒙古大学\n李四（没有关上的括号\n王五", ["张三（内蒙古大学）", "李四（没有关上的括号）", "王五"]),
        ("王院士、、 ，\n教授", ["王院士", "教授"]),
        ("张三、张 三、张三", ["张三"]),
        ("Müller", ["Müller"]),
        ("<<%$草原%（%$x）", ["%$草原% %$x（%$草原% %$x）"]),
        ("", []),
    ],
)
def test_lists_are_taken_apart_outside_of_brackets(text: str, names: list[str]) -> None:
    assert [str(one) for one in split_names(text)] == names
    assert split_names("\n".join(names)) == split_names(text)


@given(st.lists(NAMES, max_size=5))
def test_any_list_can_be_read_and_read_again(texts: list[str]) -> None:
    found = split_names("\n".join(texts))
    assert all(one.name for one in found)


@pytest.mark.parametrize(
    ("name", "where"), [("张三", "内蒙古大学"), ("John Smith", "MIT"), ("张三", "某校"), ("张三", ""), ("Li Wei", "某大学")]
)
def test_name_and_institution_come_back_from_one_line(name: str, where: str) -> None:
    assert read_name(with_institution(name, where)) == Named(name, where)


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["试娜•图雅", "试 娜·图雅", "娜·图雅", "云外（北区）"])
def test_lists_find_a_name_however_it_is_typed(text: str) -> None:
    person = new_person("试娜·图雅", new_host("云外（北区）大学"))
    rows = Listing(
        RequestFactory().get("/", {"q": text}),
        Person.objects.all(),
        columns=[],
        title="人员",
        search=("name_zh", "organisation__name_zh"),
    )
    assert rows.objects == [person]
