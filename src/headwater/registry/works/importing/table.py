"""Tables of works (xlsx, csv): a row for each work, or for each of its registered authors."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from headwater.core.sheets import RowError
from headwater.registry.standing import WHO, whole
from headwater.registry.tables import IDENTIFIER, Column, Row, parse_rows, pick, several
from headwater.registry.works.identifiers import SCHEMES
from headwater.registry.works.importing.parsed import Parsed, Reading, language
from headwater.registry.works.kinds import kinds_by
from headwater.registry.works.values import LINE as WITH_PLACE
from headwater.registry.works.values import Author, NewWork, titled

NUMBERS = (
    Column("doi", "DOI"),
    Column("patent", "专利号", False, ("专利申请号", "申请号", "授权号"), IDENTIFIER),
    Column("publication", "公开（公告）号", False, ("公开号", "公告号", "授权公告号"), IDENTIFIER),
    Column("standard", "标准号", False, ("标准编号",)),
    Column("isbn", "ISBN", False, ("书号",), IDENTIFIER),
    Column("variety", "品种编号", False, ("审定编号", "登记编号", "品种权号", "审定号")),
    Column("software", "软件登记号", False, ("著作权登记号", "软著登记号")),
    Column("cstr", "CSTR", False, ("科技资源标识",)),
    Column("prize", "证书号", False, ("获奖证书号", "证书编号")),
    Column("other", "其他编号", False, ("编号", "登录号")),
)
WORKS = (
    *WHO,
    Column("kind", "类别", False, ("成果类别", "成果类型", "论著类型")),
    Column("title", "题名", True, ("论著名称", "论文题目", "标题", "题目", "成果名称", "名称")),
    Column("title_en", "英文题名", False, ("英文题目", "英文名称")),
    Column(
        "issued", "年份", True, ("发表年份", "出版年", "年度", "发表日期", "日期", "授权日期", "发布日期", "获奖日期", "year")
    ),
    Column("authors", "作者", False, ("全部作者", "发明人", "完成人", "起草人", "育种者", "著者", "作者（完成人）")),
    Column("organisations", "作者单位", False, ("署名单位", "专利权人", "完成单位")),
    Column("venue", "刊物", False, ("期刊", "刊名", "出版物", "会议名称", "授奖单位")),
    Column("volume", "卷"),
    Column("issue", "期", False, ("期号",)),
    Column("pages", "页码", False, ("起止页码", "页")),
    Column("publisher", "出版单位", False, ("出版社", "发布单位", "出版机构")),
    Column("language", "语种", False, ("语言",)),
    *NUMBERS,
    Column("keywords", "关键词", False, ("关键字",)),
    Column("abstract", "摘要"),
    Column("marked", "标注单位", False, ("标注实验室", "标注的单位", "标注平台")),
    Column("numbers", "标注项目编号", False, ("标注项目", "资助编号", "项目编号", "基金编号")),
    Column("position", "作者排序", False, ("排名", "作者顺序", "本人排名")),
    Column("source", "来源", False, ("数据来源",)),
)
LABELS = {c.name: c.label for c in WORKS} | {f"id_{c.name}": c.label for c in NUMBERS} | {"title_zh": "题名"}
DAYTIME = re.compile(r"[ T]00:00(:00)?$")


def read_table(name: str, content: bytes) -> Reading:
    """Read a table by its headings; columns that nobody reads are named.

    Raises:
        Refused: not a table, or it lacks a column that is needed.
    """
    table = parse_rows(name, content, WORKS)
    reading = Reading(unused=table.unused, notes=table.notes, labels=LABELS)
    kinds = kinds_by("words")
    lost: dict[int, list[RowError]] = {}
    for error in table.errors:
        lost.setdefault(error.row, []).append(error)
    reading.records = [Parsed(line, NewWork(kind=""), errors) for line, errors in lost.items()]
    reading.records += [_record(line, row, kinds) for line, row in table]
    reading.records.sort(key=lambda record: record.line)
    return reading


def _record(line: int, row: Row, kinds: dict[str, str]) -> Parsed:
    errors: list[RowError] = []
    kind = (pick(line, "类别", row["kind"].casefold(), kinds, errors) if row.get("kind") else "paper") or ""
    position = whole(line, "作者排序", row["position"], 1, 5000, errors) if row.get("position") else 0
    titles = titled(row["title"])
    if row.get("title_en"):
        titles["title_en"] = row["title_en"]
    texts = {n: row.get(n, "") for n in ("venue", "volume", "issue", "pages", "publisher", "keywords", "abstract", "source")}
    work = NewWork(
        kind=kind,
        **titles,
        issued=DAYTIME.sub("", row["issued"]),
        authors=_authors(line, row, errors),
        identifiers={c.name: row[c.name] for c in NUMBERS if row.get(c.name) and c.name in SCHEMES},
        language=language(row.get("language", "")),
        marked=several(row.get("marked", "")),
        numbers=several(row.get("numbers", "")),
        **texts,
    )
    who = {name: row.get(name, "") for name in ("document", "person", "name_zh")}
    return Parsed(line, work, errors, who if any(who.values()) else {}, position or 0)


def _authors(line: int, row: Row, errors: list[RowError]) -> list[Author]:
    """Read authors apart by ; ； 、 or lines, with institutions in brackets or, one for each, in a column of their own."""
    parts = [p.strip() for p in re.split(r"[;；、\n]+", row.get("authors", "")) if p.strip()]
    pairs = [(m[1], m[2]) if (m := WITH_PLACE.fullmatch(part)) else (part, "") for part in parts]
    places = [p.strip() for p in re.split(r"[;；\n]+", row.get("organisations", "")) if p.strip()]
    if len(places) not in {0, 1, len(pairs)} or (places and not pairs):
        message = _("应为一个单位，或与作者一一对应，用分号隔开（作者 %(authors)d 位，单位 %(places)d 个）")
        errors.append(
            RowError(line, "作者单位", row["organisations"][:40], message % {"authors": len(pairs), "places": len(places)})
        )
        return [Author(name, place) for name, place in pairs]
    by_place = places * len(pairs) if len(places) == 1 else places or [""] * len(pairs)
    return [Author(name, place or column) for (name, place), column in zip(pairs, by_place, strict=True)]
