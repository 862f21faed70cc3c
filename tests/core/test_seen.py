"""What was seen is compared line by line with what there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.core.errors import Refused
from headwater.core.seen import NAMED, Sight

LINES = st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=5), st.none()), max_size=8)


@given(LINES, LINES)
def test_exactly_the_lines_that_differ_are_named(before, now):
    expected = sorted(k for k in {*before, *now} if (k in before, before.get(k)) != (k in now, now.get(k)))
    assert Sight(now).differences(Sight(before).token) == expected


@given(LINES, LINES)
def test_lines_that_were_not_chosen_do_not_matter(before, now):
    Sight(now).require(Sight({**before, **now}).token, chosen=True)


@pytest.mark.parametrize("token", ["", "x", "[]", "null", "3", '"{}"', "{"])
def test_what_nobody_has_seen_is_refused_even_when_it_is_nothing(token):
    with pytest.raises(Refused, match="请在页面上核对内容后再办理"):
        Sight({}).require(token)


def test_the_refusal_names_the_first_few_in_words():
    seen = Sight({f"n{n}": n for n in range(9)}).token
    with pytest.raises(Refused) as caught:
        Sight({f"n{n}": -n for n in range(9)}, {"n1": "预算"}).require(seen)
    assert str(caught.value) == "您核对之后有变化，没有办理：预算、n2、n3、n4、n5 等 8 处。请重新核对。"
    assert NAMED == 5


def test_a_mark_is_not_found_by_trying(settings):
    mark = Sight({"a": "fund"}).marks["a"]
    settings.SECRET_KEY = "another"
    assert Sight({"a": "fund"}).marks["a"] != mark
