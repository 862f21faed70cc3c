from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from headwater.calls.models.applications import Application
from headwater.core import clock
from headwater.core.models import Account


class Version(models.Model):
    """One step in the writing of an application: what its names held before it (`before`), from which any earlier state is
    worked out.

    Saves of one author within some minutes are one version. `clashes` has the names whose words of another writer this save replaced:
    {name: {"both": the words of the two, "seen": the author has chosen}}. A submission carries the digest of the whole content, and
    the names of members and files (`beside`).
    """

    class Kind(models.TextChoices):
        SAVE = "save", _("保存")
        RESTORE = "restore", _("恢复")
        SUBMIT = "submit", _("提交")
        RETURN = "return", _("退回")
        WITHDRAW = "withdraw", _("撤回")

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="versions", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.SAVE)
    author = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    began_at = models.DateTimeField(default=clock.now)
    at = models.DateTimeField(default=clock.now)
    revision = models.IntegerField()
    before = models.JSONField(default=dict)
    clashes = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    beside = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("版本")
        ordering = ["id"]
        indexes = [models.Index(fields=["application", "id"], name="version_of_application")]

    def __str__(self) -> str:
        return f"{self.application_id}: {self.revision}"


class Presence(models.Model):
    """An account that has an application open in the editor, as of `at`."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="present")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "account"], name="presence_once")]

    def __str__(self) -> str:
        return f"{self.application_id}: {self.account_id}"


class Unsaved(models.Model):
    """What a form sent after its author's session was over. It is kept for an hour, for the same account only."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    section = models.CharField(max_length=40)
    body = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "account", "section"], name="unsaved_once")]

    def __str__(self) -> str:
        return f"{self.application_id}: {self.section}"
