from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class NumberSeries(models.Model):
    """How far the numbers of a pattern have come, in a year where the pattern names it (else 0)."""

    pattern = models.CharField(max_length=60)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("编号序列")
        constraints = [models.UniqueConstraint(fields=["pattern", "year"], name="number_series_once")]

    def __str__(self) -> str:
        return f"{self.pattern} {self.year}: {self.last}"
