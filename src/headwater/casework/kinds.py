"""Kinds that a region package declares for an engine, as they were loaded: a changed kind is a new version, and what was made under one keeps it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from headwater.core import clock
from headwater.core.command import Log

Rows = TypeVar("Rows", bound="KindQuerySet")


class KindQuerySet(models.QuerySet[Any]):
    def current(self: Rows, region: str) -> Rows:
        """Return the newest version of each kind that the region's package still has."""
        newest = self.model._default_manager.filter(region=region).order_by("code", "-version").distinct("code")
        return self.filter(pk__in=newest.values("pk"), dropped_at__isnull=True)

    def visible_to(self: Rows, user: Any) -> Rows:
        """Return all: what a region declares is public."""
        return self.all()


class KindVersion(models.Model):
    """A kind of a region package at one time: `definition` is its table. One that a later package leaves out is dropped: nothing new is made of it."""

    region = models.CharField(max_length=40)
    code = models.CharField(_("代码"), max_length=60)
    version = models.IntegerField(_("版本"))
    name_zh = models.CharField(_("名称"), max_length=200)
    name_en = models.CharField(_("英文名称"), max_length=300)
    definition = models.JSONField()
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()
    dropped_at = models.DateTimeField(null=True)
    objects = KindQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name_zh


def load_kinds(model: type[KindVersion], region: str, definitions: Sequence[Mapping[str, Any]], log: Log) -> int:
    """Store the kinds of a package that was checked: new versions of what changed, a mark on what is gone. Call inside a command;
    returns how many changed.
    """
    rows: KindQuerySet = model.objects.filter(region=region)
    newest = {row.code: row for row in rows.order_by("code", "-version").distinct("code")}
    changed = 0
    for definition in definitions:
        digest = hashlib.sha256(json.dumps(definition, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()
        last = newest.pop(str(definition["code"]), None)
        if last is not None and last.digest == digest and last.dropped_at is None:
            continue
        fields = {"code": definition["code"], "name_zh": definition["name_zh"], "name_en": definition["name_en"]}
        version = last.version + 1 if last else 1
        row = model(region=region, version=version, definition=definition, digest=digest, loaded_at=clock.now(), **fields)
        row.save(force_insert=True)
        log(row, after={"code": row.code, "version": row.version})
        changed += 1
    gone = [row for row in newest.values() if row.dropped_at is None]
    for row in gone:
        row.dropped_at = clock.now()
        log(row, after={"dropped": row.code})
    model.objects.bulk_update(gone, ["dropped_at"])
    return changed + len(gone)
