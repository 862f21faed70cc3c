"""Which figures speak for an article is said by the region: by its words, narrowed, as of a date, and against what they must reach."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from typing import Any

import pytest

from headwater.awards.models import Award
from headwater.calls.models import Decision, Notice
from headwater.core import clock
from headwater.core.command import system
from headwater.core.errors import Refused
from headwater.core.indicators import INDICATORS, Figure, Indicator, Records, indicator
from headwater.policy.models import Article, Evidence, IndicatorValue
from headwater.policy.queries import evidence_here, figure_of, figures_here, readings
from headwater.policy.services import record_indicators
from headwater.regions.check import find_package, read_package
from headwater.regions.declared import undeclared
from headwater.regions.load import load_region
from headwater.regions.package import Package
from headwater.regions.policies import evidence_of
from headwater.registry.models import Place, PlaceGroup
from headwater.registry.places import place_of, places_within
from tests.make import client

pytestmark = pytest.mark.django_db


def text(address: str) -> str:
    page = client(None).get(address)
    assert page.status_code == 200, address
    return str(page.content.decode())


def changed(**columns: Any) -> Evidence:
    """The evidence of article 4 that counts the grants, with other columns."""
    found = Evidence.objects.filter(article__number=4, code="awards.count")
    found.update(**columns)
    return found.get()


def test_an_article_shows_the_words_of_the_package_and_nothing_else() -> None:
    said = list(evidence_of(read_package(find_package("nmg")).tables["policy"]))
    assert {n for n, _e in said} == set(range(1, 20)) - {1, 2, 6}
    for number in (4, 16, 19):
        page = text(f"/policy/{number}/")
        inside = {e["label_zh"] for n, e in said if n == number}
        outside = {e["label_zh"] for n, e in said if n != number} - inside
        assert all(label in page for label in inside)
        assert not [label for label in outside if f">{label}<" in page]


def test_a_figure_is_narrowed_to_what_the_package_names() -> None:
    every, young = figures_here()["awards.count"], figures_here()["awards.youth"]
    assert (young.indicator, young.only) == ("awards.count", {"scheme": ["im-youth"]})
    found = Award.objects.projects()
    wanted = found.filter(call__scheme__code="im-youth").count()
    assert 0 < wanted < found.count()
    assert (figure_of(young, clock.today()).value, figure_of(every, clock.today()).value) == (wanted, found.count())


def test_readers_narrow_a_figure_and_get_the_records_of_the_part() -> None:
    page = client(None).get("/indicators/awards.count/?scheme=im-youth")
    whole = client(None).get("/indicators/awards.count/")
    young = Award.objects.projects().filter(call__scheme__code="im-youth")
    assert (page.context["value"], page.context["list"].total) == (young.count(), young.count())
    assert whole.context["list"].total > page.context["list"].total
    file = client(None).get("/indicators/awards.count/?scheme=im-youth&format=csv").content.decode("utf-8-sig")
    assert {line.split(",")[0] for line in file.splitlines()[1:]} == set(young.values_list("number", flat=True))
    assert client(None).get("/indicators/awards.count/?scheme=nothing").context["list"].total == whole.context["list"].total
    assert "scheme" not in {name for name, *_rest in client(None).get("/indicators/awards.youth/").context["choices"]}


def test_a_figure_can_be_narrowed_to_a_place_and_to_a_group_of_places() -> None:
    evidence = figures_here()["awards.count"]
    here = place_of()
    by_place = {p.code: figure_of(evidence, clock.today(), {"place": [p.code]}).value or 0 for p in set(here.values())}
    whole = figure_of(evidence, clock.today()).value
    assert sum(by_place.values()) == whole
    for group in PlaceGroup.objects.filter(code__startswith="nmg"):
        part = figure_of(evidence, clock.today(), {"place": [group.code]}).value or 0
        assert part == sum(by_place[code] for code in group.places)
    assert {here[pk].code for pk in places_within(["nmg-east"]) if pk in here} == {
        "150400",
        "150500",
        "150700",
        "152200",
        "152500",
    }
    assert Place.objects.filter(pk__in=places_within(["150000"])).count() == Place.objects.filter(code__startswith="15").count()


def test_a_figure_counts_what_was_so_at_the_end_of_its_day() -> None:
    known = figures_here()
    awards = list(Award.objects.projects().select_related("agreement"))
    decided = {clock.local_day(a.approved_at) for a in awards}
    shares = set()
    for day in (d + timedelta(days=n) for d in decided for n in (0, 1, 11, 12)):
        before = [a for a in awards if clock.local_day(a.approved_at) <= day]
        assert figure_of(known["awards.count"], day).value == len(before)
        assert figure_of(known["awards.money"], day).value == sum(a.amount_fen for a in before) / 1_000_000
        signed = [a for a in before if a.agreement.signed_at and clock.local_day(a.agreement.signed_at) <= day]
        shares.add(figure_of(known["agreements.signed"], day).value)
        assert figure_of(known["agreements.signed"], day).value == 100 * len(signed) / len(before)
    assert len(shares) > 1


def test_a_grant_that_was_given_up_counts_until_that_day() -> None:
    award = Award.objects.projects().select_related("application__decision")[0]
    evidence, day = figures_here()["awards.count"], clock.local_day(award.approved_at) + timedelta(days=30)
    before = figure_of(evidence, day).value
    Award.objects.filter(pk=award.pk).update(state="lapsed")
    Decision.objects.filter(application=award.application_id).update(freed_at=clock.local(day + timedelta(days=2)))
    assert figure_of(evidence, day).value == before
    assert figure_of(evidence, day + timedelta(days=2)).value == (before or 0) - 1


def test_what_is_not_released_is_counted_on_no_day() -> None:
    last = max(clock.local_day(n.closed_at) for n in Notice.objects.exclude(closed_at=None))
    known = figures_here()
    assert figure_of(known["review.opinions"], last).value
    Notice.objects.update(closed_at=None)
    assert figure_of(known["review.opinions"], last).value is None
    assert figure_of(known["review.conflicts_kept_out"], last).value is None


def test_before_anything_was_decided_a_figure_says_nothing() -> None:
    first = Award.objects.order_by("approved_at")[0].approved_at
    before, after = clock.local_day(first) - timedelta(days=1), clock.local_day(first)
    evidence = figures_here()["awards.count"]
    assert figure_of(evidence, before).value is None
    assert figure_of(evidence, after).value


@pytest.mark.parametrize(
    ("columns", "reached", "missed", "told"),
    [
        ({"at_least": 1}, True, False, "达到"),
        ({"at_least": 10_000}, False, True, "未达到"),
        ({"at_most": 1}, False, True, "未达到"),
        ({"at_least": 10_000, "by": 2999}, False, False, "未到期"),
        ({"at_least": 1, "by": 2999}, True, False, "达到"),
        ({"at_least": 1, "by": 2001}, None, False, "到 2001-12-31"),
    ],
)
def test_a_target_is_compared_with_its_figure(columns: dict[str, Any], reached: bool | None, missed: bool, told: str) -> None:
    (reading,) = readings([changed(**columns)])
    assert (reading.is_reached, reading.missed) == (reached, missed)
    assert told in text("/policy/4/")


def test_a_target_whose_day_is_over_is_compared_with_the_figure_of_that_day() -> None:
    year = clock.today().year - 1
    with clock.at(clock.local(date(year + 3, 1, 5))):
        (reading,) = readings([changed(at_least=1, by=year + 2)])
        assert reading.value == figure_of(reading.evidence, date(year + 2, 12, 31)).value
        (early,) = readings([changed(at_least=1, by=year - 2)])
        assert (early.value, early.is_reached) == (None, None)


def test_a_figure_under_two_articles_is_one_figure() -> None:
    record_indicators()
    codes = [e.code for e in evidence_here()]
    assert len(codes) > len(set(codes)) == IndicatorValue.objects.filter(on=clock.today()).count()
    rows = client(None).get("/data/indicators.json").json()["rows"]
    assert len(rows) == len(set(codes))
    assert next(r["articles"] for r in rows if r["code"] == "awards.count") == "4 14"


def test_an_indicator_of_another_version_is_left_out() -> None:
    changed(indicator="awards.unheard_of")
    assert "awards.count" in figures_here()  # article 14 names it still
    Evidence.objects.filter(code="awards.count").update(indicator="awards.unheard_of")
    assert client(None).get("/indicators/awards.count/").status_code == 404
    assert text("/")
    assert text("/policy/4/")


@pytest.fixture
def package() -> Package:
    return copy.deepcopy(read_package(find_package("atoll")))


def test_a_package_that_names_an_unknown_indicator_is_not_loaded(package: Package) -> None:
    evidence = package.tables["policy"]["article"][0]["evidence"]
    evidence[0]["indicator"] = "awards.medals"
    evidence[2]["only"] = {"colour": ["red"]}
    keys = [m.key for m in undeclared(package)]
    assert keys == ["article[0].evidence[0].indicator", "article[0].evidence[2].only"]
    with pytest.raises(Refused, match=r"no indicator 'awards\.medals'; known: agreements\.days"):
        load_region(package=package, actor=system("test"))
    assert not Article.objects.filter(region="atoll").exists()


def test_evidence_that_changes_is_replaced_and_the_same_is_left(package: Package) -> None:
    load_region(package=package, actor=system("test"))
    before = list(Evidence.objects.filter(article__region="atoll").values_list("pk", flat=True))
    assert load_region(package=package, actor=system("test"))["articles"] == 0
    package.tables["policy"]["article"][0]["evidence"][1]["at_least"] = 1
    assert load_region(package=package, actor=system("test"))["articles"] == 1
    after = Evidence.objects.filter(article__region="atoll")
    assert not set(before) & set(after.values_list("pk", flat=True))
    assert [e.at_least for e in after] == [None, 1, None]


def test_an_indicator_is_declared_once_with_a_known_unit() -> None:
    with pytest.raises(RuntimeError, match="comes too late"):
        indicator("awards.count", unit="items")(lambda on: Figure(1, Records((), list)))
    with pytest.raises(LookupError, match="no unit 'ells'; known: items"):
        indicator("awards.cloth", unit="ells")
    with pytest.raises(LookupError, match="no breakdown 'colour'; known: scheme, year, place"):
        INDICATORS["awards.count"].figure(clock.today(), {"colour": ["red"]})
    assert isinstance(INDICATORS["awards.count"], Indicator)
