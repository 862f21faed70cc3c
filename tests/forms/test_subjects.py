"""One set of functions for whatever people write about: an application in its old tables, any other subject in those of forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from headwater.calls.applying.services.applications import save_fields
from headwater.calls.applying.services.restoring import restore as restore_application
from headwater.calls.contents import content_of
from headwater.calls.models import Application
from headwater.calls.stores import APPLICATIONS, ApplicationSigning
from headwater.calls.stores import SIGNATURES as OF_APPLICATIONS
from headwater.core import clock
from headwater.core.command import system
from headwater.core.errors import Refused
from headwater.core.invariants import check
from headwater.core.models import Account
from headwater.forms.answers.state import Answers
from headwater.forms.autosaving import Changes
from headwater.forms.expressions import Value
from headwater.forms.models import AnswerSheet, Signature, SignedText
from headwater.forms.presence import tell_presence
from headwater.forms.shapes import Document, Field, Form, Section
from headwater.forms.sheets import SIGNATURES, SubjectSigning, own_store, restore, save_answers, sheet_of
from headwater.forms.signing import asked, sign, to_sign, unsigned
from headwater.forms.stores import STORES, Subject
from headwater.forms.unsaved import forget_old, forget_unsaved, keep_unsaved, signature, unsaved_of
from headwater.forms.versions import join_old_versions, mark_step, undone
from headwater.registry.models import Organisation, Person
from tests.make import as_, draft_of, new_call, new_person

pytestmark = pytest.mark.django_db
NOTE = "test.note"
PLEDGE = Document("pledge", "承诺书", "Pledge", "所填属实。", "All is true.", ("applicant",))
EXTRA = Document(
    "extra", "补充承诺", "Further pledge", "经费另有来源。", "There is other money.", ("applicant",), when='more == "yes"'
)
MORE = (("yes", "有", "Yes"), ("no", "没有", "No"))
FORM = Form(
    sections=(
        Section(
            "main",
            "内容",
            "Content",
            (
                Field("text", "text", "说明", "Note", max_chars=4000),
                Field("more", "choice", "另有经费", "Other money", choices=MORE),
            ),
        ),
    ),
    documents=(PLEDGE, EXTRA),
)


class NoteContext:
    def built_in(self) -> Mapping[str, Value]:
        return {}

    def parameter(self, key: str) -> Any:
        return None

    def attached(self) -> Mapping[str, int]:
        return {}

    def file_names(self) -> Mapping[str, list[str]]:
        return {}

    def asked_fen(self) -> None:
        return None

    def lump_fen(self) -> int:
        return 0

    def day(self) -> date:
        return clock.local_day(clock.now())


@dataclass
class Written:
    """A subject with one text that two people write."""

    subject: Subject
    name: str
    people: list[Person]
    row: Application | None = None

    def save(self, who: int, text: str, base: str | None = None) -> Changes:
        seen = None if base is None else {self.name: base}
        actor, values = as_(self.people[who]), {self.name: text}
        if self.row is not None:
            return save_fields(application=self.row, values=values, base=seen, actor=actor).changes
        with transaction.atomic():
            return save_answers(self.subject, FORM, values, actor=actor, base=seen)

    def content(self) -> dict[str, Any]:
        if self.row is not None:
            return content_of(Application.objects.select_related("call__scheme", "discipline").get(pk=self.row.pk))
        return dict(sheet_of(self.subject).answers)

    def text(self) -> str:
        return str(self.content().get(self.name) or "")

    def versions(self) -> list[Any]:
        return list(self.subject.rows(self.subject.store.versions).order_by("id"))

    def restore(self, version: int) -> list[str]:
        actor = as_(self.people[0])
        if self.row is not None:
            return restore_application(application=self.row, version=version, names=[self.name], actor=actor)
        with transaction.atomic():
            return restore(self.subject, FORM, version, names=[self.name], actor=actor)

    def signing(self, document: Document) -> Any:
        if self.row is not None:
            return ApplicationSigning(self.row.pk, document, "applicant", "甲", person=self.people[0].pk)
        return SubjectSigning(self.subject, document, "applicant", "甲", person=self.people[0].pk)

    @property
    def signatures(self) -> Any:
        if self.row is not None:
            return OF_APPLICATIONS, self.row.signatures.order_by("pk")
        return SIGNATURES, Signature.objects.filter(**self.subject.where).order_by("pk")


@pytest.fixture
def notes() -> Iterator[None]:
    with STORES.reopened():
        own_store(NOTE, Organisation)
        yield


@pytest.fixture(params=["application", "note"])
def written(request: pytest.FixtureRequest, notes: None) -> Written:
    people = [new_person("甲"), new_person("乙")]
    if request.param == "note":
        return Written(STORES[NOTE].of(Organisation.objects.latest("pk").pk), "text", people)
    row = draft_of(new_call("im-gen"), people[0])
    row.participants.create(
        person=people[1], organisation=people[1].organisation, months_per_year=6, may_edit=True, confirmed_at=clock.now()
    )
    return Written(APPLICATIONS.of(row.pk), "abstract_zh", people, row)


def test_two_writers_are_merged_by_words(written: Written):
    written.save(0, "草原生态的长期观测。方法待定。")
    first = written.save(1, "草原生态的长期定位观测。方法待定。", base="草原生态的长期观测。方法待定。")
    assert first.merged == {}
    second = written.save(0, "草原生态的长期观测。方法为遥感。", base="草原生态的长期观测。方法待定。")
    assert written.text() == "草原生态的长期定位观测。方法为遥感。"
    assert set(second.merged) == {written.name}
    assert second.clashes == {}


def test_words_that_give_way_are_kept(written: Written):
    written.save(0, "甲")
    written.save(1, "乙写的", base="甲")
    changes = written.save(0, "甲改的", base="甲")
    assert set(changes.clashes) == {written.name}
    kept = written.versions()[-1]
    assert kept.before[written.name] == "乙写的"
    assert kept.clashes[written.name]["seen"] is False


def test_saves_of_one_author_are_one_version_and_can_be_restored(written: Written):
    began = len(written.versions())
    written.save(0, "一")
    written.save(0, "二")
    assert len(written.versions()) == began + 1
    written.save(1, "三")
    first, second = written.versions()[began:]
    assert undone(written.subject, written.content(), first.pk)[written.name] == "二"
    assert undone(written.subject, written.content(), second.pk)[written.name] == "三"
    assert written.restore(first.pk) == [written.name]
    assert written.text() == "二"
    assert written.versions()[-1].kind == "restore"
    with pytest.raises(Refused):
        written.restore(written.versions()[-1].pk)


def test_old_versions_of_a_day_are_joined(written: Written):
    day = clock.now() - timedelta(days=40)
    versions = written.subject.rows(written.subject.store.versions)
    for minutes, text in enumerate(["一", "二", "三"]):
        written.save(0, text)
        moment = day + timedelta(minutes=20 * minutes)
        versions.filter(at__gt=day + timedelta(days=1)).update(at=moment, began_at=moment)
    assert len(written.versions()) == 3
    assert join_old_versions() == 2
    (whole,) = written.versions()
    assert undone(written.subject, written.content(), 0).get(written.name) in (None, "")
    assert undone(written.subject, written.content(), whole.pk)[written.name] == "三"


def test_a_step_carries_the_digest_of_the_content(written: Written):
    written.save(0, "定稿")
    kind = "submit"
    mark_step(written.subject.store, [written.subject.pk], kind, actor=system("test"), at=clock.now(), sealed=True)
    step = written.versions()[-1]
    assert (step.kind, len(step.digest)) == (kind, 64)
    before = step.digest
    written.save(0, "改稿")
    mark_step(written.subject.store, [written.subject.pk], kind, actor=system("test"), at=clock.now(), sealed=True)
    assert written.versions()[-1].digest != before


def test_who_else_is_here(written: Written):
    accounts = [p.account for p in written.people]
    assert tell_presence(written.subject, accounts[0]) == []
    written.save(1, "乙在写")
    (other,) = tell_presence(written.subject, accounts[0])
    assert (other.name, other.here, other.saved_at is not None) == (accounts[1].name_zh, False, True)
    tell_presence(written.subject, accounts[1])
    (other,) = tell_presence(written.subject, accounts[0])
    assert other.here


def test_words_of_a_lost_session_come_back_to_their_author_alone(written: Written):
    mine, other = (p.account for p in written.people)
    who = signature(written.subject, mine.pk)
    body = f"csrfmiddlewaretoken=x&{written.name}=%E8%AF%9D"
    assert keep_unsaved(pk=written.subject.pk, section="main", signature=who, body=body)
    kept = unsaved_of(written.subject, mine, "main")
    assert kept.body == f"{written.name}=%E8%AF%9D"
    assert unsaved_of(written.subject, other, "main") is None
    assert not keep_unsaved(pk=written.subject.pk + 1, section="main", signature=who, body=body)
    assert not keep_unsaved(pk=written.subject.pk, section="main", signature="forged", body=body)
    forget_unsaved(written.subject, section="main", actor=as_(written.people[0]))
    assert unsaved_of(written.subject, mine, "main") is None


def test_unsaved_words_are_forgotten_after_an_hour(written: Written):
    mine = written.people[0].account
    keep_unsaved(pk=written.subject.pk, section="main", signature=signature(written.subject, mine.pk), body="a=1")
    rows = written.subject.rows(written.subject.store.unsaved)
    rows.update(at=clock.now() - timedelta(hours=2))
    forget_old()
    assert not rows.exists()


def test_signing_the_same_words_again_is_one_signature(written: Written):
    table, rows = written.signatures
    before = rows.count()
    actor = as_(written.people[0])
    first = sign(table, [written.signing(PLEDGE), written.signing(EXTRA)], actor=actor, at=clock.now())
    assert len(first) == 2
    again = clock.now() + timedelta(minutes=5)
    assert sign(table, [written.signing(PLEDGE)], actor=actor, at=again) == first[:1]
    assert rows.count() == before + 2
    assert rows.get(pk=first[0]).signed_at == again
    assert rows.get(pk=first[0]).account == actor.account
    assert sign(table, [], actor=actor, at=again) == []


def test_another_wording_is_another_signature(written: Written):
    table, rows = written.signatures
    actor, person = as_(written.people[0]), (written.people[0].pk, "甲")
    sign(table, [written.signing(PLEDGE)], actor=actor, at=clock.now())
    newer = Document("pledge", "承诺书", "Pledge", "所填全部属实。", "Everything is true.", ("applicant",))
    signed = {("pledge", "applicant", person[0]): set(rows.values_list("text_id", flat=True))}
    assert unsigned([PLEDGE], "applicant", [person], signed) == []
    assert unsigned([newer], "applicant", [person], signed) == [(newer, "甲", True)]
    sign(table, [written.signing(newer)], actor=actor, at=clock.now())
    assert rows.filter(document="pledge").count() == 2


def test_saving_and_signing_a_note_takes_few_statements(notes: None, django_assert_num_queries: Any):
    subject = STORES[NOTE].of(Organisation.objects.latest("pk").pk)
    actor = as_(new_person("甲"))
    with transaction.atomic(), django_assert_num_queries(4):  # the sheet made or found, locked, written, its version
        save_answers(subject, FORM, {"text": "一"}, actor=actor)
    many = [SubjectSigning(STORES[NOTE].of(o), PLEDGE, "applicant", "甲", person=1) for o in range(1, 50)]
    person = new_person("乙").pk
    many = [SubjectSigning(s.subject, s.document, s.party, s.name, person=person) for s in many]
    with django_assert_num_queries(1):
        sign(SIGNATURES, many, actor=actor, at=clock.now())


def test_conditions_say_what_is_asked():
    def asked_of(**stored: Any) -> list[str]:
        form = Form(sections=FORM.sections, documents=FORM.documents)
        return [d.code for d in asked(form, "applicant", Answers(form, stored, NoteContext()))]

    assert asked_of() == ["pledge"]
    assert asked_of(more="no") == ["pledge"]
    assert asked_of(more="yes") == ["pledge", "extra"]


def test_a_required_document_must_be_agreed_to_as_it_was_shown():
    assert to_sign([PLEDGE, EXTRA], True) == [PLEDGE, EXTRA]
    assert to_sign([PLEDGE], [PLEDGE.digest]) == [PLEDGE]
    with pytest.raises(Refused):
        to_sign([PLEDGE], False)
    with pytest.raises(Refused):
        to_sign([PLEDGE], [EXTRA.digest])


def test_what_a_form_does_not_ask_is_refused(notes: None):
    subject = STORES[NOTE].of(Organisation.objects.latest("pk").pk)
    with pytest.raises(Refused) as refused, transaction.atomic():
        save_answers(subject, FORM, {"text": "好", "nothing": "x"}, actor=as_(new_person("甲")))
    assert [r.field for r in refused.value.reasons] == ["nothing"]
    assert not AnswerSheet.objects.filter(**subject.where).exists()


def test_signed_words_never_change(notes: None):
    subject = STORES[NOTE].of(Organisation.objects.latest("pk").pk)
    sign(
        SIGNATURES,
        [SubjectSigning(subject, PLEDGE, "applicant", "甲", person=new_person("甲").pk)],
        actor=system("t"),
        at=clock.now(),
    )
    for change in ("UPDATE forms_signedtext SET text_zh = '别的'", "DELETE FROM forms_signedtext"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    assert SignedText.objects.filter(digest=PLEDGE.digest).exists()
    assert check(["signed_words_match_digest"]) == []


def test_a_kind_of_subject_is_declared_once(notes: None):
    with pytest.raises(ValueError, match="registered twice"):
        own_store(NOTE, Account)
