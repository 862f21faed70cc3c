"""Rows about a record of any kind, or about none: by the kind of the record (a code of `casework.subjects.SUBJECTS`) and its key."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from headwater.casework.subjects import SUBJECTS, subject_of


class AboutRecord(models.Model):
    """The columns of a row that may be about a record."""

    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.BigIntegerField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id}"

    @property
    def record(self) -> Any:
        """Return the record; None where the row is about none (1 query).

        Raises:
            LookupError: it is gone, or nobody declares its kind.
        """
        return None if self.subject_id is None else subject_of(self.subject_kind, self.subject_id)


def about_whole(name: str) -> models.CheckConstraint:
    """Return the constraint that a row names kind and key of its record, or neither."""
    none, both = Q(subject_kind="", subject_id__isnull=True), ~Q(subject_kind="") & Q(subject_id__isnull=False)
    return models.CheckConstraint(name=name, condition=none | both)


def lost(*tables: tuple[type[AboutRecord], str]) -> list[str]:
    """Return the rows of some tables, each with its word, whose record is gone or of a kind that nobody declares."""
    lines: list[str] = []
    for model, word in tables:
        rows = model._default_manager.exclude(subject_id=None)
        for label in rows.order_by().values_list("subject_kind", flat=True).distinct():
            there: Any = SUBJECTS[label].model._base_manager.values("pk") if label in SUBJECTS else []
            gone = rows.filter(subject_kind=label).exclude(subject_id__in=there).order_by("pk")
            lines += [f"{word} {pk} about {label} {subject}" for pk, subject in gone.values_list("pk", "subject_id")]
    return lines
