"""Who acts in tests: accounts of the played year by role, and people, institutions and experts that nobody else knows."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from django.test import Client

from headwater.core.command import Actor
from headwater.core.models import Account, RoleGrant
from headwater.registry.models import Agency, Organisation, Person
from headwater.review.models import Expert
from headwater.web.entries import entries

SERIAL = count(1)


def roles() -> dict[str, str]:
    """User name by what the demo's home page calls the role."""
    return {e.role: e.username for e in entries()}


def actor(username: str) -> Actor:
    return Actor(account=Account.objects.get(username=username), source="test")


def client(username: str | None) -> Client:
    browser = Client()
    if username:
        browser.force_login(Account.objects.get(username=username), backend="headwater.web.accounts.Backend")
    return browser


def new_host(name: str = "测试大学", **more: Any) -> Organisation:
    """An institution that nobody else belongs to."""
    n = next(SERIAL)
    fields = {"kind": "university", "uscc": f"99150000TEST{n:06d}".replace("S", "5"), "is_host": True} | more
    return Organisation.objects.create(code=f"t-org-{n}", name_zh=f"{name}{n}", **fields)


def real_host(*, direct: bool = False) -> Organisation:
    """A host of the demo, with a manager and, unless direct, with a recommending agency."""
    host = Organisation.objects.hosts().exclude(recommender=None).order_by("pk")[0]
    Organisation.objects.filter(pk=host.pk).update(direct=direct)
    return Organisation.objects.get(pk=host.pk)


def new_person(name: str = "测试人", organisation: Organisation | None = None, **more: Any) -> Person:
    account = Account.objects.create(username=f"t-{next(SERIAL):05d}", name_zh=name)
    fields = {"sex": "f", "birth_date": date(1995, 1, 1), "highest_degree": "博士", "id_hash": f"{next(SERIAL):064x}"} | more
    return Person.objects.create(account=account, name_zh=name, organisation=organisation or real_host(), **fields)


def new_expert(name: str = "专家", organisation: Organisation | None = None, **more: Any) -> Expert:
    person = new_person(name, organisation or new_host("外校"))
    RoleGrant.objects.create(account=person.account, role="expert")
    return Expert.objects.create(person=person, **more)


def as_(person: Person) -> Actor:
    return actor(person.account.username)


def manager(host: Organisation) -> Actor:
    return actor(f"host-{host.code}")


def recommender(host: Organisation) -> Actor:
    return actor(f"rec-{Agency.objects.get(pk=host.recommender_id).code}")


def user_of(person: Person) -> str:
    assert person.account
    return person.account.username


def browser_of(person: Person) -> Client:
    return client(user_of(person))
