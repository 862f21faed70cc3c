"""Tables of evaluations: rounds with their frozen sheet, the entries that take part, what was verified, vetoes, grades and what follows."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from headwater.calls.models import Application, Call
from headwater.casework.notices.models import Notice
from headwater.core import clock
from headwater.core.i18n import Bilingual, named
from headwater.core.models import Account
from headwater.core.own import leads_to, of_many, without_own
from headwater.core.roles import Scope
from headwater.evaluations.sheets import Sheet, read_sheet
from headwater.registers.models import Proposal
from headwater.registry.models import Organisation

READERS = ("committee", "leadership")
"""Roles that read rounds, beside the officers of their calls."""


class RoundQuerySet(models.QuerySet["Round"]):
    def visible_to(self, user: Any) -> RoundQuerySet:
        """Return the rounds of the calls of an officer; all for the committee and leaders."""
        if not getattr(user, "is_authenticated", False):
            return self.none()
        if user.has_role(*READERS) or user.holds_everywhere("programme_officer"):
            return self.all()
        return self.filter(call__in=user.scopes("programme_officer", Scope.CALL))


class Round(models.Model):
    """One evaluation of the entries of some kinds (评估轮次): a call whose applications are their self-reports.

    `sheet` is the sheet as it was when the round was opened, with its digest; the database never lets it change. The years judged are
    those from `since` to `until`.
    """

    call = models.OneToOneField(Call, on_delete=models.PROTECT, related_name="evaluation")
    register = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=40)
    kinds = ArrayField(models.CharField(max_length=40))
    since = models.DateField(_("评估期起"))
    until = models.DateField(_("评估期止"))
    sheet = models.JSONField(_("评估指标"))
    digest = models.CharField(max_length=64)
    group_by = models.CharField(max_length=20, blank=True)
    notice_kind = models.CharField(max_length=60)
    visit_kind = models.CharField(max_length=60, blank=True)
    opened_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    opened_at = models.DateTimeField(_("启动时间"), default=clock.now)
    closed_at = models.DateTimeField(_("结束时间"), null=True)
    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("评估轮次")
        ordering = ["-opened_at", "-id"]
        constraints = [models.CheckConstraint(name="round_period", condition=Q(until__gt=F("since")))]

    def __str__(self) -> str:
        return named(self.call, "title")

    @cached_property
    def of(self) -> Sheet:
        """Return the frozen sheet, read."""
        return read_sheet(self.sheet)[0]


class EntrantQuerySet(models.QuerySet["Entrant"]):
    def visible_to(self, user: Any) -> EntrantQuerySet:
        """Return the entries of the rounds that somebody reads, less one's own cases."""
        return without_own(self.filter(round__in=Round.objects.visible_to(user)), user)


class Entrant(models.Model):
    """An entry that takes part in a round (参评条目), as it was when it entered: its type on the sheet, its group, whether it must.

    Without `application` nobody could write a self-report for it yet: it has no director, or no institution.
    """

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="entrants")
    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    application = models.OneToOneField(Application, null=True, on_delete=models.PROTECT, related_name="entrant")
    kind = models.CharField(max_length=40)
    number = models.CharField(_("编号"), max_length=40)
    name_zh = models.CharField(_("名称"), max_length=200)
    name_en = models.CharField(max_length=300, blank=True)
    host = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("依托单位"))
    type = models.CharField(_("类型"), max_length=40)
    group = models.CharField(_("组别"), max_length=60, blank=True)
    group_zh = models.CharField(max_length=120, blank=True)
    group_en = models.CharField(max_length=160, blank=True)
    obliged = models.BooleanField(_("须参加"))
    objects = EntrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("参评条目")
        ordering = ["number"]
        indexes = [models.Index(fields=["subject_kind", "subject_id"], name="entrant_subject")]
        constraints = [models.UniqueConstraint(fields=["round", "subject_id"], name="entrant_once")]

    def __str__(self) -> str:
        return f"{self.number} {named(self)}"

    @property
    def group_name(self) -> Bilingual:
        return Bilingual(self.group_zh, self.group_en)


class Verified(models.Model):
    """What an officer found of one indicator of an entry: the points of a checklist that are `met`, or the `value` that takes the place of
    what the entry reported. The note says on what it rests.
    """

    entrant = models.ForeignKey(Entrant, on_delete=models.PROTECT, related_name="verified")
    indicator = models.CharField(max_length=40)
    met = ArrayField(models.CharField(max_length=40), null=True)
    value = models.DecimalField(_("核定值"), max_digits=20, decimal_places=4, null=True)
    note = models.CharField(_("依据"), max_length=500)
    by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("核定")
        constraints = [
            models.UniqueConstraint(fields=["entrant", "indicator"], name="verified_once"),
            models.CheckConstraint(name="verified_one", condition=Q(met__isnull=True) ^ Q(value__isnull=True)),
            models.CheckConstraint(name="verified_note", condition=~Q(note="")),
        ]

    def __str__(self) -> str:
        return f"{self.entrant}: {self.indicator}"


class Veto(models.Model):
    """A veto of the sheet against an entry (一票否决), entered by one officer and confirmed by another."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("待核定")
        CONFIRMED = "confirmed", _("已核定")
        DROPPED = "dropped", _("不成立")

    entrant = models.ForeignKey(Entrant, on_delete=models.PROTECT, related_name="vetoes")
    code = models.CharField(_("情形"), max_length=40)
    reason = models.CharField(_("理由"), max_length=500)
    evidence = models.CharField(_("依据"), max_length=500)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.PROPOSED)
    entered_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    entered_at = models.DateTimeField(default=clock.now)
    answered_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("一票否决")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["entrant", "code"], condition=~Q(state="dropped"), name="veto_once"),
            models.CheckConstraint(
                name="veto_two_people",
                condition=Q(answered_by__isnull=True) | Q(entered_by__isnull=True) | ~Q(answered_by=F("entered_by")),
            ),
            models.CheckConstraint(
                name="veto_answered", condition=Q(state="proposed", answered_at__isnull=True) | ~Q(state="proposed")
                & Q(answered_at__isnull=False),
            ),
            models.CheckConstraint(name="veto_stated", condition=~Q(reason="") & ~Q(evidence="")),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.entrant}: {self.code}"


class GradeDraft(models.Model):
    """Draft grades of a round (拟定等次): worked out and frozen by one officer, approved by another person, then published."""

    class State(models.TextChoices):
        DRAFTED = "drafted", _("待核准")
        APPROVED = "approved", _("已核准，待公示")
        PUBLISHED = "published", _("已公示")
        DISCARDED = "discarded", _("已作废")

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="drafts")
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.DRAFTED)
    drafted_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    drafted_at = models.DateTimeField(_("拟定时间"), default=clock.now)
    approved_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    approved_at = models.DateTimeField(_("核准时间"), null=True)
    notice = models.OneToOneField(Notice, null=True, on_delete=models.PROTECT, related_name="grade_draft")

    class Meta:
        verbose_name = _("拟定等次")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["round"], condition=Q(state__in=["drafted", "approved"]), name="grade_draft_one_open"
            ),
            models.CheckConstraint(
                name="grade_draft_two_people",
                condition=Q(approved_by__isnull=True) | Q(drafted_by__isnull=True) | ~Q(approved_by=F("drafted_by")),
            ),
            models.CheckConstraint(
                name="grade_draft_approved", condition=Q(state__in=["drafted", "discarded"]) | Q(approved_at__isnull=False)
            ),
            models.CheckConstraint(name="grade_draft_published", condition=~Q(state="published") | Q(notice__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.round} #{self.pk}"


class GradeQuerySet(models.QuerySet["Grade"]):
    def public(self) -> GradeQuerySet:
        """Return the grades that everybody may know: those that stand."""
        return self.filter(state=Grade.State.FINAL)

    def settled(self) -> GradeQuerySet:
        return self.filter(state__in=[Grade.State.FINAL, Grade.State.STRUCK])


class Grade(models.Model):
    """A grade of an entry, as it was worked out: its points line by line, its rank in its group, why it is this grade.

    Nothing but its state changes after it was written; final, struck or discarded it never changes. `again` says that the entry had the
    same grade in its last round.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("拟定")
        PUBLISHED = "published", _("公示中")
        FINAL = "final", _("已评定")
        STRUCK = "struck", _("异议成立，未评定")
        DISCARDED = "discarded", _("已作废")

    draft = models.ForeignKey(GradeDraft, on_delete=models.PROTECT, related_name="grades")
    entrant = models.ForeignKey(Entrant, on_delete=models.PROTECT, related_name="grades")
    grade = models.CharField(_("等次"), max_length=40)
    why = models.CharField(max_length=10)
    rank = models.IntegerField(_("名次"), null=True)
    passed_over = models.CharField(max_length=40, blank=True)
    total = models.DecimalField(_("总分"), max_digits=8, decimal_places=4)
    heads = models.JSONField(default=dict)
    lines = models.JSONField(default=list)
    vetoes = ArrayField(models.CharField(max_length=40), default=list)
    again = models.BooleanField(default=False)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.DRAFT)
    settled_at = models.DateTimeField(null=True)
    objects = GradeQuerySet.as_manager()

    class Meta:
        verbose_name = _("等次")
        ordering = ["rank", "id"]
        constraints = [
            models.UniqueConstraint(fields=["draft", "entrant"], name="grade_once_in_draft"),
            models.UniqueConstraint(
                fields=["entrant"], condition=Q(state__in=["draft", "published", "final"]), name="grade_one_in_force"
            ),
            models.CheckConstraint(name="grade_total", condition=Q(total__gte=0, total__lte=100)),
            models.CheckConstraint(
                name="grade_settled",
                condition=Q(state__in=["draft", "published"], settled_at__isnull=True)
                | Q(state__in=["final", "struck", "discarded"], settled_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entrant}: {self.grade}"


class Consequence(models.Model):
    """What was set going because of a final grade: a verb of the kind, done or proposed."""

    grade = models.ForeignKey(Grade, on_delete=models.PROTECT, related_name="consequences")
    verb = models.CharField(max_length=40)
    proposal = models.ForeignKey(Proposal, null=True, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("评估结果的运用")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["grade", "verb"], name="consequence_once")]

    def __str__(self) -> str:
        return f"{self.grade}: {self.verb}"


class Entitlement(models.Model):
    """What an entry may claim because of a grade (后补助资格), until money for it is booked."""

    grade = models.ForeignKey(Grade, on_delete=models.PROTECT, related_name="entitlements")
    code = models.CharField(max_length=40)
    amount_fen = models.BigIntegerField(_("金额"))
    since = models.DateField(_("起"))

    class Meta:
        verbose_name = _("补助资格")
        ordering = ["-since", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["grade", "code"], name="entitlement_once"),
            models.CheckConstraint(name="entitlement_amount", condition=Q(amount_fen__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.grade}: {self.code}"


leads_to(Entrant, "application")
leads_to(Verified, "entrant__application")
leads_to(Veto, "entrant__application")
leads_to(Grade, "entrant__application")
leads_to(Consequence, "grade__entrant__application")
leads_to(Entitlement, "grade__entrant__application")
of_many(Round, GradeDraft)
