from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headwater.casework.subjects import rows_about
from headwater.core import clock
from headwater.core.i18n import Bilingual, both
from headwater.core.models import Account
from headwater.core.own import of_many
from headwater.forms.models import OfSubject


class LetterQuerySet(models.QuerySet["CaseLetter"]):
    def visible_to(self, user: Any) -> LetterQuerySet:
        """Return the letters to oneself, and those about records that one may know of."""
        if not getattr(user, "is_authenticated", False):
            return self.none()
        about = rows_about(self.model._default_manager.all(), user)
        return self.filter(Q(account=user) | Q(pk__in=about.values("pk")))


class CaseLetter(OfSubject):
    """An official letter about a record: number, heading and paragraphs in both languages as they were written, never changed.

    The Chinese is the letter, the English its translation. `account` is whom it answers; `cause_kind` and `cause_id` name the
    record from which it follows, such as a request. The PDF is rendered from this row.
    """

    number = models.CharField(_("文号"), max_length=60, unique=True)
    heading_zh = models.CharField(_("标题"), max_length=120)
    heading_en = models.CharField(max_length=200)
    body = models.JSONField()
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    cause_kind = models.CharField(max_length=40)
    cause_id = models.BigIntegerField()
    issued_at = models.DateTimeField(_("发出时间"), default=clock.now)
    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("函件")
        ordering = ["-issued_at", "-id"]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id"], name="case_letter_subject"),
            models.Index(fields=["cause_kind", "cause_id"], name="case_letter_cause"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def heading(self) -> Bilingual:
        return both(self, "heading")


of_many(CaseLetter)
