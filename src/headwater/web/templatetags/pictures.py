"""Figures as pictures: a card with what is drawn, where it comes from, and the table with the same numbers."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from headwater.core.pictures import Picture
from headwater.web.drawing import svg_of

register = template.Library()


@register.inclusion_tag("components/figure.html", takes_context=True)
def picture(context: dict[str, Any], what: Picture) -> dict[str, Any]:
    return {"picture": what, "request": context.get("request")}


@register.simple_tag
def drawn(what: Picture) -> SafeString:
    return svg_of(what)
