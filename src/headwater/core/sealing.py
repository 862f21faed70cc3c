"""The hash chain of events: every seal follows from its events and its predecessor, and is signed by a key outside the database."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import connection, transaction

from headwater.config import ConfigError
from headwater.core import anchors, canonical, clock, keys
from headwater.core.models import Identity, Seal

KEY = "seal"
SEAL_LOCK = 4_801_001
VERSION = 2

FIRST_FORM = """sha256(convert_to(concat_ws('|', e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
    to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), e.actor_id, e.actor_label, e.source, e.request_id,
    e.command, e.subject_type, e.subject_id, e.before::text, e.after::text), 'UTF8'))"""
"""As events were digested before seals were signed. Two events could share such a digest: no event is sealed with it any more."""

_ROWS = canonical.encoding("row", ["r.table_name::text", "r.key::text", "encode(r.digest, 'hex')"])
ROWS = f"""(SELECT encode(sha256(convert_to(string_agg({_ROWS}, ';' ORDER BY r.id), 'UTF8')), 'hex')
    FROM core_rowdigest r WHERE r.event_id = e.id)"""  # noqa: S608
"""The digests of the rows that the event's command wrote are part of the event."""

FIELDS = [
    "e.id::text",
    canonical.moment("e.at"),
    canonical.moment("e.recorded_at"),
    "e.actor_id::text",
    "e.actor_label::text",
    "e.source::text",
    "e.request_id::text",
    "e.command::text",
    "e.subject_type::text",
    "e.subject_id::text",
    "e.before::text",
    "e.after::text",
    ROWS,
]
SECOND_FORM = canonical.digest("event 2", FIELDS)


def identity() -> uuid.UUID:
    """Return the name of this database; it is given at the first sealing.

    Raises:
        ConfigError: it was given by another house, whose chain this one must not go on with.
    """
    row = Identity.objects.first()
    if row is None:
        name = uuid.uuid4()
        row = Identity.objects.create(id=name, signature=keys.signing_key(KEY).sign(_identity_words(name)))
    elif not is_signed(row.signature, _identity_words(row.pk), keys.public_keys(KEY)):
        raise ConfigError("the seals of this database were signed with other keys: name their folder in HEADWATER_KEYS")
    return row.pk


def _identity_words(name: uuid.UUID) -> bytes:
    return f"headwater database\n{name}".encode()


def words_of(seal: Seal, database: uuid.UUID) -> bytes:
    """Return the bytes that the signature of a seal is over: every value in a line of its own, none of which can hold a line's end."""
    at = seal.sealed_at.astimezone(UTC).isoformat(timespec="microseconds")
    values = [database, seal.pk, seal.version, bytes(seal.previous).hex(), bytes(seal.digest).hex(), seal.count]
    return "\n".join(["headwater seal", *map(str, values), str(seal.first_event), str(seal.last_event), at]).encode()


def is_signed(signature: bytes | memoryview | None, words: bytes, public_keys: list[Ed25519PublicKey]) -> bool:
    for key in public_keys if signature is not None else []:
        try:
            key.verify(bytes(signature or b""), words)
        except InvalidSignature:
            continue
        return True
    return False


def seal_events(*, batch: int = 20000, now: datetime | None = None) -> int:
    """Chain every committed, unsealed event into signed seals of at most `batch` events; returns how many were sealed.

    A writer never waits: events are only read, digests and seals go to tables of their own. One sealer at a time
    (advisory lock); a second one returns 0. The head of the chain goes to the anchor file once it is committed.
    """
    total: int = 0
    while True:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEAL_LOCK])
                if not cursor.fetchone()[0]:
                    return total
            count = _seal(batch, now or clock.now())
            if count:
                transaction.on_commit(hold_head)
        total += count
        if count < batch:
            return total


def _seal(batch: int, now: datetime) -> int:
    """Make one seal, whole from its first row on: no row of the chain is ever changed."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")  # the digests go in before the seal that they name
        cursor.execute("SELECT digest FROM core_seal ORDER BY id DESC LIMIT 1")
        row = cursor.fetchone()
        previous = bytes(row[0]) if row else b"\0" * 32
        cursor.execute("SELECT nextval(pg_get_serial_sequence('core_seal', 'id'))")
        number = cursor.fetchone()[0]
        cursor.execute(
            f"""WITH fresh AS (INSERT INTO core_eventseal (event_id, seal_id, digest)
                SELECT e.id, %s, {SECOND_FORM} FROM core_event e
                WHERE NOT EXISTS (SELECT 1 FROM core_eventseal s WHERE s.event_id = e.id) ORDER BY e.id LIMIT %s
                RETURNING event_id, digest)
            SELECT count(*), min(event_id), max(event_id), sha256(%s || string_agg(digest, ''::bytea ORDER BY event_id)) FROM fresh""",  # noqa: S608
            [number, batch, previous],
        )
        count, first, last, digest = cursor.fetchone()
    if count:
        seal = Seal(pk=number, version=VERSION, sealed_at=now, count=count, first_event=first, last_event=last)
        seal.previous, seal.digest = previous, digest
        seal.signature = keys.signing_key(KEY).sign(words_of(seal, identity()))
        seal.save(force_insert=True)
    return int(count)


def hold_head() -> None:
    """Write the newest seal into the anchor file, unless it is there."""
    seal = Seal.objects.order_by("-id").first()
    if seal is None or seal.signature is None or anchors.newest(settings.ANCHORS, str(identity())) >= seal.pk:
        return
    anchors.append(settings.ANCHORS, anchor_of(seal))


def anchor_of(seal: Seal, *, retired: bool = False) -> anchors.Anchor:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), sum(count) FROM core_seal WHERE id <= %s", [seal.pk])
        name, events = cursor.fetchone()
    signature = bytes(seal.signature or b"").hex()
    at = seal.sealed_at.astimezone(UTC).isoformat(timespec="microseconds")
    return anchors.Anchor(str(identity()), name, seal.pk, bytes(seal.digest).hex(), signature, int(events), at, retired)


def retire_database() -> None:
    """Note in the anchor file that this database is given up on purpose, so that the next one in its place is not taken for it."""
    seal = Seal.objects.order_by("-id").first()
    if seal is not None and Identity.objects.exists():
        anchors.append(settings.ANCHORS, anchor_of(seal, retired=True))


def unanchored(path: Path) -> list[str]:
    """Return what the anchor file knows and the database does not: missing or different seals, missing events, missing databases."""
    try:
        lines = anchors.read(path)
    except ValueError as error:
        return [str(error)]
    row = Identity.objects.first()
    own = str(row.pk) if row else ""
    seals = {s.pk: bytes(s.digest).hex() for s in Seal.objects.exclude(signature=None)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), (SELECT count(*) FROM core_event)")
        name, events = cursor.fetchone()
    differences = [f"{path} holds no seal of this database"] if seals and not any(a.database == own for a in lines) else []
    past = {a.database for a in lines if a.retired}
    missing = {a.database for a in lines if a.name == name and a.database != own} - past
    differences += [f"the database {x} stood here, and this is another one" for x in sorted(missing)]
    for anchor in lines:
        if anchor.database == own and seals.get(anchor.seal) != anchor.digest:
            differences.append(f"seal {anchor.seal} {'differs from its anchor' if anchor.seal in seals else 'is missing'}")
    most = max((a.events for a in lines if a.database == own), default=0)
    return differences + ([f"{events} events, {most} were anchored"] if events < most else [])


def unsigned_seals() -> list[str]:
    """Return the seals whose signature is missing or not of this house. Only seals before the first signed one need none."""
    seals = list(Seal.objects.order_by("id"))
    if all(s.signature is None for s in seals):
        return []
    row = Identity.objects.first()
    public_keys = keys.public_keys(KEY)
    if row is None or not is_signed(row.signature, _identity_words(row.pk), public_keys):
        return ["the database has no name that this house signed"]
    first = next(n for n, s in enumerate(seals) if s.signature is not None)
    return [f"seal {s.pk} is not signed" for s in seals[first:] if not is_signed(s.signature, words_of(s, row.pk), public_keys)]
