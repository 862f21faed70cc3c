from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from headwater.core import clock
from headwater.core.addresses import AddressField, kept_normal
from headwater.core.models.accounts import Account


class Job(models.Model):
    """Long work in the background, with progress that a page can show. Every job may be run twice without harm."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待")
        RUNNING = "running", _("进行中")
        DONE = "done", _("完成")
        FAILED = "failed", _("失败")

    kind = models.CharField(_("任务"), max_length=80)
    arguments = models.JSONField(default=dict)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.WAITING)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    result = models.JSONField(null=True)
    asked_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(default=clock.now)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), db_default=0, default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("后台任务")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"

    @property
    def percent(self) -> int:
        return 100 if self.state == self.State.DONE else min(99, round(100 * self.done / self.total)) if self.total else 0


class Notification(models.Model):
    """A message in the workbench. The same text goes to the e-mail outbox when the account has an address."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="notifications")
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("通知")
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["account", "-id"], name="notification_account")]

    def __str__(self) -> str:
        return self.title


class OutboxMail(models.Model):
    """A mail written in the same transaction as the change it tells of, and sent afterwards by a worker.

    The text of one with a key in it (`forget`) is dropped once it is sent. `calendar` is a meeting (iCalendar) that goes with it as a file.
    """

    to = AddressField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    created_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True, db_index=True)
    attempts = models.IntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    forget = models.BooleanField(default=False, db_default=False)
    calendar = models.TextField(blank=True, db_default="")

    class Meta:
        verbose_name = _("待发邮件")
        ordering = ["-id"]
        constraints = [kept_normal("outbox_address_normal", "to")]

    def __str__(self) -> str:
        return f"{self.subject} -> {self.to}"


class StoredFile(models.Model):
    """A private file. It is found by its SHA-256 on disk and given out only as a download, after its owner's rule allows it.

    An upload is "checking" until a job has looked inside it; only a "fine" file is ever given out. A PDF is then kept as it was written
    anew; `sent_sha256` is the digest of what its author sent, where that is another.
    """

    class State(models.TextChoices):
        CHECKING = "checking", _("检查中")
        FINE = "fine", _("正常")
        REFUSED = "refused", _("未通过")

    owner_type = models.CharField(max_length=40)
    owner_id = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    name = models.CharField(_("文件名"), max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.BigIntegerField(_("大小"))
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    uploaded_at = models.DateTimeField(default=clock.now)
    state = models.CharField(_("检查"), max_length=8, choices=State.choices, default=State.FINE, db_default=State.FINE)
    problem = models.CharField(max_length=30, blank=True, db_default="")
    checked_at = models.DateTimeField(null=True)
    sent_sha256 = models.CharField(max_length=64, blank=True, db_default="")

    class Meta:
        verbose_name = _("文件")
        indexes = [
            models.Index(fields=["owner_type", "owner_id"], name="file_owner"),
            models.Index(fields=["id"], condition=models.Q(state="checking"), name="file_checking"),
            models.Index(fields=["sha256"], name="file_digest"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def sent_digest(self) -> str:
        """Return the digest by which its author knows the file, whatever has been done to it since."""
        return self.sent_sha256 or self.sha256


class SearchEntry(models.Model):
    """What full-text search knows of a record: Chinese cut into words, English lower-cased, weights by field."""

    kind = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    title = models.CharField(max_length=300)
    summary = models.CharField(max_length=400, blank=True)
    url = models.CharField(max_length=300)
    sounds = models.CharField(max_length=1200, default="", editable=False)
    vector = SearchVectorField()

    class Meta:
        verbose_name = _("检索条目")
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="search_entry_once")]
        indexes = [GinIndex(fields=["vector"], name="search_entry_vector")]

    def __str__(self) -> str:
        return self.title
