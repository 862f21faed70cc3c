"""Verbs that the public hears of before they take effect: the notice of a proposal."""

from __future__ import annotations

from typing import Any

from headwater.casework.notices.models import Notice
from headwater.casework.notices.services.publishing import Line, kind_named, put_up
from headwater.core.command import Log
from headwater.core.i18n import NOTHING, Bilingual, both
from headwater.registers.declared import Doing, RegisterOf
from headwater.registers.models import Proposal
from headwater.registers.subjects import people_of

PROPOSAL = "proposal"
"""Where the line of a notice keeps the key of its proposal."""


def put_up_proposal(register: RegisterOf, row: Any, weighing: Doing, proposal: Proposal, log: Log) -> Notice:
    """Publish a verb that is to be done with an entry; it takes effect when the period ends without an upheld objection. Call inside a
    command, with the entry locked.
    """
    verb, before = weighing.verb, proposal.state
    version = kind_named(verb.notice, row.version.region)
    shown = {code for code, _word in version.rule.columns}
    cells = {"matter": verb.label, "state": weighing.kind.state[verb.target].label, "number": Bilingual(row.number, row.number)}
    line = Line(
        title=both(row),
        holder=both(row.host) if row.host else NOTHING,
        record=row,
        organisation=row.host,
        cells={code: text for code, text in cells.items() if code in shown},
        payload={PROPOSAL: proposal.pk},
        people=people_of(row),
    )
    notice = put_up(version, [line], what_of(register, weighing), log)
    proposal.state = Proposal.State.PUBLISHED
    proposal.save(update_fields=["state"])
    log(proposal, before={"state": before}, after={"state": proposal.state, "notice": notice.pk})
    return notice


def what_of(register: RegisterOf, weighing: Doing) -> Bilingual:
    """Return what stands in the title of the notice: the register and the verb."""
    verb, label = weighing.verb.label, register.label
    return Bilingual(f"{label.zh}{verb.zh}", f"{label.en}: {verb.en}")
