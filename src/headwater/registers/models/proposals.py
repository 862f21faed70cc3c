from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headwater.core import clock
from headwater.core.models import Account
from headwater.core.own import of_many
from headwater.registers.models.kinds import KindVersion

WAITING = ("proposed", "published")
"""States of what has not come to its end: its chain is asked, or its notice is up."""


class Proposal(models.Model):
    """A verb that waits for its chain: what is to be done with which entry (`subject_kind`, `subject_id`), on which answers, for which reason.

    It takes effect with the last approval, or when the notice of it has ended. An entry has one open proposal at a time, so that no two
    pull it in two directions.
    """

    class State(models.TextChoices):
        OPEN = "proposed", _("审批中")
        PUBLISHED = "published", _("公示中")
        DONE = "approved", _("已同意")
        REFUSED = "refused", _("不同意")
        SENT_BACK = "sent_back", _("已退回")
        WITHDRAWN = "withdrawn", _("已撤回")
        STRUCK = "struck", _("异议成立，不予办理")

    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    register = models.CharField(max_length=40)
    version = models.ForeignKey(KindVersion, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(_("办理事项"), max_length=40)
    values = models.JSONField(_("填写内容"), default=dict)
    reason = models.TextField(_("理由"))
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.OPEN)
    proposed_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    proposed_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("登记事项审批")
        ordering = ["-id"]
        indexes = [models.Index(fields=["subject_kind", "subject_id"], name="proposal_subject")]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id"], condition=Q(state__in=WAITING), name="proposal_one_open"
            ),
            models.CheckConstraint(
                name="proposal_ended",
                condition=Q(state__in=WAITING, ended_at__isnull=True) | ~Q(state__in=WAITING) & Q(ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_kind} {self.subject_id}"

    @property
    def is_published(self) -> bool:
        return self.state == self.State.PUBLISHED

    def entry_rows(self) -> Any:
        return apps.get_model(self.subject_kind)._default_manager.filter(pk=self.subject_id)


of_many(Proposal)
