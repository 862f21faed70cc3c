"""What follows when the notice of a verb ends: it takes effect, or an upheld objection ends it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext_lazy as _

from headwater.casework.notices.effects import NOTICES, Effect
from headwater.casework.notices.models import NoticeRow
from headwater.core.command import Log
from headwater.core.errors import refuse_if
from headwater.registers.approving import register_of, weighing_of
from headwater.registers.models import Proposal
from headwater.registers.services.acting import end_proposal, locked, take_effect, weigh
from headwater.registers.services.publicity import PROPOSAL

EFFECT = "entry_verb"
"""The effect that the kind of notice of a verb must name."""


def _proposals(rows: Sequence[NoticeRow]) -> Iterator[Proposal]:
    """Yield the proposals of some lines; a list that somebody typed has none."""
    keys = [row.payload[PROPOSAL] for row in rows if PROPOSAL in row.payload]
    waiting = Proposal.objects.select_for_update(of=("self",)).filter(pk__in=keys, state=Proposal.State.PUBLISHED)
    yield from waiting.select_related("proposed_by").order_by("pk")


def final(rows: Sequence[NoticeRow], log: Log) -> None:
    """Do what was published, weighed once more under the lock.

    Raises:
        Refused: a guard that does not hold any more; the line stays and says so.
    """
    for proposal in _proposals(rows):
        register = register_of(proposal)
        entries = locked(register, [proposal.subject_id])
        weighing = weighing_of(proposal, entries[0])
        refuse_if(r for p in weigh(register, entries, weighing) for r in p.reasons)
        take_effect(
            register, entries, weighing, proposal.reason, log.following(proposal=proposal.pk, notice=rows[0].notice_id), proposal
        )
        end_proposal(proposal, Proposal.State.DONE, log)


def struck(rows: Sequence[NoticeRow], log: Log) -> None:
    for proposal in _proposals(rows):
        end_proposal(proposal, Proposal.State.STRUCK, log)


NOTICES.add(EFFECT, Effect(_("办理登记事项：期满无异议即生效"), final, struck))
