from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from headwater.core import clock


class BaseLine(models.Model):
    """A row of a table beside the record of a base. `revision` counts its changes, so that nobody writes over what another has changed."""

    base = models.ForeignKey("bases.Base", on_delete=models.PROTECT, related_name="+", verbose_name=_("基地"))
    note = models.CharField(_("备注"), max_length=300, blank=True)
    revision = models.IntegerField(default=0)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True
