from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headwater.calls.states import CallState, Stage
from headwater.core import clock
from headwater.core.i18n import named
from headwater.core.models import Account
from headwater.core.roles import Scope
from headwater.registry.models import Agency, Organisation


class SchemeVersion(models.Model):
    """A scheme as the region package declared it. A changed declaration is a new version; a call keeps the version with which
    it was made.
    """

    region = models.CharField(max_length=40)
    code = models.CharField(max_length=60)
    version = models.IntegerField()
    name_zh = models.CharField(_("名称"), max_length=120)
    name_en = models.CharField(max_length=160)
    definition = models.JSONField()
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("项目类型")
        ordering = ["code", "-version"]
        constraints = [models.UniqueConstraint(fields=["region", "code", "version"], name="scheme_version_once")]

    def __str__(self) -> str:
        return named(self)


OPEN_TO_ALL = (CallState.PUBLISHED, CallState.FINISHED, CallState.CANCELLED)


class CallQuerySet(models.QuerySet["Call"]):
    def visible_to(self, user: Any) -> CallQuerySet:
        """Return the calls that somebody may see. Published calls are public, also once they are finished or cancelled; drafts
        are for officers (of some calls: theirs), the committee and leaders.
        """
        if not getattr(user, "is_authenticated", False):
            return self.filter(state__in=OPEN_TO_ALL)
        if user.has_role("committee", "leadership", "system_admin") or user.holds_everywhere("programme_officer"):
            return self.all()
        return self.filter(Q(state__in=OPEN_TO_ALL) | Q(pk__in=user.scopes("programme_officer", Scope.CALL)))

    def open_at(self, at: datetime) -> CallQuerySet:
        return self.filter(state=CallState.PUBLISHED, opens_at__lte=at, closes_at__gt=at)


class Call(models.Model):
    """A call (申报批次): one scheme version, one year, one budget, one timetable."""

    code = models.CharField(_("编号"), max_length=40, unique=True)
    scheme = models.ForeignKey(SchemeVersion, on_delete=models.PROTECT, related_name="calls")
    agency = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT)
    year = models.IntegerField(_("年度"))
    title_zh = models.CharField(_("名称"), max_length=200)
    title_en = models.CharField(_("英文名称"), max_length=240, blank=True)
    guide_zh = models.TextField(_("申报指南"), blank=True)
    guide_en = models.TextField(_("英文指南"), blank=True)
    contact = models.CharField(_("联系方式"), max_length=200, blank=True)
    budget_fen = models.BigIntegerField(_("预算（分）"))
    state = models.CharField(_("状态"), max_length=12, choices=CallState.choices, default=CallState.DRAFT)
    published_at = models.DateTimeField(_("指南发布"), null=True, blank=True)
    opens_at = models.DateTimeField(_("申报开始"))
    closes_at = models.DateTimeField(_("申报截止"))
    endorse_by = models.DateTimeField(_("单位审核截止"))
    recommend_by = models.DateTimeField(_("归口推荐截止"))
    topics = models.JSONField(_("指南方向"), default=list, blank=True)
    overrides = models.JSONField(_("本批次参数"), default=dict, blank=True)
    stage = models.CharField(_("阶段"), max_length=8, choices=Stage.choices, default=Stage.WHOLE, blank=True)
    outline = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="full_calls", verbose_name=_("预申报批次")
    )
    cloned_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    drafted_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    edited_by = ArrayField(models.BigIntegerField(), default=list, blank=True)
    approved_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = _("申报批次")
        ordering = ["-year", "code"]
        constraints = [
            models.CheckConstraint(name="call_budget_not_negative", condition=Q(budget_fen__gte=0)),
            models.CheckConstraint(
                name="call_full_follows_outline",
                condition=Q(stage="full", outline__isnull=False) | ~Q(stage="full") & Q(outline__isnull=True),
            ),
            models.CheckConstraint(
                name="call_dates_in_order",
                condition=Q(opens_at__lt=models.F("closes_at"))
                & Q(endorse_by__gte=models.F("closes_at"))
                & Q(recommend_by__gte=models.F("endorse_by")),
            ),
            models.CheckConstraint(
                name="call_two_officers",
                condition=Q(approved_by__isnull=True) | Q(drafted_by__isnull=True) | ~Q(approved_by=models.F("drafted_by")),
            ),
            models.CheckConstraint(
                name="call_approved_by_no_editor",
                condition=Q(approved_by__isnull=True) | ~Q(edited_by__contains=[models.F("approved_by")]),
            ),
        ]

    def __str__(self) -> str:
        return named(self, "title")

    def topic(self, code: str) -> dict[str, str] | None:
        return next((t for t in self.topics if t["code"] == code), None)

    @property
    def is_open(self) -> bool:
        return self.state == CallState.PUBLISHED and self.opens_at <= clock.now() < self.closes_at


class HostQuota(models.Model):
    """The number of applications that a host may endorse in a call, with the figures behind it (handbook 2.4)."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="quotas")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    quota = models.IntegerField()
    basis = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("单位限额")
        constraints = [
            models.UniqueConstraint(fields=["call", "organisation"], name="host_quota_once"),
            models.CheckConstraint(name="host_quota_not_negative", condition=Q(quota__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.quota}"
