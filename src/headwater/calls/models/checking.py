from __future__ import annotations

import hashlib
import json
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from headwater.calls.models.applications import Application
from headwater.calls.models.rechecking import Rechecked
from headwater.core.models import Account


class RuleResult(models.Model):
    """The answer of a rule, as JSON text, by its digest. It is kept once, however many applications have it, and never changed."""

    digest = models.UUIDField(primary_key=True)
    text = models.TextField()

    def __str__(self) -> str:
        return self.text

    @staticmethod
    def digest_of(text: str) -> str:
        """Return the first half of the SHA-256 of a text, as hexadecimal digits."""
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class FormalCheck(Rechecked):
    """The formal check (形式审查) of an application: the results of the rules (digests, in the scheme's order), and the officer's
    decision.
    """

    class Verdict(models.TextChoices):
        CLEAR = "clear", _("自动通过")
        EYES = "eyes", _("需人工核对")
        FAULTY = "faulty", _("发现问题")

    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="check_result")
    ran_at = models.DateTimeField()
    result_digests = ArrayField(models.UUIDField(), default=list)
    failed = models.JSONField(default=list)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)
    codes = models.JSONField(default=list)
    note = models.TextField(blank=True)

    class Meta:
        verbose_name = _("形式审查")
        constraints = [
            models.CheckConstraint(
                name="recheck_by_another",
                condition=Q(recheck_answered_by__isnull=True)
                | Q(decided_by__isnull=True)
                | ~Q(recheck_answered_by=models.F("decided_by")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.application}: {self.verdict}"

    @cached_property
    def results(self) -> list[dict[str, Any]]:
        """Return the result of each rule, as `Result.as_json` gave it (1 query)."""
        texts = dict(RuleResult.objects.filter(digest__in=self.result_digests).values_list("digest", "text"))
        return [json.loads(texts[digest]) for digest in self.result_digests]
