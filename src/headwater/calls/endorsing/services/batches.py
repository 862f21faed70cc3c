"""Plans what a batch would do, row by row, before it is done. It asks the same transitions and the same quotas as the command."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from headwater.calls.endorsing.services.endorsement import Room, by_host_and_call, rooms
from headwater.calls.facts import check_applications
from headwater.calls.joining.services.partners import unsigned_partners
from headwater.calls.models import Application
from headwater.calls.signatures import documents_for
from headwater.calls.states import State
from headwater.calls.workflow import APPLICATION
from headwater.core.errors import Reason
from headwater.forms.results import Result, Verdict
from headwater.forms.shapes import Document


@dataclass
class Line:
    """One row: its new state (None: it stays), the reasons, and the rules that it fails, which are shown and do not stop it."""

    application: Application
    target: State | None
    reasons: list[Reason]
    failed: list[Result] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        return not self.reasons

    @property
    def mark(self) -> str:
        codes = ",".join(f"{r.code}:{r.text}" for r in self.reasons)
        rules = ",".join(sorted(f.code for f in self.failed))
        return f"{self.application.pk}:{self.application.revision}:{self.application.state}:{self.target}:{codes}:{rules}"


@dataclass(frozen=True)
class Plan:
    lines: list[Line]

    @property
    def ready(self) -> list[Application]:
        return [x.application for x in self.lines if x.ready]

    @property
    def refused(self) -> list[Line]:
        return [x for x in self.lines if not x.ready]

    def documents(self, party: str) -> list[Document]:
        """Return what is signed for the rows that are ready, each wording once."""
        return list({d.digest: d for ds in documents_for(self.ready, party).values() for d in ds}.values())

    @property
    def digest(self) -> str:
        """Return a digest that changes with anything that the preview shows, so that only what was seen is confirmed."""
        return hashlib.sha256("\n".join(x.mark for x in self.lines).encode()).hexdigest()[:32]


def plan_endorsement(rows: Sequence[Application], account: Any) -> Plan:
    """Plan the endorsement of `rows`. Within a quota the places go by the host's ranking, then by number."""
    ordered = sorted(rows, key=lambda r: (r.call_id, r.host_id, r.host_rank or 1_000_000, r.pk))
    lines = [_line(r, "endorse_direct" if r.host.direct else "endorse", account) for r in ordered]
    waiting = unsigned_partners(rows)
    for line in lines:
        if reasons := waiting.get(line.application.pk):
            line.target, line.reasons = None, [*line.reasons, *reasons]
    groups = by_host_and_call([x.application for x in lines])
    rooms_by_key = rooms(groups)
    for key in groups:
        _fit([x for x in lines if (x.application.host_id, x.application.call_id) == key and x.ready], rooms_by_key[key])
    return _with_rules(lines)


def plan_recommendation(rows: Sequence[Application], account: Any) -> Plan:
    ordered = sorted(rows, key=lambda r: (r.call_id, r.host_id, r.host_rank or 1_000_000, r.pk))
    return _with_rules([_line(r, "recommend", account) for r in ordered])


def plan_return(rows: Sequence[Application], account: Any, verb: str = "return") -> Plan:
    """Plan the return of `rows`: from the host to their authors, from the agency to their hosts; or their refusal by the host."""
    return _with_rules([_line(r, verb, account) for r in sorted(rows, key=lambda r: (r.call_id, r.host_id, r.pk))])


def plan_invitation(rows: Sequence[Application], account: Any) -> Plan:
    """Plan the invitation of outlines to the full stage."""
    return _with_rules([_line(r, "invite", account) for r in sorted(rows, key=lambda r: r.number)])


def _line(row: Application, verb: str, account: Any) -> Line:
    weighed = APPLICATION.weigh(row, verb, account)
    target = State(weighed.transition.target) if weighed.transition and not weighed.reasons else None
    return Line(row, target, list(weighed.reasons))


def _fit(lines: Sequence[Line], room: Room) -> None:
    if room.free is None:
        return
    figures = {"quota": room.quota, "used": room.used, "left": room.free}
    for line in lines[room.free :]:
        line.target = None
        line.reasons.append(
            Reason(_("超出限额：限额 %(quota)d 项，已报送 %(used)d 项，本次只能再报 %(left)d 项") % figures, code="F15")
        )


def _with_rules(lines: list[Line]) -> Plan:
    """Add the rules that each row fails. They are checked by call, so that the number of queries does not grow with the rows."""
    for call in {x.application.call_id: x.application.call for x in lines}.values():
        group = [x for x in lines if x.application.call_id == call.pk]
        results = check_applications([x.application for x in group], call)
        for line in group:
            line.failed = [r for r in results[line.application.pk] if r.outcome == Verdict.FAILED]
    return Plan(lines)
