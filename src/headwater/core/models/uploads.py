from __future__ import annotations

import secrets

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from headwater.core import clock
from headwater.core.models.accounts import Account
from headwater.core.models.records import StoredFile


def upload_token() -> str:
    return secrets.token_hex(16)


class Upload(models.Model):
    """A file on its way, in chunks. `received` counts the bytes that are safely on disk; what lies behind them is not ours.

    The row ends with `file`, the stored file that it became; asking to finish again gives the same one.
    """

    token = models.CharField(max_length=32, unique=True, default=upload_token)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    owner_type = models.CharField(max_length=40)
    owner_id = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    name = models.CharField(_("文件名"), max_length=200)
    size = models.BigIntegerField(_("大小"))
    sha256 = models.CharField(max_length=64)
    received = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    touched_at = models.DateTimeField(default=clock.now)
    file = models.OneToOneField(StoredFile, null=True, on_delete=models.CASCADE, related_name="upload")

    class Meta:
        verbose_name = _("上传")
        constraints = [
            models.UniqueConstraint(fields=["owner_type", "owner_id", "kind", "sha256", "account"], name="upload_once"),
            models.CheckConstraint(name="upload_received", condition=Q(received__gte=0, received__lte=F("size"))),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.received}/{self.size}"

    @property
    def percent(self) -> int:
        return 100 * self.received // max(1, self.size)
