"""The expert database: people with what they know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.models import RoleGrant
from headwater.registry.models import Discipline, Person
from headwater.review.models import Expert


@dataclass(frozen=True)
class Entry:
    person: Person
    codes: Sequence[str]
    keywords: str = ""
    max_load: int = 15
    is_external: bool = False
    tags: Sequence[str] = field(default_factory=tuple)


def register_experts(*, entries: Sequence[Entry], actor: Actor) -> list[Expert]:
    """Put people into the expert database; those with an account get the expert's role. Four statements."""
    with command(actor, "registry.import", name="review.register_experts") as log:
        made = Expert.objects.bulk_create(
            [
                Expert(
                    person=e.person,
                    keywords=e.keywords[:300],
                    max_load=e.max_load,
                    is_external=e.is_external,
                    joined_at=clock.now(),
                )
                for e in entries
            ],
            batch_size=2000,
        )
        ids = dict(Discipline.objects.values_list("code", "pk"))
        through = Expert.disciplines.through
        through.objects.bulk_create(
            [
                through(expert_id=expert.pk, discipline_id=ids[code])
                for expert, entry in zip(made, entries, strict=True)
                for code in dict.fromkeys(entry.codes)
                if code in ids
            ],
            batch_size=5000,
        )
        RoleGrant.objects.bulk_create(
            [RoleGrant(account_id=e.person.account_id, role="expert", since=clock.now()) for e in entries if e.person.account_id],
            batch_size=2000,
            ignore_conflicts=True,
        )
        log.many(made, {"registered": True})
    return made
