"""What the letters of a release will say, row by row, before they are written; and the correction of one row's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from headwater.calls.deciding.services.letters import letter_text
from headwater.calls.deciding.services.objections import upheld_in
from headwater.calls.models import Application, Decision, Letter, Notice
from headwater.calls.states import State
from headwater.calls.terms import agreement_day
from headwater.calls.words import words_of
from headwater.core import clock
from headwater.core.clock import official_date
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.core.i18n import in_chinese
from headwater.core.models import Account
from headwater.core.own import own_cases
from headwater.core.seen import Sight

WORDS_LIMIT = 2000


@dataclass(frozen=True)
class Planned:
    """A letter that a release will write: to which application, of which kind, and what of it is its own."""

    application: Application
    kind: Letter.Kind
    body: dict[str, Any]
    corrected: bool = False
    struck: bool = False

    @property
    def heading(self) -> str:
        return self._words["heading"]

    @property
    def sentences(self) -> list[str]:
        """Return every sentence as the letter will print it."""
        return [text for text in (self._words.get("said", ""), self.body.get("note", "")) if text]

    @property
    def _words(self) -> dict[str, str]:
        with in_chinese():
            return letter_text(words_of(self.application), self.kind, self.body)


def planned_letters(notice: Notice) -> list[Planned]:
    """Return the letters of a release in the order of numbers: approvals, lines struck by an objection, refusals; a constant number
    of queries."""
    struck = upheld_in(notice)
    rows = Application.objects.filter(call=notice.call_id).moving().select_related("call", "host", "leader", "decision")
    listed = rows.filter(notice_rows__notice=notice, state=State.PUBLICITY) | rows.filter(pk__in=struck, state=State.OBJECTION)
    refused = rows.filter(state=State.NOT_PROPOSED, decision__approved_at__isnull=False)
    day = official_date(clock.end_of_day(agreement_day(notice.call))) if "agreement" in words_of(notice) else ""
    planned = [_planned(row, struck, day) for row in {row.pk: row for row in (*listed, *refused)}.values()]
    return sorted(planned, key=lambda p: (p.kind != Letter.Kind.APPROVED, not p.struck, p.application.number))


def _planned(row: Application, struck: dict[int, str], day: str) -> Planned:
    if row.pk in struck:
        return Planned(row, Letter.Kind.REJECTED, {"note": struck[row.pk]}, struck=True)
    if row.state == State.PUBLICITY:
        return Planned(row, Letter.Kind.APPROVED, {"amount_fen": row.decision.amount_fen, **({"until": day} if day else {})})
    note = row.decision.letter_words or row.decision.reason
    return Planned(row, Letter.Kind.REJECTED, {"note": note}, corrected=bool(row.decision.letter_words))


def release_sight(notice: Notice, account: Account | None) -> Sight:
    """Return what a release would decide and write: every letter with its words, and the objections. Nobody sees a trace of
    their own case.
    """
    own = own_cases(account)
    planned = [p for p in planned_letters(notice) if p.application.pk not in own]
    lines: dict[str, Any] = {p.application.number: [p.application.state, p.kind, p.body, p.struck] for p in planned}
    words = {}
    for objection in notice.objections.exclude(row__application__in=own).select_related("row"):
        name = f"objection-{objection.pk}"
        lines[name], words[name] = [objection.state, objection.answer], _("异议：%s") % objection.row.title
    return Sight(lines, words)


def correct_words(*, application: Application, words: str, why: str, actor: Actor) -> None:
    """Replace the words of one letter, before the release only. The reason of its decision stays beside them as it was
    approved.

    Raises:
        Refused: no words or no reason for the correction, or the application waits for no such letter.
    """
    words, why = words.strip(), why.strip()
    if not 4 <= len(words) <= WORDS_LIMIT:
        raise Refused.because(_("请写明通知书用语（4 至 %d 字）") % WORDS_LIMIT, field="words")
    if len(why) < 4:
        raise Refused.because(_("请写明更正的原因"), field="why")
    with command(actor, "calls.letter.correct", application, name="calls.correct_words") as log:
        row = Decision.objects.select_for_update(of=("self",)).select_related("application").get(application=application)
        if row.application.state != State.NOT_PROPOSED or row.approved_at is None:
            raise Refused.because(_("该项没有待发的通知书可以更正"), code="state")
        log(row, before={"words": row.letter_words or row.reason}, after={"words": words, "why": why})
        row.letter_words = words
        row.save(update_fields=["letter_words"])
