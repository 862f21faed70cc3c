from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from headwater.core.own import of_many


class Succession(models.Model):
    """One record has taken over from another of its table (`subject_kind`): after a new name, a merger or a division. What compares years
    follows these links. The database holds that the earlier record is over and that no chain leads back to where it began.
    """

    class How(models.TextChoices):
        RENAMED = "renamed", _("更名重组")
        MERGED = "merged", _("合并")
        SPLIT = "split", _("分立")

    subject_kind = models.CharField(max_length=40)
    before_id = models.BigIntegerField()
    after_id = models.BigIntegerField()
    how = models.CharField(_("方式"), max_length=8, choices=How.choices)
    on = models.DateField(_("日期"))

    class Meta:
        verbose_name = _("承继关系")
        ordering = ["on", "id"]
        indexes = [models.Index(fields=["subject_kind", "after_id"], name="succession_after")]
        constraints = [
            models.UniqueConstraint(fields=["subject_kind", "before_id", "after_id"], name="succession_once"),
            models.CheckConstraint(name="succession_of_another", condition=~models.Q(before_id=models.F("after_id"))),
        ]

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.before_id} → {self.after_id}"


of_many(Succession)
