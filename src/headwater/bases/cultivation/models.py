"""What a cultivated base has and plans of each indicator of the bar, and what supports it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headwater.core.own import of_many

YEARS = (1990, 2100)


class GapValue(models.Model):
    """What a base has (`now`) and what it planned to have (`plan`) of one indicator of its kind at the end of a year.

    The bar is a dated parameter of the region, so that it is kept in one place, and what it was on an earlier day is known.
    """

    entry = models.ForeignKey("bases.Base", on_delete=models.PROTECT, related_name="gap_values")
    indicator = models.CharField(_("指标"), max_length=40)
    year = models.SmallIntegerField(_("年度"))
    now = models.DecimalField(_("实际值"), max_digits=14, decimal_places=2, null=True)
    plan = models.DecimalField(_("计划值"), max_digits=14, decimal_places=2, null=True)
    note = models.CharField(_("说明"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("培育指标")
        ordering = ["indicator", "year"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "indicator", "year"], name="gapvalue_once"),
            models.CheckConstraint(name="gapvalue_says", condition=Q(now__isnull=False) | Q(plan__isnull=False)),
            models.CheckConstraint(name="gapvalue_year", condition=Q(year__range=YEARS)),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.year}"


class SupportRow(models.Model):
    """What is planned to support a base in a year, and what was given by now."""

    class Kind(models.TextChoices):
        PROJECT = "project", _("项目")
        PEOPLE = "people", _("人才与团队")
        MONEY = "money", _("经费")

    entry = models.ForeignKey("bases.Base", on_delete=models.PROTECT, related_name="support")
    kind = models.CharField(_("类别"), max_length=8, choices=Kind.choices)
    title = models.CharField(_("内容"), max_length=200)
    source = models.CharField(_("来源"), max_length=120, blank=True)
    year = models.SmallIntegerField(_("年度"))
    planned_fen = models.BigIntegerField(_("计划（万元）"), null=True)
    given_fen = models.BigIntegerField(_("到位（万元）"), null=True)

    class Meta:
        verbose_name = _("支持计划")
        ordering = ["year", "id"]
        indexes = [models.Index(fields=["entry", "year"], name="support_entry")]
        constraints = [
            models.CheckConstraint(name="support_planned", condition=Q(planned_fen__isnull=True) | Q(planned_fen__gte=0)),
            models.CheckConstraint(name="support_given", condition=Q(given_fen__isnull=True) | Q(given_fen__gte=0)),
            models.CheckConstraint(name="support_year", condition=Q(year__range=YEARS)),
        ]

    def __str__(self) -> str:
        return self.title


of_many(GapValue, SupportRow)
