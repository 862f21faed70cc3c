"""Look-ups by typing: they offer what their viewer may see, a few at a time, and pages hold no whole list."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.calls.applying.services.hosting import own_institutions
from headwater.calls.models import Application
from headwater.calls.states import State
from headwater.core.lookups import LOOKUPS, MOST
from headwater.core.models import Account, RoleGrant
from headwater.registry.models import Discipline, Organisation, Person
from headwater.review.models import Expert
from tests.make import client, roles
from tests.test_queries import counted

pytestmark = pytest.mark.django_db
SCRIPT = {"accept": "application/json"}


def ask(browser: Any, code: str, text: str = "") -> Any:
    answer = browser.get(LOOKUPS[code].url, {"q": text}, headers=SCRIPT)
    return answer.json() if answer.status_code == 200 else answer.status_code


def offered(browser: Any, code: str, text: str = "") -> list[str]:
    return [option["value"] for option in ask(browser, code, text)["options"]]


def applicant() -> Account:
    return Application.objects.filter(state=State.DRAFT).order_by("pk")[0].leader.account


def organisation(name: str, code: str, **more: Any) -> Organisation:
    return Organisation.objects.create(code=code, name_zh=name, kind="university", **more)


@pytest.mark.parametrize("code", sorted(LOOKUPS))
def test_every_role_is_offered_what_it_may_see_or_turned_away(code: str) -> None:
    lookup = LOOKUPS[code]
    assert client(None).get(lookup.url, headers=SCRIPT).status_code == 302
    answers = set()
    for name in roles().values():
        user, browser = Account.objects.get(username=name), client(name)
        if not user.has_perm(lookup.action):
            assert (ask(browser, code), browser.get(lookup.url).status_code) == (403, 403)
            answers.add("no")
            continue
        answers.add("yes")
        visible = {value for record in lookup.visible(user) for value in (lookup.value(record), lookup.single(record))}
        assert set(offered(browser, code)) <= visible
        assert browser.get(lookup.url).status_code == 200
    assert "yes" in answers


def test_a_host_is_offered_its_own_people_only() -> None:
    grant = RoleGrant.objects.filter(role="host_manager").select_related("account").order_by("pk")[0]
    other = Person.objects.exclude(organisation=grant.scope_id).exclude(account=grant.account).order_by("pk")[0]
    mine = Person.objects.filter(organisation=grant.scope_id).order_by("pk")[0]
    browser = client(grant.account.username)
    assert [v.partition(" ")[0] for v in offered(browser, "people", mine.name_zh)] == [mine.name_zh]
    assert (offered(browser, "people", other.email), other.name_zh in browser.get("/lookup/people/").content.decode()) == (
        [],
        False,
    )
    assert len(offered(client("officer"), "people", other.email)) == 1


def test_a_few_are_offered_best_first_and_the_rest_by_typing_more() -> None:
    for n in range(MOST + 5):
        organisation(f"第{n}牧业大学", f"herd-{n}")
    organisation("牧业大学", "herd", name_en="Herding University")
    browser = client("officer")
    many = ask(browser, "organisations", "牧业")
    assert (len(many["options"]), many["options"][0]["value"]) == (MOST, "牧业大学")
    assert many["told"] == f"列出前 {MOST} 项，继续输入可以缩小范围"
    assert offered(browser, "organisations", "herding UNIV") == ["牧业大学"]
    assert offered(browser, "organisations", "ｈｅｒｄ－７") == ["第7牧业大学"]
    assert ask(browser, "organisations", "没有这样的单位") == {"options": [], "told": "没有找到，请换个词，或填写全称"}
    codes = [d.code for d in Discipline.objects.filter(level=2).order_by("code")[:3]]
    assert [v.partition(" ")[0] for v in offered(browser, "codes", codes[1])] == [codes[1]]


def test_own_institutions_come_first_among_hosts_and_no_other_that_is_no_host() -> None:
    user = applicant()
    organisation("一所没有注册的学院", "no-host")
    own = own_institutions(user.person)
    listed = offered(client(user.username), "hosts")
    assert listed[: len(own)] == [o.name_zh for o in own]
    assert offered(client(user.username), "hosts", "一所没有注册的学院") == []
    Organisation.objects.filter(pk=own[0].pk).update(is_host=False)
    assert offered(client(user.username), "hosts")[0] == own[0].name_zh


def test_of_two_with_one_name_each_is_offered_by_its_code_and_can_be_chosen() -> None:
    row = Application.objects.filter(state=State.DRAFT).order_by("pk")[0]
    first, second = (organisation("同名大学", f"same-{n}", is_host=True) for n in (1, 2))
    browser = client(row.leader.account.username)
    assert sorted(offered(browser, "hosts", "同名")) == [first.code, second.code]
    browser.post(f"/applications/{row.pk}/host/", {"host": second.code})
    row.refresh_from_db()
    assert row.host == second


def test_a_look_up_asks_as_often_for_many_as_for_one() -> None:
    """Session and account, roles where a role decides, one's records for one's own institutions, and one question for the options."""
    user = applicant()
    browser, officer = client(user.username), client("officer")
    for n in range(MOST + 5):
        organisation(f"第{n}牧业大学", f"herd-{n}", is_host=True)
    found: dict[str, list[int]] = {}
    for code in LOOKUPS:
        for text in ("大", "第7牧业大学", "大"):  # the first answer warms what is kept between requests
            with counted() as sent:
                ask(browser if code == "hosts" else officer, code, text)
            found.setdefault(code, []).append(len(sent))
    assert {code: counts[1:] for code, counts in found.items()} == {
        code: [{"organisations": 3, "codes": 3, "fields": 3, "people": 4, "expert_homes": 4, "hosts": 6}[code]] * 2
        for code in LOOKUPS
    }


def test_no_page_grows_with_the_institutions_and_disciplines_that_there_are() -> None:
    row = Application.objects.filter(state=State.DRAFT).order_by("pk")[0]
    pages = [
        (row.leader.account.username, f"/applications/{row.pk}/edit/info/"),
        (row.leader.account.username, f"/applications/{row.pk}/edit/plan/"),
        ("officer", "/office/experts/"),
        ("officer", "/office/experts/new/"),
        ("officer", f"/office/calls/{row.call_id}/preview/"),
    ]

    def sizes() -> list[int]:
        return [len(client(name).get(address).content) for name, address in pages]

    before = sizes()
    expert = Expert.objects.select_related("person").order_by("pk")[0]
    expert.person.organisation = organisation("专家所在的新单位", "new-home")
    for n in range(30):
        organisation(f"第{n}牧业大学", f"herd-{n}", is_host=True)
        Discipline.objects.create(code=f"Z99{n:02}", name_zh=f"第{n}牧业学", level=2)
    assert sizes() == before


def test_experts_are_narrowed_by_what_was_chosen_and_by_what_was_only_typed() -> None:
    browser = client("officer")
    expert = Expert.objects.filter(person__organisation__isnull=False).select_related("person__organisation").order_by("pk")[0]
    home, code = expert.person.organisation, expert.disciplines.order_by("code")[0].code

    def listed(**query: str) -> list[str]:
        return [
            line.split(",")[0]
            for line in browser.get("/office/experts/", query | {"format": "csv"}).content.decode("utf-8-sig").splitlines()[1:]
        ]

    at_home = sorted(Expert.objects.filter(person__organisation=home).values_list("person__name_zh", flat=True))
    assert sorted(listed(home=home.name_zh)) == sorted(listed(home=home.code)) == at_home
    assert set(at_home) <= set(listed(home=home.name_zh[:3]))
    below = Expert.objects.filter(disciplines__code__startswith=code[:3]).distinct().values_list("person__name_zh", flat=True)
    assert sorted(listed(discipline=f"{code[:3]} 任意名称")) == sorted(below)
    assert listed(discipline="没有这样的学科") == listed(home="没有这样的单位") == []


def test_without_script_a_page_to_search_stands_beside_the_field() -> None:
    row = Application.objects.filter(state=State.DRAFT).order_by("pk")[0]
    browser = client(row.leader.account.username)
    page = browser.get(f"/applications/{row.pk}/edit/info/").content.decode()
    assert '<noscript><a href="/lookup/hosts/" target="_blank">查找依托单位</a></noscript>' in page
    assert '<noscript><a href="/lookup/codes/" target="_blank">查找申请代码</a></noscript>' in page
    found = browser.get("/lookup/hosts/", {"q": row.host.name_zh}).content.decode()
    assert (row.host.name_zh in found, row.host.code in found) == (True, True)
