"""Answers to the questions of an entry's form, made fit for storage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.core.errors import Reason
from headwater.forms.answers.cleaning import clean
from headwater.forms.answers.references import Registry
from headwater.forms.shapes import Form


def cleaned_answers(form: Form, answers: Mapping[str, Any]) -> tuple[dict[str, Any], list[Reason]]:
    """Return answers fit for storage, and what is wrong with the others, each beside its control. What the form does not ask is left out."""
    registry, fresh, reasons = Registry(), {}, list[Reason]()
    for code, value in answers.items():
        question = form.field(code)
        if question is None or question.value or not question.of.is_stored:
            continue
        cleaned = clean(question, value, registry)
        reasons += [Reason(text, field=control) for control, text in cleaned.errors.items()]
        fresh[code] = cleaned.value
    return fresh, reasons
