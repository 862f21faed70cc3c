from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headwater.calls.models.calls import Call
from headwater.calls.states import ENDORSED, IN_THE_HOUSE, LIVE, SHOWN_TO_APPLICANT, UNSUBMITTED, ResearchClass, State
from headwater.core import clock
from headwater.core.i18n import named
from headwater.core.own import own_rows
from headwater.registry.models import Discipline, Organisation, Person, own_records

LONG = ("abstract_zh", "abstract_en", "keywords_zh", "keywords_en", "answers", "call__guide_zh", "call__guide_en")


class ApplicationQuerySet(models.QuerySet["Application"]):
    def moving(self) -> ApplicationQuerySet:
        """Return rows as a change of state needs them: with call, host and leader, without the long texts."""
        return self.select_related("call", "host", "leader").defer(*LONG)

    def visible_to(self, user: Any) -> ApplicationQuerySet:
        """Return the applications that `user` may know of through calls: own and joined ones, those of one's host once
        submitted to it, those of one's agency once endorsed, and everything received for officers of the call, less their
        own cases. Experts get theirs through the review.
        """
        if not getattr(user, "is_authenticated", False):
            return self.none()
        joined = Participant.objects.filter(person__in=own_records(user), declined_at__isnull=True)
        condition = Q(leader__in=own_records(user)) | Q(pk__in=joined.values("application"))
        hosts = user.scopes("host_manager", "organisation")
        if hosts:
            submitted = Q(state__in=LIVE) | (~Q(state=State.DRAFT) & Q(submitted_at__isnull=False))
            condition |= Q(host__in=hosts) & submitted
        agencies = user.scopes("recommender", "agency")
        if agencies:
            sending = Organisation.objects.filter(recommender__in=agencies, direct=False)
            condition |= Q(host__in=sending.values("pk"), state__in=ENDORSED)
        calls = [g.scope_id for g in user.grants if g.role == "programme_officer"]
        if calls or user.has_role("committee"):
            everything = user.has_role("committee") or None in calls
            office = Q(state__in=IN_THE_HOUSE) if everything else Q(state__in=IN_THE_HOUSE, call__in=calls)
            condition |= office & ~own_rows(self.model, user)
        return self.filter(condition)  # without a join: each row once, and a page is found by its index


class Application(models.Model):
    """An application (申请书) to a call."""

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="applications")
    number = models.CharField(_("申请编号"), max_length=40, blank=True)
    leader = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="led_applications", verbose_name=_("申请人"))
    leader_of_record = models.ForeignKey(Person, null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    """The record that stands for the leader, for whom limits count; the database keeps it."""
    host = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="applications", verbose_name=_("依托单位"))
    state = models.CharField(_("状态"), max_length=14, choices=State.choices, default=State.DRAFT)
    research_class = models.CharField(_("研究属性"), max_length=4, choices=ResearchClass.choices, default=ResearchClass.FREE)
    title_zh = models.CharField(_("名称"), max_length=120, blank=True)
    title_en = models.CharField(_("英文名称"), max_length=300, blank=True)
    abstract_zh = models.TextField(_("中文摘要"), blank=True)
    abstract_en = models.TextField(_("英文摘要"), blank=True)
    keywords_zh = models.CharField(_("关键词"), max_length=200, blank=True)
    keywords_en = models.CharField(_("英文关键词"), max_length=300, blank=True)
    discipline = models.ForeignKey(Discipline, null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("申请代码"))
    second_discipline = models.ForeignKey(
        Discipline, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("第二申请代码")
    )
    review_group = models.CharField(_("评审领域"), max_length=60, blank=True)
    priority_field = models.CharField(_("优先领域"), max_length=60, blank=True)
    topic = models.CharField(_("指南方向"), max_length=20, blank=True)
    amount_fen = models.BigIntegerField(_("申请金额"), default=0)
    months = models.IntegerField(_("执行期限（月）"), default=36)
    starts_on = models.DateField(_("开始日期"), null=True, blank=True)
    answers = models.JSONField(default=dict)
    flags = models.JSONField(default=list)
    unsuitable = models.JSONField(default=list)
    revision = models.IntegerField(default=0)
    limit_year = models.IntegerField()
    limit_group = models.CharField(max_length=40)
    created_at = models.DateTimeField(default=clock.now)
    saved_at = models.DateTimeField(default=clock.now)
    submitted_at = models.DateTimeField(null=True)
    """When what it holds was submitted; empty again from when it goes back to its author."""
    endorsed_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    returned_note = models.TextField(blank=True)
    host_rank = models.IntegerField(_("单位排序"), null=True)
    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("申请书")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["call", "state", "id"], name="application_board"),
            models.Index(fields=["host", "state"], name="application_host"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="application_number_once"),
            models.UniqueConstraint(
                fields=["leader_of_record", "limit_group", "limit_year"],
                condition=~Q(state__in=sorted(UNSUBMITTED)),
                name="application_one_live_per_year",
                violation_error_message=_("同一申请人同一年度只能申报一项"),
            ),
            models.UniqueConstraint(
                fields=["call", "host", "host_rank"], name="application_rank_once", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(name="application_rank", condition=Q(host_rank__isnull=True) | Q(host_rank__gte=1)),
            models.CheckConstraint(name="application_amount", condition=Q(amount_fen__gte=0)),
            models.CheckConstraint(name="application_months", condition=Q(months__gte=1, months__lte=120)),
            models.CheckConstraint(
                name="application_submitted_has_number", condition=Q(state__in=sorted(UNSUBMITTED)) | ~Q(number="")
            ),
        ]

    def __str__(self) -> str:
        return self.number or named(self, "title") or str(_("未命名申请书"))

    @property
    def public_state(self) -> State:
        """Return the state as the applicant, host and recommender may know it."""
        return SHOWN_TO_APPLICANT.get(State(self.state), State(self.state))


class Participant(models.Model):
    """A member (参与者) of an application; counts in limits and in conflicts, and confirms or declines in person.

    Who has confirmed may write in the draft where the leader has allowed it (`may_edit`). Somebody from outside the registry has no
    `organisation`; their `institution` is what the leader wrote.
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="participants")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="participations")
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    institution = models.CharField(_("单位"), max_length=120, blank=True)
    months_per_year = models.IntegerField(_("每年工作月数"), default=6)
    confirmed_at = models.DateTimeField(null=True)
    may_edit = models.BooleanField(_("可编辑"), default=False)
    declined_at = models.DateTimeField(null=True)
    decline_reason = models.CharField(_("谢绝的理由"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("参与者")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["application", "person"], name="participant_once"),
            models.CheckConstraint(
                name="participant_belongs_somewhere", condition=Q(organisation__isnull=False) | ~Q(institution="")
            ),
            models.CheckConstraint(name="participant_months", condition=Q(months_per_year__gte=1, months_per_year__lte=12)),
            models.CheckConstraint(
                name="participant_one_answer", condition=Q(confirmed_at__isnull=True) | Q(declined_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return str(self.person)

    @property
    def unit(self) -> str:
        """Return the member's institution in the reader's language."""
        return named(self.organisation) if self.organisation else self.institution


class Attachment(models.Model):
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="attachments")
    kind = models.CharField(max_length=40)
    file = models.ForeignKey("core.StoredFile", on_delete=models.PROTECT)
    note = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.kind
