"""Panels over joined fields: a field with too few experts is told before the review, and has its way out."""

from __future__ import annotations

import pytest

from headwater.calls.models import Application, Call
from headwater.core.models import Parameter
from headwater.core.parameters import forget_parameters
from headwater.registry.models import Discipline, ReviewGroup
from headwater.review.fields import panel_candidates, prospects
from headwater.review.models import Expert, Panel
from tests.make import client, new_expert, past_call, placed

pytestmark = pytest.mark.django_db
MEETING = {"meets_at": "2099-03-01T09:00", "place": "一号会议室"}


def group(code: str, *prefixes: str) -> ReviewGroup:
    return ReviewGroup.objects.create(code=code, name_zh=f"领域{code}", name_en=code, prefixes=list(prefixes))


def leaf(code: str) -> Discipline:
    root, _made = Discipline.objects.get_or_create(code=code[0], defaults={"name_zh": code[0], "name_en": code[0], "level": 0})
    return Discipline.objects.create(code=code, name_zh=code, name_en=code, level=1, parent=root)


def experts_of(discipline: Discipline, count: int) -> list[Expert]:
    found = [new_expert(f"{discipline.code}专家{n}") for n in range(count)]
    for expert in found:
        expert.disciplines.add(discipline)
    return found


def two_fields(few: int = 8, many: int = 9) -> tuple[Call, list[Application]]:
    """Two neighbouring fields of an own branch: one with `few` experts, one with `many`."""
    ReviewGroup.objects.all().delete()
    group("small", "X01")
    group("large", "X02")
    group("far", "Y01")
    experts_of(leaf("X01"), few)
    experts_of(leaf("X02"), many)
    experts_of(leaf("Y01"), 2)
    call = past_call()
    return call, [placed(call, "reviewed", review_group=code) for code in ("small", "large", "")]


def test_a_field_with_too_few_experts_is_told_with_its_neighbour() -> None:
    call, _rows = two_fields()
    found = {p.code: p for p in prospects(call, Application.objects.all())}
    assert {c: (p.waiting, p.experts, p.short) for c, p in found.items()} == {
        "small": (1, 8, True), "large": (1, 9, False), "-": (1, 0, True),
    }  # fmt: skip
    assert [p.code for p in found["small"].neighbours] == ["large"]
    page = client("officer").get(f"/office/calls/{call.pk}/panels/").content.decode()
    assert "可与相邻领域合并" in page
    Application.objects.filter(call=call).update(state="accepted")
    assert "不足以单独组成会评组" in client("officer").get(f"/office/calls/{call.pk}/assign/").content.decode()


def test_joined_fields_and_what_belongs_to_none_come_before_one_panel() -> None:
    call, rows = two_fields()
    address = f"/office/calls/{call.pk}/panels/new/?group=small&group=large&group=-"
    page = client("officer").get(address)
    form = page.context["form"]
    assert form.applications == {a.pk for a in rows}
    assert len(form.experts) == 9
    sent = {"pk": [a.pk for a in rows], "expert": sorted(form.experts), "chair": form.chair, "name": "联合会评组", **MEETING}
    assert client("officer").post(address, sent).status_code == 302
    panel = Panel.objects.get(call=call)
    assert (panel.name, panel.group, panel.items.count(), panel.members.count()) == ("联合会评组", None, 3, 9)
    assert set(Application.objects.filter(call=call).values_list("state", flat=True)) == {"panel"}


def test_members_come_from_neighbours_from_outside_and_by_name() -> None:
    call, rows = two_fields()
    Expert.objects.update(is_external=False)
    outside = new_expert("区外人")
    Expert.objects.filter(pk=outside.pk).update(is_external=True)
    named = new_expert("寻得者")
    small = [ReviewGroup.objects.get(code="small")]
    origins = [c.origin for c in panel_candidates(call, small, [rows[0].pk])]
    assert (origins.count("field"), origins.count("near")) == (8, 9)
    assert {c.expert.pk: c.origin for c in panel_candidates(call, small, [rows[0].pk])}[outside.pk] == "outside"
    assert named.pk not in {c.expert.pk for c in panel_candidates(call, small, [rows[0].pk])}
    found = panel_candidates(call, small, [rows[0].pk], search="寻得")
    assert {c.expert.pk: c.origin for c in found}[named.pk] == "search"
    address = f"/office/calls/{call.pk}/panels/new/?group=small"
    page = client("officer").post(address, {"find": "1", "q": "寻得", "expert": [named.pk], "pk": [rows[0].pk]}).content.decode()
    assert "寻得者" in page
    assert not Panel.objects.filter(call=call).exists(), "searching makes nothing"


def test_the_size_is_the_parameter_of_the_scheme() -> None:
    call, rows = two_fields()
    Parameter.objects.filter(key="panel_min_members", applies_to=call.scheme.code).update(value=5)
    forget_parameters()
    assert {p.code: p.short for p in prospects(call, Application.objects.all())} == {"small": False, "large": False, "-": True}
    address = f"/office/calls/{call.pk}/panels/new/?group=small"
    four = list(Expert.objects.filter(disciplines__code="X01").order_by("pk")[:4])
    sent = {"pk": [rows[0].pk], "expert": [e.pk for e in four], "chair": four[0].pk, "name": "小组", **MEETING}
    page = client("officer").post(address, sent).content.decode()
    assert "不少于 5 人" in page
    assert 'id="e-members"' in page
    past = {**sent, "expert": [e.pk for e in Expert.objects.filter(disciplines__code="X01")[:5]], "meets_at": "2020-01-01T09:00"}
    assert 'id="e-meets_at"' in client("officer").post(address, {**past, "chair": past["expert"][0]}).content.decode()
    assert (
        'id="e-meets_at"'
        in client("officer").post(address, {**past, "chair": past["expert"][0], "meets_at": ""}).content.decode()
    )
    assert client("officer").post(address, {**past, "chair": past["expert"][0], **MEETING}).status_code == 302


def test_unknown_fields_are_not_found() -> None:
    call, _rows = two_fields()
    assert client("officer").get(f"/office/calls/{call.pk}/panels/new/?group=nothing").status_code == 404
    assert client("officer").get(f"/office/calls/{call.pk}/panels/new/").status_code == 302
