"""The postdocs of a station."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from headwater.bases.tables.models import BaseLine
from headwater.core.own import of_many


class Postdoc(BaseLine):
    """A postdoc of a station: from entry to exit. `stays` says whether somebody who has left works in the region; None: not known."""

    class Exit(models.TextChoices):
        FINISHED = "finished", _("出站")
        WITHDRAWN = "withdrawn", _("退站")

    class Kind(models.TextChoices):
        FULL = "full", _("全职")
        IN_SERVICE = "in_service", _("在职")
        JOINT = "joint", _("联合培养")

    name = models.CharField(_("姓名"), max_length=80)
    kind = models.CharField(_("类型"), max_length=10, choices=Kind.choices)
    born_year = models.IntegerField(_("出生年份"), null=True)
    doctor_on = models.DateField(_("获博士学位日期"), null=True)
    entered_on = models.DateField(_("进站日期"))
    planned_exit = models.DateField(_("计划出站日期"))
    left_on = models.DateField(_("实际离站日期"), null=True)
    left_as = models.CharField(_("离站方式"), max_length=10, choices=Exit.choices, blank=True)
    supervisor = models.CharField(_("合作导师"), max_length=80)
    joint_station = models.CharField(_("联合培养的流动站"), max_length=160, blank=True)
    project = models.CharField(_("研究项目"), max_length=200, blank=True)
    subsidy_fen = models.BigIntegerField(_("资助"), default=0)
    stays = models.BooleanField(_("离站后留在本地区"), null=True)

    class Meta:
        verbose_name = _("博士后")
        ordering = ["-entered_on", "id"]
        indexes = [models.Index(fields=["base", "left_on"], name="postdoc_of_base")]
        constraints = [
            models.UniqueConstraint(fields=["base", "name", "entered_on"], name="postdoc_once"),
            models.CheckConstraint(name="postdoc_plan", condition=Q(planned_exit__gt=F("entered_on"))),
            models.CheckConstraint(name="postdoc_period", condition=Q(left_on__isnull=True) | Q(left_on__gte=F("entered_on"))),
            models.CheckConstraint(
                name="postdoc_left_whole",
                condition=Q(left_on__isnull=True, left_as="", stays__isnull=True) | (Q(left_on__isnull=False) & ~Q(left_as="")),
            ),
            models.CheckConstraint(name="postdoc_money", condition=Q(subsidy_fen__gte=0)),
        ]

    def __str__(self) -> str:
        return self.name


of_many(Postdoc)
