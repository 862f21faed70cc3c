from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from headwater.core import clock
from headwater.core.i18n import named
from headwater.core.own import of_many


class KindVersion(models.Model):
    """A kind of register as the region package declared it. A changed declaration is a new version, which the entries of the kind follow.

    `states` says of each state to which group it belongs and whether the public knows of it; the database holds entries against it.
    """

    region = models.CharField(max_length=40)
    code = models.CharField(max_length=40)
    register = models.CharField(max_length=40)
    version = models.IntegerField()
    name_zh = models.CharField(_("名称"), max_length=120)
    name_en = models.CharField(max_length=160)
    definition = models.JSONField()
    states = models.JSONField()
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(default=clock.now)
    is_current = models.BooleanField(default=True)
    """Whether the package that was loaded last has the kind, in this version."""

    class Meta:
        verbose_name = _("登记种类")
        ordering = ["code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["region", "code", "version"], name="kind_version_once"),
            models.UniqueConstraint(fields=["region", "code"], condition=models.Q(is_current=True), name="kind_version_current"),
        ]

    def __str__(self) -> str:
        return named(self)


of_many(KindVersion)
