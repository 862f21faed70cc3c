"""Loading kinds and facts: versions that entries follow, states in use that may not vanish, facts that stay the same."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from headwater.bases.models import Base
from headwater.core.command import system
from headwater.core.errors import Refused
from headwater.core.invariants import check
from headwater.core.models import Event
from headwater.regions.check import find_package, read_package
from headwater.regions.load import load_region
from headwater.registers.kinds import kind_of
from headwater.registers.models import KindVersion
from headwater.registers.services.changing import change_entry
from tests.make import actor
from tests.make.bases import new_base, register_of

pytestmark = pytest.mark.django_db
LAB, LIFE, FACTS = "registers/key-lab-academic.toml", "lives/lab.toml", "entries/laboratories.toml"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return Path(shutil.copytree(find_package("nmg"), tmp_path / "nmg"))


def loaded(package: Path, name: str = "", old: str = "", new: str = "") -> dict[str, int]:
    if name:
        text = (package / name).read_text(encoding="utf-8")
        assert old in text
        (package / name).write_text(text.replace(old, new), encoding="utf-8")
    return load_region(package=read_package(package), actor=system("test"))


def counts(**some: int) -> dict[str, int]:
    return {"kinds": 0, "facts": 0} | some


def test_loading_the_same_again_changes_nothing(package: Path) -> None:
    before = (KindVersion.objects.count(), Base.objects.count(), Event.objects.count())
    told = loaded(package)
    assert {k: told[k] for k in ("kinds", "facts")} == counts()
    assert (KindVersion.objects.count(), Base.objects.count(), Event.objects.count()) == before


def test_entries_follow_a_new_version_of_their_kind(package: Path) -> None:
    base = new_base()
    told = loaded(package, LAB, 'name_en = "Key laboratory (academic)"', 'name_en = "Academic key laboratory"')
    assert told["kinds"] == 1
    row = Base.objects.get(pk=base.pk)
    assert row.version_id != base.version_id
    assert kind_of(row).name_en == "Academic key laboratory"
    assert KindVersion.objects.filter(code="key-lab-academic", is_current=True).count() == 1
    event = Event.objects.filter(subject_type="bases.base", subject_id=base.pk).latest("pk")
    assert (event.command, event.before["version"], event.after["version"]) == (
        "regions.load_region",
        base.version_id,
        row.version_id,
    )
    assert check(["entry_state_declared", "rows_as_written"]) == []


def test_a_kind_that_is_public_no_longer_hides_its_entries(package: Path) -> None:
    base = new_base()
    public = (package / LAB).read_text(encoding="utf-8").split("public = ")[1].split("\n")[0]
    loaded(package, LAB, f"public = {public}", "public = []")
    assert not Base.objects.get(pk=base.pk).is_public
    assert not Base.objects.public().filter(pk=base.pk).exists()


def test_a_state_in_use_may_not_vanish(package: Path) -> None:
    new_base(state="suspended")
    text = (package / LIFE).read_text(encoding="utf-8").replace('"suspended"', '"resting"')
    (package / LIFE).write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match="stand in the state 'suspended', which it does not have"):
        loaded(package)
    (package / LIFE).write_text(text.replace('"resting"', '"suspended"'), encoding="utf-8")
    with pytest.raises(Refused, match="which was watched and is ended"):
        loaded(package, LIFE, 'en = "Suspended"\ngroup = "watched"', 'en = "Suspended"\ngroup = "ended"')


def test_a_kind_with_entries_may_not_vanish(package: Path) -> None:
    new_base()
    (package / LAB).unlink()
    with pytest.raises(Refused, match="of the kind 'key-lab-academic', which the package does not have"):
        loaded(package)


def test_a_fact_is_corrected_until_an_officer_changes_it(package: Path) -> None:
    told = loaded(package, FACTS, 'name_en = "Ordos Laboratory"', 'name_en = "The Ordos Laboratory"')
    assert told["facts"] == 1
    row = Base.objects.get(origin_code="ordos-laboratory")
    assert (row.name_en, row.licence, row.ror, row.invented) == ("The Ordos Laboratory", "CC0 1.0", "03ewg5j93", False)
    change_entry(register=register_of(row.kind), entry=row, columns={"name_en": "Ordos Lab"}, actor=actor("officer"))
    assert loaded(package, FACTS, "The Ordos Laboratory", "Ordos Laboratory")["facts"] == 0
    assert Base.objects.get(pk=row.pk).name_en == "Ordos Lab"


def test_the_facts_of_the_package_are_real_and_have_sources() -> None:
    rows = Base.objects.filter(origin="package")
    by_register: dict[str, Any] = {}
    for row in rows.select_related("version"):
        by_register.setdefault(row.version.register, []).append(row)
    assert {code: len(r) for code, r in by_register.items()} == {"laboratories": 4, "stations": 57}
    assert not rows.filter(source="").exists()
    assert not rows.filter(licence="").exists()
    assert not rows.filter(invented=True).exists()
