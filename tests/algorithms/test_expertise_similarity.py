import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.algorithms.errors import BadInput, Cancelled
from headwater.algorithms.expertise import Expert, Weights, Work, explain, fit_spaces, profile, similarity, whole_text, z_sum
from headwater.algorithms.expertise.explain import shared_terms
from headwater.algorithms.expertise.papers import by_language, english

GRASS = Work(
    title="草原土壤碳储量对放牧强度的响应",
    abstract="研究典型草原土壤有机碳储量随放牧强度变化的规律。",
    keywords=("草原", "碳储量"),
    codes=("C0305",),
    title_en="Response of grassland soil carbon stocks to grazing intensity",
)
EXPERTS = [
    Expert(
        works=(
            Work(title="内蒙古典型草原土壤有机碳储量的空间分布", abstract="分析土壤有机碳储量。", keywords=("草原",)),
            Work(title="Grazing effects on soil carbon stocks", abstract="We study grazing intensity in steppe."),
        ),
        codes=("C0301",),
    ),
    Expert(works=(Work(title="白云鄂博稀土矿浮选", abstract="尾矿中铌的赋存状态", keywords=("稀土",)),), codes=("E04",)),
    Expert(),
]
PHRASE = st.text("草原土壤碳 grass soil,。", max_size=25)
works = st.builds(Work, title=PHRASE, abstract=PHRASE, title_en=st.text("grass soil ", max_size=15))


class Lengths:
    """An encoder that knows how long a text is, and nothing more."""

    def encode(self, texts):
        raw = np.array([[len(t), 10.0] for t in texts], dtype=np.float32)
        return raw / np.linalg.norm(raw, axis=1, keepdims=True)


def by_hand(proposal, expert, spaces, top):
    """Mean of the highest cosines, a work counting in its nearer language."""
    mine = by_language(proposal)
    found = []
    for work in expert.works:
        theirs = by_language(work)
        found.append(max((spaces[n].vectors([mine[n]]) @ spaces[n].vectors([theirs[n]]).T).toarray()[0, 0] for n in (0, 1)))
    best = sorted(found, reverse=True)[: top or None]
    return sum(best) / len(best) if best else 0.0


@given(st.lists(works, min_size=1, max_size=3), st.lists(st.lists(works, max_size=7), min_size=1, max_size=3))
@settings(max_examples=40, deadline=None)
def test_text_score_is_the_mean_of_the_nearest_works(proposals, archives):
    experts = [Expert(works=tuple(a)) for a in archives]
    spaces = fit_spaces([*proposals, *(w for a in archives for w in a)])
    for aggregate, top in (("max", 1), ("top3", 3), ("top5", 5), ("mean", 0)):
        found = similarity(proposals, experts, aggregate=aggregate, spaces=spaces).text
        expected = [[by_hand(p, e, spaces, top) for e in experts] for p in proposals]
        assert found == pytest.approx(np.array(expected), abs=1e-5)


def test_similarity_orders_experts():
    found = similarity([GRASS], EXPERTS)
    assert found.total[0].argmax() == 0
    assert found.codes[0].tolist() == pytest.approx([0.5, 0.0, 0.0])
    assert found.keywords[0, 0] > 0
    assert found.keywords[0, 1:].tolist() == [0.0, 0.0]
    assert found.text[0, 2] == 0.0
    assert found.semantic is None


def test_similarity_of_named_pairs_is_that_of_all():
    proposals = [GRASS, Work(title="稀土浮选", codes=("E0401",))]
    whole = similarity(proposals, EXPERTS)
    pairs = np.array([[1, 1], [0, 0], [1, 0], [0, 2], [0, 0]])
    some = similarity(proposals, EXPERTS, pairs)
    for part in ("text", "codes", "keywords"):
        assert getattr(some, part).tolist() == getattr(whole, part)[pairs[:, 0], pairs[:, 1]].tolist()


def test_english_proposal_meets_chinese_expert_by_english_titles_and_codes():
    chinese = Expert(
        works=(Work(title="草原放牧", abstract="放牧与土壤碳", title_en="Grazing and soil carbon of grassland"),), codes=("C03",)
    )
    stranger = Expert(works=(Work(title="草原放牧", abstract="放牧与土壤碳"),), codes=("C03",))
    proposal = Work(title="Soil carbon under grazing", codes=("C0305",))
    found = similarity([proposal], [chinese, stranger])
    assert found.text[0, 0] > 0.3
    assert found.text[0, 1] == 0.0
    assert found.codes[0].tolist() == [0.5, 0.5]


def test_similarity_with_a_sentence_model():
    proposal = Work(title="abc")
    experts = [Expert(works=(Work(title="xyz"),)), Expert(works=(Work(title="x" * 300),)), Expert(works=(Work(title="草原"),))]
    found = similarity([proposal], experts, encoder=Lengths())
    assert found.semantic[0].tolist() == pytest.approx(
        [1.0, (3 * 300 + 100) / np.hypot(3, 10) / np.hypot(300, 10), 0.0], abs=1e-5
    )
    assert found.total[0].argmax() == 0


def test_weights_decide_the_order():
    experts = [Expert(works=(GRASS,)), Expert(works=(Work(title="岩石"),), codes=("C0305",))]
    proposal = Work(title=GRASS.title, codes=("C0305",))
    assert similarity([proposal], experts[:1] + experts[1:], weights=Weights(codes=0.0)).total[0].argmax() == 0
    only_codes = similarity(
        [Work(title=GRASS.title, codes=("E04",))], [*experts, Expert(codes=("E04",))], weights=Weights(text=0.0)
    )
    assert only_codes.total[0].argmax() == 2


def test_similarity_reports_progress_and_can_be_stopped():
    steps = []
    similarity([GRASS], EXPERTS, progress=lambda done, of: steps.append((done, of)))
    assert steps[-1] == (3, 3)

    def stop(done, of):
        raise Cancelled

    with pytest.raises(Cancelled):
        similarity([GRASS], EXPERTS, progress=stop)


class Broken:
    def __init__(self, answer):
        self.answer = answer

    def encode(self, texts):
        return self.answer


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"proposals": []}, "proposals and experts must not be empty"),
        ({"experts": []}, "proposals and experts must not be empty"),
        ({"aggregate": "median"}, "aggregate must be one of max, top3, top5, mean"),
        ({"pairs": np.array([[0, 0], [0, 3]])}, "pairs: row 1 names expert 3, there are 3"),
        ({"pairs": np.array([[-1, 0]])}, "pairs: row 0 names proposal -1, there are 1"),
        ({"pairs": np.array([0, 1])}, r"pairs must be whole numbers of shape \(pairs, 2\)"),
        ({"pairs": np.array([[0.0, 1.0]])}, "pairs must be whole numbers"),
        ({"encoder": Broken(np.array([[np.nan]]))}, "encoder: text 0 gave NaN"),
        ({"encoder": Broken(np.zeros((3, 2)))}, r"encoder: 1 texts gave an answer of shape \(3, 2\)"),
    ],
)
def test_similarity_refuses(change, message):
    with pytest.raises(BadInput, match=message):
        similarity(**{"proposals": [GRASS], "experts": EXPERTS} | change)


def test_z_sum_by_hand():
    found = z_sum([np.array([1.0, 3.0]), np.array([5.0, 5.0]), np.array([2.0, 0.0])], [1.0, 9.0, 0.25])
    assert found.tolist() == [-0.75, 0.75]


@pytest.mark.parametrize(
    ("scores", "weights", "message"),
    [
        ([], [], "equally many, at least 1"),
        ([np.zeros(2)], [1.0, 2.0], "equally many"),
        ([np.zeros(2), np.zeros(3)], [1.0, 1.0], r"scores: row 1 has shape \(3,\)"),
        ([np.zeros(2), np.array([0.0, np.nan])], [1.0, 1.0], "scores: row 1 holds NaN"),
    ],
)
def test_z_sum_refuses(scores, weights, message):
    with pytest.raises(BadInput, match=message):
        z_sum(scores, weights)


def test_texts_of_a_work():
    assert by_language(GRASS)[1].count("grassland") == 2
    assert by_language(GRASS)[0].count(GRASS.title) == 2
    assert english(GRASS) == GRASS.title_en
    assert english(Work(title="草")) == ""
    assert english(Work(title="Soil", abstract="Carbon")) == "Soil. Carbon"
    assert "grazing" in whole_text(GRASS)
    expert = Expert(works=(GRASS, Work(title="尾矿")), keywords=("碳",))
    assert profile(expert).startswith("碳 | 草原")
    assert profile(expert, characters=40) == profile(expert)[:40]
    assert profile(Expert()) == ""


def test_fit_spaces_refuses_nothing():
    with pytest.raises(BadInput, match="works must not be empty"):
        fit_spaces([])


def test_explain_takes_the_score_apart():
    spaces = fit_spaces([GRASS, *EXPERTS[0].works, *EXPERTS[1].works])
    score = similarity([GRASS], EXPERTS, spaces=spaces).text[0, 0]
    found = explain(GRASS, EXPERTS[0], spaces=spaces)
    assert found.text == pytest.approx(score, abs=1e-6)
    assert sum(w.share for w in found.works) == pytest.approx(1.0)
    assert {w.work: w.language for w in found.works} == {0: "zh", 1: "en"}
    terms = {t.text for w in found.works for t in w.terms}
    assert "soil carbon stocks" in terms
    assert any("土壤有机碳储量" in t for t in terms)
    assert all(sum(t.share for t in w.terms) <= w.share + 1e-6 for w in found.works)
    assert (found.code.proposal, found.code.expert, found.code.prefix, found.code.worth) == ("C0305", "C0301", "C03", 0.5)
    assert found.keywords == ("草原",)


def test_explain_nothing_in_common():
    found = explain(GRASS, Expert(works=(Work(title="zzz"),), codes=("E04",)))
    assert (found.text, found.works, found.code, found.keywords) == (0.0, (), None, ())
    assert explain(GRASS, Expert()).text == 0.0


def test_explain_aggregates_and_limits():
    expert = Expert(works=(*[GRASS] * 4, Work(title="草原")))
    assert [w.work for w in explain(GRASS, expert, aggregate="max").works] == [0]
    assert len(explain(GRASS, expert, aggregate="top3").works) == 3
    assert len(explain(GRASS, expert, aggregate="mean").works) == 5
    assert all(len(w.terms) <= 1 for w in explain(GRASS, expert, terms=1).works)
    with pytest.raises(BadInput, match="aggregate"):
        explain(GRASS, expert, aggregate="none")


@given(st.text("草原土壤碳,ab ", max_size=30), st.text("草原土壤碳,ab ", max_size=30))
@settings(max_examples=100, deadline=None)
def test_shared_terms_stand_in_both_texts_and_never_exceed_the_cosine(mine, theirs):
    space, _other = fit_spaces([Work(title=mine + "草"), Work(title=theirs + "草")])
    cosine = (space.vectors([mine]) @ space.vectors([theirs]).T).toarray()[0, 0]
    found = shared_terms(mine, theirs, space)
    assert sum(w for _t, w in found) <= cosine + 1e-5
    weights = [w for _t, w in found]
    assert weights == sorted(weights, reverse=True)
    packed = theirs.replace(" ", "")
    for text, _weight in found:
        assert text in mine
        assert text.replace(" ", "") in packed


def test_shared_terms_of_equal_texts_are_the_whole_cosine():
    space, _other = fit_spaces([Work(title="草原土壤碳储量")])
    assert shared_terms("草原土壤碳储量", "草原土壤碳储量", space) == [("草原土壤碳储量", pytest.approx(1.0, abs=1e-5))]
