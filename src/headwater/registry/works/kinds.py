"""Kinds of works: what each is called, which identifiers are usual, and its names in BibTeX and RIS."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from headwater.core.register import Register


@dataclass(frozen=True)
class WorkKind:
    """`schemes` are the usual identifiers, the first asked for by name; `bibtex` and `ris` the types that are read as this kind, the first
    of each written. `words` are its names in tables.
    """

    label: str | Promise
    schemes: tuple[str, ...]
    bibtex: tuple[str, ...]
    ris: tuple[str, ...]
    words: tuple[str, ...]


KINDS: Register[WorkKind] = Register("kind of work")
for _code, _kind in {
    "paper": WorkKind(
        _("论文"),
        ("doi", "cstr"),
        (
            *("article", "inproceedings", "conference", "incollection", "inbook", "unpublished"),
            *("phdthesis", "mastersthesis", "thesis"),
        ),
        ("JOUR", "CONF", "CPAPER", "CHAP", "MGZN", "EJOUR", "ABST", "INPR", "UNPB", "THES", "NEWS"),
        ("论文", "期刊论文", "会议论文", "学位论文", "article"),
    ),
    "book": WorkKind(
        _("著作"),
        ("isbn", "doi"),
        ("book", "booklet", "proceedings", "collection", "mvbook"),
        ("BOOK", "EBOOK", "EDBOOK", "SER", "ECHAP"),
        ("著作", "专著", "图书", "教材", "译著"),
    ),
    "patent": WorkKind(_("专利"), ("patent", "publication"), ("patent",), ("PAT",), ("专利", "发明专利", "实用新型", "外观设计")),
    "standard": WorkKind(
        _("标准"), ("standard",), ("standard",), ("STAND",), ("标准", "国家标准", "行业标准", "地方标准", "团体标准")
    ),
    "variety": WorkKind(_("品种"), ("variety",), ("variety",), (), ("品种", "新品种", "审定品种", "植物新品种权")),
    "dataset": WorkKind(
        _("数据集"), ("doi", "cstr", "other"), ("dataset", "data"), ("DATA", "DBASE"), ("数据集", "数据", "data")
    ),
    "method": WorkKind(
        _("方法"), ("doi", "other"), ("manual", "techreport", "report"), ("RPRT", "MANSCPT"), ("方法", "技术规程", "工艺")
    ),
    "software": WorkKind(
        _("软件"), ("software", "doi"), ("software", "softwareversion"), ("COMP",), ("软件", "软件著作权", "软著")
    ),
    "prize": WorkKind(_("奖励"), ("prize",), ("prize",), (), ("奖励", "获奖", "科技奖励", "award")),
}.items():
    KINDS.add(_code, _kind)


def kind_choices() -> list[tuple[str, str | Promise]]:
    return [(code, kind.label) for code, kind in KINDS.items()]


def kind_label(code: str) -> str:
    """Return what a kind is called, also one that there is no more."""
    return str(KINDS[code].label) if code in KINDS else code


def kinds_by(names: str) -> dict[str, str]:
    """Return the code of the kind by each of its names of a sort: `bibtex`, `ris` or `words` (there by its code, too)."""
    return {
        name.casefold(): code
        for code, kind in KINDS.items()
        for name in (*getattr(kind, names), *([code] if names == "words" else []))
    }
