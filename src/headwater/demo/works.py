"""The demo's works: papers of its people, and what its awards claim. All of them are invented, and say so in their source."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from headwater.awards.models import Award
from headwater.core import clock
from headwater.registry.models import Organisation, Person, Work, WorkClaim
from headwater.registry.works.claiming import Evidence
from headwater.registry.works.searching import take_in
from headwater.registry.works.services import add_works, answer_claims, claim_works
from headwater.registry.works.values import Author, NewWork, titled

if TYPE_CHECKING:
    from headwater.demo.people import World
    from headwater.demo.texts import Writer

INVENTED = "演示数据（虚构）"
CLAIMING = 24
"""So many awards claim works."""
OTHERS = ("patent", "standard", "dataset", "software", "book", "method", "variety", "prize")


def publish(world: World, people: list[Person], first_expert: int, writer: Writer, r: random.Random) -> None:
    """Experts publish several papers, applicants one or two; some together, which is a conflict for five years."""
    papers, homes = [], _homes()
    applicants = len(world.own) + len(world.leaders)
    leaders = people[: max(1, applicants)]
    for n, person in enumerate(people):
        count = r.randint(3, 5) if n >= first_expert else (1 if n < applicants and r.random() < 0.5 else 0)
        for _ in range(count):
            together = [person] + ([r.choice(leaders)] if r.random() < 0.25 else [])
            authors, year = _authors(together, homes), clock.today().year - r.randint(0, 9)
            papers.append(_paper(writer, world.topics[person.pk], authors, str(year)))
    add_works(works=papers, actor=world.actor(world.staff["officer"]), origin=Work.Origin.IMPORTED, distinct=True)


def _paper(writer: Writer, topic: dict[str, Any], authors: list[Author], issued: str, **more: Any) -> NewWork:
    title, abstract, keywords, venue = writer.paper(topic)
    texts: dict[str, Any] = {"abstract": abstract, "keywords": keywords, "venue": venue, "source": INVENTED, **titled(title)}
    return NewWork(kind="paper", issued=issued, authors=authors, **texts, **more)


def _authors(people: list[Person], homes: dict[int, str]) -> list[Author]:
    return [Author(p.name_zh, homes.get(p.organisation_id or 0, ""), p.pk) for p in dict.fromkeys(people)]


def _homes() -> dict[int, str]:
    return dict(Organisation.objects.values_list("pk", "name_zh"))


def claim(world: World, writer: Writer, seed: int) -> None:
    """Leaders claim works for their awards, some with a patent or a data set; the department confirms most of them."""
    r = random.Random(seed)
    rows = (
        Award.objects.valid().filter(agreement__signed_at__isnull=False).select_related("leader__account", "leader__organisation")
    )
    awards = list(rows.order_by("pk")[:CLAIMING])
    works: list[NewWork] = []
    homes = _homes()
    owners: list[Award] = []
    for n, award in enumerate(awards):
        topic, marks = world.topics[award.leader_id], {"numbers": [award.number], "marked": [world.home.name_zh]}
        day = clock.today() - timedelta(days=r.randint(3, 60))
        doi = {"identifiers": {"doi": f"10.5555/demo.{seed}.{n}"}}
        authors = _authors([award.leader], homes)
        works.append(_paper(writer, topic, authors, day.isoformat(), **doi, **marks))
        works.append(_other(writer, topic, authors, award.number, n, day))
        owners += [award, award]
    officer = world.actor(world.staff["officer"])
    keys = add_works(works=works, actor=officer, origin=Work.Origin.REPORT, distinct=True)
    by_key = Work.objects.in_bulk(keys)
    claims: list[WorkClaim] = []
    for award in awards:
        theirs = [by_key[key] for key, owner in zip(keys, owners, strict=True) if owner is award]
        proof = Evidence(text=f"文中标注项目编号 {award.number}（演示）")
        claims += claim_works(works=theirs, subject=award, evidence=proof, actor=world.actor(award.leader.account))
    if settled := claims[: len(claims) * 2 // 3]:
        answer_claims(claims=settled, accept=True, actor=officer)
    take_in()


def _other(writer: Writer, topic: dict[str, Any], authors: list[Author], number: str, n: int, day: date) -> NewWork:
    """Return a work of another kind, with a number in the form of its kind."""
    kind = OTHERS[n % len(OTHERS)]
    zh, _en = writer.words(topic)
    title = writer.random.choice(writer.plan.vocabulary("publications")["other_zh"][kind]).format(**zh)
    return NewWork(
        kind=kind,
        title_zh=title if kind != "variety" else f"{title}（{n}）",
        issued=day.isoformat(),
        authors=authors,
        identifiers=_number(kind, n, day),
        numbers=[number],
        source=INVENTED,
    )


def _number(kind: str, n: int, day: date) -> dict[str, str]:
    digits = f"{day.year}1{n:07d}"
    check = "0123456789X"[sum(int(d) * (k % 8 + 2) for k, d in enumerate(digits)) % 11]
    numbers = {
        "patent": {"patent": f"ZL{digits}.{check}"},
        "standard": {"standard": f"T/DEMO {n + 1:03d}-{day.year}"},
        "dataset": {"doi": f"10.5555/demo.data.{n}"},
        "software": {"software": f"{day.year}SR{n:07d}"},
        "variety": {"variety": f"演审草{day.year}{n:04d}"},
        "prize": {"prize": f"演示-{day.year}-{n:03d}"},
    }
    return numbers.get(kind, {})
