"""The policy document as records: articles, measures, targets, evidence, responsible agencies, and the history of figures."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from headwater.registry.models import Agency


class PolicyDocument(models.Model):
    """The document holds the articles of a region's policy: its name on the pages, and how this text relates to the official one.

    `headline` names the figures of the front page.
    """

    region = models.CharField(max_length=40, unique=True)
    code = models.CharField(max_length=60)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=300)
    notice_zh = models.CharField(max_length=300, blank=True)
    notice_en = models.CharField(max_length=400, blank=True)
    headline = models.JSONField(default=list)

    class Meta:
        verbose_name = _("政策文件")

    def __str__(self) -> str:
        return self.title_zh


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
    agency_order = models.JSONField(default=list)
    agencies_open = models.BooleanField(default=False)
    fields = models.JSONField(default=list)

    class Meta:
        verbose_name = _("条款")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["region", "number"], name="article_once")]

    def __str__(self) -> str:
        return f"{self.number} {self.title_zh}"

    @property
    def responsible(self) -> list[Agency]:
        """Return the agencies in the order of the text, the lead department first."""
        place = {code: n for n, code in enumerate(self.agency_order)}
        return sorted(self.agencies.all(), key=lambda a: (place.get(a.code, len(place)), a.code))


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


class Evidence(models.Model):
    """Evidence is a figure that speaks for an article: an indicator, narrowed by `only`, with the region's words for it.

    `at_least` and `at_most` are what it must reach, from the end of the year `by` on where one is named. The same code under
    several articles is the same figure.
    """

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="evidence")
    code = models.CharField(max_length=60)
    indicator = models.CharField(max_length=60)
    only = models.JSONField(default=dict)
    label_zh = models.CharField(max_length=60)
    label_en = models.CharField(max_length=100)
    note_zh = models.CharField(max_length=200, blank=True)
    note_en = models.CharField(max_length=300, blank=True)
    at_least = models.FloatField(null=True)
    at_most = models.FloatField(null=True)
    by = models.IntegerField(null=True)

    class Meta:
        verbose_name = _("证据")
        ordering = ["article__number", "id"]
        constraints = [models.UniqueConstraint(fields=["article", "code"], name="evidence_once")]

    def __str__(self) -> str:
        return self.code


class IndicatorValue(models.Model):
    """A value of a figure on a day, by the code of its evidence. One row a day lets pages draw a trend."""

    code = models.CharField(max_length=60)
    on = models.DateField()
    value = models.FloatField(null=True)
    rows = models.IntegerField(default=0)
    computed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "on"], name="indicator_value_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.on}: {self.value}"
