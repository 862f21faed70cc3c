"""The scheme as the engine sees it: parsed from the definition, checked when the region package is loaded."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from headwater.calls.schemes.linking import BUILT_IN, expressions, field_types
from headwater.calls.schemes.parsing import RuleSpec, parse_scheme
from headwater.calls.schemes.reading import Problem, Reader
from headwater.calls.schemes.shapes import (
    FIELD_TYPES,
    OUTCOMES,
    PARTIES,
    AttachmentKind,
    CrossCheck,
    Document,
    Field,
    RefereeRules,
    RuleUse,
    Scheme,
    Section,
    words_digest,
)
from headwater.calls.schemes.staging import staged
from headwater.calls.schemes.words import Words, common_words

__all__ = [
    "BUILT_IN",
    "FIELD_TYPES",
    "OUTCOMES",
    "PARTIES",
    "AttachmentKind",
    "CrossCheck",
    "Document",
    "Field",
    "Problem",
    "Reader",
    "RefereeRules",
    "RuleSpec",
    "RuleUse",
    "Scheme",
    "Section",
    "Words",
    "common_words",
    "expressions",
    "field_types",
    "parse_scheme",
    "scheme_of",
    "staged",
    "words_digest",
]


@lru_cache(maxsize=256)
def _cached(version_id: int, stage: str) -> Scheme:
    from headwater.calls.models import SchemeVersion
    from headwater.calls.rules import parameters_of

    return staged(parse_scheme(SchemeVersion.objects.get(pk=version_id).definition, parameters_of)[0], stage)


def scheme_of(call: Any) -> Scheme:
    """The scheme of a call as its stage asks it; versions never change, so each is parsed once per process."""
    return _cached(call.scheme_id, call.stage)
