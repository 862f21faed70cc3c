"""What becomes of awards that run: closed, or terminated with a reason; their people are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

from django.utils.translation import gettext as _

from headwater.awards.models import ENDED, Award
from headwater.awards.services.giving_up import people_of
from headwater.awards.workflow import AWARD
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.core.services import tell

ACTS = {t.verb: t for t in AWARD.transitions if t.source != Award.State.AGREEMENT}
"""What the department records of an award that was signed, by its verb."""
WITHOUT_REASON = frozenset({"close"})


def end_awards(*, awards: Sequence[Award], how: str, day: date, actor: Actor, reason: str = "") -> int:
    """Record one of `ACTS` (`how`), such as the closing of awards, on `day`: for all of them, or none.

    Raises:
        Refused: one whose state does not allow it, a day outside of the time from its start to today, or no reason where one is needed.
    """
    reason, ends = reason.strip(), ACTS[how].target in ENDED
    if how not in WITHOUT_REASON and len(reason) < 4:
        raise Refused.because(_("请写明%(act)s的理由") % {"act": ACTS[how].label}, field="reason")
    with command(actor, "awards.manage", name="awards.end_awards") as log:
        for award in awards:
            if not award.starts_on <= day <= clock.today():
                values = {"award": award, "start": award.starts_on}
                raise Refused.because(_("%(award)s：日期应在开始日期 %(start)s 至今天之间") % values, field="day")
        rows = Award.objects.filter(pk__in=[a.pk for a in awards]).select_related("call", "leader__account", "host")
        ended: list[Award] = AWARD.apply(rows, how, log, closed_on=day if ends else None, ending=reason)
        people, url = people_of(ended), "/my/projects/{}/"
        tell([(a, partial(_ending_title, row, day), reason, url.format(row.number)) for row in ended for a in people[row.pk]])
    return len(ended)


def _ending_title(row: Award, day: date) -> str:
    values = {"state": row.get_state_display(), "day": day, "number": row.number}
    return _("项目%(state)s（%(day)s）：%(number)s") % values
