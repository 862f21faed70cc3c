"""The sanctions gate (handbook 2.3): who is barred on a day. A ban is a half-open interval."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from headwater.core.i18n import Bilingual
from headwater.registry.bans import BARRING
from headwater.schemes.rules.base import Answer, Ban, Facts, Settings, failed, names, passed, rule


def blocked(bans: Iterable[Ban], day: date) -> bool:
    """Whether one of the bans is in force: its first day bars, its `until` is the first free day (vector CK-9)."""
    return any(b.scope in BARRING and b.since <= day and (b.until is None or day < b.until) for b in bans)


@rule("no_ban", "F13", "申请人和参与者不在惩戒期内", "Nobody is under sanction", ref="EL-11")
def no_ban(f: Facts, p: Settings) -> Answer:
    """Regulation of 2024, art. 13(3), on the day of the deadline. The reason of a ban is not shown."""
    day = f.deadline_day
    people = [x for x in f.people if blocked(x.bans, day)]
    if not people:
        return passed("没有限制申报的记录", "No bar on record", day=str(day), people=len(f.people))
    who = names(people)
    mend = Bilingual("限制期满后再申报，或更换参与者", "Wait until the bar ends, or replace the member")
    return failed(f"{who.zh} 在限制申报期内", f"{who.en}: barred from applying", mend, day=str(day), people=len(f.people))
