"""The end of notices: by themselves once their period is over, line by line; a line with an open objection waits for its answer."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.casework.notices.effects import NOTICES
from headwater.casework.notices.models import UNSETTLED, Notice, NoticeRow, Objection, ObjectionState
from headwater.casework.notices.objecting import write_settlements
from headwater.casework.notices.services.letters import write_letters
from headwater.casework.notices.workflow import ROW
from headwater.core import clock
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Refused

S = NoticeRow.State


def due() -> QuerySet[Notice]:
    """Return the notices whose period is over and that have not closed."""
    return Notice.objects.filter(closed_at__isnull=True, ends_at__lt=clock.now()).select_related("kind").order_by("pk")


def end_everywhere(*, actor: Actor) -> int:
    """End the lines of all notices whose period is over and certain: one whose working days were not published when it was counted waits
    for an officer, and a line whose effect failed for somebody who mends the cause. Returns how many lines came to their end.
    """
    return sum(end_notice(notice=notice, actor=actor, again=False) for notice in due() if notice.without_calendar is None)


def end_notice(*, notice: Notice, actor: Actor, again: bool = True) -> int:
    """End the lines of a notice whose period is over: those without an objection that stands hold, those with an upheld one are struck,
    the others wait. Effects and letters follow. The notice closes with its last line. Returns how many lines came to their end.

    Raises:
        Refused: the period is not over.
    """
    with command(actor, "notices.end", notice, name="notices.end") as log:
        row = Notice.objects.select_for_update(of=("self",)).select_related("kind").get(pk=notice.pk)
        if clock.now() <= row.ends_at:
            raise Refused.because(_("公示期至 %s，尚未结束") % f"{timezone.localtime(row.ends_at):%Y-%m-%d %H:%M}")
        rows = row.rows.select_for_update(of=("self",)).select_related("notice__kind", "organisation").order_by("pk")
        waiting = list(rows.filter(state__in=[S.LISTED, S.DISPUTED]))
        if not again:
            waiting = [r for r in waiting if not r.failure]
        ended = _end(waiting, log)
        _close(row, log)
    return ended


def end_row_after_objection(row: NoticeRow, log: Log) -> None:
    """End a locked line whose objection was just settled, where the period of its notice is over. Call inside a command."""
    if clock.now() > row.notice.ends_at:
        _end([row], log)
        _close(Notice.objects.select_for_update(of=("self",)).select_related("kind").get(pk=row.notice_id), log)


def _end(rows: Sequence[NoticeRow], log: Log) -> int:
    """Bring lines to their end as far as nothing stands against it; returns how many."""
    pks = [r.pk for r in rows]
    open_ones = set(Objection.objects.filter(row__in=pks, state__in=UNSETTLED).values_list("row", flat=True))
    upheld = set(Objection.objects.filter(row__in=pks, state=ObjectionState.UPHELD).values_list("row", flat=True))
    free = [r for r in rows if r.pk not in open_ones]
    final = _carry_out([r for r in free if r.pk not in upheld], "confirm", log)
    struck = _carry_out([r for r in free if r.pk in upheld], "strike", log)
    ended = [*final, *struck]
    write_letters(ended)
    settled = Objection.objects.filter(row__in=ended).exclude(state__in=UNSETTLED).select_related("row")
    write_settlements((o, o.row.title_zh) for o in settled.order_by("pk"))
    return len(ended)


def _carry_out(rows: Sequence[NoticeRow], verb: str, log: Log) -> list[NoticeRow]:
    """Move lines and let their effect follow: all together, or one by one where it is refused for some. What is refused stays as it is
    and says why.
    """
    if not rows:
        return []
    try:
        return _together(rows, verb, log)
    except Refused as refused:
        if len(rows) == 1:
            _note(rows[0], refused, log)
            return []
    return [done for row in rows for done in _carry_out([row], verb, log)]


def _together(rows: Sequence[NoticeRow], verb: str, log: Log) -> list[NoticeRow]:
    effect, before = NOTICES[rows[0].notice.rule.effect], len(log.events)
    states = [(row, row.state, row.settled_at) for row in rows]
    try:
        with transaction.atomic():
            moved: list[NoticeRow] = ROW.move(list(rows), verb, log, settled_at=clock.now(), failure="")
            (effect.final if verb == "confirm" else effect.struck)(moved, log)
    except Refused:
        del log.events[before:]
        for row, state, settled_at in states:
            row.state, row.settled_at = state, settled_at
        raise
    return moved


def _note(row: NoticeRow, refused: Refused, log: Log) -> None:
    reason = str(refused)[:500]
    if row.failure != reason:
        row.failure = reason
        row.save(update_fields=["failure"])
        log(row, after={"failure": reason})


def _close(notice: Notice, log: Log) -> None:
    """Close a notice all of whose lines have come to their end."""
    if notice.closed_at is None and not notice.rows.filter(state__in=[S.LISTED, S.DISPUTED]).exists():
        notice.closed_at = clock.now()
        notice.save(update_fields=["closed_at"])
        log(notice, after={"closed_at": str(notice.closed_at)})
