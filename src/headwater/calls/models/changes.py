from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headwater.calls.models.calls import Call
from headwater.core import clock
from headwater.core.i18n import Bilingual
from headwater.core.models import Account


class CallChangeQuerySet(models.QuerySet["CallChange"]):
    def waiting(self) -> CallChangeQuerySet:
        return self.filter(approved_at__isnull=True, dropped_at__isnull=True)

    def in_force(self) -> CallChangeQuerySet:
        """Return the changes that the public reads on the page of the call."""
        return self.filter(approved_at__isnull=False)


class CallChange(models.Model):
    """A change of a published call, or its cancelling. One officer proposes it, another takes it into force, and from then on
    everybody may read it.

    `values` holds the new value of each changed field (a moment in ISO form); `before` what was there when it came into force.
    """

    class Kind(models.TextChoices):
        AMEND = "amend", _("变更")
        CANCEL = "cancel", _("取消")

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(_("类型"), max_length=8, choices=Kind.choices)
    values = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    reason = models.CharField(_("理由"), max_length=1000)
    reason_en = models.CharField(_("理由（英文）"), max_length=1000, blank=True)
    proposed_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    proposed_at = models.DateTimeField(default=clock.now)
    approved_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    approved_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)
    objects = CallChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("批次变更")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["call"], condition=Q(approved_at__isnull=True, dropped_at__isnull=True), name="call_change_one_waiting"
            ),
            models.CheckConstraint(
                name="call_change_one_end", condition=Q(approved_at__isnull=True) | Q(dropped_at__isnull=True)
            ),
            models.CheckConstraint(name="call_change_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="call_change_two_officers",
                condition=Q(approved_by__isnull=True) | Q(proposed_by__isnull=True) | ~Q(approved_by=models.F("proposed_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call}: {self.kind}"

    @property
    def why(self) -> str:
        """Return the reason in the reader's language."""
        return str(Bilingual(self.reason, self.reason_en))

    def value(self, name: str) -> Any:
        return self.values.get(name, "")
