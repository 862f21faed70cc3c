"""Answers: read, cleaned, worked out, judged, shown; nothing hostile gets through and nothing that was typed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.calls.applying.services.applications import create_draft, save_application
from headwater.calls.loading import answers_of
from headwater.calls.models import Application
from headwater.calls.pages import application_context
from headwater.calls.schemes import scheme_of
from headwater.core.errors import Refused
from headwater.core.i18n import Bilingual
from headwater.core.models import Parameter
from headwater.core.parameters import forget_parameters
from headwater.forms.answers.budgets import indirect_cap
from headwater.forms.answers.cleaning import clean
from headwater.forms.answers.judging import judge, problems_of
from headwater.forms.answers.reading import read_answer
from headwater.forms.answers.references import Registry
from headwater.forms.answers.rich import to_blocks, to_html, to_plain
from headwater.forms.answers.showing import sections
from headwater.forms.shapes import Field
from headwater.registry.models import Person
from tests.make import actor, as_, client, draft_of, new_call, new_person, placed, refusal

TIERS = [{"up_to_fen": 500_000_000, "rate": "0.30"}, {"up_to_fen": 1_000_000_000, "rate": "0.25"}, {"rate": "0.20"}]
OLD = [{"up_to_fen": 500_000_000, "rate": "0.20"}, {"up_to_fen": 1_000_000_000, "rate": "0.15"}, {"rate": "0.13"}]


def field(kind: str, **more: Any) -> Field:
    return Field(**({"code": "x", "type": kind, "label_zh": "某", "label_en": "X"} | more))


COLUMNS = (
    field("line", code="name", required=True, max_chars=20),
    field("money", code="price", required=True),
    field("number", code="n", decimals=1),
)
TABLE = field("table", code="items", columns=COLUMNS, max_rows=3)


@pytest.mark.parametrize(
    ("base", "tiers", "theory", "cap"),
    [
        (500_000_000, TIERS, None, 150_000_000),
        (680_000_000, TIERS, None, 195_000_000),
        (1_000_000_000, TIERS, None, 275_000_000),
        (1_200_000_000, TIERS, None, 315_000_000),
        (99_999_900, TIERS, None, 29_999_970),
        (680_000_000, TIERS, "0.60", 408_000_000),
        (400_000_000, TIERS, None, 120_000_000),
        (680_000_000, OLD, None, 127_000_000),
        (0, TIERS, None, 0),
        (-5, TIERS, "0.60", 0),
    ],
)
def test_indirect_cap_keeps_the_vectors_of_the_handbook(base: int, tiers: Any, theory: Any, cap: int) -> None:
    assert indirect_cap(base, tiers, theory) == cap


@given(st.integers(0, 10**12), st.integers(0, 10**10))
@settings(deadline=None)
def test_indirect_cap_never_falls_with_the_base(base: int, more: int) -> None:
    assert indirect_cap(base, TIERS) <= indirect_cap(base + more, TIERS) <= indirect_cap(base, TIERS) + more


@pytest.mark.parametrize(
    ("kind", "given_", "kept"),
    [
        ("line", "一\n二", "一 二"),
        ("number", "12", 12),
        ("number", 2.5, 2.5),
        ("money", 1_000_000, 1_000_000),
        ("date", "2027-02-28", "2027-02-28"),
        ("text", "", ""),
        ("number", "", None),
        ("number", None, None),
    ],
)
def test_clean_keeps(kind: str, given_: Any, kept: Any) -> None:
    assert clean(field(kind, decimals=1), given_, Registry()).value == kept


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        ("number", "twelve"),
        ("number", float("nan")),
        ("number", float("inf")),
        ("number", 1e30),
        ("number", True),
        ("number", 0.25),
        ("money", -1),
        ("money", "12"),
        ("money", 10**13),
        ("money", True),
        ("date", "2027-02-30"),
        ("date", "soon"),
        ("choice", "z"),
        ("choices", ["a", "z"]),
        ("choices", "a"),
        ("line", 5),
        ("line", "有\0空"),
        ("text", "长" * 20_001),
        ("file", "x"),
    ],
)
def test_clean_refuses_what_cannot_be_stored(kind: str, bad: Any) -> None:
    found = clean(field(kind, decimals=1, choices=(("a", Bilingual("甲", "A")),)), bad, Registry())
    assert list(found.errors) == ["x"]


def test_clean_rows_drops_blank_rows_and_names_the_bad_cell() -> None:
    rows = [{"name": "镜", "price": 100}, {}, {"name": "", "price": None}, {"name": "长" * 21, "n": 0.25}]
    found = clean(TABLE, rows, Registry())
    assert (found.value, list(found.errors)) == ([{"name": "镜", "price": 100}], ["items.3.name", "items.3.n"])


@pytest.mark.parametrize("bad", ["text", 5, ["text"], [["name"]], {"name": "x"}])
def test_clean_rows_of_another_shape(bad: Any) -> None:
    assert list(clean(TABLE, bad, Registry()).errors) == ["items"]


def test_clean_too_many_rows() -> None:
    assert list(clean(TABLE, [{"name": str(n)} for n in range(4)], Registry()).errors) == ["items"]


@pytest.mark.parametrize(
    ("verb", "names"),
    [
        ("", "abc"),
        ("items:up:1", "bac"),
        ("items:down:1", "acb"),
        ("items:remove:0", "bc"),
        ("items:up:0", "abc"),
        ("items:down:2", "abc"),
        ("items:remove:9", "abc"),
        (f"items:up:{'9' * 5000}", "abc"),
        ("other:remove:0", "abc"),
        ("items:fly:0", "abc"),
        ("::", "abc"),
    ],
)
def test_read_rows_and_the_buttons_that_work_without_script(verb: str, names: str) -> None:
    post = QueryDict(mutable=True)
    post.update({f"items.{n}.name": name for n, name in enumerate("abc")} | {"_row": verb})
    rows, errors = read_answer(TABLE, post)
    assert ("".join(r["name"] for r in rows), errors) == (names, {})


def test_read_rows_ignores_strange_names_and_finds_the_bad_cell() -> None:
    post = QueryDict(mutable=True)
    post.update(
        {"items.0.price": "贵", "items.9999.price": "1", "items.x.price": "1", "items.0.colour": "1", "items.1.price": "1,000.5"}
    )
    rows, errors = read_answer(TABLE, post)
    assert errors == {"items.0.price": "请填写数字，单位万元，例如 12.5", "items": "最多 3 行"}  # 9999 is refused, not lost
    assert rows == [{"price": None}, {"price": 1_000_500_000}]


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=8), st.text(max_size=12))
@settings(max_examples=150, deadline=None)
def test_read_anything_without_an_exception(sent: dict[str, str], value: str) -> None:
    post = QueryDict(mutable=True)
    post.update(sent | {"items.0.price": value, "items.0.n": value, "x": value, "_row": value})
    for f in (TABLE, field("number"), field("money"), field("date"), field("choices"), field("budget", regime="budget3")):
        read_answer(f, post)


def test_rich_text_lets_nothing_harmful_through() -> None:
    text = "# 标题\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![i](http://a/b.png) <img src=x onerror=y> **粗**\n\n- 一\n"
    html = to_html(text)
    assert "<script" not in html
    assert "<a" not in html
    assert "<img" not in html
    assert "<strong>粗</strong>" in html
    assert "<h3>标题</h3>" in html


def test_rich_text_as_blocks_and_plain() -> None:
    text = "## 甲\n\n正文**粗***斜*\n\n- 一\n- 二\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    assert [b["kind"] for b in to_blocks(text)] == ["h", "p", "li", "li", "row", "row"]
    assert to_plain(text) == "甲\n正文粗斜\n一\n二\na | b\n1 | 2"


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_rich_text_of_any_kind(text: str) -> None:
    assert "<script" not in to_html(text).lower()
    to_plain(text)


pytestmark_db = pytest.mark.django_db


@pytestmark_db
def test_refused_cell_keeps_what_was_typed_and_saves_the_rest() -> None:
    call, leader = new_call("im-instr"), new_person()
    application = draft_of(call, leader)
    browser = client(leader.account.username)
    sent = {"items": "", "items.0.name": "电镜", "items.0.price": "很贵", "source": "own", "_row": ""}
    answer = browser.post(f"/applications/{application.pk}/edit/items/", sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="很贵"' in page
    assert 'value="电镜"' in page
    assert 'aria-describedby="e-items.0.price"' in page
    row = Application.objects.get(pk=application.pk)
    assert (row.answers.get("source"), row.answers.get("items")) == ("own", None)


@pytestmark_db
def test_hidden_answers_are_kept_but_shown_to_nobody() -> None:
    call, leader = new_call("im-instr"), new_person()
    values = {"similar_count": 2, "why_another": "已有仪器机时饱和" * 10}
    application = save_application(application=draft_of(call, leader), values=values, actor=as_(leader))
    assert answers_of(application).get("why_another")
    application = save_application(application=application, values={"similar_count": 0}, actor=as_(leader))
    assert answers_of(application).get("why_another") is None
    assert application.answers["why_another"]
    assert "已有仪器机时饱和" not in client(leader.account.username).get(f"/applications/{application.pk}/pdf/").content.decode(
        "latin1"
    )


@pytestmark_db
def test_calculated_columns_and_sums() -> None:
    call, leader = new_call("im-instr"), new_person()
    items = [{"name": "电镜", "price": 160_000_000, "count": 2}, {"name": "泵", "price": 5_000_000, "count": 3}]
    application = save_application(application=draft_of(call, leader), values={"items": items}, actor=as_(leader))
    answers = answers_of(application)
    table = scheme_of(call).field("items")
    assert table is not None
    assert [r["total"] for r in answers.rows(table)] == [320_000_000, 15_000_000]
    assert (answers.get("sum"), answers.get("dearest")) == (335_000_000, 160_000_000)
    with pytest.raises(Refused) as error:
        save_application(application=application, values={"sum": 1}, actor=as_(leader))
    assert refusal(error) == [("sum", "")]


@pytestmark_db
def test_budget_says_by_how_much_it_is_wrong() -> None:
    call, leader = new_call("im-bounty"), new_person()
    rows = [
        {"category": "purchase", "item": "釜", "amount": 100_000_000},
        {"category": "labour", "item": "人", "amount": 400_000_000},
    ]
    values = {"amount_fen": 600_000_000, "budget": {"rows": rows, "indirect": 125_000_000}}
    application = save_application(application=draft_of(call, leader), values=values, actor=as_(leader))
    budget = scheme_of(call).field("budget")
    assert budget is not None
    assert [told.zh for told in problems_of(answers_of(application), budget)] == [
        "经费预算合计 625 万元，与申请金额 600 万元不一致",
        "间接费用 125 万元超过上限 120 万元，超出 5 万元",
    ]


@pytestmark_db
def test_prefill_from_the_registry_and_from_earlier_applications() -> None:
    leader = new_person()
    Person.objects.filter(pk=leader.pk).update(title="研究员", department="生态学院")
    works = [{"name": "论文", "kind": "paper", "year": 2024}]
    placed(new_call("im-dys"), "rejected", leader, answers={"works": works, "career": "broken"})
    call = new_call("im-dys")
    leader = Person.objects.get(pk=leader.pk)
    made = create_draft(call=call, leader=leader, actor=as_(leader))
    assert made.answers == {"post": "研究员", "unit": "生态学院", "works": works}


@pytestmark_db
def test_answers_as_a_spreadsheet_for_officers_only() -> None:
    from headwater.core.sheets import read_table

    call, leader = new_call("im-instr"), new_person()
    items = [{"name": "电镜", "price": 160_000_000, "count": 2}, {"name": "泵", "price": 5_000_000, "count": 3}]
    row = placed(call, "received", leader, answers={"items": items, "source": "own"})
    url = f"/office/calls/{call.pk}/answers.xlsx"
    heading, rows = read_table("a.xlsx", client("officer").get(url).content)
    assert rows[0][heading.index("经费来源")] == "单位自筹"
    assert rows[0][heading.index("合计（万元）")] == "335"
    heading, rows = read_table("a.xlsx", client("officer").get(url, {"table": "items"}).content)
    assert [(r[0], r[heading.index("小计（万元）")]) for r in rows] == [(row.number, "320"), (row.number, "15")]
    assert client("officer").get(url, {"table": "nothing"}).status_code == 404
    assert client(leader.account.username).get(url).status_code == 403


@pytestmark_db
def test_people_and_institutions_are_those_of_the_registry() -> None:
    person = new_person("乌云其其格")
    assert actor(person.account.username)
    registry = Registry()
    found = clean(field("person"), f"乌云其其格 {person.organisation.name_zh}", registry)
    assert found.value == {"id": person.pk, "name": "乌云其其格", "organisation": person.organisation.name_zh}
    assert list(clean(field("person"), "不存在的人", registry).errors) == ["x"]
    assert clean(field("person", outside=True), "外省人 某校", registry).value == {
        "id": 0,
        "name": "外省人",
        "organisation": "某校",
    }
    assert clean(field("organisation"), person.organisation.name_zh, registry).value["code"] == person.organisation.code
    assert list(clean(field("organisation"), "不存在的大学", registry).errors) == ["x"]
    assert list(clean(field("discipline"), "ZZ99", registry).errors) == ["x"]


@pytestmark_db
def test_restricted_answers_are_kept_from_those_who_judge() -> None:
    call = new_call("im-talent")
    row = placed(call, "in_review", answers={"way": "title", "plan": "某人才计划", "plan_level": "nation", "goals": "目标"})

    def labels(judging: bool) -> set[str]:
        return {f.label for _section, fields in sections(answers_of(row), judging=judging) for f in fields}

    assert labels(False) - labels(True) == {"入选的人才计划", "计划层级", "已获得的人才经费", "其中已获科研经费（万元）"}
    assert "某人才计划" not in str(application_context(row, judging=True)["sections"])


@pytest.mark.django_db
@pytest.mark.parametrize("known", [True, False])
def test_a_cap_without_a_parameter_is_told_and_not_passed_over(known: bool) -> None:
    call = new_call("im-bounty")
    if not known:
        Parameter.objects.filter(key="indirect_cost_tiers").delete()
        forget_parameters()
    budget = next(f for f in scheme_of(call).fields if f.regime == "budget3")
    row = placed(call, "draft", answers={budget.code: {"rows": [], "indirect": 100}})
    row.answers[budget.code]["rows"] = [{"category": "equipment", "amount": 10_000_000}]
    results = {r.rule: r for r in judge(answers_of(row))}
    assert ("indirect_cost" in results) is not known
    if not known:
        told = results["indirect_cost"]
        assert (told.outcome, told.inputs["missing"]) == ("skipped", ["indirect_cost_tiers"])
        assert "indirect_cost_tiers" in told.zh
