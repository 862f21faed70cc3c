"""A request from its draft to what it changes: who may, what is asked, all reasons at once, and what the database holds to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from headwater.casework.letters.models import CaseLetter
from headwater.casework.letters.services import letter_pdf
from headwater.casework.requests.kinds import RequestKind
from headwater.casework.requests.models import Comment, Request
from headwater.casework.requests.offers import offers_to
from headwater.casework.requests.queries import requests_tab
from headwater.casework.requests.services.accepting import start_due
from headwater.casework.requests.services.proposing import propose, withdraw, write
from headwater.casework.requests.services.talking import attach, comment, detach
from headwater.casework.requests.stores import STORE
from headwater.core import clock
from headwater.core.approvals import cases_of, open_case
from headwater.core.duties import duties_of
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Event, Notification, SearchEntry
from headwater.forms.sheets import sheet_of
from headwater.registry.models import Organisation
from tests.make import new_person
from tests.make.requests import (
    GOOD,
    NOTE,
    agency_over,
    answered,
    fresh,
    holding,
    house,
    kind,
    manager_of,
    marked,
    open_to_requests,
    sent,
    submitted,
    written,
)

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
INVARIANTS = [
    "requests_have_cases",
    "requests_start_on_their_day",
    "requests_have_records",
    "approvals_complete",
    "approvals_in_turn",
]


@pytest.fixture(autouse=True)
def kinds() -> Iterator[dict[str, RequestKind]]:
    with clock.at(clock.local(date(2026, 11, 2), 9)), open_to_requests() as declared:
        yield declared


@pytest.fixture
def record() -> Organisation:
    return house()


def codes(work: Any) -> set[str]:
    with pytest.raises(Refused) as refused:
        work()
    return {r.field or r.code for r in refused.value.reasons}


def address(record: Organisation) -> str:
    return Organisation.objects.get(pk=record.pk).address


def told(who: Any) -> list[str]:
    return list(Notification.objects.filter(account=who.account).order_by("pk").values_list("title", flat=True))


def test_a_request_passes_its_chain_and_changes_the_record(record: Organisation) -> None:
    me, agency, officer = manager_of(record), agency_over(record), holding("programme_officer")
    row = written(record, me, {"moved_on": "2026-03-01"})
    assert sheet_of(STORE.of(row.pk)).answers["new_address"] == "旧街 1 号"  # what the record answers already
    write(request=row, values={"new_address": "新街 2 号"}, actor=me)
    row = sent(row, me)
    assert (row.state, row.number, row.effective_on) == ("open", "DZ-2026-0001", date(2026, 3, 1))
    assert answered(row, agency).state == "open"
    row = answered(row, officer, note="属实")
    assert (row.state, address(record), row.applied_at) == ("approved", "新街 2 号", clock.now())
    change = Event.objects.filter(subject_type="registry.organisation", subject_id=record.pk).order_by("-pk")[0]
    case = cases_of(row).get()
    assert change.after == {"address": "新街 2 号", "on": "2026-03-01", "approval": case.pk}
    assert change.actor_id == officer.account.pk
    assert told(me)[-1].endswith("已批准")
    assert not check(INVARIANTS)
    assert not check(["rows_as_written"])


def test_its_letter_is_numbered_and_printed(record: Organisation) -> None:
    row = submitted(record, manager_of(record))
    answered(answered(row, agency_over(record)), holding("programme_officer"))
    letter = CaseLetter.objects.get()
    assert letter.body["text"]["zh"] == [f"同意{record.name_zh}自2026年3月1日起变更通信地址（{row.number}）。", "此函。"]
    assert letter.number.endswith("号")
    assert letter_pdf(letter).startswith(b"%PDF")
    assert letter_pdf(letter, "en") != letter_pdf(letter)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        CaseLetter.objects.update(number="1")


def test_what_is_accepted_for_a_later_day_waits_for_it(record: Organisation) -> None:
    me, officer = manager_of(record), holding("programme_officer")
    row = submitted(record, me, GOOD | {"moved_on": "2026-12-01"})
    row = answered(answered(row, agency_over(record)), officer)
    assert (row.state, row.applied_at, address(record)) == ("approved", None, "旧街 1 号")
    assert start_due() == 0
    with clock.at(clock.local(date(2026, 12, 1), 0, 4)):
        assert start_due() == 1
        assert start_due() == 0
    assert address(record) == "新街 2 号"
    assert told(me)[-1] == f"申请已经生效：{row}"
    assert not check(INVARIANTS)


def test_what_cannot_take_effect_says_why_and_is_tried_again(record: Organisation) -> None:
    me, officer = manager_of(record), holding("programme_officer")
    row = submitted(record, me, GOOD | {"moved_on": "2026-12-01"})
    row = answered(answered(row, agency_over(record)), officer)
    Organisation.objects.filter(pk=record.pk).update(kind="hospital")
    with clock.at(clock.local(date(2026, 12, 2), 0, 4)):
        assert [start_due() for _n in range(2)] == [0, 0]
        row.refresh_from_db()
        assert (row.trouble, address(record)) == ("医院的地址另行登记", "旧街 1 号")
        notes = Notification.objects.filter(title=f"已批准的申请未能按期生效：{row}")
        assert set(notes.values_list("account", flat=True)) == {me.account.pk, officer.account.pk, *_approvers(row)}
        assert notes.count() == 3  # once each, although it was tried twice
        duty = next(d for d in duties_of(fresh(officer.account).account) if d.url.startswith("/requests/"))
        assert (duty.title, duty.late) == ("处理未能生效的申请", True)
        Organisation.objects.filter(pk=record.pk).update(kind="university")
        assert start_due() == 1
    row.refresh_from_db()
    assert (row.trouble, address(record)) == ("", "新街 2 号")


def _approvers(row: Request) -> set[int]:
    return set(cases_of(row).get().answers.values_list("account", flat=True))


def test_without_a_chain_it_is_accepted_at_once(record: Organisation) -> None:
    me = manager_of(record)
    row = sent(written(record, me, code="leave_mark"), me)
    assert (row.state, row.number, row.effective_on, marked) == ("approved", "2026-0001", date(2026, 11, 2), [record.pk])
    assert sent(written(record, me, code="leave_mark"), me).number == "2026-0002"
    event = Event.objects.filter(subject_type="registry.organisation", subject_id=record.pk).order_by("-pk")[0]
    assert event.after["marked"] is True
    assert not check(INVARIANTS)


def test_refusing_and_sending_back_tell_the_reason(record: Organisation) -> None:
    me, agency, officer = manager_of(record), agency_over(record), holding("programme_officer")
    row = answered(submitted(record, me), agency, "send_back", "请附证明")
    assert (row.state, row.decided_at) == ("sent_back", None)
    note = Notification.objects.filter(account=me.account).order_by("-pk")[0]
    assert (note.title.endswith("已退回"), "请附证明" in note.body) == (True, True)
    assert next(d for d in duties_of(me.account) if d.url.startswith("/requests/")).title == "修改退回的申请"
    write(request=row, values={"new_address": "新街 3 号"}, actor=me)
    number = row.number
    row = sent(row, me)
    assert (row.number, row.answers["new_address"], cases_of(row).count()) == (number, "新街 3 号", 2)
    row = answered(answered(row, agency), officer, "refuse", "不属实")
    assert (row.state, address(record)) == ("refused", "旧街 1 号")
    assert "不属实" in Notification.objects.filter(account=me.account).order_by("-pk")[0].body
    assert not check(INVARIANTS)


def test_who_may_propose_what(record: Organisation) -> None:
    me, stranger, officer = manager_of(record), manager_of(house()), holding("programme_officer")
    head = fresh(new_person("石校长", record).account)
    Organisation.objects.filter(pk=record.pk).update(legal_representative="石校长")
    record.refresh_from_db()
    assert [o.kind.code for o in offers_to(me.account, record)] == ["change_address", "leave_mark"]
    assert [o.kind.code for o in offers_to(head.account, record)] == ["change_address"]
    assert [offers_to(who.account, record) for who in (stranger, officer)] == [[], []]
    for who in (stranger, officer):
        with pytest.raises(NotAllowed):
            propose(subject=record, kind="change_address", actor=who)
    assert codes(lambda: propose(subject=record, kind="leave_mark", actor=head)) == {"kind"}
    assert codes(lambda: propose(subject=record, kind="nothing", actor=me)) == {"kind"}
    Organisation.objects.filter(pk=record.pk).update(is_host=False)
    record.refresh_from_db()
    offers = {o.kind.code: {r.code for r in o.reasons} for o in offers_to(me.account, record)}
    assert offers == {"change_address": set(), "leave_mark": {"state"}}
    assert codes(lambda: propose(subject=record, kind="leave_mark", actor=me)) == {"state"}


def test_all_reasons_come_at_once_beside_their_questions(record: Organisation) -> None:
    me = manager_of(record)
    Organisation.objects.filter(pk=record.pk).update(kind="hospital", address="")
    row = written(Organisation.objects.get(pk=record.pk), me, {})
    assert codes(lambda: sent(row, me, reason=" ")) == {"new_address", "moved_on", "not_too_early", "guard", "reason"}
    write(request=row, values={"new_address": "新街", "moved_on": "1999-01-01"}, actor=me)
    assert codes(lambda: sent(row, me)) == {"not_too_early", "guard"}
    row.refresh_from_db()
    assert (row.state, row.number, row.submitted_at) == ("draft", "", None)


def test_what_is_submitted_is_what_was_read(record: Organisation) -> None:
    from headwater.casework.requests.services.proposing import submit

    me = manager_of(record)
    row = written(record, me)
    seen = sheet_of(STORE.of(row.pk)).revision
    write(request=row, values={"new_address": "别处"}, actor=me)
    assert codes(lambda: submit(request=row, reason="搬迁", revision=seen, actor=me)) == {"changed"}


def test_a_kind_that_changed_meanwhile_is_not_submitted(record: Organisation, kinds: dict[str, RequestKind]) -> None:
    me = manager_of(record)
    row = written(record, me, code="leave_mark")
    kinds["leave_mark"] = kind(NOTE, name_zh="更正")
    assert codes(lambda: sent(row, me)) == {"kind"}
    del kinds["leave_mark"]
    assert codes(lambda: sent(row, me)) == {"kind"}
    assert str(row) == "更正备注"  # its words stay


def test_one_request_of_a_kind_is_open_at_a_time(record: Organisation) -> None:
    me, other = manager_of(record), manager_of(record, "另一管理员")
    first, second = written(record, me), written(record, other)
    sent(first, me)
    assert codes(lambda: sent(second, other)) == {"alone"}
    assert codes(lambda: written(record, me)) == {"alone"}
    with pytest.raises(IntegrityError, match="request_alone"), transaction.atomic():
        Request.objects.filter(pk=second.pk).update(state="open", number="X", reason="x", submitted_at=clock.now())
    withdraw(request=first, actor=me)
    assert sent(second, other).state == "open"


def test_taking_back(record: Organisation) -> None:
    me, agency = manager_of(record), agency_over(record)
    row = submitted(record, me)
    with pytest.raises(NotAllowed):
        withdraw(request=row, actor=agency)
    assert (withdraw(request=row, actor=me).state, cases_of(row).get().state) == ("withdrawn", "withdrawn")
    assert codes(lambda: withdraw(request=row, actor=me)) == {"state"}
    draft = written(record, me)
    assert withdraw(request=draft, actor=me).state == "withdrawn"
    sent_back = answered(submitted(record, me), agency, "send_back", "补充")
    assert withdraw(request=sent_back, actor=me).state == "withdrawn"
    assert not check(INVARIANTS)


def test_people_with_a_part_do_not_answer(record: Organisation) -> None:
    me, agency = manager_of(record), agency_over(record)
    head = new_person("院长", record, title="院长")
    from headwater.core.models import RoleGrant

    RoleGrant.objects.create(account=head.account, role="programme_officer")
    row = answered(submitted(record, me), agency)
    assert codes(lambda: answered(row, fresh(head.account))) == {"own"}
    assert answered(row, holding("programme_officer")).state == "approved"


def test_a_guard_that_fails_later_stands_against_approval(record: Organisation) -> None:
    row = answered(submitted(record, manager_of(record)), agency_over(record))
    Organisation.objects.filter(pk=record.pk).update(kind="hospital")
    assert codes(lambda: answered(row, holding("programme_officer"))) == {"guard"}


def test_what_stands_on_the_record_is_part_of_what_is_approved(record: Organisation) -> None:
    row = answered(submitted(record, manager_of(record)), agency_over(record))
    Organisation.objects.filter(pk=record.pk).update(address="第三处")
    assert codes(lambda: answered(row, holding("programme_officer"))) == {"altered"}


def test_only_the_proposer_writes_and_nothing_is_written_after_submission(record: Organisation) -> None:
    me, other = manager_of(record), manager_of(record, "另一管理员")
    row = written(record, me)
    with pytest.raises(NotAllowed):
        write(request=row, values=GOOD, actor=other)
    assert codes(lambda: write(request=row, values={"nothing": "x"}, actor=me)) == {"nothing"}
    sent(row, me)
    assert codes(lambda: write(request=row, values=GOOD, actor=me)) == {"state"}


def test_files_are_checked_before_submission_and_stay_afterwards(record: Organisation) -> None:
    me = manager_of(record)
    row = written(record, me)
    assert codes(lambda: attach(request=row, kind="other", file=("a.pdf", PDF), actor=me)) == {"kind"}
    assert codes(lambda: attach(request=row, kind="proof", file=("a.exe", PDF), actor=me)) == {"file"}
    entry = attach(request=row, kind="proof", file=("a.pdf", PDF), actor=me)
    assert codes(lambda: sent(row, me)) == {"proof"}  # nobody has looked into it yet
    entry.file.state = "fine"
    entry.file.save()
    gone = attach(request=row, kind="proof", file=("b.pdf", PDF), actor=me)
    detach(file=gone, actor=me)
    row = sent(row, me)
    assert list(row.files.values_list("file__name", flat=True)) == ["a.pdf"]
    assert codes(lambda: detach(file=row.files.get(), actor=me)) == {"state"}
    with pytest.raises(IntegrityError, match="was submitted"), transaction.atomic():
        row.files.all().delete()


def test_comments_tell_the_others_and_stay(record: Organisation) -> None:
    me, agency = manager_of(record), agency_over(record)
    row = answered(submitted(record, me), agency)
    said = comment(request=row, text="请看证明", files=[("a.pdf", PDF)], actor=fresh(agency.account))
    assert told(me)[-1] == f"办理人 在申请中留言：{row}".replace("办理人", "归口人员")
    assert [f.kind for f in said.files.all()] == [""]
    comment(request=row, text="已看", actor=me)
    assert told(agency)[-1] == f"管理员 在申请中留言：{row}"
    assert codes(lambda: comment(request=row, text=" ", actor=me)) == {"text"}
    with pytest.raises(NotAllowed):
        comment(request=row, text="路过", actor=manager_of(house()))
    for change in (lambda: Comment.objects.update(text="改"), lambda: Comment.objects.filter(pk=said.pk)._raw_delete("default")):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


@pytest.mark.parametrize(
    "columns",
    [{"answers": {}}, {"reason": "别的"}, {"number": "2"}, {"state": "open"}, {"proposed_by_id": 1}, {"name_zh": "别名"}],
)
def test_the_database_keeps_what_was_decided(record: Organisation, columns: dict[str, Any]) -> None:
    row = answered(answered(submitted(record, manager_of(record)), agency_over(record)), holding("programme_officer"))
    with pytest.raises(IntegrityError, match="headwater_request"), transaction.atomic():
        Request.objects.filter(pk=row.pk).update(**columns)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Request.objects.filter(pk=row.pk)._raw_delete("default")


def test_who_sees_it(record: Organisation) -> None:
    me, other, stranger = manager_of(record), manager_of(record, "另一"), manager_of(house())
    agency, officer, leader = agency_over(record), holding("programme_officer"), holding("leadership")
    row = written(record, me)

    def seen(*people: Any) -> list[bool]:
        return [Request.objects.visible_to(fresh(p.account).account).filter(pk=row.pk).exists() for p in people]

    everybody = (me, other, agency, officer, stranger, leader)
    assert seen(*everybody) == [True, False, False, False, False, False]
    sent(row, me)
    assert seen(*everybody) == [True, True, True, True, False, False]
    entry = SearchEntry.objects.get(kind="request", object_id=row.pk)
    assert entry.title == f"DZ-2026-0001 变更地址：{record.name_zh}"


def test_the_tab_of_a_record(record: Organisation) -> None:
    me, officer = manager_of(record), holding("programme_officer")
    row = submitted(record, me)
    tab = requests_tab(record, me.account)
    assert ([r.pk for r in tab["rows"]], bool(tab["new_url"]), tab["all_url"]) == ([row.pk], True, "")
    assert (len(requests_tab(record, officer.account)["rows"]), requests_tab(record, officer.account)["new_url"]) == (1, "")
    assert requests_tab(new_person(), me.account) == {}


def test_submitting_and_accepting_ask_a_fixed_number_of_questions(record: Organisation) -> None:
    me, agency, officer = manager_of(record), agency_over(record), holding("programme_officer")
    row = written(record, me)
    with CaptureQueriesContext(connection) as submitting:
        sent(row, me)
    case = open_case(row)
    assert case
    answered(row, agency)
    with CaptureQueriesContext(connection) as accepting:
        answered(row, officer)
    assert len(submitting) <= 45
    assert len(accepting) <= 75
