"""One way to write a row down as text, so that two different rows never share a digest.

Each value stands as a quoted literal with its quotes doubled, and a missing one as the bare word NULL: what is written can be read
back in one way only. All of it is built from functions of PostgreSQL itself; a function of ours in the database could be replaced.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models


def encoding(domain: str, values: Iterable[str]) -> str:
    """Return the SQL expression that writes down `values` (each an SQL expression of type text) behind the name of their kind."""
    return f"concat_ws(',', {', '.join([repr(domain), *(f'quote_nullable({v})' for v in values)])})"


def digest(domain: str, values: Iterable[str]) -> str:
    """Return the SQL expression of the SHA-256 of an encoding."""
    return f"sha256(convert_to({encoding(domain, values)}, 'UTF8'))"


def moment(column: str) -> str:
    """Return a moment as text that does not depend on the settings of the session."""
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')"""


def text_of(field: models.Field[Any, Any]) -> str:
    """Return the SQL expression that gives a column as text, the same in every session."""
    column = f'"{field.column}"'
    if isinstance(field, models.DateTimeField):
        return moment(column)
    if isinstance(field, models.DateField):
        return f"to_char({column}, 'YYYY-MM-DD')"
    if isinstance(field, models.FloatField):
        return f"encode(float8send({column}), 'hex')"
    if isinstance(field, models.BinaryField):
        return f"encode({column}, 'hex')"
    return f"{column}::text"
