"""Filters that every template has: names in the reader's language, money, dates, states."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from headwater.calls.deciding.services.letters import letter_name
from headwater.calls.phases import not_yet
from headwater.calls.schemes import scheme_of
from headwater.calls.words import grade_words, panel_word, state_inside, state_outside, words_of
from headwater.core import clock, duties, i18n, money, navigation
from headwater.core.colours import COLOURS
from headwater.core.i18n import Bilingual, both, chinese
from headwater.core.names import HAN
from headwater.core.remaining import time_left
from headwater.registry.queries import person_url

register = template.Library()

GUIDE_TAGS = {
    "h2",
    "h3",
    "h4",
    "p",
    "ul",
    "ol",
    "li",
    "strong",
    "em",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "a",
    "code",
    "br",
    "blockquote",
}


RUN = re.compile(f"[《“（]?[{HAN}](?:[{HAN}，。；：、“”（）《》！？0-9 -]*[{HAN}。）》”！？])?")
"""Chinese within a text, with its punctuation and the numbers between."""


@register.filter
def marked(text: Bilingual | str | None) -> str:
    """Write what somebody typed, or a name: on a page in English, Chinese says that it is Chinese, for those who hear the page."""
    words = "" if text is None else text if isinstance(text, SafeString) else str(text)
    if chinese() or isinstance(words, SafeString) or not RUN.search(words):
        return words
    return mark_safe(RUN.sub(r'<span lang="zh-Hans">\g<0></span>', escape(words)))  # noqa: S308 -- escaped


@register.filter
def named(record: Any, stem: str = "name") -> str:
    """Write the name, title or other text of a record in the reader's language; in an attribute, by `plainly`."""
    return marked(both(record, stem))


register.filter("plainly", i18n.named)


@register.filter
def after(text: Any, before: Any) -> str:
    """Join a label and what it stands before, for names of controls."""
    return format_html("{} {}", before, text)


@register.filter
def other(record: Any, stem: str) -> str:
    """A text in the language that the reader does not read, beside the one they do."""
    return both(record, stem).other


@register.filter
def wan(fen: int | None) -> str:
    """Write fen as 万元 in a table or beside a name: 12,345,000,000 fen is 12,345.00."""
    return "" if fen is None else money.wan_column(fen)


@register.filter
def amount_said(fen: int | None) -> str:
    """Write fen with the unit, as the reader's language does."""
    return "" if fen is None else money.amount_said(fen)


@register.filter
def percent(share: float | None) -> str:
    """Write a share in per cent with two figures, however small: 0.0000154 is 0.0015 %."""
    return "" if share is None else f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"


@register.filter
def chance(probability: float | None) -> str:
    """Write a probability in whole per cent; what is nearly certain is not called certain."""
    if probability is None:
        return ""
    return "> 99 %" if probability > 0.99 else "< 1 %" if probability < 0.01 else f"{100 * probability:.0f} %"


@register.filter
def day(value: Any) -> str:
    """Write a date as 2026-03-20."""
    if isinstance(value, datetime):
        value = clock.local_day(value)
    return value.isoformat() if value else ""


@register.filter
def moment(value: Any) -> str:
    """Write a moment as 2026-03-20 16:00."""
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}" if value else ""


@register.filter
def clock_time(value: Any) -> str:
    """Write the hour of a moment as 16:00."""
    return f"{timezone.localtime(value):%H:%M}" if value else ""


register.filter("days_left", time_left)


URGENT = {
    duties.Urgency.LATE: "text-late",
    duties.Urgency.SOON: "text-soon",
    duties.Urgency.LATER: "text-secondary",
    duties.Urgency.OPEN: "",
}


@register.filter
def urgency(value: Any) -> str:
    """A class for a date: late, soon or plain."""
    return URGENT[duties.urgency(value)]


@register.simple_tag
def state(value: Any, label: str = "") -> SafeString:
    """A state as a badge: one word and one colour everywhere."""
    code = str(getattr(value, "value", value))
    word = label or str(getattr(value, "label", value))
    colour = COLOURS.get(code, "secondary")
    return format_html('<span class="badge hw-state hw-{}">{}</span>', colour, word)


@register.simple_tag
def state_of(application: Any, outside: bool = False) -> SafeString:
    """The state of an application as a badge in the words of its outcome; `outside` for those who may not know the inside of a review."""
    return state(state_outside(application) if outside else state_inside(application))


@register.filter
def word(record: Any, key: str) -> str:
    """A word of the outcome of a call, or of what belongs to one, in the reader's language."""
    return words_of(record)[key]


@register.filter
def waits(call: Any) -> str:
    """Tell why nothing of a call may be reviewed or decided yet; empty when it may."""
    reason = not_yet(call)
    return reason.text if reason else ""


@register.filter
def scheme(record: Any) -> Any:
    """The scheme of a call, or of what belongs to one."""
    return scheme_of(getattr(record, "call", record))


@register.filter
def grade_word(application: Any, grade: int) -> str:
    """Name the grade of an opinion in the words of the application's outcome."""
    return dict(grade_words(application)).get(grade, "")


@register.simple_tag
def result_of(item: Any) -> SafeString:
    """The result of a panel's vote as a badge in the words of the outcome."""
    return state(item.result, panel_word(item))


@register.simple_tag
def votes_of(item: Any) -> str:
    """Write the votes on an item of a panel in words."""
    return gettext("同意 %(yes)d · 不同意 %(no)d · 弃权 %(abstain)d") % {"yes": item.yes, "no": item.no, "abstain": item.abstain}


@register.filter
def letter_word(letter: Any) -> str:
    """Name a letter in the words of its outcome."""
    return letter_name(words_of(letter.application), letter.kind)


@register.simple_tag
def figure(value: float | None, unit: str = "") -> str:
    """A figure for reading: no needless decimals; a dash where there is none yet."""
    if value is None:
        return "—"
    if unit == "percent":
        return f"{value:.1f}"
    if unit == "wan":
        return f"{value:,.2f}"
    return f"{value:,.0f}" if abs(value - round(value)) < 0.005 or abs(value) >= 1000 else f"{value:,.1f}"


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """`mapping[key]`, or an empty string."""
    return mapping.get(key, "") if hasattr(mapping, "get") else ""


@register.filter
def holds(several: Any, value: Any) -> bool:
    """Say whether `several` has `value`: it is `in` for an argument of a tag. A value that the page lacks holds nothing."""
    return value in (several or ())


@register.filter
def plus(text: Any, more: Any) -> str:
    """Join both as one text, for names of controls that end with the key of a record."""
    return format_html("{}{}", text, more)


@register.filter
def same_as(value: Any, other: Any) -> bool:
    """Say whether both are written alike: it is `==` for an argument of a tag."""
    return str(value) == str(other)


@register.filter
def file_problem(code: str) -> Any:
    """Tell why a file did not pass its check."""
    from headwater.core.inspection import PROBLEMS

    return PROBLEMS.get(code, code)


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown of a guide as clean HTML: no raw HTML passes."""
    import nh3
    from markdown_it import MarkdownIt

    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(text or "")
    return mark_safe(nh3.clean(html, tags=GUIDE_TAGS))  # noqa: S308 -- cleaned in the same expression


@register.simple_tag
def ring(part: float, whole: float) -> SafeString:
    """A ring as SVG, `part` of `whole` filled."""
    share = 0 if not whole else max(0.0, min(1.0, part / whole))
    length = 2 * 3.14159265 * 42
    return format_html(
        '<svg class="hw-ring" viewBox="0 0 100 100" role="img" aria-label="{} / {}"><circle cx="50" cy="50" r="42" class="hw-ring-back"/>'
        '<circle cx="50" cy="50" r="42" class="hw-ring-fill" stroke-dasharray="{} {}" transform="rotate(-90 50 50)"/></svg>',
        part,
        whole,
        f"{share * length:.1f}",
        f"{length:.1f}",
    )


@register.simple_tag
def spark(points: list[tuple[str, float]]) -> SafeString:
    """A trend line as SVG; nothing for fewer than two points."""
    if len(points) < 2:
        return mark_safe("")
    values = [v for _d, v in points]
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    step = 100 / (len(values) - 1)
    path = " ".join(f"{n * step:.1f},{28 - 24 * (v - low) / span:.1f}" for n, v in enumerate(values))
    return format_html(
        '<svg class="hw-spark" viewBox="0 -2 100 34" preserveAspectRatio="none" role="img" aria-label="{}"><polyline points="{}"/></svg>',
        gettext("趋势"),
        path,
    )


@register.simple_tag(takes_context=True)
def public_pages(context: dict[str, Any]) -> list[dict[str, Any]]:
    """List the lines in the head of every page, also of one that answers a request nobody understood."""
    request = context.get("request")
    return navigation.public_pages(request.path if request else "")


@register.simple_tag(takes_context=True)
def person(context: dict[str, Any], record: Any) -> SafeString:
    """Write the name of somebody; for those who may see the record, as a link to it."""
    url = person_url(context["request"].user)(record)
    name = named(record)
    return format_html('<a href="{}">{}</a>', url, name) if url else format_html("{}", name)


@register.simple_tag(takes_context=True)
def may(context: dict[str, Any], action: str, record: Any = None) -> bool:
    """Say whether the reader may do `action`, by the same predicate that the command asks."""
    return bool(context["request"].user.has_perm(action, record)) if context["request"].user.is_authenticated else False
