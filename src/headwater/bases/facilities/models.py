"""Money that builds a facility, by source and year, and machine time that its users were given."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from headwater.bases.tables.models import BaseLine
from headwater.core.own import of_many
from headwater.registry.models import Organisation


class FundingLine(BaseLine):
    """What one source is to pay in one year, and what has come; `source` is a code of the kind of base."""

    source = models.CharField(_("来源"), max_length=40)
    payer = models.CharField(_("出资方"), max_length=120, blank=True)
    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("出资单位")
    )
    year = models.IntegerField(_("年度"))
    planned_fen = models.BigIntegerField(_("计划"))
    paid_fen = models.BigIntegerField(_("到位"), default=0)
    document = models.CharField(_("文件"), max_length=160, blank=True)

    class Meta:
        verbose_name = _("建设资金")
        ordering = ["base", "year", "source"]
        constraints = [
            models.UniqueConstraint(fields=["base", "source", "payer", "year"], name="funding_once"),
            models.CheckConstraint(name="funding_money", condition=Q(planned_fen__gte=0, paid_fen__gte=0)),
            models.CheckConstraint(name="funding_year", condition=Q(year__range=(1990, 2100))),
        ]

    def __str__(self) -> str:
        return f"{self.payer or self.source} {self.year}"


class MachineTime(BaseLine):
    """Hours of a year that were asked for (`asked`), given (`given`) and used (`used`). One that follows from a request names it."""

    class Standing(models.TextChoices):
        OUTSIDE = "outside", _("外部用户")
        INSIDE = "inside", _("依托单位用户")

    request = models.BigIntegerField(_("申请"), null=True)
    user = models.CharField(_("用户"), max_length=120)
    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("用户单位")
    )
    standing = models.CharField(_("用户类别"), max_length=8, choices=Standing.choices)
    purpose = models.CharField(_("用途"), max_length=300, blank=True)
    year = models.IntegerField(_("年度"))
    asked = models.IntegerField(_("申请机时"))
    given = models.IntegerField(_("批准机时"))
    used = models.IntegerField(_("实际使用"), null=True)

    class Meta:
        verbose_name = _("机时")
        ordering = ["-year", "user"]
        indexes = [models.Index(fields=["base", "year"], name="time_of_base")]
        constraints = [
            models.UniqueConstraint(fields=["request"], name="time_of_request_once"),
            models.CheckConstraint(name="time_hours", condition=Q(asked__range=(1, 8784), given__gte=0, given__lte=F("asked"))),
            models.CheckConstraint(name="time_used", condition=Q(used__isnull=True) | Q(used__gte=0)),
            models.CheckConstraint(name="time_year", condition=Q(year__range=(1990, 2100))),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.year}"


of_many(FundingLine, MachineTime)
