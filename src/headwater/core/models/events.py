from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """One line of the log: who did what to which record, before and after, when and from where.

    Rows are written by commands only. The database rejects UPDATE, DELETE and TRUNCATE.
    """

    at = models.DateTimeField(_("时间"), db_index=True)
    recorded_at = models.DateTimeField(db_default=Now())
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(_("操作人"), max_length=200)
    source = models.CharField(_("来源"), max_length=60)
    request_id = models.CharField(max_length=40, blank=True)
    command = models.CharField(_("命令"), max_length=80, db_index=True)
    subject_type = models.CharField(_("对象"), max_length=60)
    subject_id = models.BigIntegerField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        verbose_name = _("事件")
        indexes = [models.Index(fields=["subject_type", "subject_id", "id"], name="event_subject")]

    def __str__(self) -> str:
        return f"{self.command} {self.subject_type}#{self.subject_id}"


class Identity(models.Model):
    """Who this database is: made once, signed by the house's key, and named in every anchor."""

    id = models.UUIDField(primary_key=True)
    signature = models.BinaryField()

    class Meta:
        verbose_name = _("数据库标识")

    def __str__(self) -> str:
        return str(self.pk)


class Seal(models.Model):
    """A link of the hash chain: SHA-256 over the previous link and the digests of a batch of events, signed by the house's key.

    `version` says how an event was written down for its digest: 1 is the form of the time before signatures.
    """

    version = models.SmallIntegerField(default=1, db_default=1)
    sealed_at = models.DateTimeField()
    count = models.IntegerField()
    first_event = models.BigIntegerField(null=True)
    last_event = models.BigIntegerField(null=True)
    previous = models.BinaryField()
    digest = models.BinaryField()
    signature = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("封签")

    def __str__(self) -> str:
        return f"seal {self.pk}"


class EventSeal(models.Model):
    """The digest of one event and the seal that covers it; kept apart, so that sealing never touches the event row."""

    event_id = models.BigIntegerField(primary_key=True)
    seal = models.ForeignKey(Seal, on_delete=models.DO_NOTHING, related_name="events")
    digest = models.BinaryField()

    class Meta:
        verbose_name = _("事件封签")

    def __str__(self) -> str:
        return f"event {self.event_id} in seal {self.seal_id}"


class RowDigest(models.Model):
    """What a row that counts looked like when a command had written it: the digest of its covered columns.

    None says that the row is gone or counts no more. The newest one of a row is what `verify` compares it with.
    """

    event_id = models.BigIntegerField(db_index=True)
    table_name = models.CharField(max_length=63)
    key = models.BigIntegerField()
    digest = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("行校验码")
        indexes = [models.Index(fields=["table_name", "key", "-id"], name="row_digest_newest")]

    def __str__(self) -> str:
        return f"{self.table_name} {self.key}"
