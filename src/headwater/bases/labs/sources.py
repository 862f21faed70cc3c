"""What the house knows of a base for a period, for first answers of its reports and for its gap table: from people, projects, works, the
committee, openness and safety. Each source asks a fixed number of queries, whatever the number of bases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, Sum

from headwater.awards.models import Award
from headwater.bases.labs.committees import committee_kinds
from headwater.bases.models import Base, BasePerson, OpenCall, OpenDay, OpenProject, PersonMonths, SafetyRecord
from headwater.bases.people.models import there_between, there_on
from headwater.casework.bodies.models import Attendance, BodyMember, Sitting
from headwater.casework.reports.kinds import Source, add_source
from headwater.core import clock
from headwater.core.i18n import Bilingual, in_chinese
from headwater.registers.kinds import kind_of
from headwater.registry.models import WorkAuthor, WorkClaim

SUBJECT = "bases.base"
Found = dict[int, dict[str, Any]]
Keys = Sequence[int]
DOCTORATE = "博士"
"""How the registry writes a doctorate."""
WORK_KINDS = {
    "paper": "papers",
    "book": "books",
    "patent": "patents",
    "standard": "standards",
    "variety": "varieties",
    "dataset": "datasets",
    "prize": "prizes",
}
"""The part of the source by the kind of work."""


def source(name: str, zh: str, en: str, parts: Mapping[str, str]) -> Callable[[Any], Any]:
    def declare(read: Callable[[Keys, date, date], Found]) -> Callable[[Keys, date, date], Found]:
        add_source(SUBJECT, name, Source(Bilingual(zh, en), parts, read))
        return read

    return declare


@source(
    "people",
    "队伍登记",
    "List of people",
    {
        **dict.fromkeys(("fixed", "senior", "doctors", "technicians", "postdocs", "visitors", "director_months"), "number"),
        "list": "rows",
    },
)
def people(keys: Keys, since: date, until: date) -> Found:
    """Count the people of bases: fixed staff on the last day, others in the period; and list the fixed ones with their months (2 queries).
    Of a base without any list nothing is known.
    """
    rows = list(
        BasePerson.objects.filter(there_between(since, until), entry__in=keys).select_related("person").order_by("since", "pk")
    )
    months = dict(PersonMonths.objects.filter(row__in=rows, year=until.year).values_list("row", "months"))
    found: Found = {}
    with in_chinese():
        for pk in {r.entry_id for r in rows}:
            mine = [r for r in rows if r.entry_id == pk]
            fixed = [r for r in mine if r.kind == BasePerson.Kind.FIXED and (r.until is None or r.until > until)]
            found[pk] = {
                "fixed": len(fixed),
                "senior": sum(bool(r.person and r.person.is_senior) for r in fixed),
                "doctors": sum(bool(r.person and DOCTORATE in r.person.highest_degree) for r in fixed),
                "technicians": sum(r.role == BasePerson.Role.TECHNICIAN for r in fixed),
                "postdocs": sum(r.role == BasePerson.Role.POSTDOC for r in mine),
                "visitors": sum(r.role == BasePerson.Role.VISITOR for r in mine),
                "director_months": next((_number(months[r.pk]) for r in mine if r.role == "director" and r.pk in months), None),
                "list": [_line(r, months.get(r.pk)) for r in fixed],
            }
    return found


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _line(row: BasePerson, months: Decimal | None) -> dict[str, Any]:
    person = row.person
    born = person.birth_date.strftime("%Y-%m") if person and person.birth_date else ""
    values = {
        "name": person.name_zh if person else row.name,
        "born": born,
        "title": row.title or (person.title if person else ""),
        "degree": person.highest_degree if person else "",
        "role": str(row.get_role_display()),
        "months": None if months is None else _number(months),
    }
    return {name: value for name, value in values.items() if value not in (None, "")}


def fixed_in(keys: Keys, since: date, until: date) -> dict[int, set[int]]:
    """Return the persons who were fixed staff of bases in a period, by base (1 query)."""
    rows = BasePerson.objects.filter(
        there_between(since, until), entry__in=keys, kind=BasePerson.Kind.FIXED, person__isnull=False
    )
    found: dict[int, set[int]] = {}
    for pk, person in rows.values_list("entry", "person"):
        found.setdefault(pk, set()).add(person)
    return found


@source("projects", "项目登记", "Projects", {"count": "number", "total": "money", "list": "rows"})
def projects(keys: Keys, since: date, until: date) -> Found:
    """List the awards that fixed staff of bases led in a period (2 queries)."""
    staff = fixed_in(keys, since, until)
    leaders = {p for persons in staff.values() for p in persons}
    rows = list(
        Award.objects.valid()
        .filter(leader__in=leaders, starts_on__lte=until)
        .filter(Q(closed_on__isnull=True, ends_on__gte=since) | Q(closed_on__gte=since))
        .select_related("leader")
        .order_by("number")
    )
    found: Found = {}
    for pk, persons in staff.items():
        mine = [a for a in rows if a.leader_id in persons]
        found[pk] = {
            "count": len(mine),
            "total": sum(a.amount_fen for a in mine),
            "list": [{"number": a.number, "title": a.title_zh, "leader": a.leader.name_zh, "total": a.amount_fen} for a in mine],
        }
    return found


@source("works", "成果登记", "Works", dict.fromkeys(WORK_KINDS.values(), "number"))
def works(keys: Keys, since: date, until: date) -> Found:
    """Count the works that bases claim and that were confirmed, by kind. A paper counts only where it names the base and one of its authors
    was fixed staff there in the period (4 queries). Where nothing is claimed yet, nothing is known.
    """
    claims = WorkClaim.objects.filter(
        subject_type=SUBJECT, subject_id__in=keys, state=WorkClaim.State.ACCEPTED, counts_on__range=(since, until)
    )
    rows = list(claims.values_list("subject_id", "work", "work__kind", "work__marked"))
    staff, names = fixed_in(keys, since, until), _names(keys)
    authors: dict[int, set[int]] = {}
    papers = [work for _pk, work, kind, _marked in rows if kind == "paper"]
    for work, person in WorkAuthor.objects.filter(work__in=papers, person__isnull=False).values_list("work", "person"):
        authors.setdefault(work, set()).add(person)
    found: Found = {}
    for pk, work, kind, marked in rows:
        counts = found.setdefault(pk, dict.fromkeys(WORK_KINDS.values(), 0))
        if kind == "paper" and not (names[pk] & set(marked) and authors.get(work, set()) & staff.get(pk, set())):
            continue
        if kind in WORK_KINDS:
            counts[WORK_KINDS[kind]] += 1
    return found


def _names(keys: Keys) -> dict[int, set[str]]:
    return {pk: {zh, en} - {""} for pk, zh, en in Base.objects.filter(pk__in=keys).values_list("pk", "name_zh", "name_en")}


@source("committee", "委员会会议", "Meetings of the committee", {"meetings": "number", "list": "rows"})
def committee(keys: Keys, since: date, until: date) -> Found:
    """List the sittings with a quorum of the committees of bases in a period, with who was there (3 queries)."""
    bases = {b.pk: b for b in Base.objects.filter(pk__in=keys)}
    codes = {code for b in bases.values() for code in committee_kinds(kind_of(b))}
    rows = Sitting.objects.met().filter(
        body__subject_kind=SUBJECT,
        body__subject_id__in=keys,
        body__kind__code__in=codes,
        meets_at__gte=clock.local(since),
        meets_at__lt=clock.local(clock.add_days(until, 1)),
    )
    sittings = list(rows.select_related("body").order_by("meets_at"))
    seats = Attendance.objects.filter(sitting__in=sittings).exclude(member__post=BodyMember.Post.SECRETARY)
    counts = seats.order_by().values_list("sitting").annotate(n=Count("pk"), here=Count("pk", filter=Q(present=True)))
    there = {pk: (n, here) for pk, n, here in counts}
    found: Found = {pk: {"meetings": 0, "list": []} for pk, b in bases.items() if committee_kinds(kind_of(b))}
    for sitting in sittings:
        values = found[sitting.body.subject_id or 0]
        total, present = there.get(sitting.pk, (0, 0))
        values["meetings"] += 1
        values["list"].append({"on": str(clock.local_day(sitting.meets_at)), "present": present, "total": total})
    return found


@source(
    "opening",
    "开放登记",
    "Openness",
    {
        **dict.fromkeys(("calls", "projects", "open_days", "day_visitors", "exchanges"), "number"),
        "money": "money",
        "list": "rows",
    },
)
def opening(keys: Keys, since: date, until: date) -> Found:
    """Count calls, open projects, open days and their visitors of a period; list the open projects (3 queries)."""
    calls = OpenCall.objects.filter(entry__in=keys, opens_on__range=(since, until)).order_by()
    by_calls = dict(calls.values_list("entry").annotate(n=Count("pk")))
    running = list(
        OpenProject.objects.filter(entry__in=keys, since__lte=until, until__gte=since).select_related("person__organisation")
    )
    days = OpenDay.objects.filter(entry__in=keys, on__range=(since, until)).order_by().values_list("entry", "kind")
    by_days = {(pk, kind): (n, v or 0) for pk, kind, n, v in days.annotate(n=Count("pk"), v=Sum("visitors"))}
    found: Found = {}
    for pk in keys:
        mine = [p for p in running if p.entry_id == pk]
        kinds = {k: by_days.get((pk, k), (0, 0)) for k in OpenDay.Kind.values}
        public = [kinds[OpenDay.Kind.OPEN_DAY], kinds[OpenDay.Kind.OUTREACH]]
        found[pk] = {
            "calls": by_calls.get(pk, 0),
            "projects": len(mine),
            "money": sum(p.amount_fen for p in mine),
            "open_days": sum(n for n, _v in public),
            "day_visitors": sum(v for _n, v in public),
            "exchanges": kinds[OpenDay.Kind.EXCHANGE][0],
            "list": [_open_project(p) for p in mine],
        }
    return found


def _open_project(row: OpenProject) -> dict[str, Any]:
    leader = row.person.name_zh if row.person else row.name
    return {"title": row.title, "leader": leader, "institution": row.institution, "amount": row.amount_fen}


@source("safety", "安全记录", "Safety", {"accidents": "number"})
def safety(keys: Keys, since: date, until: date) -> Found:
    """Count the accidents of a period; a near miss is none (1 query)."""
    rows = SafetyRecord.objects.filter(entry__in=keys, on__range=(since, until)).exclude(grade=SafetyRecord.Grade.NEAR)
    counts = dict(rows.order_by().values_list("entry").annotate(n=Count("pk")))
    return {pk: {"accidents": counts.get(pk, 0)} for pk in keys}


def fixed_on(keys: Keys, day: date) -> dict[int, int]:
    """Return how many fixed staff bases have on a day (1 query)."""
    rows = BasePerson.objects.filter(there_on(day), entry__in=keys, kind=BasePerson.Kind.FIXED)
    return dict(rows.order_by().values_list(F("entry")).annotate(n=Count("pk")))
