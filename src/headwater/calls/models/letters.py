from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from headwater.calls.models.applications import Application, Participant
from headwater.calls.models.calls import Call
from headwater.calls.models.decisions import of_officer
from headwater.core import clock
from headwater.core.own import own_cases, own_rows
from headwater.registry.models import Organisation, own_records


class LetterSeries(models.Model):
    """The numbers that a mark (发文机关代字) has given in a year, without gaps from `first` to `last`.

    Whoever gives numbers holds the row until the end of the transaction, and what is rolled back gives its numbers back.
    """

    mark = models.CharField(max_length=20)
    year = models.IntegerField()
    first = models.IntegerField(default=1)
    last = models.IntegerField()

    class Meta:
        verbose_name = _("发文字号")
        constraints = [
            models.UniqueConstraint(fields=["mark", "year"], name="letter_series_once"),
            models.CheckConstraint(name="letter_series_forward", condition=Q(last__gte=F("first") - 1)),
        ]

    def __str__(self) -> str:
        return f"{self.mark}〔{self.year}〕{self.last}号"


class HostLetterQuerySet(models.QuerySet["HostLetter"]):
    def visible_to(self, user: Any) -> HostLetterQuerySet:
        """Return the letters to one's own institution, and those of the calls of which one is an officer, less
        those that name one's own case.
        """
        if not getattr(user, "is_authenticated", False):
            return self.none()
        to_host = Q(host__in=user.scopes("host_manager", "organisation"))
        inside = of_officer(user, "call_id") & ~Q(letters__application__in=own_cases(user))
        return self.filter(pk__in=self.model.objects.filter(to_host | inside).values("pk"))


class HostLetter(models.Model):
    """An official letter (函) to a host, under which the notices to its applicants go out: their list is its annex."""

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="host_letters")
    host = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("类型"), max_length=14)
    number = models.CharField(_("文号"), max_length=60, unique=True)
    body = models.JSONField()
    issued_at = models.DateTimeField(default=clock.now)
    objects = HostLetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("函")
        ordering = ["-issued_at"]

    def __str__(self) -> str:
        return self.number


class LetterQuerySet(models.QuerySet["Letter"]):
    def visible_to(self, user: Any) -> LetterQuerySet:
        """Return the letters of the applications that one leads or has joined, of one's host, and of the calls of which one is
        an officer, less one's own cases.
        """
        if not getattr(user, "is_authenticated", False):
            return self.none()
        joined = Participant.objects.filter(person__in=own_records(user), declined_at__isnull=True)
        mine = Q(application__leader__in=own_records(user)) | Q(application__in=joined.values("application"))
        hosts = user.scopes("host_manager", "organisation")
        office = of_officer(user, "application__call_id") & ~own_rows(self.model, user)
        return self.filter(mine | Q(application__host__in=hosts) | office)


class Letter(models.Model):
    """A formal letter (通知书) to an applicant, through the host. The PDF is rendered from this row."""

    class Kind(models.TextChoices):
        NOT_ACCEPTED = "not_accepted", _("不予受理通知书")
        APPROVED = "approved", _("批准的通知书")
        REJECTED = "rejected", _("不批准的通知书")
        RECHECK = "recheck", _("复审决定书")

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="letters")
    kind = models.CharField(_("类型"), max_length=14, choices=Kind.choices)
    number = models.CharField(_("文号"), max_length=60, unique=True)
    covering = models.ForeignKey("HostLetter", null=True, on_delete=models.PROTECT, related_name="letters")
    body = models.JSONField()
    issued_at = models.DateTimeField(default=clock.now)
    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("通知书")
        ordering = ["-issued_at"]

    def __str__(self) -> str:
        return self.number
