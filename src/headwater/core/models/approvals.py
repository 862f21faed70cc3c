from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from headwater.core import clock
from headwater.core.i18n import Bilingual, both
from headwater.core.models.accounts import Account
from headwater.core.own import persons_of
from headwater.core.roles import ROLES, Scope


class ApprovalCaseQuerySet(models.QuerySet["ApprovalCase"]):
    def not_barred(self, account: Any) -> ApprovalCaseQuerySet:
        """Leave out what `account` proposed, and that in which it, or close family, has a part."""
        persons = persons_of(account)
        rows = self.exclude(people__overlap=persons) if persons else self
        return rows.exclude(proposed_by=account)

    def in_chain_of(self, account: Any, *, now: bool = False) -> ApprovalCaseQuerySet:
        """Return the cases that `account` has a role in the chain of: at any step, or at the one that is waited for (`now`)."""
        steps = ApprovalStep.objects.in_hand(account).filter(case=OuterRef("pk"))
        return self.filter(Exists(steps.filter(place=OuterRef("place")) if now else steps))

    def waiting_for(self, account: Any) -> ApprovalCaseQuerySet:
        """Return the open cases that `account` may answer now."""
        if not getattr(account, "is_authenticated", False) or not account.grants:
            return self.none()
        mine = Q(account=account) | Q(person_id__in=persons_of(account))
        answered = ApprovalAnswer.objects.counting().filter(mine, case=OuterRef("pk"))
        open_ones = self.filter(state=ApprovalCase.State.OPEN)
        return open_ones.in_chain_of(account, now=True).not_barred(account).exclude(Exists(answered))

    def visible_to(self, account: Any) -> ApprovalCaseQuerySet:
        """Return what `account` proposed, has answered, or is in the chain of without having a part in the matter."""
        if not getattr(account, "is_authenticated", False):
            return self.none()
        answered = ApprovalAnswer.objects.filter(case=OuterRef("pk"), account=account)
        asked = self.in_chain_of(account).not_barred(account) if account.grants else self.none()
        return self.filter(Q(proposed_by=account) | Exists(answered) | Q(pk__in=asked.values("pk")))

    def with_step(self) -> ApprovalCaseQuerySet:
        """Read what a list says of the step that is waited for."""
        steps = ApprovalStep.objects.filter(case=OuterRef("pk"), place=OuterRef("place"))
        return self.annotate(due_at=steps.values("due_at")[:1], asked_role=steps.values("role")[:1])


class ApprovalCase(models.Model):
    """A matter that passes a chain of approvals: what it is about, who may not answer (`people`, and who proposed it), where it stands.

    `content` has a digest of each line of the matter as it was when the chain began; `place` is the step that is waited for,
    or that the chain ended with. A case that was decided never changes again: a matter sent back begins another one.
    """

    class State(models.TextChoices):
        OPEN = "open", _("审批中")
        APPROVED = "approved", _("已批准")
        REFUSED = "refused", _("不予批准")
        SENT_BACK = "sent_back", _("已退回")
        WITHDRAWN = "withdrawn", _("已撤回")

    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    title_zh = models.CharField(_("事项"), max_length=300)
    title_en = models.CharField(max_length=300, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.OPEN)
    place = models.PositiveSmallIntegerField(default=1)
    people = ArrayField(models.BigIntegerField(), default=list)
    content = models.JSONField(default=dict)
    proposed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="proposed_cases")
    proposed_at = models.DateTimeField(_("提出时间"), default=clock.now)
    decided_at = models.DateTimeField(_("办结时间"), null=True)
    objects = ApprovalCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("审批事项")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id"], name="approval_case_subject"),
            models.Index(fields=["id"], condition=Q(state="open"), name="approval_case_open"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id"], condition=Q(state="open"), name="approval_case_one_open"
            ),
            models.CheckConstraint(
                name="approval_case_decided",
                condition=Q(state="open", decided_at__isnull=True) | (~Q(state="open") & Q(decided_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return str(self.title)

    @property
    def title(self) -> Bilingual:
        return both(self, "title")

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN


class ApprovalStepQuerySet(models.QuerySet["ApprovalStep"]):
    def in_hand(self, account: Any) -> ApprovalStepQuerySet:
        """Return the steps whose role `account` holds for their scope, or for everything."""
        condition = Q(pk__in=[])
        for grant in account.grants:
            of = Q(role=grant.role)
            condition |= of if grant.scope == Scope.ALL else of & Q(scope=grant.limit, scope_id=grant.scope_id)
        return self.filter(condition)


class ApprovalStep(models.Model):
    """A step of a chain: so many (`least`) people who hold a role for a scope agree, until `due_at`.

    `due_key` and `due_length` say how long the step has from the day on which it is reached; the name of the key tells the unit.
    """

    case = models.ForeignKey(ApprovalCase, on_delete=models.PROTECT, related_name="steps")
    place = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=40)
    role = models.CharField(max_length=40)
    scope = models.CharField(max_length=80, default=Scope.ALL)
    scope_id = models.BigIntegerField(null=True)
    least = models.PositiveSmallIntegerField(default=1)
    due_key = models.CharField(max_length=60, blank=True)
    due_length = models.PositiveSmallIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(_("办理期限"), null=True)
    reminded_at = models.DateTimeField(null=True)
    objects = ApprovalStepQuerySet.as_manager()

    class Meta:
        verbose_name = _("审批步骤")
        ordering = ["case", "place"]
        indexes = [models.Index(fields=["role", "scope", "scope_id"], name="approval_step_asked")]
        constraints = [
            models.UniqueConstraint(fields=["case", "place"], name="approval_step_place"),
            models.UniqueConstraint(fields=["case", "code"], name="approval_step_code"),
            models.CheckConstraint(name="approval_step_numbers", condition=Q(place__gte=1, least__gte=1)),
            models.CheckConstraint(
                name="approval_step_scope",
                condition=Q(scope=Scope.ALL, scope_id__isnull=True) | (~Q(scope=Scope.ALL) & Q(scope_id__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place}. {self.role_label}"

    @property
    def role_label(self) -> str:
        return str(ROLES[self.role].label)

    def is_late(self, at: datetime) -> bool:
        return self.due_at is not None and self.due_at < at


class Verdict(models.TextChoices):
    """What somebody answers: go on, end it, or have it mended."""

    APPROVE = "approve", _("批准")
    REFUSE = "refuse", _("不批准")
    SEND_BACK = "send_back", _("退回修改")


class ApprovalAnswerQuerySet(models.QuerySet["ApprovalAnswer"]):
    def counting(self) -> ApprovalAnswerQuerySet:
        """Leave out what a later sending back made void."""
        return self.filter(voided_at__isnull=True)


class ApprovalAnswer(models.Model):
    """What one person answered at a step, having seen what `seen` is the digest of. It never changes; sending back makes it void.

    `back_to` is the earlier step from which a matter starts again; without it, it went back to who proposed it.
    """

    case = models.ForeignKey(ApprovalCase, on_delete=models.PROTECT, related_name="answers")
    step = models.ForeignKey(ApprovalStep, on_delete=models.PROTECT, related_name="answers")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="approval_answers")
    person_id = models.BigIntegerField(null=True)
    verdict = models.CharField(_("意见"), max_length=10, choices=Verdict.choices)
    note = models.TextField(_("说明"), blank=True)
    seen = models.CharField(max_length=64)
    back_to = models.PositiveSmallIntegerField(null=True)
    answered_at = models.DateTimeField(_("办理时间"), default=clock.now)
    voided_at = models.DateTimeField(null=True)
    objects = ApprovalAnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("审批意见")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "account"], condition=Q(voided_at__isnull=True), name="approval_answer_once"),
            models.UniqueConstraint(
                fields=["case", "person_id"], condition=Q(voided_at__isnull=True), name="approval_answer_one_person"
            ),
            models.CheckConstraint(name="approval_answer_reason", condition=Q(verdict="approve") | ~Q(note="")),
            models.CheckConstraint(
                name="approval_answer_back", condition=Q(back_to__isnull=True) | Q(verdict="send_back", voided_at__isnull=False)
            ),
            models.CheckConstraint(
                name="approval_answer_order", condition=Q(voided_at__isnull=True) | Q(voided_at__gte=F("answered_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account}: {Verdict(self.verdict).label}"
