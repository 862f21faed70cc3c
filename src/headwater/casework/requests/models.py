from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headwater.casework.subjects import rows_about
from headwater.core import clock
from headwater.core.i18n import Bilingual, both
from headwater.core.models import Account, ApprovalCase, StoredFile
from headwater.core.own import of_many
from headwater.forms.models import OfSubject


class KindVersion(models.Model):
    """A kind of request as it was declared when somebody proposed one: its words, form and chain, under their digest."""

    digest = models.CharField(max_length=64, unique=True)
    subject_kind = models.CharField(max_length=40)
    code = models.CharField(max_length=40)
    definition = models.JSONField()
    noted_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("申请种类")

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.code}"


class RequestQuerySet(models.QuerySet["Request"]):
    def visible_to(self, user: Any) -> RequestQuerySet:
        """Return what one has proposed, and what was submitted about records that one may know of or is asked to approve."""
        if not getattr(user, "is_authenticated", False):
            return self.none()
        about = rows_about(self.model._default_manager.all(), user)
        asked = ApprovalCase.objects.visible_to(user).filter(subject_kind=Request._meta.label_lower)
        others = Q(pk__in=about.values("pk")) | Q(pk__in=asked.values("subject_id"))
        return self.filter(Q(proposed_by=user) | (Q(submitted_at__isnull=False) & others))

    def waiting_to_start(self) -> RequestQuerySet:
        """Return what was accepted and has not taken effect yet."""
        return self.filter(state=Request.State.APPROVED, applied_at__isnull=True)


class Request(OfSubject):
    """A request about a record: what is to change, why, and from when (`effective_on`).

    The words of its kind and the name of its record stand as they were when it was written; `answers` are those that were submitted
    last, `replaced` the values in words that gave way when it took effect. `trouble` says why what was accepted could not take effect on its day.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("填写中")
        OPEN = "open", _("审批中")
        SENT_BACK = "sent_back", _("已退回")
        APPROVED = "approved", _("已批准")
        REFUSED = "refused", _("不予批准")
        WITHDRAWN = "withdrawn", _("已撤回")

    number = models.CharField(_("编号"), max_length=60, blank=True)
    kind = models.CharField(max_length=40)
    version = models.ForeignKey(KindVersion, on_delete=models.PROTECT, related_name="requests")
    name_zh = models.CharField(_("种类"), max_length=60)
    name_en = models.CharField(max_length=120)
    about_zh = models.CharField(_("对象"), max_length=200)
    about_en = models.CharField(max_length=300, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.DRAFT)
    answers = models.JSONField(default=dict)
    reason = models.TextField(_("理由"), blank=True)
    effective_on = models.DateField(_("生效日期"), null=True)
    alone = models.BooleanField(default=True)
    proposed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="requests")
    created_at = models.DateTimeField(_("开始填写"), default=clock.now)
    submitted_at = models.DateTimeField(_("提交时间"), null=True)
    decided_at = models.DateTimeField(_("办结时间"), null=True)
    applied_at = models.DateTimeField(_("生效"), null=True)
    replaced = models.JSONField(default=dict)
    trouble = models.CharField(max_length=500, blank=True)
    objects = RequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("申请事项")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id"], name="request_subject"),
            models.Index(
                fields=["effective_on"], condition=Q(state="approved", applied_at__isnull=True), name="request_to_start"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="request_number"),
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "kind"], condition=Q(state="open", alone=True), name="request_alone"
            ),
            models.CheckConstraint(
                name="request_submitted",
                condition=Q(state__in=["draft", "withdrawn"]) | Q(submitted_at__isnull=False) & ~Q(number="") & ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="request_decided",
                condition=Q(state__in=["draft", "open", "sent_back"], decided_at__isnull=True)
                | Q(state__in=["approved", "refused", "withdrawn"], decided_at__isnull=False),
            ),
            models.CheckConstraint(name="request_has_day", condition=~Q(state="approved") | Q(effective_on__isnull=False)),
            models.CheckConstraint(
                name="request_applied", condition=Q(applied_at__isnull=True) | Q(state="approved", trouble="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}".strip()

    @property
    def name(self) -> Bilingual:
        return both(self, "name")

    @property
    def about(self) -> Bilingual:
        return both(self, "about")

    @property
    def is_writable(self) -> bool:
        return self.state in WRITABLE

    @property
    def is_live(self) -> bool:
        """Whether anything of it is still to come."""
        return self.state in {*WRITABLE, self.State.OPEN} or (self.state == self.State.APPROVED and self.applied_at is None)


WRITABLE = frozenset({Request.State.DRAFT, Request.State.SENT_BACK})
"""States in which the proposer writes."""


class Comment(models.Model):
    """What somebody says about a request, for all who see it. It is never changed."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="comments")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("留言"))
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("留言")
        ordering = ["id"]
        constraints = [models.CheckConstraint(name="request_comment_text", condition=~Q(text=""))]

    def __str__(self) -> str:
        return f"{self.account}: {self.text[:40]}"


class RequestFile(models.Model):
    """A file of a request: of a kind that its form asks for, or with a comment."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="files")
    comment = models.ForeignKey(Comment, null=True, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(max_length=40, blank=True)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("申请附件")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="request_file_of_one", condition=Q(comment__isnull=True) & ~Q(kind="") | Q(comment__isnull=False, kind="")
            )
        ]

    def __str__(self) -> str:
        return self.file.name


of_many(KindVersion, Request, Comment, RequestFile)
