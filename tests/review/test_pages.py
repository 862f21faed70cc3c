"""Pages of experts: what is refused is told beside the field, and what can be kept is kept."""

import pytest

from headwater.review.models import Assignment
from tests.make import client

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
