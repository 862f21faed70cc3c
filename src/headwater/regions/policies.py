"""The policy of a region package: its document, articles, and the figures that speak for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headwater.core.reading import Reader
from headwater.schemes.running import LATER

Problems = list[tuple[str, str]]
SHORT = {"label_zh": 60, "label_en": 100, "note_zh": 200, "note_en": 300, "code": 60}
"""The most characters of the words of a figure."""


def check_document(top: Reader) -> None:
    """Check the head of the document; a list of several is in the grammar, and this version runs one."""
    if isinstance(top.table.get("document"), list):
        del top.table["document"]
        top.problems.append(("document", f"several documents of policy in one region are {LATER}; give one [document]"))
        return
    head = top.table_at("document", required=True)
    for key in ("code", "title_zh", "title_en"):
        head.text(key, required=True)
    for key in ("heading_zh", "heading_en", "notice_zh", "notice_en"):
        head.text(key)
    for chapter in head.tables("chapters", required=True):
        chapter.get("number", int, required=True)
        chapter.text("title_zh", required=True)
        chapter.text("title_en", required=True)


def check_articles(top: Reader, agencies: set[str], fields: set[str]) -> list[Reader]:
    """Check the articles with their measures and targets; their numbers run from 1 on, each used once."""
    rows, numbers = top.tables("article", required=True), []
    chapters = {c.table.get("number") for c in top.table_at("document").tables("chapters")}
    for r in rows:
        numbers.append(r.get("number", int, required=True))
        chapter = r.get("chapter", int, required=True)
        if chapter is not None and chapters and chapter not in chapters:
            r.problems.append((r.path("chapter"), f"no chapter {chapter} in the document"))
        for key in ("title_zh", "title_en", "summary_zh", "summary_en"):
            r.text(key, required=True)
        for key, codes, what in (("agencies", agencies, "agency"), ("fields", fields, "priority field")):
            for code in r.get(key, list, []):
                if not isinstance(code, str) or code not in codes:
                    r.problems.append((r.path(key), f"no {what} with code {code!r}"))
        for m in r.tables("measure"):
            for key in ("code", "text_zh", "text_en"):
                m.text(key, required=True)
        for t in r.tables("target"):
            t.get("value", (int, float), required=True)
            t.text("text_zh", required=True)
    if numbers and sorted(n for n in numbers if n) != list(range(1, len(numbers) + 1)):
        top.problems.append(("article", f"expected articles numbered 1 to {len(numbers)}, each once"))
    return rows


def check_evidence(top: Reader, articles: list[Reader]) -> None:
    """Check the figures of the articles: the first use names a figure with its words, later uses give its code alone."""
    codes: set[str] = set()
    for article in articles:
        here: set[str] = set()
        for e in article.tables("evidence"):
            code = _check_one(e, codes)
            if code in here:
                e.problems.append((e.path("code"), f"{code!r} speaks for this article already"))
            here.add(code)
            codes.add(code)
    head = top.table_at("document")
    for code in head.get("headline", list, []):
        if code not in codes:
            head.problems.append((head.path("headline"), f"no article has the evidence {code!r}"))


def _check_one(e: Reader, codes: set[str]) -> str:
    if "indicator" not in e.table:
        code = e.text("code", required=True)
        if code and code not in codes:
            e.problems.append((e.path("code"), f"no evidence {code!r} before this: name its indicator"))
    else:
        code = e.text("code", e.text("indicator", required=True))
        if code in codes:
            e.problems.append((e.path("indicator"), f"{code!r} was named before: give the code alone, or another one"))
        e.text("label_zh", required=True)
        e.text("label_en", required=True)
        for key in ("note_zh", "note_en"):
            e.text(key)
        only = e.table_at("only")
        for name in only.table:
            if not all(isinstance(c, str) for c in only.get(name, list, [])):
                e.problems.append((only.path(name), "expected a list of texts"))
    for key, most in SHORT.items():
        if len(str(e.table.get(key, ""))) > most:
            e.problems.append((e.path(key), f"expected at most {most} characters"))
    for key in ("at_least", "at_most"):
        e.get(key, (int, float))
    e.get("by", int)
    e.done()
    return code


def evidence_of(policy: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (article number, columns) of every piece of evidence; one that gives its code alone takes the words of the first."""
    first_rows: dict[str, dict[str, Any]] = {}
    for article in policy["article"]:
        for row in article.get("evidence", []):
            code = row.get("code") or row["indicator"]
            first = first_rows.setdefault(code, row)
            yield (
                article["number"],
                {
                    "code": code,
                    "indicator": first["indicator"],
                    "only": first.get("only", {}),
                    **{key: first.get(key, "") for key in ("label_zh", "label_en", "note_zh", "note_en")},
                    **{key: row.get(key, first.get(key)) for key in ("at_least", "at_most", "by")},
                },
            )
