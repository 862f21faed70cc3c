"""Who may not sit on a body, and who stands back from an item: hooks by name, which the kinds of a region package choose and set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.casework.bodies.kinds import BodyKind, Hook
from headwater.casework.bodies.models import Body, BodyMember, in_office
from headwater.casework.subjects import kind_of
from headwater.core import clock
from headwater.core.register import Register
from headwater.registry.models import Employment, Organisation, Person, Relation, Sanction, WorkAuthor, records_of


@dataclass(frozen=True)
class Question:
    """What a hook is asked about: some people, before a body of a kind judges a record (or none) on a day. `records` leads from every
    record of these people to the one that stands for them; `body` is the body itself where it exists already.
    """

    kind: BodyKind
    record: Any
    records: Mapping[int, int]
    on: date
    body: int | None = None

    def answer(self, rows: Iterable[tuple[int, str]]) -> dict[int, str]:
        """Return the first reason for each person, whichever of their records it was found for."""
        reasons: dict[int, str] = {}
        for record, reason in rows:
            if record in self.records:
                reasons.setdefault(self.records[record], reason)
        return reasons

    @property
    def hosts(self) -> set[int]:
        """Return the legal entities that stand behind the record."""
        if self.record is None:
            return set()
        label = self.record._meta.label_lower
        key = kind_of(self.record).scope_of(self.record, "organisation")
        keys = set(HOSTS[label](self.record)) if label in HOSTS else {key} if key else set()
        return {o.legal_entity_id for o in Organisation.objects.filter(pk__in=keys)}


@dataclass(frozen=True)
class Bar:
    """A hook: `find` gives the people who are barred, each with the reason and how to mend it. `takes` are the settings that it needs."""

    label: str | Promise
    find: Callable[[Question, Mapping[str, Any]], dict[int, str]]
    takes: tuple[str, ...] = ()


BARS: Register[Bar] = Register("hook that bars from a body")
HOSTS: Register[Callable[[Any], Iterable[int]]] = Register("institutions behind a record")
"""By kind of record, where several institutions stand behind one; else it is the one to which its path "organisation" leads."""


def bar(name: str, label: str | Promise, *takes: str) -> Callable[[Callable[..., dict[int, str]]], Callable[..., dict[int, str]]]:
    """Declare a function as the hook `name`."""

    def declare(find: Callable[..., dict[int, str]]) -> Callable[..., dict[int, str]]:
        BARS.add(name, Bar(label, find, takes))
        return find

    return declare


def barred(
    hooks: Sequence[Hook], kind: BodyKind, record: Any, people: Iterable[int], *, body: int | None = None
) -> list[tuple[str, int, str]]:
    """Return (hook, person, reason) of everybody whom one of the hooks bars: some queries for each hook, whatever the number of people."""
    records = records_for(people)
    if not hooks or not records:
        return []
    question = Question(kind, record, records, clock.today(), body)
    return [(h.name, pk, reason) for h in hooks for pk, reason in BARS[h.name].find(question, h.settings).items()]


def records_for(people: Iterable[int]) -> dict[int, int]:
    """Return every record of some people, each with the one by which the person was named (1 query)."""
    keys = list(people)
    stands = records_of(keys) if keys else {}
    named = {stands[key]: key for key in keys if key in stands}
    return {record: named[one] for record, one in stands.items() if one in named}


def host_staff(question: Question) -> set[int]:
    """Return those of the people who work at a legal entity that stands behind the record."""
    hosts = question.hosts
    if not hosts:
        return set()
    people = Person.objects.filter(pk__in=list(question.records), organisation__isnull=False).select_related("organisation")
    at_work = Employment.objects.filter(person__in=list(question.records), since__lte=question.on).filter(
        Q(until__isnull=True) | Q(until__gte=question.on)
    )
    pairs = [(p.pk, p.organisation) for p in people] + [
        (e.person_id, e.organisation) for e in at_work.select_related("organisation")
    ]
    return {question.records[pk] for pk, o in pairs if o is not None and o.legal_entity_id in hosts}


@bar("host_staff", gettext_lazy("依托单位的人员"))
def _host_staff(question: Question, settings: Mapping[str, Any]) -> dict[int, str]:
    return dict.fromkeys(host_staff(question), _("是依托单位的人员，不能参加；请换依托单位以外的专家"))


@bar("own_committee", gettext_lazy("该对象自己的委员会成员"))
def _own_committee(question: Question, settings: Mapping[str, Any]) -> dict[int, str]:
    """Members in office of the standing bodies of the same record."""
    if question.record is None:
        return {}
    label = question.record._meta.label_lower
    seats = BodyMember.objects.filter(
        in_office(question.on),
        person__in=list(question.records),
        body__state=Body.State.ACTIVE,
        body__subject_kind=label,
        body__subject_id=question.record.pk,
        body__kind__definition__standing=True,
    ).exclude(body=question.body)
    text = _("是“%s”的成员，不能参加；请另选")
    return question.answer((seat.person_id, text % seat.body) for seat in seats.select_related("body"))


@bar("same_person_in_n_bodies", gettext_lazy("同类组织任职数"), "most")
def _in_n_bodies(question: Question, settings: Mapping[str, Any]) -> dict[int, str]:
    """Who sits on so many bodies of this kind already, besides the one that is asked about."""
    most = int(settings["most"])
    seats = BodyMember.objects.filter(
        in_office(question.on),
        person__in=list(question.records),
        body__state=Body.State.ACTIVE,
        body__kind__code=question.kind.code,
    ).exclude(body=question.body)
    counts: dict[int, int] = {}
    for record, n in seats.order_by().values_list("person").annotate(n=Count("body", distinct=True)):
        counts[question.records[record]] = counts.get(question.records[record], 0) + n
    text = _("已在 %(n)d 个同类组织任职（最多 %(most)d 个）；请另选，或先辞去一个")
    return {pk: text % {"n": n, "most": most} for pk, n in counts.items() if n >= most}


@bar("part_in_case", gettext_lazy("与该对象有关的人"))
def _part_in_case(question: Question, settings: Mapping[str, Any]) -> dict[int, str]:
    """Who has a part in the record, such as its director, and close family of theirs."""
    part = _part(question)
    kin = _related(part, [Relation.Kind.KIN])
    own = ((pk, _("与该对象有直接关系，须回避")) for pk in part)
    return question.answer([*own, *((pk, _("是有关人员的近亲属，须回避")) for pk in kin)])


@bar("related", gettext_lazy("师生和项目合作"))
def _related_people(question: Question, settings: Mapping[str, Any]) -> dict[int, str]:
    kinds = [Relation.Kind.SUPERVISOR, Relation.Kind.COPROJECT, Relation.Kind.DECLARED]
    return question.answer((pk, _("与有关人员有师生或合作关系，须回避")) for pk in _related(_part(question), kinds))


@bar("coauthor", gettext_lazy("近年合作发表"), "years")
def _coauthors(question: Question, settings: Mapping[str, Any]) -> dict[int, str]:
    """Who published with somebody who has a part in the record, within so many years."""
    since = question.on.year - int(settings["years"])
    works = WorkAuthor.objects.filter(person__in=_part(question), work__year__gte=since).values("work")
    rows = WorkAuthor.objects.filter(work__in=works, person__in=list(question.records)).values_list("person", flat=True)
    return question.answer((pk, _("近年与有关人员合作发表论著，须回避")) for pk in rows.distinct())


@bar("sanctioned", gettext_lazy("惩戒期内的人员"))
def _sanctioned(question: Question, settings: Mapping[str, Any]) -> dict[int, str]:
    rows = Sanction.objects.barring(question.on).filter(person__in=list(question.records))
    return question.answer((pk, _("在失信惩戒期内，不能参加；请另选")) for pk in rows.values_list("person", flat=True))


def _part(question: Question) -> set[int]:
    """Return every record of the people who have a part in the record that is judged."""
    if question.record is None:
        return set()
    return set(records_of(list(kind_of(question.record).people(question.record))))


def _related(people: Iterable[int], kinds: Sequence[str]) -> set[int]:
    keys = list(people)
    if not keys:
        return set()
    ties = Relation.objects.filter(Q(first__in=keys) | Q(second__in=keys), kind__in=kinds).values_list("first", "second")
    return set(records_of({pk for pair in ties for pk in pair} - set(keys)))
