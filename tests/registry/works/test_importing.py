"""The import of works: what a dry run tells is what is done, once, by whom, and nothing half done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bench.pages.bench import counted
from headwater.core import jobs
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Event, Job, RoleGrant, SearchEntry
from headwater.core.sheets import write_csv
from headwater.registry import import_pages
from headwater.registry.models import Person, Work, WorkAuthor
from headwater.registry.works import searching
from headwater.registry.works.importing.taking import WorksResult
from headwater.registry.works.searching import take_in
from headwater.registry.works.services import import_works
from tests.approvals import seen_on
from tests.make import actor, as_, client, manager, new_host, new_person, new_work, real_host, user_of

pytestmark = pytest.mark.django_db


def bib(*entries: dict[str, str]) -> bytes:
    texts = []
    for n, entry in enumerate(entries):
        values = {"title": f"Steppe {n}", "author": "Li Si", "year": "2024"} | entry
        kind = values.pop("kind", "article")
        texts.append(f"@{kind}{{k{n},\n" + ",\n".join(f"{k} = {{{v}}}" for k, v in values.items() if v) + "\n}\n")
    return "\n".join(texts).encode()


def taken(content: bytes, who: Any = None, name: str = "a.bib", **how: Any) -> WorksResult:
    return import_works(name=name, content=content, actor=who or actor("officer"), **{"dry_run": False} | how)


def states(result: WorksResult) -> list[tuple[int, str]]:
    return [(line.line, line.state) for line in result.lines]


def titles(*names: str) -> Sequence[Work]:
    return Work.objects.filter(title_en__in=names)


def test_a_dry_run_changes_nothing_and_what_is_confirmed_is_what_it_told() -> None:
    content = bib({"doi": "10.1234/a"}, {"title": "Steppe 1", "doi": "10.1234/b", "kind": "book"})
    tried = taken(content, dry_run=True)
    assert (states(tried), tried.added, tried.works) == ([(1, "new"), (8, "new")], 2, [])
    assert not titles("Steppe 0", "Steppe 1").exists()
    done = taken(content, seen=tried.digest)
    assert (done.added, len(done.works)) == (2, 2)
    row = Work.objects.get(pk=done.works[0])
    assert (row.kind, row.origin, row.source, row.identifiers.get().value) == ("paper", "imported", "导入：a.bib", "10.1234/a")
    assert Event.objects.filter(command="registry.import_works", subject_id=row.pk).count() == 1
    assert SearchEntry.objects.filter(kind="work", object_id__in=done.works).count() == 2
    assert not check(["rows_as_written", "work_numbers_are_normal"])
    again = taken(content, dry_run=True)
    assert (states(again), again.same) == ([(1, "same"), (8, "same")], 2)


def test_what_changed_since_the_dry_run_is_not_taken() -> None:
    content = bib({"doi": "10.1234/a"})
    tried = taken(content, dry_run=True)
    new_work("别的", doi="10.1234/a")
    with pytest.raises(Refused, match="重新试运行"):
        taken(content, seen=tried.digest)
    with pytest.raises(Refused, match="重新试运行"):
        taken(bib({"doi": "10.1234/b"}), seen=tried.digest)
    assert not titles("Steppe 0").exists()


def test_bad_lines_are_told_with_field_expectation_and_remedy_and_keep_the_others_out_unless_skipped() -> None:
    content = bib(
        {"year": ""}, {"title": "Steppe 1", "doi": "10.12/x"}, {"title": "Steppe 2"}, {"title": "Steppe 3", "author": ""}
    )
    tried = taken(content, dry_run=True)
    assert [(e.row, e.column) for e in tried.errors] == [(1, "year"), (6, "doi"), (19, "author")]
    assert "2024" in tried.errors[0].message
    assert "10.1234/abc" in tried.errors[1].message
    done = taken(content, seen=tried.digest)
    assert (done.added, titles("Steppe 2").exists()) == (0, False)
    assert taken(content, seen=tried.digest, skip_bad=True).added == 1


def test_a_known_number_finds_the_work_and_fills_it_up() -> None:
    row = new_work("", title_en="Steppe 0", doi="10.1234/a", abstract="old")
    content = bib({"doi": "https://doi.org/10.1234/A", "journal": "J. Steppe", "volume": "3", "isbn": "9780306406157"})
    tried = taken(content, dry_run=True)
    assert states(tried) == [(1, "changed")]
    assert any("J. Steppe" in note for note in tried.lines[0].notes)
    done = taken(content, seen=tried.digest)
    row.refresh_from_db()
    assert (done.added, done.changed, done.works) == (0, 1, [row.pk])
    assert (row.venue, row.volume, row.abstract, row.revision) == ("J. Steppe", "3", "old", 2)
    assert sorted(row.identifiers.values_list("scheme", flat=True)) == ["doi", "isbn"]
    assert [a.name for a in row.authors.all()] == ["Li Si"]
    event = Event.objects.get(command="registry.import_works", subject_id=row.pk)
    assert event.after["venue"] == "J. Steppe"
    assert "abstract" not in event.after


def test_the_same_title_is_asked_about_and_never_merged_in_silence() -> None:
    row = new_work("", title_en="Steppe, 0!", doi="10.1234/old")
    content = bib({"title": "STEPPE 0", "journal": "J"}, {"title": "Steppe 1"})
    tried = taken(content, dry_run=True)
    assert states(tried) == [(1, "asked"), (8, "new")]
    assert tried.lines[0].work == row.pk
    left = taken(content, seen=tried.digest)
    assert (left.added, left.changed, left.skipped) == (1, 0, 1)
    row.refresh_from_db()
    assert row.venue == ""
    tried = taken(content, dry_run=True)
    assert taken(content, seen=tried.digest, answers={"1": "same"}).changed == 1
    row.refresh_from_db()
    assert (row.venue, row.identifiers.get().value) == ("J", "10.1234/old")
    tried = taken(content, dry_run=True)
    assert states(tried) == [(1, "asked"), (8, "asked")]
    done = taken(content, seen=tried.digest, answers={"1": "other", "": "same"})
    assert (done.added, done.changed, titles("STEPPE 0").count()) == (1, 1, 2)


def test_another_year_or_kind_is_another_work() -> None:
    new_work("", title_en="Steppe 0", year=2023)
    new_work("", title_en="Steppe 0", kind="book")
    assert states(taken(bib({}), dry_run=True)) == [(1, "new")]


def test_lines_of_one_work_become_one_and_contradictions_are_told() -> None:
    content = bib(
        {"doi": "10.1234/a", "isbn": "9780306406157"},
        {"title": "Steppe nought", "doi": "10.1234/A", "journal": "J"},
        {"title": "steppe 0"},
        {"title": "Other", "doi": "10.1234/a", "isbn": "9787030123459"},
    )
    tried = taken(content, dry_run=True)
    assert [state for _line, state in states(tried)] == ["new", "joined", "joined", "faulty"]
    assert taken(content, seen=tried.digest, skip_bad=True).added == 1
    assert Work.objects.get(identifiers__value="10.1234/a").venue == "J"


def test_numbers_of_two_records_or_another_number_of_one_are_mistakes() -> None:
    new_work("甲", doi="10.1234/a")
    other = new_work("乙")
    other.identifiers.create(scheme="isbn", value="9780306406157")
    assert states(taken(bib({"doi": "10.1234/a", "isbn": "9780306406157"}), dry_run=True)) == [(1, "faulty")]
    third = new_work("丙", doi="10.1234/c")
    third.identifiers.create(scheme="cstr", value="31253.11.x")
    told = taken(bib({"doi": "10.1234/c", "url": "https://cstr.cn/31253.11.y"}), dry_run=True)
    assert states(told) == [(1, "faulty")]
    assert "31253.11.x" in told.errors[0].message


def test_a_list_of_dois_names_what_is_on_record() -> None:
    row = new_work("甲", doi="10.1234/a")
    tried = taken(b"10.1234/A\n10.1234/unknown\n", name="mine.txt", dry_run=True)
    assert states(tried) == [(1, "same"), (2, "faulty")]
    assert "BibTeX" in tried.errors[0].message
    assert taken(b"10.1234/a\n", name="mine.txt").works == [row.pk]


# who may, and whose authors


def test_researchers_import_their_own_works_and_no_others() -> None:
    person = new_person("李思思", name_en="Li Sisi")
    content = bib({"author": "Zhang San and Sisi Li", "doi": "10.1234/a"}, {"title": "Steppe 1", "author": "Wang Wu"})
    tried = taken(content, as_(person), dry_run=True)
    assert [state for _line, state in states(tried)] == ["new", "faulty"]
    assert any("Sisi Li" in note for note in tried.lines[0].notes)
    done = taken(content, as_(person), seen=tried.digest, skip_bad=True)
    authors = WorkAuthor.objects.filter(work__in=done.works).order_by("position")
    assert [(a.name, a.person_id) for a in authors] == [("Zhang San", None), ("Sisi Li", person.pk)]
    assert Work.objects.get(pk=done.works[0]).entered_by == person.account


def test_who_joins_a_work_of_others_is_named_as_its_author_and_changes_nothing_else() -> None:
    first, second = new_person("张叁"), new_person("李思思")
    content = bib({"author": "张叁 and 李思思", "doi": "10.1234/a"})
    taken(content, as_(first))
    row = Work.objects.get(identifiers__value="10.1234/a")
    changed = bib({"author": "张叁 and 李思思", "doi": "10.1234/a", "title": "Another title", "journal": "J"})
    assert taken(changed, as_(second)).changed == 1
    row.refresh_from_db()
    assert (row.title_en, row.venue) == ("Steppe 0", "")
    assert [a.person_id for a in row.authors.all()] == [first.pk, second.pk]
    assert states(taken(changed, as_(second), dry_run=True)) == [(1, "same")]


def test_a_host_imports_works_of_its_people_and_namesakes_stay_open() -> None:
    host = real_host()
    one = new_person("乌兰图雅", host)
    new_person("同名者", host)
    new_person("同名者", host)
    new_person("外人", new_host())
    content = bib(
        {"author": "乌兰图雅 and 同名者"}, {"title": "Steppe 1", "author": "外人"}, {"title": "Steppe 2", "author": "同名者"}
    )
    tried = taken(content, manager(host), dry_run=True)
    assert [state for _line, state in states(tried)] == ["new", "faulty", "faulty"]
    done = taken(content, manager(host), skip_bad=True)
    assert [a.person_id for a in WorkAuthor.objects.filter(work__in=done.works).order_by("position")] == [one.pk, None]


def test_an_officer_links_by_name_and_institution_together() -> None:
    host = new_host("草原大学")
    person = new_person("巴特尔", host)
    new_person("巴特尔", new_host())
    sheet = write_csv(["题名", "年份", "作者"], [["甲", "2024", f"巴特尔（{host.name_zh}生态学院）"], ["乙", "2024", "巴特尔"]])
    done = taken(sheet, name="a.csv")
    people = WorkAuthor.objects.filter(work__in=done.works).order_by("work")
    assert [a.person_id for a in people] == [person.pk, None]


def test_a_table_names_a_registered_author_by_number_and_place() -> None:
    person = new_person("其木格")
    rows = [["甲", "2024", "张三；其木格", "2", person.pk], ["乙", "2024", "张三；其木格", "1", person.pk]]
    sheet = write_csv(["题名", "年份", "作者", "作者排序", "人员编号"], rows)
    tried = taken(sheet, name="a.csv", dry_run=True)
    assert [(e.row, e.column) for e in tried.errors] == [(3, "作者排序")]
    done = taken(sheet, name="a.csv", skip_bad=True)
    assert WorkAuthor.objects.get(work=done.works[0], position=2).person == person


def test_who_answers_for_nobody_may_not_import() -> None:
    for name in ("leader", "finance", "auditor"):
        with pytest.raises(NotAllowed):
            taken(bib({}), actor(name), dry_run=True)


def test_a_work_with_an_accepted_claim_is_changed_by_officers_alone() -> None:
    person = new_person("李思思")
    content = bib({"author": "李思思", "doi": "10.1234/a"})
    taken(content, as_(person))
    row = Work.objects.get(identifiers__value="10.1234/a")
    more = bib({"author": "李思思", "doi": "10.1234/a", "journal": "J"})
    assert states(taken(more, as_(person), dry_run=True)) == [(1, "changed")]
    row.claims.create(
        subject_type="registry.person",
        subject_id=person.pk,
        credit="person",
        counts_on="2024-01-01",
        state="accepted",
        answered_at="2024-02-01T00:00Z",
    )
    assert states(taken(more, as_(person), dry_run=True)) == [(1, "same")]
    assert states(taken(more, dry_run=True)) == [(1, "changed")]


# many


def test_a_file_takes_as_many_questions_for_forty_works_as_for_four() -> None:
    def questions(count: int, mark: str) -> list[int]:
        content = bib(*({"title": f"{mark} {n}", "doi": f"10.1234/{mark}.{n}", "author": f"A {n} and B"} for n in range(count)))
        counts = []
        for dry_run in (True, False):
            with counted() as found:
                taken(content, dry_run=dry_run)
            counts.append(len(found))
        changed = content.replace(b"year", b"volume = {1},\nyear")
        with counted() as found:
            assert taken(changed).changed == count
        return [*counts, len(found)]

    few, many = questions(4, "few"), questions(40, "many")
    assert few == many
    assert many[0] <= 8
    assert many[1] <= 26


def test_works_of_a_large_file_become_searchable_a_little_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "AT_ONCE", 1)
    done = taken(bib({"doi": "10.1234/a"}, {"title": "Steppe one"}))
    entries = SearchEntry.objects.filter(kind="work", object_id__in=done.works)
    assert entries.count() == 0
    take_in()
    assert entries.count() == 2
    assert take_in() == 0


# the page


def test_the_page_previews_asks_and_takes_in() -> None:
    person = new_person("李思思")
    new_work("", title_en="Steppe 1", people=[person])
    browser = client(user_of(person))
    content = bib({"author": "李思思"}, {"title": "Steppe 1", "author": "李思思"}, {"title": "", "author": "李思思"})
    page = browser.post("/works/import/", {"kind": "works", "file": SimpleUploadedFile("a.bib", content)})
    text = page.content.decode()
    assert page.status_code == 200
    assert all(word in text for word in ("请选择", "新增", "有问题", "题名不能为空"))
    assert 'name="line-7"' in text
    sent = {"kind": "works", "held": "1", "confirmed": "1", "skip_bad": "1", "seen": seen_on(page), "line-7": "other"}
    wrong = browser.post("/works/import/", sent | {"seen": "0" * 64})
    assert (wrong.status_code, titles("Steppe 0").exists()) == (422, False)
    done = browser.post("/works/import/", sent)
    assert "导入完成" in done.content.decode()
    assert titles("Steppe 0").count() == 1
    assert titles("Steppe 1").count() == 2


def test_a_long_file_is_tried_by_the_worker_and_its_preview_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_pages, "LONG", 10)
    monkeypatch.setattr(import_pages, "LARGE", 10)
    browser = client("officer")
    answer = browser.post("/imports/", {"kind": "works", "file": SimpleUploadedFile("a.bib", bib({"doi": "10.1234/a"}))})
    tried = Job.objects.get(kind="registry.try_import")
    assert answer.headers["location"] == f"/jobs/{tried.pk}/"
    assert jobs.run(tried.pk).state == Job.State.DONE
    page = browser.get(f"/imports/?tried={tried.pk}")
    assert "Steppe 0" in page.content.decode()
    assert "Steppe 0" not in client("sysadmin").get(f"/imports/?tried={tried.pk}").content.decode()
    sent = {"kind": "works", "held": "1", "confirmed": "1", "seen": seen_on(page)}
    browser.post("/imports/", sent)
    job = Job.objects.get(kind="registry.import")
    assert jobs.run(job.pk).state == Job.State.DONE
    assert titles("Steppe 0").count() == 1


def test_an_officer_of_one_call_does_not_import() -> None:
    account = new_person().account
    Person.objects.filter(account=account).update(account=None)
    RoleGrant.objects.create(account=account, role="programme_officer", scope="call", scope_id=1)
    assert client(account.username).get("/works/import/").status_code == 403
