"""Near-duplicates: what is found, what is not, and the passages shown as evidence."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.algorithms.duplicates import Index, Settings, compare, fitting_evidence, pairs
from headwater.algorithms.errors import BadInput, Cancelled

BENCH = Path(__file__).resolve().parents[2] / "bench"
LETTERS = "山水田林湖草沙石风云雨雪电火土木金日月星天地人春夏秋冬东南西北"


def prose(seed: int, length: int = 240) -> str:
    """Text without repetition: characters drawn from 3,000, a stop about every 40."""
    dice = random.Random(seed)
    return "".join("。" if dice.random() < 0.025 else chr(0x4E00 + dice.randrange(3000)) for _ in range(length))


def swapped(text: str, share: float, seed: int) -> str:
    dice = random.Random(seed)
    return "".join(chr(0x6E00 + dice.randrange(3000)) if c != "。" and dice.random() < share else c for c in text)


@pytest.fixture(scope="module")
def corpus() -> list[str]:
    return [prose(seed) for seed in range(300)]


@pytest.fixture(scope="module")
def index(corpus: list[str]) -> Index:
    made = Index.create()
    made.add(np.arange(300) + 1000, corpus)
    return made


def test_copy_is_found_first_with_share_one(index: Index, corpus: list[str]) -> None:
    found = index.search(corpus[7])
    assert [m.id for m in found] == [1007]
    assert found[0].share == found[0].plain == 1.0
    assert found[0].longest == sum(c != "。" for c in corpus[7])


def test_unrelated_text_finds_nothing(index: Index) -> None:
    assert index.search(prose(9999)) == []


def test_part_with_replaced_words_is_found_and_share_is_that_of_the_new_text(index: Index, corpus: list[str]) -> None:
    new = prose(5001, 480) + "。" + swapped(corpus[11][40:160], 0.08, 3)
    (match,) = index.search(new)
    assert match.id == 1011
    assert 0.12 < match.share < 0.2
    assert 0.35 < compare(corpus[11], new).share < 0.5  # containment has a direction


def test_two_sources_are_both_found(index: Index, corpus: list[str]) -> None:
    found = index.search(corpus[3][:90] + "。" + corpus[4][30:170])
    assert [m.id for m in found] == [1004, 1003]


def test_order_of_sentences_does_not_matter(index: Index, corpus: list[str]) -> None:
    parts = corpus[20].split("。")
    (match,) = index.search("。".join(reversed(parts)))
    assert match.id == 1020
    assert match.share > 0.8


def test_width_case_space_and_punctuation_do_not_matter() -> None:
    new = "ＴｉＯ２ 薄膜，在（可见光）下的光催化 Activity 研究与分析；制备方法"
    old = "tio2薄膜在可见光下的光催化activity研究与分析。制备方法"
    match = compare(new, old)
    assert match.share == 1.0
    assert [(p.new_start, p.new_end, p.old_end) for p in match.passages] == [(0, len(new), len(old))]


def test_words_of_other_scripts_count_by_four_letters() -> None:
    text = "Photocatalytic degradation of organic dyes under visible light irradiation"
    match = compare("We study " + text.upper(), text)
    assert match.longest == sum(-(-len(word) // 4) for word in text.split())
    assert compare("hotocatalytic egradation f rganic yes nder isible ight rradiation", text).evidence == 0.0


def test_rare_characters_beyond_16_bits_keep_offsets_of_the_string() -> None:
    start, core = "𠀀𠀁𠀂前", prose(77, 40)
    match = compare(start + core, "𠀅" + core)
    (passage,) = match.passages
    assert (start + core)[passage.new_start : passage.new_end] == core.strip("。")
    assert ("𠀅" + core)[passage.old_start : passage.old_end] == core.strip("。")
    assert compare("𠀀" * 3 + "𠀁" * 9, "𠀀" * 3 + "𠀁" * 9).share == 1.0


def test_pieces_are_the_same_in_both_texts(corpus: list[str]) -> None:
    new, old = corpus[0][:60] + swapped(corpus[0][60:], 0.2, 1), corpus[0]
    match = compare(new, old)
    pieces = [piece for passage in match.passages for piece in passage.pieces]
    assert len(pieces) > 3
    for piece in pieces:
        assert new[piece.new_start : piece.new_end].replace("。", "") == old[piece.old_start : piece.old_end].replace("。", "")
    for passage in match.passages:
        ends = [(p.new_start, p.new_end) for p in passage.pieces]
        assert ends == sorted(ends)
        assert (passage.new_start, passage.new_end) == (ends[0][0], ends[-1][1])


def test_template_wording_carries_nothing() -> None:
    form = prose(1, 200)
    texts = [form + prose(seed, 200) for seed in range(10, 20)]
    plain, told = Index.create(), Index.create(settings=Settings(templates=(form,)))
    for made in (plain, told):
        made.add(range(10), texts)
    assert len(plain.search(form + prose(99, 200))) == 10
    assert told.search(form + prose(99, 200)) == []
    (match,) = told.search(form + texts[4][200:])
    assert (match.id, match.share) == (4, 1.0)


def test_wording_in_too_many_documents_carries_nothing() -> None:
    phrase = prose(1, 60)
    texts = [prose(seed, 100) + phrase for seed in range(2, 202)]
    made = Index.create(settings=Settings(boilerplate=0.1))
    made.add(range(200), texts)
    assert made.search(phrase + prose(9000, 100)) == []
    (match,) = made.search(texts[5])
    assert match.id == 5
    assert match.share > 0.95  # the phrase weighs nothing, but what weighs is copied


def test_sections_are_reported_apart_and_runs_do_not_cross_them() -> None:
    a, b, c = prose(1), prose(2), prose(3)
    made = Index.create()
    made.add([5, 5, 6], [a, b, c], [1, 2, 1])
    (match,) = made.search([(2, a), (3, prose(8) + b)])
    assert [(s.new_section, s.old_section) for s in match.sections] == [(2, 1), (3, 2)]
    assert match.sections[0].share == 1.0
    assert match.sections[1].share == pytest.approx(0.5, abs=0.04)
    assert match.share == pytest.approx(2 / 3, abs=0.04)
    (split,) = made.search([(1, a[:120]), (2, a[120:])])
    assert all(p.old_section == 1 and p.matched < 125 for p in split.passages)
    assert len(split.passages) == 2


def test_excluded_document_is_not_found(index: Index, corpus: list[str]) -> None:
    assert index.search(corpus[7], exclude=1007) == []
    assert index.search_many(corpus[:2], exclude=[1000, -5]) == [[], index.search(corpus[1])]


def test_limit_keeps_the_best(corpus: list[str]) -> None:
    made = Index.create()
    made.add(range(5), [corpus[0][: 40 * n] + prose(n, 100) for n in range(1, 6)])
    assert [m.id for m in made.search(corpus[0], limit=2)] == [4, 3]


def test_pairs_finds_older_and_same_call_without_itself(corpus: list[str]) -> None:
    made = Index.create()
    made.add(range(100), corpus[:100])
    made.add([500, 501, 502], [corpus[9][:150] + prose(801, 60), prose(802) + prose(803, 90), prose(804, 90) + prose(803, 90)])
    steps: list[tuple[int, int]] = []
    found = pairs(made, [500, 501, 502], progress=lambda done, total: steps.append((done, total)))
    assert [(p.new, p.old, p.same_call) for p in found] == [(500, 9, False), (501, 502, True), (502, 501, True)]
    assert steps[-1] == (3, 3)


def test_fitting_evidence_flags_no_more_than_asked(corpus: list[str]) -> None:
    made = Index.create()
    made.add(range(300), corpus)
    new = [prose(7000 + n, 150) + corpus[n][50 : 58 + n // 4] for n in range(100)]
    least = fitting_evidence(made, new, flagged=0.05)
    flagged = sum(bool(m) for m in made.search_many(new, evidence=least))
    assert flagged == 5
    with pytest.raises(BadInput, match="10 documents cannot tell"):
        fitting_evidence(made, new[:10], flagged=0.05)
    with pytest.raises(BadInput, match="flagged"):
        fitting_evidence(made, new, flagged=1.5)


def test_texts_from_a_function_give_the_same_matches(corpus: list[str]) -> None:
    kept, asked = Index.create(), Index.create(keep_texts=False, texts=lambda ids: [corpus[i] for i in ids])
    for made in (kept, asked):
        made.add(range(200), corpus[:200])
    new = [corpus[n][:100] + prose(n, 100) for n in range(0, 400, 2)[:100]] + [prose(99999)]
    assert asked.search_many(new) == kept.search_many(new)
    assert asked.size()["raw"] == 0
    none = Index.create(keep_texts=False)
    none.add([1], [corpus[0]])
    with pytest.raises(BadInput, match="keeps no texts"):
        none.search(corpus[0])
    short = Index.create(keep_texts=False, texts=lambda _ids: [])
    short.add([1], [corpus[0]])
    with pytest.raises(BadInput, match="0 documents for 1 ids"):
        short.search(corpus[0])


def test_result_does_not_depend_on_threads(corpus: list[str], index: Index) -> None:
    new = [corpus[n][:80] + corpus[n + 1][90:] for n in range(290)]
    many = index.search_many(new)
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        alone = Index.create()
        alone.add(np.arange(300) + 1000, corpus)
        assert alone.search_many(new) == many
    finally:
        os.sched_setaffinity(0, before)


def test_search_can_be_cancelled(index: Index, corpus: list[str]) -> None:
    def stop(done: int, total: int) -> None:
        raise Cancelled(f"{done} of {total}")

    with pytest.raises(Cancelled):
        index.search_many(corpus, progress=stop)


def test_texts_too_short_are_counted_and_harmless(corpus: list[str]) -> None:
    made = Index.create()
    assert made.add([1, 2, 3], ["", "短文", corpus[0]]) == 2
    assert [m.id for m in made.search(corpus[0])] == [3]
    assert made.search("") == []
    assert made.search("短文") == []
    assert made.search([]) == []
    assert compare("", corpus[0]).share == 0.0


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (5, "row 0 is neither"),
        ([(1, 2)], "row 0 is neither"),
        ([("a", "b", "c")], "row 0 is neither"),
        ([("a", "b")], "row 0 is neither"),
        ([(128, "x")], "section 128 at row 0"),
        ([(-1, "x")], "section -1 at row 0"),
    ],
)
def test_search_of_no_text_is_refused(index: Index, document: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        index.search(document)


def test_search_options_are_checked(index: Index, corpus: list[str]) -> None:
    with pytest.raises(BadInput, match="limit"):
        index.search(corpus[0], limit=0)
    with pytest.raises(BadInput, match="exclude: 1 ids for 2 documents"):
        index.search_many(corpus[:2], exclude=[1])
    with pytest.raises(BadInput, match="evidence"):
        index.search(corpus[0], evidence=float("nan"))
    with pytest.raises(BadInput, match="share"):
        index.search(corpus[0], share=1.5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"gram": 2},
        {"gram": 6.0},
        {"window": 0},
        {"long_window": 3},
        {"boilerplate": float("nan")},
        {"boilerplate": -0.1},
        {"share": 1.1},
        {"evidence": -1.0},
        {"candidates": 0},
        {"effort": 10},
        {"templates": (3,)},
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=next(iter(wrong))):
        Settings(**wrong)


@settings(max_examples=60, deadline=None)
@given(st.text(LETTERS + "。 A9", max_size=60), st.text(LETTERS + "。 A9", max_size=60))
def test_compare_is_sound_on_any_text(new: str, old: str) -> None:
    match = compare(new, old)
    assert 0.0 <= match.share <= 1.0
    assert 0.0 <= match.plain <= 1.0
    assert (match.evidence > 0) == bool(match.passages)
    assert match.evidence == pytest.approx(sum(p.evidence for p in match.passages), abs=0.01)
    for passage in match.passages:
        for piece in passage.pieces:
            assert fold(new[piece.new_start : piece.new_end]) == fold(old[piece.old_start : piece.old_end])


def fold(text: str) -> str:
    return text.replace("。", "").replace(" ", "").lower()


@pytest.mark.skipif(not BENCH.is_dir(), reason="needs the bench folder of a checkout")
@pytest.mark.parametrize(("seed", "held_out"), [(101, 500), (102, 1000), (103, 300)])
def test_planted_edits_of_real_abstracts_reach_the_bars(seed: int, held_out: int) -> None:
    from bench.kernels.duplicates.edits import abstracts, planted

    texts = abstracts()
    if not texts:
        pytest.skip("the real abstracts are not beside this checkout")
    made, plan = Index.create(), planted(texts, seed, held_out=held_out, sources=300)
    made.add(range(len(plan.indexed)), plan.indexed)
    recall = {}
    for name, edits in plan.edits.items():
        found = made.search_many([text for text, _row in edits], limit=50)
        recall[name] = np.mean([any(m.id == row for m in matches) for (_text, row), matches in zip(edits, found, strict=True)])
    assert recall["mosaic30"] >= 0.99
    assert recall["mosaic30+swap15"] >= 0.92
    assert min(recall[name] for name in ("exact", "shuffled", "swap10")) >= 0.99
    assert np.mean([bool(m) for m in made.search_many(plan.held_out)]) <= 0.02
