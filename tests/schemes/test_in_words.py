"""Conditions, requirements and inputs of rules are told in words: no code of a field, no Python value, no unit left out."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

import headwater.schemes.rules
from headwater.core.i18n import NOTHING, Bilingual
from headwater.forms.expressions.wording import Labels, in_words
from headwater.forms.linking import expressions
from headwater.regions.check import find_package, read_package
from headwater.schemes import Scheme, parse_scheme
from headwater.schemes.conditions import condition_of
from headwater.schemes.evidence import LINES, OF_RULE, UNSAID, evidence_of
from headwater.schemes.requirements import SENTENCES, requirement
from headwater.schemes.rules import RULES, parameters_of
from headwater.schemes.rules.values import shape_of

SCHEMES = [
    parse_scheme(definition, parameters_of)[0]
    for code in ("nmg", "atoll")
    for definition in read_package(find_package(code)).schemes
]
YOUTH = next(s for s in SCHEMES if s.code == "im-youth")
LABELS = Labels(
    {"kind": Bilingual("方式", "Way"), "money": Bilingual("经费", "Money"), "staff": Bilingual("人员", "Staff")},
    {
        "kind": {"a": Bilingual("引进", "Recruited"), "b": Bilingual("双聘", "Joint")},
        "flags": {"human": Bilingual("涉及人", "Humans")},
    },
    "flags",
)


@pytest.mark.parametrize(
    ("source", "zh", "en"),
    [
        ('"human" in flags', "已声明“涉及人”", "“Humans” is declared"),
        ('kind == "a"', "“方式”为“引进”", "“Way” is “Recruited”"),
        ('kind in ["a", "b"] and money >= 200万元', "“方式”为“引进”或“双聘”，且“经费”不小于200 万元", None),
        ('not (kind == "a") or filled(money)', "并非“方式”为“引进”，或已填写“经费”", None),
        ("count(staff) * 3 >= 2", "“人员”的项数乘以3不小于2", None),
        ('money <= parameter("cap_fen.key")', "“经费”不大于规定的数值", "“Money” is at most the figure laid down"),
        ("", "", ""),
    ],
)
def test_an_expression_in_words(source: str, zh: str, en: str | None) -> None:
    words = in_words(source, LABELS)
    assert words.zh == zh
    assert en is None or words.en == en


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda s: s.code)
def test_no_expression_of_a_region_keeps_a_code(scheme: Scheme) -> None:
    texts = [condition_of(scheme, source).zh for _key, source in expressions(scheme)]
    assert [t for t in texts if re.search(r"[a-z]{2}[a-z_]*|==|\"", t)] == []


def inputs() -> set[tuple[str, str]]:
    """(rule, name) of every input that a rule of the register can answer with, read from its source."""
    found = set()
    for file in Path(headwater.schemes.rules.__file__).parent.glob("*.py"):
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef) and function.name in RULES:
                found |= {(function.name, name) for name in _names(function)}
    return found


def _names(function: ast.FunctionDef) -> set[str]:
    names = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and isinstance(node.value, ast.Dict):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and target.id == "inputs":
                names |= {k.value for k in node.value.keys if isinstance(k, ast.Constant) and isinstance(k.value, str)}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"passed", "failed", "unknown"}:
            names |= {k.arg for k in node.keywords if k.arg}
    return names


def test_every_input_of_a_rule_has_words_or_is_said_already() -> None:
    found = inputs()
    assert len(found) > 90
    known = {(rule, name) for rule, name in found if name in LINES or f"{rule}.{name}" in OF_RULE or name in UNSAID}
    assert sorted(found - known) == []


def told(rule: str, **inputs: Any) -> list[str]:
    lines = evidence_of({"rule": rule, "outcome": "passed", "inputs": inputs}, YOUTH, lambda _key: NOTHING)
    return [f"{label.zh}：{value.zh}" for label, value in lines]


def test_inputs_are_told_with_units_and_local_times() -> None:
    assert told("title_given", length=29, max=60) == ["字数：29 字", "字数上限：60 字"]
    assert told("amount_in_range", amount_fen=10_000_000, min=1, max=10_000_000) == ["申请金额：10 万元", "上限：10 万元"]
    assert told("amount_in_range", amount_fen=10_000_000, max=10**15) == ["申请金额：10 万元"]
    assert told("on_time", deadline="2026-10-08T08:00:00+00:00", submitted="2026-10-08T02:00:00+00:00") == [
        "申报截止：2026-10-08 16:00",
        "提交于：2026-10-08 10:00",
    ]
    assert told("on_time", submitted=None) == ["提交于：尚未提交"]
    assert told("one_per_year", group="x", year=2026, others=[], in_force=True) == [
        "年度：2026",
        "计入的其他项目：无",
        "限项规定有效：是",
    ]
    assert told("ethics_attached", declared=["human"], attached=1) == [
        f"申请人已声明：{dict(YOUTH.flags)['human'].zh}",
        "已上传附件：1 份",
    ]
    assert told("limit_total", 张三={"senior": True, "leader": 1, "member": 2, "most": {"total": 3}}) == [
        "张三：主持 1 项、参与 2 项（合计不超过 3 项）"
    ]
    assert told("check.x", expr='"human" in flags') == [f"核对内容：已声明“{dict(YOUTH.flags)['human'].zh}”"]


def test_a_rule_is_told_with_the_figures_of_the_call() -> None:
    figures = {"similar_text_share": 0.3, "partner_units_max": 2, "referee_letters": 2, "doctoral_degrees": ["博士"]}
    said = {u.name: requirement(u, YOUTH, 2026, figures.get).zh for u in YOUTH.rules}
    assert said["similar_text"] == "与已有申请的相似文本不超过 30%"
    assert said["partner_units"] == "合作研究单位不超过 2 个"
    assert said["qualified"] == "具有高级职称或博士学位；两者均无的，须由 2 名同领域高级职称专家推荐"
    assert said["no_ban"] == RULES["no_ban"].title.zh
    assert said["max_age"] == RULES["max_age"].title.zh  # the parameter is missing: nothing is made up
    assert SENTENCES.keys() <= RULES.keys()


def test_the_age_is_told_by_birth_dates() -> None:
    use = next(u for u in YOUTH.rules if u.name == "max_age")
    assert shape_of(use.params["parameter"]) is not None
    said = requirement(use, YOUTH, 2026, lambda _key: {"men": 35, "women": 40})
    assert said.zh == "年龄：男性 1991-01-01、女性 1986-01-01 及以后出生"
