"""Tables of awards: the award, its agreement (任务书), three signatures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from headwater.calls.models import Application, Call
from headwater.core import clock
from headwater.core.models import Account, StoredFile
from headwater.core.own import leads_to
from headwater.registry.models import Organisation, Person

OF_GRANTS = Q(call__scheme__definition__scheme__outcome="award")


class AwardQuerySet(models.QuerySet["Award"]):
    def visible_to(self, user: Any) -> AwardQuerySet:
        """Awards are public once they are made (regulation of 2024, art. 32)."""
        return self.all()

    def valid(self) -> AwardQuerySet:
        """Leave out the awards that were given up."""
        return self.exclude(state__in=GIVEN_UP)

    def grants(self) -> AwardQuerySet:
        """Select the grants of the fund, given up or not: awards without support of talent, challenges and commissions."""
        return self.filter(OF_GRANTS)

    def projects(self) -> AwardQuerySet:
        """Select the grants of the fund that are valid (立项)."""
        return self.valid().grants()

    def tally(self) -> dict[str, int]:
        """Count the awards, and among them the grants and what no figure of grants counts: given-up ones, other kinds (one query)."""
        given_up = Q(state__in=GIVEN_UP)
        return self.order_by().aggregate(
            every=Count("pk"),
            grants=Count("pk", filter=OF_GRANTS & ~given_up),
            given_up=Count("pk", filter=given_up),
            others=Count("pk", filter=~OF_GRANTS & ~given_up),
        )

    def projects_on(self, before: datetime) -> AwardQuerySet:
        """Select the grants as they were at a moment: decided before it, and not given up before it."""
        in_force = ~Q(state__in=GIVEN_UP) | Q(application__decision__freed_at__gte=before)
        return self.grants().filter(in_force, approved_at__lt=before)


class Award(models.Model):
    """An award is what people work on under an agreement: a project, a support, a challenge or a commission."""

    class State(models.TextChoices):
        AGREEMENT = "agreement", _("签订任务书")
        RUNNING = "running", _("执行中")
        LAPSED = "lapsed", _("逾期未签，视为放弃")
        REFUSED = "refused", _("已放弃")
        CLOSED = "closed", _("已结题")
        TERMINATED = "terminated", _("已终止")

    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="award")
    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="awards")
    number = models.CharField(_("编号"), max_length=40, unique=True)
    title_zh = models.CharField(_("名称"), max_length=200)
    title_en = models.CharField(max_length=300, blank=True)
    leader = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="awards")
    host = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="awards")
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.AGREEMENT)
    amount_fen = models.BigIntegerField(_("金额"))
    starts_on = models.DateField(_("开始"))
    ends_on = models.DateField(_("结束"))
    approved_at = models.DateTimeField(_("决定时间"))
    agreement_by = models.DateTimeField(_("任务书截止"))
    closed_on = models.DateField(_("结题或终止日期"), null=True)
    extension = models.TextField(_("延期签订的理由"), blank=True)
    ending = models.TextField(_("放弃或终止的理由"), blank=True)
    reminded_at = models.DateTimeField(null=True)
    objects = AwardQuerySet.as_manager()

    class Meta:
        verbose_name = _("项目")
        ordering = ["number"]
        indexes = [models.Index(fields=["leader", "ends_on"], name="award_leader")]
        constraints = [
            models.CheckConstraint(name="award_amount", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(name="award_term", condition=Q(ends_on__gt=models.F("starts_on"))),
            models.CheckConstraint(
                name="award_closed_on",
                condition=Q(state__in=["closed", "terminated"], closed_on__isnull=False)
                | ~Q(state__in=["closed", "terminated"]) & Q(closed_on__isnull=True),
            ),
            models.CheckConstraint(name="award_refused_with_reason", condition=~Q(state="refused") | ~Q(ending="")),
        ]

    def __str__(self) -> str:
        return self.number


GIVEN_UP = (Award.State.LAPSED, Award.State.REFUSED)
"""Awards that never began: their agreement was not signed. Their money is the call's again."""
ENDED = (Award.State.CLOSED, Award.State.TERMINATED)
"""Awards whose work is over, with the day on which it was."""


class Agreement(models.Model):
    """The agreement of an award. Its content is taken from the application and frozen; only the amount may differ."""

    award = models.OneToOneField(Award, on_delete=models.CASCADE, related_name="agreement")
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=clock.now)
    signed_at = models.DateTimeField(null=True)
    pdf = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT)

    class Meta:
        verbose_name = _("任务书")

    def __str__(self) -> str:
        return str(self.award)


class Party(models.TextChoices):
    LEADER = "leader", _("负责人")
    HOST = "host", _("依托单位")
    DEPARTMENT = "department", _("主管部门")


class Signature(models.Model):
    """A party's signature on exactly the content whose digest it carries."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="signatures")
    party = models.CharField(max_length=12, choices=Party.choices)
    account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    signer = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    signed_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agreement", "party"], name="signature_once")]

    def __str__(self) -> str:
        return f"{self.party}: {self.signer}"


leads_to(Award, "application")
leads_to(Agreement, "award__application")
leads_to(Signature, "agreement__award__application")
