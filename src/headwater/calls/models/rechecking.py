from __future__ import annotations

from django.db import models

from headwater.core.models import Account


class Rechecked(models.Model):
    """What a decision carries of its re-check (复审): the applicant's request and the answer of an officer who took no part in it."""

    recheck_text = models.TextField(blank=True)
    recheck_at = models.DateTimeField(null=True)
    recheck_answer = models.TextField(blank=True)
    recheck_answered_at = models.DateTimeField(null=True)
    recheck_answered_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        abstract = True
