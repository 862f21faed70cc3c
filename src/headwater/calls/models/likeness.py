from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from headwater.calls.models.applications import Application
from headwater.core import clock


class TextPrint(models.Model):
    """The texts of an application as the near-duplicate index knows them. `document` is their id there and depends on every character."""

    application = models.OneToOneField(Application, on_delete=models.CASCADE, primary_key=True, related_name="text_print")
    document = models.BigIntegerField()
    submitted_at = models.DateTimeField()
    compared_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["document"], name="text_print_document")]

    def __str__(self) -> str:
        return f"{self.application_id}: {self.document}"


class Likeness(models.Model):
    """The part of an application that stands in another one (查重). `share` weighs rare wording more, `plain` counts all alike.

    `passages`: own section, other section, starts and ends in both, and the runs that are the same, in characters.
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="likenesses")
    other = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    share = models.FloatField(_("相似比例"))
    plain = models.FloatField()
    evidence = models.FloatField()
    longest = models.IntegerField(_("最长相同文字"))
    passages = models.JSONField()
    found_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("相似文本")
        ordering = ["-share", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["application", "other"], name="likeness_once"),
            models.CheckConstraint(name="likeness_of_two", condition=~Q(application=F("other"))),
        ]

    def __str__(self) -> str:
        return f"{self.application} / {self.other}: {self.share:.0%}"
