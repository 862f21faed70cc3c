"""Bases that the demo makes up: opened in one command for each register, all marked as invented, with keepers among its people."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from headwater.core import clock
from headwater.core.money import Fen
from headwater.demo.base_plan import BaseGroup
from headwater.demo.base_tables import fill_tables
from headwater.demo.people import World
from headwater.demo.texts import Writer
from headwater.forms.shapes import Field
from headwater.registers.declared import REGISTERS
from headwater.registers.kinds import kinds_here
from headwater.registers.services.acting import apply_verb
from headwater.registers.services.opening import Draft, Share, open_entries
from headwater.registers.shapes import ENDED, PLANNED, Kind
from headwater.registry.models import Discipline, Organisation, Person, PriorityField

TRIES = 40
WAN = Fen.of_wan(1)


def open_bases(world: World, writer: Writer, scale: str, seed: int) -> None:
    """Open the bases of the plan, and leave one with something to approve."""
    maker = Maker(world, writer, random.Random(seed))
    groups: dict[str, list[Draft]] = {}
    for group in world.plan.bases:
        kind = maker.kinds[group.kind]
        drafts = [maker.draft(group, kind) for _n in range(group.count[scale])]
        groups.setdefault(kind.register, []).extend(drafts)
    officer, rows = world.actor(world.staff["officer"]), []
    for code, drafts in groups.items():
        rows += open_entries(register=REGISTERS[code], drafts=drafts, actor=officer, invented=True)
    fill_tables(rows, seed=seed, actor=officer)
    _leave_to_approve(world, rows)


def _leave_to_approve(world: World, rows: Sequence[Any]) -> None:
    """Have the officer propose what the other one approves: a verb with a chain that nothing stands against and that asks nothing."""
    kinds = kinds_here()
    for row in rows:
        kind = kinds[row.kind]
        for verb in kind.verbs_from(row.state):
            if verb.chain and not verb.asks.fields and not verb.guards and kind.state[verb.target].group != ENDED:
                reason = "年度考核发现人员结构与建设任务不符，要求限期整改。"
                officer = world.actor(world.staff["officer"])
                apply_verb(register=REGISTERS[kind.register], entries=[row.pk], verb=verb.code, reason=reason, actor=officer)
                return


class Maker:
    """A maker invents bases: names from the topics of the demo, hosts and people of its world, numbers between the bounds of the plan."""

    def __init__(self, world: World, writer: Writer, r: random.Random) -> None:
        self.world, self.writer, self.r = world, writer, r
        self.kinds = kinds_here()
        self.names: set[str] = set()
        self.disciplines = {d.code: d for d in Discipline.objects.filter(level=2)}
        self.fields = {f.code: f for f in PriorityField.objects.all()}
        self.hosts = list(Organisation.objects.filter(pk__in=[h.pk for h in world.hosts]).select_related("place").order_by("pk"))
        self.people: dict[int, list[Person]] = {}
        for person in world.leaders:
            self.people.setdefault(person.organisation_id or 0, []).append(person)

    def draft(self, group: BaseGroup, kind: Kind) -> Draft:
        r = self.r
        state = r.choices(list(group.states), weights=list(group.states.values()))[0]
        host = r.choice([h for h in self.hosts if h.kind in group.hosts] or self.hosts)
        name, topic = self._name(group, host)
        since = date(r.randint(*group.years), r.randint(1, 12), r.choice((1, 15)))
        at_work = kind.state[state].group
        planned = at_work == PLANNED
        return Draft(
            kind=kind.code,
            name_zh=name[0],
            host=host,
            state=state,
            since=None if planned else min(since, clock.add_months(clock.today(), -14)),
            until=clock.add_months(clock.today(), -r.randint(2, 10)) if at_work == ENDED else None,
            columns={
                "name_en": name[1][:300],
                "place": host.place,
                "discipline": self.disciplines.get(topic["discipline"]),
                "field": self.fields.get(topic["priority"]),
            },
            answers=self._answers(group, kind, topic),
            holders=[Share("partner", o) for o in self._partners(group, host)],
            keepers=self._keepers(kind, host),
        )

    def _name(self, group: BaseGroup, host: Organisation) -> tuple[tuple[str, str], dict[str, Any]]:
        """Return a name that no base of the demo has yet, in both languages, and its topic."""
        for _n in range(TRIES):
            topic = self.writer.topic() if not self.names else self.r.choice(self.writer.topics)
            at = self.r.randrange(len(topic["subjects_zh"]))
            place = host.place
            zh = group.name[0].format(word=topic["subjects_zh"][at], host=host.name_zh, place=place.name_zh if place else "")
            if zh not in self.names:
                break
        self.names.add(zh)
        words = {"word": topic["subjects_en"][at], "host": host.name_en or host.name_zh, "place": place.name_en if place else ""}
        return (zh, group.name[1].format(**words)), topic

    def _partners(self, group: BaseGroup, host: Organisation) -> list[Organisation]:
        return self.r.sample([h for h in self.hosts if h.pk != host.pk], group.partners)

    def _keepers(self, kind: Kind, host: Organisation) -> dict[str, Person]:
        people = self.people.get(host.pk) or []
        chosen = self.r.sample(people, min(len(kind.roles), len(people)))
        return dict(zip(kind.roles, chosen, strict=False))

    def _answers(self, group: BaseGroup, kind: Kind, topic: dict[str, Any]) -> dict[str, Any]:
        return dict(self._filled(group, kind.form.fields, topic))

    def _filled(self, group: BaseGroup, fields: Sequence[Field], topic: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        for f in fields:
            if f.code in group.numbers:
                low, high = group.numbers[f.code]
                step = WAN if f.type == "money" and low >= WAN else 1
                value = self.r.randrange(low, high + 1, step)
                yield f.code, value
            elif f.required and f.columns:
                yield f.code, [self._row(f, topic, n, group) for n in range(max(2, f.min_rows))]
            elif f.required and f.choices:
                yield f.code, self.r.choice(f.choices)[0]
            elif f.required and f.is_text and not f.value:
                yield f.code, self.writer.sentence("goal", self.writer.words(topic)[0], 1)
            elif f.required and f.type == "line":
                yield f.code, f"虚构〔{self.r.randint(2010, 2024)}〕{self.r.randint(1, 200)}号"

    def _row(self, f: Field, topic: dict[str, Any], n: int, group: BaseGroup) -> dict[str, Any]:
        subjects = topic["subjects_zh"]
        row: dict[str, Any] = {}
        for column in f.columns:
            if column.type == "line" and column.required:
                row[column.code] = subjects[n % len(subjects)]
            elif column.choices and column.required:
                row[column.code] = column.choices[n % len(column.choices)][0]
            elif column.type == "money" and column.required:
                row[column.code] = 1_000_000_000
        return row
