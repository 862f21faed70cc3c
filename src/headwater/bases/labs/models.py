"""What a laboratory keeps: its rules, open calls and the projects that they pay, who came to see it, what happened to its safety."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from headwater.core.models import StoredFile
from headwater.core.own import of_many
from headwater.registry.models import Person

MOST_TITLE = 200


class BaseRule(models.Model):
    """A rule of a base: its charter, how instruments are shared, how open calls are run. In force from `adopted_on` until `until`."""

    entry = models.ForeignKey("bases.Base", on_delete=models.PROTECT, related_name="rules")
    title = models.CharField(_("名称"), max_length=MOST_TITLE)
    adopted_on = models.DateField(_("施行日期"))
    until = models.DateField(_("废止日期"), null=True)
    link = models.URLField(_("网址"), max_length=300, blank=True)
    file = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("文件"))

    class Meta:
        verbose_name = _("规章制度")
        ordering = ["-adopted_on", "-id"]
        indexes = [models.Index(fields=["entry", "adopted_on"], name="baserule_entry")]
        constraints = [
            models.CheckConstraint(name="baserule_can_be_read", condition=~Q(link="") | Q(file__isnull=False)),
            models.CheckConstraint(name="baserule_period", condition=Q(until__isnull=True) | Q(until__gte=F("adopted_on"))),
        ]

    def __str__(self) -> str:
        return self.title


class OpenCall(models.Model):
    """A call of a base for open projects: whoever works elsewhere may propose to do research there."""

    entry = models.ForeignKey("bases.Base", on_delete=models.PROTECT, related_name="open_calls")
    title = models.CharField(_("名称"), max_length=MOST_TITLE)
    title_en = models.CharField(_("英文名称"), max_length=300, blank=True)
    text = models.TextField(_("内容"), max_length=6000)
    opens_on = models.DateField(_("开始日期"))
    closes_on = models.DateField(_("截止日期"))
    amount_fen = models.BigIntegerField(_("经费（万元）"), null=True)
    link = models.URLField(_("网址"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("开放课题指南")
        ordering = ["-opens_on", "-id"]
        indexes = [models.Index(fields=["entry", "opens_on"], name="opencall_entry")]
        constraints = [
            models.CheckConstraint(name="opencall_period", condition=Q(closes_on__gte=F("opens_on"))),
            models.CheckConstraint(name="opencall_amount", condition=Q(amount_fen__isnull=True) | Q(amount_fen__gte=0)),
        ]

    def __str__(self) -> str:
        return self.title


class OpenProject(models.Model):
    """A project that a base pays for somebody from elsewhere, after a call. `request_id` is the request from whose acceptance it came."""

    class State(models.TextChoices):
        RUNNING = "running", _("执行中")
        FINISHED = "finished", _("已结题")
        STOPPED = "stopped", _("已终止")

    entry = models.ForeignKey("bases.Base", on_delete=models.PROTECT, related_name="open_projects")
    call = models.ForeignKey(OpenCall, null=True, on_delete=models.PROTECT, related_name="projects", verbose_name=_("所属指南"))
    title = models.CharField(_("名称"), max_length=MOST_TITLE)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("负责人"))
    name = models.CharField(_("负责人"), max_length=60, blank=True)
    institution = models.CharField(_("单位"), max_length=120, blank=True)
    amount_fen = models.BigIntegerField(_("经费（万元）"))
    since = models.DateField(_("开始日期"))
    until = models.DateField(_("结束日期"))
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.RUNNING)
    request_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("开放课题")
        ordering = ["-since", "-id"]
        indexes = [models.Index(fields=["entry", "since"], name="openproject_entry")]
        constraints = [
            models.CheckConstraint(name="openproject_is_led", condition=Q(person__isnull=False) ^ ~Q(name="")),
            models.CheckConstraint(name="openproject_period", condition=Q(until__gte=F("since"))),
            models.CheckConstraint(name="openproject_amount", condition=Q(amount_fen__gte=0)),
            models.UniqueConstraint(
                fields=["request_id"], condition=Q(request_id__isnull=False), name="openproject_of_request_once"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class OpenDay(models.Model):
    """A day on which a base had visitors."""

    class Kind(models.TextChoices):
        OPEN_DAY = "open_day", _("开放日")
        OUTREACH = "outreach", _("科普活动")
        VISIT = "visit", _("来访")
        EXCHANGE = "exchange", _("学术交流")

    entry = models.ForeignKey("bases.Base", on_delete=models.PROTECT, related_name="open_days")
    kind = models.CharField(_("类别"), max_length=10, choices=Kind.choices)
    on = models.DateField(_("日期"))
    title = models.CharField(_("名称"), max_length=MOST_TITLE)
    visitors = models.IntegerField(_("人数"))

    class Meta:
        verbose_name = _("开放活动与来访")
        ordering = ["-on", "-id"]
        indexes = [models.Index(fields=["entry", "on"], name="openday_entry")]
        constraints = [models.CheckConstraint(name="openday_visitors", condition=Q(visitors__gte=0))]

    def __str__(self) -> str:
        return f"{self.on} {self.title}"


class SafetyRecord(models.Model):
    """An accident at a base."""

    class Grade(models.TextChoices):
        NEAR = "near", _("险情")
        MINOR = "minor", _("一般事故")
        MAJOR = "major", _("较大事故")
        SERIOUS = "serious", _("重大事故")

    entry = models.ForeignKey("bases.Base", on_delete=models.PROTECT, related_name="safety")
    on = models.DateField(_("日期"))
    grade = models.CharField(_("等级"), max_length=8, choices=Grade.choices)
    text = models.TextField(_("经过与处理"), max_length=2000)
    settled_on = models.DateField(_("处理完毕"), null=True)

    class Meta:
        verbose_name = _("安全记录")
        ordering = ["-on", "-id"]
        indexes = [models.Index(fields=["entry", "on"], name="safety_entry")]
        constraints = [
            models.CheckConstraint(name="safety_settled_later", condition=Q(settled_on__isnull=True) | Q(settled_on__gte=F("on")))
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.get_grade_display()}"


of_many(BaseRule, OpenCall, OpenProject, OpenDay, SafetyRecord)
