"""Pages of experts: what is refused is told beside the field, and what can be kept is kept."""

import json

import pytest

from headwater.review.models import Assignment
from headwater.review.terms import weights_of
from tests.make import client
from tests.pages import elements

pytestmark = pytest.mark.django_db


def test_opinion_too_long_is_told_and_the_marks_are_kept() -> None:
    row = Assignment.objects.filter(state="accepted").select_related("expert__person__account", "opinion")[0]
    response = client(row.expert.person.account.username).post(
        f"/review/{row.pk}/", {"do": "submit", "score_value": "81", "grade": "2", "text_applicant": "长" * 5001}
    )
    assert response.status_code == 422
    assert "最多 5000 字" in response.content.decode()
    row.opinion.refresh_from_db()
    assert (row.opinion.scores.get("value"), row.opinion.grade, row.opinion.submitted_at) == (81.0, 2, None)


def test_the_page_carries_the_rule_by_which_it_tells_that_marks_and_grade_disagree() -> None:
    row = Assignment.objects.filter(state="accepted").select_related("expert__person__account", "application__call")[0]
    browser, address = client(row.expert.person.account.username), f"/review/{row.pk}/"
    page = browser.get(address).content.decode()
    (form,) = [e for e in elements(page) if "data-hint" in e]
    rule = json.loads(str(form["data-hint"]))
    weights = {c: w for c, w in weights_of(row.application.call, row.application.research_class).items() if w > 0}
    assert (rule["weights"], rule["high"], rule["low"], rule["best"] > rule["worst"]) == (weights, 85, 60, True)
    (told,) = elements(page, data_disagrees=None)
    assert "d-none" in str(told["class"])


@pytest.mark.parametrize(
    "address",
    [
        "/projects/?q=%00",
        "/projects/?after=x",
        "/projects/?after=WyJ4IiwxXQ==&sort=amount_fen",
        "/projects/?sort=nothing",
        "/search/?q=%00",
        "/search/?q=%27%27",
    ],
)
def test_odd_queries_are_answered(address: str) -> None:
    assert client(None).get(address).status_code in {200, 400}
