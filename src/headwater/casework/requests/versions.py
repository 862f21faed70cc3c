"""Kinds as they were when a request was written: noted once under their digest, and read once per process."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache

from headwater.casework.requests.kinds import RequestKind, read_request
from headwater.casework.requests.models import KindVersion, Request
from headwater.core.reading import Reader


def version_of(subject_kind: str, kind: RequestKind) -> KindVersion:
    """Return the row of a kind as it is declared now. Call inside a command."""
    text = json.dumps(kind.definition, ensure_ascii=False, sort_keys=True, default=str)
    digest = hashlib.sha256(f"{subject_kind} {text}".encode()).hexdigest()
    values = {"subject_kind": subject_kind, "code": kind.code, "definition": json.loads(text)}
    row, _is_new = KindVersion.objects.get_or_create(digest=digest, defaults=values)
    return row


@lru_cache(maxsize=256)
def _read(version: int) -> RequestKind:
    """Read a kind that was found without a mistake when it was loaded. Rows never change."""
    return read_request(Reader(KindVersion.objects.get(pk=version).definition, []))


def kind_of(request: Request) -> RequestKind:
    """Return the kind of a request in the version in which it was written."""
    return _read(request.version_id)
