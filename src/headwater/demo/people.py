"""The demo's people, institutions and accounts, entered by the same imports and commands as real ones."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from headwater.core import clock
from headwater.core.command import Actor
from headwater.core.models import Account, RoleGrant
from headwater.core.services import create_accounts, grant_roles
from headwater.core.sheets import write_csv
from headwater.demo.plan import Plan
from headwater.demo.texts import NameMaker, Writer, sample
from headwater.registry.identifiers import document_hash
from headwater.registry.imports import import_organisations, import_people
from headwater.registry.models import Agency, Employment, HostHistory, Organisation, Person, Relation, Sanction
from headwater.registry.services import (
    Paper,
    add_publications,
    add_relations,
    open_accounts,
    record_employment,
    record_history,
    record_sanctions,
)
from headwater.review.models import Expert
from headwater.review.services.experts import Entry, register_experts

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass
class World:
    """World holds everybody in the demo of `plan`. `topics` gives a person's field by id.

    `own` are the applicants of the home institution whom the buttons of the home page lead to, with its manager and its agency.
    """

    plan: Plan
    hosts: list[Organisation] = field(default_factory=list)
    staff: dict[str, Account] = field(default_factory=dict)
    managers: dict[int, Account] = field(default_factory=dict)
    recommenders: dict[int, Account] = field(default_factory=dict)
    leaders: list[Person] = field(default_factory=list)
    own: list[Person] = field(default_factory=list)
    colleagues: dict[int, list[Person]] = field(default_factory=dict)
    experts: list[Expert] = field(default_factory=list)
    topics: dict[int, dict[str, Any]] = field(default_factory=dict)

    signed_in: dict[int, Account] = field(default_factory=dict)

    @property
    def home(self) -> Organisation:
        """Return the institution of the people with buttons: one whose applications go through an agency."""
        return next((h for h in self.hosts if not h.direct), self.hosts[0])

    def actor(self, account: Account | None) -> Actor:
        """Return the actor of an account. An account stays signed in, as in a browser, so that its roles are read once."""
        if account is not None:
            account = self.signed_in.setdefault(account.pk, account)
        return Actor(account=account, source="demo", request_id="demo")

    def actor_of(self, account: int | None) -> Actor:
        """Return the actor of an account by its id."""
        return self.actor(self.signed_in.get(account or 0) or Account.objects.get(pk=account or 0))


def synthetic_uscc(prefix: str, number: int) -> str:
    """Make a credit code that is formally right and plainly invented."""
    body = f"{prefix}{number:06d}"
    weights = [pow(3, n, 31) for n in range(17)]
    check = (31 - sum(ALPHABET.index(c) * w for c, w in zip(body, weights, strict=True)) % 31) % 31
    return body + ALPHABET[check]


def synthetic_document(place: str, number: int, born: date, sex: str) -> str:
    """Make a resident number that passes its check digit, with a place code that belongs to nobody."""
    order = (number * 2 + (1 if sex == "m" else 0)) % 1000
    body = f"{place}{born:%Y%m%d}{order:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(w * int(c) for w, c in zip(weights, body, strict=True)) % 11]


DUTIES = {
    "officer": ("programme_officer", 0),
    "officer2": ("programme_officer", 1),
    "committee": ("committee", 0),
    "finance": ("finance_officer", 0),
    "leader": ("leadership", 0),
    "system": ("system_admin", 0),
    "security": ("security_admin", 0),
}
"""Who of the staff acts in the played year: the first, second of a role, whatever the plan calls them."""


def make_staff(world: World) -> None:
    admin = world.actor(None)
    accounts = []
    for one in world.plan.staff:
        account = Account(username=one.username, name_zh=one.name, email=f"{one.username}@headwater.example")
        account.set_unusable_password()
        accounts.append(account)
    by_name = {a.username: a for a in create_accounts(accounts=accounts, actor=admin)}
    grant_roles(grants=[RoleGrant(account=by_name[s.username], role=s.role) for s in world.plan.staff], actor=admin)
    for duty, (role, n) in DUTIES.items():
        world.staff[duty] = by_name[[s.username for s in world.plan.staff if s.role == role][n]]


def make_hosts(world: World, count: int, applications: int, year: int, r: random.Random) -> None:
    """Register hosts with synthetic credit codes and a history of approvals that their quotas come from."""
    order = {"university": 0, "institute": 1, "hospital": 2, "college": 3, "enterprise": 4}
    fit = sorted(Organisation.objects.exclude(kind="government").exclude(recommender=None), key=lambda o: (order[o.kind], o.pk))
    rows = fit[:count]
    if all(o.direct for o in rows):  # somebody has to go through an agency
        rows[-1:] = [o for o in fit if not o.direct][:1] or rows[-1:]
    prefix = world.plan.text("credit_prefix")
    sheet = [
        [o.name_zh, o.name_en, synthetic_uscc(prefix, n), o.get_kind_display(), o.place.code if o.place else "", "是"]
        for n, o in enumerate(rows, 1)
    ]
    sheet += [
        [name, "", synthetic_uscc(prefix, 9000 + n), str(Organisation.Kind(kind).label), "", ""]
        for n, (name, kind) in enumerate(world.plan.external)
    ]
    result = import_organisations(
        name="hosts.csv",
        content=write_csv(["单位名称", "英文名称", "统一社会信用代码", "类型", "所在地代码", "注册依托单位"], sheet),
        actor=world.actor(world.staff["officer"]),
        dry_run=False,
    )
    if result.errors:
        raise RuntimeError(f"demo hosts: {result.errors[0]}")
    world.hosts = list(Organisation.objects.hosts().select_related("recommender").order_by("pk"))
    weights = host_weights(len(world.hosts))
    history = []
    for host, weight in zip(world.hosts, weights, strict=True):
        expected = weight * applications
        for back in range(1, 4):
            history.append(
                HostHistory(organisation=host, year=year - back, approved=max(0, round(expected * r.uniform(0.28, 0.46))))
            )
    record_history(history=history, actor=world.actor(world.staff["officer"]))
    _make_managers(world)


def host_weights(count: int) -> list[float]:
    """Weigh the hosts: a few large universities, many small ones."""
    raw = [1.0 / (n + 2.5) ** 0.9 for n in range(count)]
    return [w / sum(raw) for w in raw]


def _make_managers(world: World) -> None:
    admin = world.actor(None)
    agencies = list(Agency.objects.filter(recommends=True, pk__in=[h.recommender_id for h in world.hosts]))
    accounts = []
    for host in world.hosts:
        accounts.append(
            Account(username=f"host-{host.code}", name_zh=f"{host.name_zh}科研处", email=f"{host.code}@hosts.example")
        )
    for agency in agencies:
        accounts.append(
            Account(username=f"rec-{agency.code}", name_zh=f"{agency.name_zh}科研管理", email=f"{agency.code}@agencies.example")
        )
    for account in accounts:
        account.set_unusable_password()
    accounts = create_accounts(accounts=accounts, actor=admin)
    world.managers = {h.pk: a for h, a in zip(world.hosts, accounts, strict=False)}
    world.recommenders = {g.pk: a for g, a in zip(agencies, accounts[len(world.hosts) :], strict=True)}
    grants = [
        RoleGrant(account=world.managers[h.pk], role="host_manager", scope="organisation", scope_id=h.pk, scope_label=h.name_zh)
        for h in world.hosts
    ]
    grants += [
        RoleGrant(account=world.recommenders[g.pk], role="recommender", scope="agency", scope_id=g.pk, scope_label=g.name_zh)
        for g in agencies
    ]
    grant_roles(grants=grants, actor=admin)


def make_people(world: World, leaders: int, colleagues: int, experts: int, own: int, writer: Writer, seed: int) -> None:
    """Import applicants, colleagues and experts from a spreadsheet, open their accounts, add what they have published.

    The first `own` applicants and a few colleagues belong to the home institution.
    """
    r, names = random.Random(seed + 1), NameMaker(world.plan, seed + 2)
    sheet: list[list[str]] = []
    roles: list[str] = []
    documents: set[str] = set()
    outside = [name for name, _kind in world.plan.external]
    weights = host_weights(len(world.hosts))
    for n in range(leaders + colleagues + experts):
        role = "leader" if n < leaders else "colleague" if n < leaders + colleagues else "expert"
        external = role == "expert" and r.random() < 0.6
        name = r.choice(outside) if external else r.choices(world.hosts, weights=weights)[0].name_zh
        if n < own or leaders <= n < leaders + HOME_COLLEAGUES:
            name = world.home.name_zh
        sheet.append(_person_row(world.plan, n, "own" if n < own else role, name, names, r, documents))
        roles.append(role)
    heading = ["姓名", "英文姓名", "身份证号", "单位", "院系", "职称", "最高学位", "电子邮箱", "入职日期"]
    result = import_people(
        name="people.csv", content=write_csv(heading, sheet), actor=world.actor(world.staff["officer"]), dry_run=False
    )
    if result.errors:
        raise RuntimeError(f"demo people: {result.errors[0]}")
    by_hash = {p.id_hash: p for p in Person.objects.select_related("organisation")}
    people = [by_hash[document_hash(row[2])] for row in sheet]
    open_accounts(
        people=[(p, f"{role[0]}{n:05d}") for n, (p, role) in enumerate(zip(people, roles, strict=True))], actor=world.actor(None)
    )
    world.own = people[:own]
    world.leaders = sorted(people[own:leaders], key=lambda p: p.pk * 7919 % 104729)
    for person in people[leaders : leaders + colleagues]:
        world.colleagues.setdefault(person.organisation_id or 0, []).append(person)
    for person in people:
        world.topics[person.pk] = writer.topic()
    _past_jobs(people, world, r)
    _register(world, people[leaders + colleagues :], r)
    _publish(world, people, leaders + colleagues, writer, r)
    _relate(world, people[leaders + colleagues :], r)


HOME_COLLEAGUES = 3


def _person_row(
    plan: Plan, n: int, role: str, organisation: str, names: NameMaker, r: random.Random, documents: set[str]
) -> list[str]:
    zh, latin, sex = names.person()
    youngest, oldest = {"own": (30, 33), "leader": (29, 50), "colleague": (24, 40), "expert": (38, 62)}[role]
    born = date(clock.today().year, 1, 1) - timedelta(days=r.randint(youngest * 365, oldest * 365))
    senior = role == "expert" or (role == "leader" and r.random() < 0.55)
    title = r.choice(plan.more["senior_titles" if senior else "junior_titles"])
    doctor, lower = plan.more["degrees"]
    degree = doctor if role != "colleague" and r.random() < 0.93 else r.choice((lower, doctor))
    if role == "own":  # eligible with certainty
        degree = doctor
    if role == "leader" and n % 23 == 22:  # with certainty some who need referees
        title, degree = plan.more["junior_titles"][0], lower
    email = f"p{n:05d}@people.example"
    since = date(clock.today().year - r.randint(1, 12), r.randint(1, 12), 1)
    document = synthetic_document(plan.text("resident_place"), n, born, sex)
    while document in documents:
        born += timedelta(days=1)
        document = synthetic_document(plan.text("resident_place"), n, born, sex)
    documents.add(document)
    return [zh, latin, document, organisation, "", title, degree, email, since.isoformat()]


def _past_jobs(people: list[Person], world: World, r: random.Random) -> None:
    """Record that some people moved lately: their former institution still counts for conflicts."""
    rows = []
    for person in people:
        if r.random() < 0.12:
            last_day = clock.today() - timedelta(days=r.randint(60, 2500))
            rows.append(
                Employment(
                    person=person, organisation=r.choice(world.hosts), since=last_day - timedelta(days=900), until=last_day
                )
            )
    record_employment(rows=rows, actor=world.actor(world.staff["officer"]))


def _register(world: World, people: list[Person], r: random.Random) -> None:
    external = {name for name, _kind in world.plan.external}
    entries = [
        Entry(
            person=p,
            codes=[world.topics[p.pk]["discipline"], *world.topics[p.pk]["related"][:2]],
            keywords="；".join(sample(world.topics[p.pk]["terms_zh"], 4, r)),
            max_load=15 if r.random() < 0.85 else 10,
            is_external=bool(p.organisation and p.organisation.name_zh in external),
        )
        for p in people
    ]
    world.experts = register_experts(entries=entries, actor=world.actor(world.staff["officer"]))


def _publish(world: World, people: list[Person], first_expert: int, writer: Writer, r: random.Random) -> None:
    """Experts publish several papers, applicants one or two; some together, which is a conflict for five years."""
    papers = []
    applicants = len(world.own) + len(world.leaders)
    leaders = people[: max(1, applicants)]
    for n, person in enumerate(people):
        count = r.randint(3, 5) if n >= first_expert else (1 if n < applicants and r.random() < 0.5 else 0)
        for _ in range(count):
            title, abstract, keywords, venue = writer.paper(world.topics[person.pk])
            authors = [person.pk]
            if r.random() < 0.25:
                authors.append(r.choice(leaders).pk)
            papers.append(Paper(title, authors, abstract, keywords, venue, clock.today().year - r.randint(0, 9)))
    add_publications(papers=papers, actor=world.actor(world.staff["officer"]))


def _relate(world: World, experts: list[Person], r: random.Random) -> None:
    """Record teachers and students, shared projects, a few relatives, and a sanction or two."""
    relations = []
    for leader in world.leaders:
        for kind, share in (("supervisor", 0.2), ("coproject", 0.15), ("kin", 0.01)):
            if r.random() < share:
                other = r.choice(experts)
                until = clock.today() - timedelta(days=r.randint(30, 2000)) if kind == "coproject" else None
                relations.append(Relation(first_id=leader.pk, second_id=other.pk, kind=kind, until=until, note=""))
    add_relations(relations=relations, actor=world.actor(world.staff["officer"]))
    barred = sample(world.leaders, max(1, len(world.leaders) // 300), r)
    since = clock.today() - timedelta(days=300)
    record_sanctions(
        sanctions=[
            Sanction(person=p, since=since, until=clock.add_months(since, 36), legal_basis=world.plan.text("sanction_basis"))
            for p in barred
        ],
        actor=world.actor(None),
    )
