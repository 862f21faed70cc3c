from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headwater.core import clock
from headwater.core.models.accounts import Account
from headwater.core.models.records import Job


class Export(models.Model):
    """A large file that somebody asked for: made by a job, given only to that person, removed after some days.

    `grants` are the roles under which it was asked for; who has lost one of them does not get the file any more.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="exports")
    kind = models.CharField(_("内容"), max_length=40)
    title = models.CharField(_("名称"), max_length=200)
    items = models.JSONField(default=list)
    grants = models.JSONField(default=list)
    job = models.OneToOneField(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    path = models.CharField(max_length=120, blank=True)
    count = models.IntegerField(_("件数"), default=0)
    size = models.BigIntegerField(_("大小"), default=0)
    asked_at = models.DateTimeField(_("申请时间"), default=clock.now)
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(_("保留至"), null=True, db_index=True)

    class Meta:
        verbose_name = _("导出")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title

    @property
    def ready(self) -> bool:
        return bool(self.path and self.made_at and self.expires_at and clock.now() < self.expires_at)


class AccessTokenQuerySet(models.QuerySet["AccessToken"]):
    def live(self) -> AccessTokenQuerySet:
        return self.filter(revoked_at__isnull=True, expires_at__gt=clock.now())

    def visible_to(self, user: Any) -> AccessTokenQuerySet:
        return self.filter(account=user) if getattr(user, "is_authenticated", False) else self.none()


class AccessToken(models.Model):
    """A personal key for programs. Only its SHA-256 is kept: the key holds 256 random bits, so nothing is gained by salting."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("用途"), max_length=60)
    hint = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(_("权限"), default=list)
    created_at = models.DateTimeField(_("建立"), default=clock.now)
    expires_at = models.DateTimeField(_("有效至"))
    last_used_at = models.DateTimeField(_("最近使用"), null=True)
    revoked_at = models.DateTimeField(_("撤销"), null=True)
    objects = AccessTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("访问令牌")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(name="token_ends_after_start", condition=Q(expires_at__gt=models.F("created_at")))]

    def __str__(self) -> str:
        return self.name
