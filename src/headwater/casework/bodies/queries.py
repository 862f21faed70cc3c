"""Reads of bodies: for pages, for guards of other engines, for lists of who lacks what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import (
    Case,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _

from headwater.casework.bodies.models import Attendance, Body, BodyMember, BodyQuerySet, Sitting, SittingItem, in_office
from headwater.casework.bodies.rules.composition import Fault
from headwater.casework.bodies.services.composing import Forming, as_chosen
from headwater.casework.subjects import SUBJECTS
from headwater.core import clock
from headwater.registry.models import own_records

PLACES = Case(
    *(When(post=post, then=Value(n)) for n, post in enumerate(BodyMember.Post.values)),
    default=Value(9),
    output_field=IntegerField(),
)
"""The order of posts: the chair first, the secretary last."""


def bodies_of(record: Any, kind: str = "") -> QuerySet[Body]:
    """Return the bodies about a record, of one kind where it is named, the live ones first."""
    rows = Body.objects.filter(subject_kind=record._meta.label_lower, subject_id=record.pk)
    return (rows.filter(kind__code=kind) if kind else rows).select_related("kind").order_by("state", "-since", "-pk")


def sittings_between(since: date, until: date) -> QuerySet[Sitting]:
    """Return the sittings with a quorum from one day to another, both included."""
    return Sitting.objects.met().filter(meets_at__gte=clock.local(since), meets_at__lt=clock.local(clock.add_days(until, 1)))


def met_between(body: Body, since: date, until: date) -> bool:
    """Return whether a body met with a quorum from one day to another, both included."""
    return sittings_between(since, until).filter(body=body).exists()


def committee_met(record: Any, kind: str, since: date, until: date) -> bool:
    """Return whether a body of a kind about a record met with a quorum from one day to another: for guards."""
    return sittings_between(since, until).filter(body__in=bodies_of(record, kind).values("pk")).exists()


def records_whose_body_met(subject_kind: str, kind: str, since: date, until: date) -> QuerySet[Any]:
    """Return the keys of the records whose body of a kind met with a quorum from one day to another: for lists."""
    rows = Body.objects.filter(subject_kind=subject_kind, kind__code=kind, sittings__in=sittings_between(since, until))
    return rows.order_by().values_list("subject_id", flat=True).distinct()


def result_for(record: Any, kind: str, *, purpose: str = "", since: date | None = None) -> SittingItem | None:
    """Return the newest item on which a body of a kind has voted about a record; of one purpose, or held since a day, where these are named."""
    rows = SittingItem.objects.filter(
        subject_kind=record._meta.label_lower,
        subject_id=record.pk,
        sitting__body__kind__code=kind,
        sitting__state=Sitting.State.HELD,
    ).exclude(result__in=["", SittingItem.Result.NOTED])
    if purpose:
        rows = rows.filter(purpose=purpose)
    if since:
        rows = rows.filter(sitting__meets_at__gte=clock.local(since))
    return rows.select_related("sitting__body__kind").order_by("-sitting__meets_at", "-pk").first()


def seats_now(body: Body, on: date | None = None) -> QuerySet[BodyMember]:
    """Return the seats in office on a day (today), the chair first."""
    rows = body.members.filter(in_office(on or clock.today())).select_related("person__organisation", "person__account")
    return rows.annotate(place=PLACES).order_by("place", "pk")


def whats_wrong(body: Body, seats: Sequence[BodyMember] | None = None) -> list[Fault]:
    """Return what is wrong with a body as it stands today: its composition, terms, meetings, rules and who is absent."""
    if body.state != Body.State.ACTIVE:
        return []
    rows = list(seats_now(body)) if seats is None else list(seats)
    rule = body.rule
    found = Forming(rule, body.record, [as_chosen(m) for m in rows], clock.today(), body).faults()
    soon = clock.add_days(clock.today(), rule.warn_days)
    for member in rows:
        if member.until and member.until <= soon:
            found.append(
                Fault(
                    _("%(name)s 的任期于 %(day)s 届满，请换届或补选") % {"name": member, "day": member.until},
                    "until",
                    (member.person_id,),
                    True,
                )
            )
    if rule.rules_document and body.rules_file_id is None:
        found.append(Fault(_("还没有上传议事规则"), "rules", warns=True))
    if rule.absences and (often := absent_in_a_row(body, rows, rule.absences)):
        for member in often:
            text = _("%(name)s 连续 %(n)d 次没有到会，应予更换") % {"name": member, "n": rule.absences}
            found.append(Fault(text, people=(member.person_id,)))
    if owing := meetings_lacking(body):
        found.append(
            Fault(
                _("本年度须召开 %(n)d 次会议，还差 %(lack)d 次") % {"n": rule.meetings_a_year, "lack": owing},
                "sittings",
                warns=True,
            )
        )
    return found


def absent_in_a_row(body: Body, seats: Sequence[BodyMember], times: int) -> list[BodyMember]:
    """Return the members who were away from their last `times` sittings (1 query)."""
    held = Attendance.objects.filter(member__in=seats, sitting__state=Sitting.State.HELD, sitting__body=body)
    away: dict[int, list[bool]] = {}
    for member, present in held.order_by("-sitting__meets_at").values_list("member", "present"):
        away.setdefault(member, []).append(not present)
    return [m for m in seats if m.votes and len(away.get(m.pk, [])) >= times and all(away[m.pk][:times])]


def meetings_lacking(body: Body) -> int:
    """Return how many sittings a standing body still owes this year."""
    year = clock.today().year
    held = sittings_between(date(year, 1, 1), date(year, 12, 31)).filter(body=body).count()
    return max(0, body.rule.meetings_a_year - held) if body.rule.standing else 0


def with_figures(rows: QuerySet[Body]) -> QuerySet[Body]:
    """Add what lists show: members in office, the last and the next sitting, sittings held this year and how many are owed."""
    today = clock.today()
    seats = _counted(BodyMember.objects.filter(in_office(today), body=OuterRef("pk")))
    sittings = Sitting.objects.filter(body=OuterRef("pk"))
    this_year = _counted(sittings.met().filter(meets_at__gte=clock.local(date(today.year, 1, 1))))
    coming = sittings.filter(state=Sitting.State.CALLED, meets_at__gte=clock.now()).order_by("meets_at")
    owed = Cast(KeyTextTransform("meetings_a_year", "kind__definition"), IntegerField())
    return rows.annotate(
        seats=Coalesce(Subquery(seats), Value(0)),
        last_met=Subquery(sittings.met().order_by("-meets_at").values("meets_at")[:1]),
        next_sitting=Subquery(coming.values("meets_at")[:1]),
        met_this_year=Coalesce(Subquery(this_year), Value(0)),
        owed_a_year=Coalesce(owed, Value(0)),
    )


def _counted(rows: QuerySet[Any]) -> Any:
    """Return the number of rows for each body, for a subquery."""
    return rows.order_by().values("body").annotate(n=Count("pk")).values("n")


def lacking_meetings(rows: BodyQuerySet) -> QuerySet[Body]:
    """Return the live bodies that have not met as often as they must this year."""
    return with_figures(rows.live()).filter(Q(met_this_year__lt=F("owed_a_year")))


def with_terms_ending(rows: BodyQuerySet) -> QuerySet[Body]:
    """Return the live bodies with a seat whose term ends within the days of their kind, or ended without another seat of the same person."""
    days = Coalesce(
        Cast(KeyTextTransform("warn_days", KeyTextTransform("term", "body__kind__definition")), IntegerField()), Value(90)
    )
    today = clock.today()
    seats = BodyMember.objects.filter(in_office(today), body=OuterRef("pk"), until__isnull=False).annotate(days=days)
    ending = seats.filter(until__lte=today + days_after("days"))
    return rows.live().filter(Exists(ending))


def days_after(field: str) -> Any:
    """Return an expression for so many days, to be added to a date."""
    return ExpressionWrapper(F(field) * Value(timedelta(days=1)), output_field=DurationField())


def own_seats(user: Any) -> QuerySet[BodyMember]:
    """Return the seats that an account holds today."""
    return BodyMember.objects.filter(in_office(clock.today()), person__in=own_records(user), body__state=Body.State.ACTIVE)


@dataclass(frozen=True)
class Card:
    """A body as the page of its record shows it."""

    body: Body
    seats: list[BodyMember]
    last: Sitting | None
    coming: Sitting | None


def cards_of(record: Any, user: Any) -> list[Card]:
    """Return the bodies of a record that an account may know of, with members and sittings (4 queries)."""
    rows = list(bodies_of(record).filter(pk__in=Body.objects.visible_to(user).values("pk")))
    seats: dict[int, list[BodyMember]] = {}
    for m in (
        BodyMember.objects.filter(in_office(clock.today()), body__in=rows).select_related("person__organisation").order_by("pk")
    ):
        seats.setdefault(m.body_id, []).append(m)
    last, coming = _around(rows)
    return [Card(b, sorted(seats.get(b.pk, []), key=_rank), last.get(b.pk), coming.get(b.pk)) for b in rows]


def _rank(member: BodyMember) -> int:
    return list(BodyMember.Post.values).index(member.post)


def _around(rows: Iterable[Body]) -> tuple[dict[int, Sitting], dict[int, Sitting]]:
    """Return the last sitting that was held and the next that is called, by body (1 query)."""
    last: dict[int, Sitting] = {}
    coming: dict[int, Sitting] = {}
    wanted = Sitting.objects.filter(body__in=list(rows), state__in=[Sitting.State.HELD, Sitting.State.CALLED])
    for sitting in wanted.order_by("meets_at"):
        if sitting.state == Sitting.State.HELD:
            last[sitting.body_id] = sitting
        elif sitting.meets_at >= clock.now():
            coming.setdefault(sitting.body_id, sitting)
    return last, coming


def known_subjects(rows: Sequence[Any], user: Any) -> dict[tuple[str, int], tuple[str, str]]:
    """Return name and address of the records of some bodies or items, as far as an account may know of them (1 query for each kind)."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        if row.subject_id is not None and row.subject_kind in SUBJECTS:
            wanted.setdefault(row.subject_kind, set()).add(row.subject_id)
    found: dict[tuple[str, int], tuple[str, str]] = {}
    for label, keys in wanted.items():
        kind = SUBJECTS[label]
        for record in kind.visible(user).filter(pk__in=keys):
            found[label, record.pk] = (str(kind.name(record)), kind.url(record))
    return found
