"""The index of near-duplicates: adding, removing, keeping in a folder, crashes and damage."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.algorithms.duplicates import Index, Match, Settings, UnusableIndex
from headwater.algorithms.errors import BadInput, Cancelled

from .test_duplicates import prose

TEXTS = [prose(seed) for seed in range(120)]
QUERIES = [TEXTS[n][:90] + TEXTS[n + 1][120:] for n in range(118)] + [prose(9000)]


@pytest.fixture(scope="module")
def expected() -> list[list[Match]]:
    whole = Index.create()
    whole.add(range(120), TEXTS)
    return whole.search_many(QUERIES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = Index.create(tmp_path / "index")
    made.add(range(60), TEXTS[:60])
    made.commit()
    made.add(range(60, 120), TEXTS[60:])
    made.commit()
    return tmp_path / "index"


@pytest.mark.parametrize("buffer", [1, 500, 48_000_000])
def test_added_in_steps_equals_added_at_once(expected: list[list[Match]], buffer: int, tmp_path: Path) -> None:
    made, dice, at = Index.create(tmp_path / "i", settings=Settings(buffer=buffer)), random.Random(buffer), 0
    while at < 120:
        step = min(dice.choice((1, 2, 7, 30)), 120 - at)
        made.add(range(at, at + step), TEXTS[at : at + step])
        at += step
        if dice.random() < 0.3:
            made.search(QUERIES[0])
        if dice.random() < 0.3:
            made.commit()
            made = Index.open(tmp_path / "i")
    assert made.search_many(QUERIES) == expected
    assert made.ids().tolist() == list(range(120))


def test_opened_index_equals_the_committed_one(folder: Path, expected: list[list[Match]]) -> None:
    opened = Index.open(folder, check=True)
    assert len(opened) == 120
    assert 7 in opened
    assert 120 not in opened
    assert opened.search_many(QUERIES) == expected


def test_removed_documents_are_not_found_and_can_come_back(folder: Path, expected: list[list[Match]]) -> None:
    made = Index.open(folder)
    made.remove([3, 70])
    assert len(made) == 118
    assert 3 not in made
    assert made.search(TEXTS[3]) == []
    made.commit()
    again = Index.open(folder)
    assert again.search(TEXTS[70]) == []
    assert again.ids().tolist() == [n for n in range(120) if n not in {3, 70}]
    again.add([70, 3], [TEXTS[70], TEXTS[3]])
    assert again.search_many(QUERIES) == expected  # also the counts of wordings are as before


def test_compact_takes_removed_texts_off_the_disk(folder: Path) -> None:
    made = Index.open(folder)
    made.remove(range(110))
    made.compact()
    made.commit()
    marks = np.frombuffer(TEXTS[5].encode("utf-16-le"), np.uint8).tobytes()[:40]
    assert not any(marks in path.read_bytes() for path in folder.rglob("raw.npy"))
    again = Index.open(folder, check=True)
    assert [[m.id for m in row] for row in again.search_many([TEXTS[5], TEXTS[115]])] == [[], [115]]
    assert again.texts_of([115]).raw.tobytes().decode("utf-16-le") == TEXTS[115]


def test_what_is_not_committed_is_lost_and_left_overs_are_cleared(folder: Path, expected: list[list[Match]]) -> None:
    made = Index.open(folder, settings=Settings(buffer=400))
    made.add(range(500, 540), [prose(n) for n in range(500, 540)])  # spilled to the folder, in no manifest
    del made
    (folder / "segment-77.part").mkdir()
    (folder / "notes.txt").write_text("not ours")
    again = Index.open(folder)
    assert again.search_many(QUERIES) == expected
    again.commit()
    named = {s["name"] for s in json.loads((folder / "index.json").read_text())["segments"]}
    assert {p.name for p in folder.iterdir() if p.name.startswith("segment")} == named
    assert (folder / "notes.txt").exists()
    assert Index.open(folder, check=True).search_many(QUERIES) == expected


def test_crash_before_the_manifest_is_replaced_leaves_the_old_state(folder: Path, tmp_path: Path) -> None:
    """The files of two commits and the manifest of the first, which is what a crash leaves: old segments were not yet removed."""
    saved = tmp_path / "saved"
    shutil.copytree(folder, saved)
    made = Index.open(folder)
    made.add([900], [prose(900)])
    made.commit()
    for path in folder.iterdir():
        if path.is_dir() and not (saved / path.name).exists():
            shutil.copytree(path, saved / path.name)
    (saved / "index.json.new").write_text('{"format": "headwater-dup')
    after = Index.open(saved, check=True)
    assert len(after) == 120
    after.add([901], [prose(901)])
    after.commit()
    assert [m.id for m in Index.open(saved, check=True).search(prose(901))] == [901]


def test_reader_keeps_what_it_opened_while_a_writer_commits(folder: Path, expected: list[list[Match]]) -> None:
    reader, writer = Index.open(folder), Index.open(folder)
    writer.remove(range(100))
    writer.compact()
    writer.commit()
    assert reader.search_many(QUERIES) == expected


def test_two_writers_are_told(folder: Path) -> None:
    one, two = Index.open(folder), Index.open(folder)
    one.add([200], [prose(200)])
    one.commit()
    two.add([201], [prose(201)])
    with pytest.raises(UnusableIndex, match="another process"):
        two.commit()
    assert 200 in Index.open(folder)


def test_foreign_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableIndex, match=r"is no index, index\.json is missing"):
        Index.open(tmp_path / "nowhere")
    place = tmp_path / "index.json"
    for content, words in (("[1]", "was not written by"), ("{", "Expecting"), ('{"format": "other"}', "was not written by")):
        place.write_text(content)
        with pytest.raises(UnusableIndex, match=words):
            Index.open(tmp_path)
    with pytest.raises(BadInput, match="not an empty folder"):
        Index.create(tmp_path)


def _manifest(folder: Path, **changes: object) -> None:
    place = folder / "index.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | changes))


def test_other_version_and_broken_manifest_are_refused(folder: Path) -> None:
    _manifest(folder, version=2)
    with pytest.raises(UnusableIndex, match="version 2, this program reads 1"):
        Index.open(folder)
    _manifest(folder, version=1, units="many")
    with pytest.raises(UnusableIndex, match="many"):
        Index.open(folder)
    _manifest(folder, units=5, settings={"gram": 1, "templates": []})
    with pytest.raises(UnusableIndex, match="gram"):
        Index.open(folder)


def test_damaged_files_are_refused(folder: Path) -> None:
    name = json.loads((folder / "index.json").read_text())["segments"][0]["name"]
    for file in ("postings.npy", "raw.npy", "ids.npy"):
        path = folder / name / file
        whole = path.read_bytes()
        path.write_bytes(whole[:-8])
        with pytest.raises(UnusableIndex, match="bytes instead of"):
            Index.open(folder)
        path.write_bytes(whole[:-8] + bytes(8 * [255]))
        Index.open(folder)
        with pytest.raises(UnusableIndex, match="check sum"):
            Index.open(folder, check=True)
        path.write_bytes(b"\0" * len(whole))
        with pytest.raises(UnusableIndex, match=name):
            Index.open(folder)
        path.write_bytes(whole)
    (folder / name / "section.npy").unlink()
    with pytest.raises(UnusableIndex, match=name):
        Index.open(folder)


def test_files_of_another_segment_are_refused(folder: Path) -> None:
    made = Index.open(folder)
    made.add(range(300, 360), [prose(n) for n in range(300, 360)])
    made.commit()
    one = folder / json.loads((folder / "index.json").read_text())["segments"][0]["name"]
    other = Index.create(folder.parent / "other")
    other.add([1], [prose(1)])
    other.commit()
    shutil.rmtree(one)
    shutil.copytree(next((folder.parent / "other").glob("segment-*")), one)
    with pytest.raises(UnusableIndex, match="documents are not those"):
        Index.open(folder)


def test_settings_at_opening_must_cut_alike(folder: Path) -> None:
    with pytest.raises(BadInput, match="window differs"):
        Index.open(folder, settings=Settings(window=5))
    assert Index.open(folder, settings=Settings(evidence=50.0)).search(TEXTS[0][:40]) == []


def test_index_in_memory_has_nothing_to_commit() -> None:
    with pytest.raises(BadInput, match="lives in memory"):
        Index.create().commit()


def test_empty_index_finds_nothing(tmp_path: Path) -> None:
    made = Index.create(tmp_path / "i")
    assert made.search(TEXTS[0]) == []
    made.commit()
    assert len(Index.open(tmp_path / "i", check=True)) == 0


@pytest.mark.parametrize(
    ("ids", "texts", "sections", "words"),
    [
        ([], [], None, "nothing is given"),
        ([1, 2], ["a"], None, "1 for 2 ids"),
        ([1.5], ["a"], None, "float64 instead of"),
        ([[1]], ["a"], None, "one dimension"),
        ([2**63], ["a"], None, "uint64 instead of"),
        ([1, 1], ["a", "b"], None, "1 comes twice at row 1"),
        ([1, 2, 1], ["a", "b", "c"], None, "1 comes back after another id"),
        ([7], ["a"], None, "7 is in the index already"),
        ([1, 2], ["a", 3], None, "not a string at row 1"),
        ([1], [None], None, "not a string at row 0"),
        ([1, 2], ["a", "b"], [0], "must be 2 whole numbers"),
        ([1, 1], ["a", "b"], [0, 128], "128 at row 1"),
        ([1, 1], ["a", "b"], [-1, 0], "-1 at row 0"),
        ([1, 1], ["a", "b"], [3, 3], "3 comes twice for id 1 at row 1"),
    ],
)
def test_bad_rows_are_refused_and_nothing_is_added(ids: Any, texts: Any, sections: Any, words: str) -> None:
    made = Index.create()
    made.add([7], [TEXTS[7]])
    with pytest.raises(BadInput, match=words):
        made.add(ids, texts, sections)
    assert made.ids().tolist() == [7]
    assert [m.id for m in made.search(TEXTS[7])] == [7]


def test_removing_an_unknown_id_is_refused() -> None:
    made = Index.create()
    made.add([7], [TEXTS[7]])
    with pytest.raises(BadInput, match="8 at row 1 is not in the index"):
        made.remove([7, 8])
    assert 7 in made
    with pytest.raises(BadInput, match="9 at row 0"):
        made.texts_of([9])


@pytest.mark.parametrize("buffer", [1, 48_000_000])
def test_cancelled_adding_leaves_the_index_as_it_was(monkeypatch: pytest.MonkeyPatch, buffer: int) -> None:
    monkeypatch.setattr("headwater.algorithms.duplicates.inputs.BLOCK_CHARACTERS", 3000)
    monkeypatch.setattr("headwater.algorithms.duplicates.index.BLOCK_CHARACTERS", 3000)
    made = Index.create(settings=Settings(buffer=buffer))
    made.add(range(5), TEXTS[:5])
    before = made.search(TEXTS[2] + TEXTS[50])
    steps: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        steps.append((done, total))
        if done > 40:
            raise Cancelled

    with pytest.raises(Cancelled):
        made.add(range(5, 120), TEXTS[5:], progress=stop)
    assert len(steps) > 2
    assert made.ids().tolist() == [0, 1, 2, 3, 4]
    assert made.search(TEXTS[2] + TEXTS[50]) == before
    made.add(range(5, 120), TEXTS[5:], progress=lambda done, total: steps.append((done, total)))
    assert steps[-1] == (115, 115)
    assert [m.id for m in made.search(TEXTS[2] + TEXTS[50])] == [50, 2]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_sequence_of_changes_equals_the_plain_collection(data: st.DataObject) -> None:
    made, live = Index.create(settings=Settings(buffer=data.draw(st.sampled_from([1, 300, 10**6])))), {}
    for _ in range(data.draw(st.integers(1, 12))):
        act = data.draw(st.sampled_from(["add", "remove", "search", "compact"]))
        if act == "add":
            drawn = data.draw(st.lists(st.integers(0, 59), min_size=1, max_size=6, unique=True))
            fresh = [n for n in drawn if n not in live] or [max([59, *live]) + 1]
            made.add(fresh, [TEXTS[n] for n in fresh])
            live |= {n: TEXTS[n] for n in fresh}
        elif act == "remove" and live:
            gone = data.draw(st.lists(st.sampled_from(sorted(live)), min_size=1, max_size=4, unique=True))
            made.remove(gone)
            live = {n: text for n, text in live.items() if n not in gone}
        elif act == "compact":
            made.compact()
        else:
            made.search(TEXTS[0])
    assert sorted(made.ids().tolist()) == sorted(live)
    found = made.search_many(TEXTS)
    assert [[m.id for m in row] for row in found] == [[n] if n in live else [] for n in range(120)]
