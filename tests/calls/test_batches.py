"""What a batch will do is shown before; ranking and the quota; returns with their notes; a recommender sees only its own."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from headwater.calls.clocks import timeline
from headwater.calls.endorsing.services.batches import Plan, plan_endorsement, plan_recommendation
from headwater.calls.endorsing.services.endorsement import endorse, rank_applications, return_to_author, return_to_host
from headwater.calls.models import Application, Call, HostQuota
from headwater.calls.publishing.services.calls import set_host_quotas, usual_dates
from headwater.calls.queries import quota_meters, recommendation_batches
from headwater.calls.quotas import quota_words
from headwater.calls.states import State
from headwater.core import clock
from headwater.core.errors import NotAllowed, Refused
from headwater.core.models import Event, Notification, Parameter, RoleGrant
from headwater.core.parameters import forget_parameters
from headwater.registry.models import HostHistory
from tests.calls.test_endorsement import states, waiting
from tests.make import as_, client, manager, new_call, new_host, new_person, placed, real_host, recommender, refusal, words
from tests.test_queries import counted

pytestmark = pytest.mark.django_db


def fresh(rows: list[Application]) -> list[Application]:
    found = Application.objects.filter(pk__in=[r.pk for r in rows]).select_related(
        "call__scheme", "host", "leader__account", "discipline"
    )
    return list(found.prefetch_related("participants__person"))


def told(plan: Plan) -> list[tuple[int, str | None, list[str]]]:
    return [(x.application.pk, x.target, [r.code for r in x.reasons]) for x in plan.lines]


# the plan


def test_plan_says_for_each_row_what_will_happen_and_why_not() -> None:
    call, host = new_call(), real_host()
    HostQuota.objects.create(call=call, organisation=host, quota=2)
    rows = [*waiting(call, 3, host), placed(call, "received", new_person("已报", host))]
    account = manager(host).account
    assert account
    own = new_person("管理员兼申请人", host)
    own.account = account
    own.save()
    mine = placed(call, "host_review", own)
    plan = plan_endorsement(fresh([*rows, mine]), account)
    assert told(plan) == [
        (rows[0].pk, State.RECOMMENDING, []),
        (rows[1].pk, None, ["F15"]),
        (rows[2].pk, None, ["F15"]),
        (rows[3].pk, None, ["state"]),
        (mine.pk, None, ["permission"]),
    ]


def test_places_go_by_the_hosts_ranking() -> None:
    call, host = new_call(), real_host()
    HostQuota.objects.create(call=call, organisation=host, quota=2)
    rows = waiting(call, 3, host)
    rank_applications(ordered=[rows[2], rows[0], rows[1]], actor=manager(host))
    plan = plan_endorsement(fresh(rows), manager(host).account)
    assert [(x.application.pk, x.ready) for x in plan.lines] == [(rows[2].pk, True), (rows[0].pk, True), (rows[1].pk, False)]


@pytest.mark.parametrize("quota", [None, 0, 1, 3])
@pytest.mark.parametrize("direct", [False, True])
def test_what_the_plan_calls_ready_the_command_does(quota: int | None, direct: bool) -> None:
    call, host = new_call(), real_host(direct=direct)
    if quota is not None:
        HostQuota.objects.create(call=call, organisation=host, quota=quota)
    rows = [*waiting(call, 3, host), placed(call, "withdrawn", new_person("撤回", host))]
    plan = plan_endorsement(fresh(rows), manager(host).account)
    assert len(plan.ready) == (3 if quota is None else quota)
    if plan.ready:
        done = endorse(applications=plan.ready, actor=manager(host))
        assert {r.pk: r.state for r in done} == {x.application.pk: x.target for x in plan.lines if x.ready}
    for line in plan.refused:
        with pytest.raises(Refused):
            endorse(applications=[line.application], actor=manager(host))


def test_plan_of_a_late_batch_refuses_every_row() -> None:
    call, host = new_call(), real_host()
    rows = waiting(call, 2, host)
    with clock.at(call.endorse_by):
        assert {tuple(c) for _pk, _t, c in told(plan_endorsement(fresh(rows), manager(host).account))} == {("F14",)}
    sent = [placed(call, "recommending", new_person("已报", host))]
    with clock.at(call.recommend_by):
        assert told(plan_recommendation(fresh(sent), recommender(host).account)) == [(sent[0].pk, None, ["F14"])]


def test_plan_asks_as_often_for_six_rows_as_for_two() -> None:
    call, host = new_call(), real_host()
    HostQuota.objects.create(call=call, organisation=host, quota=4)
    rows = waiting(call, 6, host)
    counts = []
    for n in (2, 2, 6):
        some = fresh(rows[:n])
        with counted() as sent:
            plan_endorsement(some, manager(host).account)
        counts.append(len(sent))
    assert counts[1] == counts[2]


# the pages


def preview(browser: Client, rows: list[Application], where: str = "/host/endorse/chosen/", **more: Any) -> str:
    party = "recommender" if "recommend" in where else "host"
    values = {"pk": [r.pk for r in rows], "agree": words(rows[0].call, party), **more}
    return browser.post(where, values).content.decode()


def seen(page: str) -> str:
    return re.findall(r'name="seen" value="(\w+)"', page)[0]


def test_only_what_was_seen_is_done() -> None:
    call, host = new_call(), real_host()
    rows, browser = waiting(call, 3, host), client(f"host-{host.code}")
    digest = seen(preview(browser, rows))
    return_to_author(applications=[rows[0]], note="请补充", actor=manager(host))
    page = preview(browser, rows, confirmed="1", seen=digest)
    assert "情况有变化" in page
    assert "有 1 项已被撤回或退回" in page
    assert states(call) == ["draft", "host_review", "host_review"]
    preview(browser, rows, confirmed="1", seen=seen(page))
    assert states(call) == ["draft", "recommending", "recommending"]


def test_confirming_without_having_seen_does_nothing() -> None:
    call, host = new_call(), real_host()
    rows = waiting(call, 1, host)
    preview(client(f"host-{host.code}"), rows, confirmed="1")
    assert states(call) == ["host_review"]


def test_refused_rows_stay_and_the_others_go() -> None:
    call, host = new_call(), real_host()
    HostQuota.objects.create(call=call, organisation=host, quota=1)
    rows, browser = waiting(call, 2, host), client(f"host-{host.code}")
    page = preview(browser, rows)
    assert "可以办理 1 项，不能办理 1 项" in page
    assert "超出限额：限额 1 项，已报送 0 项，本次只能再报 1 项" in page
    preview(browser, rows, confirmed="1", seen=seen(page))
    assert states(call) == ["recommending", "host_review"]


def test_recommendation_through_the_pages() -> None:
    call, host = new_call(), real_host()
    rows = [placed(call, "recommending", new_person(f"人{n}", host)) for n in range(2)]
    browser = client(recommender(host).account.username)  # type: ignore[union-attr]
    page = preview(browser, rows, "/recommend/chosen/")
    preview(browser, rows, "/recommend/chosen/", confirmed="1", seen=seen(page))
    assert states(call) == ["received", "received"]


# ranking


def ranks(call: Call) -> list[int | None]:
    return list(Application.objects.filter(call=call).order_by("pk").values_list("host_rank", flat=True))


def test_ranking_goes_on_behind_what_is_endorsed() -> None:
    call, host = new_call(), real_host()
    rows = waiting(call, 4, host)
    rank_applications(ordered=[rows[3], rows[1], rows[0], rows[2]], actor=manager(host))
    assert ranks(call) == [3, 2, 4, 1]
    endorse(applications=[rows[3]], actor=manager(host))
    return_to_author(applications=[rows[1]], note="改", actor=manager(host))
    rank_applications(ordered=[rows[2], rows[0]], actor=manager(host))
    assert ranks(call) == [3, None, 2, 1]
    events = Event.objects.filter(command="calls.rank", subject_id=rows[2].pk).order_by("pk")
    assert [(e.before, e.after) for e in events] == [
        ({"host_rank": None}, {"host_rank": 4}),
        ({"host_rank": 4}, {"host_rank": 2}),
    ]


def test_ranking_is_refused_when_the_list_changed_or_it_is_late() -> None:
    call, host = new_call(), real_host()
    rows = waiting(call, 3, host)
    with pytest.raises(Refused, match="请重新排序"):
        rank_applications(ordered=rows[:2], actor=manager(host))
    with clock.at(call.endorse_by), pytest.raises(Refused) as error:
        rank_applications(ordered=rows, actor=manager(host))
    assert refusal(error) == [("", "F14")]
    assert ranks(call) == [None, None, None]


def test_nobody_ranks_for_another_host_or_among_their_own() -> None:
    call, host, other = new_call(), real_host(), new_host()
    rows = waiting(call, 2, host)
    stranger = new_person("别的单位", other)
    RoleGrant.objects.create(account=stranger.account, role="host_manager", scope="organisation", scope_id=other.pk)
    with pytest.raises(NotAllowed):
        rank_applications(ordered=rows, actor=as_(stranger))
    both = new_person("管理员兼申请人", host)
    RoleGrant.objects.create(account=both.account, role="host_manager", scope="organisation", scope_id=host.pk)
    rows.append(placed(call, "host_review", both))
    with pytest.raises(Refused, match="不能参加排序"):
        rank_applications(ordered=rows, actor=as_(both))
    assert ranks(call) == [None, None, None]


def test_ranking_page_sorts_by_numbers_and_ties_keep_their_order() -> None:
    call, host = new_call(), real_host()
    rows, browser = waiting(call, 4, host), client(f"host-{host.code}")
    address = f"/host/endorse/rank/{host.pk}/{call.pk}/"
    given = {f"rank-{r.pk}": v for r, v in zip(rows, ("3", "2.5", "nan", "2.5"), strict=True)}
    browser.post(address, given)
    assert ranks(call) == [3, 1, 4, 2]
    HostQuota.objects.create(call=call, organisation=host, quota=2)
    page = browser.get(address).content.decode()
    assert "核对前 2 项" in page
    assert page.count("超出限额") == 2
    assert client(f"host-{host.code}").get(f"/host/endorse/rank/{new_host().pk}/{call.pk}/").status_code == 404


def test_applicant_does_not_see_the_ranking() -> None:
    call, host = new_call(), real_host()
    row = waiting(call, 1, host)[0]
    rank_applications(ordered=[row], actor=manager(host))
    for address in ("/applications/", f"/applications/{row.pk}/", f"/applications/{row.pk}/history/"):
        assert "单位排序" not in client(row.leader.account.username).get(address).content.decode()


# the quota and the deadlines


def test_meter_shows_the_numbers_and_why() -> None:
    call, host = new_call(), real_host()
    HostHistory.objects.filter(organisation=host).delete()
    for year, n in ((call.year - 1, 9), (call.year - 2, 12), (call.year - 3, 7), (call.year - 4, 99)):
        HostHistory.objects.create(organisation=host, year=year, approved=n)
    set_host_quotas(call=call)
    endorse(applications=waiting(call, 2, host), actor=manager(host))
    waiting(call, 3, host)
    meter = next(m for m in quota_meters({host.pk}) if m.call.pk == call.pk)
    assert (meter.room.quota, meter.room.used, meter.room.free, meter.waiting, meter.over) == (24, 2, 22, 3, 0)
    y = call.year
    assert meter.why == f"近年立项：{y - 3} 年 7 项、{y - 2} 年 12 项、{y - 1} 年 9 项；2 × 最高年份 12 项 = 24 项"
    page = client(f"host-{host.code}").get("/host/endorse/").content.decode()
    assert meter.why in page


def test_floor_and_exemption_say_so() -> None:
    basis = {"years": {"2026": 2, "2025": 0, "2024": 1}, "best": 2, "floor": True, "multiplier": 2}
    assert quota_words(5, basis).endswith("；最高 2 项，低于起算线，按保底 5 项")
    assert quota_words(None, {}) == "该项目类型不受单位限额限制"


def test_exempt_scheme_has_no_quota() -> None:
    call, host = new_call(), real_host()
    for row in Parameter.objects.filter(key="host_quota", applies_to="im-youth"):
        row.value = {**row.value, "exempt": ["im-youth"]}
        row.save()
    forget_parameters()
    assert set_host_quotas(call=call) == 0
    waiting(call, 1, host)
    meter = next(m for m in quota_meters({host.pk}) if m.call.pk == call.pk)
    assert (meter.room.quota, meter.room.free, meter.why) == (None, None, "该项目类型不受单位限额限制")


def test_meters_and_batches_ask_as_often_for_more_calls() -> None:
    host = real_host()

    def questions() -> list[int]:
        out = []
        for work in (lambda: quota_meters({host.pk}), lambda: recommendation_batches({host.recommender_id or 0})):
            with counted() as sent:
                assert work()
            out.append(len(sent))
        return out

    def one_more() -> None:
        call = new_call()
        HostQuota.objects.create(call=call, organisation=host, quota=3)
        waiting(call, 1, host)
        placed(call, "recommending", new_person("人", host))

    one_more()
    before = questions()
    one_more()
    one_more()
    assert questions() == before


def test_each_step_has_its_own_deadline_from_dated_parameters() -> None:
    scheme = new_call().scheme
    today = clock.today()
    days = {k: (v - clock.local(today)).days for k, v in usual_dates(scheme, today).items()}
    assert days == {"opens_at": 0, "closes_at": 30, "endorse_by": 38, "recommend_by": 45}
    Parameter.objects.filter(key="endorse_days").update(value=20)
    Parameter.objects.filter(key="call_deadline_time", applies_to=scheme.code).update(value="17:30")
    forget_parameters()
    dates = usual_dates(scheme, today)
    assert dates["recommend_by"] == dates["endorse_by"] == clock.local(clock.add_days(today, 50), 17, 30)


# returns


def test_returns_are_told_with_their_notes_and_history() -> None:
    """What the host wrote is for the applicant; what the agency wrote to the host is not."""
    call, host = new_call(), real_host()
    row = placed(call, "host_review", new_person("申请人", host))
    return_to_author(applications=[row], note="请补充预算说明", actor=manager(host))
    Application.objects.filter(pk=row.pk).update(state=State.HOST_REVIEW)
    return_to_author(applications=[row], note="伦理审查意见缺页", actor=manager(host))
    Application.objects.filter(pk=row.pk).update(state=State.RECOMMENDING)
    return_to_host(applications=[row], note="贵单位审核不严", actor=recommender(host))
    applicant, page = client(row.leader.account.username), f"/applications/{row.pk}/history/"
    mine = applicant.get(page).content.decode()
    assert mine.index("请补充预算说明") < mine.index("伦理审查意见缺页")
    assert "贵单位审核不严" not in mine
    assert "贵单位审核不严" not in applicant.get(f"/applications/{row.pk}/").content.decode()
    endorse(applications=[row], actor=manager(host))
    for name in (f"host-{host.code}", recommender(host).account.username):  # type: ignore[union-attr]
        body = client(name).get(f"/applications/{row.pk}/").content.decode()
        assert "请补充预算说明" in body
        assert "贵单位审核不严" in body
    notes = [s.note for s in timeline(Application.objects.get(pk=row.pk), to_host=True) if s.note]
    assert notes == ["请补充预算说明", "伦理审查意见缺页", "贵单位审核不严"]


def test_a_draft_sent_back_leads_to_its_history() -> None:
    call, host = new_call(), real_host()
    row = waiting(call, 1, host)[0]
    return_to_author(applications=[row], note="请补充", actor=manager(host))
    browser = client(row.leader.account.username)
    editor = browser.get(f"/applications/{row.pk}/", follow=True).content.decode()
    assert f"/applications/{row.pk}/history/" in editor
    assert "请补充" in browser.get(f"/applications/{row.pk}/history/").content.decode()


def test_several_are_sent_back_with_one_note_after_a_look() -> None:
    call, host = new_call(), real_host()
    rows, browser = waiting(call, 3, host), client(f"host-{host.code}")
    page = preview(browser, rows[:2], **{"return": "1"})
    assert "可以办理 2 项，不能办理 0 项" in page
    answer = browser.post(
        "/host/endorse/chosen/",
        {"pk": [r.pk for r in rows[:2]], "return": "1", "confirmed": "1", "seen": seen(page), "note": " "},
    )
    assert answer.status_code == 422
    assert "请写明退回的理由" in answer.content.decode()
    assert states(call) == ["host_review"] * 3
    preview(browser, rows[:2], **{"return": "1", "confirmed": "1", "seen": seen(page), "note": "请补充预算说明"})
    assert states(call) == ["draft", "draft", "host_review"]
    assert set(Application.objects.filter(call=call, state="draft").values_list("returned_note", flat=True)) == {"请补充预算说明"}
    for row in rows[:2]:
        note = Notification.objects.get(account=row.leader.account)
        assert (row.title_zh[:20] in note.title, note.body, note.url) == (True, "请补充预算说明", f"/applications/{row.pk}/")


def test_an_agency_sends_several_back_to_their_hosts_in_a_fixed_number_of_statements() -> None:
    host = real_host()
    counts = []
    for size in (1, 4):
        call = new_call()
        rows = [placed(call, "recommending", new_person(f"人{n}", host)) for n in range(size)]
        with counted() as sent:
            return_to_host(applications=rows, note="材料不全", actor=recommender(host))
        assert states(call) == ["host_review"] * size
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_a_host_sends_nothing_back_that_is_with_the_agency() -> None:
    call, host = new_call(), real_host()
    rows = [*waiting(call, 1, host), placed(call, "recommending", new_person("已报", host))]
    with pytest.raises(Refused):
        return_to_author(applications=rows, note="请补充", actor=manager(host))
    assert states(call) == ["host_review", "recommending"]
