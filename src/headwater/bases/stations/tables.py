"""The tables of a station: plots, sensors, programmes of observation, counts of observations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from headwater.bases.parts import TableKind
from headwater.bases.stations import rules
from headwater.bases.stations.forms import CountForm, PlotForm, ProgrammeForm, SensorForm
from headwater.bases.stations.models import ObservationCount, Plot, Programme, Sensor
from headwater.bases.tables.declared import TABLES, TableOf, Writing
from headwater.core import clock
from headwater.core.errors import Reason
from headwater.core.i18n import Bilingual
from headwater.core.listing import Column

PLOTS, SENSORS, PROGRAMMES, COUNTS = "plots", "sensors", "programmes", "observations"


def against_plot(plot: Any, _writing: Writing) -> Sequence[Reason]:
    reasons = []
    if plot.latitude is None and not plot.outline:
        reasons.append(Reason(_("请填写坐标或边界"), field="latitude"))
    if plot.land != Plot.Land.OWN and plot.land_until is None:
        reasons.append(Reason(_("租用或协议使用的，请填写到期日期"), field="land_until"))
    if plot.area_ha is not None and plot.area_ha <= 0:
        reasons.append(Reason(_("面积应大于零"), field="area_ha"))
    return reasons


def against_sensor(sensor: Any, _writing: Writing) -> Sequence[Reason]:
    reasons = []
    is_gone = sensor.state == Sensor.State.GONE
    if is_gone != (sensor.removed_on is not None):
        reasons.append(Reason(_("已拆除的填写拆除日期，未拆除的不填"), field="removed_on"))
    elif is_gone and sensor.removed_on < sensor.installed_on:
        reasons.append(Reason(_("拆除日期不能早于安装日期"), field="removed_on"))
    if sensor.installed_on > clock.today():
        reasons.append(Reason(_("安装日期不能晚于今天"), field="installed_on"))
    return reasons


def against_programme(programme: Any, _writing: Writing) -> Sequence[Reason]:
    if programme.until and programme.until < programme.since:
        return [Reason(_("结束日期不能早于起始日期"), field="until")]
    return []


def against_count(count: Any, _writing: Writing) -> Sequence[Reason]:
    """Work out what was to be observed, and tell what stands against a count."""
    since, until = rules.period_of(count.year, count.month)
    count.expected = rules.expected(count.programme.rhythm, since, until)
    if until >= clock.today():
        return [Reason(_("%s 还没有结束，结束后再填") % until, field="year")]
    if not count.expected:
        return [Reason(_("该项目在这一时期没有观测任务：请核对项目的起止日期"), field="year")]
    if count.observed > count.expected:
        words = {"n": count.expected, "every": count.programme.get_every_display(), "times": count.programme.times}
        text = _("不能多于应观测数 %(n)d（%(every)s %(times)d 个）；确实更多的，请先更正项目的频次")
        return [Reason(text % words, field="observed")]
    others = ObservationCount.objects.filter(programme=count.programme, year=count.year).exclude(pk=count.pk)
    if others.filter(month__isnull=count.month is not None).exists():
        return [Reason(_("这一年已按另一种方式（全年或分月）填报，不能混用"), field="month")]
    if others.filter(month=count.month).exists():
        return [Reason(_("这一时期已经填报，请在原来的一行上改"), field="month", code="double")]
    return []


def plot_columns(_kind: TableKind) -> Sequence[Column]:
    return (
        Column(_("名称"), lambda p: p.name, sort="name", kind="title"),
        Column(_("面积（公顷）"), lambda p: p.area_ha, sort="area_ha", kind="number"),
        Column(_("土地使用方式"), lambda p: p.get_land_display()),
        Column(_("土地使用到期"), lambda p: p.land_until, kind="date"),
        Column(_("坐标"), lambda p: "" if p.latitude is None else f"{p.latitude:.4f}, {p.longitude:.4f}", phone=False),
        Column(_("设立日期"), lambda p: p.since, kind="date", phone=False),
        Column(_("备注"), lambda p: p.note, screen=False),
    )


def sensor_columns(kind: TableKind) -> Sequence[Column]:
    return (
        Column(_("名称"), lambda s: s.name, sort="name", kind="title"),
        Column(_("类型"), lambda s: kind.word("kind", s.kind)),
        Column(_("状态"), lambda s: s.get_state_display()),
        Column(_("样地"), lambda s: s.plot.name if s.plot else "", phone=False),
        Column(_("型号"), lambda s: s.model, phone=False),
        Column(_("安装日期"), lambda s: s.installed_on, sort="installed_on", kind="date", phone=False),
        Column(_("拆除日期"), lambda s: s.removed_on, kind="date", screen=False),
        Column(_("备注"), lambda s: s.note, screen=False),
    )


def programme_columns(_kind: TableKind) -> Sequence[Column]:
    return (
        Column(_("观测项目"), lambda p: p.item, sort="item", kind="title"),
        Column(_("频次"), lambda p: p.get_every_display()),
        Column(_("每次观测数"), lambda p: p.times, kind="number", phone=False),
        Column(_("方法或规范"), lambda p: p.method, phone=False),
        Column(_("样地"), lambda p: p.plot.name if p.plot else "", phone=False),
        Column(_("起始日期"), lambda p: p.since, sort="since", kind="date"),
        Column(_("结束日期"), lambda p: p.until, kind="date", phone=False),
        Column(_("备注"), lambda p: p.note, screen=False),
    )


def count_columns(_kind: TableKind) -> Sequence[Column]:
    return (
        Column(_("观测项目"), lambda c: c.programme.item, kind="title"),
        Column(_("年"), lambda c: c.year, sort="year"),
        Column(_("月"), lambda c: c.month or _("全年")),
        Column(_("有效观测数"), lambda c: c.observed, kind="number"),
        Column(_("应观测数"), lambda c: c.expected, kind="number"),
        Column(_("完整率（%）"), lambda c: rules.completeness([(c.observed, c.expected)]), kind="number"),
        Column(_("备注"), lambda c: c.note, screen=False),
    )


TABLES.add(
    PLOTS,
    TableOf(
        code=PLOTS,
        name=Bilingual("样地", "Plots"),
        noun=Bilingual("样地", "plot"),
        model=Plot,
        form=PlotForm,
        columns=plot_columns,
        order="name",
        search=("name",),
        once=("name",),
        against=against_plot,
        keeps=lambda p: _("还有传感器或观测项目在这块样地上") if p.sensors.exists() or p.programmes.exists() else "",
        hint=Bilingual(
            "登记样地的坐标或边界、面积和土地使用期限。",
            "Record where the plots are, their area and for how long the land may be used.",
        ),
    ),
)
TABLES.add(
    SENSORS,
    TableOf(
        code=SENSORS,
        name=Bilingual("传感器", "Sensors"),
        noun=Bilingual("传感器", "sensor"),
        model=Sensor,
        form=SensorForm,
        columns=sensor_columns,
        reads=("plot",),
        order="name",
        search=("name", "model"),
        coded=("kind",),
        once=("name",),
        against=against_sensor,
    ),
)
TABLES.add(
    PROGRAMMES,
    TableOf(
        code=PROGRAMMES,
        name=Bilingual("观测项目", "Programmes of observation"),
        noun=Bilingual("观测项目", "programme of observation"),
        model=Programme,
        form=ProgrammeForm,
        columns=programme_columns,
        reads=("plot",),
        order="item",
        search=("item", "method"),
        once=("item", "since"),
        against=against_programme,
        keeps=lambda p: _("这个项目已有观测数量") if p.counts.exists() else "",
    ),
)
TABLES.add(
    COUNTS,
    TableOf(
        code=COUNTS,
        name=Bilingual("观测数量（自报）", "Counts of observations (self-reported)"),
        noun=Bilingual("观测数量", "count of observations"),
        model=ObservationCount,
        form=CountForm,
        columns=count_columns,
        reads=("programme",),
        order="-year",
        search=("programme__item",),
        against=against_count,
        hint=Bilingual(
            "按月或按年填报有效观测数，完整率由频次算出。", "Counts by month or by year; completeness follows from the rhythm."
        ),
    ),
)
