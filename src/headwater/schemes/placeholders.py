"""What a template of an office (DOCX) may hold, by the kind of paper: the placeholders, what each is, and an example of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headwater.core.i18n import Bilingual


@dataclass(frozen=True)
class Placeholder:
    words: Bilingual
    example: Any


PLACEHOLDERS: dict[str, Placeholder] = {
    "heading": Placeholder(Bilingual("标题", "title"), "关于送达立项通知书的函"),
    "letter_number": Placeholder(Bilingual("发文字号", "number of the letter"), "某科基函〔2030〕1号"),
    "addressee": Placeholder(Bilingual("主送单位", "addressee"), "某某大学"),
    "texts": Placeholder(
        Bilingual("正文各段", "paragraphs of the text"),
        ["现将有关申请的通知书送达你单位（名单见附件）。", "请及时转交申请人，并按通知书所载期限办理。"],
    ),
    "paragraphs": Placeholder(
        Bilingual("正文各段及其体例（p 正文，b 加粗，li 列项）", "paragraphs with their kind (p text, b bold, li item)"),
        [["p", "现将有关申请的通知书送达你单位（名单见附件）。"], ["b", "请及时转交申请人。"], ["li", "按通知书所载期限办理。"]],
    ),
    "annex": Placeholder(Bilingual("附件说明", "line of the annex"), "附件：立项通知书名单（共2份）"),
    "issuer": Placeholder(Bilingual("署名", "who issues it"), "某某科学技术厅"),
    "date": Placeholder(Bilingual("成文日期", "date"), "2030年5月9日"),
    "seal": Placeholder(Bilingual("盖章提示", "hint at the place for the seal"), "（此处盖章有效）"),
    "copies": Placeholder(Bilingual("抄送", "copies"), "抄送：张某，某某教育厅"),
    "heads": Placeholder(Bilingual("名单的表头", "heads of the list"), ["文号", "申请编号", "名称", "申请人"]),
    "rows": Placeholder(
        Bilingual("名单的各行，每行的列与表头相同", "lines of the list, each with as many cells as there are heads"),
        [
            ["某科基通〔2030〕1号", "2030QN00001", "草原土壤碳汇的形成", "张某"],
            ["某科基通〔2030〕2号", "2030QN00002", "盐碱地微生物的适应", "李某"],
        ],
    ),
    "total": Placeholder(Bilingual("金额合计（万元）", "total (CNY 10,000)"), "20"),
    "digest": Placeholder(Bilingual("完整性校验码", "check code"), "0" * 64),
}
PAPERS: dict[str, Bilingual] = {
    "letter": Bilingual("通知书", "Letters to applicants"),
    "covering": Bilingual("函（送达依托单位）", "Letters to hosts"),
    "notice": Bilingual("公示", "Public notices"),
}
"""The kinds of papers that an office may lay out itself."""
OF_LETTERS = ("heading", "letter_number", "addressee", "texts", "paragraphs", "annex", "issuer", "date", "seal")
OF_PAPER: dict[str, tuple[str, ...]] = {
    "letter": (*OF_LETTERS, "copies"),
    "covering": (*OF_LETTERS, "heads", "rows"),
    "notice": ("heading", "texts", "paragraphs", "annex", "issuer", "date", "heads", "rows", "total", "digest"),
}


def placeholders_of(paper: str) -> dict[str, Placeholder]:
    """Return the placeholders that a template of a paper may hold."""
    return {name: PLACEHOLDERS[name] for name in OF_PAPER[paper]}


def example_of(paper: str) -> dict[str, Any]:
    """Return an example of a paper's data, with a value for each placeholder."""
    return {name: one.example for name, one in placeholders_of(paper).items()}


def values_of(paper: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a real paper for the placeholders of its template; what the paper does not have is empty."""
    known = {**data, "texts": [text for _role, text in data["paragraphs"]]}
    return {name: known.get(name) or type(one.example)() for name, one in placeholders_of(paper).items()}
