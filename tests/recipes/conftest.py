"""The tiny year of the tests in the house with the recipes: its tables brought up to date, its region loaded again."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: object) -> None:
    import headwater
    from headwater.core.command import system
    from headwater.core.prepare import bring_up_to_date
    from headwater.regions.check import find_package, read_package
    from headwater.regions.load import load_region

    source = Path(headwater.__file__).parent
    assert (source / "forms/types/link.py").exists(), "run by tests/test_recipes.py, over a copy of the source"
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        bring_up_to_date()
        load_region(package=read_package(find_package("nmg")), actor=system("test"))
