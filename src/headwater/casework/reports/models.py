"""Reports: what a record files for a period, and which reminders went out about those that are owed."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from headwater.casework.reports.kinds import REPORTS
from headwater.casework.subjects import SUBJECTS, held
from headwater.core import clock
from headwater.core.models import Account
from headwater.core.own import of_many
from headwater.forms.models import FormText, OfSubject

READERS = ("host_manager", "recommender", "programme_officer", "leadership")
"""Roles that read what was submitted about the records for which they are held."""


def of_subjects(account: Any, roles: dict[str, tuple[str, ...]]) -> Q:
    """Return the condition on rows about records for which `account` holds a role; `roles` by kind of subject."""
    condition = Q(pk__in=[])
    for kind, names in roles.items():
        if account.has_role(*names):
            keys = SUBJECTS[kind].model._base_manager.filter(held(account, names, SUBJECTS[kind])).values("pk")
            condition |= Q(subject_kind=kind, subject_id__in=keys)
    return condition


class ReportQuerySet(models.QuerySet["Report"]):
    def written_by(self, account: Any) -> ReportQuerySet:
        """Return the reports of records for which `account` holds a role that writes them."""
        return self.filter(of_subjects(account, {code: of.writers for code, of in REPORTS.items()}))

    def read_by(self, account: Any) -> ReportQuerySet:
        """Return what was submitted about the records for which `account` reads reports."""
        return self.filter(of_subjects(account, dict.fromkeys(REPORTS, READERS)), submitted_at__isnull=False)

    def visible_to(self, account: Any) -> ReportQuerySet:
        if not getattr(account, "is_authenticated", False):
            return self.none()
        own = self.written_by(account) if account.grants else self.none()
        return self.filter(Q(pk__in=own.values("pk")) | Q(pk__in=self.read_by(account).values("pk")))


class Report(OfSubject):
    """What a record files for one period. Its answers stand in the tables of forms; `form` is the form as it was at its submission.

    `given` has what the records of the house said then, by question: {"source": "works.papers", "value": 12}. `self_reported` names the
    figures that nothing but the writer's word stands for. `replaced` has those that a source of the house gave later:
    {"was": what was typed, "now": ..., "source": ..., "at": ...}; both are kept.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("填写中")
        HOST = "host", _("单位审核")
        OFFICE = "office", _("主管部门审核")
        ACCEPTED = "accepted", _("审核通过")
        RETURNED = "returned", _("已退回")

    kind = models.CharField(_("报告"), max_length=40)
    since = models.DateField(_("报告期起"))
    until = models.DateField(_("报告期止"))
    period = models.CharField(_("报告期"), max_length=10)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.DRAFT)
    form = models.ForeignKey(FormText, null=True, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField(_("报送期限"))
    started_at = models.DateTimeField(_("开始填写"), default=clock.now)
    started_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    submitted_at = models.DateTimeField(_("提交时间"), null=True)
    submitted_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    accepted_at = models.DateTimeField(_("通过时间"), null=True)
    returned_at = models.DateTimeField(_("退回时间"), null=True)
    note = models.TextField(_("退回理由"), blank=True)
    given = models.JSONField(default=dict)
    self_reported = ArrayField(models.CharField(max_length=40), default=list)
    replaced = models.JSONField(default=dict)
    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("定期报告")
        ordering = ["-since", "-id"]
        indexes = [models.Index(fields=["kind", "state", "since"], name="report_kind_state")]
        constraints = [
            models.UniqueConstraint(fields=["subject_kind", "subject_id", "kind", "since"], name="report_once"),
            models.CheckConstraint(name="report_period", condition=Q(until__gte=F("since"))),
            models.CheckConstraint(
                name="report_accepted",
                condition=Q(state="accepted", accepted_at__isnull=False) | (~Q(state="accepted") & Q(accepted_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="report_submitted", condition=Q(state="draft") | Q(submitted_at__isnull=False, form__isnull=False)
            ),
            models.CheckConstraint(name="report_returned", condition=~Q(state="returned") | ~Q(note="")),
        ]

    @property
    def is_open(self) -> bool:
        """Return whether it is being written."""
        return self.state in OPEN


OPEN = frozenset({Report.State.DRAFT, Report.State.RETURNED})
IN_REVIEW = frozenset({Report.State.HOST, Report.State.OFFICE})


class Told(OfSubject):
    """That something was said or done about a report that is owed: a reminder ("due:30"), what follows its being late. Once each."""

    kind = models.CharField(max_length=40)
    since = models.DateField()
    what = models.CharField(max_length=80)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject_kind", "subject_id", "kind", "since", "what"], name="told_once")]


of_many(Report, Told)
