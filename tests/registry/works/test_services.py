"""Works typed by hand, mended, linked to people, merged and taken away: by whom, and what stands afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from headwater.core import clock
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Event, SearchEntry
from headwater.core.search import search
from headwater.core.sentences import Names, about_record, kind_words
from headwater.registry.models import Person, Work, WorkAuthor
from headwater.registry.works.merging import merge_works, undo_work_merge
from headwater.registry.works.services import add_works, change_work, link_author, remove_work, unlink_author
from headwater.registry.works.values import Author, NewWork, authors_of, lines_of
from headwater.registry.works.writing import kept
from tests.approvals import confirmed
from tests.make import actor, as_, client, manager, new_host, new_person, new_work, real_host, user_of

pytestmark = pytest.mark.django_db


def a_work(title: str = "草原碳汇", *names: str, **more: Any) -> NewWork:
    return NewWork(
        **{"kind": "paper", "title_zh": title, "issued": "2024", "authors": [Author(n) for n in names or ("张三",)]} | more
    )


def add(work: NewWork, who: Any = None, **how: Any) -> Work:
    return Work.objects.get(pk=add_works(works=[work], actor=who or actor("officer"), **how)[0])


def refusal(work: NewWork, who: Any = None) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as caught:
        add(work, who)
    return [(r.field, r.code) for r in caught.value.reasons]


# entering


def test_a_work_is_kept_in_one_form_and_found() -> None:
    numbers = {"doi": "https://doi.org/10.1234/ABC"}
    row = add(
        a_work(" 草原  碳汇 ", "张 三", "Zhang  San", issued="2024/5/17", identifiers=numbers, marked=["某实验室", "某实验室"])
    )
    assert (row.title_zh, row.issued, row.year, row.marked) == ("草原 碳汇", "2024-05-17", 2024, ["某实验室"])
    assert [a.name for a in row.authors.all()] == ["张三", "Zhang San"]
    assert row.identifiers.get().value == "10.1234/abc"
    officer = actor("officer").account
    assert [e.object_id for e in search(officer, "10.1234/abc", kinds=["work"])] == [row.pk]
    assert search(actor("leader").account, "草原碳汇", kinds=["work"]) == []
    assert Event.objects.get(command="registry.add_works", subject_id=row.pk).after["identifiers"] == {"doi": "10.1234/abc"}
    assert not check(["rows_as_written"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "song"}, "kind"),
        ({"title_zh": ""}, "title_zh"),
        ({"issued": ""}, "issued"),
        ({"issued": "1085"}, "issued"),
        ({"issued": "2999"}, "issued"),
        ({"issued": "May"}, "issued"),
        ({"authors": []}, "authors"),
        ({"title_zh": "长" * 501}, "title_zh"),
        ({"marked": ["长" * 201]}, "marked"),
        ({"identifiers": {"doi": "10.1/a"}}, "id_doi"),
        ({"identifiers": {"isbn": "1", "patent": "2"}}, "id_isbn"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(changes: dict[str, Any], field: str) -> None:
    assert field in dict(refusal(a_work(**changes)))


def test_a_number_is_on_record_once_and_a_title_is_asked_about() -> None:
    add(a_work(identifiers={"doi": "10.1234/a"}))
    assert refusal(a_work("别的", identifiers={"doi": "10.1234/A"})) == [("id_doi", "same")]
    assert refusal(a_work("草原，碳汇。")) == [("distinct", "alike")]
    assert add(a_work("草原，碳汇。"), distinct=True)
    with pytest.raises(IntegrityError, match="work_identifier_once"), transaction.atomic():
        new_work("丙", doi="10.1234/a")
    twice = [a_work("甲", identifiers={"doi": "10.1234/x"}), a_work("乙", identifiers={"doi": "10.1234/X"})]
    with pytest.raises(Refused):
        add_works(works=twice, actor=actor("officer"))


def test_researchers_enter_their_own_and_hosts_those_of_their_people() -> None:
    host = real_host()
    person, other = new_person("乌兰", host), new_person("外人", new_host())
    row = add(a_work("甲", "乌兰", "外人"), as_(person))
    assert [a.person_id for a in row.authors.all()] == [person.pk, None]
    assert refusal(a_work("乙", "外人"), as_(person)) == [("authors", "stranger")]
    assert refusal(a_work("乙", "外人"), manager(host)) == [("authors", "stranger")]
    assert refusal(a_work("丙", authors=[Author("外人", person=other.pk)]), as_(person)) == [("authors", "stranger")]
    assert add(a_work("丁", "乌兰"), manager(host))
    with pytest.raises(NotAllowed):
        add(a_work("戊"), actor("leader"))


def test_authors_are_read_line_by_line_and_stay_who_they_are() -> None:
    known = [Author("张三", "某大学", 7), Author("李四", "", 8)]
    text = lines_of(known)
    assert text == "张三（某大学）\n李四"
    assert authors_of(text, known) == known
    assert authors_of("李四\n\n王五 (B)\n张三", known) == [known[1], Author("王五", "B"), Author("张三")]


# mending


def test_a_work_is_mended_with_what_changed_in_the_log() -> None:
    row = add(a_work(identifiers={"doi": "10.1234/a", "cstr": "31253.11.x"}))
    before = kept(row)
    to = replace(before, venue="草业学报", identifiers={"doi": "10.1234/b"}, authors=[Author("李四"), *before.authors])
    change_work(work=row, to=to, revision=1, actor=actor("officer"))
    row.refresh_from_db()
    assert kept(row) == replace(to, source=row.source)
    event = Event.objects.get(command="registry.change_work", subject_id=row.pk)
    assert (event.before["identifiers"], event.after["identifiers"]) == (
        {"doi": "10.1234/a", "cstr": "31253.11.x"},
        {"doi": "10.1234/b"},
    )
    assert "title_zh" not in event.after
    assert not check(["rows_as_written"])
    with pytest.raises(Refused, match="他人已修改"):
        change_work(work=row, to=to, revision=1, actor=actor("officer"))
    new_work("乙", doi="10.1234/z")
    with pytest.raises(Refused, match="乙"):
        change_work(work=row, to=replace(to, identifiers={"doi": "10.1234/z"}), revision=2, actor=actor("officer"))


def test_who_entered_a_work_mends_it_until_a_claim_is_accepted() -> None:
    person, other = new_person("乌兰"), new_person("其木格")
    row = add(a_work("甲", "乌兰", "其木格"), as_(person))
    WorkAuthor.objects.filter(work=row, position=2).update(person=other)
    to = replace(kept(row), venue="A")
    change_work(work=row, to=to, revision=1, actor=as_(person))
    with pytest.raises(NotAllowed):
        change_work(work=row, to=to, revision=2, actor=as_(other))
    with pytest.raises(Refused, match="其木格"):
        change_work(work=row, to=replace(to, authors=to.authors[:1]), revision=2, actor=as_(person))
    claim = {"subject_type": "registry.person", "subject_id": person.pk, "credit": "person", "counts_on": "2024-01-01"}
    row.claims.create(**claim, state="accepted", answered_at="2024-02-01T00:00Z")
    with pytest.raises(NotAllowed):
        change_work(work=row, to=to, revision=2, actor=as_(person))
    change_work(work=row, to=to, revision=2, actor=actor("officer"))


# who an author is


def test_people_say_which_author_they_are_and_officers_say_it_of_others() -> None:
    person, other = new_person("乌兰"), new_person("其木格")
    row = new_work("甲")
    WorkAuthor.objects.bulk_create(
        [WorkAuthor(work=row, position=n, name=t) for n, t in enumerate(("乌兰", "Q. M. G."), start=1)]
    )
    with pytest.raises(Refused, match="署名"):
        link_author(work=row, position=2, person=person, actor=as_(person))
    link_author(work=row, position=1, person=person, actor=as_(person))
    with pytest.raises(Refused, match="已有对应"):
        link_author(work=row, position=1, person=other, actor=actor("officer"))
    with pytest.raises(Refused, match="已是"):
        link_author(work=row, position=2, person=person, actor=actor("officer"))
    link_author(work=row, position=2, person=other, actor=actor("officer"))
    assert [a.person_id for a in row.authors.all()] == [person.pk, other.pk]
    unlink_author(work=row, person=other, reason="同名者的论文", actor=actor("officer"))
    assert [a.person_id for a in row.authors.all()] == [person.pk, None]
    unlink_author(work=row, person=person, reason="同名者的论文", actor=actor("officer"))
    assert not Work.objects.filter(pk=row.pk).exists()


# two records of one work


def test_one_record_stands_for_two_and_it_is_taken_back() -> None:
    one, two = new_work("甲", doi="10.1234/a"), new_work("甲", doi="10.1234/b")
    person = new_person("乌兰")
    WorkAuthor.objects.create(work=one, position=1, name="乌兰", person=person)
    with pytest.raises(NotAllowed):
        merge_works(work=one, into=two, reason="同一成果", actor=as_(person))
    with pytest.raises(Refused, match="依据"):
        merge_works(work=one, into=two, reason="", actor=actor("officer"))
    merge_works(work=one, into=two, reason="预印本与正式发表", actor=actor("officer"))
    assert refusal(a_work("丙", identifiers={"doi": "10.1234/a"})) == [("id_doi", "same")]
    third = new_work("丁")
    for work, into in ((two, third), (third, one)):
        with pytest.raises(Refused):
            merge_works(work=work, into=into, reason="同一成果", actor=actor("officer"))
        with pytest.raises(IntegrityError, match="headwater_works"), transaction.atomic():
            Work.objects.filter(pk=work.pk).update(merged_into=into, merge_reason="x")
    undo_work_merge(work=one, reason="核实为两项", actor=actor("officer"))
    one.refresh_from_db()
    assert (one.merged_into, one.merge_reason) == (None, "")
    assert not check(["work_merge_is_one_step"])


def test_a_merge_that_would_give_a_claimant_two_is_blocked() -> None:
    one, two, host = new_work("甲"), new_work("甲"), new_host()
    for work in (one, two):
        work.claims.create(
            subject_type="registry.organisation", subject_id=host.pk, credit="organisation", counts_on="2024-01-01"
        )
    with pytest.raises(Refused, match="同一方认领了两条"):
        merge_works(work=one, into=two, reason="同一成果", actor=actor("officer"))


def test_a_work_without_claims_is_taken_away_by_who_entered_it() -> None:
    person = new_person("乌兰")
    row = add(a_work("甲", "乌兰"), as_(person))
    with pytest.raises(NotAllowed):
        remove_work(work=row, reason="重复登记", actor=as_(new_person()))
    claim = row.claims.create(subject_type="registry.person", subject_id=person.pk, credit="person", counts_on="2024-01-01")
    with pytest.raises(Refused, match="认领记录"):
        remove_work(work=row, reason="重复登记", actor=as_(person))
    claim.delete()
    remove_work(work=row, reason="重复登记", actor=as_(person))
    assert not Work.objects.filter(pk=row.pk).exists()
    assert not SearchEntry.objects.filter(kind="work", object_id=row.pk).exists()
    assert Event.objects.get(command="registry.remove_work", subject_id=row.pk).before["title_zh"] == "甲"


# pages


FORM = {"kind": "paper", "title_zh": "草原碳汇", "issued": "2024-05", "authors": "乌兰（东川大学）\n张三", "id_doi": "10.1234/a"}


def test_a_work_is_typed_and_what_is_wrong_stands_beside_its_field() -> None:
    person = new_person("乌兰")
    browser = client(user_of(person))
    wrong = browser.post("/works/new/", FORM | {"id_doi": "10.1/x", "issued": "199"})
    text = wrong.content.decode()
    assert wrong.status_code == 422
    assert all(word in text for word in ("这样的 DOI", "2024-05-17 这样的日期", "草原碳汇"))
    answer = browser.post("/works/new/", FORM)
    row = Work.objects.get(identifiers__value="10.1234/a")
    assert answer.headers["location"] == f"/works/{row.pk}/"
    assert (row.source, row.origin, row.entered_by) == ("本人填写", "typed", person.account)
    page = browser.get(f"/works/{row.pk}/").content.decode()
    assert all(word in page for word in ("草原碳汇", "乌兰", "东川大学", "https://doi.org/10.1234/a", "登记了成果"))
    assert "草原碳汇" in client("officer").get(f"/people/{person.pk}/").content.decode()
    edited = browser.post(f"/works/{row.pk}/edit/", FORM | {"venue": "草业学报", "revision": row.revision})
    assert edited.status_code == 302
    assert browser.post(f"/works/{row.pk}/edit/", FORM | {"revision": row.revision}).status_code == 422
    row.refresh_from_db()
    assert (row.venue, row.revision) == ("草业学报", 2)
    assert [a.person_id for a in row.authors.all()] == [person.pk, None]


def test_who_types_what_is_on_record_is_shown_it_and_joins_as_its_author() -> None:
    row = new_work("别人录入的", doi="10.1234/a")
    WorkAuthor.objects.create(work=row, position=1, name="乌兰")
    person = new_person("乌兰")
    browser = client(user_of(person))
    page = browser.post("/works/new/", FORM)
    assert page.status_code == 422
    assert "别人录入的" in page.content.decode()
    assert f"/works/{row.pk}/authors/1/" in page.content.decode()
    assert browser.post(f"/works/{row.pk}/authors/1/", {"self": "1"}).headers["location"] == f"/works/{row.pk}/"
    assert row.people.get() == person


def test_the_same_title_needs_a_tick() -> None:
    person = new_person("乌兰")
    new_work("草原碳汇", [person])
    browser = client(user_of(person))
    page = browser.post("/works/new/", FORM)
    assert page.status_code == 422
    assert 'name="distinct"' in page.content.decode()
    assert browser.post("/works/new/", FORM | {"distinct": "on"}).status_code == 302


def test_an_officer_links_merges_and_takes_away_after_a_look() -> None:
    one, two = new_work("甲", doi="10.1234/a"), new_work("甲", doi="10.1234/b")
    WorkAuthor.objects.create(work=one, position=1, name="W. L.")
    person = new_person("独名乌兰", new_host())
    browser = client("officer")
    browser.post(f"/works/{one.pk}/authors/1/", {"person": f"独名乌兰 {person.organisation}"})
    assert one.people.get() == person
    assert str(two.pk) in browser.get(f"/works/{one.pk}/merge/").content.decode()
    assert confirmed(browser, f"/works/{one.pk}/merge/", {"into": two.pk}, reason="同一成果").status_code == 302
    one.refresh_from_db()
    assert one.merged_into == two
    browser.post(f"/works/{one.pk}/unmerge/", {"reason": "核实为两项"})
    assert confirmed(browser, f"/works/{two.pk}/remove/", {}, reason="录入有误").headers["location"] == "/works/"
    assert not Work.objects.filter(pk=two.pk).exists()


def test_each_sees_the_works_of_whom_they_may_see() -> None:
    host, other = real_host(), new_host()
    mine, theirs = new_work("本单位的", [new_person("乌兰", host)]), new_work("他单位的", [new_person("外人", other)])
    alone = new_person("旁人", new_host())

    def seen(name: str) -> set[int]:
        rows = client(name).get("/works/").context["list"].rows_all
        return set(rows.filter(pk__in=[mine.pk, theirs.pk]).values_list("pk", flat=True))

    assert seen(f"host-{host.code}") == {mine.pk}
    assert seen("officer") == {mine.pk, theirs.pk}
    assert seen(user_of(alone)) == set()
    assert client(user_of(alone)).get(f"/works/{mine.pk}/").status_code == 404


def test_the_list_is_narrowed_and_leaves_as_files() -> None:
    person = new_person("乌兰")
    row = new_work("稀土发光", [person], doi="10.1234/a", venue="玄石论丛")
    new_work("其他", [person], kind="book", year=2020)
    browser = client(user_of(person))

    def shown(**asked: str) -> list[str]:
        return [w.title for w in browser.get("/works/", asked).context["list"].objects]

    assert shown(q="发光") == shown(number="doi:10.1234/A") == shown(year="2024") == shown(kind="paper") == ["稀土发光"]
    assert shown(author="乌") == shown(whose="own") == shown(claim="none") == ["稀土发光", "其他"]
    assert shown(claim="waiting") == []
    row.claims.create(subject_type="registry.person", subject_id=person.pk, credit="person", counts_on="2024-01-01")
    assert shown(claim="waiting") == shown(claim="registry.person") == ["稀土发光"]
    for form, word in (("csv", "稀土发光"), ("bib", "doi = {10.1234/a}"), ("ris", "DO  - 10.1234/a")):
        content = b"".join(browser.get("/works/", {"format": form}))
        assert word in content.decode("utf-8-sig"), form
    assert browser.get("/works/", {"format": "xlsx"}).status_code == 200


def test_a_person_of_two_records_has_the_works_of_both() -> None:
    one, other = new_person("甲"), new_person("甲")
    Person.objects.filter(pk=other.pk).update(merged_into=one, merge_reason="同一人")
    works = {new_work("题一", [one]).pk, new_work("题二", [other]).pk}
    assert set(Work.objects.by(Person.objects.filter(pk=one.pk)).values_list("pk", flat=True)) == works
    assert set(Work.objects.by(Person.objects.filter(pk=other.pk)).values_list("pk", flat=True)) == works


def test_the_log_from_before_the_renaming_names_the_work() -> None:
    row = new_work("旧日志里的成果")
    auditor = actor("auditor").account
    event = Event.objects.create(
        subject_type="registry.publication", subject_id=row.pk, command="registry.add_publications", at=clock.now()
    )
    names = Names(auditor)
    names.load([event])
    assert (names.of(event).text, kind_words("registry.publication")) == ("旧日志里的成果", "成果")
    assert event in about_record(Event.objects.all(), "旧日志里的成果")
