"""Reads of requests for pages, also those of other apps."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet
from django.urls import reverse

from headwater.casework.requests.declared import requests_of
from headwater.casework.requests.models import Request
from headwater.core.permission import may

SHOWN = 10


def requests_about(record: Model, account: Any) -> QuerySet[Request]:
    """Return the requests about a record that `account` may see, the newest first."""
    visible = Request.objects.visible_to(account)
    rows = visible.filter(subject_kind=record._meta.label_lower, subject_id=record.pk)
    return rows.select_related("proposed_by").order_by("-pk")


def requests_tab(record: Model, account: Any) -> dict[str, Any]:
    """Return what `requests/tab.html` shows on the page of a record: its newest requests, and where to propose one (2 queries, and
    those of the app's kinds). Nothing where no requests are declared about its kind.
    """
    if requests_of(record) is None:
        return {}
    place = [record._meta.label_lower, record.pk]
    rows = list(requests_about(record, account)[: SHOWN + 1])
    return {
        "rows": rows[:SHOWN],
        "all_url": reverse("requests_about", args=place) if len(rows) > SHOWN else "",
        "new_url": reverse("request_new", args=place) if may(account, "requests.propose", record) else "",
    }
