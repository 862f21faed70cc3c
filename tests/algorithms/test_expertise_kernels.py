from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from headwater.algorithms.expertise import _rank, _search
from headwater.algorithms.expertise._bits import LANES, PLANES, WORDS, unpack
from headwater.algorithms.expertise._build import LIST_BITS, RISE
from headwater.algorithms.expertise.arrays import Room


def lanes(rows):
    """Bits of rows (rows, 8 words) by lane: byte lane % 64, bit lane // 64."""
    bytes_ = rows.view(np.uint8).reshape(len(rows), 64)
    return np.unpackbits(bytes_, axis=1, bitorder="little").reshape(len(rows), 64, 8).transpose(0, 2, 1).reshape(len(rows), LANES)


class Sown(NamedTuple):
    """What a plan reads of the profiles."""

    share: np.ndarray
    row: np.ndarray
    empty: int


class Planned(NamedTuple):
    """What a plan writes."""

    rows: np.ndarray
    plane: np.ndarray


@njit
def unpacked(planes, extra, totals, least):
    return unpack(planes, extra, 0, totals, np.uint16(least))


@given(st.integers(0, 2**31), st.integers(1, 400), st.integers(1, 3000), st.integers(1, 2000))
@settings(max_examples=40, deadline=None)
def test_a_plan_adds_up_to_the_weights(seed, terms, spread, least):
    r = np.random.default_rng(seed)
    share = np.sort(r.random((terms, 4)).astype(np.float32), axis=1)[:, ::-1] * (r.random((terms, 4)) < 0.8)
    share[:, 0] = np.maximum(share[:, 0], 1e-3)
    row = np.full((terms, 4), -1, dtype=np.int32)
    has = np.logical_and.accumulate(share > 0, axis=1)
    row[has] = np.arange(has.sum())
    share = np.where(has, share, 0).astype(np.float32)
    weights = (r.random(terms) * spread).astype(np.float32)
    rows, plane = np.zeros(16 * (terms + 100 + _search.AHEAD), np.uint16), np.zeros(terms + 100, np.uint8)
    waiting = np.empty((PLANES + 4, terms + 2 * PLANES), np.uint16)
    room = Room(np.empty(4 * terms + 1, np.uint16), np.empty(4 * terms + 1, np.int64), waiting)
    empty = int(has.sum())
    step, middle, end, lost = _search.plan(np.arange(terms), weights, Sown(share, row, empty), Planned(rows, plane), 0, room)
    bits = r.integers(0, 2**63, (empty + 1, WORDS)).astype(np.uint64)
    bits[empty] = 0
    planes, carries = np.zeros((PLANES + 4) * WORDS, np.uint64), np.zeros((end + 1) * WORDS, np.uint64)
    _search.sum_rows(bits.ravel(), 0, rows, plane, 0, middle, end, planes, carries)
    totals, extra = np.zeros(LANES, np.uint16), r.integers(0, 1000, LANES).astype(np.uint16)
    groups = unpacked(planes, extra, totals, least)
    expected = extra.astype(np.int64)
    for g in range(middle):
        for n in rows[16 * g : 16 * g + 16]:
            expected += lanes(bits[n : n + 1])[0].astype(np.int64) << int(plane[g])
    assert totals.tolist() == expected.tolist()
    assert [bool(groups >> n & 1) for n in range(8)] == [(expected[64 * n : 64 * n + 64] >= least).any() for n in range(8)]
    asked = np.zeros(empty + 1)
    for g in range(middle):
        np.add.at(asked, rows[16 * g : 16 * g + 16], 2.0 ** plane[g] * step)
    wanted = (weights[:, None] * RISE)[has]
    assert lost == pytest.approx(((wanted - asked[:empty]) * share[has]).sum(), rel=1e-3, abs=1e-3)
    assert asked[:empty].sum() == pytest.approx(wanted.sum(), rel=0.5, abs=step * terms)
    assert (asked[:empty] <= wanted / 0.75 + step).all()


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=60), st.data())
@settings(max_examples=100, deadline=None)
def test_highest_first(keys, data):
    k = data.draw(st.integers(1, len(keys)))
    found = np.array(keys, dtype=np.uint64)
    _search.highest_first(found, len(found), k)
    assert sorted(found.tolist()) == sorted(keys)
    assert sorted(found[:k].tolist(), reverse=True) == sorted(keys, reverse=True)[:k]


@given(st.floats(0, 1e6, width=32), st.floats(0, 1e6, width=32), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_keys_sort_by_score(a, b, low):
    keys = [int(_search.make_key(np.float32(x), low)) for x in (a, b)]
    assert (keys[0] < keys[1]) == (np.float32(a) < np.float32(b))
    assert float(_search.score_of(np.uint64(keys[0]))) == np.float32(a)
    assert keys[0] & 0xFFFFFFFF == low


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_cut_back_keeps_the_best_of_text_and_codes(weight):
    r = np.random.default_rng(4)
    text, mask = r.random(200).astype(np.float32), r.integers(0, 8, 200)
    worth = np.array([sum((0.15, 0.35, 0.5)[n] for n in range(3) if m >> n & 1) for m in range(64)])
    keys = np.array(
        [_search.make_key(t, n | int(m) << LIST_BITS) for n, (t, m) in enumerate(zip(text, mask, strict=True))], np.uint64
    )
    least = _search._cut_back(keys, 200, 30, weight, worth, np.zeros(200, np.uint64), np.zeros(200, np.uint64))
    score = text + weight * worth[mask]
    kept = (keys[:30] & np.uint64((1 << LIST_BITS) - 1)).astype(int)
    assert sorted(kept.tolist()) == sorted(np.argsort(-score)[:30].tolist())
    assert least == pytest.approx(np.sort(score)[-30], abs=1e-6)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 99)), min_size=1, max_size=50, unique_by=lambda t: t[1]),
    st.integers(1, 20),
)
@settings(max_examples=100, deadline=None)
def test_heap_keeps_the_best_and_of_equals_the_first(items, keep):
    columns, scores, size = np.zeros(keep, np.int32), np.zeros(keep, np.float32), 0
    for score, column in items:
        size = _rank._insert(columns, scores, size, keep, column, float(score))
    best = sorted(items, key=lambda t: (-t[0], t[1]))[:keep]
    assert sorted(columns[:size].tolist()) == sorted(c for _s, c in best)
