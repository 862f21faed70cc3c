"""Who signs has seen what they sign: the last check carries its revision, and members are told of what changed after them."""

from __future__ import annotations

import re

import pytest

from headwater.calls.applying.services.applications import add_members, allow_editing, confirm_participation, save_application
from headwater.calls.models import Application, DocumentSignature, Participant
from tests.make import as_, browser_of, draft_of, new_call, new_person, words

pytestmark = pytest.mark.django_db
FIELD = re.compile(r'name="_revision" value="(\d+)"')


def with_writer(row: Application) -> Participant:
    """A member who has confirmed and may write."""
    member = add_members(application=row, members=[(new_person("协作者"), 3)], actor=as_(row.leader))
    confirm_participation(participants=member, actor=as_(member[0].person))
    allow_editing(application=row, members=[member[0].pk], actor=as_(row.leader))
    return Participant.objects.select_related("person__account").get(pk=member[0].pk)


def test_words_that_a_cowriter_saved_meanwhile_are_not_signed() -> None:
    row = draft_of(new_call(), new_person())
    member, browser = with_writer(row), browser_of(row.leader)
    address = f"/applications/{row.pk}/edit/submit/"
    seen = FIELD.search(browser.get(address).content.decode())
    assert seen
    agree = words(row.call, "applicant")
    save_application(application=row, values={"title_zh": "别人改过的题目"}, actor=as_(member.person))
    answer = browser.post(f"/applications/{row.pk}/submit/", {"agree": agree, "_revision": seen[1]}, follow=True)
    assert answer.redirect_chain[-1][0] == address
    assert "被 协作者 修改，没有提交；请重新核对后再签署" in answer.content.decode()
    found = Application.objects.get(pk=row.pk)
    assert (found.state, found.number, found.title_zh) == ("draft", "", "别人改过的题目")
    assert not DocumentSignature.objects.filter(application=row, party="applicant").exists()
    again = FIELD.search(answer.content.decode())
    assert again
    browser.post(f"/applications/{row.pk}/submit/", {"agree": agree, "_revision": again[1]})
    assert Application.objects.get(pk=row.pk).state == "host_review"


@pytest.mark.parametrize("given", [{}, {"_revision": ""}, {"_revision": "-1"}, {"_revision": "9" * 30}])
def test_a_submission_that_does_not_say_what_was_read_is_not_taken(given: dict[str, str]) -> None:
    row = draft_of(new_call(), new_person())
    answer = browser_of(row.leader).post(
        f"/applications/{row.pk}/submit/", {"agree": words(row.call, "applicant"), **given}, follow=True
    )
    assert "请在本页核对内容后再签署提交" in answer.content.decode()
    assert Application.objects.get(pk=row.pk).state == "draft"


def test_the_last_check_tells_which_members_confirmed_before_a_change() -> None:
    row = draft_of(new_call(), new_person())
    member, reader = with_writer(row), add_members(application=row, members=[(new_person("旁观者"), 3)], actor=as_(row.leader))
    confirm_participation(participants=reader, actor=as_(reader[0].person))
    addresses = {
        "own": (browser_of(row.leader), f"/applications/{row.pk}/edit/submit/"),
        "writer": (browser_of(member.person), f"/applications/{row.pk}/edit/submit/"),
        "reader": (browser_of(reader[0].person), f"/applications/{row.pk}/"),
    }

    def told() -> dict[str, list[str]]:
        pages = {who: browser.get(address).content.decode() for who, (browser, address) in addresses.items()}
        return {
            who: re.findall(r"(\S+) 于 \S+ \S+ 确认参与之后|(?<=[>\s])(您)于 \S+ \S+ 确认", page) for who, page in pages.items()
        }

    def names() -> dict[str, set[str]]:
        return {who: {(a or b).rpartition(">")[2] for a, b in found} for who, found in told().items()}

    assert names() == {"own": set(), "writer": set(), "reader": set()}
    save_application(application=row, values={"title_zh": "协作者改的题目"}, actor=as_(member.person))
    assert names() == {"own": {"旁观者"}, "writer": set(), "reader": {"您"}}
    save_application(application=row, values={"title_zh": "申请人改的题目"}, actor=as_(row.leader))
    assert names() == {"own": {"协作者", "旁观者"}, "writer": {"您"}, "reader": {"您"}}
