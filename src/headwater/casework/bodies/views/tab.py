"""What the page of a record shows of its bodies: the context of `bodies/tab.html`."""

from __future__ import annotations

from typing import Any

from headwater.casework.bodies.models import Body, BodyKind
from headwater.casework.bodies.queries import cards_of
from headwater.casework.bodies.services.composing import Founding
from headwater.casework.bodies.services.convening import region_of_record
from headwater.core.permission import may


def bodies_tab(user: Any, record: Any) -> dict[str, Any]:
    """Return the bodies of a record that an account may know of, and the kinds that it may convene about it now."""
    label = record._meta.label_lower
    kinds = [k for k in BodyKind.objects.current(region_of_record(record)).order_by("code") if k.rule.fits(label)]
    taken = set(Body.objects.live().filter(subject_kind=label, subject_id=record.pk).values_list("kind__code", flat=True))
    free = [k for k in kinds if not (k.rule.one and k.code in taken) and may(user, "bodies.convene", Founding(k.rule, record))]
    return {"cards": cards_of(record, user), "may_convene": free, "subject_kind": label, "subject_id": record.pk}
