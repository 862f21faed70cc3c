"""Look-ups: a control offers records while somebody types, in place of a list of them all in the page.

A look-up starts from what its viewer may see. Its address answers a script with a few options, and a reader with a page to search.
The control stays a line of text: what was typed without choosing is read as it always was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from headwater.core.names import normal_name
from headwater.core.register import Register

Text = str | Promise
MOST = 20
"""Options that are offered at a time; whoever wants another types more."""
MOST_WORDS, MOST_CHARS = 6, 80


def whole(text: str) -> str:
    return text


@dataclass(frozen=True)
class Lookup:
    """`value` is what the control holds, `note` tells records of one name apart, `single` holds what stands for records that have
    the same `names`. `key` reads a value back, `first` gives the keys of records that come before all others.
    """

    code: str
    label: Text
    action: str
    visible: Callable[[Any], QuerySet[Any]]
    fields: Sequence[str]
    order: str
    names: Sequence[str]
    value: Callable[[Any], str]
    single: Callable[[Any], str]
    note: Callable[[Any], str]
    key: Callable[[str], str] = whole
    first: Callable[[Any], Sequence[int]] | None = None
    related: Sequence[str] = field(default=())

    @property
    def url(self) -> str:
        return reverse(f"lookup_{self.code}")

    def narrow(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Return the records that have every word of the text in one of their fields."""
        for word in text[:MOST_CHARS].split()[:MOST_WORDS]:
            either = Q()
            for name in self.fields:
                either |= Q(**{f"{name}__icontains": word}) | Q(**{f"{name}__icontains": normal_name(word) or word})
            rows = rows.filter(either)
        return rows

    def matching(self, user: Any, text: str) -> QuerySet[Any]:
        """Return the records that a value stands for; those that contain it when it stands for none."""
        same = Q()
        for name in self.fields:
            same |= Q(**{f"{name}__iexact": self.key(text)})
        visible = self.visible(user)
        exact = visible.filter(same)
        return exact if exact.exists() else self.narrow(visible, text)

    def options(self, user: Any, text: str) -> tuple[list[dict[str, str]], bool]:
        """Return a few options, and whether there are more (1 query, and what `visible` and `first` ask)."""
        text = text.strip()
        near = [
            When(**{f"{name}__{how}": text}, then=Value(n))
            for n, how in enumerate(("iexact", "istartswith"))
            for name in self.fields
        ]
        first = self.first(user) if self.first else []
        own = [When(pk=key, then=Value(place - len(first))) for place, key in enumerate(first)]
        rank = Case(*own, *(near if text else []), default=Value(9), output_field=IntegerField()) if text or own else Value(0)
        visible = self.visible(user)
        others = visible.filter(**{name: OuterRef(name) for name in self.names}).exclude(pk=OuterRef("pk"))
        rows = (
            self.narrow(visible, text)
            .select_related(*self.related)
            .annotate(rank=rank, is_one_of_several=Exists(others.order_by()))
        )
        records = list(rows.order_by("rank", self.order, "pk")[: MOST + 1])
        return [self._option(r) for r in records[:MOST]], len(records) > MOST

    def _option(self, record: Any) -> dict[str, str]:
        value = self.single(record) if record.is_one_of_several else self.value(record)
        return {"value": value, "text": self.value(record), "note": self.note(record)}


LOOKUPS: Register[Lookup] = Register("look-up")
"""What apps declare, by code."""


def declare(lookup: Lookup) -> Lookup:
    """Make a look-up known by its code."""
    return LOOKUPS.add(lookup.code, lookup)


def attributes(lookup: Lookup) -> dict[str, str]:
    """Return the attributes that make an input of text a look-up."""
    return {"data-lookup": lookup.url, "data-lookup-as": _("照所填："), "autocomplete": "off"}


def search_link(lookup: Lookup) -> SafeString:
    """Return the link to the page to search, which stands beside the input for readers without script."""
    return format_html('<noscript><a href="{}" target="_blank">{}</a></noscript>', lookup.url, _("查找%s") % lookup.label)


class LookupInput(forms.TextInput):
    """A line of text with a look-up."""

    def __init__(self, lookup: Lookup, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.lookup = lookup

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        return super().build_attrs(base_attrs | attributes(self.lookup), extra_attrs)

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        return super().render(name, value, attrs, renderer) + search_link(self.lookup)
