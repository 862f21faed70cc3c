"""Commands that call a body together, change or cancel a sitting, and remind of it; the members answer whether they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from headwater.casework.bodies.bars import barred
from headwater.casework.bodies.models import Attendance, Ballot, Body, BodyMember, Recusal, Sitting, SittingItem, in_office
from headwater.casework.bodies.services.telling import tell_called, tell_cancelled, tell_changed, tell_soon
from headwater.casework.bodies.workflow import SITTING
from headwater.casework.subjects import SUBJECTS
from headwater.core import clock
from headwater.core.acts import LEAST_REASON
from headwater.core.command import Actor, command, system
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.registry.models import is_own

MOST_MINUTES, MOST_ITEMS = 480, 60


@dataclass(frozen=True)
class Agenda:
    """What is to be dealt with: about `record`, else about the record of the body. `purpose` is the code of what follows from it;
    `ballot` is that of the kind where nothing is said; `item` is the one that stays where a sitting is changed.
    """

    title: str
    text: str = ""
    ballot: str = ""
    minutes: int = 15
    purpose: str = ""
    record: Any = None
    item: int | None = None


def call_sitting(*, body: Body, meets_at: datetime | None, place: str, agenda: Sequence[Agenda], actor: Actor) -> Sitting:
    """Call the members in office on a day together. They are invited, with a file for the calendar; who must stand back from an item is found.

    Raises:
        Refused: everything that is wrong at once: the body is dissolved, no time or place, too short a notice, no or a wrong agenda.
    """
    with command(actor, "bodies.lead", body, name="bodies.call_sitting") as log:
        row = Body.objects.select_for_update(of=("self",)).select_related("kind").get(pk=body.pk)
        refuse_if(_problems(row, meets_at, place, agenda, fresh=True))
        assert meets_at is not None  # noqa: S101 -- a problem above
        rule = row.rule
        sitting = Sitting.objects.create(
            body=row,
            meets_at=meets_at,
            place=place.strip()[:200],
            quorum=rule.quorum,
            majority=rule.majority,
            counted=rule.counted,
        )
        seats = list(row.members.filter(in_office(clock.local_day(meets_at))))
        Attendance.objects.bulk_create([Attendance(sitting=sitting, member=m) for m in seats])
        _put_agenda(sitting, agenda)
        find_recusals(sitting)
        tell_called(sitting, [m.person_id for m in seats])
        log(sitting, after={"meets_at": str(meets_at), "items": len(agenda), "members": len(seats)})
    return sitting


def change_sitting(*, sitting: Sitting, meets_at: datetime | None, place: str, agenda: Sequence[Agenda], actor: Actor) -> Sitting:
    """Change time, place and agenda of a sitting that was not held. Where something differs the members are told all that holds now.

    Raises:
        Refused: what `call_sitting` refuses, or the sitting has begun.
    """
    with command(actor, "bodies.lead", sitting, name="bodies.change_sitting") as log:
        row = Sitting.objects.select_for_update(of=("self",)).select_related("body__kind").get(pk=sitting.pk)
        if row.state != Sitting.State.CALLED:
            raise Refused.because(_("会议已开始、已结束或已取消，不能再修改"))
        refuse_if(_problems(row.body, meets_at, place, agenda, fresh=meets_at != row.meets_at))
        before = _put_down(row)
        row.meets_at, row.place = meets_at or row.meets_at, place.strip()[:200]
        _put_agenda(row, agenda)
        after = _put_down(row)
        if before != after:
            row.sequence += 1
            row.save(update_fields=["meets_at", "place", "sequence"])
            _ask_anew(row, before["meets_at"] != after["meets_at"])
            find_recusals(row)
            tell_changed(row, list(row.attendances.values_list("member__person", flat=True)))
        log(row, before=before, after=after)
    return row


def _ask_anew(sitting: Sitting, other_day: bool) -> None:
    """Ask those in office on the day; who answered for another time is asked once more."""
    seats = sitting.body.members.filter(in_office(clock.local_day(sitting.meets_at)))
    sitting.attendances.exclude(member__in=seats).delete()
    known = set(sitting.attendances.values_list("member", flat=True))
    Attendance.objects.bulk_create([Attendance(sitting=sitting, member=m) for m in seats if m.pk not in known])
    if other_day:
        sitting.attendances.update(answer="", answered_at=None)


def _put_down(sitting: Sitting) -> dict[str, Any]:
    items = sitting.items.values_list("title", "text", "ballot", "minutes", "subject_kind", "subject_id")
    return {"meets_at": str(sitting.meets_at), "place": sitting.place, "items": [list(item) for item in items]}


def _problems(body: Body, meets_at: datetime | None, place: str, agenda: Sequence[Agenda], *, fresh: bool) -> list[Reason]:
    reasons = []
    if body.state != Body.State.ACTIVE:
        raise Refused.because(_("该组织已解散，不能再召集"))
    if meets_at is None:
        reasons.append(Reason(_("请填写会议时间"), field="meets_at"))
    elif fresh and meets_at < clock.now():
        reasons.append(Reason(_("会议时间已过"), field="meets_at"))
    elif fresh and clock.local_day(meets_at) < (first := clock.add_days(clock.today(), body.rule.notice_days)):
        reasons.append(
            Reason(_("须提前 %(n)d 天通知，最早可定在 %(day)s") % {"n": body.rule.notice_days, "day": first}, field="meets_at")
        )
    if not place.strip():
        reasons.append(Reason(_("请填写会议地点，线上会议填写链接"), field="place"))
    if not 1 <= len(agenda) <= MOST_ITEMS:
        reasons.append(Reason(_("请列出 1 至 %d 个议题") % MOST_ITEMS, field="agenda"))
    for n, item in enumerate(agenda, start=1):
        if not item.title.strip() or len(item.title) > 200:
            reasons.append(Reason(_("第 %d 项：请填写议题（不超过 200 字）") % n, field="agenda"))
        if not 1 <= item.minutes <= MOST_MINUTES:
            reasons.append(Reason(_("第 %(n)d 项：用时须为 1 至 %(most)d 分钟") % {"n": n, "most": MOST_MINUTES}, field="agenda"))
        if item.ballot and item.ballot not in SittingItem.Ballot.values:
            reasons.append(Reason(_("第 %d 项：请选择表决方式") % n, field="agenda"))
        if item.record is not None and item.record._meta.label_lower not in SUBJECTS:
            reasons.append(Reason(_("第 %d 项：议题所针对的对象不在系统登记的种类之内") % n, field="agenda"))
    return reasons


def _put_agenda(sitting: Sitting, agenda: Sequence[Agenda]) -> None:
    """Write the items in their order: those that stay keep their key, and so their recusals."""
    body = sitting.body
    kept = {i.pk: i for i in sitting.items.all()}
    sitting.items.exclude(pk__in=[a.item for a in agenda if a.item]).delete()
    fresh: list[SittingItem] = []
    changed: list[SittingItem] = []
    for n, a in enumerate(agenda, start=1):
        row = kept.get(a.item or 0) or SittingItem(sitting=sitting)
        row.position, row.title, row.text, row.minutes = n, a.title.strip()[:200], a.text.strip(), a.minutes
        row.ballot, row.purpose = a.ballot or body.rule.ballot, a.purpose
        if a.record is not None:
            row.subject_kind, row.subject_id = a.record._meta.label_lower, a.record.pk
        elif row.pk is None:
            row.subject_kind, row.subject_id = body.subject_kind, body.subject_id
        (changed if row.pk else fresh).append(row)
    SittingItem.objects.bulk_update(
        changed, ["position", "title", "text", "minutes", "ballot", "purpose", "subject_kind", "subject_id"]
    )
    SittingItem.objects.bulk_create(fresh)


def find_recusals(sitting: Sitting) -> int:
    """Find who must stand back from which item by the hooks of the kind: some queries for each record that is judged. Returns how many are new."""
    rule, seats = sitting.body.rule, [a.member for a in sitting.attendances.select_related("member")]
    if not rule.recuses:
        return 0
    members = {m.person_id: m for m in seats}
    items: dict[tuple[str, int], list[SittingItem]] = {}
    for item in sitting.items.exclude(subject_id=None).filter(result=""):
        items.setdefault((item.subject_kind, item.subject_id or 0), []).append(item)
    rows = []
    for (label, pk), of in items.items():
        record = SUBJECTS[label].model._base_manager.filter(pk=pk).first()
        found = barred(rule.recuses, rule, record, members, body=sitting.body_id)
        rows += [Recusal(item=i, member=members[p], hook=hook, reason=reason[:300]) for hook, p, reason in found for i in of]
    known = {*_pairs(Recusal, sitting), *_pairs(Ballot, sitting)}  # a ballot that was cast stays
    rows = [row for row in rows if (row.item_id, row.member_id) not in known]
    Recusal.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _pairs(model: type[Recusal] | type[Ballot], sitting: Sitting) -> list[tuple[int, int]]:
    return list(model.objects.filter(item__sitting=sitting).values_list("item", "member"))


def answer_invitation(*, attendance: Attendance, comes: bool, actor: Actor) -> Attendance:
    """Answer whether one comes to a sitting, by the member alone, until it begins.

    Raises:
        Refused: not one's own, or the sitting has begun.
    """
    with command(actor, "bodies.sit", attendance.sitting, name="bodies.answer_invitation") as log:
        row = Attendance.objects.select_for_update(of=("self",)).select_related("member__person", "sitting").get(pk=attendance.pk)
        if actor.account and not is_own(actor.account, row.member.person):
            raise Refused.because(_("只能由本人答复"))
        if row.sitting.state != Sitting.State.CALLED:
            raise Refused.because(_("会议已开始或已取消，不再需要答复"))
        row.answer, row.answered_at = Attendance.Answer.COMES if comes else Attendance.Answer.AWAY, clock.now()
        row.save(update_fields=["answer", "answered_at"])
        log(row, after={"answer": row.answer})
    return row


def cancel_sitting(*, sitting: Sitting, reason: str, actor: Actor) -> Sitting:
    """Cancel a sitting that was not held; its members are told, and the file takes it out of their calendar.

    Raises:
        Refused: no reason, or it has begun.
    """
    with command(actor, "bodies.lead", sitting, name="bodies.cancel_sitting") as log:
        if len(reason.strip()) < LEAST_REASON:
            raise Refused.because(_("请写明取消的原因，成员会收到"), field="reason")
        rows = Sitting.objects.filter(pk=sitting.pk).select_related("body")
        row: Sitting = SITTING.apply(rows, "cancel", log, cancel_reason=reason.strip()[:300], sequence=sitting.sequence + 1)[0]
        tell_cancelled(row, list(row.attendances.values_list("member__person", flat=True)), row.cancel_reason)
    return row


def remind() -> int:
    """Remind of the sittings that come in as many days as their kinds say, once on such a day; returns how many."""
    today, count = clock.today(), 0
    coming = Sitting.objects.filter(state=Sitting.State.CALLED, meets_at__gte=clock.now()).exclude(reminded_on=today)
    with command(system("worker"), "bodies.remind", name="bodies.remind") as log:
        rows = coming.select_for_update(of=("self",), skip_locked=True).select_related("body__kind").order_by("pk")
        due = [s for s in rows if (clock.local_day(s.meets_at) - today).days in s.body.rule.remind_days]
        people: Mapping[int, list[int]] = _asked(due)
        for sitting in due:
            sitting.reminded_on = today
            tell_soon(sitting, people.get(sitting.pk, []))
            log(sitting, after={"reminded_on": str(today)})
            count += 1
        Sitting.objects.bulk_update(due, ["reminded_on"])
    return count


def _asked(sittings: Sequence[Sitting]) -> dict[int, list[int]]:
    """Return the people to remind, by sitting: not who said that they cannot come."""
    people: dict[int, list[int]] = {}
    rows = Attendance.objects.filter(sitting__in=sittings).exclude(answer=Attendance.Answer.AWAY)
    for sitting, person in rows.values_list("sitting", "member__person"):
        people.setdefault(sitting, []).append(person)
    return people


def seat_of(sitting: Sitting, people: Sequence[int]) -> BodyMember | None:
    """Return the seat by which somebody was asked to a sitting, by their records."""
    row = sitting.attendances.filter(member__person__in=people).select_related("member__person").first()
    return row.member if row else None
