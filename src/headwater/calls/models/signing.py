from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headwater.calls.models.applications import Application
from headwater.calls.models.inviting import Referee
from headwater.core import clock
from headwater.core.models import Account
from headwater.registry.models import Agency, Organisation, Person


class DocumentText(models.Model):
    """The exact words of a document to sign, in both languages, under their digest. Rows are never changed and never deleted."""

    digest = models.CharField(max_length=64, primary_key=True)
    title_zh = models.CharField(max_length=120)
    title_en = models.CharField(max_length=200)
    text_zh = models.TextField()
    text_en = models.TextField()

    class Meta:
        verbose_name = _("签署文本")

    def __str__(self) -> str:
        return f"{self.title_zh} {self.digest[:12]}"


class Party(models.TextChoices):
    APPLICANT = "applicant", _("申请人")
    MEMBER = "member", _("参与者")
    REFEREE = "referee", _("推荐专家")
    PARTNER = "partner", _("合作单位")
    HOST = "host", _("依托单位")
    RECOMMENDER = "recommender", _("归口管理部门")
    EXPERT = "expert", _("评审专家")


class DocumentSignature(models.Model):
    """A document signed for an application: which words, by whom, for whom and when (regulation of 2024, art. 12).

    Exactly one of `person`, `organisation`, `agency` and `referee` says on whose part; `account` is who pressed the button, and
    `name` how that person was called then. Another wording is another signature: the earlier one stays and shows what was signed.
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="signatures")
    document = models.CharField(max_length=40)
    party = models.CharField(_("签署方"), max_length=12, choices=Party.choices)
    text = models.ForeignKey(DocumentText, on_delete=models.PROTECT, related_name="signatures")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT, related_name="+")
    referee = models.ForeignKey(Referee, null=True, on_delete=models.CASCADE, related_name="signatures")
    account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(_("签署人"), max_length=120)
    signed_at = models.DateTimeField(_("签署时间"), default=clock.now)

    class Meta:
        verbose_name = _("签署")
        ordering = ["signed_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "document", "party", "text", "person", "organisation", "agency", "referee"],
                name="document_signature_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="signature_on_one_part",
                condition=Q(
                    party__in=["applicant", "member", "expert"],
                    person__isnull=False,
                    organisation__isnull=True,
                    agency__isnull=True,
                    referee__isnull=True,
                )
                | Q(
                    party__in=["partner", "host"],
                    person__isnull=True,
                    organisation__isnull=False,
                    agency__isnull=True,
                    referee__isnull=True,
                )
                | Q(
                    party="recommender",
                    person__isnull=True,
                    organisation__isnull=True,
                    agency__isnull=False,
                    referee__isnull=True,
                )
                | Q(party="referee", person__isnull=True, organisation__isnull=True, agency__isnull=True, referee__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party} {self.document} {clock.local_day(self.signed_at)}"
