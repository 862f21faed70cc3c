"""The places of the region that this house serves: its level of places, what lies in which, and groups of them."""

from __future__ import annotations

from collections.abc import Collection

from headwater.core.i18n import named
from headwater.core.indicators import breakdown
from headwater.registry.models import Place, PlaceGroup
from headwater.registry.queries import region_here


def place_of() -> dict[int, Place]:
    """Map every place, by id, to the one of the region's level in which it lies; what lies in none has no entry."""
    region, every = region_here(), {p.pk: p for p in Place.objects.all()}
    if region is None:
        return {}
    places: dict[int, Place] = {}
    for pk, place in every.items():
        chain = [place]
        while chain[-1].parent_id:
            chain.append(every[chain[-1].parent_id])
        here = next((p for p in chain if p.level == region.places_level), None)
        if here is not None and region.place_id in {p.pk for p in chain}:
            places[pk] = here
    return places


def region_places() -> list[Place]:
    """Return the places by which the region is counted, in the order of their codes."""
    return sorted(set(place_of().values()), key=lambda p: p.code)


def places_within(codes: Collection[str]) -> list[int]:
    """Return the ids of the places that lie in one of these places, or in a place of one of these groups."""
    all_codes = {p for group in PlaceGroup.objects.filter(code__in=codes) for p in group.places} | set(codes)
    inside: dict[int | None, list[int]] = {}
    ids = []
    for pk, code, parent in Place.objects.values_list("pk", "code", "parent"):
        inside.setdefault(parent, []).append(pk)
        ids += [pk] if code in all_codes else []
    for pk in ids:  # grows while it is read: what lies in a place that was found is found too
        ids += [p for p in inside.get(pk, []) if p not in ids]
    return ids


def place_choices() -> list[tuple[str, str]]:
    """Return groups of places and places, with their names, for those who choose one."""
    here = region_places()
    codes = {p.code for p in here}
    groups = [g for g in PlaceGroup.objects.all() if codes & set(g.places)]
    return [(x.code, named(x)) for x in [*groups, *here]]


def places_word() -> str:
    """Return what the region calls its places."""
    return named(region_here(), "places")


breakdown("place", places_word, place_choices)
