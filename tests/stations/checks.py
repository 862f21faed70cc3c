"""What the house does for a domain that only declares: run by `tests/test_new_domain.py` in a process that has installed it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from headwater.core import clock
from headwater.core.command import Actor, system
from headwater.core.coverage import COVERS, differing_rows
from headwater.core.duties import duties_of
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Account, GrantProposal, RoleGrant
from headwater.core.permission import may
from headwater.core.roles import Scope
from headwater.core.services import grant_roles
from headwater.policy.models import Article, Evidence
from headwater.policy.services import record_indicators
from tests import test_access, test_own_cases
from tests.approvals import confirmed
from tests.make import client, roles
from tests.stations.models import KEEPER, KIND, Station
from tests.stations.services import open_station

pytestmark = pytest.mark.django_db
HERE = [(route, entry) for route, entry in test_access.ROUTES if route.startswith("stations/")]


def grant_to(station: Station, account: Account, role: str = KEEPER, scope: str = Scope.ENTRY, kind: str = KIND) -> RoleGrant:
    grant = RoleGrant(account=account, role=role, scope=scope, scope_kind=kind, scope_id=station.pk, scope_label=str(station))
    return grant_roles(grants=[grant], actor=system("cli"))[0]


@pytest.fixture
def mine() -> Station:
    return Station.objects.create(
        code="S1", name_zh="草原站", name_en="Grassland station", inspect_by=clock.now() + timedelta(days=3)
    )


@pytest.fixture
def other() -> Station:
    return Station.objects.create(code="S2", name_zh="沙地站", name_en="Sand station")


@pytest.fixture
def keeper(mine: Station) -> Account:
    account = Account.objects.create(username="keeper", name_zh="站长", email="keeper@example.org")
    grant_to(mine, account)
    return Account.objects.get(pk=account.pk)


def test_the_page_is_in_the_navigation_of_the_role_alone(keeper: Account) -> None:
    line = '<a href="/stations/"'
    assert line in client("keeper").get("/desk/").content.decode()
    assert [name for name in roles().values() if line in client(name).get("/desk/").content.decode()] == []


def test_every_address_is_walked_and_every_kind_of_record_asked(
    monkeypatch: pytest.MonkeyPatch, mine: Station, keeper: Account
) -> None:
    assert len(HERE) == 2
    test_own_cases.test_every_kind_of_record_says_whose_case_it_is()
    monkeypatch.setattr(test_access, "ROUTES", HERE)
    test_access.test_every_route_declares_its_permission()
    test_access.test_every_argument_of_a_route_has_an_example_in_its_app()
    test_access.test_every_route_answers_every_role_without_error()
    have = test_access.first_of_each()
    assert [client("keeper").get(test_access.concrete(route, have)).status_code for route, _entry in HERE] == [200, 200]


def test_a_role_for_one_entry_reaches_no_other(keeper: Account, mine: Station, other: Station) -> None:
    assert (may(keeper, "stations.keep", mine), may(keeper, "stations.keep", other)) == (True, False)
    open_station(station=mine, actor=Actor(keeper))
    with pytest.raises(NotAllowed):
        open_station(station=other, actor=Actor(keeper))
    browser = client("keeper")
    assert [browser.get(f"/stations/{s.pk}/").status_code for s in (mine, other)] == [200, 404]
    Station.objects.filter(pk=other.pk).update(state="open")
    assert browser.get(f"/stations/{other.pk}/").status_code == 403  # everybody may see it; only its keeper has this page
    stranger = Account.objects.create(username="stranger", name_zh="他站", email="s@example.org")
    RoleGrant.objects.create(account=stranger, role=KEEPER, scope="call", scope_id=mine.pk)  # the same number, of another kind
    assert not may(Account.objects.get(pk=stranger.pk), "stations.keep", mine)


def test_an_administrator_grants_the_role_for_one_entry(mine: Station) -> None:
    account = Account.objects.create(username="newcomer", name_zh="新来的", email="n@example.org")
    browser = client("secadmin")
    data = {"grant": "1", "username": "newcomer", "role": KEEPER, "scope": KIND, "scope_code": "S1"}
    wrong = browser.post("/admin/roles/", data | {"scope_code": "S9"})
    assert (wrong.status_code, "没有找到该代码" in wrong.content.decode()) == (422, True)
    assert browser.post("/admin/roles/", data | {"scope": "all", "scope_code": ""}).status_code == 422
    assert browser.post("/admin/roles/", data | {"role": "host_manager"}).status_code == 422
    assert not account.role_grants.exists()
    assert browser.post("/admin/roles/", data).status_code == 302
    grant = account.role_grants.get()
    assert (grant.scope, grant.scope_kind, grant.scope_id, grant.limit) == ("entry", KIND, mine.pk, KIND)
    assert "台站负责人" in browser.get("/admin/roles/").content.decode()
    assert not check(["rows_as_written"])


def test_a_grant_that_the_role_does_not_allow_is_refused(mine: Station) -> None:
    account = Account.objects.get(username="officer")
    with pytest.raises(Refused, match="不相容"):
        grant_to(mine, account)
    newcomer = Account.objects.create(username="newcomer", name_zh="新来的", email="n@example.org")
    for role, scope, kind in (
        (KEEPER, Scope.CALL, ""),
        (KEEPER, Scope.ENTRY, "core.account"),
        ("host_manager", Scope.ENTRY, KIND),
    ):
        with pytest.raises(Refused, match="不能按这个范围授予"):
            grant_to(mine, newcomer, role, scope, kind)


def test_a_role_that_decides_on_one_entry_takes_two_administrators(mine: Station) -> None:
    account = Account.objects.create(username="newcomer", name_zh="新来的", email="n@example.org")
    data = {"grant": "1", "username": "newcomer", "role": "station_inspector", "scope": KIND, "scope_code": "S1"}
    assert client("secadmin").post("/admin/roles/", data).status_code == 302
    row = GrantProposal.objects.get(account=account)
    assert (row.scope_kind, row.scope_id, row.limit, account.role_grants.count()) == (KIND, mine.pk, KIND, 0)
    assert confirmed(client("sysadmin"), "/admin/grants/", {"approve": row.pk}).status_code == 302
    assert [(g.scope_kind, g.scope_id) for g in account.role_grants.all()] == [(KIND, mine.pk)]
    assert account.is_sensitive


@pytest.mark.parametrize(("scope", "kind"), [("entry", ""), ("call", KIND), ("all", KIND)])
def test_the_database_holds_that_an_entry_has_a_kind_and_nothing_else_has(mine: Station, scope: str, kind: str) -> None:
    account = Account.objects.create(username="newcomer", name_zh="新来的", email="n@example.org")
    number = None if scope == "all" else mine.pk
    with pytest.raises(IntegrityError, match="role_grant_entry_has_kind"), transaction.atomic():
        RoleGrant.objects.create(account=account, role=KEEPER, scope=scope, scope_kind=kind, scope_id=number)


def test_the_duty_stands_on_the_desk(keeper: Account, mine: Station) -> None:
    assert [(d.title, d.days_left) for d in duties_of(keeper)] == [("巡检：草原站", 3)]
    assert "巡检：草原站" in client("keeper").get("/desk/").content.decode()
    assert "巡检：草原站" not in client("officer").get("/desk/").content.decode()


def test_the_indicator_gives_a_figure_with_its_records(keeper: Account, mine: Station) -> None:
    open_station(station=mine, actor=Actor(keeper))
    article = Article.objects.get(number=7)
    words = {"label_zh": "运行中的台站", "label_en": "Stations at work"}
    Evidence.objects.create(article=article, code="stations.open", indicator="stations.open", **words)
    record_indicators()
    page = client(None).get("/indicators/stations.open/").content.decode()
    assert "运行中的台站" in page
    assert "草原站" in page
    rows = json.loads(client(None).get("/data/indicators.json").content)["rows"]
    assert [r["value"] for r in rows if r["code"] == "stations.open"] == [1]


def test_the_register_is_open_data(keeper: Account, mine: Station, other: Station) -> None:
    open_station(station=mine, actor=Actor(keeper))
    assert "台站" in client(None).get("/data/").content.decode()
    found = json.loads(client(None).get("/data/stations.json").content)["rows"]
    assert [r["code"] for r in found] == ["S1"]  # what is being built is not public
    assert client(None).get("/data/stations.csv").content.decode("utf-8-sig").splitlines()[0] == "code,name_zh,name_en,opened_on"


def test_its_state_has_a_colour(keeper: Account, mine: Station) -> None:
    assert '<span class="badge hw-state hw-azure">建设中</span>' in client("keeper").get(f"/stations/{mine.pk}/").content.decode()


def test_its_invariants_and_its_rows_are_verified(keeper: Account, mine: Station) -> None:
    open_station(station=mine, actor=Actor(keeper))
    covered = COVERS["stations_station"]
    before = differing_rows(covered)
    assert not check(["open_station_has_day"])
    Station.objects.filter(pk=mine.pk).update(opened_on=None)  # behind the commands
    assert [breach.rows for breach in check(["open_station_has_day"])] == [["station S1"]]
    assert {key for key, _words in differing_rows(covered)} - {key for key, _words in before} == {mine.pk}


def test_a_grant_for_an_entry_that_is_gone_is_found(keeper: Account, mine: Station) -> None:
    assert not check(["entries_of_roles_exist"])
    pk, grant = mine.pk, keeper.role_grants.get()
    mine.delete()
    assert [breach.rows for breach in check(["entries_of_roles_exist"])] == [[f"grant {grant.pk} of {KEEPER} to {KIND} {pk}"]]
    with pytest.raises(Refused, match="没有找到该条目"):
        grant_to(Station(pk=pk), Account.objects.create(username="late", name_zh="后来", email="l@example.org"))
