"""The tiny year of the tests with the tables of the stations, brought up to date as an installation is."""

import pytest
from django.apps import apps


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: object) -> None:
    from headwater.core.prepare import bring_up_to_date

    assert apps.is_installed("tests.stations"), "run by tests/test_new_domain.py, with the settings beside this"
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        bring_up_to_date()
