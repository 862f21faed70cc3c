from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from headwater.core import clock
from headwater.core.addresses import AddressField, kept_normal
from headwater.core.i18n import named
from headwater.core.models import Account
from headwater.core.register import Register
from headwater.core.sounds import SoundsField
from headwater.registry.bans import BARRING
from headwater.registry.models.organisations import Organisation

KEYS: ArrayField[Any, Any] = ArrayField(models.TextField())
"""What `registry_name_keys` makes of names."""
IN_CALLS: Register[Callable[[Collection[int], Account], models.QuerySet[Any, Any]]] = Register("people of calls")
"""Filled by calls and review: keys of the people who have to do with some calls."""


class PersonQuerySet(models.QuerySet["Person"]):
    def surviving(self) -> PersonQuerySet:
        """Return one record of each person."""
        return self.filter(merged_into__isnull=True)

    def visible_to(self, user: Any) -> PersonQuerySet:
        """Return oneself, the people of one's institution, those of one's calls for an officer of some, and everybody for the others. Restricted
        fields have their own action.
        """
        if not getattr(user, "is_authenticated", False):
            return self.none()
        if user.has_role("integrity_officer", "system_admin", "committee") or user.holds_everywhere("programme_officer"):
            return self.all()
        condition = Q(account=user) | Q(organisation__in=user.scopes("host_manager", "organisation"))
        calls = user.scopes("programme_officer", "call")
        for function in IN_CALLS.values() if calls else ():
            condition |= Q(pk__in=function(calls, user))
        return self.filter(condition)

    def called(self, name: str, institution: str = "") -> PersonQuerySet:
        """Return people of a name in any way of writing it: Chinese, English, a further name, either order. `institution` is part of one."""
        keys = Func(Value(name), function="registry_name_keys", template="%(function)s(%(expressions)s::text)", output_field=KEYS)
        own = Func(F("name_zh"), F("name_en"), function="registry_name_keys", output_field=KEYS)
        further = Func(F("text"), function="registry_name_keys", output_field=KEYS)
        people = Person.objects.alias(keys=own).filter(keys__overlap=keys).values("pk")
        others = PersonName.objects.alias(keys=further).filter(keys__overlap=keys).values("person")
        rows = self.filter(pk__in=people.union(others))
        where = Q(organisation__name_zh__icontains=institution) | Q(organisation__name_en__icontains=institution)
        return rows.filter(where) if institution else rows


class Person(models.Model):
    """A person of the registry, known by identity document and ORCID, never by name.

    `id_hash` is a keyed hash of the document number; the number itself is not kept. `birth_date`, `sex`, `phone`,
    `id_hash` and `honours` are restricted: rules may read them, pages show them only to those with `registry.person.restricted`.

    Where two records turn out to be one person, the one points to the other (`merged_into`), which then stands for both; nothing is
    moved. The database holds that no pointer leads to a record that has one itself.
    """

    class Sex(models.TextChoices):
        MALE = "m", _("男")
        FEMALE = "f", _("女")

    account = models.OneToOneField(Account, null=True, on_delete=models.SET_NULL, related_name="person")
    name_zh = models.CharField(_("姓名"), max_length=120)
    name_en = models.CharField(_("英文姓名"), max_length=160, blank=True)
    name_sounds = SoundsField(of="name_zh", db_index=True)
    sex = models.CharField(_("性别"), max_length=1, choices=Sex.choices, blank=True)
    birth_date = models.DateField(_("出生日期"), null=True, blank=True)
    id_hash = models.CharField(max_length=64, blank=True)
    id_tail = models.CharField(max_length=4, blank=True)
    orcid = models.CharField(_("ORCID"), max_length=19, blank=True)
    email = AddressField(_("电子邮箱"), blank=True)
    phone = models.CharField(_("电话"), max_length=30, blank=True)
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="people")
    department = models.CharField(_("院系"), max_length=120, blank=True)
    title = models.CharField(_("职称"), max_length=40, blank=True)
    is_senior = models.BooleanField(_("高级职称"), default=False)
    highest_degree = models.CharField(_("最高学位"), max_length=20, blank=True)
    is_student = models.BooleanField(_("在读"), default=False)
    is_fund_staff = models.BooleanField(_("基金管理人员"), default=False)
    honours = models.JSONField(default=list)
    created_at = models.DateTimeField(default=clock.now)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged", verbose_name=_("并入"))
    merge_reason = models.CharField(_("合并的依据"), max_length=300, blank=True)
    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("人员")
        constraints = [
            models.UniqueConstraint(fields=["id_hash"], condition=~Q(id_hash=""), name="person_document_once"),
            models.UniqueConstraint(fields=["orcid"], condition=~Q(orcid=""), name="person_orcid_once"),
            models.CheckConstraint(
                name="person_merge_reason",
                condition=Q(merged_into__isnull=True, merge_reason="") | (Q(merged_into__isnull=False) & ~Q(merge_reason="")),
            ),
            models.CheckConstraint(
                name="person_not_merged_into_itself", condition=Q(merged_into__isnull=True) | ~Q(merged_into=models.F("pk"))
            ),
            kept_normal("person_address_normal"),
        ]

    def __str__(self) -> str:
        return named(self)

    @property
    def survivor(self) -> Person:
        """Return the record that stands for this person."""
        return self.merged_into or self

    @property
    def survivor_id(self) -> int:
        return self.merged_into_id or self.pk


class PersonName(models.Model):
    """A further name of a person: another script, a transliteration, a former name."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="names")
    kind = models.CharField(max_length=20)
    script = models.CharField(max_length=20)
    text = models.CharField(max_length=160)

    def __str__(self) -> str:
        return self.text


class Employment(models.Model):
    """A period with an institution. Open-ended when `until` is empty."""

    class Kind(models.TextChoices):
        FULL = "full", _("全职")
        DUAL = "dual", _("双聘")
        FLEXIBLE = "flexible", _("柔性")
        POSTDOC = "postdoc", _("博士后")

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="employments")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.FULL)
    post = models.CharField(max_length=60, blank=True)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("任职")
        indexes = [models.Index(fields=["organisation", "person"], name="employment_organisation")]
        constraints = [
            models.CheckConstraint(name="employment_period", condition=Q(until__isnull=True) | Q(until__gte=F("since")))
        ]

    def __str__(self) -> str:
        return f"{self.person} @ {self.organisation}"


class Degree(models.Model):
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="degrees")
    level = models.CharField(max_length=20)
    organisation_name = models.CharField(max_length=200, blank=True)
    year = models.IntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.level} {self.year or ''}"


class TitleHeld(models.Model):
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="titles")
    title = models.CharField(max_length=60)
    senior = models.BooleanField(default=False)
    since = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "title"], name="title_once")]

    def __str__(self) -> str:
        return self.title


class EarlierProject(models.Model):
    """A project approved before awards were kept here: limits and the rule on overdue reports count it like an award.

    `scheme` is the code of a project type. `closed` also means terminated; None is for records that do not say.
    """

    class Role(models.TextChoices):
        LEADER = "leader", _("负责人")
        MEMBER = "member", _("参与者")

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="earlier_projects")
    number = models.CharField(_("编号"), max_length=40)
    scheme = models.CharField(_("项目类型"), max_length=60)
    role = models.CharField(_("角色"), max_length=10, choices=Role.choices)
    approved_on = models.DateField(_("立项日期"))
    ends_on = models.DateField(_("结束日期"))
    months = models.IntegerField(_("执行期限（月）"))
    closed = models.BooleanField(_("已结题"), null=True)

    class Meta:
        verbose_name = _("以往项目")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["person", "number"], name="earlier_project_once"),
            models.CheckConstraint(name="earlier_project_months", condition=Q(months__gt=0)),
            models.CheckConstraint(name="earlier_project_term", condition=Q(ends_on__gt=F("approved_on"))),
        ]

    def __str__(self) -> str:
        return self.number


class Relation(models.Model):
    """A tie between two people that may bear on fairness. Stored once, with the smaller id first."""

    class Kind(models.TextChoices):
        SUPERVISOR = "supervisor", _("师生")
        KIN = "kin", _("近亲属")
        COPROJECT = "coproject", _("项目合作")
        DECLARED = "declared", _("本人申报")

    first = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    note = models.CharField(max_length=200, blank=True)
    source = models.CharField(_("来源"), max_length=120, blank=True)
    """Who or what says so: a table, the person, an officer."""

    class Meta:
        verbose_name = _("人员关系")
        constraints = [
            models.UniqueConstraint(fields=["first", "second", "kind"], name="relation_once"),
            models.CheckConstraint(name="relation_order", condition=Q(first__lt=F("second"))),
        ]
        indexes = [models.Index(fields=["second"], name="relation_second")]

    def __str__(self) -> str:
        return f"{self.first}-{self.second}: {self.kind}"


class Publication(models.Model):
    title = models.CharField(max_length=400)
    abstract = models.TextField(blank=True)
    keywords = models.CharField(max_length=300, blank=True)
    venue = models.CharField(max_length=200, blank=True)
    year = models.IntegerField(null=True)
    doi = models.CharField("DOI", max_length=200, blank=True)
    source = models.CharField(_("来源"), max_length=120, blank=True)
    authors = models.ManyToManyField(Person, through="Authorship", related_name="publications")

    class Meta:
        verbose_name = _("论著")

    def __str__(self) -> str:
        return self.title


class Authorship(models.Model):
    publication = models.ForeignKey(Publication, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    position = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["publication", "person"], name="authorship_once")]

    def __str__(self) -> str:
        return f"{self.person}: {self.publication}"


class SanctionQuerySet(models.QuerySet["Sanction"]):
    def barring(self, day: date) -> SanctionQuerySet:
        """Return those that keep a person from taking part in an application on `day`; `until` is the first free day."""
        return self.filter(scope__in=BARRING, since__lte=day).exclude(until__lte=day)


class Sanction(models.Model):
    """A ban in force from `since` up to, but not including, `until`. Only the fact "blocked until" is shown to officers.

    `document` is the number of the decision, by which a later import of the same decision is known.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="sanctions")
    scope = models.CharField(max_length=20, default="all")
    since = models.DateField()
    until = models.DateField(null=True)
    legal_basis = models.CharField(max_length=200, blank=True)
    document = models.CharField(_("处理决定文号"), max_length=100, blank=True)
    objects = SanctionQuerySet.as_manager()

    class Meta:
        verbose_name = _("失信惩戒")
        constraints = [
            models.UniqueConstraint(fields=["person", "document", "scope"], condition=~Q(document=""), name="sanction_once")
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.since}..{self.until or ''}"
