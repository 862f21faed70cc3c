from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headwater.calls.models.applications import Application, Participant
from headwater.core import clock
from headwater.core.addresses import AddressField, kept_normal
from headwater.registry.models import Discipline, Person


class Referee(models.Model):
    """A referee (推荐专家) whom an applicant named: outside the system as a rule, reached by a link (regulation of 2024, art. 11(2)).

    `name`, `institution`, `title` and `discipline` are what the applicant wrote; `said_*` is what the referee said of themselves.
    `person` is the same person in the registry, where the address tells it: they then do not review the application.
    """

    class Tie(models.TextChoices):
        NONE = "none", _("没有师生、合作或亲属关系")
        SUPERVISOR = "supervisor", _("导师或合作导师")
        COLLEAGUE = "colleague", _("同一单位")
        COAUTHOR = "coauthor", _("合作研究")
        OTHER = "other", _("其他关系")

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="referees")
    name = models.CharField(_("姓名"), max_length=60)
    institution = models.CharField(_("单位"), max_length=120)
    title = models.CharField(_("职称"), max_length=40)
    discipline = models.ForeignKey(Discipline, on_delete=models.PROTECT, related_name="+", verbose_name=_("研究领域"))
    email = AddressField(_("电子邮箱"))
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    invited_at = models.DateTimeField(default=clock.now)
    opened_at = models.DateTimeField(null=True)
    written_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    decline_reason = models.CharField(max_length=300, blank=True)
    said_name = models.CharField(_("姓名"), max_length=60, blank=True)
    said_institution = models.CharField(_("单位"), max_length=120, blank=True)
    said_title = models.CharField(_("职称"), max_length=40, blank=True)
    is_senior = models.BooleanField(_("高级职称"), default=False)
    same_field = models.BooleanField(_("同一研究领域"), default=False)
    tie = models.CharField(_("与申请人的关系"), max_length=12, choices=Tie.choices, blank=True)
    letter = models.TextField(_("推荐意见"), blank=True)

    class Meta:
        verbose_name = _("推荐专家")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["application", "email"], condition=~Q(email=""), name="referee_once"),
            kept_normal("referee_address_normal"),
            models.CheckConstraint(name="referee_one_answer", condition=Q(written_at__isnull=True) | Q(declined_at__isnull=True)),
            models.CheckConstraint(
                name="referee_letter_whole",
                condition=Q(written_at__isnull=True, letter="")
                | Q(written_at__isnull=False) & ~Q(letter="") & ~Q(said_name="") & ~Q(tie=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        if self.written_at:
            return "written"
        return "declined" if self.declined_at else "opened" if self.opened_at else "invited"


class Link(models.Model):
    """A link that identifies an invitation: of a member or of a referee, for this purpose only, until a day.

    Only the SHA-256 of its key is kept: the key holds 256 random bits, so nothing is gained by salting. One that is sent anew ends
    the one before.
    """

    participant = models.ForeignKey(Participant, null=True, on_delete=models.CASCADE, related_name="links")
    referee = models.ForeignKey(Referee, null=True, on_delete=models.CASCADE, related_name="links")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(_("有效至"))
    revoked_at = models.DateTimeField(_("撤销"), null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("邀请链接")
        constraints = [
            models.CheckConstraint(
                name="link_of_one",
                condition=Q(participant__isnull=False, referee__isnull=True) | Q(participant__isnull=True, referee__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["participant", "referee"],
                condition=Q(revoked_at__isnull=True),
                name="link_one_live",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"link {self.pk}"

    @property
    def end(self) -> str:
        """Return why the link leads nowhere any more: used, revoked or expired; empty while it lives."""
        if self.used_at:
            return "used"
        if self.revoked_at:
            return "revoked"
        return "" if clock.now() < self.expires_at else "expired"
