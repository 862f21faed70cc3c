from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headwater.calls.models.applications import Application
from headwater.calls.models.calls import Call
from headwater.calls.models.checking import FormalCheck
from headwater.calls.models.rechecking import Rechecked
from headwater.core import clock
from headwater.core.addresses import AddressField, kept_normal
from headwater.core.i18n import Bilingual
from headwater.core.models import Account
from headwater.core.own import without_own


def of_officer(user: Any, field: str) -> Q:
    """Return a condition on the rows of the calls of which `user` is an officer; `field` leads to the call's id."""
    condition = Q(pk__in=[])
    for grant in user.grants:
        if grant.role == "programme_officer":
            condition |= ~Q(pk__in=[]) if grant.scope == "all" else Q(**{field: grant.scope_id})
    return condition


class DecisionQuerySet(models.QuerySet["Decision"]):
    def visible_to(self, user: Any) -> DecisionQuerySet:
        """Return decisions, also those that are not public yet, for officers of the call and the committee only, never of their
        own cases.
        """
        if not getattr(user, "is_authenticated", False):
            return self.none()
        decisions = self.all() if user.has_role("committee") else self.filter(of_officer(user, "call_id"))
        return without_own(decisions, user)


class Decision(Rechecked):
    """Whether the request of an application is granted, and with how much money where the scheme gives any. The outcome has the
    words for it. One person proposes a decision, another approves it. From `freed_at` on its money is the call's again, as
    the award was given up. `letter_words` replace the reason in the letter, where an officer corrected it.
    """

    class Outcome(models.TextChoices):
        FUND = "fund", _("批准")
        REFUSE = "refuse", _("不批准")

    class Deviation(models.TextChoices):
        """The reason for which a decision departs from the panel's result: never a different scholarly view (handbook 3.6)."""

        BUDGET = "budget", _("年度预算所限")
        BALANCE = "balance", _("领域、地区或单位的均衡")
        PRIORITY = "priority", _("政策规定的优先支持")
        DUPLICATE = "duplicate", _("与在研项目重复")
        CONDITIONS = "conditions", _("实施条件有变")
        INTEGRITY = "integrity", _("科研诚信核查")
        OTHER = "other", _("其他非学术原因")
        RULE = "rule", _("未达到合格线或抽签未中")
        UNSTATED = "unstated", _("旧记录，未说明")

    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="decision")
    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField(_("决定"), max_length=8, choices=Outcome.choices)
    amount_fen = models.BigIntegerField(_("金额"), default=0)
    rank = models.IntegerField(_("排序"), null=True)
    reason = models.TextField(_("理由"), blank=True)
    deviation = models.CharField(_("偏离会议评审结果的理由"), max_length=60, choices=Deviation.choices, blank=True)
    deviation_words = models.TextField(_("偏离理由说明"), blank=True)
    proposed_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    proposed_at = models.DateTimeField(default=clock.now)
    approved_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    approved_at = models.DateTimeField(null=True)
    freed_at = models.DateTimeField(_("经费退回批次预算的时间"), null=True)
    letter_words = models.TextField(_("通知书用语（更正）"), blank=True)
    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("决定")
        indexes = [models.Index(fields=["call", "outcome"], name="decision_call")]
        constraints = [
            models.CheckConstraint(
                name="decision_money", condition=Q(outcome="fund", amount_fen__gte=0) | Q(outcome="refuse", amount_fen=0)
            ),
            models.CheckConstraint(
                name="decision_two_people",
                condition=Q(approved_by__isnull=True) | Q(proposed_by__isnull=True) | ~Q(approved_by=models.F("proposed_by")),
            ),
            models.CheckConstraint(
                name="decision_deviation_said", condition=Q(deviation__in=["", "unstated"]) | ~Q(deviation_words="")
            ),
            models.CheckConstraint(
                name="decision_recheck_by_another",
                condition=Q(recheck_answered_by__isnull=True)
                | (
                    (Q(proposed_by__isnull=True) | ~Q(recheck_answered_by=models.F("proposed_by")))
                    & (Q(approved_by__isnull=True) | ~Q(recheck_answered_by=models.F("approved_by")))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application}: {self.outcome}"


def record_of_refusal(application: Application) -> FormalCheck | Decision | None:
    """Return the record of the decision that refused an application: that of the call where there is one, else the formal check."""
    decision: Decision | None = getattr(application, "decision", None)
    if decision is not None and decision.approved_at is not None:
        return decision
    result: FormalCheck | None = getattr(application, "check_result", None)
    return result


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: Any) -> NoticeQuerySet:
        return self.all()


class Notice(models.Model):
    """A public notice (公示): its content, its first and last moment, and the digest of exactly that content. `texts` are its
    words around the list, as they were published.
    """

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="notices")
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=240, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    texts = models.JSONField(default=dict)
    closed_at = models.DateTimeField(null=True)
    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("公示")
        ordering = ["-starts_at"]
        constraints = [models.CheckConstraint(name="notice_period", condition=Q(ends_at__gt=models.F("starts_at")))]

    def __str__(self) -> str:
        return self.title_zh

    @property
    def without_calendar(self) -> int | None:
        """Return the year whose working days were not known when the period was counted and are not known yet: its end is
        provisional.
        """
        days = [clock.local_day(at) for at in (self.starts_at, self.ends_at)]
        return clock.missing_calendar(days[0], days[1])

    @property
    def is_open(self) -> bool:
        return self.closed_at is None and self.starts_at <= clock.now() <= self.ends_at


class NoticeRow(models.Model):
    """A line of a notice, kept as it was shown."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="rows")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="notice_rows")
    position = models.IntegerField()
    title = models.CharField(max_length=200)
    leader = models.CharField(max_length=120)
    host = models.CharField(max_length=200)
    amount_fen = models.BigIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["notice", "application"], name="notice_row_once")]

    def __str__(self) -> str:
        return self.title

    @property
    def in_words(self) -> dict[str, Bilingual]:
        """Return the line as it was shown, with the English names that the records have."""
        of = self.application
        return {
            "title": Bilingual(self.title, of.title_en),
            "leader": Bilingual(self.leader, of.leader.name_en),
            "host": Bilingual(self.host, of.host.name_en),
        }


class Objection(models.Model):
    """An objection (异议) to a line of a notice, named and in writing. It suspends the line, not the list.

    The applicant may reply until `reply_by`. One officer answers it; that it is upheld a second one settles (`settled_by`), and the
    line is struck when the notice is released.
    """

    class State(models.TextChoices):
        OPEN = "open", _("处理中")
        PROPOSED = "proposed", _("拟认定成立，待核定")
        UPHELD = "upheld", _("异议成立")
        DISMISSED = "dismissed", _("异议不成立")

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="objections")
    row = models.ForeignKey(NoticeRow, on_delete=models.PROTECT, related_name="objections")
    name = models.CharField(_("姓名或单位"), max_length=120)
    contact = models.CharField(_("联系方式"), max_length=120)
    text = models.TextField(_("异议内容与依据"))
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    answer = models.TextField(_("处理意见"), blank=True)
    filed_at = models.DateTimeField(default=clock.now)
    confirmed_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    reply_by = models.DateTimeField(_("申请人陈述截止"), null=True)
    reply = models.TextField(_("申请人的陈述"), blank=True)
    replied_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("异议")
        ordering = ["-filed_at"]
        constraints = [
            models.CheckConstraint(
                name="objection_two_people",
                condition=Q(settled_by__isnull=True) | Q(answered_by__isnull=True) | ~Q(settled_by=models.F("answered_by")),
            ),
            models.CheckConstraint(
                name="objection_upheld_is_settled", condition=~Q(state="upheld") | Q(settled_at__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["row", "contact"],
                condition=Q(state__in=["open", "proposed"], confirmed_at__isnull=False),
                name="objection_one_open_of_a_contact",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.row}"


class ObjectionClaim(models.Model):
    """An objection that its contact has not confirmed yet. It counts nowhere and ends by itself."""

    row = models.ForeignKey(NoticeRow, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    contact = AddressField(max_length=120)
    text = models.TextField()
    digest = models.CharField(max_length=64, unique=True)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    asked_from = models.CharField(max_length=32)

    class Meta:
        verbose_name = _("待确认的异议")
        indexes = [
            models.Index(fields=["asked_from", "asked_at"], name="objection_claim_source"),
            models.Index(fields=["contact", "asked_at"], name="objection_claim_contact"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["row", "contact"], condition=Q(ended_at__isnull=True), name="objection_claim_one_waiting"
            ),
            kept_normal("objection_claim_address_normal", "contact"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.row}"
