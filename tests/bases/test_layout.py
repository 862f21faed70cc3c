"""The layout of bases: what is real apart from what is invented, sums that agree, gaps, balance, filters, who sees what."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from headwater.bases.layout.counts import balance, base_kinds, by_field, by_place, columns_of
from headwater.bases.layout.lists import base_list
from headwater.bases.models import Base
from headwater.core.models import Account
from headwater.registry.models import Place, PlaceGroup, PriorityField
from tests.make import client, new_host, new_person, user_of
from tests.make.bases import new_base

pytestmark = pytest.mark.django_db
PUBLIC, OFFICE = "/bases/layout/", "/office/bases/layout/"


def text(browser: Any, address: str) -> str:
    page = browser.get(address)
    assert page.status_code == 200, page.content.decode()[:300]
    return page.getvalue().decode("utf-8-sig") if hasattr(page, "getvalue") else page.content.decode()


def asked(query: str = "", username: str = "officer") -> Any:
    request = RequestFactory().get(f"{OFFICE}?{query}")
    request.user = Account.objects.get(username=username)
    return base_list(request, public=False)


def test_real_and_invented_bases_never_share_the_page_or_its_file() -> None:
    real = {b.number for b in Base.objects.public().filter(invented=False)}
    invented = {b.number for b in Base.objects.public().filter(invented=True)}
    assert real
    assert invented
    for browser, place in ((client(None), PUBLIC), (client("officer"), OFFICE)):
        for query, others in (("", invented), ("?invented=1", real)):
            for form in ("", "format=csv"):
                content = text(browser, f"{place}{query}{'&' if query else '?'}{form}")
                assert [n for n in others if f"{n}<" in content or f"/{n}/" in content or f"{n}," in content] == []


def test_sums_by_field_and_by_place_are_those_of_the_list() -> None:
    for query in ("invented=1", "invented=1&register=laboratories", "invented=1&group=live", ""):
        rows = asked(query)
        columns = columns_of(rows.kinds, rows.register)
        total = rows.listing.rows_all.count()
        assert sum(r.total for r in by_field(rows.rows, columns)) == total
        placed = rows.rows.filter(place__isnull=False).count()
        assert sum(r.total for _p, r in by_place(rows.rows, columns)) == placed


def test_east_and_west_add_up_to_the_region_and_name_what_is_empty() -> None:
    rows = asked("invented=1&register=stations")
    lines = by_place(rows.rows, columns_of(rows.kinds, rows.register))
    parts = balance(lines)
    assert [p.label.zh for p in parts] == [g.name_zh for g in PlaceGroup.objects.all()]
    assert sum(p.row.total for p in parts) == sum(r.total for _p, r in lines)
    assert sum(p.places for p in parts) == len(lines)
    empty = {r.label.zh for _p, r in lines if not r.total}
    assert {label.zh for p in parts for label in p.empty} == empty
    page = text(client("officer"), f"{OFFICE}?invented=1&register=stations")
    assert "区域平衡" in page


def test_a_field_without_a_base_is_a_gap_until_there_is_one() -> None:
    field = PriorityField.objects.create(code="t-gap", name_zh="测试空白领域", name_en="Test gap", **_more())

    def missing() -> str:
        page = text(client("officer"), f"{OFFICE}?register=stations")
        return re.sub(r"\s+", " ", page.split('<td class="k-title">测试空白领域')[-1].split("</tr>")[0])

    assert "text-soon" in missing()
    for kind in (k for k in base_kinds().values() if k.register == "stations"):
        new_base(kind=kind.code, answers={}, columns={"field": field, "place": Place.objects.get(code="150400")})
    assert "text-soon" not in missing()


def _more() -> dict[str, Any]:
    first = PriorityField.objects.first()
    assert first is not None
    names = {"id", "code", "name_zh", "name_en"}
    return {f.attname: getattr(first, f.attname) for f in first._meta.concrete_fields if f.name not in names}


def test_filters_narrow_map_list_and_sums_alike() -> None:
    base = new_base(kind="makerspace", answers={}, name="筛选的空间", columns={"place": Place.objects.get(code="150500")})
    for query, found in (
        ("q=筛选的空间", True),
        ("q=筛选的空间&register=incubators", True),
        ("q=筛选的空间&kind=incubator", False),
        ("q=筛选的空间&place=150500", True),
        ("q=筛选的空间&place=nmg-east", True),
        ("q=筛选的空间&place=nmg-west", False),
        ("q=筛选的空间&group=ended", False),
    ):
        assert (base.number in text(client("officer"), f"{OFFICE}?{query}")) is found, query


def test_who_sees_what_is_not_public() -> None:
    hidden = new_base("infrastructure", answers={}, name="还在预研的装置")
    assert hidden.number in text(client("officer"), f"{OFFICE}?q=还在预研")
    assert hidden.number not in text(client(None), f"{PUBLIC}?q=还在预研")
    assert client(user_of(new_person(organisation=new_host()))).get(OFFICE).status_code == 403
    assert 'href="/bases/layout/"' in text(client(None), "/registers/")


def test_the_page_asks_as_often_whatever_it_holds() -> None:
    browser, counts = client("officer"), []
    text(browser, OFFICE)
    for _n in range(2):
        with CaptureQueriesContext(connection) as queries:
            text(browser, OFFICE)
        counts.append(len(queries))
        for _m in range(3):
            new_base(kind="makerspace", answers={})
    assert counts[0] == counts[1] <= 35
