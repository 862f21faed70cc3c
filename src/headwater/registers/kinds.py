"""The kinds of registers as the region's package declares them, each parsed once per process."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from headwater.registers.models import KindVersion
from headwater.registers.parsing import parse_kind
from headwater.registers.shapes import Kind, State
from headwater.registry.queries import region_code


@lru_cache(maxsize=512)
def _parsed(version_id: int) -> Kind:
    return parse_kind(KindVersion.objects.get(pk=version_id).definition)[0]


def kind_of(entry: Any) -> Kind:
    """Return the kind of an entry in the version that it follows. Versions never change."""
    return _parsed(entry.version_id)


def state_of(entry: Any) -> State:
    return kind_of(entry).state[entry.state]


def current_versions(register: str = "") -> dict[str, int]:
    """Return the key of the current version of each kind of this house, of one register where it is named (1 query)."""
    rows = KindVersion.objects.filter(region=region_code(), is_current=True)
    rows = rows.filter(register=register) if register else rows
    return dict(rows.order_by("code").values_list("code", "pk"))


def kinds_here(register: str = "") -> dict[str, Kind]:
    """Return the current kinds of this house by their code, in the order that the package gives (1 query)."""
    kinds = [_parsed(pk) for pk in current_versions(register).values()]
    return {kind.code: kind for kind in sorted(kinds, key=lambda k: (k.order, k.code))}


def kinds_ever(register: str) -> list[str]:
    """Return the codes of all kinds that a register has or had: its entries are of these (1 query)."""
    rows = KindVersion.objects.filter(region=region_code(), register=register)
    return sorted(set(rows.order_by().values_list("code", flat=True)))


def opened_by(scheme: str) -> list[Kind]:
    """Return the kinds whose entries a released decision of a scheme opens."""
    return [kind for kind in kinds_here().values() if any(o.scheme == scheme for o in kind.opened_by)]
