"""What pages are put together from; what these tags write is in `templates/components/`.

A frame (card, table, definitions, timeline) takes what stands between its tag and its end, a leaf (tab, column, empty_state)
only its words.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.template.base import render_value_in_context
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from headwater.core.i18n import Bilingual
from headwater.core.listing import Cell
from headwater.web.templatetags.headwater import countdown, day, days_left, marked, moment, state, urgency, wan

register = template.Library()


@register.simple_block_tag
def card(
    content: str, title: str = "", *, narrow: bool = False, padded: bool = False, more: str = "", url: str = "", small: str = ""
) -> str:
    """A card with its heading. `padded` for text, without it for rows that reach the edges; `more` is the link that `url` opens."""
    words = {"content": content, "title": title, "narrow": narrow, "padded": padded, "more": more, "url": url, "small": small}
    return render_to_string("components/card.html", words)


@register.simple_block_tag
def table(content: str, *, stack: bool = True) -> SafeString:
    """A table that scrolls in its own box and, with `stack`, shows its rows as cards on a phone."""
    return format_html(
        '<div class="hw-scroll"><table class="{}">{}</table></div>', "hw-table stack" if stack else "hw-table", content
    )


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


@register.simple_block_tag
def page_with(content: str, title: Any, hint: Any = "") -> str:
    """Write the title of a page, with its acts as the content."""
    return render_to_string("components/page_head.html", {"title": title, "hint": hint, "actions": content})


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


@register.simple_tag(takes_context=True)
def part(context: Context, label: Any, route: str) -> SafeString:
    """Link one of the parts of the site; the current one is that with whose address the page's begins."""
    url = reverse(route)
    request = context.get("request")  # a page that says what went wrong may have none
    return link_to(label, url, request is not None and request.path.startswith(url))


def link_to(label: Any, url: str, current: bool) -> SafeString:
    return format_html('<a href="{}"{}>{}</a>', url, mark_safe(' aria-current="page"') if current else "", label)


@register.simple_block_tag
def timeline(content: str) -> SafeString:
    """Steps in the order of time."""
    return format_html('<ul class="hw-timeline">{}</ul>', content)


@register.simple_tag
def step(title: Any, at: Any, state: str = "") -> SafeString:
    """A step of a timeline at its moment; `state` is "done", "now" or nothing."""
    return format_html('<li class="{}"><b>{}</b><br>{}</li>', state, title, moment(at))


@register.simple_tag
def days_to(at: Any) -> SafeString:
    """The days to a date, in the colour of its urgency."""
    return format_html('<span class="{}">{}</span>', urgency(at), days_left(at))


@register.simple_tag
def countdown_to(at: Any) -> SafeString:
    """The time to a deadline, finer as it comes, in the colour of its urgency."""
    return format_html('<b class="{}">{}</b>', urgency(at), countdown(at))


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
    elif isinstance(value, Bilingual):
        value = marked(value)
    text = mark_safe(render_value_in_context(value, context))  # noqa: S308 -- it escapes
    return format_html('<a href="{}">{}</a>', item.url, text) if item.url else text


@register.inclusion_tag("components/empty_state.html")
def empty_state(title: str, hint: str = "", url: str = "", action: str = "") -> dict[str, str]:
    return {"title": title, "hint": hint, "url": url, "action": action}
