"""A released decision of a scheme that designates opens an entry of the kind that takes it, with what the application said."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.bases.models import Base
from headwater.calls.deciding.services.entries import open_entries
from headwater.calls.models import Application, Attachment, Call
from headwater.core.invariants import check
from headwater.core.models import Event, RoleGrant, StoredFile
from headwater.registry.models import Organisation
from tests.make import actor, new_call, new_host, new_person, placed

pytestmark = pytest.mark.django_db
SAID = {
    "area": 1500,
    "equipment": 1_600_000_000,
    "fixed": 30,
    "senior": 14,
    "technicians": 4,
    "directions": [{"name": "草地碳汇", "head": {"id": 0, "name": "校外人", "organisation": "外校"}, "aim": "机理"}],
    "position": "地位与特色",
    "goals": "三年目标",
}


def approved(call: Call, shape: str = "single", **more: Any) -> Application:
    leader = new_person("申报人", more.pop("host", None) or new_host(place=new_place()))
    row = placed(call, "approved", leader, priority_field="ecology")
    director = more.pop("director", None) or new_person("拟任主任", leader.organisation)
    answers = SAID | {"shape": shape, "director": {"id": director.pk, "name": director.name_zh, "organisation": ""}} | more
    Application.objects.filter(pk=row.pk).update(answers=answers, title_zh="草原碳汇重点实验室", title_en="Grassland Carbon")
    return Application.objects.get(pk=row.pk)


def new_place() -> Any:
    from headwater.registry.models import Place

    return Place.objects.get(code="150500")


@pytest.fixture
def call() -> Call:
    return new_call("im-lab")


def opened(call: Call, *rows: Application) -> list[Base]:
    open_entries(call, rows, actor("officer"))
    return list(Base.objects.filter(origin="decision", origin_id__in=[r.pk for r in rows]).order_by("origin_id"))


def test_an_entry_takes_over_what_was_applied_for(call: Call) -> None:
    row = approved(call)
    base = opened(call, row)[0]
    assert (base.kind, base.state, base.name_zh, base.name_en) == ("key-lab-academic", "building", row.title_zh, row.title_en)
    assert (base.host_id, base.place.code, base.field.code) == (row.host_id, "150500", "ecology")  # type: ignore[union-attr]
    assert base.discipline_id == row.discipline_id
    assert base.director.name_zh == "拟任主任"  # type: ignore[union-attr]
    assert base.secretary_id is None
    assert set(base.answers) == {"area", "equipment", "fixed", "senior", "technicians", "directions", "goals"}
    assert RoleGrant.objects.filter(account=base.director.account, role="director", scope_id=base.pk).exists()  # type: ignore[union-attr]
    event = Event.objects.get(subject_type="bases.base", subject_id=base.pk)
    assert (event.command, event.after["call"], event.after["origin_id"]) == ("calls.open_entries", call.pk, row.pk)
    assert check(["entry_state_declared", "entry_host_leads", "keepers_of_kinds"]) == []


@pytest.mark.parametrize(
    ("shape", "host", "kind"),
    [
        ("single", "university", "key-lab-academic"),
        ("single", "hospital", "key-lab-medical"),
        ("enterprise", "enterprise", "key-lab-enterprise"),
        ("joint", "university", "key-lab-joint"),
    ],
)
def test_the_answers_decide_which_kind_it_is(call: Call, shape: str, host: str, kind: str) -> None:
    assert opened(call, approved(call, shape, host=new_host(kind=host)))[0].kind == kind


def test_partners_of_a_joint_laboratory_hold_it_too(call: Call) -> None:
    partner = Organisation.objects.hosts()[0]
    rows = [
        {"name": {"code": partner.code, "name": partner.name_zh}, "part": "观测"},
        {"name": {"code": "", "name": "外单位"}, "part": "外"},
    ]
    base = opened(call, approved(call, "joint", partners=rows))[0]
    assert [(h.role, h.organisation_id) for h in base.holders.order_by("role")] == [
        ("lead", base.host_id),
        ("partner", partner.pk),
    ]


def test_who_led_the_application_leads_the_entry_where_nobody_is_named(call: Call) -> None:
    row = approved(call)
    Application.objects.filter(pk=row.pk).update(answers={**row.answers, "director": None})
    base = opened(call, Application.objects.get(pk=row.pk))[0]
    assert base.director_id == row.leader_id


def test_its_files_come_along(call: Call) -> None:
    row = approved(call)
    usual = {
        "owner_type": "calls.application",
        "owner_id": row.pk,
        "content_type": "application/pdf",
        "size": 3,
        "sha256": "a" * 64,
        "state": "fine",
    }
    for kind in ("charter", "other"):
        Attachment.objects.create(
            application=row, kind=kind, file=StoredFile.objects.create(name=f"{kind}.pdf", kind=kind, **usual)
        )
    base = opened(call, row)[0]
    assert [(f.name, f.sha256) for f in StoredFile.objects.filter(owner_type="bases.base", owner_id=base.pk)] == [
        ("charter.pdf", "a" * 64)
    ]
    assert StoredFile.objects.filter(owner_type="calls.application", owner_id=row.pk).count() == 2


def test_a_second_release_opens_only_what_is_new(call: Call) -> None:
    first, second = approved(call), approved(call)
    assert len(opened(call, first)) == 1
    assert len(opened(call, second)) == 1
    assert Base.objects.filter(origin="decision", origin_id__in=[first.pk, second.pk]).count() == 2
