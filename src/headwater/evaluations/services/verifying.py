"""What officers find of entries: points of checklists, values that take the place of what was reported, vetoes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from headwater.calls.endorsing.services.endorsement import officers
from headwater.core import clock
from headwater.core.command import Actor, Log, authorise, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.services import notify
from headwater.evaluations.models import Entrant, GradeDraft, Round, Verified, Veto
from headwater.evaluations.sheets import CHECKLIST, QUANTITY, Indicator

NOTE, MOST = 2, 500


def tick(*, entrants: Sequence[Entrant], indicator: str, met: Collection[str], note: str, actor: Actor) -> list[Verified]:
    """Put down which points of a checklist are met, of one entry or of several alike. `note` says on what it rests.

    Raises:
        Refused: no such checklist or point, no note, or the grades are frozen.
    """
    with command(actor, "evaluations.verify", name="evaluations.tick") as log:
        round_ = _locked(entrants, actor)
        found = _indicator(round_, indicator, CHECKLIST)
        codes = [code for code, _words in found.items]
        unknown = [code for code in met if code not in codes]
        refuse_if(
            [
                *(
                    Reason(_("没有这一核对项：%(code)s；可选：%(known)s") % {"code": c, "known": "、".join(codes)}, "met")
                    for c in unknown
                ),
                *_note(note),
            ]
        )
        ordered = [code for code in codes if code in met]
        rows = [Verified(entrant=e, indicator=indicator, met=ordered, note=note.strip()) for e in entrants]
        return _put(rows, log)


def correct_value(*, entrant: Entrant, indicator: str, value: Decimal, note: str, actor: Actor) -> Verified:
    """Put down the value of a quantity that was verified; it takes the place of the reported one, which stays readable.

    Raises:
        Refused: no such quantity, a negative value, no note, or the grades are frozen.
    """
    with command(actor, "evaluations.verify", name="evaluations.correct_value") as log:
        round_ = _locked([entrant], actor)
        _indicator(round_, indicator, QUANTITY)
        wrong = [] if 0 <= value < Decimal(10) ** 15 else [Reason(_("核定值应为不小于 0 的数"), "value")]
        refuse_if([*wrong, *_note(note)])
        return _put([Verified(entrant=entrant, indicator=indicator, value=value, note=note.strip())], log)[0]


def withdraw_value(*, entrant: Entrant, indicator: str, actor: Actor) -> None:
    """Take back a verified value: what was reported counts again.

    Raises:
        Refused: there is none, or the grades are frozen.
    """
    with command(actor, "evaluations.verify", name="evaluations.withdraw_value") as log:
        _locked([entrant], actor)
        row = Verified.objects.filter(entrant=entrant, indicator=indicator, value__isnull=False).first()
        if row is None:
            raise Refused.because(_("没有可撤回的核定值"))
        log(row, before={"value": str(row.value), "note": row.note})
        row.delete()


def enter_veto(*, entrant: Entrant, code: str, reason: str, evidence: str, actor: Actor) -> Veto:
    """Enter a veto against an entry; it counts once another officer has confirmed it.

    Raises:
        Refused: no such veto, no reason or evidence, it is entered already, or the grades are frozen.
    """
    with command(actor, "evaluations.verify", name="evaluations.enter_veto") as log:
        round_ = _locked([entrant], actor)
        known = dict(round_.of.vetoes)
        reasons = []
        if code not in known:
            reasons.append(Reason(_("请选择否决情形；可选：%s") % "、".join(str(w) for w in known.values()), "code"))
        elif Veto.objects.filter(entrant=entrant, code=code).exclude(state=Veto.State.DROPPED).exists():
            reasons.append(Reason(_("这一情形已经登记"), "code"))
        for name, text in (("reason", reason), ("evidence", evidence)):
            if not NOTE <= len(text.strip()) <= MOST:
                reasons.append(Reason(_("请写明（%(least)d 至 %(most)d 字）") % {"least": NOTE, "most": MOST}, name))
        refuse_if(reasons)
        row = Veto.objects.create(
            entrant=entrant,
            code=code,
            reason=reason.strip(),
            evidence=evidence.strip(),
            entered_by=actor.account,
            entered_at=clock.now(),
        )
        log(row, after={"entrant": entrant.pk, "code": code, "reason": row.reason, "evidence": row.evidence})
        others = [a for a in officers(round_.call_id) if actor.account is None or a.pk != actor.account.pk]
        notify(others, title=partial(_to_confirm, str(entrant)), url=f"/office/evaluations/{round_.pk}/entries/{entrant.pk}/")
    return row


def _to_confirm(name: str) -> str:
    return _("一票否决待核定：%s") % name


def answer_veto(*, veto: Veto, confirm: bool, actor: Actor) -> Veto:
    """Confirm a veto, or drop it, by another officer than the one who entered it.

    Raises:
        NotAllowed: the same officer, or somebody with a part in the case.
        Refused: it is answered already, or the grades are frozen.
    """
    with command(actor, "evaluations.verify", name="evaluations.answer_veto") as log:
        _locked([veto.entrant], actor)
        row = Veto.objects.select_for_update(of=("self",)).select_related("entrant").get(pk=veto.pk)
        authorise(actor, "evaluations.confirm", row)
        if row.state != Veto.State.PROPOSED:
            raise Refused.because(_("这一否决已经核定"))
        row.state = Veto.State.CONFIRMED if confirm else Veto.State.DROPPED
        row.answered_by, row.answered_at = actor.account, clock.now()
        row.save(update_fields=["state", "answered_by", "answered_at"])
        log(row, before={"state": Veto.State.PROPOSED}, after={"state": row.state})
    return row


def _locked(entrants: Sequence[Entrant], actor: Actor) -> Round:
    """Lock the round of some entries while something is put down of them.

    Raises:
        NotAllowed: one of them is the actor's own case, or of another officer's call.
        Refused: its grades are drafted: what they rest on is frozen.
    """
    round_ = Round.objects.select_for_update(of=("self",)).select_related("call__scheme").get(pk=entrants[0].round_id)
    for entrant in entrants:
        authorise(actor, "evaluations.verify", entrant)
    open_ones = [GradeDraft.State.DRAFTED, GradeDraft.State.APPROVED]
    if round_.closed_at or GradeDraft.objects.filter(round=round_, state__in=open_ones).exists():
        raise Refused.because(_("等次已拟定，依据不能再改；须改的，先作废拟定的等次"), code="frozen")
    return round_


def _indicator(round_: Round, code: str, kind: str) -> Indicator:
    found = round_.of.indicator(code)
    if found is None or found.kind != kind:
        known = "、".join(str(i.name) for i in round_.of.indicators if i.kind == kind) or _("无")
        raise Refused.because(_("没有这一指标；可选：%s") % known, field="indicator")
    return found


def _note(note: str) -> list[Reason]:
    words = {"least": NOTE, "most": MOST}
    fits = NOTE <= len(note.strip()) <= MOST
    return [] if fits else [Reason(_("请写明依据（%(least)d 至 %(most)d 字）") % words, "note")]


def _put(rows: Sequence[Verified], log: Log) -> list[Verified]:
    """Write what was found, in place of what was found before."""
    earlier = {
        v.entrant_id: v for v in Verified.objects.filter(entrant__in=[r.entrant_id for r in rows], indicator=rows[0].indicator)
    }
    for row in rows:
        row.by, row.at = log.actor.account, clock.now()
    written = Verified.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["entrant", "indicator"], update_fields=["met", "value", "note", "by", "at"]
    )
    for row in written:
        before = earlier.get(row.entrant_id)
        log(row, before=_said(before) if before else None, after=_said(row))
    return written


def _said(row: Verified) -> dict[str, Any]:
    value: dict[str, Any] = {"met": row.met} if row.met is not None else {"value": str(row.value)}
    return {"entrant": row.entrant_id, "indicator": row.indicator, **value, "note": row.note}
