"""What the page of one work shows: authors with who they are, numbers, claims as the reader may know of them, its history."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils import timezone

from headwater.core.models import Event
from headwater.core.sentences import act_words, labels_of, who_words
from headwater.registry.models import Person, Work, WorkClaim
from headwater.registry.models.works import LIVE
from headwater.registry.queries import person_url
from headwater.registry.workflow import CLAIM
from headwater.registry.works.claimants import Subjects
from headwater.registry.works.claiming import with_subjects
from headwater.registry.works.identifiers import address_of, scheme_label
from headwater.registry.works.kinds import kind_label
from headwater.registry.works.matching import with_people
from headwater.registry.works.permissions import Reach, reach_of
from headwater.registry.works.writing import kept

EVENTS = 60


def shown(row: Work, user: Any) -> dict[str, Any]:
    """Return what a reader sees of a work, in a number of questions that does not depend on its authors and claims."""
    people = Person.objects.visible_to(user).select_related("merged_into")
    authors = list(row.authors.order_by("position"))
    by_key = people.in_bulk([a.person_id for a in authors if a.person_id])
    url = person_url(user)
    claims = list(WorkClaim.objects.filter(Q(work=row) | Q(work__merged_into=row)).select_related("work", "file", "claimed_by"))
    subjects = Subjects(user, claims)
    with_subjects(claims)
    readable = [c for c in claims if subjects.of(c) is not None]
    return {
        "kind": kind_label(row.kind),
        "authors": [{"row": a, "url": url(by_key[a.person_id]) if a.person_id in by_key else ""} for a in authors],
        "mine": _own_place(row, user),
        "numbers": [(scheme_label(i.scheme), i.value, address_of(i.scheme, i.value)) for i in row.identifiers.all()],
        "claims": [
            {"row": c, "name": subjects.name(c), "url": subjects.url(c), "buttons": CLAIM.buttons(c, user)} for c in readable
        ],
        "hidden": sum(c.state in LIVE for c in claims) - sum(c.state in LIVE for c in readable),
    }


def _own_place(row: Work, user: Any) -> int:
    """Return the place (from 1) of the author without a person whose name is the reader's own; 0 where there is none."""
    own = reach_of(user).own if user.is_authenticated else frozenset()
    work = kept(row)
    if not own or {a.person for a in work.authors} & set(own):
        return 0
    linked = with_people([work], Reach(False, own, frozenset()))[0]
    return next((n for n, (a, b) in enumerate(zip(work.authors, linked.authors, strict=True), 1) if b.person and not a.person), 0)


def history_of(row: Work) -> list[dict[str, Any]]:
    """Return what happened to a work and its claims, the newest first."""
    of_work = Q(subject_type__in=labels_of("registry.work"), subject_id=row.pk)
    of_claims = Q(subject_type="registry.workclaim", subject_id__in=WorkClaim.objects.filter(work=row).values("pk"))
    events = list(Event.objects.filter(of_work | of_claims).order_by("-id")[:EVENTS])
    return [
        {
            "at": timezone.localtime(e.at),
            "who": who_words(e),
            "act": act_words(e.command),
            "reason": (e.after or {}).get("reason", ""),
        }
        for e in events
    ]
