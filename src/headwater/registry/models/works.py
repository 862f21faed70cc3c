"""Works: papers, books, patents, standards, varieties and what else people make, with their authors, and who claims them."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from headwater.core import clock
from headwater.core.i18n import named
from headwater.core.models import Account, StoredFile
from headwater.core.models.standing import apart
from headwater.core.own import of_many
from headwater.core.register import Register
from headwater.registry.models.people import Person

TITLE, VENUE, NAME = 500, 300, 200
"""Characters of a title, of where a work appeared, of an author or an institution as printed."""
ISSUED = r"^(1[5-9]|20|21)[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"
"""A year, a month or a day, as far as it is known (ISO 8601)."""
REACHES: Register[Any] = Register("reach of works")
"""Given an account: the works that it may know of besides those of people whom it may see; filled where claimants are declared."""


class WorkQuerySet(models.QuerySet["Work"]):
    def surviving(self) -> WorkQuerySet:
        """Return one record of each work."""
        return self.filter(merged_into__isnull=True)

    def visible_to(self, user: Any) -> WorkQuerySet:
        """Return the works of people whom one may see, those that one has entered or speaks for a claimant of, and for everybody what
        something public claims.
        """
        condition: Any = Q(pk__in=[])
        for reach in REACHES.values():
            condition |= reach(user)
        if getattr(user, "is_authenticated", False):
            if user.has_role("integrity_officer", "system_admin", "committee") or user.holds_everywhere("programme_officer"):
                return self.all()
            condition |= Q(entered_by=user) | self._of(Person.objects.visible_to(user))
        return self.filter(condition)

    def by(self, people: Any) -> WorkQuerySet:
        """Return the works of which any of these people, by whichever of their records, is an author."""
        return self.filter(self._of(people))

    @staticmethod
    def _of(people: QuerySet[Any]) -> Exists:
        keys = people.order_by().values("pk")
        twins = Person.objects.filter(merged_into__in=keys).values("pk")
        survivors = people.order_by().filter(merged_into__isnull=False).values("merged_into")
        return Exists(WorkAuthor.objects.filter(work=OuterRef("pk"), person__in=keys.union(twins, survivors)))


class Work(models.Model):
    """One work, of whatever kind (`works.kinds`), known by its identifiers and never by its title.

    Title and names stand as they are printed. `issued` is as exact as it is known, and `year` its first part. `marked` are the
    institutions and laboratories that the work itself names, `numbers` the grants that it acknowledges. Where two records turn out to be
    one work, the one points to the other (`merged_into`), which then stands for both; nothing is moved.
    """

    class Origin(models.TextChoices):
        TYPED = "typed", _("手工填写")
        IMPORTED = "imported", _("导入")
        REPORT = "report", _("随报告提交")

    kind = models.CharField(_("类别"), max_length=20)
    title_zh = models.CharField(_("题名"), max_length=TITLE, blank=True)
    title_en = models.CharField(_("英文题名"), max_length=TITLE, blank=True)
    issued = models.CharField(_("发表日期"), max_length=10, blank=True)
    year = models.IntegerField(_("年份"), null=True)
    venue = models.CharField(_("刊物"), max_length=VENUE, blank=True)
    volume = models.CharField(_("卷"), max_length=40, blank=True)
    issue = models.CharField(_("期"), max_length=40, blank=True)
    pages = models.CharField(_("页码"), max_length=60, blank=True)
    publisher = models.CharField(_("出版或发布单位"), max_length=NAME, blank=True)
    language = models.CharField(_("语种"), max_length=8, blank=True)
    abstract = models.TextField(_("摘要"), blank=True)
    keywords = models.CharField(_("关键词"), max_length=500, blank=True)
    marked = ArrayField(models.CharField(max_length=NAME), verbose_name=_("标注的单位"), default=list, blank=True)
    numbers = ArrayField(models.CharField(max_length=80), verbose_name=_("标注的项目编号"), default=list, blank=True)
    origin = models.CharField(_("录入方式"), max_length=10, choices=Origin.choices, default=Origin.TYPED)
    source = models.CharField(_("来源"), max_length=120, blank=True)
    """Who or what says so: a file, the person, an officer."""
    entered_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("录入人"))
    entered_at = models.DateTimeField(_("录入时间"), default=clock.now)
    revision = models.IntegerField(default=1)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged", verbose_name=_("并入"))
    merge_reason = models.CharField(_("合并的依据"), max_length=300, blank=True)
    people = models.ManyToManyField(Person, through="WorkAuthor", related_name="works")
    objects = WorkQuerySet.as_manager()

    class Meta:
        verbose_name = _("成果")
        indexes = [
            models.Index(fields=["-issued", "-id"], name="work_issued"),
            models.Index(fields=["kind", "year"], name="work_kind"),
        ]
        constraints = [
            models.CheckConstraint(name="work_title", condition=~Q(title_zh="") | ~Q(title_en="")),
            models.CheckConstraint(name="work_issued_form", condition=Q(issued="") | Q(issued__regex=ISSUED)),
            models.CheckConstraint(
                name="work_year",
                condition=Q(issued="", year__isnull=True) | Q(issued__startswith=Cast("year", models.TextField())),
            ),
            models.CheckConstraint(name="work_revision", condition=Q(revision__gte=1)),
            models.CheckConstraint(
                name="work_merge_reason",
                condition=Q(merged_into__isnull=True, merge_reason="") | (Q(merged_into__isnull=False) & ~Q(merge_reason="")),
            ),
            models.CheckConstraint(
                name="work_not_merged_into_itself", condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("pk"))
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """Return the title in the reader's language, as far as it was printed in it."""
        return named(self, "title") or self.title_en

    @property
    def survivor_id(self) -> int:
        return self.merged_into_id or self.pk


class WorkIdentifier(models.Model):
    """An identifier of a work in its normal form (`works.identifiers`): no two records have the same one."""

    work = models.ForeignKey(Work, on_delete=models.CASCADE, related_name="identifiers")
    scheme = models.CharField(_("编号种类"), max_length=20)
    value = models.CharField(_("编号"), max_length=200)

    class Meta:
        verbose_name = _("成果编号")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["scheme", "value"], name="work_identifier_once")]

    def __str__(self) -> str:
        return self.value


class WorkAuthor(models.Model):
    """An author as printed, in order; `person` once somebody has said who that is."""

    work = models.ForeignKey(Work, on_delete=models.CASCADE, related_name="authors")
    position = models.IntegerField(_("作者排序"), default=1)
    name = models.CharField(_("署名"), max_length=NAME)
    organisation = models.CharField(_("署名单位"), max_length=NAME, blank=True)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="authorships", verbose_name=_("人员"))

    class Meta:
        verbose_name = _("成果作者")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["work", "position"], name="work_author_order", deferrable=models.Deferrable.DEFERRED),
            models.UniqueConstraint(fields=["work", "person"], condition=Q(person__isnull=False), name="work_author_once"),
            models.CheckConstraint(name="work_author_position", condition=Q(position__gte=1)),
            models.CheckConstraint(name="work_author_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name


class WorkClaim(models.Model):
    """What a claimant (`works.claimants`) counts as its own: a whole work, or with a `share` a part of it.

    `credit` names those among whom a work is divided: their shares sum to at most 1, and where `most` is given no more of them have it;
    the database keeps both. `counts_on` is the day by which a period takes the work in.
    """

    class State(models.TextChoices):
        CLAIMED = "claimed", _("待确认")
        ACCEPTED = "accepted", _("已确认")
        REFUSED = "refused", _("未确认")
        WITHDRAWN = "withdrawn", _("已撤回")

    work = models.ForeignKey(Work, on_delete=models.PROTECT, related_name="claims")
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    credit = models.CharField(max_length=20)
    share = models.DecimalField(_("份额"), max_digits=5, decimal_places=4, null=True)
    most = models.SmallIntegerField(null=True)
    counts_on = models.DateField(_("计入日期"))
    evidence = models.CharField(_("依据"), max_length=500, blank=True)
    file = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("附件"))
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.CLAIMED)
    claimed_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("认领人"))
    claimed_at = models.DateTimeField(_("认领时间"), default=clock.now)
    answered_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("确认人"))
    answered_at = models.DateTimeField(_("确认时间"), null=True)
    reason = models.CharField(_("理由"), max_length=500, blank=True)
    subject: Any = None
    """The record that claims, once `claiming.with_subjects` has looked it up."""

    class Meta:
        verbose_name = _("成果认领")
        ordering = ["id"]
        indexes = [models.Index(fields=["subject_type", "subject_id", "counts_on"], name="work_claim_subject")]
        constraints = [
            models.UniqueConstraint(
                fields=["work", "subject_type", "subject_id"],
                condition=Q(state__in=["claimed", "accepted"]),
                name="work_claim_once",
            ),
            models.CheckConstraint(name="work_claim_share", condition=Q(share__isnull=True) | Q(share__gt=0, share__lte=1)),
            models.CheckConstraint(
                name="work_claim_divided", condition=Q(most__isnull=True) | Q(most__gte=1, share__isnull=False)
            ),
            models.CheckConstraint(
                name="work_claim_answered", condition=~Q(state__in=["accepted", "refused"]) | Q(answered_at__isnull=False)
            ),
            models.CheckConstraint(name="work_claim_reasoned", condition=~Q(state__in=["refused", "withdrawn"]) | ~Q(reason="")),
            models.CheckConstraint(name="work_claim_by_two", condition=apart("answered_by", "claimed_by")),
        ]

    def __str__(self) -> str:
        return f"{self.work} ← {self.subject_type} {self.subject_id}"


LIVE = (WorkClaim.State.CLAIMED, WorkClaim.State.ACCEPTED)
"""Claims that take their share of a work."""
of_many(Work, WorkIdentifier, WorkAuthor, WorkClaim)
