"""Papers in English: labels and fixed words are English, what people wrote stays, and each says that the Chinese text is the binding one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override
from pypdf import PdfReader

from headwater.awards.models import Agreement, Award, Party
from headwater.awards.services.agreements import agreement_pdf
from headwater.calls.deciding.services.decisions import propose_decisions
from headwater.calls.documents import PARTS, application_data
from headwater.calls.models import Application, Letter, Notice
from headwater.core.documents import render_pdf
from headwater.core.names import HAN
from tests.approvals import approve_decisions, publish_notice
from tests.approvals import sign_agreements as sign
from tests.calls.test_decisions import TEN, Proposal, close, noticed
from tests.calls.test_words import Walk
from tests.make import actor, as_, client, complete, manager, new_call, new_person, placed

pytestmark = pytest.mark.django_db
MARK = "TheChinesetextisthebindingone"
TYPED = "放牧草地的土壤碳汇如何形成"


def printed(content: bytes) -> str:
    return re.sub(r"\s", "", "".join(p.extract_text() for p in PdfReader(BytesIO(content)).pages))


def chinese_in(text: str, written: Iterable[Any]) -> list[str]:
    """What is Chinese in a text besides what people wrote."""
    for part in sorted((re.sub(r"\s", "", str(w)) for w in written if w), key=len, reverse=True):
        text = text.replace(part, "")
    return re.findall(f"[{HAN}]+", text)


def of_people(row: Application) -> list[Any]:
    """What somebody wrote, and names that have no English: of people, places of work, disciplines."""
    leader = row.leader
    answers = [a for a in row.answers.values() if isinstance(a, str)]
    return [row.title_zh, row.abstract_zh, row.keywords_zh, leader.title, leader.highest_degree, leader.department, *answers]


def in_english(address: str, who: str | None) -> str:
    answer = client(who).get(address, {"lang": "en"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    return printed(answer.content)


def applied() -> Application:
    call = new_call(title_en="Youth Programme, test")
    leader = new_person("申请人甲", name_en="Applicant Jia", title="副教授", department="草业学院", phone="13900000000")
    values = complete(call)
    answers = {k: v for k, v in values.items() if k not in {"title_zh", "discipline"}}
    row = placed(call, "received", leader, answers=answers, abstract_zh=TYPED, keywords_zh="碳汇", flags=["human"])
    member = new_person("成员乙", name_en="Member Yi")
    row.participants.create(person=member, organisation=member.organisation, months_per_year=3)
    return Application.objects.select_related("call__scheme", "host", "leader__account", "discipline").get(pk=row.pk)


def awarded() -> Award:
    call, rows, notice = noticed([TEN])
    type(call).objects.filter(pk=call.pk).update(title_en="Youth Programme, test")
    type(rows[0].leader).objects.filter(pk=rows[0].leader_id).update(name_en="Leader Jia")
    close(notice)
    return Award.objects.select_related("agreement", "leader__account", "host", "call__scheme", "application").get(call=call)


def test_application_in_english_keeps_what_was_written() -> None:
    row = applied()
    text = in_english(f"/applications/{row.pk}/pdf/", row.leader.account.username)
    for said in (
        MARK,
        TYPED,
        "ApplicantJia",
        "MemberYi",
        row.host.name_en.replace(" ", ""),
        "Abstract",
        "Pageofsignatures",
        "CNY100,000",
    ):
        assert said in text, said
    signed = [s.name for s in row.signatures.all()]
    assert chinese_in(text, [*of_people(row), "博士", *signed]) == []
    plain = printed(client(row.leader.account.username).get(f"/applications/{row.pk}/pdf/").content)
    assert (MARK in plain, "基本信息" in plain) == (False, True)


def test_each_fixed_word_of_an_application_is_english() -> None:
    """Whatever an application has, in every part of its paper."""
    row = applied()
    with override("en"):
        data = application_data(row, letters=True, personal=True, language="en")
    data["referees"] = [{"line": "Referee", "state": data["members"][0][-1], "letter": "Letter", "tie": "Colleague"}]
    data["attachments"] = [["Other", "a.pdf", "1 KB", "0" * 64]]
    text = printed(render_pdf("calls/typst/application.typ", data | {"draft": True, "through_agency": True}))
    signed = [s.name for s in row.signatures.all()]
    assert chinese_in(text, [*of_people(row), "博士", *signed]) == []
    assert all(said in text for said in ("Draft", "Referees", "Attachments", "Tietotheapplicant", "Recommendingagency", "Female"))


def test_agreement_in_english_is_what_was_signed() -> None:
    award = awarded()
    for party, who in (
        (Party.LEADER, as_(award.leader)),
        (Party.HOST, manager(award.host)),
        (Party.DEPARTMENT, actor("officer2")),
    ):
        sign(awards=[award], party=party, actor=who)
    address = f"/my/projects/{award.number}/pdf/"
    text = in_english(address, award.leader.account.username)
    signers = [s.account.name_zh for s in award.agreement.signatures.select_related("account")]
    told = Agreement.objects.get(award=award)
    particulars = [v for party in told.content["parties"].values() for k, v in party.items() if k != "name"]
    assert chinese_in(text, [*of_people(award.application), *signers, *particulars]) == []
    host = re.sub(r"\s", "", award.host.name_en)
    said = (MARK, award.number, "CNY100,000", "LeaderJia", host, told.digest, "PartyA:", "Annex1", "lumpsum", "Signedinthesystem")
    assert [x for x in said if x not in text] == []
    assert "notallhavesigned" not in text
    Award.objects.filter(pk=award.pk).update(title_zh="后来改过的名称")
    award.host.bank = "后来的银行"
    award.host.save()
    later = in_english(address, award.leader.account.username)
    assert ("后来改过的名称" in later, "后来的银行" in later) == (False, False)
    kept = client(award.leader.account.username).get(address).content
    assert told.digest in printed(kept)  # the Chinese one is still the file that was frozen
    assert MARK not in printed(kept)


@pytest.mark.parametrize("code", ["im-bounty", "im-direct"])
def test_budgets_and_milestones_in_english(code: str) -> None:
    walk = Walk(code)
    walk.close()
    Application.objects.filter(pk=walk.row.pk).update(state="panel", number="T999001")
    row = Application.objects.get(pk=walk.row.pk)
    propose_decisions(call=walk.call, proposals=[Proposal(row, row.amount_fen)], actor=actor("officer"))
    approve_decisions(call=walk.call, actor=actor("committee"))
    close(publish_notice(call=walk.call, actor=actor("officer")))
    award = Award.objects.select_related("agreement", "leader", "host", "call__scheme", "application").get(application=walk.row)
    text = printed(agreement_pdf(award.agreement, "en"))
    typed = re.findall(f"[{HAN}]+", str(award.application.answers))
    names = re.findall(f"[{HAN}]+", str([award.host.name_zh, award.leader.name_zh, award.agreement.content["parties"]]))
    assert chinese_in(text, [*of_people(award.application), *typed, *names]) == []


def test_notice_in_english_has_the_names_that_records_have() -> None:
    call, rows, notice = noticed([TEN, TEN])
    Notice.objects.filter(pk=notice.pk).update(title_en="Projects to be funded: test")
    Application.objects.filter(pk=rows[0].pk).update(title_en="Carbon in grazed soils")
    type(rows[0].leader).objects.filter(pk=rows[0].leader_id).update(name_en="Leader Jia")
    text = in_english(f"/notices/{notice.pk}/pdf/", None)
    for said in (MARK, "Projectstobefunded:test", "Carboningrazedsoils", "LeaderJia", rows[1].title_zh, notice.digest, "Total"):
        assert said in text, said
    typed = [call.title_zh, rows[1].title_zh, *(r.leader.name_zh for r in rows), call.contact]
    assert chinese_in(text, typed) == []
    assert MARK not in printed(client(None).get(f"/notices/{notice.pk}/pdf/").content)


def test_letter_in_english_says_that_it_is_a_translation() -> None:
    _call, rows, notice = noticed([TEN])
    close(notice)
    letter = Letter.objects.get(application=rows[0], kind="approved")
    text = in_english(f"/letters/{letter.pk}/", rows[0].leader.account.username)
    assert (MARK in text, "内蒙古自治区科学技术厅" in text) == (True, False)


def test_a_reader_of_english_finds_the_translation_and_nobody_else_does() -> None:
    award = awarded()
    own, notice = award.leader.account.username, Notice.objects.filter(call=award.call)[0]
    pages = (f"/notices/{notice.pk}/", f"/applications/{award.application_id}/", f"/my/projects/{award.number}/")
    for page in pages:
        links = {
            language: "lang=en" in client(own).get(page, HTTP_ACCEPT_LANGUAGE=language).content.decode()
            for language in ("en", "zh-hans")
        }
        assert links == {"en": True, "zh-hans": False}, page


def test_a_translation_is_no_way_round_a_permission() -> None:
    row, stranger = applied(), new_person().account.username
    assert client(stranger).get(f"/applications/{row.pk}/pdf/?lang=en").status_code == 404
    award = awarded()
    assert client(stranger).get(f"/my/projects/{award.number}/pdf/?lang=en").status_code in {403, 404}
    personal = in_english(f"/applications/{row.pk}/pdf/", row.leader.account.username)
    assert ("13900000000" in personal, "13900000000" in in_english(f"/applications/{row.pk}/pdf/", "officer")) == (True, False)


def test_translations_ask_the_database_as_often_whatever_they_hold() -> None:
    award = awarded()

    def asked(work: Any) -> int:
        with CaptureQueriesContext(connection) as queries:
            work()
        return len(queries)

    def application(language: str) -> int:
        row = Application.objects.select_related("call__scheme", "host", "leader", "discipline").prefetch_related(*PARTS)
        return asked(lambda: application_data(row.get(pk=award.application_id), language=language))

    def agreement() -> int:
        found = Award.objects.select_related("agreement", "leader", "host", "call__scheme", "application__discipline").get(
            pk=award.pk
        )
        return asked(lambda: agreement_pdf(found.agreement, "en"))

    assert application("en") == application("zh")

    def join(n: int) -> None:
        member = new_person(f"成员{n}")
        award.application.participants.create(person=member, organisation=member.organisation, months_per_year=1)

    join(0)
    before = (application("en"), agreement())
    for n in range(1, 5):
        join(n)
    assert (application("en"), agreement()) == before
    assert before[1] <= 8
