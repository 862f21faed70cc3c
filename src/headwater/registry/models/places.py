from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from headwater.core.i18n import named


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
    """A region package as it was loaded: its version grows only when its content changed.

    `places_level` is the level of the places by which the region is counted and drawn, `places_zh` and `places_en` their name.
    `bases` are the rules that pages cite beside a period or a list: [Chinese, English] by what they are the basis of.
    `letter_mark` begins the numbers of letters; where there is a `notice_mark`, it begins those of notices to applicants, and the hosts
    get letters of their own.
    `office` says who signs mails and papers and how to reach them, in the same way.
    """

    version = models.IntegerField(default=1)
    digest = models.CharField(max_length=64)
    place = models.ForeignKey("Place", null=True, on_delete=models.PROTECT, related_name="+")
    places_level = models.CharField(max_length=12, blank=True)
    places_zh = models.CharField(max_length=40, blank=True)
    places_en = models.CharField(max_length=60, blank=True)
    department_zh = models.CharField(max_length=80)
    fund_zh = models.CharField(max_length=80)
    fund_en = models.CharField(max_length=120)
    bases = models.JSONField(default=dict)
    office = models.JSONField(default=dict)
    letter_mark = models.CharField(max_length=20)
    notice_mark = models.CharField(max_length=20, blank=True)
    loaded_at = models.DateTimeField()


class Outlines(models.Model):
    """The outlines of a region's places as paths of one drawing, with where they come from."""

    region = models.OneToOneField(Region, on_delete=models.CASCADE, related_name="outlines")
    width = models.IntegerField()
    height = models.IntegerField()
    shapes = models.JSONField()
    source = models.CharField(max_length=200)
    licence = models.CharField(max_length=60)

    class Meta:
        verbose_name = _("区划轮廓")

    def __str__(self) -> str:
        return f"{self.region}: {self.source}"


class Place(Named):
    """An administrative division; its levels are the region's own."""

    name_mn = models.CharField(max_length=120, blank=True)
    level = models.CharField(max_length=12)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")

    class Meta:
        verbose_name = _("行政区划")
        ordering = ["code"]


class PlaceGroup(Named):
    """Places that the region's policy speaks of together, such as a half of the region."""

    places = models.JSONField(default=list)
    order = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("区划分组")
        ordering = ["order"]


class Discipline(Named):
    """A code of the discipline tree; the prefix is the path."""

    scheme = models.CharField(max_length=20, default="nsfc-2020")
    level = models.IntegerField()
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")

    class Meta:
        verbose_name = _("学科代码")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {named(self)}"


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
