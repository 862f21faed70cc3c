"""Bases of research: laboratories, infrastructure, stations, makerspaces, incubators, postdoctoral stations, in one table."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from headwater.bases.cultivation.models import GapValue, SupportRow
from headwater.bases.facilities.models import FundingLine, MachineTime
from headwater.bases.incubation.models import Assessment, Tenant
from headwater.bases.labs.models import BaseRule, OpenCall, OpenDay, OpenProject, SafetyRecord
from headwater.bases.people.models import BasePerson, PersonMonths
from headwater.bases.postdocs.models import Postdoc
from headwater.bases.stations.models import ObservationCount, Plot, Programme, Sensor
from headwater.core.own import of_many
from headwater.registers.models import Entry, Holder
from headwater.registry.models import Person

__all__ = [
    "Assessment",
    "Base",
    "BaseHolder",
    "BasePerson",
    "BaseRule",
    "FundingLine",
    "GapValue",
    "MachineTime",
    "ObservationCount",
    "OpenCall",
    "OpenDay",
    "OpenProject",
    "PersonMonths",
    "Plot",
    "Postdoc",
    "Programme",
    "SafetyRecord",
    "Sensor",
    "SupportRow",
    "Tenant",
]


class Base(Entry):
    """A base of research. Who leads it and who keeps its record are persons; their accounts hold the roles of the same name for it."""

    director = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("主任"))
    secretary = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("秘书"))
    ror = models.CharField("ROR", max_length=9, blank=True)
    wigos_id = models.CharField(_("WIGOS 站号"), max_length=40, blank=True)
    elevation_m = models.IntegerField(_("海拔（米）"), null=True)

    class Meta(Entry.Meta):
        abstract = False
        verbose_name = _("科技基地")
        indexes = [
            *Entry.Meta.indexes,
            models.Index(fields=["director"], name="base_director"),
            models.Index(fields=["secretary"], name="base_secretary"),
        ]


class BaseHolder(Holder):
    entry = models.ForeignKey(Base, on_delete=models.CASCADE, related_name="holders")

    class Meta(Holder.Meta):
        abstract = False
        verbose_name = _("基地依托单位")


of_many(Base, BaseHolder)
