from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Named(models.Model):
    """A record with a Chinese and an English name."""

    code = models.CharField(_("代码"), max_length=60, unique=True)
    name_zh = models.CharField(_("名称"), max_length=200)
    name_en = models.CharField(_("英文名称"), max_length=300, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name_zh


class Region(Named):
    """A region package as it was loaded: its version grows only when its content changed."""

    version = models.IntegerField(default=1)
    digest = models.CharField(max_length=64)
    map = models.CharField(max_length=60, blank=True)
    department_zh = models.CharField(max_length=80)
    fund_zh = models.CharField(max_length=80)
    fund_en = models.CharField(max_length=120)
    letter_mark = models.CharField(max_length=20)
    loaded_at = models.DateTimeField()


class Place(Named):
    """An administrative division by its GB/T 2260 code."""

    name_mn = models.CharField(max_length=120, blank=True)
    level = models.CharField(max_length=12)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")

    class Meta:
        verbose_name = _("行政区划")
        ordering = ["code"]

    @property
    def league(self) -> Place | None:
        """The league or city that this place lies in."""
        if self.level == "league":
            return self
        return self.parent.league if self.parent else None


class Discipline(Named):
    """A code of the discipline tree; the prefix is the path."""

    scheme = models.CharField(max_length=20, default="nsfc-2020")
    level = models.IntegerField()
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")

    class Meta:
        verbose_name = _("学科代码")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name_zh}"


class PriorityField(Named):
    """A field in which the region's policy wants research to concentrate."""

    articles = models.JSONField(default=list)

    class Meta:
        verbose_name = _("优先领域")


class ReviewGroup(Named):
    """A group of disciplines that one panel can judge."""

    prefixes = models.JSONField(default=list)
    order = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("评审领域")
        ordering = ["order"]
