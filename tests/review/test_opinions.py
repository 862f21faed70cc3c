"""Opinions: kept while they are written, final when submitted, ranked as a set."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.calls.models import Application, Call
from headwater.core import clock
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.review.models import Assignment, Conflict, Opinion, Ranking
from headwater.review.queries import opinions_for_applicant
from headwater.review.services.ending import close_reviews
from headwater.review.services.inviting import answer_invitations
from headwater.review.services.opinions import compute_ranking, save_opinions
from headwater.review.terms import weights_of
from tests.make import SECOND, actor, as_, client, refusal
from tests.review.test_assigning import published, stage

pytestmark = pytest.mark.django_db
FREE = {"originality": 35, "value": 20, "feasibility": 15, "team": 20, "chain": 0, "performance": 10}


def accepted(applications: int = 1) -> tuple[Call, list[Assignment]]:
    call, _experts = stage(applications, 5)
    rows = list(published(call).assignments.select_related("expert__person__account", "application").order_by("pk"))
    for row in rows:
        answer_invitations(assignments=[row], accept=True, actor=as_(row.expert.person))
    return call, rows


def good(points: float = 80, **more: Any) -> dict[str, Any]:
    scores = {c: points for c, w in FREE.items() if w}
    return {"scores": scores, "grade": 2, "familiarity": 3, "text_applicant": "理由充分。" * 40, **more}


def save(row: Assignment, values: dict[str, Any], *, submit: bool = True) -> int:
    return save_opinions(values={row.pk: values}, actor=as_(row.expert.person), submit=submit)


def test_incomplete_opinion_is_refused_with_every_field_and_kept() -> None:
    _call, rows = accepted()
    save(rows[0], {"scores": {"originality": 90, "value": 101}, "text_applicant": "短", "text_fund": "内部"}, submit=False)
    with pytest.raises(Refused) as error:
        save(rows[0], {})
    assert sorted(r.field for r in error.value.reasons) == [
        "familiarity", "grade", "score_feasibility", "score_performance", "score_team", "score_value", "text_applicant",
    ]  # fmt: skip
    found = Opinion.objects.get(assignment=rows[0])
    assert (found.scores, found.text_applicant, found.text_fund) == ({"originality": 90, "value": 101}, "短", "内部")
    assert (found.submitted_at, found.total, found.assignment.state) == (None, None, "accepted")
    save(rows[0], good())
    found.refresh_from_db()
    assert (found.text_fund, Assignment.objects.get(pk=rows[0].pk).state) == ("内部", "submitted")


def test_a_cleared_mark_is_gone_and_is_not_submitted() -> None:
    _call, rows = accepted()
    row = rows[0]
    save(row, good(), submit=False)
    browser, page = client(row.expert.person.account.username), f"/review/{row.pk}/"
    form = {f"score_{c}": "80" for c, w in FREE.items() if w} | {
        "grade": "2",
        "familiarity": "3",
        "text_applicant": "理由充分。" * 40,
    }
    answer = browser.post(
        f"{page}save/", {"_fields": ["score_value", "text_fund"], "score_value": "", "text_fund": "", "score_team": ""}
    )
    assert answer.json()["errors"] == {}
    found = Opinion.objects.get(assignment=row)
    assert ("value" in found.scores, found.scores["team"], found.grade) == (False, 80, 2)  # what was not carried stays
    refused = browser.post(page, form | {"score_value": "", "score_team": " ", "do": "submit"})
    assert (refused.status_code, sorted(refused.context["errors"])) == (422, ["score_team", "score_value"])
    found.refresh_from_db()
    assert (sorted(found.scores), found.submitted_at) == (["feasibility", "originality", "performance"], None)
    assert browser.post(page, form | {"do": "submit"}).status_code == 302


def test_a_mark_that_cannot_be_read_does_not_take_the_rest_with_it() -> None:
    _call, rows = accepted()
    browser, page = client(rows[0].expert.person.account.username), f"/review/{rows[0].pk}/"
    for text in ("8,5", "101", "1_0", "nan"):
        answer = browser.post(
            page, {"score_value": text, "score_team": "８５．５", "text_applicant": f"意见{text}", "do": "save"}
        )
        assert (answer.status_code, list(answer.context["errors"])) == (422, ["score_value"])
        found = Opinion.objects.get(assignment=rows[0])
        assert (found.scores, found.text_applicant) == ({"team": 85.5}, f"意见{text}")


def test_total_is_the_weighted_mean() -> None:
    call, rows = accepted()
    scores = {"originality": 90, "value": 80, "feasibility": 70, "team": 61, "performance": 50}
    save(rows[0], good() | {"scores": scores})
    assert weights_of(call, "free") == FREE
    expected = sum(scores[c] * FREE[c] for c in scores) / 100
    assert Opinion.objects.get(assignment=rows[0]).total == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("submit", [False, True])
def test_submitted_opinion_does_not_change(submit: bool) -> None:
    _call, rows = accepted()
    save(rows[0], good())
    before = Opinion.objects.filter(assignment=rows[0]).values()[0]
    with pytest.raises(Refused) as error:
        save(rows[0], good(20), submit=submit)
    assert refusal(error) == [("", "state")]
    assert Opinion.objects.filter(assignment=rows[0]).values()[0] == before


def test_opinion_after_the_last_day_is_late() -> None:
    _call, rows = accepted()
    with clock.at(rows[0].due_at + SECOND), pytest.raises(Refused) as error:
        save(rows[0], good())
    assert refusal(error) == [("", "late")]
    with clock.at(rows[0].due_at):
        save(rows[0], good())
    assert Opinion.objects.get(assignment=rows[0]).total == 80


def test_opinion_of_somebody_else_is_refused() -> None:
    _call, rows = accepted()
    with pytest.raises(Refused, match="自己的评审意见"):
        save_opinions(values={rows[0].pk: good(1), rows[1].pk: good()}, actor=as_(rows[1].expert.person), submit=True)
    with pytest.raises(NotAllowed):
        save_opinions(values={rows[0].pk: good(1)}, actor=actor("officer"), submit=True)
    assert not Opinion.objects.filter(assignment__in=rows, submitted_at__isnull=False).exists()
    save(rows[1], good())
    assert Opinion.objects.get(assignment=rows[1]).total == 80


def test_opinion_needs_an_accepted_invitation() -> None:
    call, _experts = stage(1, 5)
    row = published(call).assignments.select_related("expert__person__account").order_by("pk")[0]
    with pytest.raises(Refused, match="先接受邀请"):
        save(row, good())
    answer_invitations(assignments=[row], accept=True, actor=as_(row.expert.person))
    assert save(row, good()) == 1


def test_reviews_close_with_three_valid_opinions() -> None:
    call, rows = accepted(2)
    first, second = sorted({r.application_id for r in rows})
    mine = {pk: [r for r in rows if r.application_id == pk] for pk in (first, second)}
    for row in mine[first][:3] + mine[second][:2]:
        save(row, good())
    assert close_reviews(call=call, actor=actor("officer"), reason="意见已足够") == {"complete": 1, "short": 1}
    found = dict(Application.objects.filter(call=call).values_list("pk", "state"))
    assert found == {first: "reviewed", second: "in_review"}
    left = Assignment.objects.filter(application=first).order_by("pk").values_list("state", flat=True)
    assert sorted(left) == ["released", "released", "submitted", "submitted", "submitted"]
    save(mine[second][2], good())
    assert close_reviews(call=call, actor=actor("officer"), reason="意见已足够") == {"complete": 1, "short": 0}
    assert check() == []


def test_ranking_equals_a_direct_computation() -> None:
    call, rows = accepted(3)
    for n, row in enumerate(rows):
        save(row, good(60 + (n * 37) % 31, grade=1 + n % 3))
    close_reviews(call=call, actor=actor("officer"), reason="意见已足够")
    marks: dict[int, list[float]] = {}
    grades: dict[int, list[int]] = {}
    for pk, total, grade in Opinion.objects.filter(assignment__in=rows).values_list("assignment__application", "total", "grade"):
        marks.setdefault(pk, []).append(total)
        grades.setdefault(pk, []).append(grade)
    means = {pk: sum(m) / len(m) for pk, m in marks.items()}
    found = {r.application_id: r for r in Ranking.objects.filter(application__call=call)}
    order = sorted(means, key=lambda pk: (-found[pk].calibrated, -means[pk], pk))
    assert {pk: r.rank for pk, r in found.items()} == {pk: n for n, pk in enumerate(order, 1)}
    for pk, r in found.items():
        assert (r.opinions, r.spread) == (5, max(grades[pk]) - min(grades[pk]))
        assert r.mean == pytest.approx(means[pk], abs=1e-3)
        # A calibrated mark lies between the plain mean and the mean of all, as far as experts are alike.
        assert min(means.values()) <= r.calibrated <= max(means.values())
        assert (r.sd is None) == (r.chance is None)
        assert r.chance is None or 0 <= r.chance <= 1
        assert r.grade_mean == pytest.approx(sum(grades[pk]) / 5, abs=1e-3)


def test_ranking_forgets_an_application_without_opinions() -> None:
    call, rows = accepted(2)
    for row in rows:
        save(row, good())
    Application.objects.filter(call=call).update(state="reviewed")
    compute_ranking(call=call)
    gone = rows[0].application
    Conflict.objects.bulk_create(
        [Conflict(application=gone, expert=r.expert, kind="kin") for r in rows if r.application_id == gone.pk]
    )
    compute_ranking(call=call)
    assert list(Ranking.objects.filter(application__call=call).values_list("rank", flat=True)) == [1]


def test_applicant_reads_neither_names_nor_what_is_for_the_fund() -> None:
    _call, rows = accepted()
    for n, row in enumerate(rows[:3]):
        save(row, good(80 - n, text_fund=f"只给基金委看{n}", text_applicant=f"{'理由充分。' * 40}{3 - n}", grade=1 + n))
    save(rows[3], good(10, text_applicant="没有提交的意见"), submit=False)
    found = opinions_for_applicant(rows[0].application)
    assert found == [{"text": f"{'理由充分。' * 40}{n}", "grade": 4 - n} for n in (1, 2, 3)]
    for secret in ["只给基金委看", "没有提交", *[r.expert.person.name_zh for r in rows]]:
        assert secret not in str(found)


def test_a_refused_text_does_not_take_the_marks_with_it() -> None:
    _call, rows = accepted()
    browser = client(rows[0].expert.person.account.username)
    sent = {"_fields": ["text_applicant", "grade", "text_fund"], "text_applicant": "长" * 5001, "grade": "2", "text_fund": "可以"}
    answer = browser.post(f"/review/{rows[0].pk}/save/", sent).json()
    assert list(answer["errors"]) == ["text_applicant"]
    kept = Opinion.objects.get(assignment=rows[0])
    assert (kept.grade, kept.text_fund, kept.text_applicant) == (2, "可以", "")
    page = browser.post(f"/review/{rows[0].pk}/", {"do": "submit", "text_applicant": "太短", "grade": "3"})
    assert page.status_code == 422
    kept.refresh_from_db()
    assert (kept.grade, kept.text_applicant, kept.submitted_at) == (3, "太短", None)
