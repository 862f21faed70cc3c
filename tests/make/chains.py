"""A matter with a chain of approvals, for tests: a dated parameter, whose value is the content. Use it within `declared`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from django.utils.html import format_html

from headwater.core import clock
from headwater.core.approvals import CHAINS, Chain, Step, answer, begin, case_sight
from headwater.core.causes import ANYBODY, RIGHTS
from headwater.core.command import Actor, command, system
from headwater.core.errors import Reason, Refused
from headwater.core.i18n import Bilingual
from headwater.core.models import Account, ApprovalAnswer, ApprovalCase, Parameter, RoleGrant
from headwater.core.permission import SIGNED_IN
from headwater.core.seen import Sight
from tests.make.people import new_person

KIND = "core.parameter"
followed: list[tuple[str, int, str]] = []
against: list[Reason] = []


def follow(kind: str) -> Any:
    def done(subject: Parameter, case: ApprovalCase, given: ApprovalAnswer, log: Any) -> None:
        followed.append((kind, subject.pk, given.note))
        log(subject, after={"kind": kind})

    return done


CHAIN = Chain(
    label="参数",
    name=lambda p: Bilingual(f"参数 {p.key}", f"Parameter {p.key}"),
    url=lambda p: f"/parameters/{p.pk}/",
    sight=lambda p: Sight({"value": p.value, "source": p.source}, {"value": "数值", "source": "来源"}),
    approved=follow("approved"),
    refused=follow("refused"),
    sent_back=follow("sent_back"),
    show=lambda _request, p: format_html("<p>{}</p>", p.value),
    effect=lambda p: [f"参数 {p.key} 生效"],
    against=lambda _p: list(against),
)


@contextmanager
def declared() -> Iterator[None]:
    """Let matters of this kind have chains, and tests propose them."""
    followed.clear()
    against.clear()
    with CHAINS.reopened(), RIGHTS.reopened():
        CHAINS.add(KIND, CHAIN)
        RIGHTS.add("test.propose", ANYBODY)
        yield


def new_matter(key: str = "test_key", value: int = 5) -> Parameter:
    return Parameter.objects.create(region="nmg", key=key, valid_from=date(2026, 1, 1), value=value, source="甲")


def holding(role: str, scope: str = "all", scope_id: int | None = None, name: str = "办理人") -> Actor:
    person = new_person(name)
    since = clock.local(date(2020, 1, 1))
    RoleGrant.objects.create(account=person.account, role=role, scope=scope, scope_id=scope_id, since=since)
    return Actor(Account.objects.get(pk=person.account_id), "test")


def again(who: Actor) -> Actor:
    """The same account at another request: grants and persons are read anew."""
    assert who.account
    return Actor(Account.objects.get(pk=who.account.pk), "test")


OFFICER, OFFICERS = Step("check", "programme_officer"), Step("decide", "programme_officer", least=2)


def begun(matter: Parameter, *chain: Step, people: Iterable[int] = (), by: Actor | None = None) -> ApprovalCase:
    with command(by or system("test"), SIGNED_IN, name="test.propose") as log:
        return begin(subject=matter, chain=chain or (OFFICER, OFFICERS), people=people, log=log)


def says(case: ApprovalCase, who: Actor, verdict: str = "approve", note: str = "", **more: Any) -> ApprovalCase:
    given = {"seen": case_sight(ApprovalCase.objects.get(pk=case.pk)).token} | more
    return answer(case=case, verdict=verdict, note=note, actor=again(who), **given)


def codes(case: ApprovalCase, who: Actor, verdict: str = "approve", note: str = "", **more: Any) -> set[str]:
    with pytest.raises(Refused) as refused:
        says(case, who, verdict, note, **more)
    return {r.code or r.field for r in refused.value.reasons}


def proposer(name: str = "提出人") -> Actor:
    return Actor(new_person(name).account, "test")
