"""Claims: who makes and answers them, how a work is divided, what the database keeps whoever writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction

from bench.pages.bench import counted
from headwater.awards.models import Award
from headwater.core.duties import duties_of
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Account, Event, Parameter, StoredFile
from headwater.core.parameters import forget_parameters
from headwater.registry.models import Organisation, Person, Work, WorkClaim
from headwater.registry.queries import region_code
from headwater.registry.works.claimants import CLAIMANTS
from headwater.registry.works.queries import claims_of, works_of
from headwater.registry.works.services import answer_claims, claim_works, withdraw_claims
from tests.approvals import confirmed
from tests.make import (
    actor,
    as_,
    client,
    manager,
    new_award,
    new_call,
    new_host,
    new_person,
    new_work,
    placed,
    real_host,
    user_of,
)

pytestmark = pytest.mark.django_db
HALF = Decimal("0.5")


@pytest.fixture
def award() -> Award:
    leader = new_person("负责人", new_host())
    return new_award(placed(new_call(), "approved", leader), 10)


@pytest.fixture
def divided() -> Iterator[None]:
    """Institutions divide works among at most two, as bases will."""
    with CLAIMANTS.reopened():
        entry = CLAIMANTS["registry.organisation"]
        CLAIMANTS._entries["registry.organisation"] = replace(entry, credit="base", most="works_shared_by")
        Parameter.objects.create(region=region_code(), key="works_shared_by", value=2, valid_from=date(2020, 1, 1))
        forget_parameters()
        yield
    forget_parameters()


def claimed(work: Work, subject: Any, **more: Any) -> WorkClaim:
    """A claim that nobody was asked about."""
    values = {"credit": "base", "counts_on": "2024-12-31", "share": HALF, "most": 2} | more
    return WorkClaim.objects.create(work=work, subject_type=subject._meta.label_lower, subject_id=subject.pk, **values)


def settle() -> None:
    """Have the database look, as it does at the end of a transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def refused(words: str) -> Iterator[None]:
    """What is written in here is refused by the database when the transaction ends."""
    with transaction.atomic():
        yield
        with pytest.raises(IntegrityError, match=f"headwater_claims.*{words}"):
            settle()
        transaction.set_rollback(True)


# who claims, who confirms


def test_a_leader_claims_for_an_award_and_an_officer_confirms(award: Award) -> None:
    work = new_work("碳汇", [award.leader], issued="2024-05", year=2024)
    claim = claim_works(works=[work], subject=award, actor=as_(award.leader))[0]
    assert (claim.state, claim.counts_on, claim.share, claim.credit) == ("claimed", date(2024, 5, 31), None, "award")
    assert list(works_of(award)) == []
    assert list(works_of(award, accepted=False)) == [work]
    assert answer_claims(claims=[claim], accept=True, actor=actor("officer")) == 1
    assert [list(works_of(award, *span)) for span in ((date(2024, 5, 31), None), (None, date(2024, 5, 30)))] == [[work], []]
    assert list(claims_of(award, date(2024, 5, 1), date(2024, 5, 31)).values_list("state", flat=True)) == ["accepted"]
    assert not check(["rows_as_written", "work_claims_fit", "work_claimants_exist"])


def test_nobody_claims_for_what_they_do_not_speak_for(award: Award) -> None:
    work = new_work()
    for who in (as_(new_person()), actor("officer"), manager(real_host()) if award.host != real_host() else as_(new_person())):
        with pytest.raises(NotAllowed):
            claim_works(works=[work], subject=award, actor=who)
    with pytest.raises(LookupError):
        claim_works(works=[work], subject=work, actor=actor("officer"))


def test_nobody_confirms_their_own(award: Award) -> None:
    work = new_work("碳汇", [award.leader])
    claim = claim_works(works=[work], subject=award, actor=as_(award.leader))[0]
    with pytest.raises(NotAllowed):
        answer_claims(claims=[claim], accept=True, actor=as_(award.leader))
    officer = Account.objects.get(username="officer")
    WorkClaim.objects.filter(pk=claim.pk).update(claimed_by=officer)
    with pytest.raises(Refused, match="其他人员"):
        answer_claims(claims=[claim], accept=True, actor=actor("officer"))
    with pytest.raises(IntegrityError, match="work_claim_by_two"), transaction.atomic():
        WorkClaim.objects.filter(pk=claim.pk).update(state="accepted", answered_by=officer, answered_at="2025-01-01T00:00Z")


def test_a_claim_is_declined_and_taken_back_with_a_reason(award: Award) -> None:
    first, second, third = (new_work(t, [award.leader]) for t in "甲乙丙")
    one, two, three = claim_works(works=[first, second, third], subject=award, actor=as_(award.leader))
    with pytest.raises(Refused, match="依据"):
        answer_claims(claims=[one], accept=False, reason="", actor=actor("officer"))
    answer_claims(claims=[one], accept=False, reason="文中没有标注", actor=actor("officer"))
    withdraw_claims(claims=[two], reason="认领有误", actor=as_(award.leader))
    answer_claims(claims=[three], accept=True, actor=actor("officer"))
    with pytest.raises(Refused):
        withdraw_claims(claims=[three], reason="认领有误", actor=as_(award.leader))
    withdraw_claims(claims=[three], reason="复核后撤销", actor=actor("officer"))
    states = [(c.state, c.reason) for c in WorkClaim.objects.filter(pk__in=[one.pk, two.pk, three.pk]).order_by("pk")]
    assert states == [("refused", "文中没有标注"), ("withdrawn", "认领有误"), ("withdrawn", "复核后撤销")]
    assert claim_works(works=[first], subject=award, actor=as_(award.leader))
    with pytest.raises(Refused, match="已经认领"):
        claim_works(works=[first], subject=award, actor=as_(award.leader))


def test_people_and_institutions_claim_too() -> None:
    host = real_host()
    person = new_person("乌云", host)
    work = new_work("甲", [person])
    for subject in (person, host):
        claim_works(works=[work], subject=subject, actor=manager(host))
    assert sorted(work.claims.values_list("credit", flat=True)) == ["organisation", "person"]
    with pytest.raises(NotAllowed):
        claim_works(works=[work], subject=new_host(), actor=manager(host))


def test_a_claim_says_when_it_counts_or_the_work_does(award: Award) -> None:
    work = new_work("甲", [award.leader], year=None)
    with pytest.raises(Refused, match="计入日期"):
        claim_works(works=[work], subject=award, actor=as_(award.leader))
    assert claim_works(works=[work], subject=award, counts_on=date(2024, 3, 1), actor=as_(award.leader))


# how a work is divided


@pytest.mark.usefixtures("divided")
def test_two_bases_divide_a_work_and_a_third_is_refused() -> None:
    one, two, three = (real_host(), *Organisation.objects.hosts().exclude(pk=real_host().pk).order_by("pk")[:2])
    work = new_work("甲")
    with pytest.raises(Refused, match="份额"):
        claim_works(works=[work], subject=one, actor=manager(one))
    claim = claim_works(works=[work], subject=one, share=Decimal("0.6"), actor=manager(one))[0]
    assert claim.most == 2
    with pytest.raises(Refused, match=r"尚余份额 0\.4"):
        claim_works(works=[work], subject=two, share=HALF, actor=manager(two))
    claim_works(works=[work], subject=two, share=Decimal("0.3"), actor=manager(two))
    with pytest.raises(Refused, match="2 方"):
        claim_works(works=[work], subject=three, share=Decimal("0.1"), actor=manager(three))
    withdraw_claims(claims=[claim], reason="让出份额", actor=manager(one))
    assert claim_works(works=[work], subject=three, share=Decimal("0.7"), actor=manager(three))
    settle()


def test_the_database_keeps_shares_and_numbers_whoever_writes() -> None:
    work, hosts = new_work("甲"), [new_host() for _ in range(3)]
    claimed(work, hosts[0], share=Decimal("0.4"))
    claimed(work, hosts[1])
    settle()
    with refused("3 claims of base"):
        claimed(work, hosts[2], share=Decimal("0.1"), most=None)
    with refused(r"sum to 1\.1"):
        WorkClaim.objects.filter(work=work, subject_id=hosts[0].pk).update(share=Decimal("0.6"))
    claimed(work, new_person(), credit="person", share=None, most=None)  # other claimants have their own credit
    settle()
    with pytest.raises(IntegrityError, match="work_claim_share"), transaction.atomic():
        claimed(work, hosts[2], share=Decimal(0), credit="other")
    with pytest.raises(IntegrityError, match="work_claim_divided"), transaction.atomic():
        claimed(work, hosts[2], share=None, credit="other")
    with pytest.raises(IntegrityError, match="work_claim_once"), transaction.atomic():
        claimed(work, hosts[0])


def test_merging_two_records_may_not_give_more_than_one_work() -> None:
    one, two = new_work("甲"), new_work("乙")
    hosts = [new_host() for _ in range(3)]
    claimed(one, hosts[0])
    claimed(two, hosts[1], share=Decimal("0.6"))
    with refused(r"sum to 1\.1"):
        Work.objects.filter(pk=one.pk).update(merged_into=two, merge_reason="同一成果")


def test_what_was_written_past_the_triggers_is_found(owner_connection: None) -> None:
    work, hosts = new_work("甲"), [new_host() for _ in range(2)]
    claims = [claimed(work, host) for host in hosts]
    settle()
    assert not check(["work_claims_fit", "work_claimants_exist"])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE registry_workclaim SET share = 0.9 WHERE id = %s", [claims[0].pk])
        cursor.execute("UPDATE registry_workclaim SET subject_id = 0 WHERE id = %s", [claims[1].pk])
        cursor.execute("SET LOCAL session_replication_role = origin")
    found = {breach.invariant.name: breach.rows for breach in check(["work_claims_fit", "work_claimants_exist"])}
    assert found == {
        "work_claims_fit": [f"work {work.pk}: 2 claims of base by 2 claimants, shares 1.4000"],
        "work_claimants_exist": [f"claim {claims[1].pk} of registry.organisation 0"],
    }


# pages


def test_a_leader_claims_on_the_page_by_numbers_with_evidence(award: Award) -> None:
    mine, hidden = new_work("甲", [award.leader]), new_work("别人录入的", doi="10.1234/a")
    browser = client(user_of(award.leader))
    assert browser.get(f"/works/{hidden.pk}/").status_code == 404
    form = {"subject": f"awards.award:{award.pk}", "work": mine.pk, "works": "https://doi.org/10.1234/A", "evidence": "致谢标注"}
    assert browser.post("/works/claim/", form | {"works": "10.1234/none"}).status_code == 422
    assert browser.post("/works/claim/", form | {"share": "2"}).status_code == 422
    assert browser.post("/works/claim/", form | {"subject": "awards.award:0"}).status_code == 422
    proof = SimpleUploadedFile("proof.pdf", b"%PDF-1.4\n%%EOF\n")
    answer = browser.post("/works/claim/", form | {"file": proof})
    assert answer.headers["location"] == f"/works/{mine.pk}/"
    assert sorted(works_of(award, accepted=False).values_list("pk", flat=True)) == sorted([mine.pk, hidden.pk])
    assert browser.get(f"/works/{hidden.pk}/").status_code == 200
    file = StoredFile.objects.get(owner_type="registry.workclaim")
    StoredFile.objects.filter(pk=file.pk).update(state="fine")
    assert browser.get(f"/files/{file.pk}/").status_code == 200
    assert client(user_of(new_person())).get(f"/files/{file.pk}/").status_code == 404


def test_officers_confirm_what_they_have_seen(award: Award) -> None:
    works = [new_work(t, [award.leader]) for t in "甲乙"]
    claims = claim_works(works=works, subject=award, actor=as_(award.leader))
    officer = Account.objects.get(username="officer")
    assert any(d.title == "确认成果认领" for d in duties_of(officer))
    browser = client("officer")
    page = browser.get("/works/claims/?state=claimed")
    assert award.number in page.content.decode()
    keys = [c.pk for c in claims]
    assert confirmed(browser, "/works/claims/", {"do": "accept", "pk": keys}).status_code == 302
    assert set(WorkClaim.objects.filter(pk__in=keys).values_list("state", flat=True)) == {"accepted"}
    assert Event.objects.filter(command="registry.answer_claims", subject_id__in=keys).count() == 2
    assert "已确认" in client(user_of(award.leader)).get(f"/works/{works[0].pk}/").content.decode()
    taken_back = confirmed(browser, "/works/claims/", {"do": "withdraw", "pk": keys[0], "of_work": "1"}, reason="核对有误")
    assert taken_back.headers["location"] == f"/works/{works[0].pk}/"


def test_a_reader_sees_claims_of_what_they_may_see_and_how_many_others_there_are(award: Award) -> None:
    person = new_person("其木格", new_host())
    work = new_work("甲", [person, award.leader])
    stranger = new_person("外人", new_host())
    claimed(work, stranger, credit="person", share=None, most=None)
    claim_works(works=[work], subject=award, actor=as_(award.leader))
    page = client(user_of(person)).get(f"/works/{work.pk}/").content.decode()
    assert award.number in page
    assert "外人" not in page
    assert "另有 1 项认领" in page


def test_works_of_something_public_may_be_read_by_everybody() -> None:
    host = new_host()
    work = new_work("公开的成果")
    claimed(work, host, state="accepted", answered_at="2025-01-01T00:00Z")
    visitor = client(None)
    assert "公开的成果" not in visitor.get("/works/", follow=True).content.decode()
    assert not Work.objects.visible_to(visitor).filter(pk=work.pk).exists()
    with CLAIMANTS.reopened():
        entry = CLAIMANTS["registry.organisation"]
        CLAIMANTS._entries["registry.organisation"] = replace(entry, public=lambda: Organisation.objects.filter(pk=host.pk))
        assert "公开的成果" in visitor.get("/works/").content.decode()
        assert visitor.get(f"/works/{work.pk}/").status_code == 200
        assert visitor.get(f"/works/{new_work('不公开').pk}/").status_code == 404


def test_claiming_takes_as_many_questions_for_twelve_works_as_for_two(award: Award) -> None:
    counts = []
    for size in (2, 12):
        works = [new_work(f"{size}-{n}", [award.leader]) for n in range(size)]
        with counted() as found:
            claims = claim_works(works=works, subject=award, actor=as_(award.leader))
        counts.append(len(found))
        with counted() as found:
            answer_claims(claims=claims, accept=True, actor=actor("officer"))
        counts.append(len(found))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 20


def test_people_who_turn_out_to_be_one_see_their_works() -> None:
    one, other = new_person("甲"), new_person("甲")
    work = new_work("题", [other])
    Person.objects.filter(pk=other.pk).update(merged_into=one, merge_reason="同一人")
    assert client(user_of(one)).get(f"/works/{work.pk}/").status_code == 200
