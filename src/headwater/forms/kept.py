"""Forms as they were when something was filed by them: a form that changes later does not change what was filed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from headwater.forms.models import FormText


def keep_form(definition: Mapping[str, Any]) -> FormText:
    """Keep the declaration of a form under its digest; the same one is kept once. Call inside a command."""
    text = json.dumps(definition, ensure_ascii=False, sort_keys=True, default=str)
    row = FormText(digest=hashlib.sha256(text.encode()).hexdigest(), definition=text)
    FormText.objects.bulk_create([row], ignore_conflicts=True)
    return row


@lru_cache(maxsize=256)
def kept_definition(digest: str) -> Mapping[str, Any]:
    """Return the declaration that is kept under a digest; rows never change, so that each is read once."""
    table: dict[str, Any] = json.loads(FormText.objects.get(pk=digest).definition)
    return table
