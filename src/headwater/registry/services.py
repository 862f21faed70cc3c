"""Commands of the registry besides imports: publications, relations, sanctions, history of hosts, accounts for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from django.contrib.auth.tokens import default_token_generator
from django.db import connection
from django.urls import reverse
from django.utils.http import int_to_base36
from django.utils.translation import gettext as _

from headwater.core.command import Actor, command, system
from headwater.core.errors import Refused
from headwater.core.models import Account
from headwater.core.services import create_accounts
from headwater.registry.models import Authorship, Employment, HostHistory, Person, Publication, Relation, Sanction, records_of

LEAST_REASON = 4


@dataclass(frozen=True)
class Paper:
    """A publication to add, with the ids of its authors in order."""

    title: str
    authors: Sequence[int]
    abstract: str = ""
    keywords: str = ""
    venue: str = ""
    year: int | None = None
    doi: str = ""
    source: str = ""


def add_publications(*, papers: Sequence[Paper], actor: Actor, of: Person | None = None) -> int:
    """Add publications with their authors: two statements. `of` is the person who adds own works, and those alone.

    Raises:
        Refused: a work that is not of this person.
    """
    action = "registry.works.own" if of else "registry.import"
    with command(actor, action, of, name="registry.add_publications") as log:
        if of and any(of.pk not in p.authors for p in papers):
            raise Refused.because(_("只能登记本人的论著"))
        publications = Publication.objects.bulk_create(
            [
                Publication(
                    title=p.title[:400],
                    abstract=p.abstract,
                    keywords=p.keywords[:300],
                    venue=p.venue[:200],
                    year=p.year,
                    doi=p.doi[:200],
                    source=p.source[:120],
                )
                for p in papers
            ],
            batch_size=2000,
        )
        Authorship.objects.bulk_create(
            [
                Authorship(publication=row, person_id=person, position=n)
                for row, paper in zip(publications, papers, strict=True)
                for n, person in enumerate(dict.fromkeys(paper.authors), start=1)
            ],
            batch_size=5000,
        )
        log(None, after={"publications": len(publications)})
    return len(publications)


def add_relations(*, relations: Sequence[Relation], actor: Actor, of: Person | None = None) -> int:
    """Add ties between people; each is kept once, the smaller id first. `of` is the person who declares own ties, and those alone.

    Raises:
        Refused: a tie that is not of this person.
    """
    action = "registry.works.own" if of else "registry.import"
    with command(actor, action, of, name="registry.add_relations") as log:
        if of and any(of.pk not in {r.first_id, r.second_id} for r in relations):
            raise Refused.because(_("只能申报本人的关系"))
        for r in relations:
            if r.first_id > r.second_id:
                r.first_id, r.second_id = r.second_id, r.first_id
        Relation.objects.bulk_create(relations, batch_size=2000, ignore_conflicts=True)
        log(None, after={"relations": len(relations)})
    return len(relations)


def remove_authorship(*, publication: Publication, person: Person, reason: str, actor: Actor) -> None:
    """Take a work that is not theirs from somebody; a work that has no author left goes with it.

    Raises:
        Refused: no reason.
    """
    with command(actor, "registry.works.manage", name="registry.remove_authorship") as log:
        ground = _reason(reason)
        Authorship.objects.filter(publication=publication, person__in=list(records_of([person.pk]))).delete()
        log(publication, before={"title": publication.title, "person": person.pk}, after={"reason": ground})
        if not Authorship.objects.filter(publication=publication).exists():
            publication.delete()


def remove_relation(*, relation: Relation, reason: str, actor: Actor) -> None:
    """Take back a tie that was put down by mistake. Conflicts that were found by it stay until they are looked at.

    Raises:
        Refused: no reason.
    """
    with command(actor, "registry.works.manage", name="registry.remove_relation") as log:
        before = {"first": relation.first_id, "second": relation.second_id, "kind": relation.kind, "source": relation.source}
        log(relation, before=before, after={"reason": _reason(reason)})
        relation.delete()


def _reason(text: str) -> str:
    if len(text.strip()) < LEAST_REASON:
        raise Refused.because(_("请写明依据"), field="reason")
    return text.strip()[:300]


def record_sanctions(*, sanctions: Sequence[Sanction], actor: Actor) -> int:
    with command(actor, "registry.import", name="registry.record_sanctions") as log:
        log.many(Sanction.objects.bulk_create(sanctions), {"recorded": True})
    return len(sanctions)


def record_employment(*, rows: Sequence[Employment], actor: Actor) -> int:
    """Record periods that people spent with institutions; a period that ended lately still counts as a conflict of interest."""
    with command(actor, "registry.import", name="registry.record_employment") as log:
        Employment.objects.bulk_create(rows, batch_size=2000)
        log(None, after={"rows": len(rows)})
    return len(rows)


def record_history(*, history: Sequence[HostHistory], actor: Actor) -> int:
    """Record approvals of hosts in earlier years, the basis of their quotas."""
    with command(actor, "registry.organisation.manage", name="registry.record_history") as log:
        HostHistory.objects.bulk_create(
            history, update_conflicts=True, unique_fields=["organisation", "year"], update_fields=["approved"]
        )
        log(None, after={"rows": len(history)})
    return len(history)


def open_accounts(*, people: Sequence[tuple[Person, str]], actor: Actor) -> list[Account]:
    """Open accounts for people, given as (person, user name); they set a password by the link they are sent."""
    accounts = []
    for person, username in people:
        account = Account(username=username, email=person.email, name_zh=person.name_zh, name_en=person.name_en)
        account.set_unusable_password()
        accounts.append(account)
    rows = create_accounts(accounts=accounts, actor=actor)
    with command(actor, "core.account.manage", name="registry.open_accounts") as log:
        for (person, _username), account in zip(people, rows, strict=True):
            person.account = account
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE registry_person p SET account_id = made.account
                FROM unnest(%s::bigint[], %s::bigint[]) AS made (person, account) WHERE p.id = made.person""",
                [[p.pk for p, _u in people], [a.pk for a in rows]],
            )
        log(None, after={"accounts": len(rows)})
    return rows


def open_own_account(*, person: Person, source: str) -> tuple[Account, str]:
    """Open the account of somebody who has shown who they are. Returns it and the path at which the password is set, once.

    The user name is the person's address; where that is taken already, a number is added.
    """
    base = person.email[:140]
    usernames = set(Account.objects.filter(username__startswith=base).values_list("username", flat=True))
    username = next(name for n in count() if (name := f"{base}{n or ''}") not in usernames)
    account = open_accounts(people=[(person, username)], actor=system(source))[0]
    return account, password_path(account)


def password_path(account: Account) -> str:
    """Return the path at which the password of an account is set, once: it ends with a log-in, another password or another address."""
    keys = {"uidb36": int_to_base36(account.pk), "key": default_token_generator.make_token(account)}
    return reverse("account_reset_password_from_key", kwargs=keys)
