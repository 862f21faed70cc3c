"""People of bases, and their months by year."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateRangeField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from headwater.core.i18n import named
from headwater.core.own import of_many
from headwater.registry.models import Person

FIXED = "fixed"
MOST_MONTHS = 12
ONE = Func(F("person"), F("person"), Value("[]"), function="int8range", output_field=BigIntegerRangeField())
"""A person as a range of one number: ranges need no extension of the server for an exclusion."""
DAYS = Func(F("since"), F("until"), function="daterange", output_field=DateRangeField())


def there_on(day: Any) -> Q:
    """Return the condition on people who are at a base on a day."""
    return Q(since__lte=day) & (Q(until__isnull=True) | Q(until__gt=day))


def there_between(since: Any, until: Any) -> Q:
    """Return the condition on people who are at a base on any day from one to another, both included."""
    return Q(since__lte=until) & (Q(until__isnull=True) | Q(until__gt=since))


class BasePerson(models.Model):
    """Somebody at a base, from `since` up to, but not including, `until`: of the registry, or by name where there is no record.

    `once` is what the kind of the base says: who is fixed staff here is so at no other such base at the same time. A trigger takes it
    from the kind, and an exclusion constraint holds it.
    """

    class Role(models.TextChoices):
        DIRECTOR = "director", _("主任")
        DEPUTY = "deputy", _("副主任")
        BACKBONE = "backbone", _("学术骨干")
        RESEARCHER = "researcher", _("研究人员")
        TECHNICIAN = "technician", _("实验技术人员")
        MANAGER = "manager", _("管理人员")
        POSTDOC = "postdoc", _("博士后")
        VISITOR = "visitor", _("访问学者")
        STUDENT = "student", _("研究生")

    class Kind(models.TextChoices):
        FIXED = FIXED, _("固定人员")
        MOBILE = "mobile", _("流动人员")

    entry = models.ForeignKey("bases.Base", on_delete=models.PROTECT, related_name="people")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("人员"))
    name = models.CharField(_("姓名"), max_length=60, blank=True)
    institution = models.CharField(_("单位"), max_length=120, blank=True)
    role = models.CharField(_("岗位"), max_length=12, choices=Role.choices)
    kind = models.CharField(_("类别"), max_length=8, choices=Kind.choices)
    title = models.CharField(_("职称"), max_length=40, blank=True)
    since = models.DateField(_("到岗日期"))
    until = models.DateField(_("离岗日期"), null=True)
    once = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("基地人员")
        ordering = ["since", "id"]
        indexes = [
            models.Index(fields=["entry", "since"], name="baseperson_entry"),
            models.Index(fields=["person"], name="baseperson_person"),
        ]
        constraints = [
            models.CheckConstraint(name="baseperson_is_one", condition=Q(person__isnull=False) ^ ~Q(name="")),
            models.CheckConstraint(name="baseperson_period", condition=Q(until__isnull=True) | Q(until__gte=F("since"))),
            ExclusionConstraint(
                name="baseperson_fixed_once",
                expressions=[(ONE, "&&"), (DAYS, "&&")],
                condition=Q(kind=FIXED, once=True, person__isnull=False),
            ),
            ExclusionConstraint(
                name="baseperson_here_once",
                expressions=[
                    (Func(F("entry"), F("entry"), Value("[]"), function="int8range", output_field=BigIntegerRangeField()), "&&"),
                    (ONE, "&&"),
                    (DAYS, "&&"),
                ],
                condition=Q(person__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{named(self.person) if self.person else self.name} {self.get_role_display()}"


class PersonMonths(models.Model):
    """The months that somebody of a base worked there in a year."""

    row = models.ForeignKey(BasePerson, on_delete=models.CASCADE, related_name="months")
    year = models.SmallIntegerField(_("年度"))
    months = models.DecimalField(_("在岗月数"), max_digits=3, decimal_places=1)

    class Meta:
        verbose_name = _("在岗月数")
        ordering = ["-year"]
        constraints = [
            models.UniqueConstraint(fields=["row", "year"], name="personmonths_once"),
            models.CheckConstraint(name="personmonths_of_year", condition=Q(months__range=(0, MOST_MONTHS))),
        ]

    def __str__(self) -> str:
        return f"{self.row} {self.year}: {self.months}"


of_many(BasePerson, PersonMonths)
