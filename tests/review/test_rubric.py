"""A scheme's own criteria, weights, anchors and grades on the expert's desk, and what they come to."""

from __future__ import annotations

import pytest

from headwater.calls.models import Call
from headwater.core.errors import Refused
from headwater.core.models import Parameter
from headwater.core.parameters import forget_parameters
from headwater.review.models import Opinion, Ranking
from headwater.review.services.ending import plan_ending
from headwater.review.services.opinions import compute_ranking
from headwater.review.terms import panel_terms, review_terms, weights_of
from tests.make import client
from tests.review.test_opinions import accepted, save
from tests.review.variants import call_of, version

pytestmark = pytest.mark.django_db
CRITERIA = [
    {
        "code": "rooms",
        "label_zh": "实验条件",
        "label_en": "Rooms",
        "help_zh": "场地与设备",
        "help_en": "Space and equipment",
        "weight": {"free": 60, "goal": 10},
        "anchor": [{"points": 90, "zh": "国内一流", "en": "Among the best"}],
    },
    {"code": "staff", "label_zh": "队伍", "label_en": "Staff", "weight": 40},
]
GRADES = [
    {"value": 4, "zh": "优秀", "en": "Excellent"},
    {"value": 3, "zh": "良好", "en": "Good"},
    {"value": 1, "zh": "不合格", "en": "Fails"},
]
WORDS = {"familiarity": 3, "text_applicant": "理由充分。" * 40}


def test_the_desk_asks_what_the_scheme_declares() -> None:
    version(criterion=CRITERIA, grade=GRADES)
    _call, rows = accepted()
    browser, page = client(rows[0].expert.person.account.username), f"/review/{rows[0].pk}/"
    text = browser.get(page).content.decode()
    assert [w in text for w in ("实验条件", "场地与设备", "90: 国内一流", "优秀", "不合格")] == [True] * 5
    assert [w in text for w in ("原创性", "score_originality", "可资助")] == [False] * 3
    refused = browser.post(page, {"score_rooms": "80", "score_staff": "70", "grade": "2", "do": "submit", **WORDS})
    assert list(refused.context["errors"]) == ["grade"]
    assert (
        browser.post(page, {"score_rooms": "80", "score_staff": "70", "grade": "4", "do": "submit", **WORDS}).status_code == 302
    )
    found = Opinion.objects.get(assignment=rows[0])
    assert (found.scores, found.total, found.grade) == ({"rooms": 80, "staff": 70}, 76, 4)


def test_marks_of_other_criteria_are_not_kept() -> None:
    version(criterion=CRITERIA, grade=GRADES)
    _call, rows = accepted()
    save(rows[0], {"scores": {"originality": 90, "staff": 50}}, submit=False)
    assert Opinion.objects.get(assignment=rows[0]).scores == {"staff": 50}


def test_opinions_disagree_when_they_span_all_grades() -> None:
    version(criterion=CRITERIA, grade=GRADES)
    call, rows = accepted()
    for row, grade in zip(rows, (4, 3, 1), strict=False):
        save(row, {"scores": {"rooms": 80, "staff": 70}, "grade": grade, **WORDS})
    type(rows[0].application).objects.filter(call=call).update(state="reviewed")
    compute_ranking(call=call)
    ranking = Ranking.objects.get(application=rows[0].application_id)
    assert (ranking.spread, ranking.non_consensus) == (3, True)
    Ranking.objects.update(spread=2)
    assert not Ranking.objects.get(pk=ranking.pk).non_consensus


def test_numbers_of_opinions_are_the_schemes_own() -> None:
    version(review={"opinions": 2, "needed": 1})
    call, rows = accepted()
    assert (len(rows), plan_ending(call, None, wait=False).least) == (2, 1)
    terms = review_terms(call)
    assert (terms.opinions, terms.needed, terms.inside) == (2, 1, 0)


def test_what_a_scheme_leaves_out_the_region_says() -> None:
    call = call_of()
    terms, panel = review_terms(call), panel_terms(call)
    assert (terms.opinions, terms.needed, terms.same_host, terms.inside, terms.least_chars) == (5, 3, 1, 2, 200)
    assert (panel.size, panel.quorum, panel.majority, panel.votes) == (9, ">=2/3", ">1/2", 2)
    assert (panel.revive_majority, panel.revive_signatures) == (">=2/3", 2)
    assert sum(weights_of(call, "free").values()) == 100
    Parameter.objects.filter(key="panel_majority", applies_to=call.scheme.code).update(
        value={"numerator": 3, "denominator": 5, "strict": False}
    )
    forget_parameters()
    assert panel_terms(Call.objects.get(pk=call.pk)).majority == ">=3/5"


def test_without_weights_nothing_is_submitted_and_the_page_stands() -> None:
    """What was a failure of the server is a sentence."""
    _call, rows = accepted()
    Parameter.objects.filter(key="review_weights_free").delete()
    forget_parameters()
    with pytest.raises(Refused) as error:
        save(rows[0], {"grade": 2, **WORDS})
    assert "没有评审指标的权重" in error.value.reasons[0].text
    assert client(rows[0].expert.person.account.username).get(f"/review/{rows[0].pk}/").status_code == 200
