"""What every entry of a register has, whatever its kind and its table."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from headwater.core import clock
from headwater.core.i18n import named
from headwater.registers.models.kinds import KindVersion
from headwater.registers.shapes import ENDED, GROUPS
from headwater.registry.models import Discipline, Organisation, Person, Place, PriorityField

READERS = ("committee", "leadership", "system_admin")
"""Roles that read all entries; an officer of all calls does, too."""


class EntryQuerySet(models.QuerySet[Any]):
    def public(self) -> EntryQuerySet:
        return self.filter(is_public=True)

    def visible_to(self, user: Any) -> EntryQuerySet:
        """Return what is public, and what somebody sees from inside."""
        inside = self._inside(user)
        return self.all() if inside is None else self.filter(Q(is_public=True) | inside)

    def inside(self, user: Any) -> EntryQuerySet:
        """Return what somebody sees whole, not the public part alone: those of one's institution or agency, and those for which one holds a
        role; all for who reads everything.
        """
        inside = self._inside(user)
        return self.all() if inside is None else self.filter(inside)

    def _inside(self, user: Any) -> Q | None:
        """Return the condition on what somebody sees from inside; None where that is everything."""
        if not getattr(user, "is_authenticated", False):
            return Q(pk__in=[])
        if user.has_role(*READERS) or user.holds_everywhere("programme_officer"):
            return None
        kind = self.model._meta.label_lower
        keys = {g.scope_id for g in user.grants if g.scope_kind == kind}
        hosts, agencies = user.scopes("host_manager", "organisation"), user.scopes("recommender", "agency")
        condition = Q(pk__in=keys)
        if hosts:
            condition |= Q(host__in=hosts)
        if agencies:
            condition |= Q(host__recommender__in=agencies)
        return condition

    def real(self) -> EntryQuerySet:
        return self.filter(invented=False)


class Entry(models.Model):
    """A record that lasts: what it is, where, whose, and in which state of its kind.

    `group` and `is_public` are what the kind says of the state; the database refuses others. `since` is the day from which it has been at
    work, `until` the last one. `state_due` is the day by which it should leave its state. `source` and `licence` stand with facts that the
    region package brings; what a demo made up is `invented` and never stands in one list with what is real.
    An entry that others have succeeded (`succeeded_on`) is over; the database holds that.
    """

    class Group(models.TextChoices):
        PLANNED = "planned", _("筹建")
        LIVE = "live", _("运行")
        WATCHED = "watched", _("整改观察")
        ENDED = "ended", _("已终止")

    class Origin(models.TextChoices):
        OFFICER = "officer", _("主管登记")
        IMPORT = "import", _("表格导入")
        DECISION = "decision", _("批准决定")
        PACKAGE = "package", _("公开资料")

    number = models.CharField(_("编号"), max_length=40, unique=True)
    kind = models.CharField(_("种类"), max_length=40)
    version = models.ForeignKey(KindVersion, on_delete=models.PROTECT, related_name="+")
    name_zh = models.CharField(_("名称"), max_length=200)
    name_en = models.CharField(_("英文名称"), max_length=300, blank=True)
    name_mn = models.CharField(_("蒙古文名称"), max_length=300, blank=True)
    host = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("依托单位"))
    place = models.ForeignKey(Place, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("所在地"))
    latitude = models.DecimalField(_("纬度"), max_digits=8, decimal_places=5, null=True)
    longitude = models.DecimalField(_("经度"), max_digits=8, decimal_places=5, null=True)
    discipline = models.ForeignKey(Discipline, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("学科"))
    field = models.ForeignKey(PriorityField, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("优先领域"))
    state = models.CharField(_("状态"), max_length=40)
    group = models.CharField(_("状态类别"), max_length=8, choices=Group.choices)
    is_public = models.BooleanField(_("公开"))
    state_since = models.DateField(_("进入状态"))
    state_due = models.DateField(_("状态期限"), null=True)
    reminded_on = models.DateField(null=True)
    opened_on = models.DateField(_("登记日期"))
    since = models.DateField(_("运行起始"), null=True)
    until = models.DateField(_("终止日期"), null=True)
    origin = models.CharField(_("登记方式"), max_length=10, choices=Origin.choices)
    origin_id = models.BigIntegerField(null=True)
    origin_code = models.CharField(max_length=60, blank=True)
    source = models.CharField(_("来源"), max_length=300, blank=True)
    licence = models.CharField(_("许可"), max_length=60, blank=True)
    invented = models.BooleanField(_("演示虚构"), default=False)
    answers = models.JSONField(_("登记内容"), default=dict)
    revision = models.IntegerField(default=0)
    succeeded_on = models.DateField(_("被承继日期"), null=True)
    changed_at = models.DateTimeField(default=clock.now)
    objects = EntryQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["number"]
        indexes = [
            models.Index(fields=["kind", "state"], name="%(class)s_kind"),
            models.Index(fields=["host"], name="%(class)s_host"),
            models.Index(fields=["state_due"], name="%(class)s_due", condition=Q(state_due__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["origin_id"], condition=Q(origin="decision"), name="%(class)s_of_decision_once"),
            models.UniqueConstraint(fields=["origin_code"], condition=Q(origin="package"), name="%(class)s_of_package_once"),
            models.CheckConstraint(name="%(class)s_group", condition=Q(group__in=GROUPS)),
            models.CheckConstraint(
                name="%(class)s_with_successor_is_over", condition=Q(succeeded_on__isnull=True) | Q(group=ENDED)
            ),
            models.CheckConstraint(name="%(class)s_at_work_has_no_end", condition=Q(until__isnull=True) | Q(group=ENDED)),
            models.CheckConstraint(
                name="%(class)s_term", condition=Q(since__isnull=True) | Q(until__isnull=True) | Q(until__gte=F("since"))
            ),
            models.CheckConstraint(
                name="%(class)s_point",
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
            ),
            models.CheckConstraint(name="%(class)s_fact_has_source", condition=~Q(origin="package") | ~Q(source="")),
        ]

    def __str__(self) -> str:
        return f"{self.number} {named(self)}"


class Holder(models.Model):
    """Who holds an entry, in which part, from when until when: an institution or a person. A table of holders adds `entry`.

    `share` is a part of the whole, 0 to 1, where holders share costs or credit.
    """

    class Role(models.TextChoices):
        LEAD = "lead", _("依托单位")
        PARTNER = "partner", _("参与单位")
        BUILDER = "builder", _("共建单位")

    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(_("身份"), max_length=10, choices=Role.choices)
    share = models.DecimalField(_("份额"), max_digits=5, decimal_places=4, null=True)
    since = models.DateField(_("起"))
    until = models.DateField(_("止"), null=True)

    class Meta:
        abstract = True
        ordering = ["since", "id"]
        constraints = [
            models.UniqueConstraint(fields=["entry"], condition=Q(role="lead", until__isnull=True), name="%(class)s_leads_alone"),
            models.UniqueConstraint(
                fields=["entry", "organisation", "person"],
                condition=Q(until__isnull=True),
                name="%(class)s_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(name="%(class)s_is_one", condition=Q(organisation__isnull=False) ^ Q(person__isnull=False)),
            models.CheckConstraint(name="%(class)s_share", condition=Q(share__isnull=True) | Q(share__range=(0, 1))),
            models.CheckConstraint(name="%(class)s_period", condition=Q(until__isnull=True) | Q(until__gte=F("since"))),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.organisation or self.person}"

    @property
    def share_words(self) -> str:
        """Return the share in per cent; empty where none is agreed."""
        return "" if self.share is None else f"{(self.share * 100).normalize():f} %"
