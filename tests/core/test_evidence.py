"""Evidence that cannot be bent unseen: the chain, its anchors, the guards and the rows that commands wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from headwater.core import anchors, canonical, coverage, guards, keys
from headwater.core.causes import RIGHTS, SYSTEM, declare
from headwater.core.command import Actor, command
from headwater.core.invariants import check
from headwater.core.models import Account, Event, EventSeal, OutboxMail, RowDigest, Seal
from headwater.core.sealing import (
    FIELDS,
    FIRST_FORM,
    KEY,
    SECOND_FORM,
    hold_head,
    retire_database,
    seal_events,
    unanchored,
    words_of,
)
from headwater.core.verifying import look, mail_head, watch
from headwater.review.models import Panel, PanelItem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("owner_connection")]


@pytest.fixture(autouse=True)
def own_commands() -> Iterator[None]:
    with RIGHTS.reopened():
        declare(dict.fromkeys(("test.write", "test.reopen", "test.vote", "test.name"), SYSTEM))
        yield


def write(text: str) -> Event:
    with command(Actor(None, "test"), "core.region.manage", name="test.write") as log:
        log(None, after={"text": text})
    return Event.objects.order_by("-id")[0]


def damage(*statements: str) -> None:
    """Change rows as somebody who owns the tables could: no trigger runs."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for sql in statements:
            cursor.execute(sql)
        cursor.execute("SET LOCAL session_replication_role = origin")


def found() -> dict[str, list[str]]:
    return {b.invariant.name: b.rows for b in look()}


@pytest.fixture
def anchored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An anchor file that holds the head of the chain as it is now."""
    file = tmp_path / "seals.jsonl"
    monkeypatch.setattr(settings, "ANCHORS", file)
    seal_events()
    hold_head()
    return file


# What two rows can look like


def decode(text: str) -> list[str | None]:
    """Read an encoding back: what can be read in one way only belongs to one row only."""
    values: list[str | None] = []
    rest = text.partition(",")[2]
    while rest:
        word = re.match(r"NULL|'((?:[^'\\]|'')*)'|E'((?:[^'\\]|''|\\\\)*)'", rest)
        assert word is not None
        plain = word[1] if word[2] is None else word[2].replace("\\\\", "\\")
        values.append(None if plain is None else plain.replace("''", "'"))
        rest = rest[word.end() :]
        assert not rest or rest.startswith(",")
        rest = rest[1:]
    return values


@hypothesis(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1, max_size=6))
def test_an_encoding_is_read_back_in_one_way_only(values: list[str | None]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {canonical.encoding('x', ['%s::text'] * len(values))}", values)
        text = cursor.fetchone()[0]
    assert decode(text) == values


def test_two_events_that_shared_a_digest_do_not_any_more() -> None:
    """The first form dropped what is missing and escaped nothing."""
    pair = (
        "SELECT 1 AS id, now() AS at, now() AS recorded_at, {} AS actor_id, {} AS actor_label, '' AS source, '' AS request_id, "
        "'c' AS command, 'a' AS subject_type, 1 AS subject_id, NULL::jsonb AS before, NULL::jsonb AS after"
    )
    with connection.cursor() as cursor:
        digests = []
        for form in (FIRST_FORM, SECOND_FORM):
            values = []
            for actor, label in (("NULL::bigint", "'7|x'"), ("7::bigint", "'x'")):
                cursor.execute(f"SELECT {form} FROM ({pair.format(actor, label)}) e")
                values.append(bytes(cursor.fetchone()[0]))
            digests.append(values[0] == values[1])
    assert digests == [True, False]
    assert len(FIELDS) == len(Event._meta.concrete_fields) + 1


# The chain


def test_seals_are_looked_at_before_new_ones_are_made(anchored: Path) -> None:
    """An event was changed and its seal deleted: sealing it anew would make it good again."""
    event = write("true")
    seal_events()
    hold_head()
    damage(
        f"""UPDATE core_event SET after = '{{"text": "false"}}' WHERE id = {event.pk}""",
        f"DELETE FROM core_seal WHERE id = (SELECT seal_id FROM core_eventseal WHERE event_id = {event.pk})",
        f"DELETE FROM core_eventseal WHERE event_id = {event.pk}",
    )
    broken = found()
    assert any("is missing" in row for row in broken["seals_anchored"])
    seal_events()
    assert any("is missing" in row for row in found()["seals_anchored"])


def test_nothing_left_of_the_chain_is_a_breach(anchored: Path) -> None:
    damage("DELETE FROM core_event", "DELETE FROM core_eventseal", "DELETE FROM core_seal", "DELETE FROM core_rowdigest")
    broken = found()
    assert any("is missing" in row for row in broken["seals_anchored"])
    assert any("were anchored" in row for row in broken["seals_anchored"])
    assert "counts, and no command wrote it" in broken["rows_as_written"][0]


def test_events_without_a_seal_are_a_breach(anchored: Path) -> None:
    anchored.unlink()
    damage("DELETE FROM core_eventseal", "DELETE FROM core_seal")
    assert "no seal" in found()["events_sealed"][0]


@pytest.mark.parametrize(
    "change", ["UPDATE core_event SET actor_label = 'nobody' WHERE id = %s", "DELETE FROM core_event WHERE id = %s"]
)
def test_a_recomputed_chain_has_no_signature(anchored: Path, change: str) -> None:
    event = write("true")
    seal_events()
    hold_head()
    seal = EventSeal.objects.get(pk=event.pk).seal_id
    again = "sha256(previous || (SELECT string_agg(digest, ''::bytea ORDER BY event_id) FROM core_eventseal e WHERE e.seal_id = core_seal.id))"
    damage(
        change.replace("%s", str(event.pk)),
        f"UPDATE core_eventseal s SET digest = {SECOND_FORM} FROM core_event e WHERE e.id = s.event_id AND s.seal_id = {seal}",
        "DELETE FROM core_eventseal s WHERE NOT EXISTS (SELECT 1 FROM core_event e WHERE e.id = s.event_id)",
        f"""UPDATE core_seal SET digest = coalesce({again}, sha256(previous)),
        count = (SELECT count(*) FROM core_eventseal e WHERE e.seal_id = {seal}) WHERE id = {seal}""",
    )
    broken = found()
    assert "event_unchanged" not in broken
    assert broken["seals_signed"] == [f"seal {seal} is not signed"]
    assert f"seal {seal} differs from its anchor" in broken["seals_anchored"]


def test_seals_of_the_time_before_signatures_stay_checkable(anchored: Path) -> None:
    damage(
        f"UPDATE core_eventseal s SET digest = {FIRST_FORM} FROM core_event e WHERE e.id = s.event_id AND s.seal_id = (SELECT min(id) FROM core_seal)",
        """UPDATE core_seal c SET version = 1, signature = NULL, first_event = NULL, last_event = NULL, digest = sha256(previous ||
        (SELECT string_agg(digest, ''::bytea ORDER BY event_id) FROM core_eventseal e WHERE e.seal_id = c.id))
        WHERE id = (SELECT min(id) FROM core_seal)""",
        "DELETE FROM core_eventseal WHERE seal_id > (SELECT min(id) FROM core_seal)",
        "DELETE FROM core_seal WHERE id > (SELECT min(id) FROM core_seal)",
    )
    anchored.unlink()
    assert {"event_unchanged", "chain_unbroken", "seals_signed"} & set(found()) == set()
    seal_events()
    assert {"event_unchanged", "chain_unbroken", "seals_signed"} & set(found()) == set()
    event = Event.objects.order_by("id")[0]
    damage(f"UPDATE core_event SET actor_label = 'nobody' WHERE id = {event.pk}")
    assert found()["event_unchanged"] == [f"event {event.pk} was changed ({event.command})"]


def test_an_unsigned_seal_after_a_signed_one_is_a_breach(anchored: Path) -> None:
    write("new")
    seal_events()
    last = Seal.objects.latest("pk")
    damage(f"UPDATE core_seal SET signature = NULL WHERE id = {last.pk}")
    assert found()["seals_signed"] == [f"seal {last.pk} is not signed"]


def test_a_seal_signed_by_a_rotated_key_is_good_and_by_another_house_not(anchored: Path) -> None:
    write("new")
    seal_events()
    seal = Seal.objects.latest("pk")
    keys.rotate(KEY)
    assert "seals_signed" not in found()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from headwater.core.sealing import identity

    other = Ed25519PrivateKey.generate().sign(words_of(seal, identity())).hex()
    damage(f"UPDATE core_seal SET signature = decode('{other}', 'hex') WHERE id = {seal.pk}")
    assert found()["seals_signed"] == [f"seal {seal.pk} is not signed"]


def test_anchor_file_is_for_its_owner_alone_and_only_grows(anchored: Path) -> None:
    before = anchored.read_text()
    assert anchored.stat().st_mode & 0o777 == 0o600
    write("new")
    seal_events()
    hold_head()
    hold_head()
    assert anchored.read_text().startswith(before)
    assert len(anchors.read(anchored)) == 2
    assert unanchored(anchored) == []


def test_a_database_that_took_the_place_of_another_is_a_breach(anchored: Path) -> None:
    line = json.loads(anchored.read_text().splitlines()[0])
    anchored.write_text(json.dumps(line | {"database": "another"}) + "\n" + anchored.read_text())
    assert unanchored(anchored) == ["the database another stood here, and this is another one"]
    anchored.write_text(anchored.read_text() + json.dumps(line | {"database": "another", "retired": True}) + "\n")
    assert unanchored(anchored) == []
    retire_database()
    assert anchors.read(anchored)[-1].retired


def test_a_copy_of_the_anchors_is_compared_too(anchored: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(anchored.read_bytes())
    anchored.write_text("")
    assert look(anchor=copy)[-1].invariant.name == "seals_anchored"
    hold_head()
    assert look(anchor=copy) == []
    copy.write_text(copy.read_text().replace('"digest": "', '"digest": "00'))
    assert [b.invariant.name for b in look(anchor=copy)] == ["seals_anchored_elsewhere"]


def test_the_head_goes_to_the_audit_administrators_once(anchored: Path) -> None:
    write("new")
    seal_events()
    before = OutboxMail.objects.count()
    sent = mail_head()
    mails = OutboxMail.objects.order_by("-id")[:sent]
    assert sent == OutboxMail.objects.count() - before > 0
    seal = Seal.objects.latest("pk")
    assert json.loads(mails[0].body.splitlines()[-1])["digest"] == bytes(seal.digest).hex()
    assert not mails[0].forget
    assert mail_head() == 0


# The guards


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("DROP TRIGGER event_append_only ON core_event", "trigger event_append_only on core_event is missing"),
        ("ALTER TABLE core_event DISABLE TRIGGER event_no_truncate", "trigger event_no_truncate on core_event is switched off"),
        ("DROP TRIGGER noted_update ON review_opinion", "trigger noted_update on review_opinion is missing"),
        (
            "CREATE OR REPLACE FUNCTION core_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "function core_append_only is not as declared",
        ),
        (
            "CREATE OR REPLACE TRIGGER event_append_only BEFORE DELETE ON core_event FOR EACH ROW EXECUTE FUNCTION core_append_only()",
            "trigger event_append_only on core_event is not as declared",
        ),
        (
            "ALTER TABLE calls_decision DROP CONSTRAINT decision_two_people",
            "constraint decision_two_people of calls_decision is missing or not enforced",
        ),
        ("DROP INDEX assignment_once", "constraint assignment_once of review_assignment is missing or not enforced"),
        ("ALTER TABLE core_event ENABLE ROW LEVEL SECURITY", "core_event hides rows"),
    ],
)
def test_a_guard_that_is_gone_is_named(statement: str, name: str) -> None:
    assert guards.weak_guards() == []
    with connection.cursor() as cursor:
        cursor.execute(statement)
    assert [b.rows for b in check(["guards_stand"])] == [[name]]


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("GRANT UPDATE ON core_event TO {}", "has UPDATE on core_event"),
        ("GRANT TRUNCATE ON calls_decision TO {}", "has TRUNCATE on calls_decision"),
        ("GRANT CREATE ON SCHEMA public TO {}", "may make tables and functions"),
        ("ALTER TABLE calls_decision OWNER TO {}", "owns 1 tables, calls_decision among them"),
        ("ALTER ROLE {} SUPERUSER", "is a superuser"),
        ("GRANT pg_read_all_data TO {}", "is a member of another role"),
    ],
)
def test_a_right_too_many_is_named(statement: str, name: str) -> None:
    assert guards.rights_too_many() == []
    with connection.cursor() as cursor:
        cursor.execute(statement.format(settings.DATABASE_ROLE))
    assert any(row.endswith(name) for row in guards.rights_too_many())


# The rows


def test_every_table_is_covered_or_left_out_with_a_reason() -> None:
    tables = {m._meta.db_table for m in apps.get_models(include_auto_created=True)}
    named = set(coverage.COVERS) | set(coverage.LEFT_OUT)
    assert tables - named == set()
    assert named - tables == set()
    assert set(coverage.COVERS) & set(coverage.LEFT_OUT) == set()
    assert all(str(reason) for reason in coverage.LEFT_OUT.values())


COUNTS = {table: cover.when for table, cover in coverage.COVERS.items()}
SEVENTEEN = [
    ("review_opinion", "total = total / 2"),
    ("review_opinion", """scores = '{"x": 1}'"""),
    ("review_opinion", "text_applicant = text_applicant || '.'"),
    ("review_ranking", "rank = rank + 100"),
    ("calls_decision", "reason = reason || '.'"),
    ("calls_decision", "approved_by_id = NULL"),
    ("review_panelitem", "yes = yes + 1, no = no - 1"),
    ("review_panelitem", "result = CASE result WHEN 'recommended' THEN 'not_recommended' ELSE 'recommended' END"),
    ("calls_letter", "issued_at = issued_at - interval '1 day'"),
    ("calls_noticerow", "amount_fen = amount_fen + 1"),
    ("calls_noticerow", "leader = leader || '.'"),
    ("review_assignment", "state = 'released'"),
    ("calls_call", "budget_fen = budget_fen + 1"),
    ("calls_formalcheck", "verdict = CASE verdict WHEN 'clear' THEN 'faulty' ELSE 'clear' END"),
    ("core_account", "password = password || 'x'"),
    ("core_rolegrant", "role = 'committee', until = NULL"),
    ("awards_award", "amount_fen = amount_fen + 1"),
    ("registry_person", "account_id = NULL"),
    ("calls_application", "title_zh = title_zh || '.'"),
]


@pytest.mark.parametrize(("table", "change"), SEVENTEEN)
def test_a_row_that_was_changed_by_sql_is_named(table: str, change: str) -> None:
    key = _some(table, change)
    damage(f"UPDATE {table} SET {change} WHERE id = {key}")
    rows = found()["rows_as_written"]
    assert len(rows) == 1
    assert rows[0].startswith(f"{table} {key} is ")


def _some(table: str, change: str) -> int:
    """A row that counts, that the change changes, and that the constraints let change."""
    more = {"core_rolegrant": "role = 'expert'", "review_panelitem": "no > 0", "registry_person": "account_id IS NOT NULL"}.get(
        table, "true"
    )
    more = "approved_by_id IS NOT NULL" if "approved_by" in change else more
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT min(id) FROM {table} WHERE ({COUNTS[table]}) AND {more}")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("table", ["review_conflict", "calls_documentsignature", "registry_sanction", "review_ballotcast"])
def test_a_row_that_was_deleted_by_sql_is_named(table: str) -> None:
    key = _some(table, "")
    damage(f"DELETE FROM {table} WHERE id = {key}")
    assert any(row.startswith(f"{table} {key} is gone") for row in found()["rows_as_written"])


def test_a_row_that_was_inserted_by_sql_is_named() -> None:
    damage(
        """INSERT INTO core_rolegrant (account_id, role, scope, scope_label, since)
        SELECT min(id), 'committee', 'all', '', now() FROM core_account"""
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM core_rolegrant")
        key = cursor.fetchone()[0]
    assert found()["rows_as_written"] == [f"core_rolegrant {key} counts, and no command wrote it"]


def test_digests_that_were_adjusted_too_break_the_seal_of_their_event() -> None:
    key = _some("calls_decision", "")
    digest = RowDigest.objects.filter(table_name="calls_decision", key=key).latest("pk")
    damage(
        f"UPDATE calls_decision SET reason = 'x' WHERE id = {key}",
        f"UPDATE core_rowdigest SET digest = (SELECT {coverage.COVERS['calls_decision'].digest} FROM calls_decision WHERE id = {key}) "
        f"WHERE id = {digest.pk}",
    )
    broken = found()
    assert "rows_as_written" not in broken
    assert broken["event_unchanged"][0].startswith(f"event {digest.event_id} was changed")


def test_votes_are_bound_from_the_closing_on_only() -> None:
    """While a panel votes the digests of its counters would tell who voted how, one ballot after the other."""
    cover = coverage.COVERS["review_panelitem"]
    item = PanelItem.objects.exclude(result="").order_by("pk")[0]
    before = RowDigest.objects.filter(table_name=cover.table).count()
    with command(Actor(None, "test"), "core.region.manage", name="test.reopen") as log:
        PanelItem.objects.filter(pk=item.pk).update(result="")
        log(item, after={})
    assert RowDigest.objects.filter(table_name=cover.table, key=item.pk).latest("pk").digest is None
    with command(Actor(None, "test"), "core.region.manage", name="test.vote") as log:
        PanelItem.objects.filter(pk=item.pk).update(yes=item.yes + 1)
        log(item, after={})
    assert RowDigest.objects.filter(table_name=cover.table).count() == before + 1


def test_the_closing_event_holds_the_votes_of_each_item() -> None:
    panel = Panel.objects.filter(state="closed").order_by("pk")[0]
    events = Event.objects.filter(
        command="review.close_voting", subject_type="review.panelitem", subject_id__in=panel.items.values("pk")
    )
    said = {e.subject_id: e.after for e in events}
    items = list(panel.items.exclude(result="not_revived"))  # those were never on the ballot
    names = ("yes", "no", "abstain", "vote", "missing", "result")
    assert said == {i.pk: {name: getattr(i, name) for name in names} for i in items}
    assert items


def test_a_draft_leaves_no_digest() -> None:
    application = apps.get_model("calls.Application")
    drafts = application.objects.filter(state="draft", number="").values_list("pk", flat=True)
    assert drafts
    assert not RowDigest.objects.filter(table_name="calls_application", key__in=list(drafts)).exists()


def test_the_nightly_look_finds_what_is_new_and_in_its_turn_the_rest() -> None:
    assert look() == []
    with command(Actor(None, "test"), "core.region.manage", name="test.name") as log:
        account = Account.objects.order_by("pk")[0]
        Account.objects.filter(pk=account.pk).update(name_en="A B")
        log(account, after={"name_en": "A B"})
    damage(f"UPDATE core_account SET password = 'x' WHERE id = {account.pk}")
    breaches: list[Any] = watch()
    first = next(b.rows[0] for b in breaches if b.invariant.name == "rows_as_written")
    assert first.startswith(f"core_account {account.pk} is not as")
    old = _some("calls_decision", "")
    damage(f"UPDATE calls_decision SET reason = 'x' WHERE id = {old}")
    cover = coverage.COVERS["calls_decision"]
    parts = [n for n in range(coverage.PARTS) if coverage.differing_rows(cover, since=10**9, part=n)]
    assert parts == [old % coverage.PARTS]
