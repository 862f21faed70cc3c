"""A recommending agency sees only what its own institutions have endorsed: in lists, counts, exports, batches and search."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.calls.models import Application
from headwater.calls.queries import recommendation_batches
from headwater.calls.states import State
from headwater.core.duties import duties_of
from headwater.core.models import RoleGrant
from headwater.core.search import SearchRow, index, search
from headwater.registry.models import Agency, Organisation
from tests.calls.test_batches import preview
from tests.make import client, new_call, new_host, new_person, placed, real_host, recommender

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_agencies() -> dict[str, Any]:
    """One agency with one endorsed application; another with two, and one that its host has not endorsed yet."""
    call, host = new_call(), real_host()
    agency = Agency.objects.filter(recommends=True).exclude(pk=host.recommender_id).order_by("pk")[0]
    other = new_host(recommender=agency)
    stranger = new_person("别的归口管理部门")
    RoleGrant.objects.create(account=stranger.account, role="recommender", scope="agency", scope_id=agency.pk)
    ours = placed(call, "recommending", new_person("甲", host), title_zh="甲方湖泊湿地研究")
    unsent = placed(call, "host_review", new_person("丙", host), title_zh="丙方湖泊湿地研究")
    theirs = [placed(call, "recommending", new_person(f"乙{n}", other), title_zh=f"乙方湖泊湿地研究{n}") for n in range(2)]
    index(SearchRow("application", r.pk, r.title_zh, f"/applications/{r.pk}/") for r in (ours, unsent, *theirs))
    return {"call": call, "host": host, "ours": ours, "unsent": unsent, "theirs": theirs, "stranger": stranger.account}


def test_recommender_lists_and_exports_hold_only_its_own(two_agencies: dict[str, Any]) -> None:
    name = recommender(two_agencies["host"]).account.username  # type: ignore[union-attr]
    browser, call = client(name), two_agencies["call"]
    everything = [two_agencies["ours"], two_agencies["unsent"], *two_agencies["theirs"]]
    for query in ("", "?all=1", f"?call={call.pk}", "?q=湖泊", "?format=csv", "?all=1&format=csv"):
        body = browser.get(f"/recommend/{query}").content.decode("utf-8-sig")
        assert "甲方湖泊湿地研究" in body, query
        assert "乙方" not in body, query
        assert "丙方" not in body, query
    table = browser.post("/recommend/", {"format": "csv", "pk": [r.pk for r in everything]}).content.decode("utf-8-sig")
    assert table.count("湖泊湿地研究") == 1
    for row in [two_agencies["unsent"], *two_agencies["theirs"]]:
        assert browser.get(f"/applications/{row.pk}/").status_code == 404
        assert browser.get(f"/applications/{row.pk}/pdf/").status_code == 404
        assert browser.get(f"/recommend/{row.pk}/return/").status_code == 404
    page = preview(browser, everything, "/recommend/chosen/")
    assert "乙方" not in page
    assert "共选 1 项" in page


def test_recommender_counts_only_its_own(two_agencies: dict[str, Any]) -> None:
    account = recommender(two_agencies["host"]).account
    assert account
    agency = two_agencies["host"].recommender_id
    batch = next(b for b in recommendation_batches({agency}) if b.call == two_agencies["call"])
    assert (batch.waiting, batch.done) == (1, 0)
    of_stranger = [d.count for d in duties_of(two_agencies["stranger"]) if d.url == "/recommend/"]
    assert of_stranger == [2]
    others = Application.objects.filter(state=State.RECOMMENDING, host__recommender=agency, host__direct=False).count()
    assert [d.count for d in duties_of(account) if d.url == "/recommend/"] == [others]


def test_recommender_finds_only_its_own(two_agencies: dict[str, Any]) -> None:
    def found(account: Any) -> set[str]:
        return {e.title for e in search(account, "湖泊湿地", kinds=["application"]) if "方湖泊湿地研究" in e.title}

    assert found(recommender(two_agencies["host"]).account) == {"甲方湖泊湿地研究"}
    assert found(two_agencies["stranger"]) == {"乙方湖泊湿地研究0", "乙方湖泊湿地研究1"}
    page = client(two_agencies["stranger"].username).get("/search/?q=湖泊湿地&kind=application").content.decode()
    page = page.replace("<mark>", "").replace("</mark>", "")
    assert "甲方湖泊湿地研究" not in page
    assert "乙方湖泊湿地研究0" in page


def test_a_host_that_moved_to_another_agency_takes_its_applications_along(two_agencies: dict[str, Any]) -> None:
    host, account = two_agencies["host"], recommender(two_agencies["host"]).account
    Organisation.objects.filter(pk=host.pk).update(recommender=Agency.objects.exclude(pk=host.recommender_id).order_by("pk")[0])
    assert not Application.objects.visible_to(account).filter(pk=two_agencies["ours"].pk).exists()
