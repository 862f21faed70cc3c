"""A package to start from is whole: it passes the check, loads, and the house serves the new region by its own words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from headwater.cli.data import region
from headwater.core.command import system
from headwater.demo.plan import checked_plan
from headwater.regions.check import find_package, read_package
from headwater.regions.load import load_region
from headwater.regions.starting import StartError, write_package
from headwater.registry.queries import region_here
from tests.calls.test_services import new_call
from tests.make import client


def test_the_command_writes_a_package_without_a_mistake(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        region, ["new", "north-bay", "--into", str(tmp_path), "--name-zh", "北湾", "--name-en", "North Bay"]
    )
    assert done.exit_code == 0, done.output
    found = read_package(tmp_path / "north-bay")
    assert found.mistakes == []
    assert (found.tables["region"]["region"]["name_en"], [s["scheme"]["code"] for s in found.schemes]) == (
        "North Bay",
        ["north-bay-grant"],
    )
    assert len(done.output.splitlines()) == len([f for f in (tmp_path / "north-bay").rglob("*") if f.is_file()])
    assert checked_plan(found) == (None, [])
    again = CliRunner().invoke(region, ["new", "north-bay", "--into", str(tmp_path)])
    assert (again.exit_code, "is not empty" in again.output) == (1, True)


@pytest.mark.parametrize("code", ["", "x", "North", "9bay", "no rth", "../up"])
def test_a_code_that_is_none_writes_nothing(tmp_path: Path, code: str) -> None:
    with pytest.raises(StartError):
        write_package(code, tmp_path / (code or "x"), "北湾", "North Bay")
    assert list(tmp_path.iterdir()) == []


def serve(code: str, settings: Any) -> None:
    settings.CONFIG = replace(settings.CONFIG, region=code)


@pytest.mark.django_db
def test_a_new_region_is_served_by_its_own_words(tmp_path: Path, settings: Any) -> None:
    write_package("northbay", tmp_path / "northbay", "北湾", "North Bay")
    load_region(package=read_package(tmp_path / "northbay"), actor=system("test"))
    call = new_call("northbay-grant")
    serve(str(tmp_path / "northbay"), settings)
    assert region_here() is not None
    pages = [
        "/",
        "/policy/",
        "/policy/1/",
        "/calls/",
        f"/calls/{call.code}/",
        "/projects/",
        "/indicators/awards.count/",
        "/data/",
    ]
    shown = {}
    for address in pages:
        page = client(None).get(address)
        assert page.status_code == 200, address
        shown[address] = page.content.decode()
    assert "北湾" in shown["/"]
    assert call.title_zh in shown[f"/calls/{call.code}/"]
    assert "北湾基础研究政策" in shown["/policy/"]
    assert "地区" in shown["/projects/"]
    assert not [address for address, text in shown.items() if "盟" in text.replace("联盟", "") and address != "/calls/"]
    assert client(None).get("/policy/2/").status_code == 404  # the other region's articles are not this one's


@pytest.mark.django_db
def test_the_invented_country_is_served_with_its_map(settings: Any) -> None:
    load_region(package=read_package(find_package("atoll")), actor=system("test"))
    serve("atoll", settings)
    page = client(None).get("/")
    assert [s["name"] for s in page.context["map"]["shapes"]] == ["东礁", "西礁"]
    assert "各礁区立项" in page.content.decode()
    assert [r.evidence.code for r in page.context["figures"]] == ["awards.count", "reefs.reached"]
