"""The evaluation of another country is data alone: its own sheet, two grades, a figure that the house computes, verbs without a chain."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import LazySettings

from headwater.bases.models import Base
from headwater.core import clock
from headwater.core.command import system
from headwater.core.models import RoleGrant
from headwater.core.parameters import forget_parameters
from headwater.evaluations.material import material_of
from headwater.evaluations.models import Entitlement, Entrant, Grade, GradeDraft
from headwater.evaluations.services.following import carry_out, consequences_due
from headwater.evaluations.services.grading import approve_grades, draft_grades, grades_sight, publish_grades
from headwater.evaluations.services.opening import open_round
from headwater.evaluations.services.verifying import tick
from headwater.regions.check import find_package, read_package
from headwater.regions.load import load_region
from headwater.registers.services.opening import Draft, open_entries
from headwater.registry.models import Organisation, Place
from headwater.review.models import Assignment, Opinion
from headwater.review.models import Round as Assigning
from tests.evaluations.made import ended, fresh
from tests.make import actor, end_period, new_call, new_expert, new_person
from tests.make.bases import register_of

pytestmark = pytest.mark.django_db
KIND = "at-reef-lab"


@pytest.fixture
def labs(settings: LazySettings) -> list[Base]:
    load_region(package=read_package(find_package("atoll")), actor=system("test"))
    settings.CONFIG = replace(settings.CONFIG, region="atoll")
    forget_parameters()
    host = Organisation.objects.get(code="at-university")
    Organisation.objects.filter(pk=host.pk).update(is_host=True, uscc="AT0000000000000001")
    office = new_person("科研处", host)
    RoleGrant.objects.create(account=office.account, role="host_manager", scope="organisation", scope_id=host.pk)
    place = Place.objects.filter(pk=host.place_id).first()
    drafts = [
        Draft(
            kind=KIND,
            name_zh=f"礁石{n}",
            host=host,
            state="moored",
            since=clock.today() - timedelta(days=1000),
            columns={"place": place},
            answers={"boats": n + 1},
            keepers={"director": new_person(f"岛主{n}", host)},
        )
        for n in range(4)
    ]
    rows = open_entries(register=register_of(KIND), drafts=drafts, actor=system("test"))
    return list(Base.objects.filter(pk__in=[r.pk for r in rows]).order_by("pk"))


def test_reef_laboratories_are_graded_by_their_own_sheet(labs: list[Base]) -> None:
    call = new_call("at-reef-eval", budget_fen=0)
    round_ = open_round(call=call, kinds=[KIND], on=clock.today(), actor=actor("officer"))
    rows = list(round_.entrants.select_related("application").order_by("subject_id"))
    assert [e.subject_id for e in rows] == [b.pk for b in labs]
    assert [e.application.answers["boats"] for e in rows if e.application] == [1, 2, 3, 4]
    run = Assigning.objects.create(call=call, seed=1, state="published", published_at=clock.now())
    for n, e in enumerate(rows):
        application = e.application
        assert application is not None
        application.answers |= {"dives": 50 - 20 * n, "found": "发现了一种新的珊瑚共生体系。"}
        application.number, application.state = f"RE{n:05d}", "reviewed"
        application.submitted_at = application.received_at = clock.now()
        application.save()
        asked = Assignment.objects.create(
            round=run, application=application, expert=new_expert(), state="submitted", due_at=clock.now()
        )
        mark = {"scores": {"finds": 100 - 20 * n}, "total": 90, "grade": 2, "familiarity": 2, "text_applicant": "好"}
        Opinion.objects.create(assignment=asked, submitted_at=clock.now(), **mark)
    end_period(call)
    round_ = fresh(round_)
    tick(
        entrants=list(Entrant.objects.filter(round=round_).select_related("round__call", "application")),
        indicator="safe",
        met=["boats", "divers"],
        note="港务处",
        actor=actor("officer"),
    )
    assert "filed" in {i.code for m in material_of(round_).values() for i in m.points(round_.of).missing}
    draft = GradeDraft.objects.select_related("round__call__scheme").get(
        pk=draft_grades(round_=round_, actor=actor("officer")).pk
    )
    totals = {g.entrant.subject_id: (g.grade, str(g.total)) for g in draft.grades.select_related("entrant")}
    assert totals[labs[0].pk] == ("gold", "90.0000")
    assert totals[labs[1].pk] == ("plain", "66.0000")
    approve_grades(draft=draft, seen=grades_sight(draft).token, actor=actor("officer2"))
    draft = GradeDraft.objects.select_related("round__call__scheme").get(pk=draft.pk)
    publish_grades(draft=draft, seen=grades_sight(draft).token, actor=actor("officer"))
    ended(GradeDraft.objects.select_related("notice").get(pk=draft.pk))
    assert Grade.objects.filter(entrant__round=round_, state="final").count() == 4
    due = consequences_due(fresh(round_), actor("officer").account)
    assert [(d.entry.pk, d.verb.code) for d in due] == [(labs[0].pk, "praise")]
    carry_out(round_=fresh(round_), grades=[d.grade.pk for d in due], actor=actor("officer"))
    assert Entitlement.objects.get(grade__entrant__subject_id=labs[0].pk).amount_fen == 500_000
