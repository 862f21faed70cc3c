"""The scheme of a call, as the version that the call names defines it."""

from __future__ import annotations

from functools import lru_cache

from headwater.calls.models import Call, SchemeVersion
from headwater.schemes import Scheme, parse_scheme, staged
from headwater.schemes.rules import parameters_of


@lru_cache(maxsize=256)
def _cached(version_id: int, stage: str) -> Scheme:
    return staged(parse_scheme(SchemeVersion.objects.get(pk=version_id).definition, parameters_of)[0], stage)


def scheme_of(call: Call) -> Scheme:
    """Return the scheme of a call as its stage asks it. Versions never change, so each is parsed once per process."""
    return _cached(call.scheme_id, call.stage)
