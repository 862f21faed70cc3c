"""The door of the pages of what stands beside a base."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from headwater.bases.models import Base
from headwater.core.permission import access

VIEW, KEEP = "bases.view_rows", "bases.keep_rows"


def base_for(request: HttpRequest, pk: int, action: str = VIEW) -> Any:
    """Return a base that its reader sees from inside and may do `action` with; any other does not exist."""
    rows = Base.objects.inside(request.user).select_related("host__place", "place", "discipline", "field", "director")
    return access(request.user, action, rows, pk=pk)
