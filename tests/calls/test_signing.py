"""Documents to sign: by scheme, condition and wording; who has signed what; new wordings; partners; the invariant."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from headwater.calls.applying.services.applications import (
    add_members,
    confirm_participation,
    save_application,
    submit_application,
)
from headwater.calls.completeness import unsigned_submissions
from headwater.calls.documents import application_data
from headwater.calls.endorsing.services.endorsement import endorse, recommend, return_to_author
from headwater.calls.facts import check_applications
from headwater.calls.joining.services.partners import sign_as_partner, unsigned_partners
from headwater.calls.models import Application, Call, DocumentSignature, DocumentText, SchemeVersion
from headwater.calls.publishing.services.wording import newer_words
from headwater.calls.schemes import scheme_of
from headwater.core import clock
from headwater.core.errors import NotAllowed, Refused
from headwater.core.models import Notification
from headwater.forms.shapes import words_digest
from tests.approvals import take_new_words
from tests.make import (
    actor,
    as_,
    client,
    complete,
    draft_of,
    manager,
    new_call,
    new_host,
    new_person,
    placed,
    real_host,
    refusal,
    submitted,
    words,
)
from tests.pages import elements

pytestmark = pytest.mark.django_db


def signed(row: Application) -> list[tuple[str, str]]:
    found = DocumentSignature.objects.filter(application=row).values_list("document", "party")
    return sorted(found)


def document(call: Call, code: str) -> Any:
    return next(d for d in scheme_of(call).documents if d.code == code)


def rule(row: Application, name: str) -> Any:
    fresh = Application.objects.select_related("call__scheme", "host", "leader", "discipline").get(pk=row.pk)
    return next(r for r in check_applications([fresh], fresh.call)[row.pk] if r.rule == name)


def reworded(call: Call, code: str, **changes: Any) -> SchemeVersion:
    """The next version of a call's scheme, with one document changed and nothing else."""
    old = call.scheme
    definition = copy.deepcopy(old.definition)
    for d in definition["document"]:
        if d["code"] == code:
            d |= changes
    return SchemeVersion.objects.create(
        region=old.region, code=old.code, version=old.version + 1, name_zh=old.name_zh, definition=definition, digest=code
    )


def test_a_document_is_asked_while_its_condition_holds() -> None:
    call, leader = new_call(), new_person()
    row = draft_of(call, leader)
    assert words(call, "applicant") == [document(call, "integrity").digest]
    save_application(application=row, values={"flags": ["animal"]}, actor=as_(leader))
    with pytest.raises(Refused, match="科技伦理承诺书") as error:
        submit_application(application=row, actor=as_(leader), agree=words(call, "applicant"))
    assert refusal(error) == [("agree", "")]
    assert signed(row) == []
    both = [*words(call, "applicant"), document(call, "ethics").digest]
    submit_application(application=row, actor=as_(leader), agree=both)
    assert signed(row) == [("ethics", "applicant"), ("integrity", "applicant")]


def test_what_was_not_shown_is_not_signed() -> None:
    """A form that was loaded under another wording carries other digests."""
    call, leader = new_call(), new_person()
    row = draft_of(call, leader)
    with pytest.raises(Refused, match="科研诚信承诺书"):
        submit_application(application=row, actor=as_(leader), agree=["0" * 64])
    assert (signed(row), Application.objects.get(pk=row.pk).state) == ([], "draft")


def test_an_optional_document_may_be_left() -> None:
    call, leader = new_call(), new_person()
    Call.objects.filter(pk=call.pk).update(scheme=reworded(call, "ethics", required=False))
    call = Call.objects.select_related("scheme").get(pk=call.pk)
    row = draft_of(call, leader, flags=["human"])
    submit_application(application=row, actor=as_(leader), agree=words(call, "applicant"))
    assert signed(row) == [("integrity", "applicant")]


def test_signing_again_renews_the_time_and_keeps_one_row() -> None:
    call, leader = new_call(), new_person()
    row = submitted(call, leader)
    first = DocumentSignature.objects.get(application=row)
    return_to_author(applications=[row], note="请补充", actor=manager(row.host))
    with clock.at(clock.now() + timedelta(hours=1)):
        submit_application(application=row, actor=as_(leader), agree=True)
    again = DocumentSignature.objects.get(application=row)
    assert (again.pk, again.text_id, again.signed_at > first.signed_at) == (first.pk, first.text_id, True)


def test_every_party_signs_at_its_step() -> None:
    call, host = new_call(), real_host()
    leader, member = new_person(organisation=host), new_person("成员", host)
    row = draft_of(call, leader)
    confirm_participation(participants=add_members(application=row, members=[(member, 6)], actor=as_(leader)), actor=as_(member))
    submit_application(application=row, actor=as_(leader), agree=True)
    endorse(applications=[row], actor=manager(host))
    from headwater.calls.endorsing.services.endorsement import recommenders

    agency = host.recommender_id or 0
    recommend(applications=[row], actor=actor(recommenders(agency)[0].username))
    assert signed(row) == [("host", "host"), ("integrity", "applicant"), ("member", "member"), ("recommendation", "recommender")]
    last = DocumentSignature.objects.get(application=row, party="recommender")
    assert (last.agency_id, last.person_id, last.text.text_zh) == (agency, None, document(call, "recommendation").text_zh)
    assert unsigned_submissions() == []


def test_an_endorsement_signs_in_one_statement_for_any_number() -> None:
    call, host = new_call(), real_host()
    one, many = [submitted(call, new_person("一", host))], [submitted(call, new_person(f"人{n}", host)) for n in range(4)]
    with CaptureQueriesContext(connection) as first:
        endorse(applications=one, actor=manager(host))
    with CaptureQueriesContext(connection) as second:
        endorse(applications=many, actor=manager(host))
    assert len(first) == len(second)
    assert DocumentSignature.objects.filter(application__call=call, party="host").count() == 5


def test_the_host_signs_only_what_it_was_shown() -> None:
    call, host = new_call(), real_host()
    row = submitted(call, new_person(organisation=host))
    with pytest.raises(Refused, match="依托单位承诺书"):
        endorse(applications=[row], actor=manager(host), agree=[])
    assert Application.objects.get(pk=row.pk).state == "host_review"


# wordings


@pytest.fixture
def confirmed() -> tuple[Call, Any, Any, Application]:
    """A draft with a member who has signed the present wording."""
    call, leader, member = new_call(), new_person(), new_person("成员")
    row = draft_of(call, leader)
    confirm_participation(participants=add_members(application=row, members=[(member, 6)], actor=as_(leader)), actor=as_(member))
    return call, leader, member, row


def test_a_new_wording_makes_members_sign_again(confirmed: tuple[Call, Any, Any, Application]) -> None:
    call, leader, member, row = confirmed
    new = reworded(call, "member", text_zh="本人同意参与，并遵守新的规定。")
    assert take_new_words(call=call, actor=actor("officer2")) == 1
    told = Notification.objects.filter(account=member.account).order_by("-pk")[0]
    assert "文本已更新" in told.title
    with pytest.raises(Refused, match="尚未确认参与"):
        submit_application(application=row, actor=as_(leader), agree=True)
    part = row.participants.get()
    confirm_participation(participants=[part], actor=as_(member))
    fresh = Call.objects.get(pk=call.pk)
    assert fresh.scheme_id == new.pk
    have = DocumentSignature.objects.filter(application=row, party="member").order_by("pk")
    assert [s.text.text_zh for s in have] == [document(call, "member").text_zh, "本人同意参与，并遵守新的规定。"]
    assert submit_application(application=row, actor=as_(leader), agree=True).state == "host_review"
    assert [x for x in unsigned_submissions() if row.number in x] == []


def test_a_signature_under_an_earlier_wording_does_not_count(confirmed: tuple[Call, Any, Any, Application]) -> None:
    call, leader, _member, row = confirmed
    assert rule(row, "signed").outcome == "failed"  # the applicant signs at the submission
    Call.objects.filter(pk=call.pk).update(scheme=reworded(call, "member", title_zh="参与者承诺书（修订）"))
    assert "成员 签署的《参与者承诺书（修订）》文本已更新，须重新签署" in rule(row, "signed").zh
    with pytest.raises(Refused, match="须重新签署"):
        submit_application(application=row, actor=as_(leader), agree=True)


def test_new_words_are_refused_once_somebody_has_submitted_and_where_more_than_words_changed() -> None:
    call = new_call()
    assert newer_words(call) is None
    with pytest.raises(Refused, match="没有只改了签署文件的新版本"):
        take_new_words(call=call, actor=actor("officer2"))
    reworded(call, "integrity", text_zh="新的文本")
    submitted(call, new_person())
    with pytest.raises(Refused, match="已有申请按现行文本签署"):
        take_new_words(call=call, actor=actor("officer2"))
    with pytest.raises(NotAllowed):
        take_new_words(call=call, actor=manager(real_host()))
    other = new_call("im-gen")
    newer = reworded(other, "integrity", text_zh="新的文本")
    assert newer_words(other) == newer
    newer.definition["scheme"]["members_max"] = 2
    newer.save()
    assert newer_words(other) is None


# what is kept


def test_words_are_kept_as_they_were_and_fit_their_digest() -> None:
    submitted(new_call(), new_person())
    text = DocumentText.objects.order_by("pk")[0]
    assert text.digest == words_digest(text.title_zh, text.title_en, text.text_zh, text.text_en)
    for change in (lambda: DocumentText.objects.filter(pk=text.pk).update(text_zh="别的"), text.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    with pytest.raises(DatabaseError), transaction.atomic():
        DocumentText.objects.create(digest="0" * 64, title_zh="甲", title_en="a", text_zh="乙", text_en="b")


def test_the_invariant_names_a_missing_and_an_outdated_signature() -> None:
    call = new_call()
    good, bare, old = submitted(call, new_person()), submitted(call, new_person()), submitted(call, new_person())
    DocumentSignature.objects.filter(application=bare).delete()
    other = ("别的文本", "Other", "旧", "old")
    text = DocumentText.objects.create(
        digest=words_digest(*other), title_zh=other[0], title_en=other[1], text_zh=other[2], text_en=other[3]
    )
    DocumentSignature.objects.filter(application=old).update(text=text)
    assert [x.split(":")[0] for x in unsigned_submissions()] == [f"application {bare.number}", f"application {old.number}"]
    assert good.number


def test_the_pdf_names_signers_and_holds_the_words() -> None:
    row = submitted(new_call(), new_person("萨日娜"))
    data = application_data(Application.objects.get(pk=row.pk))
    assert [line[:3] for line in data["signed"]] == [["科研诚信承诺书", "萨日娜", "申请人"]]
    digest = DocumentSignature.objects.get(application=row).text_id
    assert [(t["digest"], "不抄袭" in t["text"]) for t in data["texts"]] == [(digest, True)]


def test_the_last_check_lists_every_document_with_its_state(confirmed: tuple[Call, Any, Any, Application]) -> None:
    call, leader, _member, row = confirmed
    page = client(leader.account.username).get(f"/applications/{row.pk}/edit/submit/").content.decode()
    assert elements(page, name="agree", value=document(call, "integrity").digest, required=None)
    assert "参与者承诺书" in page
    assert "已签署" in page
    assert "单位审核时签署" in page
    assert "科技伦理承诺书" not in page


def test_reader_of_a_submitted_application_sees_what_was_signed() -> None:
    row = submitted(new_call(), new_person("萨日娜"))
    digest = DocumentSignature.objects.get(application=row).text_id
    page = client(f"host-{row.host.code}").get(f"/applications/{row.pk}/").content.decode()
    assert f"SHA-256 {digest}" in page


# partners


def joint() -> tuple[Call, Application, Any]:
    """A joint application with a confirmed member of another host."""
    host = real_host()
    other = type(host).objects.hosts().exclude(pk=host.pk).exclude(recommender=None).order_by("pk")[0]
    call, leader, member = new_call("im-jf"), new_person(organisation=host), new_person("外单位成员", other)
    row = draft_of(call, leader)
    confirm_participation(participants=add_members(application=row, members=[(member, 6)], actor=as_(leader)), actor=as_(member))
    Application.objects.filter(pk=row.pk).update(state="host_review", number=f"J{row.pk:06d}")
    return call, row, other


def test_the_host_endorses_after_the_partners_have_signed() -> None:
    call, row, other = joint()
    with pytest.raises(Refused, match="尚未签署《联合申报合作协议》") as error:
        endorse(applications=[row], actor=manager(row.host))
    assert refusal(error) == [("", "F18")]
    with pytest.raises(Refused, match="没有等待本单位签署"):
        sign_as_partner(applications=[row], actor=manager(row.host), agree=True)
    with pytest.raises(Refused, match="联合申报合作协议"):
        sign_as_partner(applications=[row], actor=manager(other), agree=[])
    assert sign_as_partner(applications=[row], actor=manager(other), agree=words(call, "partner")) == 1
    assert unsigned_partners([row]) == {row.pk: []}
    endorse(applications=[row], actor=manager(row.host))
    found = DocumentSignature.objects.get(application=row, party="partner")
    assert (found.organisation_id, found.name) == (other.pk, manager(other).account.name_zh)  # type: ignore[union-attr]


def test_a_partner_sees_what_waits_and_signs_on_its_page() -> None:
    call, row, other = joint()
    browser = client(f"host-{other.code}")
    page = browser.get("/host/partner/").content.decode()
    assert row.title_zh in page
    assert row.title_zh not in client(f"host-{row.host.code}").get("/host/partner/").content.decode()
    browser.post("/host/partner/", {"pk": [row.pk], "agree": words(call, "partner")})
    assert signed(row) == [("joint", "partner"), ("member", "member")]
    assert row.title_zh not in browser.get("/host/partner/").content.decode()


def test_a_scheme_without_partner_documents_does_not_wait() -> None:
    call, host = new_call(), real_host()
    leader, member = new_person(organisation=host), new_person("外单位", new_host())
    row = draft_of(call, leader, **complete(call))
    confirm_participation(participants=add_members(application=row, members=[(member, 6)], actor=as_(leader)), actor=as_(member))
    submit_application(application=row, actor=as_(leader), agree=True)
    assert endorse(applications=[row], actor=manager(host))[0].state in {"recommending", "received"}
    assert placed(call, "draft").pk
