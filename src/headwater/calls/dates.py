"""Names of the dates of a call."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

DATE_LABELS: dict[str, Callable[[], str]] = {
    "opens_at": lambda: _("申报开始"),
    "closes_at": lambda: _("申报截止"),
    "endorse_by": lambda: _("单位审核截止"),
    "recommend_by": lambda: _("归口推荐截止"),
}
DATES = tuple(DATE_LABELS)
