"""The notices outside of calls among the public notices of the house."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count

from headwater.casework.notices.models import Notice
from headwater.casework.notices.published import PUBLISHED, Published
from headwater.core.i18n import both


@PUBLISHED.under("notices")
def of_cases(before: datetime | None, most: int) -> Iterable[Published]:
    rows: Any = Notice.objects.filter(starts_at__lt=before) if before else Notice.objects.all()
    for n in rows.annotate(n=Count("rows")).order_by("-starts_at", "-pk")[:most]:
        yield Published(both(n, "title"), n.url, n.starts_at, n.ends_at, n.is_open, n.n, n.digest)
