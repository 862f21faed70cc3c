"""Reads of review."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from headwater.calls.models import Application, Call, Places
from headwater.calls.models.own import SIGNING
from headwater.core.own import own_cases, without_own
from headwater.core.solver import solve
from headwater.registry.models import Discipline, Publication, records_of
from headwater.review.models import ACTIVE, OPEN, Assignment, Conflict, Expert, Opinion, Ranking, Round
from headwater.review.services.pairing import nearest_code

PROFILE_CHARACTERS = 1500
WORKS = 30
"""Publications of an expert that an explanation looks at, the newest."""


def profiles(experts: Sequence[Expert]) -> list[str]:
    """What each expert's publications and keywords say, newest first, at most 1,500 characters (two queries)."""
    one = records_of(e.person_id for e in experts)
    texts: dict[int, str] = {one[e.person_id]: e.keywords for e in experts}
    rows = Publication.objects.filter(authorship__person__in=list(one)).order_by("-year", "pk")
    for record, title, keywords, abstract in rows.values_list("authorship__person", "title", "keywords", "abstract"):
        if len(texts[one[record]]) < PROFILE_CHARACTERS:
            texts[one[record]] += f" {title} {title} {keywords} {abstract}"
    return [texts[one[e.person_id]][:PROFILE_CHARACTERS] or "-" for e in experts]


def expert_codes(experts: Sequence[Expert]) -> list[list[str]]:
    codes: dict[int, list[str]] = {}
    through = Expert.disciplines.through.objects.filter(expert__in=[e.pk for e in experts])
    for expert, code in through.values_list("expert", "discipline__code"):
        codes.setdefault(expert, []).append(code)
    return [codes.get(e.pk, []) for e in experts]


def explain_pair(application: Application, expert: Expert, account: Any) -> dict[str, Any]:
    """Why an expert fits an application, or may not have it: codes, the publications that count and what they share, conflicts; and the
    load, as far as it is not of `account`'s own cases."""
    publications = Publication.objects.filter(authors__in=list(records_of([expert.person_id]))).distinct()
    papers = list(publications.order_by("-year", "pk")[:WORKS])
    disciplines = list(expert.disciplines.all())
    codes = [d.code for d in disciplines]
    code = nearest_code(application, codes)
    own = [d for d in (application.discipline, application.second_discipline) if d is not None]
    about = (_proposal(application, code), [_work(p) for p in papers], tuple(codes), _words(expert.keywords))
    explanation = solve("headwater.solving.expertise:why", *about)
    works = [(papers[at], share, terms) for at, share, terms in explanation["works"][:3]]
    return {
        "codes": codes,
        "code": code,
        "same_code": code in codes,
        "same_field": not {branch(d) for d in own}.isdisjoint(map(branch, disciplines)),
        "papers": [{"title": p.title, "year": p.year, "share": share, "shared": terms} for p, share, terms in works],
        "keywords": explanation["keywords"],
        "conflicts": list(Conflict.objects.filter(application=application, expert=expert)),
        "load": without_own(Assignment.objects.filter(expert=expert, state__in=ACTIVE), account).count(),
        **_price(application, expert),
    }


def branch(discipline: Discipline) -> int | None:
    """The branch of the tree in which a discipline stands: its own below the roots, else that above it."""
    return discipline.parent_id if discipline.level > 1 else discipline.pk


def _words(text: str) -> tuple[str, ...]:
    return tuple(w.strip() for w in re.split("[；;，,、]", text) if w.strip())


def _proposal(application: Application, code: str) -> dict[str, Any]:
    return {
        "title": application.title_zh,
        "abstract": application.abstract_zh,
        "keywords": _words(application.keywords_zh),
        "codes": (code,) if code else (),
        "title_en": application.title_en,
        "abstract_en": application.abstract_en,
        "keywords_en": _words(application.keywords_en),
    }


def _work(paper: Publication) -> dict[str, Any]:
    return {"title": paper.title, "abstract": paper.abstract, "keywords": _words(paper.keywords)}


def _price(application: Application, expert: Expert) -> dict[str, Any]:
    """What one more place of the expert would be worth in the latest round, beside the lowest score that was assigned for the call."""
    last = Round.objects.filter(call=application.call, record__has_key="prices").order_by("-pk").first()
    price = (last.record["prices"].get(str(expert.pk), 0.0)) if last else None
    mine = Assignment.objects.filter(application=application, round__call=application.call, state__in=ACTIVE)
    own = mine.filter(expert=expert).values_list("score", flat=True).first()
    return {"price": price, "chosen": own is not None, "score": own, "weakest": mine.aggregate(least=Min("score"))["least"]}


def shortages_of(round_: Round, account: Any) -> list[dict[str, Any]]:
    """Why places of a round stay empty: the applications that want more experts than they have candidates with room, where none is
    `account`'s own case (one query)."""
    rows = [r for r in round_.record.get("shortages", []) if own_cases(account).isdisjoint(r["applications"])]
    titles = dict(Application.objects.filter(pk__in={a for r in rows for a in r["applications"]}).values_list("pk", "title_zh"))
    return [
        r | {"missing": r["demand"] - r["room"], "titles": [titles[a] for a in r["applications"][:5] if a in titles]}
        for r in rows
    ]


def number_of(rows: QuerySet[Any]) -> Coalesce:
    """How many `rows` an outer row has, counted for the rows of the page alone: a join would count all before it shows some."""
    counts = rows.order_by().annotate(one=Value(1)).values("one").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counts), 0)


def progress_board(call: Call, account: Any) -> QuerySet[Any]:
    """Applications of a call in review with counts of their assignments by state, less `account`'s own (one query)."""
    state = Assignment.State
    of_row = Assignment.objects.filter(application=OuterRef("pk"))
    counts = {
        s.value: number_of(of_row.filter(state=s))
        for s in (state.PROPOSED, state.INVITED, state.ACCEPTED, state.SUBMITTED, state.DECLINED)
    }
    return (
        without_own(Application.objects.filter(call=call), account)
        .filter(Exists(of_row))
        .annotate(**{f"n_{k}": v for k, v in counts.items()})
        .order_by("pk")
    )


# Open assignments of some calls to people who have a part in the application, as `calls.models.own` tells it: in person or by close
# family, whichever of their records is named; or who have signed it for an institution.
INVOLVED = """WITH asked AS (SELECT a.id, a.application_id, coalesce(p.merged_into_id, p.id) AS one FROM review_assignment a
        JOIN calls_application c ON c.id = a.application_id JOIN review_expert e ON e.id = a.expert_id
        JOIN registry_person p ON p.id = e.person_id WHERE c.call_id = ANY(%(calls)s) AND a.state = ANY(%(states)s)),
    own AS (SELECT asked.one, p.id, p.account_id FROM asked JOIN registry_person p ON p.id = asked.one
        UNION SELECT asked.one, p.id, p.account_id FROM asked JOIN registry_person p ON p.merged_into_id = asked.one),
    kin AS (SELECT own.one, coalesce(p.merged_into_id, p.id) AS other FROM own JOIN registry_relation r ON r.first_id = own.id
            JOIN registry_person p ON p.id = r.second_id WHERE r.kind = 'kin'
        UNION SELECT own.one, coalesce(p.merged_into_id, p.id) FROM own JOIN registry_relation r ON r.second_id = own.id
            JOIN registry_person p ON p.id = r.first_id WHERE r.kind = 'kin'),
    concerned AS (SELECT one, id FROM own UNION SELECT one, other FROM kin
        UNION SELECT kin.one, p.id FROM kin JOIN registry_person p ON p.merged_into_id = kin.other)
    SELECT asked.id FROM asked JOIN concerned c USING (one) JOIN calls_application x ON x.id = asked.application_id AND x.leader_id = c.id
    UNION SELECT asked.id FROM asked JOIN concerned c USING (one)
        JOIN calls_participant x ON x.application_id = asked.application_id AND x.person_id = c.id
    UNION SELECT asked.id FROM asked JOIN concerned c USING (one)
        JOIN calls_referee x ON x.application_id = asked.application_id AND x.person_id = c.id
    UNION SELECT asked.id FROM asked JOIN own USING (one)
        JOIN calls_documentsignature x ON x.application_id = asked.application_id AND x.account_id = own.account_id
        WHERE x.party = ANY(%(signing)s)"""


def involved(calls: Sequence[Call], account: Any) -> QuerySet[Assignment]:
    """Open assignments that cannot be answered any more: since they were made, the case has become the expert's own. Less `account`'s own
    cases (2 queries).
    """
    with connection.cursor() as cursor:
        parties = [str(p) for p in SIGNING]
        cursor.execute(INVOLVED, {"calls": [c.pk for c in calls], "states": [str(s) for s in OPEN], "signing": parties})
        ids = [pk for (pk,) in cursor.fetchall()]
    return without_own(Assignment.objects.filter(pk__in=ids), account)


def places(call: Call, account: Any) -> Places:
    """Positions of the ranking of a call as `account` may know them."""
    return Places(
        account, call, without_own(Ranking.objects.filter(application__call=call), account).values_list("rank", flat=True)
    )


def expert_loads(call: Call, account: Any, most: int = 12) -> list[dict[str, Any]]:
    """What the `most` experts who hold most of a call hold of it, the busiest first, less what is of `account`'s own cases (one query)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT e.id, p.name_zh, o.name_zh, e.max_load, count(*) FILTER (WHERE a.state IN ('proposed', 'invited', 'accepted', 'submitted')),
                count(*) FILTER (WHERE a.state = 'submitted'), count(*) FILTER (WHERE a.state = 'declined')
            FROM review_assignment a JOIN review_expert e ON e.id = a.expert_id JOIN registry_person p ON p.id = e.person_id
            LEFT JOIN registry_organisation o ON o.id = p.organisation_id JOIN calls_application c ON c.id = a.application_id
            WHERE c.call_id = %s AND c.id <> ALL(%s) GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1 LIMIT %s""",
            [call.pk, sorted(own_cases(account)), most],
        )
        names = ("expert", "name", "organisation", "max_load", "load", "submitted", "declined")
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def review_deadlines(calls: Sequence[Call], account: Any) -> dict[int, datetime]:
    """The next moment at which open opinions of a call fall due; where none is open, the last that did. By call id; less `account`'s own
    cases."""
    open_ = Q(state__in=[Assignment.State.INVITED, Assignment.State.ACCEPTED])
    rows = (
        without_own(Assignment.objects.filter(application__call__in=calls, due_at__isnull=False), account)
        .values("application__call")
        .annotate(next=Min("due_at", filter=open_), last=Max("due_at"))
        .values_list("application__call", "next", "last")
    )
    return {call: following or last for call, following, last in rows}


def opinions_for_applicant(application: Application) -> list[dict[str, Any]]:
    """Released opinions without anything that tells who wrote them, in an order that does not follow the assignment."""
    rows = Opinion.objects.filter(assignment__application=application, submitted_at__isnull=False).values_list(
        "text_applicant", "grade"
    )
    return [{"text": text, "grade": grade} for text, grade in sorted(rows)]
