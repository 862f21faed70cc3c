"""What pages are put together from; what these tags write is in `templates/components/`.

A frame (card, table, definitions, timeline) takes what stands between its tag and its end, a leaf (tab, column, empty_state)
only its words.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django import template
from django.template import Context, Node, NodeList
from django.template.base import FilterExpression, Parser, Token, render_value_in_context
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from headwater.core import clock
from headwater.core.i18n import Bilingual, chinese
from headwater.core.listing import Cell
from headwater.core.remaining import time_left
from headwater.web.templatetags.headwater import day, marked, moment, state, urgency, wan

register = template.Library()
BLANK_CELL = re.compile(r"(<td\b[^>]*>)\s+</td>")


@register.simple_block_tag
def card(
    content: str,
    title: str = "",
    *,
    narrow: bool = False,
    padded: bool = False,
    more: str = "",
    url: str = "",
    small: str = "",
    key: str = "",
) -> str:
    """A card with its heading. `padded` for text, without it for rows that reach the edges; `more` is the link that `url` opens;
    `key` is where a contents list leads.
    """
    words = {"content": content, "title": title, "narrow": narrow, "padded": padded, "more": more, "url": url, "small": small}
    words["key"] = key
    return render_to_string("components/card.html", words)


@register.simple_block_tag
def table(content: str, *, stack: bool = True, kind: str = "") -> SafeString:
    """A table that scrolls in its own box and, with `stack`, shows its rows as cards on a phone, without the cells that hold nothing;
    `kind` is a class of its own.
    """
    content = mark_safe(BLANK_CELL.sub(r"\1</td>", content))  # noqa: S308 -- the content has escaped
    kind = f"hw-table{' stack' if stack else ''} {kind}".strip()
    named = gettext("可左右滚动的表格")
    return format_html('<div class="hw-scroll" data-scroll="{}"><table class="{}">{}</table></div>', named, kind, content)


@register.simple_tag
def column(label: Any, kind: str = "", *, hidden: bool = False) -> SafeString:
    """The head of a column; one of figures is of kind "num", one of buttons has a hidden name."""
    heading = format_html('<span class="visually-hidden">{}</span>', label) if hidden else label
    return format_html('<th scope="col"{}>{}</th>', format_html(' class="{}"', kind) if kind else "", heading)


@register.simple_block_tag
def definitions(content: str) -> SafeString:
    """Facts with their names."""
    return format_html('<dl class="hw-dl">{}</dl>', content)


@register.simple_tag(takes_context=True)
def fact(context: Context, term: Any, value: Any, unit: str = "") -> SafeString:
    """Write a term and its plain value."""
    text = mark_safe(render_value_in_context(value, context))  # noqa: S308 -- it escapes
    return format_html("<dt>{}</dt><dd>{}{}{}</dd>", term, text, " " if unit else "", unit)


@register.inclusion_tag("components/page_head.html")
def page_head(title: Any, hint: Any = "") -> dict[str, Any]:
    """Write the title of a page and its purpose."""
    return {"title": title, "hint": hint}


class PageHead(Node):
    """The head of a page: its title, what is said of it, and what may be done with it."""

    child_nodelists = ("text", "acts")

    def __init__(self, title: FilterExpression, hint: FilterExpression | None, text: NodeList, acts: NodeList) -> None:
        self.title, self.hint, self.text, self.acts = title, hint, text, acts

    def render(self, context: Context) -> SafeString:
        words = {"title": self.title.resolve(context), "hint": self.hint.resolve(context) if self.hint else ""}
        for name, nodes in (("text", self.text), ("actions", self.acts)):
            words[name] = mark_safe(nodes.render(context).strip())  # noqa: S308 -- the nodes have escaped
        return render_to_string("components/page_head.html", words)


@register.tag
def page_with(parser: Parser, token: Token) -> PageHead:
    """Write the title of a page and a hint; then stand paragraphs, and after `{% acts %}` the buttons."""
    _name, title, *hint = token.split_contents()
    text, acts = parser.parse(("acts", "endpage_with")), NodeList()
    if parser.next_token().contents == "acts":
        acts = parser.parse(("endpage_with",))
        parser.delete_first_token()
    return PageHead(parser.compile_filter(title), parser.compile_filter(hint[0]) if hint else None, text, acts)


@register.simple_tag
def paper(route: str, *keys: Any, words: Any = "PDF") -> SafeString:
    """Link a paper as a file; who reads English finds its translation beside it."""
    url = reverse(route, args=keys)
    link = format_html('<a class="btn" href="{}">{}</a>', url, words)
    if chinese():
        return link
    return link + format_html(' <a class="btn" href="{}?lang=en">{}</a>', url, gettext("英文译本（PDF）"))


@register.simple_tag
def crumb(label: Any, route: str, *keys: Any) -> SafeString:
    """Link the page that this one belongs to."""
    return crumb_to(label, reverse(route, args=keys))


@register.simple_tag
def crumb_to(label: Any, url: str) -> SafeString:
    return format_html('<div class="hw-crumb"><a href="{}">{}</a></div>', url, label)


@register.simple_tag
def tab(label: Any, route: str, key: Any, current: bool = False) -> SafeString:
    """Link one of the pages of a record."""
    return link_to(label, reverse(route, args=[key]), current)


FOLDS = "folds"
"""The word of an address that asks for a page with all its folds open, for readers without script."""


def unfolded(context: Context) -> bool:
    request = context.get("request")
    return request is not None and request.GET.get(FOLDS) == "open"


@register.simple_block_tag(takes_context=True)
def fold(
    context: Context,
    content: str,
    title: Any,
    count: int | None = None,
    *,
    more: str = "",
    kind: str = "",
    card: bool = False,
    open: Any = False,
) -> str:
    """Fold what need not be read at once under its title, with the number of what it holds. What must be read before judging is no
    fold. `more` stands beside the title, such as a badge; `kind` is a class of its own.
    """
    words = {"content": content, "title": title, "count": count, "more": more, "card": card}
    words |= {"kind": f"card {kind}".strip() if card else kind, "open": open or unfolded(context)}
    return render_to_string("components/fold.html", words)


@register.simple_block_tag(takes_context=True)
def folds(context: Context, content: str) -> str:
    """Put the link that opens or closes all of several folds above them."""
    query = context["request"].GET.copy()
    query.pop(FOLDS, None)
    if not (open := unfolded(context)):
        query[FOLDS] = "open"
    return render_to_string("components/folds.html", {"content": content, "open": open, "url": f"?{query.urlencode()}"})


@register.inclusion_tag("components/contents.html")
def contents(entries: list[tuple[str, Any]]) -> dict[str, Any]:
    """List the parts of a long page, each with the key of its card."""
    return {"entries": entries}


def link_to(label: Any, url: str, current: bool) -> SafeString:
    return format_html('<a href="{}"{}>{}</a>', url, mark_safe(' aria-current="page"') if current else "", label)


@register.simple_block_tag
def timeline(content: str) -> SafeString:
    """Steps in the order of time."""
    return format_html('<ul class="hw-timeline">{}</ul>', content)


@register.simple_tag
def step(title: Any, at: datetime | None, now: bool = False) -> SafeString:
    """A step of a timeline at its moment: done when it is past; `now`, with the time that is left, when it is what one waits for."""
    state = "now" if now else "done" if at and at <= clock.now() else ""
    return format_html('<li class="{}"><b>{}</b><br>{} {}</li>', state, title, moment(at), days_to(at) if now else "")


@register.simple_tag
def days_to(at: Any) -> SafeString:
    """The time to a date or a deadline, in the colour of its urgency."""
    return format_html('<span class="{}">{}</span>', urgency(at), time_left(at))


@register.simple_block_tag(takes_context=True)
def batch_preview(
    context: Context,
    content: str,
    verb: Any,
    back: str,
    *,
    count: int | None = None,
    action: str = "",
    seen: str = "",
    narrow: bool = False,
    ready: Any = True,
    disabled: Any = False,
) -> str:
    """Show which rows an act would change, with the button that does it and the way back.

    `seen` is the digest of what is shown and comes back with the confirmation; the button is left out where nothing is `ready`.
    """
    values = {"content": content, "verb": verb, "back": back, "count": count, "action": action, "seen": seen, "narrow": narrow}
    values |= {"ready": ready, "disabled": disabled, "csrf_token": context.get("csrf_token")}
    return render_to_string("components/batch_preview.html", values)


@register.inclusion_tag("components/act_facts.html")
def act_facts(act: Any) -> dict[str, Any]:
    """Write what an act changes, who is told, how it is taken back, and the warnings to be ticked."""
    return {"act": act}


@register.inclusion_tag("components/listing.html", takes_context=True)
def listing(context: dict[str, Any], rows: Any) -> dict[str, Any]:
    return {"list": rows, "request": context["request"]}


@register.simple_tag(takes_context=True)
def cell(context: Context, item: Cell) -> SafeString:
    """Write the value of a listing's cell by its kind, with the page that it opens."""
    value: Any = "" if item.value is None else item.value
    if item.kind == "state":
        value = state(item.value)
    elif item.kind == "money":
        value = wan(item.value)
    elif item.kind == "date":
        value = day(item.value)
    elif isinstance(value, Bilingual) or type(value) is str:
        value = marked(value)
    text = mark_safe(render_value_in_context(value, context))  # noqa: S308 -- it escapes
    return format_html('<a href="{}">{}</a>', item.url, text) if item.url else text


@register.inclusion_tag("components/empty_state.html")
def empty_state(title: str, hint: str = "", url: str = "", action: str = "") -> dict[str, str]:
    return {"title": title, "hint": hint, "url": url, "action": action}
