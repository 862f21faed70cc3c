"""Damage done behind the commands is found by the invariants, and named."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from headwater.awards.models import Agreement, Award, Signature
from headwater.calls.deciding.services.decisions import committed_fen
from headwater.calls.models import Application, Call
from headwater.core.invariants import INVARIANTS, check
from headwater.review.models import Assignment, Conflict, PanelItem, Round

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("owner_connection")]


def damage(sql: str, values: list[Any]) -> None:
    """Change rows as somebody with the keys of the database could: no trigger runs."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, values)
        assert cursor.rowcount == 1
        cursor.execute("SET LOCAL session_replication_role = origin")


def found() -> dict[str, list[str]]:
    """What breaks besides that no command wrote the row: that is found of every one of these, and has tests of its own."""
    names = [name for name in INVARIANTS if name != "rows_as_written"]
    return {b.invariant.name: b.rows for b in check(names)}


def test_finished_year_holds_together() -> None:
    assert check() == []
    assert Award.objects.filter(state="running").exists()


def test_conflicted_assignment_is_found() -> None:
    taken = Assignment.objects.values("expert")
    conflict = Conflict.objects.filter(kind="coauthor").exclude(expert__in=taken).order_by("pk").first()
    conflict = conflict or Conflict.objects.exclude(kind="same_entity").order_by("pk")[0]
    Conflict.objects.filter(application=conflict.application_id, expert=conflict.expert_id).exclude(pk=conflict.pk).delete()
    round_ = Round.objects.order_by("pk")[0]
    damage(
        """INSERT INTO review_assignment (round_id, application_id, expert_id, state, score, explanation, decline_reason)
        VALUES (%s, %s, %s, 'invited', 0, '{}', '')""",
        [round_.pk, conflict.application_id, conflict.expert_id],
    )
    row = Assignment.objects.latest("pk")
    name = f"assignment {row.pk}: expert {row.expert_id} / application {row.application_id} ({conflict.kind})"
    assert found()["no_conflicted_assignment"] == [name]
    row.delete()
    assert found() == {}


def test_assignment_in_the_own_entity_is_found_without_the_conflict() -> None:
    conflict = Conflict.objects.filter(kind="same_entity", application__host=F("expert__person__organisation")).order_by("pk")[0]
    Conflict.objects.filter(application=conflict.application_id, expert=conflict.expert_id).delete()
    row = Assignment.objects.create(
        round=Round.objects.order_by("pk")[0], application=conflict.application, expert=conflict.expert, state="invited"
    )
    number = conflict.application.number
    name = f"assignment {row.pk}: expert {row.expert_id} and application {number} share a legal entity"
    assert found() == {"no_assignment_in_own_entity": [name]}
    row.delete()
    assert found() == {}


def test_overspent_call_is_found() -> None:
    call = Call.objects.filter(decisions__outcome="fund").order_by("pk")[0]
    spent = committed_fen(call)
    damage("UPDATE calls_call SET budget_fen = %s WHERE id = %s", [spent - 1, call.pk])
    name = f"call {call.code}: {spent} fen decided, {spent - 1} fen in the budget"
    assert found() == {"call_within_budget": [name]}
    damage("UPDATE calls_call SET budget_fen = %s WHERE id = %s", [call.budget_fen, call.pk])
    assert found() == {}


def test_raised_decision_is_found() -> None:
    award = Award.objects.order_by("pk")[0]
    damage("UPDATE calls_decision SET amount_fen = amount_fen + 1000000000000 WHERE application_id = %s", [award.application_id])
    names = found()
    assert set(names) == {"call_within_budget", "award_matches_decision"}
    assert names["award_matches_decision"] == [f"award {award.number}"]


@pytest.mark.parametrize(("state", "to"), [("expired", "withdrawn"), ("rejected", "withdrawn"), ("in_review", "reviewed")])
def test_state_changed_without_an_event_is_found(state: str, to: str) -> None:
    row = Application.objects.filter(state=state).order_by("pk")[0]
    damage("UPDATE calls_application SET state = %s WHERE id = %s", [to, row.pk])
    assert found() == {"state_matches_events": [f"application {row.pk} is {to}, its last event says {state}"]}
    damage("UPDATE calls_application SET state = %s WHERE id = %s", [state, row.pk])
    assert found() == {}


def test_changed_vote_count_is_found() -> None:
    item = PanelItem.objects.filter(casts__isnull=False).order_by("pk")[0]
    casts = item.casts.count()
    damage("UPDATE review_panelitem SET yes = yes + 1 WHERE id = %s", [item.pk])
    assert found() == {"votes_match_casts": [f"panel item {item.pk}: {casts + 1} votes, {casts} ballots"]}
    damage("UPDATE review_panelitem SET yes = yes - 1 WHERE id = %s", [item.pk])
    assert found() == {}


def test_removed_ballot_is_found() -> None:
    item = PanelItem.objects.filter(casts__isnull=False).order_by("pk")[0]
    casts = item.casts.count()
    damage("DELETE FROM review_ballotcast WHERE id = %s", [item.casts.order_by("pk")[0].pk])
    assert found() == {"votes_match_casts": [f"panel item {item.pk}: {casts} votes, {casts - 1} ballots"]}


def test_changed_award_amount_is_found() -> None:
    award = Award.objects.order_by("pk")[0]
    damage("UPDATE awards_award SET amount_fen = amount_fen + 1 WHERE id = %s", [award.pk])
    assert found() == {"award_matches_decision": [f"award {award.number}"]}
    damage("UPDATE awards_award SET amount_fen = amount_fen - 1 WHERE id = %s", [award.pk])
    assert found() == {}


def test_removed_signature_is_found() -> None:
    award = Award.objects.filter(state="running").order_by("pk")[0]
    row = Signature.objects.filter(agreement__award=award, party="host").get()
    damage("DELETE FROM awards_signature WHERE id = %s", [row.pk])
    assert found() == {"running_award_is_signed": [f"award {award.number}"]}
    row.save(force_insert=True)
    assert found() == {}


def test_signature_on_another_content_is_found() -> None:
    award = Award.objects.filter(state="running").order_by("pk")[0]
    damage("UPDATE awards_agreement SET digest = repeat('0', 64) WHERE award_id = %s", [award.pk])
    assert found() == {
        "running_award_is_signed": [f"award {award.number}"],
        "agreement_unchanged": [f"agreement of award {award.pk}"],
    }


def test_changed_content_of_a_signed_agreement_is_found() -> None:
    award = Award.objects.filter(state="running").order_by("pk")[0]
    assert Agreement.objects.get(award=award).content["leader"] != "他人"
    damage("UPDATE awards_agreement SET content = jsonb_set(content, '{leader}', '\"他人\"') WHERE award_id = %s", [award.pk])
    assert found() == {"agreement_unchanged": [f"agreement of award {award.pk}"]}


def test_deleted_award_is_found() -> None:
    award = Award.objects.order_by("pk")[0]
    number = Application.objects.get(pk=award.application_id).number
    damage("DELETE FROM awards_award WHERE id = %s", [award.pk])
    assert found() == {"approved_has_award": [f"application {number}"]}
