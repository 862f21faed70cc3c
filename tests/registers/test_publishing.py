"""What leaves the house of registers: open data, API, feeds, search. The same public part everywhere, the invented apart."""

from __future__ import annotations

import csv
import io
from typing import Any
from xml.etree import ElementTree

import pytest

from headwater.bases.models import Base
from headwater.core.models import Account
from headwater.core.search import search
from headwater.registers.declared import REGISTERS
from headwater.registers.publishing import heading_of, rows_of
from tests.make import client, new_person, user_of
from tests.make.bases import COMPLETE, done, new_base

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
API = "/api/v1/registers/"


def table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client(None).get(f"/data/{name}.csv").content.decode("utf-8-sig"))))


def api(path: str = "", status: int = 200) -> Any:
    answer = client(None).get(f"{API}{path}")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_open_data_has_the_public_part_of_real_entries_alone() -> None:
    base = new_base(
        keepers={"director": new_person("公开主任"), "secretary": new_person("内部秘书")},
        answers=COMPLETE | {"contact": "0471-5550001"},
    )
    hidden = new_base("infrastructure", answers={}, host=None)
    rows = {r["number"]: r for r in table("laboratories")}
    assert set(rows) == set(
        Base.objects.filter(version__register="laboratories", invented=False).values_list("number", flat=True)
    )
    row = rows[base.number]
    assert (row["director"], row["secretary"], row["host"], row["place"], row["group"]) == (
        "公开主任",
        "",
        base.host.name_zh,
        "150100",
        "planned",
    )
    assert row["answers"].startswith("directions=")
    everything = (
        client(None).get("/data/laboratories.json").content.decode()
        + client(None).get("/data/infrastructure.json").content.decode()
    )
    for secret in ("内部秘书", "0471-5550001", hidden.number, "1500000000"):
        assert secret not in everything
    assert list(table("stations")[0]) == list(heading_of(REGISTERS["stations"]))
    invented = {r[0] for r in rows_of(REGISTERS["laboratories"], invented=True)}
    assert invented
    assert not invented & set(rows)


def test_facts_carry_their_source_and_licence() -> None:
    rows = table("stations")
    assert len(rows) == 57
    assert {r["licence"] for r in rows} == {"CC BY 4.0"}
    assert all("Meteostat" in r["source"] and r["latitude"] and r["wigos_id"].startswith("0-20000-0-") for r in rows)


def test_the_api_lists_and_reads_public_entries() -> None:
    codes = [r["code"] for r in api()["items"]]
    assert codes == ["laboratories", "infrastructure", "stations", "incubators", "postdocs"]
    base = new_base(keepers={"director": new_person("接口主任")})
    page = api("laboratories/?kind=key-lab-academic&group=planned")
    row = next(r for r in page["items"] if r["number"] == base.number)
    assert (row["state"], row["state_en"], row["place"], row["invented"]) == ("building", "Being built", "150100", False)
    one = api(f"laboratories/{base.number}/")
    assert (one["keepers"], list(one["answers"])) == ({"director": "接口主任"}, ["directions"])
    first = api("stations/?limit=20")
    assert (len(first["items"]), first["next"]) == (20, f"{API}stations/?limit=20&after={first['items'][-1]['id']}")
    assert api("laboratories/?invented=true")["items"][0]["invented"] is True
    hidden = new_base("infrastructure", answers={}, host=None)
    for path in ("nothing/", "laboratories/NO-1/", f"infrastructure/{hidden.number}/", f"stations/{base.number}/"):
        api(path, 404)


def test_a_feed_tells_what_began_and_what_ended() -> None:
    base = new_base(state="running", name="新运行")
    gone = done(new_base(state="running", name="将撤销"), "remove")
    root = ElementTree.fromstring(client(None).get("/registers/laboratories/feed.atom").content)  # noqa: S314 -- our own feed
    titles = [e.findtext(f"{ATOM}title") for e in root.findall(f"{ATOM}entry")]
    assert f"{base.name_zh}：运行" in titles
    assert f"{gone.name_zh}：已撤销" in titles
    root = ElementTree.fromstring(client(None).get("/registers/laboratories/feed.rss").content)  # noqa: S314 -- our own feed
    assert f"{base.name_zh}：运行" in [i.findtext("title") for i in root.iter("item")]
    assert client(None).get("/registers/laboratories/feed.xml").status_code == 404
    assert not Base.objects.filter(invented=True, name_zh__in=[t.rpartition("：")[0] for t in titles if t]).exists()


def test_search_finds_what_its_reader_may_see() -> None:
    person = new_person()
    base = new_base(name="可被检索的稀土实验室")
    hidden = new_base("infrastructure", answers={}, host=None, name="隐藏的光源装置")
    public, officer = Account.objects.get(username=user_of(person)), Account.objects.get(username="officer")
    assert base.pk in [e.object_id for e in search(public, "检索的稀土")]
    assert [e.object_id for e in search(public, "隐藏的光源装置")] == []
    assert hidden.pk in [e.object_id for e in search(officer, "隐藏的光源装置")]
    page = client(None).get("/search/?q=可被检索的稀土实验室").content.decode()
    assert f"/registers/laboratories/{base.number}/" in page
