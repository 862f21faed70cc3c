"""The compiled loops of the near-duplicate search against plain Python on small instances."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.algorithms.duplicates import alignment as al
from headwater.algorithms.duplicates import postings as po
from headwater.algorithms.duplicates import units as un
from headwater.algorithms.duplicates.characters import encode, encode_documents, frozen
from headwater.algorithms.duplicates.model import Settings
from headwater.algorithms.duplicates.segment import Tail as Pending
from headwater.algorithms.duplicates.segment import cut_of, fingerprint, merge, seal, sorted_postings

CUT = cut_of(Settings())
NONE = frozen(np.zeros(1 << 12, np.bool_))
few = settings(max_examples=80, deadline=None)


def units_of(text: str) -> list[tuple[int, int, int, bool]]:
    raw, n = encode([text], np.array([0, 1]), np.zeros(1, np.int8)).raw, len(text) + 1
    units, begin, end, stop = np.empty(n, np.uint32), np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.bool_)
    m = un.units_of(raw, 0, len(raw), CUT.kind, CUT.value, units, begin, end, stop, 0)
    return list(zip(units[:m].tolist(), begin[:m].tolist(), end[:m].tolist(), stop[:m].tolist(), strict=True))


@few
@given(st.text("ab1，。山水 .Ａ\u0301", max_size=40))
def test_units_equal_a_plain_reading(text: str) -> None:
    expected: list[tuple[str, int, int, bool]] = []
    fresh, i = True, 0
    letter = "ab1Ａ"
    while i < len(text):
        c = text[i]
        if c in "山水":
            expected.append((c, i, i + 1, fresh))
            fresh = False
        elif c in letter:
            j, word = i, ""
            while j < len(text) and len(word) < 4 and text[j] in letter + "\u0301":
                word += "" if text[j] == "\u0301" else text[j].replace("Ａ", "a")
                j += 1
            expected.append((word, i, j, fresh))
            fresh, i = False, j
            continue
        elif c in "。.":
            inside = 0 < i < len(text) - 1 and text[i - 1] in letter and text[i + 1] in letter
            fresh = fresh or not inside
        i += 1
    found = units_of(text)
    assert [u[1:] for u in found] == [e[1:] for e in expected]
    number: dict[str, int] = {}
    assert all(number.setdefault(e[0], u[0]) == u[0] for u, e in zip(found, expected, strict=True))
    assert len(set(number.values())) == len(number)


def test_width_case_and_stops_fold() -> None:
    assert [u[0] for u in units_of("ＴＩo２")] == [u[0] for u in units_of("tio2")]
    assert [u[3] for u in units_of("甲乙。丙\n丁,戊3.5己")] == [True, False, True, True, False, False, False, False]
    assert units_of("、（）　 \u200b…") == []
    assert len(units_of("ᠮᠣᠩᠭᠣᠯ ᠬᠡᠯᠡ")) == 3  # Mongolian letters: six and four


def fingerprints(units: list[int], gram: int, window: int) -> tuple[list[int], list[int]]:
    array, n = np.array([*units, 0], np.uint32), len(units) + 1
    hashes, chosen = np.empty(n, np.uint64), np.empty(n, np.int64)
    m = un.gram_hashes(array, 0, len(units), gram, hashes)
    return hashes[:m].tolist(), chosen[: un.winnow(hashes, m, window, chosen)].tolist()


@few
@given(st.lists(st.integers(0x4E00, 0x4E05), max_size=60), st.integers(3, 8), st.integers(1, 9))
def test_winnowing_keeps_the_least_of_each_window(units: list[int], gram: int, window: int) -> None:
    hashes, chosen = fingerprints(units, gram, window)
    grams = [tuple(units[i : i + gram]) for i in range(len(units) - gram + 1)]
    assert len(hashes) == len(grams)
    assert len(set(zip(hashes, grams, strict=True))) == len(set(hashes)) == len(set(grams))
    wide = min(window, len(hashes))
    expected = set()
    for start in range(len(hashes) - wide + 1 if hashes else 0):
        least = min(hashes[start : start + wide])
        expected.add(max(j for j in range(start, start + wide) if hashes[j] == least))
    assert chosen == sorted(expected)
    kept = {hashes[c] for c in fingerprints(units, gram, 3 * window)[1]}
    assert kept <= {hashes[c] for c in chosen}  # a wide window keeps a part of what a narrow one keeps


def built(documents: list[str], first: int, removed: Any, config: Settings) -> Any:
    texts = encode_documents(documents)
    found = fingerprint(texts, first, CUT)
    tail = Pending([np.arange(len(texts)) + 50], [texts], found.tops, found.postings, len(texts), sum(map(len, found.postings)))
    return seal(tail, first, config, removed)


def read(segment: Any) -> dict[int, list[int]]:
    """Numbers of documents by key, from the arrays of a segment."""
    out: dict[int, list[int]] = defaultdict(list)
    for bucket in range(len(segment.directory) - 1):
        for posting in segment.postings[segment.directory[bucket] : segment.directory[bucket + 1]].tolist():
            upper = bucket >> (segment.bits - 8)
            out[upper << 32 | posting >> 32].append(posting & 0xFFFFFFFF)
            assert (upper << 32 | posting >> 32) >> (40 - segment.bits) == bucket
    return out


def plain(documents: list[str], first: int, gone: set[int]) -> dict[int, set[int]]:
    out: dict[int, set[int]] = defaultdict(set)
    for number, text in enumerate(documents, first):
        hashes, chosen = fingerprints([u[0] for u in units_of(text)], CUT.gram, CUT.window)
        for c in chosen:
            if number not in gone:
                out[hashes[c]].add(number)
    return out


def some_texts(seed: int, count: int) -> list[str]:
    dice = random.Random(seed)
    words = ["".join(chr(0x4E00 + dice.randrange(500)) for _ in range(9)) for _ in range(12)]
    return ["".join(dice.choices(words, k=dice.randrange(1, 8))) for _ in range(count)]


def test_segments_and_their_merges_hold_every_fingerprint_once() -> None:
    one, two = some_texts(1, 40), some_texts(2, 30) + some_texts(1, 20)
    gone = {3, 55}
    removed = np.zeros(90, np.bool_)
    removed[list(gone)] = True
    config = Settings(boilerplate=0.0)
    a, b = (built(texts, first, frozen(removed), config) for texts, first in ((one, 0), (two, 40)))
    for segment, texts, first in ((a, one, 0), (b, two, 40)):
        assert {k: set(v) for k, v in read(segment).items()} == plain(texts, first, gone)
        assert all(v == sorted(set(v)) for v in read(segment).values())
    both = merge([a, b], config, frozen(removed))
    assert {k: set(v) for k, v in read(both).items()} == plain(one + two, 0, gone)
    assert both.texts.characters(3, 4) == 0
    assert both.texts.raw.tobytes().decode("utf-16-le") == "".join(t for n, t in enumerate(one + two) if n not in gone)


def test_frequent_keys_are_dropped_but_still_counted() -> None:
    rare, common = some_texts(5, 3), some_texts(6, 1) * 70
    config = Settings(boilerplate=0.0)  # the floor of 64 documents remains
    parts = [built(common + rare, 0, NONE, config), built(common[:10], 73, NONE, config)]
    merged = merge(parts, config, NONE)
    known = plain(common + rare + common[:10], 0, set())
    often = {k for k, v in known.items() if len(v) > 64}
    assert often
    assert set(parts[0].frequent.tolist()) == often
    assert dict(zip(merged.frequent.tolist(), merged.frequent_count.tolist(), strict=True)) == dict.fromkeys(often, 70)
    keys = np.array(sorted(known), np.uint64)
    df, start, end = np.zeros(len(keys), np.int64), np.empty(len(keys), np.int64), np.empty(len(keys), np.int64)
    po.locate(merged.stored, keys, np.ones(len(keys)), po.Spans(start, end), df)
    assert df.tolist() == [len(known[k]) for k in keys.tolist()]
    for key, a, b in zip(keys.tolist(), start.tolist(), end.tolist(), strict=True):
        assert {int(p) & 0xFFFFFFFF for p in merged.postings[a:b]} == (set(range(73, 83)) if key in often else known[key])


def test_postings_at_the_edges_of_the_key_space_are_found() -> None:
    top = np.uint64(0xFFFFFFFF)
    parts = {0: [(0, 0), (0, 7)], 255: [(int(top), 5), (int(top), int(top) - 1)]}

    def part(upper: int) -> Any:
        return np.array([low << 32 | doc for low, doc in parts.get(upper, [])], np.uint64)

    stored = sorted_postings(
        lambda upper: part(upper) if upper == 0 else np.zeros(0, np.uint64), 1, 2, Settings(), frozen(np.zeros(8, np.bool_))
    )
    keys, df = np.array([0, 2**40 - 1], np.uint64), np.zeros(2, np.int64)
    spans = po.Spans(np.empty(2, np.int64), np.empty(2, np.int64))
    bits = (len(stored[1]) - 1).bit_length() - 1
    rare = frozen(stored[2]), frozen(stored[3])
    po.locate(po.Stored(bits, frozen(stored[1]), frozen(stored[0]), *rare), keys, np.ones(2), spans, df)
    assert df.tolist() == [2, 0]
    directory = np.zeros(257, np.uint32)
    po.fill_directory(part(255), 255, 8, directory)
    directory = np.cumsum(directory, dtype=np.uint32)
    df[:] = 0
    po.locate(po.Stored(8, frozen(directory), frozen(part(255)), *rare), keys, np.ones(2), spans, df)
    assert df.tolist() == [0, 2]


@few
@given(st.integers(0, 10**6), st.integers(1, 8))
def test_candidates_are_the_best_by_weight_then_number(seed: int, places: int) -> None:
    dice = np.random.default_rng(seed)
    numbers = [np.unique(dice.integers(0, 30, dice.integers(0, 20))) for _ in range(6)]
    postings = np.concatenate(numbers).astype(np.uint64)
    end = np.cumsum([len(n) for n in numbers])
    start = end - [len(n) for n in numbers]
    weight, removed = dice.integers(0, 3, 6).astype(np.float32), dice.random(30) < 0.2
    best, space = po.no_candidates(1, places), po.workspace()
    wish = po.Wish(np.array([0, 6]), np.arange(6), weight, np.array([4]), np.array([0.5]))
    po.gather(wish, frozen(postings), po.Spans(start, end), 2, 28, frozen(removed), space, best)
    total = {d: sum(float(w) for w, n in zip(weight, numbers, strict=True) if d in n) for d in range(2, 28)}
    expected = sorted((-w, d) for d, w in total.items() if w >= 0.5 and d != 4 and not removed[d])[:places]
    n = int(best.held[0])
    assert sorted(zip((-best.weight[0, :n]).tolist(), best.number[0, :n].tolist(), strict=True)) == expected
    assert not space.number.any()


def test_full_table_takes_no_new_documents_but_goes_on_counting() -> None:
    count = po.SLOTS
    postings = np.concatenate([np.arange(count), [5]]).astype(np.uint64)
    best, space = po.no_candidates(1, 4), po.workspace()
    wish = po.Wish(np.array([0, 2]), np.arange(2), np.ones(2, np.float32), np.array([-1]), np.array([0.1]))
    spans = po.Spans(np.array([0, count]), np.array([count, count + 1]))
    po.gather(wish, frozen(postings), spans, 0, count, frozen(np.zeros(count, np.bool_)), space, best)
    assert (float(best.weight[0].max()), int(best.number[0, best.weight[0].argmax()])) == (2.0, 5)
    assert not space.number.any()


def sides(new: list[int], old: list[int]) -> tuple[Any, Any, Any]:
    """Both texts with their end marks, weight one each, sentences beginning at unit 1 of every ten."""
    left, right = np.array([*new, un.NEW_END], np.uint32), np.array([*old, un.OLD_END], np.uint32)
    made = [al.Side(u, np.zeros(len(u), np.int32), np.arange(len(u)) % 10 == 1) for u in (left, right)]
    return made[0], made[1], np.concatenate([np.arange(len(left)), [len(new)]]).astype(float)


def best_chain(new: Any, old: Any, seed: int) -> float:
    """The best evidence of any chain, by trying every pair of common runs of at least `seed` units."""
    a, b = new.units.tolist(), old.units.tolist()
    runs = []
    for i in range(len(a)):
        for j in range(len(b)):
            n = 0
            while i + n < len(a) and j + n < len(b) and a[i + n] == b[j + n]:
                n += 1
            if n >= seed and not (i and j and a[i - 1] == b[j - 1]):
                runs.append((i, j, n))
    runs.sort()
    score: list[float] = []
    out = 0.0
    for k, (i, j, n) in enumerate(runs):
        value = n - al.START + (al.SIDE if new.stop[i] and old.stop[j] else 0.0)
        for (p, q, m), before in zip(runs[:k], score, strict=False):
            trim = max(0, p + m - i, q + m - j)
            gap, other = i + trim - p - m, j + trim - q - m
            if trim < n and gap <= al.REACH and other <= al.REACH and j >= q:
                value = max(value, before + n - trim - al.GAP * max(gap, other) - al.SHIFT * abs(gap - other))
        score.append(value)
        out = max(out, value + (al.SIDE if new.stop[i + n] and old.stop[j + n] else 0.0))
    return out if out >= al.FLOOR else 0.0


@few
@given(st.data())
def test_best_passage_is_the_best_of_all_chains(data: st.DataObject) -> None:
    letters = st.integers(0x4E00, 0x4E00 + data.draw(st.sampled_from([2, 4, 40])))
    old = data.draw(st.lists(letters, max_size=50))
    new = [*data.draw(st.lists(letters, max_size=12)), *old[: data.draw(st.integers(0, 50))]]
    for _ in range(data.draw(st.integers(0, 5))):
        if new:
            new[data.draw(st.integers(0, len(new) - 1))] = data.draw(letters)
    left, right, before = sides(new, old)
    covered, runs, seed = np.zeros(len(left.units), np.bool_), al.new_runs(), data.draw(st.sampled_from([al.SEED, al.LONG_SEED]))
    table = al.seed_table(left.units, before, seed)
    found = al.align_pair(left, before, table, seed, right, len(right.units), runs, covered)
    assert max(found.evidence.tolist(), default=0.0) == best_chain(left, right, seed)
    assert found.evidence.tolist() == [e for e in found.evidence.tolist() if e >= al.FLOOR]
    assert int(covered.sum()) <= len(new)
