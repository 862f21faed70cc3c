"""After the demo is built every role's home has work of each kind that the role knows, and its people belong together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from headwater.awards.models import Award
from headwater.calls.models import Application, Notice
from headwater.calls.states import State
from headwater.core.duties import duties_of
from headwater.core.invariants import check
from headwater.core.models import Account, StoredFile
from headwater.review.models import Panel, PanelMember
from headwater.web.entries import KINDS, entries
from headwater.web.tour import tour_here, with_people
from tests.make import client

pytestmark = pytest.mark.django_db

WORK = {
    "applicant": ["完成并提交"],
    "member": ["确认参与"],
    "refused": ["可申请复审"],
    "objected": ["可就公示异议陈述"],
    "leader": ["签署任务书"],
    "host": ["审核申请并报送", "单位签署任务书"],
    "agency": ["推荐申请"],
    "programme_officer": ["形式审查", "指派专家", "发布指派方案", "跟进评审", "组织会议评审", "会议评审与决定", "公示期满发布"],
    "programme_officer_2": ["核准发布", "核准批次变更", "作出复审决定", "答复异议", "主管部门签署任务书", "核准决定"],
    "committee": ["核准决定"],
    "expert": ["答复评审邀请", "提交评审意见"],
    "chair": ["投票"],
    "panellist": ["投票"],
    "leadership": ["督办形式审查", "督办通讯评审"],
    "finance_officer": ["跟进任务书签订和经费"],
    "integrity_officer": ["跟进惩戒期内的人员", "跟进公示异议"],
    "audit_admin": ["查阅决定与管理角色的授予"],
    "system_admin": ["核准授予的角色"],
    "security_admin": ["核准邮箱变更"],
}
"""What each kind of entry has to do, by the beginning of its title."""


def accounts() -> dict[str, Account]:
    rows = Account.objects.in_bulk([e.username for e in entries()], field_name="username")
    return {e.kind: rows[e.username] for e in reversed(entries())}


def test_every_kind_of_entry_is_there_with_its_work() -> None:
    assert set(WORK) == set(KINDS)
    lacking = {}
    for kind, account in accounts().items():
        titles = [d.title for d in duties_of(account)]
        lacking[kind] = [words for words in WORK[kind] if not any(t.startswith(words) for t in titles)]
    assert lacking == {kind: [] for kind in WORK}


def test_every_home_leads_only_to_open_pages() -> None:
    for kind, account in accounts().items():
        browser = client(account.username)
        page = browser.get("/desk/")
        urls = {m["url"] for m in page.context["modules"]} | {d.url for _words, duties in page.context["waiting"] for d in duties}
        urls |= {row.url for row in page.context["in_hand"]}
        assert {url: browser.get(url, follow=True).status_code for url in urls} == dict.fromkeys(urls, 200), kind


def test_the_people_belong_together() -> None:
    people = accounts()
    draft = Application.objects.get(leader__account=people["applicant"], state=State.DRAFT)
    assert list(people["host"].scopes("host_manager", "organisation")) == [draft.host_id]
    assert list(people["agency"].scopes("recommender", "agency")) == [draft.host.recommender_id]
    assert draft.participants.get().person.account == people["member"]
    assert {people[k].person.organisation_id for k in ("applicant", "refused", "objected", "leader")} == {draft.host_id}
    panel = Panel.objects.get(state=Panel.State.VOTING)
    members = {m.expert.person.account.username for m in PanelMember.objects.filter(panel=panel)}
    assert members == {e.username for e in entries() if e.kind in {"chair", "panellist"}}
    assert len(members) > 8


def test_the_people_stay_the_same_whatever_one_does() -> None:
    before = entries()
    Application.objects.filter(state__in=[State.DRAFT, State.HOST_REVIEW]).update(state=State.EXPIRED)
    Award.objects.all().update(state=Award.State.RUNNING)
    assert entries() == before


def test_the_open_notice_can_be_objected_to() -> None:
    notice = next(n for n in Notice.objects.filter(closed_at=None) if n.is_open)
    row = notice.rows.first()
    assert row is not None
    assert client(None).get(f"/notices/{notice.pk}/objection/{row.pk}/").status_code == 200


def test_a_file_was_still_being_checked_when_its_application_was_submitted() -> None:
    """Only such a file shows whether `files_as_submitted` holds for what was written anew afterwards."""
    sent = Application.objects.exclude(state__in=[State.DRAFT, State.EXPIRED]).filter(attachments__file__sent_sha256__gt="")
    rows = [a for a in sent.distinct() if a.attachments.filter(file__checked_at__gt=a.submitted_at).exists()]
    assert rows
    assert check(["files_as_submitted"]) == []
    StoredFile.objects.filter(attachment__application=rows[0]).update(sent_sha256="1" * 64, sha256="0" * 64)
    assert [b.invariant.name for b in check(["files_as_submitted"])] == ["files_as_submitted"]


def test_the_demo_holds_together() -> None:
    assert [b.invariant.name for b in check()] == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_each_step_of_the_tour_has_its_people_and_an_address(language: str, settings: Any) -> None:
    settings.DEMO = True
    with translation.override(language):
        tour = tour_here(language)
        assert tour is not None
        assert len(tour.steps) > 15
        for step, people in with_people(tour.steps, entries()):
            public = step.roles in {("任何人",), ("Anybody",)}
            assert [e.role for e in people] == ([] if public else list(step.roles)), step.title
        page = client(None).get("/tour/", headers={"accept-language": language})
        assert all(step.title in page.content.decode() for step in tour.steps)


def test_the_tour_is_in_the_demo_alone(settings: Any) -> None:
    settings.DEMO = True
    assert "/tour/" in client(None).get("/").content.decode()
    settings.DEMO = False
    assert client(None).get("/tour/").status_code == 404
    assert "/tour/" not in client(None).get("/").content.decode()


def test_a_region_without_a_tour_shows_none(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings.DEMO = True
    monkeypatch.setattr("headwater.web.tour.region_folder", lambda: tmp_path)
    assert client(None).get("/tour/").status_code == 404
    home = client(None).get("/").content.decode()
    assert ("/tour/" in home, "一键进入" in home) == (False, True)
