"""Takes over the kinds of a checked region package: a changed one becomes a new version, which the entries of the kind follow."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Count

from headwater.core import clock
from headwater.core.command import Log
from headwater.core.errors import Reason, refuse_if
from headwater.registers.declared import tables
from headwater.registers.models import KindVersion
from headwater.registers.parsing import parse_kind
from headwater.registers.shapes import ENDED, Kind

Use = Mapping[tuple[str, str], tuple[int, str]]
"""How many entries stand in a state of a kind, and in which group."""


def load_kinds(region: str, definitions: Sequence[dict[str, Any]], log: Log) -> int:
    """Load the kinds of a package; returns how many are new or changed. Call inside a command.

    Raises:
        Refused: entries stand in a kind or a state that the package does not have any more.
    """
    kinds = [parse_kind(d)[0] for d in definitions]
    refuse_if(_lost(region, kinds))
    current = {v.code: v for v in KindVersion.objects.filter(region=region, is_current=True)}
    codes = {kind.code for kind in kinds}
    KindVersion.objects.filter(pk__in=[v.pk for code, v in current.items() if code not in codes]).update(is_current=False)
    changed = 0
    for kind, definition in zip(kinds, definitions, strict=True):
        digest = hashlib.sha256(json.dumps(definition, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
        before = current.get(kind.code)
        if before is not None and before.digest == digest:
            continue
        _follow(_new_version(region, kind, definition, digest, log), log)
        changed += 1
    return changed


def _new_version(region: str, kind: Kind, definition: dict[str, Any], digest: str, log: Log) -> KindVersion:
    rows = KindVersion.objects.filter(region=region, code=kind.code)
    last = rows.order_by("-version").values_list("version", flat=True).first() or 0
    rows.filter(is_current=True).update(is_current=False)
    version = KindVersion.objects.create(
        region=region,
        code=kind.code,
        register=kind.register,
        version=last + 1,
        name_zh=kind.name_zh,
        name_en=kind.name_en,
        definition=definition,
        states={s.code: {"group": s.group, "public": s.public and bool(kind.public)} for s in kind.states},
        digest=digest,
        loaded_at=clock.now(),
    )
    log(version, after={"code": version.code, "version": version.version})
    return version


def _follow(version: KindVersion, log: Log) -> None:
    """Let the entries of a kind follow its new version: one statement for each table of entries."""
    for label, model in tables().items():
        with connection.cursor() as cursor:
            cursor.execute(
                f"""UPDATE {model._meta.db_table} e SET version_id = %s, "group" = s.value ->> 'group',
                    is_public = (s.value ->> 'public')::boolean
                FROM registers_kindversion v, jsonb_each(v.states) s, {model._meta.db_table} old, registers_kindversion earlier
                WHERE v.id = %s AND e.kind = v.code AND s.key = e.state AND old.id = e.id
                AND earlier.id = old.version_id AND earlier.region = v.region
                RETURNING e.id, old.version_id, old.is_public, e.is_public""",  # noqa: S608 -- the name of our own table
                [version.pk, version.pk],
            )
            for pk, earlier, was_public, is_public in cursor.fetchall():
                log.add(label, pk, {"version": earlier, "is_public": was_public}, {"version": version.pk, "is_public": is_public})


def _lost(region: str, kinds: Sequence[Kind]) -> list[Reason]:
    """Return the kinds and states that entries stand in and the package has lost, or has in a group that does not fit them."""
    by_code, reasons = {kind.code: kind for kind in kinds}, []
    for (code, state), (count, group) in _in_use(region).items():
        kind = by_code.get(code)
        now = kind.state.get(state) if kind else None
        if kind is None:
            reasons.append(Reason(f"registers: {count} entries are of the kind {code!r}, which the package does not have"))
        elif now is None:
            reasons.append(Reason(f"registers: {count} entries of {code!r} stand in the state {state!r}, which it does not have"))
        elif (now.group == ENDED) != (group == ENDED):
            text = f"registers: {count} entries of {code!r} stand in the state {state!r}, which was {group} and is {now.group}"
            reasons.append(Reason(text))
    return reasons


def _in_use(region: str) -> Use:
    use: dict[tuple[str, str], tuple[int, str]] = {}
    for model in tables().values():
        for kind, state, group, n in (
            model._default_manager.filter(version__region=region)
            .order_by()
            .values_list("kind", "state", "group")
            .annotate(n=Count("pk"))
        ):
            use[kind, state] = (use.get((kind, state), (0, ""))[0] + n, group)
    return use
