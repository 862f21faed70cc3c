"""Experts, their works and their ties, as a department enters them: by table, by page, by the experts themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from headwater.core import clock, jobs
from headwater.core.errors import NotAllowed, Refused
from headwater.core.models import Account, Event, Job, RoleGrant
from headwater.core.sheets import write_csv
from headwater.registry import views
from headwater.registry.identifiers import document_hash
from headwater.registry.models import Authorship, Discipline, Employment, Person, Publication, Relation
from headwater.registry.services import Paper, add_publications, add_relations
from headwater.registry.tables import IMPORTS, ImportResult
from headwater.review.models import Expert
from headwater.review.services.experts import Change, change_experts, change_own
from tests.make import actor, as_, client, new_expert, new_host, new_person
from tests.review.test_conflicts import Pair

pytestmark = pytest.mark.django_db
DOCUMENT = "11010519491231002X"


def codes(count: int = 2) -> list[str]:
    return list(Discipline.objects.filter(level=2).order_by("code").values_list("code", flat=True)[:count])


def load(kind: str, *rows: dict[str, Any], who: str = "officer", **how: Any) -> ImportResult:
    heading = list(dict.fromkeys(key for row in rows for key in row))
    sheet = write_csv(heading, [[str(row.get(key, "")) for key in heading] for row in rows])
    return IMPORTS[kind][2](name="a.csv", content=sheet, actor=actor(who), **{"dry_run": False} | how)


def told(result: ImportResult) -> list[tuple[int, str]]:
    return [(e.row, e.column) for e in result.errors]


# tables


def test_experts_are_imported_with_disciplines_and_languages_and_corrected() -> None:
    person = new_person(id_hash=document_hash(DOCUMENT))
    first, second = codes()
    row = {
        "身份证号": DOCUMENT,
        "申请代码": f"{first}；{second}",
        "研究方向": "草原；碳汇",
        "语言": "汉语、蒙古文",
        "上限": "8",
        "区外": "否",
    }
    assert load("experts", row, dry_run=True).added == 1
    assert not Expert.objects.filter(person=person).exists()
    assert load("experts", row).added == 1
    expert = Expert.objects.get(person=person)
    assert (expert.languages, expert.max_load, expert.keywords, expert.is_external) == (["zh", "mn"], 8, "草原；碳汇", False)
    assert sorted(expert.disciplines.values_list("code", flat=True)) == [first, second]
    assert Account.objects.get(pk=person.account_id).has_role("expert")
    again = load("experts", {"人员编号": person.pk, "申请代码": second, "评审语言": "", "研究方向": ""})
    assert (again.added, again.changed, again.errors) == (0, 1, [])
    expert.refresh_from_db()
    assert (expert.languages, expert.max_load, expert.keywords) == (["zh", "mn"], 8, "草原；碳汇")
    assert list(expert.disciplines.values_list("code", flat=True)) == [second]


def test_an_expert_of_whom_nothing_else_is_told_has_what_is_usual() -> None:
    person = new_person()
    load("experts", {"人员编号": person.pk, "申请代码": codes(1)[0]}, who="sysadmin")
    expert = Expert.objects.get(person=person)
    assert (expert.languages, expert.max_load, expert.is_active, expert.away_until) == (["zh"], 15, True, None)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("申请代码", "ZZ99"),
        ("申请代码", ""),
        ("评审语言", "世界语"),
        ("最多评审项数", "201"),
        ("区外专家", "也许"),
        ("暂停至（含）", "明年"),
    ],
)
def test_bad_cells_of_experts_are_told(column: str, text: str) -> None:
    person = new_person()
    row = {"人员编号": person.pk, "申请代码": codes(1)[0]} | {column: text}
    assert told(load("experts", row)) == [(2, column)]
    assert not Expert.objects.filter(person=person).exists()


def test_works_of_one_title_are_one_work_whoever_is_told_first() -> None:
    one, other, third = new_person(), new_person(), new_person()
    work = {"题名": "草原碳汇的形成", "年份": "2025", "刊物": "草业学报", "DOI": "10.1/a"}
    rows = [work | {"人员编号": one.pk, "作者排序": "2"}, work | {"人员编号": other.pk, "作者排序": "1"}]
    assert load("works", *rows).added == 2
    paper = Publication.objects.get(title="草原碳汇的形成")
    found = Authorship.objects.filter(publication=paper).order_by("position")
    assert list(found.values_list("person", flat=True)) == [other.pk, one.pk]
    assert (paper.doi, paper.source, paper.year) == ("10.1/a", "导入：a.csv", 2025)
    again = load("works", *rows, work | {"人员编号": third.pk, "题名": "草原碳汇的形成 ", "来源": "科研处"})
    assert (again.added, again.changed, again.errors) == (1, 2, [])
    assert Publication.objects.filter(title__startswith="草原碳汇").count() == 1
    assert Authorship.objects.filter(publication=paper).count() == 3


def test_an_imported_work_is_a_conflict() -> None:
    pair = Pair()
    work = {"题名": "合著", "年份": str(clock.today().year)}
    load("works", work | {"人员编号": pair.leader.pk}, work | {"人员编号": pair.expert.person_id})
    assert [kind for kind, _why in pair.find()] == ["coauthor"]


@pytest.mark.parametrize(
    ("column", "text"), [("年份", "二〇二五"), ("年份", "1800"), ("题名", ""), ("作者排序", "第一"), ("人员编号", "")]
)
def test_bad_cells_of_works_are_told(column: str, text: str) -> None:
    row = {"人员编号": new_person().pk, "题名": "甲", "年份": "2024", "作者排序": "1"} | {column: text}
    assert {row for row, _column in told(load("works", row))} == {2}
    assert not Publication.objects.filter(title="甲").exists()


def test_relations_are_kept_once_whichever_side_tells() -> None:
    one, other = new_person("甲某"), new_person("乙某", id_hash=document_hash(DOCUMENT))
    assert (
        load(
            "relations", {"人员编号": one.pk, "对方身份证号": DOCUMENT, "对方姓名": "乙某", "关系": "师生", "说明": "博士"}
        ).added
        == 1
    )
    back = load("relations", {"人员编号": other.pk, "对方人员编号": one.pk, "关系": "导师", "截止日": "2024-06-30"})
    assert (back.added, back.changed) == (0, 1)
    row = Relation.objects.get(first__in=[one, other], second__in=[one, other])
    assert (row.kind, row.note, str(row.until), row.source) == ("supervisor", "博士", "2024-06-30", "导入：a.csv")


def test_bad_cells_of_relations_are_told_on_their_side() -> None:
    one, other = new_person("甲某"), new_person("乙某")
    good = {"人员编号": one.pk, "对方人员编号": other.pk, "关系": "近亲属"}
    rows = [
        good,
        good | {"人员编号": other.pk, "对方人员编号": one.pk},
        good | {"对方人员编号": 10**9},
        good | {"对方人员编号": ""},
        good | {"对方人员编号": one.pk},
        good | {"对方姓名": "丙某"},
        good | {"关系": "同乡"},
        good | {"起始日期": "2024-01-01", "截止日": "2023-01-01"},
    ]
    found = told(load("relations", *rows))
    assert found == [
        (3, "关系"),
        (4, "对方人员编号"),
        (5, "对方身份证号"),
        (6, "对方人员编号"),
        (7, "对方姓名"),
        (8, "关系"),
        (9, "截止日（含）"),
    ]
    assert not Relation.objects.filter(first=one).exists()


def test_an_import_of_posts_records_employment() -> None:
    person, host = new_person(), new_host("旧单位")
    row = {"人员编号": person.pk, "单位": host.name_zh, "任职类型": "全职", "起始日期": "2015-01-01", "截止日": "2024-12-31"}
    assert load("posts", row).added == 1
    assert Employment.objects.filter(person=person, organisation=host).count() == 1
    assert Event.objects.filter(command="registry.record_employment").exists()


@pytest.mark.parametrize("kind", ["experts", "works", "relations"])
def test_who_may_import(kind: str) -> None:
    person, other = new_person(), new_person()
    row = {"人员编号": person.pk, "对方人员编号": other.pk, "关系": "师生", "申请代码": codes(1)[0], "题名": "甲", "年份": "2024"}
    with pytest.raises(NotAllowed):
        load(kind, row, who=person.account.username)


# large tables


def test_a_large_table_is_a_job_and_its_file_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.files.storage import default_storage

    monkeypatch.setattr(views, "LARGE", 10)
    person, browser = new_person(), client("officer")
    sheet = write_csv(["人员编号", "题名", "年份"], [[str(person.pk), "大表", "2024"]])
    browser.post("/imports/", {"kind": "works", "file": SimpleUploadedFile("w.csv", sheet)})
    answer = browser.post("/imports/", {"kind": "works", "held": "1", "confirmed": "1"})
    job = Job.objects.get(kind="registry.import")
    assert answer.headers["location"] == f"/jobs/{job.pk}/"
    assert default_storage.exists(job.arguments["path"])
    assert jobs.run(job.pk).state == Job.State.DONE
    assert job.arguments["name"] == "w.csv"
    assert Publication.objects.get(title="大表").authors.get() == person
    assert not default_storage.exists(job.arguments["path"])
    assert "新增" in browser.get(f"/jobs/{job.pk}/").content.decode()


def test_a_large_table_with_bad_rows_changes_nothing_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "LARGE", 10)
    sheet = write_csv(["人员编号", "题名", "年份"], [["", "大表", "2024"]])
    client("officer").post("/imports/", {"kind": "works", "file": SimpleUploadedFile("w.csv", sheet), "confirmed": "1"})
    done = jobs.run(Job.objects.get(kind="registry.import").pk)
    assert done.state == Job.State.FAILED
    assert "什么都没有导入" in done.message


# pages of officers


def shown(**asked: Any) -> list[Expert]:
    return list(client("officer").get("/office/experts/", asked).context["list"].objects)


def test_the_list_is_filtered_and_exported() -> None:
    far = Discipline.objects.filter(level=2).order_by("-code")[0]
    expert = new_expert("独一无二", languages=["zh", "fr"], keywords="稀有方向")
    expert.disciplines.add(far)
    gone = new_expert("已经出库", is_active=False)
    assert shown(language="fr") == [expert]
    assert expert in shown(discipline=far.code[:3], q="独一无二")
    assert shown(home=expert.person.organisation.name_zh) == [expert]
    assert shown(state="off", q="已经出库") == [gone]
    assert shown(state="on", q="已经出库") == []
    content = client("officer").get("/office/experts/", {"format": "csv", "language": "fr"})
    assert far.code in b"".join(content).decode("utf-8-sig")


def test_an_officer_registers_edits_and_retires() -> None:
    person, browser = new_person("新专家甲"), client("officer")
    first, second = codes()
    form = {
        "person": f"新专家甲 {person.organisation.name_zh}",
        "codes": "ZZ",
        "languages": ["zh"],
        "max_load": "9",
        "keywords": "甲",
    }
    assert browser.post("/office/experts/new/", form).status_code == 422
    assert browser.post("/office/experts/new/", form | {"codes": first, "person": "无此人"}).status_code == 422
    answer = browser.post("/office/experts/new/", form | {"codes": first})
    expert = Expert.objects.get(person=person)
    assert answer.headers["location"] == f"/office/experts/{expert.pk}/"
    page = f"/office/experts/{expert.pk}/"
    away = (clock.today() + timedelta(days=9)).isoformat()
    edited = {"codes": f"{first}；{second}", "languages": ["en", "zh"], "max_load": "3", "keywords": "", "away_until": away}
    assert browser.post(page, edited).status_code == 302
    expert.refresh_from_db()
    assert (expert.languages, expert.max_load, expert.keywords, str(expert.away_until)) == (["en", "zh"], 3, "", away)
    assert expert not in Expert.objects.available()
    browser.post(page, edited | {"away_until": ""})
    assert expert in Expert.objects.available()
    assert browser.post(page, edited | {"languages": []}).status_code == 422
    browser.post(page, {"do": "retire", "reason": ""})
    assert Expert.objects.get(pk=expert.pk).is_active
    browser.post(page, {"do": "retire", "reason": "已退休离岗"})
    assert expert not in Expert.objects.available()
    browser.post(page, {"do": "restore", "reason": "返聘后继续评审"})
    assert expert in Expert.objects.available()


def test_an_officer_adds_and_removes_works_and_ties_with_their_source() -> None:
    expert, other, browser = new_expert(), new_person("对方某", new_host("彼处")), client("officer")
    page = f"/office/experts/{expert.pk}/"
    assert browser.post(f"{page}works/", {"work-title": "", "work-year": "2024"}).status_code == 422
    browser.post(f"{page}works/", {"work-title": "新作", "work-year": "2024"})
    browser.post(
        f"{page}relations/", {"tie-other": f"对方某 {other.organisation.name_zh}", "tie-kind": "kin", "tie-note": "叔侄"}
    )
    work, row = Publication.objects.get(title="新作"), Relation.objects.get(note="叔侄")
    assert (work.source, row.source) == ("主管部门填写", "主管部门填写")
    assert "新作" in browser.get(page).content.decode()
    assert browser.post(f"{page}relations/", {"tie-other": "无此人", "tie-kind": "kin"}).status_code == 422
    browser.post(page, {"do": "work", "work": work.pk, "reason": ""})
    assert Publication.objects.filter(pk=work.pk).exists()
    browser.post(page, {"do": "work", "work": work.pk, "reason": "同名者的论文"})
    browser.post(page, {"do": "relation", "relation": row.pk, "reason": "填写有误"})
    assert not Publication.objects.filter(pk=work.pk).exists()
    assert not Relation.objects.filter(pk=row.pk).exists()


def test_an_officer_of_one_call_looks_but_does_not_change() -> None:
    account = new_person().account
    RoleGrant.objects.create(account=account, role="programme_officer", scope="call", scope_id=Pair().call.pk)
    expert = new_expert()
    browser = client(account.username)
    assert browser.get("/office/experts/").status_code == 200
    assert browser.get("/office/experts/new/").status_code == 403
    with pytest.raises(NotAllowed):
        change_experts(changes=[(expert, Change(max_load=1))], actor=actor(account.username))


# what experts say of themselves


def test_experts_keep_their_own_languages_absence_works_and_ties() -> None:
    expert, other = new_expert("本人"), new_person("学生某", new_host("彼处"))
    expert.disciplines.add(*Discipline.objects.filter(code__in=codes(1)))
    browser = client(expert.person.account.username)
    assert browser.get("/review/profile/").status_code == 200
    assert browser.get(f"/office/experts/{expert.pk}/").status_code == 403
    form = {"languages": ["zh", "en"], "keywords": "自述", "away_until": "", "max_load": "1", "codes": "X"}
    assert browser.post("/review/profile/", form).status_code == 302
    page = f"/office/experts/{expert.pk}"
    assert (
        browser.post(f"{page}/works/", {"work-title": "自己的论文", "work-year": "2023"}).headers["location"]
        == "/review/profile/"
    )
    browser.post(f"{page}/relations/", {"tie-other": f"学生某 {other.organisation.name_zh}", "tie-kind": "supervisor"})
    expert.refresh_from_db()
    assert (expert.languages, expert.keywords, expert.max_load, expert.disciplines.count()) == (["zh", "en"], "自述", 15, 1)
    assert Publication.objects.get(title="自己的论文").source == "本人填写"
    assert Relation.objects.get(first__in=[other, expert.person], second__in=[other, expert.person]).source == "本人填写"


def test_nobody_speaks_for_another() -> None:
    mine, theirs, third = new_expert("甲"), new_expert("乙"), new_person("丙")
    browser, who = client(mine.person.account.username), as_(mine.person)
    assert browser.post(f"/office/experts/{theirs.pk}/works/", {"work-title": "冒名", "work-year": "2023"}).status_code == 404
    with pytest.raises(NotAllowed):
        change_own(expert=theirs, change=Change(keywords="冒名"), actor=who)
    with pytest.raises(NotAllowed):
        add_publications(papers=[Paper("冒名", [theirs.person_id])], actor=who)
    with pytest.raises(NotAllowed):
        add_publications(papers=[Paper("冒名", [theirs.person_id])], actor=who, of=theirs.person)
    with pytest.raises(Refused):
        add_publications(papers=[Paper("冒名", [theirs.person_id])], actor=who, of=mine.person)
    with pytest.raises(Refused):
        add_relations(relations=[Relation(first=theirs.person, second=third, kind="kin")], actor=who, of=mine.person)
    assert not Publication.objects.filter(title="冒名").exists()
    assert not Person.objects.filter(pk=third.pk, merged_into__isnull=False).exists()
