"""Objections to notices of what is decided outside of calls: asked for, confirmed, replied to, answered, settled by another person."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.casework.notices.models import Notice, NoticeRow, Objection, ObjectionClaim
from headwater.casework.notices.objecting import (
    DESKS,
    Desk,
    Terms,
    end_of_reply,
    keep_claim,
    objection_from,
    put_answer,
    put_reply,
    put_settlement,
    read_objection,
    read_reply,
    stands,
    take_claim,
)
from headwater.casework.notices.services.ending import end_row_after_objection
from headwater.casework.notices.services.publishing import concerned, refuse_over
from headwater.casework.notices.workflow import ROW
from headwater.core import clock
from headwater.core.command import Actor, Log, authorise, command
from headwater.core.errors import Refused
from headwater.core.i18n import named
from headwater.core.models import Account, RoleGrant
from headwater.core.parameters import Parameters
from headwater.core.seen import Sight
from headwater.core.services import notify


def terms_of(notice: Notice) -> Terms:
    """Return the periods and limits of objections to a notice."""
    return Terms(Parameters(notice.kind.region, clock.today()))


def ask_objection(*, row: NoticeRow, name: str, contact: str, text: str, actor: Actor, source: str = "") -> str:
    """Keep what somebody objects to a line of an open notice and send their address a link that confirms it; returns its key.

    Raises:
        Refused: the notice is over, a field is wrong, or too many came from this `source` or for this contact.
    """
    values = read_objection(name=name, contact=contact, text=text)
    refuse_over(row.notice)
    with command(Actor(None, actor.source, actor.request_id), "notices.object", name="notices.ask_objection"):
        return keep_claim(ObjectionClaim, row, values, terms=terms_of(row.notice), title=row.title_zh, source=source)


def file_objection(*, key: str, actor: Actor) -> Objection:
    """File the objection that the link of this key confirms. The line is disputed; whom it concerns and the officers are told.

    Raises:
        Refused: the link has ended, the line has come to its end, or this contact has an open objection to it already.
    """
    with command(Actor(None, actor.source, actor.request_id), "notices.object", name="notices.file_objection") as log:
        claim = take_claim(DESKS["notices"], key)
        row = NoticeRow.objects.select_for_update(of=("self",)).select_related("notice__kind").get(pk=claim.row_id)
        if row.settled_at is not None:
            raise Refused.because(_("公示期已结束"), code="over")
        objection: Objection = objection_from(claim, Objection, reply_by=end_of_reply(terms_of(row.notice)))
        if row.state == NoticeRow.State.LISTED:
            ROW.move([row], "dispute", log)
        due = f"{timezone.localtime(objection.reply_by):%Y-%m-%d}"
        url = f"/notices/mine/{row.pk}/"
        title, body = (lambda: _("公示期间有人提出异议：%s") % row.title), (lambda: _("可于 %s 前书面陈述。") % due)
        notify(concerned([row]), title=title, body=body, url=url)
        notify(officers(row.notice), title=title, url=office_page(row.notice))
        log(objection, after={"row": row.pk})
    return objection


def officers(notice: Notice) -> list[Account]:
    """Return who answers objections to a notice: who holds a role of its kind everywhere."""
    grants = RoleGrant.objects.in_force(clock.now()).filter(role__in=notice.rule.roles, scope="all")
    return list(Account.objects.filter(pk__in=grants.values("account")).order_by("pk"))


def office_page(notice: Notice) -> str:
    return f"/office/notices/cases/{notice.pk}/"


def reply_to_objection(*, objection: Objection, text: str, actor: Actor) -> None:
    """Reply in writing to an objection, by whom the line concerns, within the time for it and before it is answered. Officers are told.

    Raises:
        Refused: no text, too long, too late, or answered already.
    """
    text = read_reply(text)
    with command(actor, "notices.reply", objection.row, name="notices.reply_to_objection") as log:
        row = Objection.objects.select_for_update(of=("self",)).select_related("row__notice__kind").get(pk=objection.pk)
        put_reply(row, text)
        log(row, after={"row": row.row_id, "characters": len(text)})
        url = office_page(row.row.notice)
        notify(officers(row.row.notice), title=lambda: _("已就异议书面陈述：%s") % row.row.title, url=url)


def objection_sight(row: Objection) -> Sight:
    """Return an objection as the officer reads it, and the state of its line, as they are now."""
    lines = {"objection": [row.pk, row.state, row.text], "reply": row.reply, "answer": row.answer, "state": row.row.state}
    words = {"objection": _("异议"), "reply": _("书面陈述"), "answer": _("处理意见"), "state": _("状态")}
    return Sight(lines, words)


def _locked(objection: Objection) -> Objection:
    """Lock the line and then the objection, as whoever ends the notice does."""
    NoticeRow.objects.select_for_update(of=("self",)).get(pk=objection.row_id)
    rows = Objection.objects.select_for_update(of=("self",)).select_related("row__notice__kind", "row__organisation")
    return rows.get(pk=objection.pk)


def answer_objection(*, objection: Objection, uphold: bool, answer: str, actor: Actor, seen: str) -> None:
    """Answer an objection, or correct the answer before the line comes to its end. When it is dismissed the line goes on; upholding it is
    proposed to a second person.

    Raises:
        NotAllowed: the actor does not answer for this kind, has a part in the record, or dismisses what is said of a list that the actor
            published.
        Refused: no text, the line has ended, the time for a reply still runs, or it is not what was `seen`.
    """
    if not answer.strip():
        raise Refused.because(_("请写明处理意见"), field="answer")
    with command(actor, "notices.answer" if uphold else "notices.dismiss", objection, name="notices.answer_objection") as log:
        row = _locked(objection)
        if row.row.settled_at is not None:
            raise Refused.because(_("结果已发布，答复不能再改"))
        objection_sight(row).require(seen)
        before = put_answer(row, uphold=uphold, answer=answer, account=actor.account)
        log(row, before=before, after={"state": row.state, "answer": row.answer})
        _follow(row, log)


def settle_objection(*, objection: Objection, agree: bool, actor: Actor, seen: str) -> None:
    """Settle, by a second person, that an objection is upheld, or hand it back to be answered anew.

    Raises:
        NotAllowed: the actor answered it, has a part in the record, or does not answer for this kind.
        Refused: it does not wait for a second person, or it is not what was `seen`.
    """
    with command(actor, "notices.settle", objection, name="notices.settle_objection") as log:
        row = _locked(objection)
        authorise(actor, "notices.settle", row)
        objection_sight(row).require(seen)
        put_settlement(row, agree=agree, account=actor.account)
        log(row, before={"state": Objection.State.PROPOSED}, after={"state": row.state})
        if not agree:
            first = Account.objects.filter(pk=row.answered_by_id or 0)
            notify(first, title=lambda: _("异议处理意见被退回：%s") % row.row.title, url=office_page(row.row.notice))
        _follow(row, log)


def _follow(objection: Objection, log: Log) -> None:
    """Dispute the line while any objection to it waits or is upheld; let it go on when none does. Once the period is over a line without
    an open objection comes to its end at once.
    """
    row = NoticeRow.objects.select_related("notice__kind", "organisation").get(pk=objection.row_id)
    standing = stands(row.objections.all())
    if standing and row.state == NoticeRow.State.LISTED:
        ROW.move([row], "dispute", log)
    elif not standing and row.state == NoticeRow.State.DISPUTED:
        ROW.move([row], "resume", log)
        notify(concerned([row]), title=lambda: _("异议不成立，恢复公示：%s") % row.title, url=row.notice.url)
    if objection.state == Objection.State.PROPOSED:
        others = [a for a in officers(row.notice) if a.pk != objection.answered_by_id]
        notify(others, title=lambda: _("拟认定异议成立，请核定：%s") % row.title, url=office_page(row.notice))
    end_row_after_objection(row, log)


DESKS.add(
    "notices",
    Desk(
        claims=ObjectionClaim,
        related=("row__notice__kind",),
        file=lambda key, actor: file_objection(key=key, actor=actor),
        line=lambda claim: " · ".join(filter(None, [str(claim.row.title), str(claim.row.holder)])),
        notice=lambda claim: named(claim.row.notice, "title"),
        url=lambda claim: claim.row.notice.url,
    ),
)
