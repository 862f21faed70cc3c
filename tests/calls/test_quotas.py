"""The officer's page of all quotas of a call, and a quota that an officer changes."""

from __future__ import annotations

import pytest

from headwater.calls.endorsing.services.endorsement import change_quota, endorse
from headwater.calls.models import Call, HostQuota
from headwater.core.errors import NotAllowed, Refused
from headwater.core.models import Event, Notification
from tests.calls.test_endorsement import waiting
from tests.make import actor, client, manager, new_call, new_host, real_host, refusal
from tests.test_queries import counted

pytestmark = pytest.mark.django_db
BASIS = {"years": {"2025": 3, "2024": 1}, "best": 3, "floor": False, "multiplier": 2}


def limited(call: Call, quota: int = 3) -> HostQuota:
    return HostQuota.objects.create(call=call, organisation=real_host(), quota=quota, basis=BASIS)


def test_quota_is_changed_with_a_reason_that_the_host_reads() -> None:
    call = new_call()
    row = limited(call)
    change_quota(call=call, host=row.organisation, quota=5, reason="承担自治区重点实验室建设", actor=actor("officer"))
    row.refresh_from_db()
    assert (row.quota, row.basis) == (5, {**BASIS, "computed": 3, "reason": "承担自治区重点实验室建设"})
    change_quota(call=call, host=row.organisation, quota=4, reason="按实际调减", actor=actor("officer"))
    row.refresh_from_db()
    assert (row.quota, row.basis["computed"]) == (4, 3)
    notes = Notification.objects.filter(account=manager(row.organisation).account).order_by("-pk")[:2]
    assert [n.body for n in notes] == ["按实际调减", "承担自治区重点实验室建设"]
    event = Event.objects.filter(command="calls.change_quota").latest("pk")
    assert (event.before, event.after) == ({"quota": 5}, {"quota": 4, "reason": "按实际调减"})
    page = client(manager(row.organisation).account.username).get("/host/endorse/").content.decode()  # type: ignore[union-attr]
    assert "基金办公室调整为 4 项（按规则为 3 项）：按实际调减" in page


def test_quota_is_refused_without_reason_below_what_is_endorsed_and_for_a_host_without_one() -> None:
    call = new_call()
    row = limited(call)
    endorse(applications=waiting(call, 2, row.organisation), actor=manager(row.organisation))
    with pytest.raises(Refused) as error:
        change_quota(call=call, host=row.organisation, quota=1, reason=" ", actor=actor("officer"))
    assert [f for f, _code in refusal(error)] == ["reason", "quota"]
    with pytest.raises(Refused, match="没有限额"):
        change_quota(call=call, host=new_host(), quota=1, reason="理由", actor=actor("officer"))
    row.refresh_from_db()
    assert row.quota == 3


def test_only_officers_of_the_call_see_and_change_quotas() -> None:
    call = new_call()
    row = limited(call)
    with pytest.raises(NotAllowed):
        change_quota(call=call, host=row.organisation, quota=9, reason="理由", actor=manager(row.organisation))
    browser = client(manager(row.organisation).account.username)  # type: ignore[union-attr]
    for page in (f"/office/calls/{call.pk}/quotas/", f"/office/quotas/{row.pk}/"):
        assert browser.get(page).status_code in {403, 404}


def test_page_counts_filters_and_changes() -> None:
    call, other = new_call(), new_host()
    row = limited(call, 2)
    full = HostQuota.objects.create(call=call, organisation=other, quota=0)
    rows = waiting(call, 4, row.organisation)
    endorse(applications=rows[:1], actor=manager(row.organisation))
    browser, page = client("officer"), f"/office/calls/{call.pk}/quotas/"
    found = {q.pk: (q.used, q.waiting, q.left) for q in browser.get(page).context["list"].objects}
    assert found == {row.pk: (1, 3, 1), full.pk: (0, 0, 0)}
    for fit, expected in {"full": [full.pk], "over": [row.pk], "open": [row.pk]}.items():
        assert [q.pk for q in browser.get(page, {"fit": fit}).context["list"].objects] == expected
    assert "近年立项" in browser.get(page).content.decode()
    answer = browser.post(f"/office/quotas/{row.pk}/", {"quota": "0", "reason": ""})
    assert answer.status_code == 422
    answer = browser.post(f"/office/quotas/{row.pk}/", {"quota": "0", "reason": "调减"})
    assert "限额不能少于这个数" in answer.content.decode()
    browser.post(f"/office/quotas/{row.pk}/", {"quota": "4", "reason": "调增"})
    row.refresh_from_db()
    assert row.quota == 4


def test_page_asks_the_same_for_one_host_and_for_many() -> None:
    counts = []
    for size in (1, 6):
        call = new_call()
        limited(call)
        for _n in range(size):
            HostQuota.objects.create(call=call, organisation=new_host(), quota=1)
        browser = client("officer")
        browser.get(f"/office/calls/{call.pk}/quotas/")
        with counted() as sent:
            browser.get(f"/office/calls/{call.pk}/quotas/")
        counts.append(len(sent))
    assert counts[0] == counts[1]
