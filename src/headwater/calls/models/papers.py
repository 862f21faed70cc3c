"""Templates of papers that an office lays out itself."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from headwater.core import clock
from headwater.core.models import Account, StoredFile
from headwater.schemes.placeholders import PAPERS


class PaperTemplateQuerySet(models.QuerySet["PaperTemplate"]):
    def in_force(self) -> PaperTemplateQuerySet:
        """Select the row that was last taken into use, for each paper and scheme."""
        last = ("region", "paper", "scheme", "-used_at", "-pk")
        return self.filter(used_at__isnull=False).order_by(*last).distinct("region", "paper", "scheme")


class PaperTemplate(models.Model):
    """A template (DOCX) that an office has given, for all schemes or for one; what was last taken into use holds.

    No row is changed once it was taken into use: to go back is another row with the earlier file. A row without a file goes back to
    what the region package has.
    """

    region = models.CharField(max_length=60)
    paper = models.CharField(_("公文"), max_length=10)
    scheme = models.CharField(_("项目类型"), max_length=60, blank=True)
    file = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    put_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    put_at = models.DateTimeField(_("上传时间"), default=clock.now)
    used_at = models.DateTimeField(_("启用时间"), null=True)
    objects = PaperTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("公文模板")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["region", "paper", "scheme"], name="template_of_paper")]
        constraints = [
            models.CheckConstraint(name="template_known_paper", condition=Q(paper__in=list(PAPERS))),
            models.CheckConstraint(
                name="template_without_file_is_used", condition=Q(file__isnull=False) | Q(used_at__isnull=False)
            ),
            models.CheckConstraint(name="template_used_later", condition=Q(used_at__isnull=True) | Q(used_at__gte=F("put_at"))),
        ]

    def __str__(self) -> str:
        return f"{self.paper} {self.scheme}".strip()

    @property
    def label(self) -> Any:
        """Return what the paper is called."""
        return PAPERS[self.paper]
