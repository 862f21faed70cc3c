"""Two people in one draft, its versions, and words that come when nobody is signed in: nothing that was written is lost."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.calls.applying.services.applications import (
    add_members,
    allow_editing,
    confirm_participation,
    save_application,
    save_fields,
    submit_application,
)
from headwater.calls.applying.services.restoring import restore
from headwater.calls.contents import content_of
from headwater.calls.endorsing.services.endorsement import return_to_author
from headwater.calls.models import Application, Participant, Unsaved, Version
from headwater.calls.versions import content_after
from headwater.core import clock
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.forms.versions import join_old_versions
from headwater.registry.models import Person
from tests.calls.test_merging import edits
from tests.make import as_, browser_of, client, draft_of, manager, new_call, new_person, placed
from tests.test_queries import counted

pytestmark = pytest.mark.django_db


def now_of(row: Application) -> Application:
    return Application.objects.select_related("call__scheme", "leader", "discipline").get(pk=row.pk)


def shared() -> tuple[Application, Person]:
    """A draft, and a member who may write in it."""
    row, helper = draft_of(new_call("im-gen"), new_person("甲")), new_person("乙")
    made = add_members(application=row, members=[(helper, 6)], actor=as_(row.leader))
    confirm_participation(participants=made, actor=as_(helper))
    allow_editing(application=row, members=[made[0].pk], actor=as_(row.leader))
    return row, helper


def save(row: Application, person: Person, base: Any = None, **values: Any) -> Any:
    return save_fields(application=row, values=values, base=base, actor=as_(person))


def broken() -> list[str]:
    return [text for breach in check(["versions_lead_back"]) for text in breach.rows]


def test_two_people_in_one_field_keep_the_words_of_both() -> None:
    row, helper = shared()
    save(row, row.leader, goals="草原土壤碳汇。其次测定。")
    base = {"goals": "草原土壤碳汇。其次测定。"}
    save(row, row.leader, base, goals="草原土壤碳汇的形成。其次测定。")
    found = save(row, helper, base, goals="草原土壤碳汇。其次测定通量。")
    assert now_of(row).answers["goals"] == "草原土壤碳汇的形成。其次测定通量。"
    assert (list(found.changes.merged), found.changes.clashes) == (["goals"], {})


def test_one_place_changed_by_two_keeps_the_other_in_a_version_of_its_own() -> None:
    row, helper = shared()
    save(row, row.leader, goals="测定通量。")
    save(row, row.leader, goals="测定碳通量的日变化。")
    found = save(row, helper, {"goals": "测定通量。"}, goals="测定储量。")
    version = Version.objects.filter(application=row).latest("id")
    assert now_of(row).answers["goals"] == "测定储量。"
    assert (version.before, version.author) == ({"goals": "测定碳通量的日变化。"}, helper.account)
    assert "日变化" in found.changes.clashes["goals"]
    assert "储量" in found.changes.clashes["goals"]
    save(row, helper, goals="另写。")
    assert Version.objects.filter(application=row).latest("id").pk != version.pk


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits(), st.booleans())
def test_no_word_is_lost_between_the_field_and_its_versions(given_: Any, alone: bool) -> None:
    base, theirs, mine = (f"。{text}。" for text in given_)
    row, helper = SHARED[0]
    other = row.leader if alone else helper
    save(row, row.leader, goals=base)
    save(row, other, {"goals": base}, goals=theirs)
    save(row, row.leader, {"goals": base}, goals=mine)
    kept = [now_of(row).answers["goals"], *(v.before.get("goals", "") for v in Version.objects.filter(application=row))]
    for n, text in ((n, text) for text in (theirs, mine) for n in ("〔theirs〕0", "〔theirs〕1", "〔mine〕0", "〔mine〕1")):
        assert n not in text or any(n in k for k in kept)


SHARED: list[Any] = []


@pytest.fixture(autouse=True)
def _one_draft(request: pytest.FixtureRequest, db: None) -> None:
    if request.node.name.startswith("test_no_word_is_lost_between"):
        SHARED[:] = [shared()]


def test_a_merge_that_cannot_be_stored_keeps_both_apart() -> None:
    row, helper = shared()
    save(row, row.leader, title_zh="题" * 100)
    save(row, row.leader, title_zh="前" * 20 + "题" * 100)
    found = save(row, helper, {"title_zh": "题" * 100}, title_zh="题" * 100 + "后" * 20)
    assert now_of(row).title_zh == "题" * 100 + "后" * 20
    assert found.changes.clashes == {"title_zh": None}
    assert Version.objects.filter(application=row).latest("id").before == {"title_zh": "前" * 20 + "题" * 100}


def test_a_figure_or_date_that_only_the_other_changed_stays_changed() -> None:
    row, helper = shared()
    base = {"months": row.months, "starts_on": row.starts_on.isoformat(), "amount_fen": row.amount_fen}
    save(row, row.leader, months=24, starts_on=row.starts_on + timedelta(days=30))
    save(row, helper, base, months=row.months, starts_on=row.starts_on, amount_fen=row.amount_fen, goals="甲")
    found = now_of(row)
    assert (found.months, found.starts_on, found.amount_fen) == (24, row.starts_on + timedelta(days=30), row.amount_fen)


def test_saves_within_minutes_are_one_version_and_what_was_first_counts() -> None:
    row, helper = shared()
    for text in ("一", "一二", "一二三"):
        save(row, row.leader, goals=text)
    save(row, row.leader, content="另一栏")
    (version,) = Version.objects.filter(application=row)
    assert sorted(version.before) == ["content", "goals"]
    assert "一" not in (version.before["goals"] or "")
    with clock.at(clock.now() + timedelta(minutes=11)):
        save(row, row.leader, goals="一二三四")
    save(row, helper, goals="五")
    assert [v.before for v in Version.objects.filter(application=row)][1:] == [{"goals": "一二三"}, {"goals": "一二三四"}]


def test_every_state_can_be_worked_out_also_after_old_versions_were_joined() -> None:
    row, helper = shared()
    start, texts = clock.local(clock.today() + timedelta(days=1), 9), []  # versions are joined by the local day
    for n in range(12):
        writer = helper if n in {4, 5, 9} else row.leader
        with clock.at(start + timedelta(minutes=11 * n)):
            save(row, writer, **{("goals", "content", "title_en")[n % 3]: f"第{n}次"})
            texts.append((Version.objects.filter(application=row).latest("id").pk, content_of(now_of(row))))
    assert [content_after(now_of(row), pk) for pk, _text in texts] == [text for _pk, text in texts]
    joined = join_old_versions(start + timedelta(days=60))
    left = set(Version.objects.filter(application=row).values_list("pk", flat=True))
    assert (joined, len(left)) == (7, 5)
    assert [content_after(now_of(row), pk) for pk, _t in texts if pk in left] == [text for pk, text in texts if pk in left]
    assert content_after(now_of(row), 0)["goals"] == content_of(row)["goals"]


def test_a_submission_is_kept_and_damage_to_what_it_said_is_found() -> None:
    row = draft_of(new_call(), new_person())
    save(row, row.leader, title_en="Steppe")
    submit_application(application=row, actor=as_(row.leader), agree=True)
    said = content_of(now_of(row))
    return_to_author(applications=[now_of(row)], note="请补充", actor=manager(row.host))
    save(row, row.leader, title_en="Steppe soil", goals="研" * 900)
    submit_application(application=row, actor=as_(row.leader), agree=True)
    kinds = list(Version.objects.filter(application=row).values_list("kind", flat=True))
    assert kinds == ["save", "submit", "return", "save", "submit"]
    assert broken() == []
    first = Version.objects.filter(application=row, kind="submit")[0]
    assert content_after(now_of(row), first.pk) == said
    with connection.cursor() as cursor:
        cursor.execute('UPDATE calls_version SET before = before || \'{"goals": "别的"}\' WHERE application_id = %s', [row.pk])
    assert len(broken()) == 1


def test_a_field_and_a_whole_version_come_back_as_new_saves() -> None:
    row = draft_of(new_call(), new_person())
    with clock.at(clock.now() - timedelta(hours=2)):
        save(row, row.leader, goals="早先的目标", title_en="Early", starts_on=row.starts_on + timedelta(days=9))
    version = Version.objects.filter(application=row).latest("id").pk
    then = content_of(now_of(row))
    save(row, row.leader, goals="后来的目标", title_en="Late", content="后来的内容", starts_on=row.starts_on)
    assert restore(application=row, version=version, names=["goals"], actor=as_(row.leader)) == ["goals"]
    assert (now_of(row).answers["goals"], now_of(row).title_en) == ("早先的目标", "Late")
    restore(application=row, version=version, names=[], actor=as_(row.leader))
    assert content_of(now_of(row)) == then
    restore(application=row, version=0, names=[], actor=as_(row.leader))
    assert content_of(now_of(row)) == content_of(row)
    with pytest.raises(Refused):
        restore(application=row, version=0, names=[], actor=as_(row.leader))


def test_who_may_write_is_the_applicant_and_members_who_confirmed_and_are_let() -> None:
    row, helper = draft_of(new_call("im-gen"), new_person()), new_person()
    (member,) = add_members(application=row, members=[(helper, 6)], actor=as_(row.leader))
    with pytest.raises(Refused, match="还没有确认"):
        allow_editing(application=row, members=[member.pk], actor=as_(row.leader))
    confirm_participation(participants=[member], actor=as_(helper))
    with pytest.raises(NotAllowed):
        save(row, helper, goals="甲")
    with pytest.raises(NotAllowed):
        allow_editing(application=row, members=[member.pk], actor=as_(helper))
    allow_editing(application=row, members=[member.pk], actor=as_(row.leader))
    save(row, helper, goals="甲")
    for forbidden in (
        lambda: save(row, helper, unsuitable=["某人"]),
        lambda: submit_application(application=row, actor=as_(helper), agree=True),
        lambda: add_members(application=row, members=[(new_person(), 6)], actor=as_(helper)),
    ):
        with pytest.raises(NotAllowed):
            forbidden()
    allow_editing(application=row, members=[], actor=as_(row.leader))
    with pytest.raises(NotAllowed):
        save(row, helper, goals="乙")


def test_a_helper_writes_in_the_editor_and_sees_nothing_private() -> None:
    row, helper = shared()
    save_application(application=row, values={"unsuitable": ["不宜评审人"]}, actor=as_(row.leader))
    browser = browser_of(helper)
    pages = {s: browser.get(f"/applications/{row.pk}/edit/{s}/") for s in ("info", "plan", "members", "attachments", "submit")}
    assert {s: p.status_code for s, p in pages.items()} == dict.fromkeys(pages, 200)
    assert "不宜评审人" not in pages["info"].content.decode()
    assert 'name="agree"' not in pages["submit"].content.decode()
    assert 'name="member"' not in pages["members"].content.decode()
    versions = browser.get(f"/applications/{row.pk}/versions/").content.decode()
    assert "不适宜评审的专家" not in versions
    newest = Version.objects.filter(application=row).latest("id").pk
    assert "不宜评审人" not in browser.get(f"/applications/{row.pk}/versions/compare/?old=0&new={newest}").content.decode()
    assert browser.post(f"/applications/{row.pk}/submit/", {"agree": "1"}).status_code == 403
    stranger = browser_of(new_person())
    assert [stranger.get(f"/applications/{row.pk}/{p}/").status_code for p in ("versions", "edit/plan")] == [404, 404]


def test_an_application_from_before_there_were_versions_says_so() -> None:
    """Regression: found by the fuzzer as a server error."""
    row = placed(new_call(), "host_review", new_person())
    for name in (manager(row.host).account.username, row.leader.account.username):
        page = client(name).get(f"/applications/{row.pk}/versions/")
        assert page.status_code == 200
        assert "还没有版本" in page.content.decode()


def test_host_and_officers_compare_what_was_submitted_and_nothing_between() -> None:
    row = draft_of(new_call(), new_person())
    submit_application(application=row, actor=as_(row.leader), agree=True)
    host = client(manager(row.host).account.username)
    return_to_author(applications=[now_of(row)], note="请补充", actor=manager(row.host))
    save(row, row.leader, goals="研" * 899 + "中间稿")
    between = Version.objects.filter(application=row).latest("id").pk
    save(row, row.leader, goals="研" * 899 + "终稿")
    assert host.get(f"/applications/{row.pk}/versions/").status_code == 404
    submit_application(application=row, actor=as_(row.leader), agree=True)
    first, second = Version.objects.filter(application=row, kind="submit").values_list("pk", flat=True)
    body = host.get(f"/applications/{row.pk}/versions/compare/?old={first}&new={second}").content.decode()
    assert "终稿</ins>" in body
    assert "整份恢复" not in body
    for old, new in ((0, second), (between, second), ("x", second), (first, 10**19)):
        assert host.get(f"/applications/{row.pk}/versions/compare/?old={old}&new={new}").status_code == 404
    assert host.post(f"/applications/{row.pk}/versions/{first}/restore/").status_code == 403


def autosave(browser: Client, row: Application, names: list[str], base: Any, revision: int, **values: Any) -> Any:
    data = {"_fields": names, "_base": json.dumps(base), "_revision": revision, "_section": "plan", **values}
    return browser.post(f"/applications/{row.pk}/save/", data)


def test_autosave_tells_what_others_wrote_and_what_became_of_ones_own() -> None:
    row, helper = shared()
    save(row, row.leader, goals="测定通量。", content="甲")
    seen = now_of(row).revision
    save(row, helper, goals="测定碳通量。", content="乙")
    told = autosave(browser_of(row.leader), row, ["goals"], {"goals": "测定通量。"}, seen, goals="首先，测定通量。").json()
    assert told["fields"]["goals"] == {
        "base": "首先，测定碳通量。",
        "sent": "首先，测定通量。",
        "pairs": [["goals", "首先，测定碳通量。"]],
    }
    assert told["fields"]["content"] == {"base": "乙", "pairs": [["content", "乙"]]}
    quiet = autosave(browser_of(row.leader), row, ["goals"], {}, told["revision"], goals="又写。").json()
    assert quiet["fields"] == {"goals": {"base": "又写。"}}
    clash = autosave(browser_of(helper), row, ["goals"], {"goals": "首先，测定碳通量。"}, seen, goals="随后。").json()
    assert "用对方的" in clash["fields"]["goals"]["clash"]


def test_the_plain_form_merges_and_offers_the_other_words() -> None:
    row, helper = shared()
    save(row, row.leader, goals="测定通量。")
    browser = browser_of(helper)
    base = browser.get(f"/applications/{row.pk}/edit/plan/").context["base"]
    save(row, row.leader, goals="测定碳通量。")
    address = f"/applications/{row.pk}/edit/plan/"
    assert browser.post(address, {"goals": "测定储量。", "_base": base}).status_code == 302
    page = browser.get(address)
    (notice,) = page.context["clashes"].values()
    assert (notice.other, notice.name) == (str(row.leader.account), "goals")
    answer = browser.post(
        address, {"goals": "测定储量。", "_base": page.context["base"], "_take": f"{notice.version}:goals:both"}
    )
    assert urlsplit(answer["Location"]).fragment == "q-goals"
    assert now_of(row).answers["goals"] == "测定碳通量。测定储量。"
    assert browser.get(address).context["clashes"] == {}


def test_a_notice_goes_when_its_author_keeps_the_own_words() -> None:
    row, helper = shared()
    save(row, row.leader, goals="甲甲甲甲甲")
    save(row, helper, {"goals": "乙"}, goals="丙丙")
    browser, address = browser_of(helper), f"/applications/{row.pk}/edit/plan/"
    (notice,) = browser.get(address).context["clashes"].values()
    browser.post(address, {"_take": f"{notice.version}:goals:mine"})
    assert browser.get(address).context["clashes"] == {}
    assert browser_of(row.leader).get(address).context["clashes"] == {}


def test_an_autosave_of_another_account_is_not_taken() -> None:
    row, helper = shared()
    browser, before = browser_of(helper), now_of(row).answers.get("goals")
    answer = browser.post(
        f"/applications/{row.pk}/save/", {"_fields": "goals", "goals": "甲"}, headers={"X-Account": str(row.leader.account.pk)}
    )
    assert (answer.status_code, answer.json()["account"]) == (409, str(helper.account))
    assert now_of(row).answers.get("goals") == before


def test_words_sent_after_the_session_ended_are_shown_again_to_their_author_alone() -> None:
    row, helper = shared()
    browser, address = browser_of(row.leader), f"/applications/{row.pk}/edit/plan/"
    page = browser.get(address)
    browser.logout()
    typed = {"goals": "会话过期时写的", "_base": page.context["base"], "_who": page.context["who"]}
    assert browser.post(address, typed)["Location"].startswith("/accounts/login/?next=")
    assert "会话过期" not in browser_of(helper).get(address).content.decode()
    browser.force_login(row.leader.account, backend="headwater.web.accounts.Backend")
    shown = browser.get(address)
    assert shown.templates[0].name == "calls/applying/unsaved.html"
    assert now_of(row).answers["goals"] != "会话过期时写的"
    assert browser.post(address, dict(shown.context["pairs"])).status_code == 302
    assert now_of(row).answers["goals"] == "会话过期时写的"
    assert browser.get(address).templates[0].name == "calls/applying/edit_section.html"


def test_words_sent_after_the_submission_wait_for_its_return() -> None:
    row = draft_of(new_call(), new_person())
    browser, address = browser_of(row.leader), f"/applications/{row.pk}/edit/plan/"
    who = browser.get(address).context["who"]
    submit_application(application=row, actor=as_(row.leader), agree=True)
    assert browser.post(address, {"goals": "提交后写的", "_who": who})["Location"] == f"/applications/{row.pk}/"
    assert now_of(row).answers["goals"] != "提交后写的"
    return_to_author(applications=[now_of(row)], note="请补充", actor=manager(row.host))
    assert "提交后写的" in browser.get(address).content.decode()


def test_words_sent_after_the_deadline_stay_on_the_page_with_what_their_writer_had_seen() -> None:
    row = draft_of(new_call(), new_person())
    browser, address = browser_of(row.leader), f"/applications/{row.pk}/edit/plan/"
    base = browser.get(address).context["base"]
    type(row.call).objects.filter(pk=row.call_id).update(closes_at=clock.now())
    page = browser.post(address, {"goals": "截止后写的", "_base": base})
    assert page.status_code == 422
    assert "截止后写的</textarea>" in page.content.decode()
    assert json.loads(page.context["base"])["goals"] == json.loads(base)["goals"]


@pytest.mark.parametrize("forged", ["", "x", "other"])
def test_words_that_no_page_of_the_account_sent_are_not_kept(forged: str) -> None:
    row, helper = shared()
    who = forged
    if forged == "other":  # signed for another application
        who = browser_of(helper).get(f"/applications/{shared_of(helper).pk}/edit/plan/").context["who"]
    Client().post(f"/applications/{row.pk}/edit/plan/", {"goals": "甲", "_who": who})
    assert not Unsaved.objects.exists()


def shared_of(person: Person) -> Application:
    return draft_of(new_call(), person)


def test_words_from_a_page_older_than_the_log_in_are_kept_too() -> None:
    row = draft_of(new_call(), new_person())
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(row.leader.account, backend="headwater.web.accounts.Backend")
    address = f"/applications/{row.pk}/edit/plan/"
    who = browser.get(address).context["who"]
    assert browser.post(address, {"goals": "甲", "_who": who})["Location"] == address
    assert Unsaved.objects.get().account == row.leader.account
    assert browser.post(address, {"goals": "甲"}).status_code == 403


def test_kept_words_go_after_an_hour() -> None:
    row = draft_of(new_call(), new_person())
    browser, address = browser_of(row.leader), f"/applications/{row.pk}/edit/plan/"
    who = browser.get(address).context["who"]
    Client().post(address, {"goals": "甲", "_who": who})
    Unsaved.objects.update(at=clock.now() - timedelta(minutes=61))
    assert browser.get(address).templates[0].name == "calls/applying/edit_section.html"
    Client().post(f"/applications/{row.pk}/edit/foundation/", {"results": "甲", "_who": who})
    assert list(Unsaved.objects.values_list("section", flat=True)) == ["foundation"]


def test_others_are_told_of_while_the_draft_is_open() -> None:
    row, helper = shared()
    browser_of(helper).get(f"/applications/{row.pk}/edit/plan/")
    save(row, helper, goals="甲")
    told = browser_of(row.leader).post(f"/applications/{row.pk}/presence/")
    (other,) = told.context["others"]
    assert (other.name, other.here, other.saved_at is not None) == ("乙", True, True)
    with clock.at(clock.now() + timedelta(minutes=11)):
        assert browser_of(row.leader).post(f"/applications/{row.pk}/presence/").context["others"] == []


def test_a_save_asks_one_more_statement_for_its_version() -> None:
    row = draft_of(new_call(), new_person())
    save(row, row.leader, goals="甲")
    with counted() as sent:
        save(row, row.leader, goals="乙")
    assert [s.split()[0] for s in sent if "calls_version" in s] == ["WITH"]


def test_an_application_has_a_size_that_it_may_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    row = draft_of(new_call(), new_person())
    size = sum(len(v) for v in row.answers.values())
    monkeypatch.setattr("headwater.forms.autosaving.MOST_SIGNS", size + 100)
    with pytest.raises(Refused, match="整份申请书"):
        save(row, row.leader, goals="研" * 3900)
    monkeypatch.setattr("headwater.forms.autosaving.MOST_SIGNS", 10)
    save(row, row.leader, goals="短")


def test_the_list_of_versions_asks_the_same_whatever_their_number() -> None:
    row, helper = shared()
    browser = browser_of(row.leader)
    browser.get(f"/applications/{row.pk}/versions/")
    sent: list[int] = []
    for n in (2, 9):
        for k in range(n):
            save(row, helper if k % 2 else row.leader, goals=f"{n}-{k}")
        with counted() as statements:
            assert browser.get(f"/applications/{row.pk}/versions/").status_code == 200
        sent.append(len(statements))
    assert sent[0] == sent[1]
    assert Participant.objects.filter(application=row, may_edit=True).count() == 1
