"""Gathers facts for the rules, for many applications at once: the number of queries does not depend on how many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db.models.expressions import RawSQL
from django.utils import timezone

from headwater.calls.loading import answers_in
from headwater.calls.models import Application, Call, Participant
from headwater.calls.peers import peers_of
from headwater.calls.records import Records, read_records
from headwater.calls.schemes import scheme_of
from headwater.calls.states import ENDORSED
from headwater.calls.terms import terms_of
from headwater.core.i18n import Bilingual
from headwater.core.prepared import Prepared
from headwater.forms.answers.judging import field_facts, judge, needs_judging
from headwater.forms.answers.state import Answers
from headwater.forms.results import Result, Verdict
from headwater.forms.signing import asked, unsigned
from headwater.registry.models import Person
from headwater.schemes import RuleUse, Scheme
from headwater.schemes.rules import DocumentFacts, Facts, PersonFacts, evaluation
from headwater.schemes.rules.base import Peers
from headwater.schemes.rules.quotas import PEERS

MEMBERS = Prepared(
    lambda ids: Participant.objects.filter(application__in=RawSQL("SELECT unnest(%s::bigint[])", [ids])).select_related(
        "person__merged_into"
    )
)


def gather(applications: Sequence[Application], call: Call) -> dict[int, Facts]:
    """Return facts by application id, for applications of one call (6 queries with those of `HOLDINGS`)."""
    return {pk: facts for pk, facts, _answers in _gathered(applications, call)}


def _gathered(applications: Sequence[Application], call: Call) -> list[tuple[int, Facts, Answers]]:
    ids = [a.pk for a in applications]
    members: dict[int, list[Participant]] = defaultdict(list)
    for m in MEMBERS(ids):
        members[m.application_id].append(m)
    people = {a.leader_id for a in applications} | {m.person_id for ms in members.values() for m in ms}
    records = read_records(ids, sorted(people), sorted({a.host_id for a in applications}), call)
    scheme, answers = scheme_of(call), answers_in(call, applications)
    peers = peers_of(applications, call) if PEERS & {u.name for u in scheme.rules} else {}
    gathered = []
    for a in applications:
        own = answers(a, records.attached[a.pk], len(members[a.pk]))
        gathered.append((a.pk, _facts(a, call, scheme, members[a.pk], records, own, peers.get(a.pk)), own))
    return gathered


def _facts(
    a: Application,
    call: Call,
    scheme: Scheme,
    members: Sequence[Participant],
    records: Records,
    answers: Answers,
    peers: Peers | None,
) -> Facts:
    return Facts(
        year=call.year,
        deadline=timezone.localtime(call.closes_at),
        leader=_person(a.leader, a, records),
        members=[_person(m.person, a, records, m) for m in members],
        scheme=scheme.code,
        group=scheme.limit_group,
        plan=scheme.plan,
        host=a.host_id,
        host_registered=a.host.is_host,
        host_is_entity=bool(a.host.uscc),
        quota=records.quotas.get(a.host_id),
        endorsed=records.endorsed.get(a.host_id, 0),
        is_endorsed=a.state in ENDORSED,
        attachments=dict(records.attached[a.pk]),
        refused_files=tuple(records.refused[a.pk]),
        checking_files=tuple(records.checking[a.pk]),
        flags=frozenset(a.flags),
        fields=field_facts(answers),
        title_length=len(a.title_zh.strip()),
        title_words=scheme.words.table["title"],
        discipline_level=a.discipline.level if a.discipline else None,
        amount_fen=a.amount_fen,
        months=a.months,
        submitted_at=a.submitted_at,
        documents=_documents(a, scheme, members, records, answers),
        referees=records.referees[a.pk],
        referees_waiting=records.referees_waiting.get(a.pk, 0),
        members_max=scheme.members_max,
        likenesses=records.likenesses.get(a.pk),
        topic=a.topic,
        place=a.host.place.code if peers and a.host.place else "",
        peers=peers,
    )


def _documents(
    a: Application, scheme: Scheme, members: Sequence[Participant], records: Records, answers: Answers
) -> list[DocumentFacts]:
    """Return what the applicant and the members must sign before the submission. A member who has not confirmed has not signed
    either: the rule on members says that, once.
    """
    people = {
        "applicant": [(a.leader_id, a.leader.name_zh)],
        "member": [(m.person_id, m.person.name_zh) for m in members if m.confirmed_at],
    }
    facts = []
    for party, who in people.items():
        documents = [d for d in asked(scheme, party, answers) if d.required]
        lacking = unsigned(documents, party, who, records.signed[a.pk])
        for d in documents:
            waiting = tuple(name for x, name, old in lacking if x is d and not old)
            outdated = tuple(name for x, name, old in lacking if x is d and old)
            facts.append(DocumentFacts(d.title_zh, d.title_en, party, waiting, outdated))
    return facts


def _person(person: Person, a: Application, records: Records, member: Participant | None = None) -> PersonFacts:
    """Return a person of an application, with what else they have applied for or been awarded, by the record that stands for
    them.
    """
    person = person.survivor
    posts = records.posts[person.pk]
    here = sorted((kind for kind, organisation in posts if organisation == a.host_id), key=_fullest)
    return PersonFacts(
        name=person.name_zh,
        sex=person.sex,
        birth_date=person.birth_date,
        degree=person.highest_degree,
        is_senior=person.is_senior,
        senior_since=records.senior.get(person.pk),
        is_student=person.is_student,
        is_fund_staff=person.is_fund_staff,
        is_civil_servant=person.pk in records.government,
        has_document=bool(person.id_hash),
        has_job=bool(posts),
        post=here[0] if here else "full" if person.organisation_id == a.host_id else "",
        has_host=person.pk in records.hosted,
        stations=frozenset(organisation for kind, organisation in posts if kind == "postdoc"),
        organisation=member.organisation_id if member else person.organisation_id,
        papers=records.papers.get(person.pk, 0),
        mentors=tuple(records.mentors[person.pk]),
        bans=tuple(records.bans[person.pk]),
        holdings=tuple(h for h in records.holdings[person.pk] if h.application != a.pk),
        confirmed=member is None or member.confirmed_at is not None,
        declined=member is not None and member.declined_at is not None,
        outside=member is not None and member.organisation_id is None,
    )


def _fullest(kind: str) -> int:
    return ("full", "postdoc", "dual", "flexible").index(kind)


ALWAYS = (RuleUse("identity_known", True, {}), RuleUse("files_sound", True, {}))
"""Asked of every scheme, whatever it names itself: limits and bans count persons, and a person is known by the document alone.
The second is only for schemes that take files."""


def rules_of(scheme: Scheme) -> list[RuleUse]:
    always = [use for use in ALWAYS if use.name != "files_sound" or scheme.attachments]
    names = {use.name for use in always}
    return [*(use for use in scheme.rules if use.name not in names), *always]


def topic_results(row: Application, call: Call) -> list[Result]:
    """Check that an application to a call with topics has one of them."""
    if not call.topics:
        return []
    topic = call.topic(row.topic)
    if topic:
        zh, en = f"指南方向：{topic['zh']}", f"Topic: {topic['en'] or topic['zh']}"
        return [Result("topic", "F02", Verdict.PASSED, zh, en, blocks=True)]
    mend = Bilingual("在“基本信息”中选择指南方向", "Choose a topic under basic information")
    return [
        Result("topic", "F02", Verdict.FAILED, "未选择指南方向", "No topic of the guide is chosen", mend.zh, mend.en, {}, True)
    ]


def check_applications(applications: Sequence[Application], call: Call) -> dict[int, list[Result]]:
    """Check every rule of the call's scheme for every application, with the parameters in force on the call's deadline."""
    scheme = scheme_of(call)
    run = evaluation(rules_of(scheme), terms_of(call))
    judging = needs_judging(scheme)
    topics = {row.pk: topic_results(row, call) for row in applications} if call.topics else {}
    return {
        pk: run(facts) + topics.get(pk, []) + (judge(answers) if judging else [])
        for pk, facts, answers in _gathered(applications, call)
    }
