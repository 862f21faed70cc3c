"""The policy document as records: articles, measures, targets, responsible agencies, and the history of indicators."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from headwater.registry.models import Agency


class Article(models.Model):
    region = models.CharField(max_length=40)
    number = models.IntegerField(_("条"))
    chapter = models.IntegerField()
    chapter_zh = models.CharField(max_length=120)
    chapter_en = models.CharField(max_length=200)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=300)
    summary_zh = models.TextField()
    summary_en = models.TextField()
    agencies = models.ManyToManyField(Agency, related_name="articles")
    agencies_open = models.BooleanField(default=False)
    fields = models.JSONField(default=list)

    class Meta:
        verbose_name = _("条款")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["region", "number"], name="article_once")]

    def __str__(self) -> str:
        return f"{self.number} {self.title_zh}"


class Measure(models.Model):
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="measures")
    code = models.CharField(max_length=20)
    text_zh = models.TextField()
    text_en = models.TextField()

    class Meta:
        verbose_name = _("措施")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.code


class Target(models.Model):
    """A number that an article promises. `comparison` is "at_least" or "range"."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="targets")
    code = models.CharField(max_length=20)
    text_zh = models.TextField()
    text_en = models.TextField()
    value = models.FloatField()
    value_max = models.FloatField(null=True)
    comparison = models.CharField(max_length=12, default="at_least")
    unit = models.CharField(max_length=20, blank=True)
    by = models.IntegerField(null=True)

    class Meta:
        verbose_name = _("目标")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.code


class IndicatorValue(models.Model):
    """What an indicator said on a day; one row a day, so that a trend can be drawn."""

    code = models.CharField(max_length=60)
    on = models.DateField()
    value = models.FloatField(null=True)
    rows = models.IntegerField(default=0)
    computed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "on"], name="indicator_value_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.on}: {self.value}"
