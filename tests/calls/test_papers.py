"""Official papers: numbers, reasons, remedies and seals of letters, the text of notices, and the file for a word processor."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection, transaction
from pypdf import PdfReader

from headwater.calls.checking.services.checking import decide_check
from headwater.calls.checking.services.rechecking import ask_recheck, recheck_until
from headwater.calls.deciding.services.numbers import take_numbers
from headwater.calls.models import Application, Decision, HostLetter, Letter, LetterSeries, Notice
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.mails import send_outbox
from headwater.core.models import Notification, OutboxMail
from tests.approvals import answer_recheck, approve_decisions, publish_notice
from tests.calls.test_decisions import TEN, close, noticed, propose
from tests.make import actor, as_, ballots_on, client, manager, new_call, new_person, opinion_on, placed

pytestmark = pytest.mark.django_db
WHY = "申请书第三部分的事实认定有误，请复核。"


def pages(content: bytes) -> list[str]:
    return [re.sub(r"\s", "", p.extract_text()) for p in PdfReader(BytesIO(content)).pages]


def read(address: str, who: str | None) -> str:
    answer = client(who).get(address)
    assert answer["Content-Type"] == "application/pdf"
    return "".join(pages(answer.content))


def refused_after_review() -> Application:
    _call, rows, notice = noticed([TEN, 0])
    close(notice)
    return Application.objects.select_related("leader__account", "host", "call").get(pk=rows[1].pk)


def numbers_of(mark: str) -> list[int]:
    found = Letter.objects.filter(number__startswith=mark).values_list("number", flat=True)
    return sorted(int(re.findall(r"〕(\d+)号", n)[0]) for n in found)


# numbers


def test_numbers_begin_anew_each_year_and_leave_no_gap() -> None:
    here = clock.local(clock.today().replace(month=12, day=31), 23)
    with clock.at(here):
        assert [n[-2] for n in take_numbers("测字", 3)] == ["1", "2", "3"]
        with transaction.atomic():
            take_numbers("测字", 5)
            transaction.set_rollback(True)
        assert take_numbers("测字", 1) == [f"测字〔{here.year}〕4号"]
        assert take_numbers("另字", 1) == [f"另字〔{here.year}〕1号"]
    with clock.at(here + timedelta(hours=2)):
        assert take_numbers("测字", 1) == [f"测字〔{here.year + 1}〕1号"]


def test_letters_and_covering_letters_count_by_themselves() -> None:
    row = placed(new_call(), "received")
    decide_check(applications=[row], accept=False, codes=["F05"], actor=actor("officer"))
    letter = Letter.objects.select_related("covering").get(application=row)
    assert (letter.number[:4], letter.covering.number[:4]) == ("内科基通", "内科基函")  # type: ignore[union-attr]
    assert check(["letters_without_gaps"]) == []


def test_a_gap_and_a_number_outside_are_found() -> None:
    row = placed(new_call(), "received")
    decide_check(applications=[row], accept=False, codes=["F05"], actor=actor("officer"))
    LetterSeries.objects.create(mark="空字", year=2031, first=1, last=2)
    assert [b.rows for b in check(["letters_without_gaps"])] == [["空字〔2031〕: 0 letters, numbers 1 to 2"]]
    LetterSeries.objects.filter(mark="空字").delete()
    Letter.objects.filter(application=row).update(number="空字〔2031〕7号")
    broken = [line for b in check(["letters_without_gaps"]) for line in b.rows]
    assert "空字〔2031〕7号 lies outside of its series" in broken


def test_series_of_earlier_numbers_goes_on_after_them() -> None:
    """Numbers that were given before are kept, whatever gaps they have."""
    row = placed(new_call(), "received")
    Letter.objects.create(application=row, kind="rejected", number="旧字〔2030〕43号", body={})
    LetterSeries.objects.create(mark="旧字", year=2030, first=44, last=43)
    assert check(["letters_without_gaps"]) == []
    with clock.at(clock.local(clock.today().replace(year=2030, month=5, day=1))):
        assert take_numbers("旧字", 1) == ["旧字〔2030〕44号"]


# letters


def test_refusal_says_facts_remedy_and_no_code() -> None:
    row = placed(new_call(), "received")
    decide_check(applications=[row], accept=False, codes=["F12", "F05"], note="缺推荐信", actor=actor("officer"))
    letter = Letter.objects.get(application=row)
    text = read(f"/letters/{letter.pk}/", row.leader.account.username)
    for said in (
        letter.number,
        "年龄不符合要求",
        "缺推荐信",
        "不予受理",
        "15日内",
        "60日内",
        "复审申请",
        "内蒙古自治区科学技术厅",
        "抄送：",
    ):
        assert said in text, said
    assert not re.search(r"F\d\d|R\d）", text)
    assert f"{row.host.name_zh}：" in text


def test_award_letter_gives_number_term_capitals_and_the_day_to_sign() -> None:
    _call, rows, notice = noticed([TEN])
    close(notice)
    letter = Letter.objects.get(application=rows[0], kind="approved")
    text = read(f"/letters/{letter.pk}/", rows[0].leader.account.username)
    award = Application.objects.get(pk=rows[0].pk).award
    due = clock.official_day(clock.local_day(award.agreement_by))
    starts, ends = (clock.official_day(day) for day in (award.starts_on, award.ends_on))
    for said in (award.number, f"{starts}至{ends}", "人民币壹拾万元整", f"请于{due}前登录系统签订任务书"):
        assert said in text, said


def test_english_letter_is_complete() -> None:
    row = placed(new_call(), "received")
    decide_check(applications=[row], accept=False, codes=["F05"], actor=actor("officer"))
    letter = Letter.objects.get(application=row)
    assert len(letter.body["text"]["zh"]) == len(letter.body["text"]["en"])
    text = read(f"/letters/{letter.pk}/?lang=en", row.leader.account.username)
    assert "re-checkwithin15days" in text
    assert "Materialincomplete" in text


def test_only_the_applicant_gets_the_opinions_and_nobody_their_authors() -> None:
    row = refused_after_review()
    opinion = opinion_on(row)
    letter = Letter.objects.get(application=row, kind="rejected")
    own = read(f"/letters/{letter.pk}/", row.leader.account.username)
    assert re.sub(r"\s", "", opinion.text_applicant) in own
    assert opinion.assignment.expert.person.name_zh not in own.split("专家评审意见意见1")[1]
    host = read(f"/letters/{letter.pk}/", manager(row.host).account.username)  # type: ignore[union-attr]
    assert re.sub(r"\s", "", opinion.text_applicant) not in host
    assert "附件：专家评审意见" in host


def test_each_host_gets_one_letter_with_its_list() -> None:
    call, other = new_call(), new_person("外校人")
    rows = [placed(call, "received"), placed(call, "received"), placed(call, "received", other)]
    Application.objects.filter(pk=rows[1].pk).update(host=rows[0].host)
    decide_check(applications=rows, accept=False, codes=["F05"], actor=actor("officer"))
    covering = {x.host_id: x for x in HostLetter.objects.filter(call=call)}
    assert set(covering) == set(Application.objects.filter(pk__in=[r.pk for r in rows]).values_list("host", flat=True))
    mine = covering[rows[0].host_id]
    host = manager(mine.host).account.username  # type: ignore[union-attr]
    text = read(f"/host/letters/{mine.pk}/", host)
    assert all(letter.number in text for letter in mine.letters.all())
    assert f"{mine.host.name_zh}：" in text
    stranger = new_person()
    assert client(stranger.account.username).get(f"/host/letters/{mine.pk}/").status_code == 404
    assert mine.number in client(host).get("/host/letters/").content.decode()


def test_letters_say_which_project_and_where_they_lie() -> None:
    row = placed(new_call(), "received")
    decide_check(applications=[row], accept=False, codes=["F05"], actor=actor("officer"))
    told = Notification.objects.filter(account=row.leader.account).latest("pk")
    assert (row.title_zh[:20] in told.title, told.url) == (True, "/letters/")


# the office's word processor


def test_letter_as_docx_with_the_office_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from docx import Document

    row = placed(new_call(), "received")
    decide_check(applications=[row], accept=False, codes=["F05"], actor=actor("officer"))
    letter = Letter.objects.get(application=row)
    browser = client(row.leader.account.username)

    def lines() -> list[str]:
        answer = browser.get(f"/letters/{letter.pk}/?as=docx")
        return [p.text for p in Document(BytesIO(answer.content)).paragraphs]

    assert f"{row.host.name_zh}：" in lines()
    own = Document()
    own.add_paragraph("某厅用纸 {{ letter_number }}")
    own.add_paragraph("{%p for p in texts %}")
    own.add_paragraph("{{ p }}")
    own.add_paragraph("{%p endfor %}")
    (tmp_path / "templates" / row.call.scheme.code).mkdir(parents=True)
    own.save(str(tmp_path / "templates" / row.call.scheme.code / "letter.docx"))
    monkeypatch.setattr("headwater.calls.papers.region_folder", lambda: tmp_path)
    assert lines()[0] == f"某厅用纸 {letter.number}"
    assert any("复审申请" in line for line in lines())


# re-check after a decision


def test_refusal_to_fund_can_be_rechecked_and_stands() -> None:
    row = refused_after_review()
    until = recheck_until(row)
    assert until == clock.end_of_day(clock.add_days(clock.local_day(Letter.objects.get(application=row).issued_at), 15))
    with clock.at(until):
        ask_recheck(application=row, text=WHY, actor=as_(row.leader))
    row.refresh_from_db()
    assert (row.state, Decision.objects.get(application=row).recheck_text) == ("recheck", WHY)
    with pytest.raises(NotAllowed):
        answer_recheck(application=row, revoke=False, answer="维持", actor=actor("officer"))  # who proposed it
    answer_recheck(application=row, revoke=False, answer="事实清楚。", actor=actor("officer2"))
    row = Application.objects.get(pk=row.pk)
    assert row.state == "rejected"
    letter = Letter.objects.get(application=row, kind="recheck")
    text = read(f"/letters/{letter.pk}/", row.leader.account.username)
    assert "维持原不予资助的决定" in text
    with pytest.raises(Refused, match="已申请过复审"):
        ask_recheck(application=row, text=WHY, actor=as_(row.leader))
    assert check(["recheck_by_another_person", "decision_matches_state", "state_matches_events"]) == []


def revoked(row: Application) -> Application:
    """The application after the re-check of its refusal took the decision back."""
    ask_recheck(application=row, text=WHY, actor=as_(row.leader))
    answer_recheck(application=Application.objects.get(pk=row.pk), revoke=True, answer="事实有误。", actor=actor("officer2"))
    assert not Decision.objects.filter(application=row).exists()
    assert check(["decision_matches_state", "state_matches_events"]) == []
    return Application.objects.get(pk=row.pk)


def moves_from(row: Application) -> set[str]:
    """What may become of an application next."""
    return {t.verb for t in APPLICATION.transitions if t.source == row.state}


def test_revoked_refusal_that_no_panel_heard_goes_back_to_the_reviewed_ones() -> None:
    """It may still be put before a panel, and no panel is pretended to have heard it."""
    row = revoked(refused_after_review())
    assert (row.state, hasattr(row, "panel_item")) == ("reviewed", False)
    assert "to_panel" in moves_from(row)


def test_revoked_refusal_that_a_panel_heard_is_decided_anew() -> None:
    row = refused_after_review()
    ballots_on(row, 3)
    row = revoked(row)
    assert (row.state, row.panel_item.yes) == ("panel", 3)
    call = row.call
    type(call).objects.filter(pk=call.pk).update(budget_fen=3 * TEN)
    propose(call, [row], [TEN])
    approve_decisions(call=call, actor=actor("committee"))
    close(publish_notice(call=call, actor=actor("officer")))
    assert Application.objects.get(pk=row.pk).state == "approved"


def test_recheck_of_a_decision_ends_with_its_time() -> None:
    row = refused_after_review()
    page = f"/applications/{row.pk}/"
    own = client(row.leader.account.username)
    assert f"{page}recheck/" in own.get(page).content.decode()
    with clock.at(recheck_until(row) + timedelta(seconds=1)):  # type: ignore[operator]
        assert f"{page}recheck/" not in own.get(page).content.decode()
        with pytest.raises(Refused, match="已过申请复审的期限"):
            ask_recheck(application=row, text=WHY, actor=as_(row.leader))


# notices


def test_notice_says_its_ground_period_total_and_how_to_object() -> None:
    _call, rows, notice = noticed([TEN, TEN])
    row = Notice.objects.get(pk=notice.pk)
    page = re.sub(r"\s", "", client(None).get(f"/notices/{notice.pk}/").content.decode())
    printed = read(f"/notices/{notice.pk}/pdf/", None)
    starts, ends = (clock.official_date(at) for at in (row.starts_at, row.ends_at))
    for said in (
        f"公示期为{starts}至{ends}，共5个工作日",
        "下列2项",
        "合计20万元",
        "实名并以书面形式",
        rows[0].number,
        row.digest,
    ):
        assert said in page, said
        assert said in printed, said
    assert "内蒙古自治区科学技术厅" in printed
    docx = client(None).get(f"/notices/{notice.pk}/pdf/?as=docx")
    assert docx["Content-Type"].endswith("wordprocessingml.document")


# mails


def test_mail_of_a_notification_is_a_whole_letter() -> None:
    row = placed(new_call(), "received")
    account = row.leader.account
    account.email = "leader@example.org"
    account.save()
    decide_check(applications=[row], accept=False, codes=["F05"], actor=actor("officer"))
    body = OutboxMail.objects.filter(to=account.email).latest("pk").body
    config = settings.CONFIG
    assert body.startswith(f"{account.name_zh}：您好！")
    assert f"请打开：http://{config.hosts[0]}:{config.port}/letters/" in body
    assert row.title_zh[:20] in body
    assert "内蒙古自治区科学技术厅" in body
    assert "请勿直接回复" in body


def test_mails_come_from_the_system_by_name() -> None:
    OutboxMail.objects.all().delete()
    OutboxMail.objects.create(to="a@example.org", subject="测试", body="正文")
    send_outbox()
    assert mail.outbox[-1].from_email.endswith(f"<{settings.CONFIG.email_from}>")
    assert mail.outbox[-1].message()["From"]
    assert "内蒙古自治区自然科学基金管理系统" in mail.outbox[-1].from_email or "=?utf-8?" in mail.outbox[-1].from_email


def test_numbers_wait_for_each_other() -> None:
    """The row of the series is locked until the transaction ends."""
    with transaction.atomic():
        take_numbers("锁字", 1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE relation = 'calls_letterseries'::regclass AND granted")
            assert cursor.fetchone()[0] > 0
