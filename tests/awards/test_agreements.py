"""Agreements: three signatures in order, on exactly the content whose digest they carry."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO

import pytest

from bench.pages.bench import counted
from headwater.awards.models import Agreement, Award, Party
from headwater.awards.services.agreements import agreement_pdf, freeze_pdf
from headwater.awards.services.giving_up import lapse_late
from headwater.calls.models import Application, Participant
from headwater.calls.terms import term_of
from headwater.core import clock
from headwater.core.command import Actor
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import StoredFile
from headwater.registry.models import Discipline, Sanction
from tests.approvals import sign_agreements as sign
from tests.calls.test_decisions import TEN, close, noticed
from tests.make import SECOND, actor, as_, manager, new_host, new_person, refusal

pytestmark = pytest.mark.django_db


def awarded(count: int = 1) -> list[Award]:
    call, _rows, notice = noticed([TEN] * count)
    close(notice)
    return list(Award.objects.filter(call=call).select_related("leader__account", "host", "call").order_by("number"))


def who(award: Award, party: Party) -> Actor:
    if party == Party.LEADER:
        return as_(award.leader)
    return manager(award.host) if party == Party.HOST else actor("officer2")


def put(award: Award, *parties: Party, late: timedelta = timedelta(hours=-1)) -> None:
    for party in parties:
        with clock.at(award.agreement_by + late):
            sign(awards=[award], party=party, actor=who(award, party))


def signed(award: Award) -> list[str]:
    return list(award.agreement.signatures.order_by("pk").values_list("party", flat=True))


def fresh(award: Award) -> Award:
    return Award.objects.select_related("agreement").get(pk=award.pk)


@pytest.mark.parametrize(("before", "party"), [([], Party.HOST), ([], Party.DEPARTMENT), ([Party.LEADER], Party.DEPARTMENT)])
def test_signature_out_of_order_is_refused(before: list[Party], party: Party) -> None:
    award = awarded()[0]
    put(award, *before)
    with pytest.raises(Refused, match="须先由"):
        put(award, party)
    assert signed(award) == [p.value for p in before]
    put(award, *[p for p in Party if p not in before])
    assert signed(award) == ["leader", "host", "department"]


@pytest.mark.parametrize("party", list(Party))
def test_wrong_person_is_refused(party: Party) -> None:
    award, other = awarded(), new_person("旁人")
    before = list(Party)[: list(Party).index(party)]
    put(award[0], *before)
    with pytest.raises((NotAllowed, Refused)):
        sign(awards=award, party=party, actor=as_(other))
    for wrong in Party:
        if wrong != party:
            with pytest.raises((NotAllowed, Refused)):
                sign(awards=award, party=party, actor=who(award[0], wrong))
    assert signed(award[0]) == [p.value for p in before]
    put(award[0], party)
    assert signed(award[0]) == [p.value for p in [*before, party]]


def test_manager_of_another_host_is_refused() -> None:
    award = awarded()[0]
    put(award, Party.LEADER)
    stranger = manager(award.host)
    Award.objects.filter(pk=award.pk).update(host=new_host())
    with pytest.raises(Refused, match="不能代表"):
        sign(awards=[award], party=Party.HOST, actor=stranger)
    Award.objects.filter(pk=award.pk).update(host=award.host)
    assert sign(awards=[award], party=Party.HOST, actor=stranger) == 1


def test_signature_after_the_last_day_is_refused() -> None:
    award = awarded()[0]
    with pytest.raises(Refused, match="已过任务书签订期限"):
        put(award, Party.LEADER, late=SECOND)
    assert signed(award) == []
    put(award, Party.LEADER, late=timedelta(0))
    assert signed(award) == ["leader"]


@pytest.mark.parametrize("who_is_barred", ["leader", "member"])
def test_nobody_signs_for_a_project_with_a_barred_person(who_is_barred: str) -> None:
    award = awarded()[0]
    member = new_person("成员")
    award.application.participants.create(person=member, organisation=member.organisation, confirmed_at=clock.now())
    put(award, Party.LEADER)
    day = award.agreement_by.date()
    person = award.leader if who_is_barred == "leader" else member
    ban = Sanction.objects.create(person=person, since=day, until=day + timedelta(days=1))
    with pytest.raises(Refused) as error:
        put(award, Party.HOST)
    assert (refusal(error), signed(award)) == ([("", "F13")], ["leader"])
    Sanction.objects.filter(pk=ban.pk).update(since=day - timedelta(days=9), until=day)
    put(award, Party.HOST)
    assert signed(award) == ["leader", "host"]


def test_last_day_is_twenty_days_after_the_approval() -> None:
    award = awarded()[0]
    with clock.at(award.approved_at):
        assert award.agreement_by == clock.end_of_day(clock.today() + timedelta(days=20))


def test_third_signature_makes_it_run() -> None:
    award = awarded()[0]
    put(award, Party.LEADER, Party.HOST)
    assert (fresh(award).state, fresh(award).agreement.signed_at) == ("agreement", None)
    put(award, Party.DEPARTMENT)
    found = fresh(award)
    assert (found.state, found.agreement.signed_at) == ("running", award.agreement_by - timedelta(hours=1))
    assert check() == []


def test_signing_twice_changes_nothing() -> None:
    award = awarded()[0]
    put(award, Party.LEADER)
    assert sign(awards=[award], party=Party.LEADER, actor=who(award, Party.LEADER)) == 0
    assert signed(award) == ["leader"]


def test_many_are_signed_together_or_not_at_all() -> None:
    first, second = awarded(2)
    put(first, Party.LEADER)
    with pytest.raises(Refused, match="须先由"):
        sign(awards=[first, second], party=Party.HOST, actor=who(first, Party.HOST))
    assert (signed(first), signed(second)) == (["leader"], [])
    put(second, Party.LEADER)
    assert sign(awards=[first, second], party=Party.HOST, actor=who(first, Party.HOST)) == 2


def test_digest_that_is_signed_is_the_contents() -> None:
    award = awarded()[0]
    put(award, *Party)
    agreement = Agreement.objects.get(award=award)
    assert check(["agreement_unchanged"]) == []
    assert set(agreement.signatures.values_list("digest", flat=True)) == {agreement.digest}
    assert agreement.content["amount_fen"] == award.amount_fen
    Agreement.objects.filter(pk=agreement.pk).update(content=agreement.content | {"amount_fen": 1})
    assert [b.rows for b in check(["agreement_unchanged"])] == [[f"agreement of award {award.pk}"]]


def test_late_agreements_lapse_and_signed_ones_do_not() -> None:
    first, second, third = awarded(3)
    put(first, *Party)
    put(second, Party.LEADER)
    with clock.at(first.agreement_by):
        assert lapse_late(call=first.call, actor=actor("officer")) == 0
    with clock.at(first.agreement_by + SECOND):
        assert lapse_late(call=first.call, actor=actor("officer")) == 2
        assert lapse_late(call=first.call, actor=actor("officer")) == 0
        assert sign(awards=[third], party=Party.LEADER, actor=who(third, Party.LEADER)) == 0
    assert [fresh(a).state for a in (first, second, third)] == ["running", "lapsed", "lapsed"]


def test_pdf_holds_number_title_and_three_signers() -> None:
    from pypdf import PdfReader

    award = awarded()[0]
    put(award, *Party)
    agreement = Agreement.objects.get(award=award)
    pages = PdfReader(BytesIO(agreement_pdf(agreement))).pages
    text = "".join(p.extract_text() for p in pages).replace("\n", "").replace(" ", "")
    names = [s.account.name_zh for s in agreement.signatures.select_related("account").order_by("pk")]
    parties = ["甲方：内蒙古自治区科学技术厅", f"乙方：{award.host.name_zh}", f"丙方：{award.leader.name_zh}"]
    annexes = ["人民币壹拾万元整", "统一社会信用代码", "开户银行", "附件一", "附件二", "不得列支", "特此承诺"]
    days = [f"{d.year}年{d.month}月{d.day}日" for d in (award.starts_on, award.ends_on)]
    said = [award.number, award.title_zh, *names, *parties, *annexes, *days, "参与者"]
    assert ([x for x in said if x not in text], len(names)) == ([], 3)
    logins = [s.account.username for s in agreement.signatures.select_related("account")]
    assert [x for x in logins if f"（{x}）" in text or f"({x})" in text] == []
    assert "未完成签署" not in text


def test_pdf_says_what_is_not_signed() -> None:
    from pypdf import PdfReader

    award = awarded()[0]
    put(award, Party.LEADER)
    pages = PdfReader(BytesIO(agreement_pdf(award.agreement))).pages
    assert "未完成签署" in "".join(p.extract_text() for p in pages)


def test_pdf_is_kept_once_and_only_when_signed() -> None:
    award = awarded()[0]
    put(award, Party.LEADER, Party.HOST)
    freeze_pdf(agreement=Agreement.objects.get(award=award), actor=actor("officer"))
    assert Agreement.objects.get(award=award).pdf is None
    put(award, Party.DEPARTMENT)
    stale = Agreement.objects.get(award=award)
    freeze_pdf(agreement=Agreement.objects.get(award=award), actor=actor("officer"))
    first = Agreement.objects.get(award=award).pdf_id
    freeze_pdf(agreement=stale, actor=actor("officer"))
    freeze_pdf(agreement=Agreement.objects.get(award=award), actor=as_(award.leader))
    assert Agreement.objects.get(award=award).pdf_id == first
    files = StoredFile.objects.filter(owner_type="awards.agreement", owner_id=stale.pk)
    assert list(files.values_list("pk", "content_type")) == [(first, "application/pdf")]


@pytest.mark.parametrize("start", [date(2028, 7, 1), date(2028, 7, 31)])
def test_term_ends_on_the_day_before_its_anniversary(start: date) -> None:
    row = awarded()[0].application
    row.starts_on, row.months = start, 36
    assert term_of(row, start)[1] == start.replace(year=start.year + 3) - timedelta(days=1)


def statements_of_a_release(count: int) -> int:
    call, rows, notice = noticed([TEN] * count)
    codes = [Discipline.objects.order_by("-code")[n] for n in range(2)]
    for row in rows:
        Participant.objects.create(application=row, person=new_person("合作者"), organisation=row.host, confirmed_at=clock.now())
    Application.objects.filter(call=call).update(discipline=codes[0], second_discipline=codes[1])
    with counted() as found:
        close(notice)
    assert Award.objects.filter(call=call).count() == count
    return len(found)


def test_a_release_asks_as_often_for_six_awards_and_letters_as_for_one() -> None:
    statements_of_a_release(1)  # fills what is kept between requests
    assert statements_of_a_release(6) == statements_of_a_release(1)
