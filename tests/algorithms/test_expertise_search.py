import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from headwater.algorithms.errors import BadInput, Cancelled
from headwater.algorithms.expertise import CODE_WEIGHT, TEXT_WEIGHT, CodeTree, build, candidates, code_overlap, fit, search

CODES = ["C0305", "C0301", "C2002", "E0403", "E04", "H2804", ""]
TEXTS = [
    "内蒙古草原土壤碳储量对放牧强度的响应机制",
    "白云鄂博稀土矿浮选尾矿中铌的赋存状态研究",
    "蒙医药传统方剂抗炎活性成分的代谢组学分析",
    "乳酸菌发酵乳制品风味物质形成的分子机理",
    "Permafrost thaw and methane emission in boreal wetlands",
    "Rare earth permanent magnets with low dysprosium content",
]


def random_texts(count, length, seed, topics=40):
    """Texts of characters with unequal frequencies; each topic prefers some of them."""
    r = np.random.default_rng(seed)
    base = 1.0 / np.arange(10, 1510)
    out = []
    for _ in range(count):
        t = np.random.default_rng(int(r.integers(topics)))
        liking = base * np.exp(1.2 * t.standard_normal(1500))
        picked = r.choice(1500, length, p=liking / liking.sum())
        out.append("".join(chr(0x4E00 + c) for c in picked))
    return out


def exact(proposals, profiles, codes=None, expert_codes=None):
    space = fit(profiles)
    scores = (space.vectors(proposals) @ space.vectors(profiles).T).toarray()
    if codes is None:
        return scores
    top = scores.max(axis=1, keepdims=True)
    return TEXT_WEIGHT * np.divide(scores, top, out=np.zeros_like(scores), where=top > 0) + CODE_WEIGHT * code_overlap(
        codes, expert_codes
    )


@pytest.fixture(scope="module")
def register():
    """A register above the size that is searched exactly: the filter does the work."""
    profiles, proposals = random_texts(2600, 220, 1), random_texts(60, 160, 2)
    r = np.random.default_rng(3)
    codes = [CODES[n] for n in r.integers(0, len(CODES), len(proposals))]
    expert_codes = [sorted({CODES[n] for n in r.integers(0, len(CODES) - 1, r.integers(0, 3))}) for _ in profiles]
    return proposals, profiles, codes, expert_codes


def recall(found, scores, keep):
    shares = []
    for row, line in enumerate(scores):
        best = np.argsort(-line, kind="stable")[:keep]
        best = best[line[best] > 0]
        shares.append(len(np.intersect1d(best, found[row].indices)) / max(1, len(best)))
    return float(np.mean(shares))


def test_search_finds_nearly_all_of_the_exact_answer(register):
    proposals, profiles, _codes, _expert_codes = register
    scores = exact(proposals, profiles)
    found = candidates(proposals, profiles, keep=40)
    assert recall(found, scores, 40) >= 0.97
    assert found.data.tolist() == pytest.approx(scores[found.nonzero()].tolist(), abs=1e-5)
    assert (np.diff(found.indptr) == 40).all()


def test_search_with_codes_finds_nearly_all_of_the_exact_answer(register):
    proposals, profiles, codes, expert_codes = register
    scores = exact(proposals, profiles, codes, expert_codes)
    found = candidates(proposals, profiles, codes, expert_codes, keep=40)
    assert recall(found, scores, 40) >= 0.97
    assert found.data.tolist() == pytest.approx(scores[found.nonzero()].tolist(), abs=0.01)
    assert found.data.max() <= 1.0 + 1e-6


def test_search_with_a_long_shortlist_is_exact(register):
    proposals, profiles, _codes, _expert_codes = register
    scores = exact(proposals, profiles)
    found = candidates(proposals, profiles, keep=40, short=1000)
    assert recall(found, scores, 40) == 1.0


def test_search_leaves_forbidden_pairs_out_and_fills_up(register):
    proposals, profiles, codes, expert_codes = register
    free = candidates(proposals, profiles, codes, expert_codes, keep=30)
    forbidden = sparse.coo_matrix((np.ones(free.nnz), free.nonzero()), shape=free.shape)
    found = candidates(proposals, profiles, codes, expert_codes, keep=30, forbidden=forbidden)
    assert (np.diff(found.indptr) == 30).all()
    assert found.multiply(forbidden).nnz == 0


def test_search_is_the_same_for_any_number_of_workers(register):
    proposals, profiles, codes, expert_codes = register
    proposals, codes = proposals * 20, codes * 20
    one = candidates(proposals, profiles, codes, expert_codes, keep=20, workers=1)
    three = candidates(proposals, profiles, codes, expert_codes, keep=20, workers=3)
    for part in ("data", "indices", "indptr"):
        assert getattr(one, part).tolist() == getattr(three, part).tolist()
    assert one[:60].toarray().tolist() == one[60:120].toarray().tolist()


def test_search_finds_copies_among_many(register):
    _proposals, profiles, _codes, _expert_codes = register
    found = candidates(profiles[::50], profiles, keep=5)
    for row, line in enumerate(found.toarray()):
        assert line.argmax() == 50 * row
        assert line.max() == pytest.approx(1.0, abs=1e-5)


def test_search_of_short_texts_and_of_none_in_common(register):
    _proposals, profiles, _codes, _expert_codes = register
    found = candidates([profiles[7][:3], "", "zzz"], profiles, keep=5)
    assert np.diff(found.indptr).tolist()[1:] == [0, 0]
    assert found[0].nnz == 5


def test_index_can_be_searched_again(register):
    proposals, profiles, codes, expert_codes = register
    index = build(profiles, expert_codes)
    first = search(index, proposals, codes, keep=10, text_weight=TEXT_WEIGHT, code_weight=CODE_WEIGHT)
    assert first.toarray().tolist() == candidates(proposals, profiles, codes, expert_codes, keep=10).toarray().tolist()
    assert (
        search(index, proposals[:5], keep=10).toarray().tolist()
        == candidates(proposals[:5], profiles, keep=10).toarray().tolist()
    )
    assert index.nbytes > 0


texts = st.lists(st.text("草原土壤碳放牧 ab。", max_size=12), min_size=1, max_size=6)
code = st.sampled_from(CODES)


@given(texts, texts, st.data(), st.integers(1, 8))
@settings(max_examples=100, deadline=None)
def test_small_registers_are_searched_exactly(proposals, profiles, data, keep):
    codes = [data.draw(code) for _ in proposals]
    expert_codes = [data.draw(st.lists(code, max_size=3)) for _ in profiles]
    forbidden = np.array([[data.draw(st.booleans()) for _ in profiles] for _ in proposals])
    scores = exact(proposals, profiles) * ~forbidden
    top = scores.max(axis=1, keepdims=True)
    text = np.divide(scores, top, out=np.zeros_like(scores), where=top > 0)
    scores = (TEXT_WEIGHT * text + CODE_WEIGHT * code_overlap(codes, expert_codes)) * ~forbidden
    found = candidates(proposals, profiles, codes, expert_codes, keep=keep, forbidden=sparse.csr_matrix(forbidden))
    for row, line in enumerate(scores):
        best = np.sort(line[line > 0])[::-1][:keep]
        assert np.sort(found[row].data)[::-1].tolist() == pytest.approx(best.tolist(), abs=1e-5)
        assert found[row].data.tolist() == pytest.approx(line[found[row].indices].tolist(), abs=1e-5)


def test_equal_scores_go_to_the_first_experts():
    found = candidates(["草原"], ["草原"] * 9, keep=3)
    assert found.indices.tolist() == [0, 1, 2]


def test_same_text_and_code_score_highest():
    found = candidates(TEXTS, TEXTS[::-1], CODES[:6], [[c] for c in CODES[5::-1]]).toarray()
    assert found.argmax(axis=1).tolist() == [5, 4, 3, 2, 1, 0]
    assert np.diag(found[:, ::-1]).tolist() == pytest.approx([1.0] * 6, abs=1e-5)


def test_codes_alone_make_candidates():
    found = candidates(["甲乙丙"], ["子丑寅", "卯辰巳", "午未申"], ["C0305"], [["C0305"], ["C0301"], []]).toarray()
    assert found.tolist() == [pytest.approx([CODE_WEIGHT, CODE_WEIGHT / 2, 0.0])]


def test_progress_rises_to_the_whole(register):
    proposals, profiles, _codes, _expert_codes = register
    steps = []
    candidates(proposals, profiles, keep=5, progress=lambda done, of: steps.append((done, of)))
    whole = 2 * len(profiles) + len(proposals)
    assert steps[-1] == (whole, whole)
    assert [d for d, _of in steps] == sorted(d for d, _of in steps)


@pytest.mark.parametrize("at", [0, 3000, 5201])
def test_progress_can_stop_the_search(register, at):
    proposals, profiles, _codes, _expert_codes = register

    def stop(done, of):
        if done >= at:
            raise Cancelled

    with pytest.raises(Cancelled):
        candidates(proposals, profiles, progress=stop)


NAN = sparse.csr_matrix(np.array([[0.0, np.nan]]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"proposals": []}, "proposals must not be empty"),
        ({"profiles": []}, "profiles must not be empty"),
        ({"proposals": [3]}, "proposals: row 0 is not text but int"),
        ({"profiles": ["草", b"x"]}, "profiles: row 1 is not text but bytes"),
        ({"proposal_codes": ["C", "D"]}, "proposal_codes: 2 rows, 1 expected"),
        ({"proposal_codes": [None]}, "proposal_codes: row 0 must be a list of codes"),
        ({"expert_codes": [["C"]]}, "expert_codes: 1 rows, 2 expected"),
        ({"expert_codes": [["C"], "C"]}, "expert_codes: row 1 must be a list of codes"),
        ({"keep": 0}, "keep must be at least 1"),
        ({"proposal_codes": ["C"], "text_weight": float("nan")}, "text_weight must be a number"),
        ({"proposal_codes": ["C"], "code_weight": -1.0}, "code_weight must be a number"),
        ({"proposal_codes": ["C"], "text_weight": 0.0}, "text_weight must be above 0"),
        ({"forbidden": sparse.csr_matrix((2, 2))}, r"forbidden: shape \(2, 2\), \(1, 2\) expected"),
        ({"forbidden": NAN}, "forbidden: row 0 holds NaN"),
    ],
)
def test_candidates_refuses(change, message):
    given_ = {"proposals": ["草原"], "profiles": ["草原", "岩石"]} | change
    with pytest.raises(BadInput, match=message):
        candidates(**given_)


@pytest.mark.parametrize(
    ("proposal", "expert", "expected"),
    [
        ("C0305", ["C0305"], 1.0),
        ("C030501", ["C0305"], 1.0),
        ("C0305", ["C0301"], 0.5),
        ("C0305", ["C03"], 0.5),
        ("C03", ["C03"], 1.0),
        ("C0305", ["C2002"], 0.15),
        ("C0305", ["E0403"], 0.0),
        ("C0305", [], 0.0),
        ("", ["C0305", ""], 0.0),
        ("C0305", ["E0403", "C2002", "C0301"], 0.5),
    ],
)
def test_code_overlap_levels(proposal, expert, expected):
    assert code_overlap([proposal], [expert]).tolist() == [[pytest.approx(expected)]]
    tree = CodeTree()
    assert max((tree.overlap(proposal, e) for e in expert), default=0.0) == pytest.approx(expected)


@given(st.lists(code, min_size=1, max_size=4), st.lists(st.lists(code, max_size=3), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_code_overlap_is_that_of_the_best_pair(left, right):
    tree = CodeTree(cuts=(1, 2, 4), worth=(0.1, 0.1, 0.9))
    expected = [[max((tree.overlap(a, b) for b in some), default=0.0) for some in right] for a in left]
    assert code_overlap(left, right, tree=tree) == pytest.approx(np.array(expected), abs=1e-6)


@pytest.mark.parametrize(
    ("cuts", "worth"),
    [
        ((1, 3), (0.5,)),
        ((), ()),
        ((3, 1), (0.1, 0.2)),
        ((0, 1), (0.1, 0.2)),
        ((1, 3), (0.5, 0.2)),
        ((1,), (1.5,)),
        (range(1, 8), [0.1] * 7),
    ],
)
def test_code_tree_refuses(cuts, worth):
    with pytest.raises(BadInput, match="code tree"):
        CodeTree(cuts=cuts, worth=worth)
