"""Typed answers from what a browser sent."""

from __future__ import annotations

from typing import Any

from headwater.forms.shapes import Field


def read_answer(f: Field, post: Any) -> tuple[Any, dict[str, str]]:
    """(typed value, errors by control) of one question; `post` is a QueryDict."""
    errors: dict[str, str] = {}
    return f.of.read(f, post, errors), errors
