"""Institutions as records about which there are requests, for tests: use them within `open_to_requests`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from datetime import date
from typing import Any

from headwater.casework.requests.declared import REQUESTS, Asked, Effect, Party, RequestsOf, Standing
from headwater.casework.requests.kinds import RequestKind, read_request
from headwater.casework.requests.models import Request
from headwater.casework.requests.services.proposing import propose, submit
from headwater.casework.requests.stores import STORE
from headwater.casework.subjects import SUBJECTS, SubjectKind
from headwater.core.approvals import answer, case_sight, open_case
from headwater.core.command import Actor, Log
from headwater.core.errors import Reason
from headwater.core.i18n import both
from headwater.core.models import Account, RoleGrant
from headwater.core.reading import Reader
from headwater.forms.expressions import Type, Value
from headwater.forms.sheets import sheet_of
from headwater.registry.models import Organisation, Person
from headwater.registry.queries import region_code
from tests.make.people import new_host, new_person

KIND = "registry.organisation"
ADDRESS: dict[str, Any] = {
    "code": "change_address",
    "name_zh": "变更地址",
    "name_en": "Change of address",
    "purpose_zh": "单位搬迁后变更登记的通信地址。",
    "purpose_en": "For an institution that has moved.",
    "by": ["host_manager", "head"],
    "chain": ["recommender", {"role": "programme_officer", "days": "objection_reply_days"}],
    "guards": ["still_there"],
    "sets": {"address": "new_address"},
    "from": "moved_on",
    "number": "DZ-{year}-{serial:04}",
    "form": {
        "section": [
            {
                "code": "move",
                "title_zh": "搬迁",
                "title_en": "The move",
                "field": [
                    {
                        "code": "new_address",
                        "type": "line",
                        "label_zh": "新地址",
                        "label_en": "New address",
                        "required": True,
                        "max_chars": 100,
                        "prefill": "record.address",
                    },
                    {"code": "moved_on", "type": "date", "label_zh": "搬迁日期", "label_en": "Day", "required": True},
                    {"code": "proof", "type": "file", "label_zh": "证明", "label_en": "Proof", "kind": "proof"},
                ],
            }
        ],
        "check": [
            {
                "code": "not_too_early",
                "expr": "moved_on >= opened_on",
                "message_zh": "搬迁不早于登记",
                "message_en": "Nobody moves before there is a house",
                "mend_zh": "核对日期",
                "mend_en": "Look at the day",
            }
        ],
        "attachment": [{"kind": "proof", "label_zh": "证明", "label_en": "Proof"}],
    },
    "letter": {
        "heading_zh": "关于变更地址的函",
        "heading_en": "Change of address",
        "text_zh": "同意{name}自{day}起变更通信地址（{number}）。\n\n此函。",
        "text_en": "{name} changes its address from {day} ({number}).",
    },
}
NOTE: dict[str, Any] = {
    "code": "leave_mark",
    "name_zh": "更正备注",
    "name_en": "Correction",
    "purpose_zh": "更正登记中的小错误，不需要审批。",
    "purpose_en": "Corrects small mistakes; nobody needs to agree.",
    "by": ["host_manager"],
    "from_states": ["host"],
    "effects": ["mark"],
    "alone": False,
}
BUILT_IN = {"opened_on": Type("date")}
marked: list[int] = []


class HouseContext:
    """What the form of a request may ask of an institution."""

    def __init__(self, record: Organisation, on: date) -> None:
        self.record, self.on = record, on

    def built_in(self) -> Mapping[str, Value]:
        return {"opened_on": self.record.registered_on or date(2000, 1, 1)}

    def parameter(self, key: str) -> Any:
        return None

    def attached(self) -> Mapping[str, int]:
        return {}

    def file_names(self) -> Mapping[str, list[str]]:
        return {}

    def asked_fen(self) -> None:
        return None

    def lump_fen(self) -> int:
        return 0

    def day(self) -> date:
        return self.on


def kind(table: Mapping[str, Any], **changes: Any) -> RequestKind:
    """A kind as its table says; it has no mistake."""
    problems: list[tuple[str, str]] = []
    read = read_request(Reader(deepcopy({**table, **changes}), problems), built_in=BUILT_IN, record=("address",))
    assert problems == []
    return read


def _still_there(asked: Asked) -> list[Reason]:
    return [] if asked.record.kind != "hospital" else [Reason("医院的地址另行登记", code="guard")]


def _change(asked: Asked, log: Log) -> None:
    if asked.sets:
        before = asked.record.address
        Organisation.objects.filter(pk=asked.record.pk).update(**asked.sets)
        log(asked.record, before={"address": before}, after={"address": asked.sets["address"], "on": str(asked.on)})


def _mark(asked: Asked, log: Log) -> None:
    marked.append(asked.record.pk)
    log(asked.record, after={"marked": True})


def _head(account: Account, record: Organisation) -> bool:
    person = getattr(account, "person", None)
    return person is not None and person.name_zh == record.legal_representative


SUBJECT = SubjectKind(
    kind=KIND,
    label="单位",
    name=both,
    url=lambda record: f"/requests/about/{KIND}/{record.pk}/",
    region=lambda _record: region_code(),
    paths={"organisation": "pk", "agency": "recommender_id"},
    visible=lambda account: (
        Organisation.objects.filter(pk__in=account.scopes("host_manager", "organisation"))
        if not account.holds_everywhere("programme_officer")
        else Organisation.objects.all()
    ),
    people=lambda record: Person.objects.filter(organisation=record, title="院长").values_list("pk", flat=True),
    context=HouseContext,
)


@contextmanager
def open_to_requests(*tables: Mapping[str, Any]) -> Iterator[dict[str, RequestKind]]:
    """Let there be requests about institutions; the kinds may be changed while it lasts."""
    marked.clear()
    kinds = {k.code: k for k in map(kind, tables or (ADDRESS, NOTE))}
    of = RequestsOf(
        kinds=lambda _record: kinds,
        state=lambda record: "host" if record.is_host else "guest",
        change=_change,
        settable={"address": Standing("通信地址", lambda record: record.address)},
        guards={"still_there": _still_there},
        effects={"mark": Effect("留下标记", _mark)},
        parties={"head": Party("负责人", _head)},
        first=lambda record: {"address": record.address},
    )
    with SUBJECTS.reopened(KIND), REQUESTS.reopened():
        SUBJECTS.add(KIND, SUBJECT)
        REQUESTS.add(KIND, of)
        yield kinds


def house(**more: Any) -> Organisation:
    """An institution with an agency over it."""
    from tests.make.people import real_host

    fields = {"recommender_id": real_host().recommender_id, "address": "旧街 1 号", "registered_on": date(2020, 1, 1)}
    return new_host(**(fields | more))


def holding(role: str, scope: str = "all", scope_id: int | None = None, name: str = "办理人") -> Actor:
    """Somebody with a role."""
    account = new_person(name).account
    RoleGrant.objects.create(account=account, role=role, scope=scope, scope_id=scope_id)
    return fresh(account)


def fresh(account: Any) -> Actor:
    """An account as another request reads it."""
    return Actor(Account.objects.get(pk=account.pk), "test")


def manager_of(record: Organisation, name: str = "管理员") -> Actor:
    return holding("host_manager", "organisation", record.pk, name)


def agency_over(record: Organisation) -> Actor:
    return holding("recommender", "agency", record.recommender_id, "归口人员")


GOOD = {"new_address": "新街 2 号", "moved_on": "2026-03-01"}


def written(record: Organisation, by: Actor, values: Mapping[str, Any] | None = None, code: str = "change_address") -> Request:
    """A draft with good answers."""
    values = (GOOD if values is None else values) if code == "change_address" else {}
    return propose(subject=record, kind=code, actor=by, values=values)


def submitted(record: Organisation, by: Actor, values: Mapping[str, Any] | None = None, reason: str = "搬迁") -> Request:
    row = written(record, by, values)
    return sent(row, by, reason)


def sent(row: Request, by: Actor, reason: str = "搬迁") -> Request:
    return submit(request=row, reason=reason, revision=sheet_of(STORE.of(row.pk)).revision, actor=fresh(by.account))


def answered(row: Request, who: Actor, verdict: str = "approve", note: str = "") -> Request:
    """The answer of somebody who has just looked."""
    case = open_case(row)
    assert case
    answer(case=case, verdict=verdict, seen=case_sight(case).token, note=note, actor=fresh(who.account))
    return Request.objects.get(pk=row.pk)
