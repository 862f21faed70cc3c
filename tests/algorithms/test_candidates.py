import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from headwater.algorithms.candidates import CODE_WEIGHT, TEXT_WEIGHT, candidates, code_overlap
from headwater.algorithms.errors import BadInput

TEXTS = [
    "内蒙古草原土壤碳储量对放牧强度的响应机制",
    "白云鄂博稀土矿浮选尾矿中铌的赋存状态研究",
    "蒙医药传统方剂抗炎活性成分的代谢组学分析",
    "乳酸菌发酵乳制品风味物质形成的分子机理",
    "Permafrost thaw and methane emission in boreal wetlands",
    "Rare earth permanent magnets with low dysprosium content",
]
CODES = ["C0305", "E0403", "H2804", "C2002", "D0107", "E0105"]


@pytest.mark.parametrize(
    ("proposal", "expert", "expected"),
    [
        ("C0305", ["C0305"], 1.0),
        ("C030501", ["C0305"], 1.0),
        ("C0305", ["C0301"], 0.5),
        ("C0305", ["C03"], 0.5),
        ("C0305", ["C2002"], 0.15),
        ("C0305", ["C"], 0.15),
        ("C0305", ["E0403"], 0.0),
        ("C0305", [], 0.0),
        ("", ["C0305"], 0.0),
        ("C0305", ["E0403", "C2002", "C0301"], 0.5),
    ],
)
def test_code_overlap_levels(proposal, expert, expected):
    assert code_overlap([proposal], [expert]).tolist() == [[pytest.approx(expected)]]


def test_code_overlap_table():
    found = code_overlap(["C0305", "", "E0403"], [["C0305"], ["C03", "E0403"], []])
    assert found.tolist() == [[1.0, 0.5, 0.0], [0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


def test_code_overlap_empty_codes_do_not_agree():
    assert code_overlap([""], [[""]]).tolist() == [[0.0]]


@given(
    left=st.lists(st.sampled_from([*CODES, ""]), min_size=1, max_size=5),
    right=st.lists(st.lists(st.sampled_from(CODES), max_size=3), min_size=1, max_size=5),
)
@settings(max_examples=100, deadline=None)
def test_code_overlap_more_codes_never_lower(left, right):
    less, more = code_overlap(left, right), code_overlap(left, [[*codes, "C0305"] for codes in right])
    assert less.shape == (len(left), len(right))
    assert (less <= more).all()


def test_candidates_same_text_scores_highest():
    found = candidates(TEXTS, TEXTS[::-1], CODES, [[c] for c in CODES[::-1]]).toarray()
    assert found.argmax(axis=1).tolist() == [5, 4, 3, 2, 1, 0]
    assert np.diag(found[:, ::-1]).tolist() == pytest.approx([1.0] * 6, abs=1e-5)


def test_candidates_same_text_without_codes():
    found = candidates(TEXTS, TEXTS, [""] * 6, [[]] * 6).toarray()
    assert found.argmax(axis=1).tolist() == list(range(6))
    assert np.diag(found).tolist() == pytest.approx([TEXT_WEIGHT] * 6, abs=1e-5)


def test_candidates_codes_without_common_text():
    found = candidates(["甲乙丙"], ["子丑寅", "卯辰巳"], ["C0305"], [["C0305"], ["C0301"]]).toarray()
    assert found.tolist() == [[pytest.approx(CODE_WEIGHT), pytest.approx(CODE_WEIGHT / 2)]]


@pytest.mark.parametrize("keep", [1, 2, 5, 6, 80])
def test_candidates_keep_the_best(keep):
    experts = [[c] for c in CODES]
    everything = candidates(TEXTS, TEXTS, CODES, experts).toarray()
    kept = candidates(TEXTS, TEXTS, CODES, experts, keep=keep)
    assert np.diff(kept.indptr).tolist() == [min(keep, int(n)) for n in (everything > 0).sum(axis=1)]
    for row, found in zip(everything, kept.toarray(), strict=True):
        best = np.sort(row)[::-1][:keep]
        assert np.sort(found)[::-1][:keep].tolist() == best.tolist()
        assert found[found > 0].tolist() == row[found > 0].tolist()


def test_candidates_forbidden_pairs_are_absent_and_replaced():
    forbidden = sparse.csr_matrix(np.eye(6))
    found = candidates(TEXTS, TEXTS, CODES, [CODES] * 6, keep=5, forbidden=forbidden)
    assert np.diff(found.indptr).tolist() == [5] * 6
    assert found.diagonal().tolist() == [0.0] * 6


def test_candidates_everything_forbidden():
    found = candidates(TEXTS, TEXTS, CODES, [CODES] * 6, forbidden=sparse.csr_matrix(np.ones((6, 6))))
    assert (found.shape, found.nnz) == ((6, 6), 0)


@pytest.mark.parametrize("block", [1, 4, 6, 512])
def test_candidates_block_changes_nothing(block):
    experts, steps = [[c] for c in CODES], []
    forbidden = sparse.csr_matrix(np.eye(6)[::-1])
    whole = candidates(TEXTS, TEXTS, CODES, experts, keep=3, forbidden=forbidden)
    parts = candidates(
        TEXTS, TEXTS, CODES, experts, keep=3, forbidden=forbidden, block=block, progress=lambda done, of: steps.append((done, of))
    )
    assert parts.toarray().tolist() == whole.toarray().tolist()
    assert steps == [(min(n, 6), 6) for n in range(block, 6 + block, block)]


@given(
    proposals=st.lists(st.text(max_size=30), min_size=1, max_size=4),
    profiles=st.lists(st.text(max_size=30), min_size=1, max_size=4),
    keep=st.integers(1, 5),
)
@settings(max_examples=100, deadline=None)
def test_candidates_any_text_scores_above_zero_to_one(proposals, profiles, keep):
    found = candidates(proposals, profiles, ["C0305"] * len(proposals), [["C03"]] * len(profiles), keep=keep)
    assert found.shape == (len(proposals), len(profiles))
    assert np.diff(found.indptr).tolist() == [min(keep, len(profiles))] * len(proposals)
    assert (found.data > 0).all()
    assert (found.data <= 1 + 1e-6).all()


@pytest.mark.parametrize(("proposals", "profiles"), [([], ["a"]), (["a"], [])])
def test_candidates_nothing_to_compare(proposals, profiles):
    with pytest.raises(BadInput, match="must not be empty"):
        candidates(proposals, profiles, [""] * len(proposals), [[]] * len(profiles))
