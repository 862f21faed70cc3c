"""Score sheets in words: every indicator with its score, its points, and who or what gave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from headwater.calls.schemes import scheme_of
from headwater.core.i18n import Bilingual, named
from headwater.evaluations.figures import FIGURES
from headwater.evaluations.grading import Why
from headwater.evaluations.material import NO_MATERIAL, Material
from headwater.evaluations.models import Grade, Round
from headwater.evaluations.results import frozen_line
from headwater.evaluations.sheets import CHECKLIST, EXPERT, QUANTITY, Indicator, Sheet
from headwater.schemes import Scheme


@dataclass(frozen=True)
class Shown:
    """An indicator of an entry as its score sheet shows it: `came` are the sentences that say what the points came from."""

    indicator: Indicator
    weight: str
    score: str
    points: str
    came: Sequence[str]
    missing: bool = False
    ticks: Sequence[tuple[str, str, bool]] = ()


@dataclass(frozen=True)
class ShownHead:
    """A head of the sheet with its indicators and the sum of their points."""

    name: Bilingual
    points: str
    weight: str
    rows: Sequence[Shown] = field(default_factory=tuple)


def plain(value: Any) -> str:
    """Return a number without needless zeros, with thousands set apart."""
    number = Decimal(str(value)).normalize()
    return f"{number:,f}"


def live_sheet(round_: Round, material: Material, *, marks: bool) -> list[ShownHead]:
    """Return the score sheet of an entry as it stands now; `marks` says who gave which mark."""
    points = material.points(round_.of)
    lines = [frozen_line(line, material) for line in points.lines]
    givers = marks_by_giver(material) if marks else {}
    return sheet_of(round_.of, scheme_of(round_.call), lines, givers)


def frozen_sheet(grade: Grade) -> list[ShownHead]:
    """Return the score sheet as a draft froze it."""
    round_ = grade.entrant.round
    return sheet_of(round_.of, scheme_of(round_.call), grade.lines, {})


def marks_by_giver(material: Material) -> dict[str, list[tuple[str, str]]]:
    """Return who gave which mark, by indicator."""
    found: dict[str, list[tuple[str, str]]] = {}
    for opinion in material.opinions:
        for code, mark in opinion.scores.items():
            found.setdefault(code, []).append((named(opinion.assignment.expert.person), plain(mark)))
    return found


def sheet_of(
    sheet: Sheet, scheme: Scheme, lines: Sequence[Mapping[str, Any]], givers: Mapping[str, Sequence[tuple[str, str]]]
) -> list[ShownHead]:
    shown: dict[str, list[Shown]] = {}
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for line in lines:
        i = sheet.indicator(line["indicator"])
        if i is None:
            continue
        points, weight = sums.get(i.head, (Decimal(0), Decimal(0)))
        sums[i.head] = points + Decimal(line["points"]), weight + Decimal(line["weight"])
        met = line.get("met", ())
        ticks = [(code, str(words), code in met) for code, words in i.items]
        came = list(_came(sheet, i, line, scheme, givers.get(i.code, ())))
        row = Shown(i, plain(line["weight"]), line["score"] or "—", line["points"], came, line["score"] is None, ticks)
        shown.setdefault(i.head, []).append(row)
    return [
        ShownHead(h.name, str(sums[h.code][0]), plain(sums[h.code][1]), shown[h.code]) for h in sheet.heads if h.code in shown
    ]


def _came(sheet: Sheet, i: Indicator, line: Mapping[str, Any], scheme: Scheme, givers: Sequence[tuple[str, str]]) -> list[str]:
    """Say in sentences what the points of an indicator came from."""
    if i.kind == EXPERT:
        return _of_experts(sheet, line, givers)
    if i.kind == CHECKLIST:
        if "met" not in line:
            return [_("核对清单还没有填写")]
        words = {"met": len(line["met"]), "all": len(i.items)}
        return [_("核对 %(all)d 项，符合 %(met)d 项") % words, *_verified(line)]
    if "value" not in line:
        return [_("没有数据，不得分")]
    unit = f" {i.unit}" if i.unit.zh else ""
    value = f"{plain(line['value'])}{unit}"
    said = [_("%(value)s，基准值 %(norm)s") % {"value": value, "norm": plain(line["norm"])}] if i.kind == QUANTITY else [value]
    question = scheme.field(i.source) if i.kind == QUANTITY else None
    if "verified" in line:
        if "reported" in line:
            said.append(_("自评报告填报：%s") % plain(line["reported"]))
        said += _verified(line)
    elif question is not None:
        said.append(_("来自自评报告：%s") % named(question, "label"))
    elif i.source in FIGURES:
        said.append(_("由系统记录计算：%s") % FIGURES[i.source].label)
    return said


def _of_experts(sheet: Sheet, line: Mapping[str, Any], givers: Sequence[tuple[str, str]]) -> list[str]:
    marks, kept = line.get("marks", ()), line.get("kept", ())
    if not marks:
        return [_("没有有效的专家评分，不得分")]
    said = [_("%(n)d 位专家评分：%(marks)s") % {"n": len(marks), "marks": "、".join(plain(m) for m in marks)}]
    if len(kept) < len(marks):
        said.append(_("去掉 %(n)d 个最高分和 %(n)d 个最低分后平均") % {"n": sheet.drop})
    if givers:
        said.append("；".join(f"{name} {mark}" for name, mark in givers))
    return said


def _verified(line: Mapping[str, Any]) -> list[str]:
    return [_("主管核定：%s") % line["verified"]] if line.get("verified") else []


def why_words(sheet: Sheet, why: str, passed_over: str, vetoes: Sequence[str]) -> str:
    """Say why an entry has its grade."""
    names = {g.code: str(g.name) for g in sheet.grades}
    if why == Why.VETO:
        known = dict(sheet.vetoes)
        said = [str(known[code]) if code in known else _("没有提交材料") for code in vetoes]
        return _("一票否决：%s") % "、".join(said)
    if why == Why.QUOTA:
        return _("达到“%s”的分数线，名额已满，顺延到下一等次") % names.get(passed_over, passed_over)
    if why == Why.TIE:
        return _("在“%s”名额线上与其他条目完全相同，一并顺延；请核对") % names.get(passed_over, passed_over)
    return _("按总分和名额评定") if why == Why.FLOOR else _("未达到其他等次的分数线")


def grade_name(sheet: Sheet, code: str) -> Bilingual:
    return next((g.name for g in sheet.grades if g.code == code), Bilingual(code, code))


def veto_choices(sheet: Sheet) -> list[tuple[str, str]]:
    return [(code, str(words)) for code, words in sheet.vetoes]


def veto_name(sheet: Sheet, code: str) -> str:
    if code == NO_MATERIAL:
        return _("没有提交材料")
    return str(dict(sheet.vetoes).get(code, code))
