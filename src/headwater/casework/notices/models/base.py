"""What every public notice has, with its objections: the columns that notices of calls and all others share."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headwater.core import clock
from headwater.core.addresses import AddressField
from headwater.core.models import Account


class NoticeBase(models.Model):
    """A public notice (公示): its content, its first and last moment, and the digest of exactly that content. `texts` are its
    words around the list, as they were published.
    """

    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=240, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    texts = models.JSONField(default=dict)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

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


class ObjectionState(models.TextChoices):
    OPEN = "open", _("处理中")
    PROPOSED = "proposed", _("拟认定成立，待核定")
    UPHELD = "upheld", _("异议成立")
    DISMISSED = "dismissed", _("异议不成立")


UNSETTLED = (ObjectionState.OPEN, ObjectionState.PROPOSED)
"""What keeps a line from going on."""


class ObjectionBase(models.Model):
    """An objection (异议) to a line of a notice, named and in writing. It suspends the line, not the list.

    Whom the line concerns may reply until `reply_by`. One officer answers it; that it is upheld a second one settles (`settled_by`).
    """

    State = ObjectionState

    name = models.CharField(_("姓名或单位"), max_length=120)
    contact = models.CharField(_("联系方式"), max_length=120)
    text = models.TextField(_("异议内容与依据"))
    state = models.CharField(max_length=10, choices=ObjectionState.choices, default=ObjectionState.OPEN)
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
        abstract = True

    @property
    def takes_reply(self) -> bool:
        """Return whether whom the line concerns may still reply."""
        return self.state == ObjectionState.OPEN and self.reply_by is not None and clock.now() <= self.reply_by


class ClaimBase(models.Model):
    """An objection that its contact has not confirmed yet. It counts nowhere and ends by itself."""

    name = models.CharField(max_length=120)
    contact = AddressField(max_length=120)
    text = models.TextField()
    digest = models.CharField(max_length=64, unique=True)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    asked_from = models.CharField(max_length=32)

    class Meta:
        abstract = True


def by_two_people(name: str) -> models.CheckConstraint:
    """Return the constraint that another person settles an objection than who answered it."""
    nobody = Q(settled_by__isnull=True) | Q(answered_by__isnull=True)
    return models.CheckConstraint(name=name, condition=nobody | ~Q(settled_by=models.F("answered_by")))


def upheld_is_settled(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(name=name, condition=~Q(state="upheld") | Q(settled_at__isnull=False))


def one_open_of_a_contact(name: str) -> models.UniqueConstraint:
    still_open = Q(state__in=["open", "proposed"], confirmed_at__isnull=False)
    return models.UniqueConstraint(fields=["row", "contact"], condition=still_open, name=name)


def ends_after_it_starts(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(name=name, condition=Q(ends_at__gt=models.F("starts_at")))
