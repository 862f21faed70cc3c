"""Commands that convene bodies, change who sits on them, keep their rules of procedure, and dissolve them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from headwater.casework.bodies.models import Attendance, Body, BodyKind, BodyMember, Sitting, in_office
from headwater.casework.bodies.rules.composition import Fault, Seat
from headwater.casework.bodies.services.composing import Chosen, Forming, Founding
from headwater.casework.bodies.services.telling import tell_dissolved, tell_left, tell_seated
from headwater.casework.bodies.workflow import BODY, SITTING
from headwater.casework.subjects import SUBJECTS, kind_of
from headwater.core import clock
from headwater.core.acts import LEAST_REASON
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.files import check_upload
from headwater.core.services import store_file
from headwater.core.uploads import ask_for_check
from headwater.registry.fund_staff import lock_persons
from headwater.registry.queries import region_code

RULES = "rules"
"""The kind of file that holds the rules of procedure of a body."""


def kind_named(code: str, region: str) -> BodyKind:
    """Return the newest version of a kind.

    Raises:
        LookupError: the region has no such kind of body.
    """
    row: BodyKind | None = BodyKind.objects.current(region).filter(code=code).first()
    if row is None:
        known = ", ".join(BodyKind.objects.current(region).order_by("code").values_list("code", flat=True))
        raise LookupError(f"no kind of body {code!r} in {region!r}; known are: {known or 'none'}")
    return row


def region_of_record(record: Any) -> str:
    return kind_of(record).region(record) if record is not None else region_code()


def convene(
    *,
    kind: str,
    name_zh: str,
    members: Sequence[Chosen],
    actor: Actor,
    record: Any = None,
    name_en: str = "",
    since: date | None = None,
    insisted: str = "",
) -> Body:
    """Convene a body of a kind, about a record or none, from a day on (today). Its members are told.

    `insisted` says why what is usually otherwise is so here.

    Raises:
        Refused: everything that is wrong at once: no name, a kind that does not fit the record, a second body where there is one, and
            what `Forming.faults` finds.
        LookupError: no such kind.
    """
    version = kind_named(kind, region_of_record(record))
    rule = version.rule
    with command(actor, "bodies.convene", Founding(rule, record), name="bodies.convene") as log:
        _lock(record, members)
        forming = Forming(rule, record, members, since or clock.today())
        label = record._meta.label_lower if record is not None else ""
        refuse_if([*_about(version, label, record, name_zh), *_reasons(forming.faults(), insisted)])
        body = Body.objects.create(
            kind=version,
            subject_kind=label,
            subject_id=record.pk if record is not None else None,
            name_zh=name_zh.strip()[:160],
            name_en=name_en.strip()[:240],
            since=forming.since,
            insisted=insisted.strip(),
            convened_by=actor.account,
        )
        BodyMember.objects.bulk_create([_row(body, seat) for seat in forming.seats])
        tell_seated(body, [s.person for s in forming.seats])
        log(
            body,
            after={"kind": version.code, "version": version.version, "members": len(forming.seats), "insisted": insisted.strip()},
        )
    return body


def _lock(record: Any, members: Iterable[Chosen]) -> None:
    """Wait for whoever convenes a body about the same record, or of the same people."""
    if record is not None:
        list(type(record)._base_manager.select_for_update(no_key=True).filter(pk=record.pk).values_list("pk"))
    lock_persons([c.person.pk for c in members])


def _about(version: BodyKind, label: str, record: Any, name: str) -> list[Reason]:
    rule, reasons = version.rule, []
    if not name.strip():
        reasons.append(Reason(_("请填写名称"), field="name_zh"))
    if not rule.fits(label):
        what = SUBJECTS[label].label if label else _("不针对具体对象")
        reasons.append(Reason(_("“%(kind)s”不适用于：%(what)s") % {"kind": rule.name, "what": what}, field="kind"))
    others = Body.objects.live().filter(
        subject_kind=label, subject_id=record.pk if record is not None else None, kind__code=version.code
    )
    if rule.one and (other := others.first()):
        reasons.append(Reason(_("已有“%s”；请调整其成员，或先解散") % other, field="kind"))
    return reasons


def _reasons(found: Iterable[Fault], insisted: str) -> list[Reason]:
    """Return the faults that keep a body from being convened: those that only warn pass with a reason."""
    if 0 < len(insisted.strip()) < LEAST_REASON:
        insisted = ""
    return [Reason(f.text, field="insisted" if f.warns else f.field) for f in found if not (f.warns and insisted.strip())]


def _row(body: Body, seat: Seat) -> BodyMember:
    return BodyMember(
        body=body,
        person_id=seat.person,
        post=seat.post,
        standing=seat.standing,
        qualities=sorted(seat.qualities),
        since=seat.since or body.since,
        until=seat.until,
        terms=seat.terms,
    )


def change_members(
    *,
    body: Body,
    members: Sequence[Chosen],
    actor: Actor,
    since: date | None = None,
    new_term: bool = False,
    reason: str = "",
    insisted: str = "",
) -> Body:
    """Change who sits on a body from a day on (today): who is not among `members` leaves, who is new comes, who changes post or standing
    gets a seat anew. With `new_term` every term begins anew, and enough members must be new. The newest version of the kind holds.

    Raises:
        Refused: everything that is wrong at once, no reason for who leaves within a term, or nothing changes.
    """
    with command(actor, "bodies.manage", body, name="bodies.change_members") as log:
        row = Body.objects.select_for_update(of=("self",)).select_related("kind").get(pk=body.pk)
        record = row.record
        _lock(record, members)
        version, day = kind_named(row.kind.code, row.kind.region), since or clock.today()
        forming = Forming(version.rule, record, members, day, row, new_term)
        reasons = _reasons(forming.faults(), insisted)
        if row.state != Body.State.ACTIVE:
            raise Refused.because(_("该组织已解散，不能再调整"))
        seats = {s.person: s for s in forming.seats}
        now = {m.person_id: m for m in row.members.filter(in_office(day)).select_related("person")}
        stays = {} if new_term else {pk: m for pk, m in now.items() if pk in seats and _same(m, seats[pk])}
        leaves = [m for pk, m in now.items() if pk not in stays]
        comes = [s for pk, s in seats.items() if pk not in stays]
        if not leaves and not comes:
            reasons.append(Reason(_("成员没有变化"), field="members"))
        if any(m.person_id not in seats for m in leaves) and not new_term and len(reason.strip()) < LEAST_REASON:
            reasons.append(Reason(_("有成员离任，请写明原因，本人会收到"), field="reason"))
        refuse_if(reasons)
        _write(row, version, leaves, comes, day, reason, insisted)
        _tell(row, now, seats, leaves, reason)
        log(
            row,
            before={"members": sorted(now)},
            after={
                "members": sorted(seats),
                "since": str(day),
                "new_term": new_term,
                "reason": reason.strip(),
                "kind": version.version,
            },
        )
    return row


def _same(member: BodyMember, seat: Seat) -> bool:
    """Return whether a seat goes on as it is."""
    return (member.post, member.standing, member.qualities, member.until) == (
        seat.post,
        seat.standing,
        sorted(seat.qualities),
        seat.until,
    )


def _write(
    body: Body, version: BodyKind, leaves: Sequence[BodyMember], comes: Sequence[Seat], day: date, reason: str, insisted: str
) -> None:
    staying = {s.person for s in comes}
    for member in leaves:
        member.until = max(day, member.since)
        member.left_reason = "" if member.person_id in staying else reason.strip()[:300]
    fresh = [_row(body, seat) for seat in comes]
    for row in fresh:
        row.since = max(row.since, day)
    try:
        with transaction.atomic():
            BodyMember.objects.bulk_update(leaves, ["until", "left_reason"])
            BodyMember.objects.bulk_create(fresh)
    except IntegrityError as error:
        raise Refused.because(_("有成员的任期前后重叠，请核对任期"), field="members") from error
    body.kind = version
    body.insisted = insisted.strip() or body.insisted
    body.save(update_fields=["kind", "insisted"])
    _ask_newcomers(body, fresh)


def _ask_newcomers(body: Body, fresh: Sequence[BodyMember]) -> None:
    """Ask those who come to the sittings that are called already, in place of those who left."""
    for sitting in body.sittings.filter(state=Sitting.State.CALLED):
        on = clock.local_day(sitting.meets_at)
        gone = sitting.attendances.exclude(member__in=body.members.filter(in_office(on)))
        gone.delete()
        Attendance.objects.bulk_create(
            [Attendance(sitting=sitting, member=m) for m in fresh if m.since <= on and (m.until is None or m.until > on)]
        )


def _tell(body: Body, now: dict[int, BodyMember], seats: dict[int, Seat], leaves: Sequence[BodyMember], reason: str) -> None:
    tell_left(body, [m.person_id for m in leaves if m.person_id not in seats], reason.strip())
    tell_seated(body, [pk for pk in seats if pk not in now])


def put_rules(*, body: Body, name: str, content: bytes, actor: Actor) -> Body:
    """Keep the rules of procedure of a body as a file; a new one takes the place of the former.

    Raises:
        Refused: a file that is not taken.
    """
    with command(actor, "bodies.lead", body, name="bodies.put_rules") as log:
        content_type = check_upload(name, content)
        row = Body.objects.select_for_update(of=("self",)).get(pk=body.pk)
        row.rules_file = store_file(
            owner=row, kind=RULES, name=name, content=content, content_type=content_type, account=actor.account, checked=False
        )
        row.save(update_fields=["rules_file"])
        ask_for_check()
        log(row, after={"rules": row.rules_file.sha256, "name": row.rules_file.name})
    return row


def dissolve(*, body: Body, reason: str, actor: Actor) -> Body:
    """Dissolve a body: what it decided stays, sittings that were called are cancelled, its members are told.

    Raises:
        Refused: no reason, or a sitting is on.
    """
    with command(actor, "bodies.manage", body, name="bodies.dissolve") as log:
        if len(reason.strip()) < LEAST_REASON:
            raise Refused.because(_("请写明解散的原因，成员会收到"), field="reason")
        row = BODY.apply(Body.objects.filter(pk=body.pk), "dissolve", log, until=clock.today())[0]
        _end(row, reason.strip()[:300], log)
    dissolved: Body = row
    return dissolved


def _end(body: Body, reason: str, log: Log) -> None:
    seats = list(body.members.filter(in_office(clock.today())))
    SITTING.apply(body.sittings.filter(state=Sitting.State.CALLED), "cancel", log, cancel_reason=reason)
    BodyMember.objects.filter(pk__in=[m.pk for m in seats]).update(until=clock.today(), left_reason=reason)
    tell_dissolved(body, [m.person_id for m in seats], reason)
    log(body, after={"reason": reason, "members": len(seats)})
