"""A figure is of the moment that it names: computed when shown beside its records, else shown with the time of its computing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from headwater.awards.models import Award
from headwater.core import clock
from headwater.policy.models import IndicatorValue
from headwater.policy.queries import articles_here, figure_of, figures_here, latest_values
from headwater.policy.services import record_indicators
from headwater.regions.check import find_package, read_package
from tests.make import client

pytestmark = pytest.mark.django_db


def remove_an_award() -> None:
    Award.objects.filter(pk=Award.objects.order_by("-pk")[0].pk).update(state="lapsed")


def shown(page: Any) -> str:
    return page.content.decode()


def test_a_figure_and_the_records_below_it_agree_whatever_was_kept() -> None:
    record_indicators()
    IndicatorValue.objects.filter(code="awards.count").update(value=9999)
    page = client(None).get("/indicators/awards.count/")
    assert page.context["value"] == figure_of(figures_here()["awards.count"], clock.today()).value == page.context["list"].total
    assert "9,999" not in shown(page)
    assert abs(page.context["now"] - clock.now()) < timedelta(minutes=1)


def test_kept_figures_carry_the_time_of_their_computing_and_not_of_viewing() -> None:
    an_hour_ago = clock.now() - timedelta(hours=1, minutes=7)
    IndicatorValue.objects.all().delete()
    with clock.at(an_hour_ago):
        record_indicators()
    assert latest_values().at == an_hour_ago
    told = f"指标数据截至 {timezone.localtime(an_hour_ago):%Y-%m-%d %H:%M}"
    article = figures_here()["awards.count"].article.number
    for address in ("/", "/policy/", f"/policy/{article}/"):
        assert told in shown(client(None).get(address)), address
    assert told in shown(client("leader").get("/lead/"))
    register = shown(client(None).get("/data/indicators.csv"))
    assert f"{timezone.localtime(an_hour_ago):%Y-%m-%dT%H:%M}" in register


def test_the_oldest_of_the_figures_says_how_old_they_are() -> None:
    record_indicators()
    before = clock.now() - timedelta(days=3)
    IndicatorValue.objects.filter(code="awards.money").update(computed_at=before)
    assert latest_values().at == before


def test_the_day_of_a_figure_is_the_local_day() -> None:
    with clock.at(clock.local(clock.today(), 23, 50)):
        record_indicators()
        assert set(IndicatorValue.objects.order_by("-on").values_list("on", flat=True)[:5]) == {clock.today()}


def test_the_agencies_of_an_article_stand_in_the_order_of_its_text() -> None:
    declared = {a["number"]: a["agencies"] for a in read_package(find_package("nmg")).tables["policy"]["article"]}
    rows = list(articles_here().prefetch_related("agencies"))
    assert {a.number: [g.code for g in a.responsible] for a in rows} == declared
    lead = next(a for a in rows if a.number == 17)
    page = shown(client("committee").get("/lead/"))
    assert "、".join(g.name_zh for g in lead.responsible) in "".join(page.split())
