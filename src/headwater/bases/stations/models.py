"""Sites of field stations: their plots, sensors, programmes of observation and counts of observations."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from headwater.bases.stations import rules
from headwater.bases.tables.models import BaseLine
from headwater.core.own import of_many


class Plot(BaseLine):
    """A piece of land that a station observes: a point, or the corners of its outline as [longitude, latitude]."""

    class Land(models.TextChoices):
        OWN = "own", _("自有")
        LEASE = "lease", _("租用")
        AGREEMENT = "agreement", _("协议使用")

    name = models.CharField(_("名称"), max_length=80)
    latitude = models.DecimalField(_("纬度"), max_digits=8, decimal_places=5, null=True)
    longitude = models.DecimalField(_("经度"), max_digits=8, decimal_places=5, null=True)
    outline = models.JSONField(_("边界"), default=list)
    area_ha = models.DecimalField(_("面积（公顷）"), max_digits=12, decimal_places=2, null=True)
    land = models.CharField(_("土地使用方式"), max_length=10, choices=Land.choices)
    land_until = models.DateField(_("土地使用到期"), null=True)
    since = models.DateField(_("设立日期"), null=True)

    class Meta:
        verbose_name = _("样地")
        ordering = ["base", "name"]
        constraints = [
            models.UniqueConstraint(fields=["base", "name"], name="plot_once"),
            models.CheckConstraint(
                name="plot_point",
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
            ),
            models.CheckConstraint(name="plot_area", condition=Q(area_ha__isnull=True) | Q(area_ha__gt=0)),
        ]

    def __str__(self) -> str:
        return self.name


class Sensor(BaseLine):
    """An instrument in the field; `kind` is a code of the kind of base."""

    class State(models.TextChoices):
        WORKING = "working", _("正常")
        FAULTY = "faulty", _("故障")
        OFF = "off", _("停用")
        GONE = "gone", _("已拆除")

    name = models.CharField(_("名称"), max_length=120)
    kind = models.CharField(_("类型"), max_length=40)
    plot = models.ForeignKey(Plot, null=True, on_delete=models.PROTECT, related_name="sensors", verbose_name=_("样地"))
    model = models.CharField(_("型号"), max_length=120, blank=True)
    installed_on = models.DateField(_("安装日期"))
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.WORKING)
    removed_on = models.DateField(_("拆除日期"), null=True)

    class Meta:
        verbose_name = _("传感器")
        ordering = ["base", "name"]
        constraints = [
            models.UniqueConstraint(fields=["base", "name"], name="sensor_once"),
            models.CheckConstraint(
                name="sensor_gone",
                condition=Q(state="gone", removed_on__isnull=False) | (~Q(state="gone") & Q(removed_on__isnull=True)),
            ),
            models.CheckConstraint(
                name="sensor_period", condition=Q(removed_on__isnull=True) | Q(removed_on__gte=F("installed_on"))
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Programme(BaseLine):
    """What a station observes, how, and how often: `times` observations `every` so often."""

    class Every(models.TextChoices):
        HALF_HOUR = rules.HALF_HOUR, _("每半小时")
        HOUR = rules.HOUR, _("每小时")
        DAY = rules.DAY, _("每天")
        WEEK = rules.WEEK, _("每周")
        TEN_DAYS = rules.TEN_DAYS, _("每旬")
        MONTH = rules.MONTH, _("每月")
        QUARTER = rules.QUARTER, _("每季度")
        YEAR = rules.YEAR, _("每年")

    item = models.CharField(_("观测项目"), max_length=80)
    method = models.CharField(_("方法或规范"), max_length=160, blank=True)
    every = models.CharField(_("频次"), max_length=10, choices=Every.choices)
    times = models.IntegerField(_("每次观测数"), default=1)
    plot = models.ForeignKey(Plot, null=True, on_delete=models.PROTECT, related_name="programmes", verbose_name=_("样地"))
    since = models.DateField(_("起始日期"))
    until = models.DateField(_("结束日期"), null=True)

    class Meta:
        verbose_name = _("观测项目")
        ordering = ["base", "item"]
        constraints = [
            models.UniqueConstraint(fields=["base", "item", "since"], name="programme_once"),
            models.CheckConstraint(name="programme_times", condition=Q(times__range=(1, 10_000))),
            models.CheckConstraint(name="programme_period", condition=Q(until__isnull=True) | Q(until__gte=F("since"))),
        ]

    def __str__(self) -> str:
        return self.item

    @property
    def rhythm(self) -> rules.Rhythm:
        return rules.Rhythm(self.every, self.times, self.since, self.until)


class ObservationCount(BaseLine):
    """How many observations of a programme there are for a month, or for a whole year (no month). Typed by the station, until the repository
    counts them itself. `expected` is worked out from the programme when the count is put.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="counts", verbose_name=_("观测项目"))
    year = models.IntegerField(_("年"))
    month = models.IntegerField(_("月"), null=True)
    observed = models.IntegerField(_("有效观测数"))
    expected = models.IntegerField(_("应观测数"))

    class Meta:
        verbose_name = _("观测数量")
        ordering = ["programme", "year", "month"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "year", "month"], name="count_once", nulls_distinct=False),
            models.CheckConstraint(name="count_month", condition=Q(month__isnull=True) | Q(month__range=(1, 12))),
            models.CheckConstraint(name="count_year", condition=Q(year__range=(1900, 2100))),
            models.CheckConstraint(name="count_observed", condition=Q(observed__gte=0, observed__lte=F("expected"))),
        ]

    def __str__(self) -> str:
        month = f"-{self.month:02}" if self.month else ""
        return f"{self.programme.item} {self.year}{month}"


of_many(Plot, Sensor, Programme, ObservationCount)
