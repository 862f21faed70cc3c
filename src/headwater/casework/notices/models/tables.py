"""Public notices of what is decided outside of calls: kinds, notices, their lines, objections, letters."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headwater.casework.kinds import KindVersion
from headwater.casework.notices import kinds
from headwater.casework.notices.models.base import (
    ClaimBase,
    NoticeBase,
    ObjectionBase,
    by_two_people,
    ends_after_it_starts,
    one_open_of_a_contact,
    upheld_is_settled,
)
from headwater.casework.records import AboutRecord, about_whole
from headwater.core import clock
from headwater.core.addresses import kept_normal
from headwater.core.i18n import Bilingual
from headwater.core.models import Account
from headwater.core.own import of_many
from headwater.registry.models import Organisation, own_records


class NoticeKind(KindVersion):
    """A kind of public notice of a region package."""

    class Meta:
        verbose_name = _("公示类型")
        constraints = [models.UniqueConstraint(fields=["region", "code", "version"], name="notice_kind_once")]

    @property
    def rule(self) -> kinds.NoticeKind:
        return kinds.parsed(self)


class ListQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: Any) -> ListQuerySet:
        """Return all: they are public."""
        return self.all()


class Notice(NoticeBase):
    """A public notice of a list that was decided outside of calls. `what` is put into its title. It closes by itself once every line has
    come to its end.
    """

    kind = models.ForeignKey(NoticeKind, on_delete=models.PROTECT, related_name="notices")
    what_zh = models.CharField(max_length=120)
    what_en = models.CharField(max_length=200, blank=True)
    published_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    objects = ListQuerySet.as_manager()

    class Meta:
        verbose_name = _("公示（批次之外）")
        ordering = ["-starts_at", "-id"]
        constraints = [ends_after_it_starts("case_notice_period")]

    @property
    def rule(self) -> kinds.NoticeKind:
        return self.kind.rule

    @property
    def url(self) -> str:
        return f"/notices/cases/{self.pk}/"


class NoticeRow(AboutRecord):
    """A line of a notice, kept as it was shown. `cells` are the texts of the columns of the kind by code, each [Chinese, English].

    `people` had a part in its record when it was published; `payload` is what its effect needs to know. Neither is shown. `failure` says
    why its effect could not be carried out.
    """

    class State(models.TextChoices):
        LISTED = "listed", _("公示中")
        DISPUTED = "disputed", _("异议处理中")
        FINAL = "final", _("公示期满，已生效")
        STRUCK = "struck", _("异议成立，已除去")

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="rows")
    position = models.PositiveIntegerField()
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=300, blank=True)
    holder_zh = models.CharField(max_length=200, blank=True)
    holder_en = models.CharField(max_length=300, blank=True)
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    cells = models.JSONField(default=dict)
    people = ArrayField(models.BigIntegerField(), default=list)
    payload = models.JSONField(default=dict)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.LISTED)
    settled_at = models.DateTimeField(null=True)
    failure = models.CharField(_("未能生效的原因"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("公示的一项")
        ordering = ["position"]
        indexes = [models.Index(fields=["subject_kind", "subject_id"], name="notice_row_subject")]
        constraints = [
            about_whole("notice_row_about_whole"),
            models.UniqueConstraint(fields=["notice", "position"], name="notice_row_place"),
            models.CheckConstraint(
                name="notice_row_ended", condition=Q(state__in=["listed", "disputed"], settled_at__isnull=True)
                | Q(state__in=["final", "struck"], settled_at__isnull=False),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title_zh

    @property
    def title(self) -> Bilingual:
        return Bilingual(self.title_zh, self.title_en)

    @property
    def holder(self) -> Bilingual:
        return Bilingual(self.holder_zh, self.holder_en)

    def cell(self, code: str) -> Bilingual:
        return Bilingual(*self.cells.get(code, ["", ""]))


class Objection(ObjectionBase):
    """An objection to a line of a notice: while it stands the line is disputed; upheld, the line is struck."""

    row = models.ForeignKey(NoticeRow, on_delete=models.PROTECT, related_name="objections")

    class Meta:
        verbose_name = _("异议（批次之外）")
        ordering = ["-filed_at"]
        constraints = [
            by_two_people("case_objection_two_people"),
            upheld_is_settled("case_objection_upheld_is_settled"),
            one_open_of_a_contact("case_objection_one_open_of_a_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.row}"


class ObjectionClaim(ClaimBase):
    """An objection that its contact has not confirmed yet."""

    row = models.ForeignKey(NoticeRow, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("待确认的异议（批次之外）")
        indexes = [
            models.Index(fields=["asked_from", "asked_at"], name="case_claim_source"),
            models.Index(fields=["contact", "asked_at"], name="case_claim_contact"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["row", "contact"], condition=Q(ended_at__isnull=True), name="case_claim_one_waiting"),
            kept_normal("case_claim_address_normal", "contact"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.row}"


class NoticeLetterQuerySet(models.QuerySet["NoticeLetter"]):
    def visible_to(self, user: Any) -> NoticeLetterQuerySet:
        """Return the letters to one's institution, those that name one, and all for officers of the house."""
        if not getattr(user, "is_authenticated", False):
            return self.none()
        to_host = Q(row__organisation__in=user.scopes("host_manager", "organisation"))
        named = Q(row__people__overlap=own_records(user))
        return self.all() if user.holds_everywhere("programme_officer") else self.filter(to_host | named)


class NoticeLetter(models.Model):
    """A numbered letter (通知书) on what became of a line, to its institution and to the people who have a part in its record."""

    row = models.OneToOneField(NoticeRow, on_delete=models.PROTECT, related_name="letter")
    number = models.CharField(_("文号"), max_length=60, unique=True)
    body = models.JSONField()
    issued_at = models.DateTimeField(_("日期"), default=clock.now)
    objects = NoticeLetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("公示结果通知书")
        ordering = ["-issued_at", "-id"]

    def __str__(self) -> str:
        return self.number


of_many(NoticeKind, Notice, NoticeRow, Objection, ObjectionClaim, NoticeLetter)
