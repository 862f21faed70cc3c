import math
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headwater.algorithms.errors import BadInput, Cancelled
from headwater.algorithms.expertise import fit
from headwater.algorithms.expertise.space import count

UNIT = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]|[-' \n]|.", re.DOTALL)
ALPHABET = "草原土壤碳 -'\n。,ab studies networks x2"


def stem(word):
    if len(word) < 4 or not word.endswith("s") or word[-2] in "sui":
        return word
    return word[:-3] + "y" if word.endswith("ies") and len(word) > 4 else word[:-1]


def grams(text, orders):
    """n-grams by the rules in words: spaces, hyphens and apostrophes join nothing and cut nothing, other marks cut."""
    runs = [[]]
    for unit in UNIT.findall(text.lower()):
        if re.fullmatch(r"[a-z0-9]+", unit):
            runs[-1].append(stem(unit))
        elif re.fullmatch(r"[\u3400-\u9fff]", unit):
            runs[-1].append(unit)
        elif not re.fullmatch(r"[-' \n]", unit):
            runs.append([])
    return Counter(tuple(run[i : i + n]) for run in runs for n in range(1, orders + 1) for i in range(len(run) - n + 1))


@given(st.lists(st.text(ALPHABET, max_size=40), min_size=1, max_size=5), st.integers(1, 4))
@example(["The studies; the study's"], 2)
@settings(max_examples=150, deadline=None)
def test_count_is_that_of_the_rules(texts, orders):
    found = count(texts, orders=orders, bits=22)
    for row, text in enumerate(texts):
        mine = found.counts[found.pointer[row] : found.pointer[row + 1]]
        expected = grams(text, orders)
        assert sorted(mine.tolist()) == sorted(expected.values())


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("ＤＮＡ修复１２", "dna修复12"),
        ("networks of studies", "network of study"),
        ("self-attention", "self attention"),
        ("土壤 碳", "土壤碳"),
        ("Größe", "größe"),
    ],
)
def test_count_same_terms(left, right):
    found = count([left, right], orders=2, bits=22)
    split = found.pointer[1]
    assert set(found.buckets[:split].tolist()) == set(found.buckets[split:].tolist())


@pytest.mark.parametrize(("left", "right"), [("土壤。碳", "土壤碳"), ("glass", "glas"), ("virus", "viru"), ("ab", "a b")])
def test_count_different_terms(left, right):
    found = count([left, right], orders=2, bits=22)
    split = found.pointer[1]
    assert set(found.buckets[:split].tolist()) != set(found.buckets[split:].tolist())


def test_count_stops_at_the_highest_number():
    assert count(["a " * 5000], orders=1, bits=22).counts.tolist() == [1023]


def test_vectors_are_tfidf_by_hand():
    texts = ["草 草", "草 原", "花"]
    vectors = fit(texts, orders=1).vectors(texts).toarray()
    grass, flower = 1 + math.log(4 / 3), 1 + math.log(4 / 2)
    lengths = [math.hypot(grass, flower) if n == 1 else 1.0 for n in range(3)]
    assert (vectors @ vectors.T)[0].tolist() == pytest.approx([1.0, grass / lengths[1], 0.0], abs=1e-6)


@given(st.lists(st.text(max_size=60), min_size=1, max_size=6), st.lists(st.text(max_size=60), max_size=6))
@settings(max_examples=100, deadline=None)
def test_vectors_have_length_one_or_none(known, new):
    space = fit(known)
    for texts in (known, new):
        vectors = space.vectors(texts)
        lengths = np.sqrt(np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel())
        assert vectors.shape == (len(texts), 1 << space.bits)
        assert all(n == pytest.approx(1.0, abs=1e-5) or n == 0.0 for n in lengths)
        assert (vectors.data > 0).all()


def test_vectors_leave_unseen_terms_out():
    assert fit(["草原"]).vectors(["岩石"]).nnz == 0


def test_fit_does_not_depend_on_workers_or_order():
    texts = [f"第{n}号 土壤碳储量 sample {n % 7}" for n in range(9000)]
    spaces = [fit(texts, workers=1), fit(texts, workers=3), fit(texts[::-1], workers=2)]
    assert all((s.frequency == spaces[0].frequency).all() and s.texts == 9000 for s in spaces)


def test_fit_reports_progress_and_can_be_stopped():
    texts, steps = ["草原"] * 9000, []
    fit(texts, workers=1, progress=lambda done, of: steps.append((done, of)))
    assert steps[-1] == (9000, 9000)
    assert [d for d, _of in steps] == sorted(d for d, _of in steps)

    def stop(done, of):
        raise Cancelled

    with pytest.raises(Cancelled):
        fit(texts, progress=stop)


@pytest.mark.parametrize(
    ("texts", "options", "message"),
    [
        ([], {}, "texts must not be empty"),
        ("草原", {}, "texts must be a list of texts"),
        (["草", None], {}, "texts: row 1 is not text but NoneType"),
        (["草"], {"orders": 0}, "orders must be within 1..4, not 0"),
        (["草"], {"bits": 23}, "bits must be within 8..22, not 23"),
    ],
)
def test_fit_refuses(texts, options, message):
    with pytest.raises(BadInput, match=message):
        fit(texts, **options)


def test_lone_surrogates_are_texts_too():
    assert fit(["\ud800草"]).vectors(["\ud800草"]).nnz > 0
