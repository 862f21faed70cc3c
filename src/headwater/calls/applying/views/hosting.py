"""The choice of the host of an application: every registered host, and one's own institutions, are found by name or code."""

from __future__ import annotations

from typing import Any

from headwater.calls.applying.services.hosting import find_host
from headwater.calls.forms import HostForm
from headwater.calls.models import Application
from headwater.core.errors import Refused
from headwater.core.i18n import named
from headwater.registry.models import Organisation, Person


def read_host(form: HostForm, person: Person) -> Organisation | None:
    """Return the host that was typed; None when there is no such host, which the form then says beside the field."""
    try:
        return find_host(form.cleaned_data["host"], person) if form.is_valid() else None
    except Refused as refused:
        form.add_error("host", str(refused))
        return None


def host_context(row: Application, form: HostForm | None) -> dict[str, Any]:
    """Return the context of the field on the page of basic information."""
    return {"host_form": form or HostForm(initial={"host": named(row.host)})}
