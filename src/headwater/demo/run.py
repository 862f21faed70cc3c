"""Build the demo in an empty database, or find it there already; never touch a database that holds anything else."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from headwater.awards.models import Award
from headwater.calls.models import Application, Call, Decision
from headwater.calls.states import State
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.invariants import check
from headwater.core.models import Event
from headwater.core.prepare import FIRST, as_owner, bring_up_to_date
from headwater.core.sealing import retire_database, seal_events
from headwater.demo.crew import Crew
from headwater.demo.offices import leave_for_administrators
from headwater.demo.people import World, make_hosts, make_people, make_staff
from headwater.demo.plan import AT_HOME, HOME_PEOPLE, PARTS, STAGES, CallPlan, DemoError, Plan, read_plan
from headwater.demo.roster import roster
from headwater.demo.stages import Staged
from headwater.demo.texts import TableWriter, Writer
from headwater.demo.timetable import Timetable, timetable_of
from headwater.demo.year import Season
from headwater.policy.models import Article
from headwater.policy.queries import articles_with_evidence, latest_values
from headwater.policy.services import record_indicators
from headwater.regions.check import find_package, read_package
from headwater.regions.load import load_region
from headwater.regions.package import Package
from headwater.registry.models import Discipline, Person
from headwater.review.models import Opinion
from headwater.web.entries import COMPLETE

Say = Callable[[str], None]
DEMO_LOCK = 4_801_002


@dataclass(frozen=True)
class Play:
    """Play describes the run: the demo of a region at one of its scales, with chances from `seed`."""

    package: Package
    plan: Plan
    scale: str
    seed: int
    say: Say

    @property
    def applications(self) -> int:
        """Count the applications of the finished year."""
        return self.plan.count(self.scale, "finished")


def ensure_demo(*, scale: str, seed: int | None, texts: Path | None, reset: bool, say: Say) -> bool:
    """Build the demo of the region unless it is there. A run that was killed half-way is cleared and built anew.

    Returns whether it was built. Raises DemoError for a database with other data in it, and for a region without a demo.
    """
    package = read_package(find_package(settings.CONFIG.region))
    plan = read_plan(package)
    plan.scale(scale)
    with only_one():
        return _ensure(Play(package, plan, scale, plan.seed if seed is None else seed, say), texts, reset)


def _ensure(play: Play, texts: Path | None, reset: bool) -> bool:
    state = demo_state()
    if state == "other":
        raise DemoError(
            "this database holds data that is not the demo's; set HEADWATER_HOME or HEADWATER_DATABASE_URL to an empty one"
        )
    if state == "complete" and not reset:
        return False
    if state != "empty":
        play.say("clearing the earlier demo")
        clear()
    bring_up_to_date()
    with quick_commits():
        build(play, texts)
    return True


@contextmanager
def only_one() -> Iterator[None]:
    """Let one command at a time build the demo of a database, and refuse a second one."""
    guard = connection.copy()
    try:
        with guard.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [DEMO_LOCK])
            if not cursor.fetchone()[0]:
                raise DemoError("another command is building the demo in this database; wait for it, then run the command again")
        yield
    finally:
        guard.close()


@contextmanager
def quick_commits() -> Iterator[None]:
    """Do not wait for the disk at each commit: a crash while building is answered by building again."""
    options = connection.settings_dict["OPTIONS"]
    connection.close()
    connection.settings_dict["OPTIONS"] = {**options, "options": "-c synchronous_commit=off"}
    try:
        yield
    finally:
        connection.settings_dict["OPTIONS"] = options
        connection.close()


def demo_state() -> str:
    """Return "empty", "partial" or "complete" for the demo's own database; "other" for one whose data the demo did not make."""
    if "core_event" not in connection.introspection.table_names():
        return "empty"
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('core_event', 'SELECT')")
        if not cursor.fetchone()[0]:  # the tables were made and the rights not given: a full disk came between
            return "empty"
    commands = set(Event.objects.filter(command__startswith="demo.").values_list("command", flat=True))
    if COMPLETE in commands:
        return "complete"
    if "demo.start" in commands:
        return "partial"
    return "other" if Event.objects.exclude(command=FIRST).exists() else "empty"


def clear() -> None:
    """Empty the database, and record in the anchor file that it was given up."""
    if "core_identity" in connection.introspection.table_names():
        retire_database()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


def build(play: Play, texts: Path | None) -> None:
    """Play the finished year, the calls in review and the open ones; then seal, measure and mark it complete."""
    gc.set_threshold(
        200_000, 50, 50
    )  # a long batch of short commands leaves few cycles; looking for them costs a tenth of the time
    mark("demo.start", {"seed": play.seed})
    plan, today = play.plan, clock.today()
    first = timetable_of("finished", today)
    world = World(play.plan)
    with clock.at(first.at(-10)):
        writer = populate(world, play, first, texts)
    analyze()
    seasons = cast(play, world, writer, today)
    finished = [s for s in seasons if s.plan.part == "finished"]
    crew = Crew([s for s in seasons if not s.plan.aside], [s for s in seasons if s.plan.aside])
    try:
        play_year(crew, finished, play)
        play.say("a call in review, a call open for drafting")
        analyze()
        for season in seasons:
            if season.plan.part == "reviewing":
                crew.alone(season, "up_to_now", 0.55)
        for season in seasons:
            if season.plan.part == "open":
                crew.alone(season, "open_now")
        play.say("calls that stand at each step of the year")
        play_stages(crew, [s for s in seasons if isinstance(s, Staged)], plan.scale(play.scale).panel_least)
    finally:
        crew.disband()
    leave_for_administrators(world)
    record_indicators()
    mark("demo.complete", {"people": roster(world)})  # COMPLETE: the log of rights reads the name here
    play.say("sealing the event log")
    seal_events()


def populate(world: World, play: Play, first: Timetable, texts: Path | None) -> Writer:
    """Load the region package, staff, institutions and people; return the writer of the texts."""
    plan, scale = play.plan, play.plan.scale(play.scale)
    play.say("region package")
    load_region(package=play.package, actor=Actor(None, "demo"))
    writer = make_writer(plan, play.seed, texts)
    make_staff(world)
    make_hosts(world, scale.hosts, play.applications, year_of(first), random.Random(play.seed))
    play.say("people, institutions, publications")
    own = plan.at_home(play.scale)
    make_people(world, plan.count(play.scale), max(20, play.applications // 2), scale.experts, own, writer, play.seed)
    return writer


def year_of(timetable: Timetable) -> int:
    """Return the year in which the call closes on its sixty-sixth day and its projects begin."""
    return (timetable.start + timedelta(days=66 + 180)).year


OTHERS = 11
"""Distance of the seeds of the calls that are not finished from those of the finished year."""


def cast(play: Play, world: World, writer: Writer, today: date) -> list[Season]:
    """Choose who applies to which call: the calls of the finished year choose first, the others take the rest in turn."""
    pool, seasons = list(world.leaders), []
    year = year_of(timetable_of("finished", today))
    for n, call in enumerate(play.plan.of_part("finished")):
        people, pool = choose(pool, call, call.applications[play.scale], year, play.plan.more["young"])
        seasons.append(Season(world, writer, timetable_of(call.part, today), call, year, people, play.seed + n))
    own, later = world.own[HOME_PEOPLE:], year + 1
    for n, call in enumerate(c for part in (*PARTS[1:], *STAGES) for c in play.plan.of_part(part)):
        count, kind = call.applications[play.scale], Staged if call.part in STAGES else Season
        if call.part in AT_HOME:
            people, own = own[:count], own[count:]
        elif call.part == "open" and world.own:
            guests, pool = pool[: count - HOME_PEOPLE], pool[count - HOME_PEOPLE :]
            people = among(world.own[:HOME_PEOPLE], guests)
        else:
            people, pool = pool[:count], pool[count:]
        seasons.append(kind(world, writer, timetable_of(call.part, today), call, later, people, play.seed + OTHERS + n))
    return seasons


def among(own: list[Person], others: list[Person]) -> list[Person]:
    """Put the people of the home institution first among those who write and first among those who submit."""
    half = (len(own) + len(others)) // 2
    return [own[0], *others[: half - 1], *own[1:], *others[half - 1 :]]


def play_stages(crew: Crew, staged: Sequence[Staged], least: int) -> None:
    """Play the calls that stop at a step of the year, each up to its own."""
    crew.together("prepare", only=staged)
    heard = [s for s in staged if s.reaches("voting")]
    for season in heard:
        crew.alone(season, "match")
    crew.together("hear", only=heard)
    crew.together("judge", least, only=heard)
    for season in staged:
        if season.reaches("noticed"):
            crew.alone(season, "tell")
    crew.together("sign_some", only=[s for s in staged if s.reaches("agreeing")])


def play_year(crew: Crew, finished: Sequence[Season], play: Play) -> None:
    """Play the finished year: its calls run side by side, or one after the other where a step looks at the others."""
    play.say(f"calls, {play.applications} applications, endorsement, formal check")
    crew.together("prepare", only=finished)
    play.say("assignment")
    analyze()
    for day, step in ((104, "answer_first"), (112, "answer_rest")):
        for season in finished:
            crew.alone(season, "match", day)
        crew.together(step, only=finished)
    play.say("reviews")
    crew.together("review", only=finished)
    crew.together("close", only=finished)
    for season in finished:
        crew.alone(season, "match_late")
    crew.together("review_late", only=finished)
    play.say("panels and decisions")
    crew.together("sit", play.plan.scale(play.scale).panel_least, only=finished)
    play.say("public notice, letters, agreements")
    for n, season in enumerate(finished):
        crew.alone(season, "publicise")
        record_for_trend(season, n)
    crew.together("agree", only=finished)


def analyze() -> None:
    """Let the database gather the statistics of the new rows; the server would do so by itself a minute later."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def choose(
    pool: list[Person], call: CallPlan, count: int, year: int, young: Mapping[str, int]
) -> tuple[list[Person], list[Person]]:
    """Choose who applies. Nearly all applicants of a call for the young are young enough; the rules refuse the few others."""
    early = [p for p in pool if is_young(p, year, young)]
    late = [p for p in pool if not is_young(p, year, young)]
    if not call.for_young:
        rest = late + early
        return rest[:count], rest[count:]
    few = max(1, count // 60)
    applicants = (early[: count - few] + late)[:count]
    keys = {p.pk for p in applicants}
    return applicants, [p for p in pool if p.pk not in keys]


def is_young(person: Person, year: int, young: Mapping[str, int]) -> bool:
    limit = young.get("women" if person.sex == "f" else "men")
    return limit is not None and person.birth_date is not None and person.birth_date.year >= year - limit


def record_for_trend(season: Season, order: int) -> None:
    """Record the indicators as of the end of each season, so that trends have a history."""
    with clock.at(season.t.at(260 + 20 * order)):
        record_indicators()


def make_writer(plan: Plan, seed: int, texts: Path | None) -> Writer:
    if texts is None:
        return Writer(plan, seed)
    try:
        return TableWriter(plan, seed, texts, dict(Discipline.objects.filter(level=2).values_list("code", "name_zh")))
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise DemoError(f"--texts: {error}") from error


def mark(name: str, after: dict[str, Any]) -> None:
    with command(Actor(None, "demo"), "core.region.manage", name=name) as log:
        log(None, after=after)


def summary(seconds: float) -> dict[str, Any]:
    """Summarise what the demo holds and whether it holds together, for `headwater demo --json`."""
    started = time.perf_counter()
    breaches = {b.invariant.name: b.count for b in check()}
    evidence = articles_with_evidence(latest_values())
    decisions = Decision.objects.filter(outcome=Decision.Outcome.FUND, approved_at__isnull=False)
    calls = Call.objects.filter(pk__in=decisions.values("call"))
    return {
        "calls": Call.objects.count(),
        "applications": Application.objects.exclude(state__in=[State.DRAFT, State.EXPIRED]).count(),
        "drafts": Application.objects.filter(state__in=[State.DRAFT, State.EXPIRED]).count(),
        "refused": Application.objects.filter(state=State.NOT_ACCEPTED).count(),
        "reviews": Opinion.objects.filter(submitted_at__isnull=False).count(),
        "conflict_violations": breaches.get("no_conflicted_assignment", 0) + breaches.get("no_assignment_in_own_entity", 0),
        "load_violations": breaches.get("load_within_limit", 0),
        "awards": Award.objects.count(),
        "committed_fen": sum(decisions.values_list("amount_fen", flat=True)),
        "budget_fen": sum(calls.values_list("budget_fen", flat=True)),
        "articles": Article.objects.count(),
        "articles_with_evidence": sum(1 for n in evidence.values() if n),
        "events": Event.objects.count(),
        "chain_ok": not {"event_unchanged", "chain_unbroken"} & set(breaches),
        "invariants_failed": len(breaches),
        "failed": sorted(breaches),
        "seconds": round(seconds, 1),
        "verify_seconds": round(time.perf_counter() - started, 2),
    }
