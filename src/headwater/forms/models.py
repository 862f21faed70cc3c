"""Tables of forms: what is written about any subject, its versions, who has it open, words of a lost session, signatures.

A subject is named by its kind (a code in `headwater.forms.stores`) and its key. Applications keep the tables that they have.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from headwater.core import clock
from headwater.core.models import Account
from headwater.core.own import of_many
from headwater.registry.models import Agency, Organisation, Person


class OfSubject(models.Model):
    """The columns of every row about a subject."""

    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id}"


class AnswerSheet(OfSubject):
    """The answers about one subject, by the code of their question."""

    answers = models.JSONField(default=dict)
    revision = models.IntegerField(default=0)
    saved_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("填写内容")
        constraints = [models.UniqueConstraint(fields=["subject_kind", "subject_id"], name="answers_once")]


class Version(OfSubject):
    """One step in the writing: what its names held before it (`before`), so that any earlier state can be worked out.

    Saves of one author within some minutes are one version. `clashes` has the names whose words of another writer this save replaced:
    {name: {"both": the words of the two, "seen": the author has chosen}}. A step carries the digest of the whole content.
    """

    kind = models.CharField(max_length=8, default="save")
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
        indexes = [models.Index(fields=["subject_kind", "subject_id", "id"], name="version_of_subject")]


class Presence(OfSubject):
    """Who has the page of a subject open, as of `at`."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject_kind", "subject_id", "account"], name="present_once")]


class Unsaved(OfSubject):
    """What a form sent when its author's session was over: kept for an hour, for the same account only."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    section = models.CharField(max_length=40)
    body = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject_kind", "subject_id", "account", "section"], name="unsaved_words_once")
        ]


class SignedText(models.Model):
    """The exact words of a document to sign, in both languages, under their digest. Rows are never changed and never deleted."""

    digest = models.CharField(max_length=64, primary_key=True)
    title_zh = models.CharField(max_length=120)
    title_en = models.CharField(max_length=200)
    text_zh = models.TextField()
    text_en = models.TextField()

    class Meta:
        verbose_name = _("签署文本")

    def __str__(self) -> str:
        return f"{self.title_zh} {self.digest[:12]}"


class Signature(OfSubject):
    """A document signed about a subject: which words, on whose part (one of `person`, `organisation`, `agency`) and when.

    `account` is who pressed the button, and `name` how the signer was called then. Another wording is another signature: the
    earlier one stays and shows what was signed.
    """

    document = models.CharField(max_length=40)
    party = models.CharField(_("签署方"), max_length=12)
    text = models.ForeignKey(SignedText, on_delete=models.PROTECT, related_name="signatures")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(_("签署人"), max_length=120)
    signed_at = models.DateTimeField(_("签署时间"), default=clock.now)

    class Meta:
        verbose_name = _("签署")
        ordering = ["signed_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "document", "party", "text", "person", "organisation", "agency"],
                name="signed_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="signed_on_one_part",
                condition=models.Q(person__isnull=False, organisation__isnull=True, agency__isnull=True)
                | models.Q(person__isnull=True, organisation__isnull=False, agency__isnull=True)
                | models.Q(person__isnull=True, organisation__isnull=True, agency__isnull=False),
            ),
        ]


# Whose case a subject of these tables is, its own app says of its own records; cases of applications stand in tables of calls.
of_many(AnswerSheet, Presence, Signature, SignedText, Unsaved, Version)
