"""Three-way merge of answers and readable differences: nobody's words are lost, whatever two people do to one text or table."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.forms.answers.differences import changes, pair_rows, pieces, words
from headwater.forms.answers.merging import merge, merge_rows, merge_texts

BASE = "草原土壤碳汇的形成机制。首先查明来源。其次测定通量。最后建立模型。"


@pytest.mark.parametrize(
    ("theirs", "mine", "both"),
    [
        (BASE.replace("来源", "来源与去向"), BASE.replace("模型", "区域模型"), ("来源与去向", "区域模型")),
        ("引言。" + BASE, BASE + "结语。", ("引言。草原", "模型。结语。")),
        (BASE + "甲写的。", BASE + "乙写的。", ("甲写的。乙写的。",)),
        (BASE.replace("首先查明来源。", ""), BASE + "结语。", ("机制。其次", "结语。")),
        ("", "新写。", ("新写。",)),
    ],
)
def test_changes_in_different_places_are_both_taken(theirs: str, mine: str, both: tuple[str, ...]) -> None:
    base = "" if not theirs else BASE
    merged = merge(base, theirs, mine)
    assert not merged.clash
    assert [part in merged.value for part in both] == [True] * len(both)


def test_changes_in_one_place_keep_the_later_words_and_offer_both() -> None:
    merged = merge(BASE, BASE.replace("通量", "碳通量的日变化"), BASE.replace("通量", "储量"))
    assert (merged.clash, merged.value) == (True, BASE.replace("通量", "储量"))
    assert "日变化" in merged.both
    assert "储量" in merged.both


def test_a_clash_in_one_place_does_not_undo_what_the_other_did_elsewhere() -> None:
    theirs = BASE.replace("通量", "碳通量").replace("模型", "区域模型")
    merged = merge(BASE, theirs, BASE.replace("通量", "储量"))
    assert merged.clash
    assert "区域模型" in merged.value


def test_the_same_sentence_written_by_both_counts_once_whatever_else_was_changed() -> None:
    theirs, mine = BASE + "结尾一句。", "前面另加。" + BASE.replace("首先", "起先") + "结尾一句。"
    assert merge(BASE, theirs, mine).value == mine
    assert merge(BASE, theirs.replace("通量", "碳通量"), mine).value == mine.replace("通量", "碳通量")


def test_a_save_that_arrives_twice_changes_nothing() -> None:
    first = BASE + "新的一句。"
    assert merge(BASE, first, first).value == first
    assert merge(BASE, first, first + "又一句。").value == first + "又一句。"


TEXT = st.text(alphabet="甲乙丙丁研究的。，\nab c", max_size=40)
MARKS = ("〔theirs〕", "〔mine〕")


@st.composite
def edits(draw: Any) -> tuple[str, str, str]:
    """A text, and two people's edits of it: each replaces one or two stretches by words of their own."""
    base = draw(TEXT)
    out = []
    for mark in MARKS:
        text = base
        for n in range(draw(st.integers(1, 2))):
            low = draw(st.integers(0, len(text)))
            high = draw(st.integers(low, min(len(text), low + 6)))
            text = text[:low] + (f"{mark}{n}" if draw(st.booleans()) or not n else "") + text[high:]
        out.append(text)
    return base, out[0], out[1]


@settings(max_examples=400, deadline=None)
@given(edits())
def test_no_word_that_was_written_is_lost(given_: tuple[str, str, str]) -> None:
    """What the later writer wrote is stored; what the other wrote is stored too, or the merge says that it is not."""
    base, theirs, mine = given_
    merged = merge_texts(base, theirs, mine)
    for mark in range(2):
        for n in range(2):
            word = f"{MARKS[mark]}{n}"
            if word in (theirs, mine)[mark]:
                assert word in merged.value or (mark == 0 and merged.clash)
                assert merged.both is None or word in merged.both


@settings(max_examples=200, deadline=None)
@given(TEXT, TEXT)
def test_differences_lead_from_one_text_to_the_other(old: str, new: str) -> None:
    found = pieces(old, new)
    assert "".join(text for sign, text in found if sign in "=-") == old
    assert "".join(text for sign, text in found if sign in "=+") == new
    assert merge_texts(old, old, new).value == new


def test_differences_are_told_by_stretches_that_can_be_read() -> None:
    assert pieces("首先查明土壤有机碳的来源。", "首先查明土壤有机碳与无机碳的来源。") == [
        ("=", "首先查明土壤有机碳"),
        ("+", "与无机碳"),
        ("=", "的来源。"),
    ]
    assert pieces("carbon sink of steppe soil", "carbon source of steppe soil") == [
        ("=", "carbon "),
        ("-", "sink"),
        ("+", "source"),
        ("=", " of steppe soil"),
    ]


def test_a_long_text_that_was_rewritten_in_places_is_compared_at_once() -> None:
    sentences = [f"第{n}句讲的是草原土壤的第{n * 7919 % 101}个问题。" for n in range(2500)]
    other = [s if n % 50 else s.replace("问题", "难题") for n, s in enumerate(sentences)]
    assert len(changes(words("".join(sentences)), words("".join(other)))) == 50


ROWS = [{"name": "电镜", "price": 100}, {"name": "离心机", "price": 20}, {"name": "冰箱", "price": 5}]


def row(n: int, **more: Any) -> dict[str, Any]:
    return {**ROWS[n], **more}


@pytest.mark.parametrize(
    ("theirs", "mine", "wanted"),
    [
        ([row(0, price=120), *ROWS[1:]], [row(0, name="透射电镜"), *ROWS[1:]], [row(0, name="透射电镜", price=120), *ROWS[1:]]),
        ([*ROWS, {"name": "甲"}], [*ROWS, {"name": "乙"}], [*ROWS, {"name": "甲"}, {"name": "乙"}]),
        ([*ROWS, {"name": "甲"}], [*ROWS, {"name": "甲"}], [*ROWS, {"name": "甲"}]),
        (ROWS[1:], [row(0, price=90), *ROWS[1:]], [row(0, price=90), *ROWS[1:]]),
        (ROWS[1:], [*ROWS, {"name": "乙"}], [*ROWS[1:], {"name": "乙"}]),
        ([ROWS[2], ROWS[0], ROWS[1]], [row(0, price=90), *ROWS[1:]], [ROWS[2], row(0, price=90), ROWS[1]]),
    ],
)
def test_tables_merge_by_rows_and_cells(theirs: Any, mine: Any, wanted: Any) -> None:
    merged = merge(ROWS, theirs, mine)
    assert (merged.value, merged.clash) == (wanted, False)


def test_one_cell_changed_by_two_keeps_the_later_and_offers_both_rows() -> None:
    merged = merge_rows(ROWS, [row(0, price=120), *ROWS[1:]], [row(0, price=90), *ROWS[1:]])
    assert merged.clash
    assert merged.value == [row(0, price=90), *ROWS[1:]]
    assert merged.both == [row(0, price=120), row(0, price=90), *ROWS[1:]]


CELL = st.fixed_dictionaries({"name": st.sampled_from("甲乙丙丁"), "price": st.integers(1, 3)})


@settings(max_examples=300, deadline=None)
@given(st.lists(CELL, max_size=4), st.lists(CELL, max_size=2), st.lists(CELL, max_size=2), st.data())
def test_no_row_that_was_added_is_lost(base: Any, more: Any, own: Any, data: Any) -> None:
    at = [data.draw(st.integers(0, len(base))) for _n in range(2)]
    added = [[{**r, "by": by} for r in rows] for by, rows in (("theirs", more), ("mine", own))]
    sides = [[*base[:n], *rows, *base[n:]] for n, rows in zip(at, added, strict=True)]
    merged = merge_rows(base, *sides)
    keys = [sorted(map(str, x)) for x in (merged.value, [*base, *added[0], *added[1]])]
    assert keys[0] == keys[1]


def test_sets_records_and_figures() -> None:
    assert merge(["a", "b"], ["b", "c"], ["a", "b", "d"]).value == ["b", "c", "d"]
    budget = {"rows": ROWS, "indirect": 5}
    merged = merge(budget, {"rows": ROWS, "indirect": 8}, {"rows": ROWS[:2], "indirect": 5})
    assert merged.value == {"rows": ROWS[:2], "indirect": 8}
    assert (merge(5, 6, 7).value, merge(5, 6, 7).clash, merge(5, 6, 5).value) == (7, True, 6)
    assert merge({"x": [1]}, "甲", ["乙"]).clash  # what a browser calls the base may be anything


def test_rows_are_paired_where_they_moved() -> None:
    pairing = pair_rows(ROWS, [ROWS[2], row(0, price=1), ROWS[1]])
    assert (dict(pairing.of), list(pairing.added)) == ({0: 1, 1: 2, 2: 0}, [])
