from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headwater.core.sounds import SoundsField
from headwater.registry.models.places import Named, Place


class Agency(Named):
    """A public body that is responsible for articles or recommends applications."""

    class Kind(models.TextChoices):
        GOVERNMENT = "government", _("政府")
        DEPARTMENT = "department", _("厅局")
        COMMITTEE = "committee", _("委员会")
        LOCAL = "local", _("地方科技主管部门")
        GROUP = "group", _("一组机构")

    kind = models.CharField(max_length=20, choices=Kind.choices)
    full_name_zh = models.CharField(max_length=200, blank=True)
    place = models.ForeignKey(Place, null=True, on_delete=models.PROTECT)
    recommends = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("部门")
        verbose_name_plural = _("部门")


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def visible_to(self, user: Any) -> OrganisationQuerySet:
        """Return all institutions: they are public records."""
        return self.all()

    def hosts(self) -> OrganisationQuerySet:
        return self.filter(is_host=True)


class Organisation(Named):
    """An institution: a possible host (依托单位), an employer, a partner. Address, representative and account stand in its contracts."""

    class Kind(models.TextChoices):
        UNIVERSITY = "university", _("本科院校")
        COLLEGE = "college", _("高职高专")
        INSTITUTE = "institute", _("科研院所")
        HOSPITAL = "hospital", _("医疗机构")
        ENTERPRISE = "enterprise", _("企业")
        GOVERNMENT = "government", _("机关")

    name_sounds = SoundsField(of="name_zh", db_index=True)
    kind = models.CharField(_("类型"), max_length=20, choices=Kind.choices)
    uscc = models.CharField(_("统一社会信用代码"), max_length=18, blank=True)
    ror = models.CharField(max_length=9, blank=True)
    moe_code = models.CharField(max_length=12, blank=True)
    name_mn = models.CharField(_("蒙古文名称"), max_length=300, blank=True)
    address = models.CharField(_("通信地址"), max_length=200, blank=True)
    legal_representative = models.CharField(_("法定代表人"), max_length=60, blank=True)
    bank = models.CharField(_("开户银行"), max_length=120, blank=True)
    bank_account = models.CharField(_("银行账号"), max_length=40, blank=True)
    place = models.ForeignKey(Place, null=True, on_delete=models.PROTECT)
    recommender = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT, related_name="+")
    direct = models.BooleanField(_("直接报送"), default=False)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="members")
    is_host = models.BooleanField(_("注册依托单位"), default=False)
    registered_on = models.DateField(null=True, blank=True)
    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("单位")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["uscc"], condition=~Q(uscc=""), name="organisation_uscc_once"),
            models.CheckConstraint(
                name="organisation_uscc_form", condition=Q(uscc="") | Q(uscc__regex=r"^[0-9A-HJ-NPQRTUWXY]{18}$")
            ),
        ]

    @property
    def legal_entity_id(self) -> int:
        """Return the legal entity: members without a credit code of their own belong to their parent."""
        return self.parent_id if self.parent_id and not self.uscc else self.pk


class HostHistory(models.Model):
    """Approvals of a host in one year, as recorded before this system or counted by it; the basis of the quota."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="history")
    year = models.IntegerField()
    approved = models.IntegerField()

    class Meta:
        verbose_name = _("历年立项数")
        constraints = [
            models.UniqueConstraint(fields=["organisation", "year"], name="host_history_once"),
            models.CheckConstraint(name="host_history_not_negative", condition=Q(approved__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} {self.year}: {self.approved}"
