"""The meeting of a panel: its time, place and agenda; who is told, with a file for the calendar; changed, dissolved, called together again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from icalendar import Calendar

from headwater.calls.models import Application
from headwater.core import clock
from headwater.core.duties import duties_of
from headwater.core.errors import NotAllowed, Refused
from headwater.core.mails import send_outbox
from headwater.core.models import Account, Notification, OutboxMail, RoleGrant
from headwater.review.models import Conflict, Expert, Panel, PanelMember
from headwater.review.services.convening import calendar_of
from headwater.review.services.dissolving import dissolve_panel, plan_dissolving, restore_panel
from headwater.review.services.panels import change_panel
from headwater.review.services.voting import close_voting, open_voting, vote_again
from tests.make import actor, browser_of, client, new_expert, past_call, placed, refusal
from tests.pages import elements
from tests.review.test_panels import make, sitting, vote

pytestmark = pytest.mark.django_db


class Case:
    """A panel of nine over three applications that has not voted."""

    def __init__(self) -> None:
        self.call = past_call()
        self.rows = [placed(self.call, "reviewed") for _ in range(3)]
        self.experts = [new_expert(f"组员{n}") for n in range(9)]
        for e in self.experts:
            Account.objects.filter(pk=e.person.account_id).update(email=f"{e.person.account.username}@example.org")
        self.panel = make(self.experts, self.rows)

    def now(self, **changes: Any) -> dict[str, Any]:
        """What the panel is, with changes, as `change_panel` takes it."""
        row = Panel.objects.get(pk=self.panel.pk)
        items = {i.application_id: i.minutes for i in row.items.all()}
        return {
            "panel": row, "name": row.name, "meets_at": row.meets_at, "place": row.place, "sequence": row.sequence, "actor": actor("officer"),
            "applications": [a for a in self.rows if a.pk in items], "minutes": items,
            "experts": list(Expert.objects.filter(panels__panel=row).order_by("pk")),
            "chair": Expert.objects.get(panels__panel=row, panels__is_chair=True), **changes,
        }  # fmt: skip

    def told(self, expert: Expert) -> list[str]:
        return [n.title for n in Notification.objects.filter(account=expert.person.account).order_by("pk")]


@pytest.fixture
def case() -> Case:
    return Case()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"meets_at": None}, "meets_at"),
        ({"meets_at": clock.now() - timedelta(days=1)}, "meets_at"),
        ({"place": " "}, "place"),
        ({"name": ""}, "name"),
        ({"minutes": {0: 241}}, "pk"),
    ],
)
def test_a_meeting_has_a_time_to_come_and_a_place(change: dict[str, Any], field: str, case: Case) -> None:
    with pytest.raises(Refused) as error:
        change_panel(**case.now(**change))
    assert refusal(error) == [(field, "")]


def test_the_agenda_is_planned_in_order_and_shown_with_its_times(case: Case) -> None:
    items = list(case.panel.items.order_by("position"))
    assert [i.application_id for i in items] == [a.pk for a in case.rows]
    assert {i.minutes for i in items} == {15}
    start = clock.now().replace(hour=1, minute=0, second=0, microsecond=0) + timedelta(days=3)
    change_panel(**case.now(applications=case.rows[::-1], minutes={case.rows[2].pk: 40}, meets_at=start))
    assert [i.application_id for i in case.panel.items.order_by("position")] == [a.pk for a in case.rows[::-1]]
    page = browser_of(case.experts[1].person).get(f"/panels/{case.panel.pk}/").content.decode()
    assert page.index("09:00–09:40") < page.index("09:40–09:55") < page.index("09:55–10:10")


def test_who_stands_back_sees_neither_item_nor_name_but_the_time_is_kept(case: Case) -> None:
    start = clock.now().replace(hour=1, minute=0, second=0, microsecond=0) + timedelta(days=3)
    change_panel(**case.now(meets_at=start))
    Conflict.objects.create(application=case.rows[0], expert=case.experts[1], kind="kin")
    page = browser_of(case.experts[1].person).get(f"/panels/{case.panel.pk}/").content.decode()
    assert case.rows[0].title_zh not in page
    assert ("09:00–09:15" in page, "09:15–09:30" in page) == (False, True)


def test_an_own_case_leaves_no_gap_in_the_agenda(case: Case) -> None:
    start = clock.now().replace(hour=1, minute=0, second=0, microsecond=0) + timedelta(days=3)
    change_panel(**case.now(meets_at=start))
    for member, row in ((case.experts[1], case.rows[1]), (case.experts[2], case.rows[0])):
        Application.objects.filter(pk=row.pk).update(leader=member.person)
        page = browser_of(member.person).get(f"/panels/{case.panel.pk}/").content.decode()
        assert row.title_zh not in page
        assert ("09:00–09:30" in page, "09:30–09:45" in page) == (True, True)


def test_a_change_over_the_change_of_another_is_refused(case: Case) -> None:
    first, second = case.now(place="三号会议室"), case.now(place="二号会议室")
    change_panel(**first)
    with pytest.raises(Refused, match="已被他人修改"):
        change_panel(**second)
    assert Panel.objects.get(pk=case.panel.pk).place == "三号会议室"


def test_an_application_taken_off_waits_for_a_panel_again(case: Case) -> None:
    change_panel(**case.now(applications=case.rows[:2]))
    assert [Application.objects.get(pk=a.pk).state for a in case.rows] == ["panel", "panel", "reviewed"]
    change_panel(**case.now(applications=case.rows))
    assert {Application.objects.get(pk=a.pk).state for a in case.rows} == {"panel"}
    assert list(case.panel.items.order_by("position").values_list("position", flat=True)) == [1, 2, 3]


def test_each_is_told_what_concerns_them(case: Case) -> None:
    before = {e.pk: len(case.told(e)) for e in case.experts}
    change_panel(**case.now())
    assert {e.pk: len(case.told(e)) for e in case.experts} == before, "nothing changed"
    newcomer = new_expert("新组员")
    change_panel(**case.now(experts=[*case.experts[:8], newcomer], place="二号会议室"))
    assert case.told(case.experts[0])[-1] == "会议安排有变更：综合组"
    assert case.told(case.experts[8])[-1] == "您不再参加会议评审：综合组"
    assert case.told(newcomer) == ["会议评审：综合组"]
    assert "二号会议室" in Notification.objects.filter(account=newcomer.person.account).get().body


def test_the_mail_brings_the_meeting_for_the_calendar(case: Case) -> None:
    send_outbox(limit=100_000)
    address = Account.objects.get(pk=case.experts[0].person.account_id).email
    first = next(m for m in mail.outbox if m.to == [address])
    name, content, kind = first.attachments[0]
    assert (name, kind) == ("meeting.ics", "text/calendar")
    entry = Calendar.from_ical(content).walk("VEVENT")[0]
    assert (str(entry["summary"]), str(entry["location"]), int(entry["sequence"])) == ("综合组", "一号会议室", 0)
    assert entry["dtend"].dt - entry["dtstart"].dt == timedelta(minutes=45)
    change_panel(**case.now(experts=[*case.experts[:8], new_expert("新组员")]))
    texts = {m.to: m.calendar for m in OutboxMail.objects.filter(sent_at=None)}
    changed = Calendar.from_ical(texts[address]).walk("VEVENT")[0]
    gone = Calendar.from_ical(texts[Account.objects.get(pk=case.experts[8].person.account_id).email]).walk("VEVENT")[0]
    assert (int(changed["sequence"]), str(changed["status"]), str(gone["status"])) == (1, "CONFIRMED", "CANCELLED")
    assert str(changed["uid"]) == str(entry["uid"])
    file = browser_of(case.experts[0].person).get(f"/panels/{case.panel.pk}/calendar/")
    assert Calendar.from_ical(file.content).walk("VEVENT")[0]["uid"] == entry["uid"]


def test_the_role_of_the_chair_goes_to_the_new_chair(case: Case) -> None:
    change_panel(**case.now(chair=case.experts[3]))
    holders = RoleGrant.objects.in_force(clock.now()).filter(role="panel_chair", scope_id=case.panel.pk, scope="panel")
    assert [g.account_id for g in holders] == [case.experts[3].person.account_id]


def test_members_and_agenda_stay_after_a_first_vote() -> None:
    panel, members = sitting(items=1)
    for member in members:
        vote(member, "yes", *panel.items.all())
    close_voting(panel=panel, actor=actor("officer"))
    vote_again(panel=panel, items=list(panel.items.all()), reason="复议", actor=actor("officer"))
    experts = [m.expert for m in members]
    same = {
        "name": "综合组", "applications": [i.application for i in panel.items.all()], "experts": experts, "chair": experts[0],
        "meets_at": clock.now() + timedelta(days=9), "place": "三号会议室", "actor": actor("officer"), "sequence": Panel.objects.get(pk=panel.pk).sequence,
    }  # fmt: skip
    assert change_panel(panel=panel, **same).place == "三号会议室"
    with pytest.raises(Refused):
        change_panel(panel=panel, **{**same, "sequence": same["sequence"] + 1, "experts": [*experts[:8], new_expert()]})
    with pytest.raises(Refused):
        dissolve_panel(panel=panel, reason="不再需要", seen=plan_dissolving(panel).sight.token, actor=actor("officer"))


def test_the_edit_page_changes_the_panel_and_tells_what_is_wrong(case: Case) -> None:
    address = f"/panels/{case.panel.pk}/edit/"
    page = client("officer").get(address)
    assert [a.typed_minutes for a in page.context["form"].rows] == [15, 15, 15]
    assert page.context["form"].sequence == case.panel.sequence
    sent = {
        "sequence": case.panel.sequence,
        "name": "改名组", "meets_at": "2099-03-01T09:00", "place": "https://meet.example/1", "chair": case.experts[2].pk,
        "expert": [e.pk for e in case.experts], "pk": [a.pk for a in case.rows[:2]],
        f"place_{case.rows[0].pk}": "2", f"place_{case.rows[1].pk}": "1", f"minutes_{case.rows[0].pk}": "30",
    }  # fmt: skip
    assert 'id="e-place"' in client("officer").post(address, {**sent, "place": ""}).content.decode()
    assert client("officer").post(address, sent).status_code == 302
    row = Panel.objects.get(pk=case.panel.pk)
    agenda = list(row.items.order_by("position").values_list("application", "minutes"))
    assert agenda == [(case.rows[1].pk, 15), (case.rows[0].pk, 30)]
    assert (row.name, row.members.get(is_chair=True).expert_id) == ("改名组", case.experts[2].pk)
    for username in ("committee", case.experts[0].person.account.username):
        assert client(username).get(address).status_code in {403, 404}


def test_dissolving_shows_rows_and_people_and_can_be_taken_back(case: Case) -> None:
    address = f"/panels/{case.panel.pk}/dissolve/"
    page = client("officer").get(address).content.decode()
    assert all(a.number in page for a in case.rows)
    assert all(e.person.name_zh in page for e in case.experts)
    seen = elements(page, name="seen")[0]["value"]
    assert "请写明解散的原因" in client("officer").post(address, {"seen": seen}).content.decode()
    change_panel(**case.now(applications=case.rows[:2]))
    assert case.rows[2].number in client("officer").post(address, {"seen": seen, "reason": "合并"}).content.decode()
    seen = plan_dissolving(case.panel).sight.token
    assert client("officer").post(address, {"seen": seen, "reason": "领域合并"}).status_code == 302
    row = Panel.objects.get(pk=case.panel.pk)
    assert (row.state, row.items.count()) == ("dissolved", 0)
    assert {Application.objects.get(pk=a.pk).state for a in case.rows} == {"reviewed"}
    assert case.told(case.experts[0])[-1] == "会议取消：综合组"
    assert "领域合并" in Notification.objects.filter(account=case.experts[0].person.account).latest("pk").body
    assert "STATUS:CANCELLED" in calendar_of(row)
    assert not RoleGrant.objects.in_force(clock.now()).filter(role="panel_chair", scope_id=row.pk).exists()
    assert "恢复会评组" in client("officer").get(f"/panels/{row.pk}/").content.decode()
    client("officer").post(f"/panels/{row.pk}/step/restore/")
    row = Panel.objects.get(pk=case.panel.pk)
    assert (row.state, list(row.items.values_list("application", flat=True))) == ("preparing", [a.pk for a in case.rows[:2]])
    assert RoleGrant.objects.in_force(clock.now()).filter(role="panel_chair", scope_id=row.pk, scope="panel").count() == 1
    with pytest.raises(NotAllowed):
        restore_panel(panel=row, actor=actor("committee"))


def test_a_dissolved_panel_stays_so_once_an_application_sits_elsewhere(case: Case) -> None:
    dissolve_panel(panel=case.panel, reason="合并", seen=plan_dissolving(case.panel).sight.token, actor=actor("officer"))
    make([new_expert(f"另组{n}") for n in range(9)], case.rows[:1])
    with pytest.raises(Refused) as error:
        restore_panel(panel=case.panel, actor=actor("officer"))
    assert case.rows[0].number in str(error.value)


def titles(member: PanelMember) -> list[str]:
    return [d.title for d in duties_of(Account.objects.get(pk=member.expert.person.account_id))]


def test_chair_and_members_have_their_tasks_before_and_during_the_vote(case: Case) -> None:
    members = list(case.panel.members.select_related("expert__person").order_by("pk"))
    assert titles(members[0]) == ["主持会议评审：综合组"]
    assert titles(members[1]) == ["参加会议评审：综合组"]
    open_voting(panel=case.panel, present=members, actor=actor("officer"))
    members = list(case.panel.members.select_related("expert__person__account", "panel__call").order_by("pk"))
    assert "投票已开始，请主持并投票：综合组" in case.told(case.experts[0])
    assert case.told(case.experts[1])[-1] == "请投票：综合组"
    assert set(titles(members[0])) == {"投票：综合组", "主持投票（未投票人数）：综合组"}
    assert titles(members[1]) == ["投票：综合组"]
    Conflict.objects.create(application=case.rows[0], expert=case.experts[1], kind="kin")
    vote(members[1], "yes", *case.panel.items.exclude(application=case.rows[0]))
    vote(members[2], "yes", *case.panel.items.all())
    chair = duties_of(Account.objects.get(pk=case.experts[0].person.account_id))
    assert next(d.count for d in chair if d.title.startswith("主持投票")) == 6
    assert titles(members[1]) == []
