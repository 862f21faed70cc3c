"""Rich text is Markdown in storage: readable as it is, shown as clean HTML, and as paragraphs in a PDF."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

TAGS = {
    "h3",
    "h4",
    "p",
    "ul",
    "ol",
    "li",
    "strong",
    "em",
    "code",
    "br",
    "blockquote",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
HEADINGS = {"h1": "h3", "h2": "h3", "h5": "h4", "h6": "h4"}


@lru_cache(maxsize=1)
def _reader() -> Any:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable(["link", "image", "autolink"])


def to_html(text: str) -> str:
    """Clean HTML: no raw HTML, links or pictures pass, headings are below those of the page."""
    import nh3

    html = _reader().render(text or "")
    for old, new in HEADINGS.items():
        html = html.replace(f"<{old}>", f"<{new}>").replace(f"</{old}>", f"</{new}>")
    return nh3.clean(html, tags=TAGS, attributes={})


def to_plain(text: str) -> str:
    """The words alone, as they are counted."""
    return re.sub(r"\n{2,}", "\n", "\n".join("".join(r["text"] for r in b["runs"]) for b in to_blocks(text))).strip()


def to_blocks(text: str) -> list[dict[str, Any]]:
    """Paragraphs with their runs: [{"kind": "p" | "h" | "li" | "row", "runs": [{"text", "strong", "em"}]}]."""
    blocks: list[dict[str, Any]] = []
    kind, row = "p", False
    for token in _reader().parse(text or ""):
        if token.type in {"heading_open", "list_item_open", "tr_open"}:
            kind = {"heading_open": "h", "list_item_open": "li", "tr_open": "row"}[token.type]
            row = kind == "row"
            if row:
                blocks.append({"kind": "row", "runs": []})
        elif token.type in {"heading_close", "list_item_close", "tr_close"}:
            kind, row = "p", False
        elif token.type == "inline":
            runs = _runs(token.children or [])
            if row:
                blocks[-1]["runs"] += ([{"text": " | ", "strong": False, "em": False}] if blocks[-1]["runs"] else []) + runs
            else:
                blocks.append({"kind": kind, "runs": runs})
        elif token.type in {"fence", "code_block"}:
            blocks.append({"kind": "p", "runs": [{"text": token.content.rstrip(), "strong": False, "em": False}]})
    return blocks


def _runs(children: list[Any]) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = []
    strong = em = False
    for c in children:
        if c.type in {"strong_open", "strong_close"}:
            strong = c.type == "strong_open"
        elif c.type in {"em_open", "em_close"}:
            em = c.type == "em_open"
        elif c.type in {"softbreak", "hardbreak"}:
            runs.append({"text": "\n", "strong": False, "em": False})
        elif c.content:
            runs.append({"text": c.content, "strong": strong, "em": em})
    return runs
