"""Who is and was in a makerspace, an incubator or an accelerator, and what its yearly assessments said."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from headwater.bases.tables.models import BaseLine
from headwater.core.own import of_many


class Tenant(BaseLine):
    """A team or a firm in a base, from the day on which it came. `revenue_fen` is that of its newest years that count together.

    One who has graduated has left on a ground of the rules, with evidence.
    """

    class Kind(models.TextChoices):
        TEAM = "team", _("创业团队")
        FIRM = "firm", _("企业")

    class Left(models.TextChoices):
        GRADUATED = "graduated", _("毕业")
        MOVED = "moved", _("迁出")
        ENDED = "ended", _("注销或解散")
        OTHER = "other", _("其他")

    class Recognised(models.TextChoices):
        HIGH_TECH = "high_tech", _("高新技术企业")
        SMALL = "small", _("科技型中小企业")

    class Sold(models.TextChoices):
        ACQUIRED = "acquired", _("被并购")
        LISTED = "listed", _("上市或挂牌")

    name = models.CharField(_("名称"), max_length=120)
    kind = models.CharField(_("类型"), max_length=4, choices=Kind.choices)
    uscc = models.CharField(_("统一社会信用代码"), max_length=18, blank=True)
    industry = models.CharField(_("领域"), max_length=40, blank=True)
    entered_on = models.DateField(_("入驻日期"))
    left_on = models.DateField(_("离开日期"), null=True)
    left_as = models.CharField(_("离开原因"), max_length=10, choices=Left.choices, blank=True)
    jobs = models.IntegerField(_("就业人数"), null=True)
    ip_applied = models.IntegerField(_("申请知识产权（件）"), null=True)
    ip_valid = models.IntegerField(_("有效知识产权（件）"), null=True)
    financed_fen = models.BigIntegerField(_("累计融资"), default=0)
    revenue_fen = models.BigIntegerField(_("近两年营业收入"), default=0)
    recognised = models.CharField(_("资质认定"), max_length=10, choices=Recognised.choices, blank=True)
    sold = models.CharField(_("并购或上市"), max_length=10, choices=Sold.choices, blank=True)
    evidence = models.CharField(_("毕业依据"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("入驻企业和团队")
        ordering = ["-entered_on", "id"]
        indexes = [models.Index(fields=["base", "left_on"], name="tenant_of_base")]
        constraints = [
            models.UniqueConstraint(
                fields=["base", "uscc"], condition=Q(left_on__isnull=True) & ~Q(uscc=""), name="tenant_once_at_a_time"
            ),
            models.CheckConstraint(name="tenant_firm_has_code", condition=~Q(kind="firm") | ~Q(uscc="")),
            models.CheckConstraint(name="tenant_period", condition=Q(left_on__isnull=True) | Q(left_on__gte=F("entered_on"))),
            models.CheckConstraint(
                name="tenant_left_whole",
                condition=Q(left_on__isnull=True, left_as="") | (Q(left_on__isnull=False) & ~Q(left_as="")),
            ),
            models.CheckConstraint(name="tenant_graduate_has_evidence", condition=~Q(left_as="graduated") | ~Q(evidence="")),
            models.CheckConstraint(name="tenant_money", condition=Q(financed_fen__gte=0, revenue_fen__gte=0)),
        ]

    def __str__(self) -> str:
        return self.name


class Assessment(models.Model):
    """What a yearly assessment of a base said (a grade of its kind). One for each year; it follows from a verb, and never changes by hand."""

    base = models.ForeignKey("bases.Base", on_delete=models.PROTECT, related_name="assessments")
    year = models.IntegerField(_("年度"))
    grade = models.CharField(_("等次"), max_length=20)
    note = models.CharField(_("说明"), max_length=500, blank=True)
    on = models.DateField(_("日期"))

    class Meta:
        verbose_name = _("年度考核")
        ordering = ["base", "year"]
        constraints = [
            models.UniqueConstraint(fields=["base", "year"], name="assessment_once_a_year"),
            models.CheckConstraint(name="assessment_year", condition=Q(year__range=(2000, 2100))),
            models.CheckConstraint(name="assessment_grade", condition=~Q(grade="")),
        ]

    def __str__(self) -> str:
        return f"{self.base} {self.year} {self.grade}"


of_many(Assessment, Tenant)
