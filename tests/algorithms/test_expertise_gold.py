import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.kernels.expertise import gold
from headwater.algorithms.errors import BadInput

TRUE = {"a": {"p": 5.0, "q": 3.0, "r": 1.0}, "b": {"p": 2.0, "q": 2.0, "s": 4.5}}


def test_loss_by_hand():
    # a: p before q right, p and r tie (4 / 2), q after r wrong (2); b: s before p wrong (2.5), s before q right, p and q cost nothing.
    guess = {"a": {"p": 0.9, "q": 0.1, "r": 0.9}, "b": {"p": 0.9, "q": 0.1, "s": 0.5}}
    assert gold.loss(guess, TRUE) == pytest.approx((2.0 + 2.0 + 2.5) / (2 + 4 + 2 + 2.5 + 2.5))


def test_loss_of_truth_of_nothing_and_of_the_reverse():
    assert gold.loss(TRUE, TRUE) == 0.0
    assert gold.loss({r: dict.fromkeys(p, 1.0) for r, p in TRUE.items()}, TRUE) == 0.5
    assert gold.loss({r: {k: -v for k, v in p.items()} for r, p in TRUE.items()}, TRUE) == 1.0


@given(
    st.lists(st.tuples(st.integers(1, 9), st.floats(-5, 5)), min_size=2, max_size=8).filter(lambda t: len({a for a, _b in t}) > 1)
)
def test_loss_and_that_of_the_reverse_add_up_to_one(pairs):
    true = {"x": {str(n): float(a) for n, (a, _b) in enumerate(pairs)}}
    guess = {"x": {str(n): b for n, (_a, b) in enumerate(pairs)}}
    back = {"x": {k: -v for k, v in guess["x"].items()}}
    assert gold.loss(guess, true) + gold.loss(back, true) == pytest.approx(1.0)


def test_accuracy_by_hand():
    true = {"a": {"p": 5.0, "q": 4.0, "r": 1.0, "s": 3.0}}
    guess = {"a": {"p": 1.0, "q": 2.0, "r": 1.5, "s": 0.0}}
    assert gold.accuracy(guess, true, hard=False) == 0.5
    assert gold.accuracy(guess, true, hard=True) == 0.0


@pytest.mark.parametrize(
    ("guess", "message"),
    [
        ({"a": TRUE["a"]}, "no scores of reviewer b"),
        ({"a": {"p": 1.0, "q": 1.0}, "b": TRUE["b"]}, "no score of reviewer a for paper r"),
        ({"a": TRUE["a"] | {"q": float("nan")}, "b": TRUE["b"]}, "no score of reviewer a for paper q"),
    ],
)
def test_loss_refuses(guess, message):
    with pytest.raises(BadInput, match=message):
        gold.loss(guess, TRUE)


def test_loss_without_pairs():
    with pytest.raises(BadInput, match="two papers with different scores"):
        gold.loss({"a": {"p": 1.0}}, {"a": {"p": 1.0}})
    with pytest.raises(BadInput, match="no pair of that kind"):
        gold.accuracy({"a": {"p": 1.0}}, {"a": {"p": 1.0}}, hard=True)


def paper(name, title, abstract):
    return {"id": name, "content": {"title": title, "abstract": abstract, "year": 2020}}


@pytest.fixture
def folder(tmp_path):
    """Two reviewers and two sets in the layout of the published repository."""
    header = ["ParticipantID", *[f"Paper{n}" for n in range(1, 11)], *[f"Expertise{n}" for n in range(1, 11)]]
    lines = [header, ["11", "p", "q", *[""] * 8, "4.5", "1", *[""] * 8], ["22", "q", "p", *[""] * 8, "4", "2.0", *[""] * 8]]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "evaluations.csv").write_text("\n".join("\t".join(row) for row in lines) + "\n")
    for n in (10, 2):
        where = tmp_path / "evaluation_datasets" / f"d_20_{n}"
        (where / "archives").mkdir(parents=True)
        submissions = {
            "p": paper("p", "Grazing and soil carbon", "Soil of grassland"),
            "q": paper("q", "Rare earth ores", "Flotation"),
        }
        (where / "submissions.json").write_text(json.dumps(submissions))
        works = {
            "11": [paper("x", "Soil carbon stocks", "Grassland"), paper("y", "Fish", None)],
            "22": [paper("z", "Ores", "Rare earth")],
        }
        for name, some in works.items():
            (where / "archives" / f"~{name}.jsonl").write_text("\n".join(map(json.dumps, some)) + "\n")
    return tmp_path


def test_files_are_read_and_scored(folder):
    true = gold.read_evaluations(folder)
    assert true == {"11": {"p": 4.5, "q": 1.0}, "22": {"q": 4.0, "p": 2.0}}
    assert [p.name for p in gold.datasets(folder)] == ["d_20_2", "d_20_10"]
    data = gold.read_dataset(gold.datasets(folder)[0])
    assert data.experts["11"].works[1].abstract == ""
    assert data.papers["q"].title == "Rare earth ores"
    assert gold.loss(gold.predict(data), true) == 0.0
    assert gold.datasets(folder / "evaluation_datasets") == gold.datasets(folder)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("submissions.json", "{", "d_20_2 cannot be read"),
        ("submissions.json", "{}", "no archives or no submissions"),
        ("submissions.json", '{"p": 3}', "d_20_2 cannot be read"),
        ("archives/~11.jsonl", '{"id": 1}', "d_20_2 cannot be read"),
    ],
)
def test_broken_files(folder, file, text, message):
    where = folder / "evaluation_datasets" / "d_20_2"
    (where / file).write_text(text)
    with pytest.raises(BadInput, match=message):
        gold.read_dataset(where)


@pytest.mark.parametrize("text", ["Name\tPaper1\nx\ty\n", "ParticipantID\tPaper1\tExpertise1\n11\tp\thigh\n"])
def test_broken_evaluations(tmp_path, text):
    (tmp_path / "evaluations.csv").write_text(text)
    with pytest.raises(BadInput, match=r"evaluations\.csv: row 0 cannot be read"):
        gold.read_evaluations(tmp_path)


def test_no_evaluations(tmp_path):
    with pytest.raises(BadInput, match=r"no evaluations\.csv"):
        gold.read_evaluations(Path(tmp_path))
