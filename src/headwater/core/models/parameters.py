from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Parameter(models.Model):
    """A dated value of policy: a number, a table or a list, with its source. Evaluated at the call's date, never today."""

    region = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    applies_to = models.CharField(max_length=60, blank=True, help_text="scheme code; empty for all")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    value = models.JSONField()
    source = models.CharField(max_length=300, blank=True)
    confidence = models.CharField(max_length=20, blank=True)
    label_zh = models.CharField(max_length=60, blank=True)
    label_en = models.CharField(max_length=80, blank=True)

    class Meta:
        verbose_name = _("参数")
        constraints = [
            models.UniqueConstraint(fields=["region", "key", "applies_to", "valid_from"], name="parameter_once"),
            models.CheckConstraint(
                name="parameter_period", condition=Q(valid_to__isnull=True) | Q(valid_to__gt=models.F("valid_from"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.applies_to} {self.valid_from}"
