"""Loads a checked region package: idempotent, in one transaction; a changed scheme becomes a new version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, cast
from urllib.parse import quote

from django.db import models

from headwater.calls.models import SchemeVersion
from headwater.core import clock
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Reason, Refused
from headwater.core.models import Parameter
from headwater.core.parameters import forget_parameters
from headwater.core.search import SearchRow, index
from headwater.regions.declared import undeclared
from headwater.regions.load_policy import load_policy
from headwater.regions.outlines import drawing
from headwater.regions.package import Package
from headwater.regions.tables import PROFILE, counted_level
from headwater.registry.models import (
    Agency,
    Discipline,
    Organisation,
    Outlines,
    Place,
    PlaceGroup,
    PriorityField,
    Region,
    ReviewGroup,
)

CONTRACT = ("address", "legal_representative", "bank", "bank_account")
"""What contracts say of an institution."""


def load_region(*, package: Package, actor: Actor) -> dict[str, int]:
    """Load a package; returns how many rows of each kind were new or changed. Loading the same package again changes nothing.

    Raises:
        Refused: the package has mistakes; each is a reason.
    """
    if mistakes := package.mistakes or undeclared(package):
        raise Refused([Reason(str(m)) for m in mistakes])
    code = package.tables["region"]["region"]["code"]
    with command(actor, "core.region.manage", name="regions.load_region") as log:
        previous = Region.objects.filter(code=code).first()
        counts = _load(package, code, log)
        if previous is None or previous.digest != package.digest:
            region = _region(package, previous.version + 1 if previous else 1)
            log(region, after={"version": region.version, "digest": package.digest, "changed": counts})
    return counts


def _region(package: Package, version: int) -> Region:
    """Store the region's own record, and the outlines of its places as one drawing."""
    head, level = package.tables["region"]["region"], counted_level(package)
    region, _is_new = Region.objects.update_or_create(
        code=head["code"],
        defaults={
            "name_zh": head["name_zh"],
            "name_en": head["name_en"],
            "place": Place.objects.get(code=head["place"]),
            "places_level": level["code"],
            "places_zh": level["name_zh"],
            "places_en": level["name_en"],
            **{key: head[key] for key in PROFILE},
            "bases": head.get("bases", {}),
            "notice_mark": head.get("notice_mark", ""),
            "office": head.get("office", {}),
            "digest": package.digest,
            "version": version,
            "loaded_at": clock.now(),
        },
    )
    Outlines.objects.filter(region=region).delete()
    if package.outlines:
        Outlines.objects.create(
            region=region, **drawing(package.outlines), source=package.outlines["source"], licence=package.outlines["licence"]
        )
    return region


def _load(package: Package, region: str, log: Log) -> dict[str, int]:
    t = package.tables
    counts = {"places": _upsert(Place, t["places"]["place"], ("name_zh", "name_en", "name_mn", "level"))}
    _parents(Place, t["places"]["place"])
    place_groups = [{**g, "order": n} for n, g in enumerate(t["places"].get("group", []))]
    counts["place_groups"] = _upsert(PlaceGroup, place_groups, ("name_zh", "name_en", "places", "order"))
    places = {p.code: p.pk for p in Place.objects.all()}
    agencies = [{**a, "place_id": places.get(a.get("place", ""))} for a in t["agencies"]["agency"]]
    counts["agencies"] = _upsert(Agency, agencies, ("name_zh", "name_en", "full_name_zh", "kind", "recommends", "place_id"))
    by_code = {a.code: a.pk for a in Agency.objects.all()}
    counts["fields"] = _upsert(PriorityField, t["fields"]["priority_field"], ("name_zh", "name_en", "articles"))
    groups = [{**g, "prefixes": g.get("discipline_prefixes", []), "order": n} for n, g in enumerate(t["fields"]["review_group"])]
    counts["groups"] = _upsert(ReviewGroup, groups, ("name_zh", "name_en", "prefixes", "order"))
    counts["disciplines"] = _upsert(Discipline, t["disciplines"]["discipline"], ("name_zh", "name_en", "level"))
    _parents(Discipline, t["disciplines"]["discipline"])
    organisations = [
        {**o, "place_id": places.get(o.get("place", "")), "recommender_id": by_code.get(o.get("recommender", ""))}
        for o in t["organisations"]["organisation"]
    ]
    names = ("name_zh", "name_en", "name_mn", "kind", "ror", "moe_code", "direct", "place_id", "recommender_id")
    counts["organisations"] = _upsert(Organisation, organisations, (*names, *CONTRACT))
    index(
        SearchRow("organisation", o.pk, o.name_zh, f"/projects/?q={quote(o.name_zh)}", o.name_en)
        for o in Organisation.objects.all()
    )
    counts["parameters"] = _parameters(region, t["parameters"]["parameter"])
    counts["articles"] = load_policy(region, t["policy"], by_code)
    counts["schemes"] = _schemes(region, package.schemes, log)
    return counts


def _upsert(model: type[models.Model], rows: Iterable[dict[str, Any]], fields: tuple[str, ...]) -> int:
    """Insert new codes and update changed ones: one read, one statement."""
    manager = model._default_manager
    rows_before = {r["code"]: r for r in manager.values("code", *fields)}
    empty = {f: cast("models.Field[Any, Any]", model._meta.get_field(f.removesuffix("_id"))).get_default() for f in fields}
    changed = []
    for row in rows:
        values = {f: row.get(f, empty[f]) for f in fields}
        if rows_before.get(row["code"]) != {"code": row["code"], **values}:
            changed.append(model(code=row["code"], **values))
    manager.bulk_create(changed, batch_size=1000, update_conflicts=True, unique_fields=["code"], update_fields=list(fields))
    return len(changed)


def _parents(model: type[Place] | type[Discipline], rows: Iterable[dict[str, Any]]) -> None:
    by_code = {r.code: r for r in model._default_manager.all()}
    changed: list[Any] = []
    for row in rows:
        parent = by_code.get(row.get("parent", ""))
        if by_code[row["code"]].parent_id != (parent.pk if parent else None):
            by_code[row["code"]].parent = parent
            changed.append(by_code[row["code"]])
    model._default_manager.bulk_update(changed, ["parent"], batch_size=1000)


def _parameters(region: str, rows: list[dict[str, Any]]) -> int:
    records = []
    for row in rows:
        for scheme in row.get("applies_to") or [""]:
            # The package names the last valid day; the table keeps the first day that is not valid any more.
            end = row["valid_to"] + timedelta(days=1) if row.get("valid_to") else None
            records.append(
                Parameter(
                    region=region,
                    key=row["key"],
                    applies_to=scheme,
                    valid_from=row["valid_from"],
                    valid_to=end,
                    value=row["value"],
                    source=row.get("source", "")[:300],
                    confidence=row.get("confidence", ""),
                    label_zh=row.get("label_zh", ""),
                    label_en=row.get("label_en", ""),
                )
            )
    fields = ["valid_to", "value", "source", "confidence", "label_zh", "label_en"]

    def values_of(p: Parameter) -> list[Any]:
        return [getattr(p, name) for name in fields]

    values_before = {(p.key, p.applies_to, p.valid_from): values_of(p) for p in Parameter.objects.filter(region=region)}
    changed = [p for p in records if values_before.get((p.key, p.applies_to, p.valid_from)) != values_of(p)]
    forget_parameters()
    Parameter.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["region", "key", "applies_to", "valid_from"], update_fields=fields
    )
    return len(changed)


def _schemes(region: str, definitions: list[dict[str, Any]], log: Log) -> int:
    changed = 0
    for definition in definitions:
        text = json.dumps(definition, ensure_ascii=False, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        head = definition["scheme"]
        last = SchemeVersion.objects.filter(region=region, code=head["code"]).order_by("-version").first()
        if last and last.digest == digest:
            continue
        version = SchemeVersion.objects.create(
            region=region,
            code=head["code"],
            version=(last.version + 1) if last else 1,
            name_zh=head["name_zh"],
            name_en=head["name_en"],
            definition=definition,
            digest=digest,
            loaded_at=clock.now(),
        )
        log(version, after={"code": version.code, "version": version.version})
        changed += 1
    return changed
