"""The months of a year for the people of a base, on one page."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.bases.doors import KEEP, base_for
from headwater.bases.models import BasePerson
from headwater.bases.people.models import MOST_MONTHS, there_between
from headwater.bases.people.services import PEOPLE, set_months
from headwater.bases.people.tables import halves
from headwater.bases.rows.declared import ROWS
from headwater.bases.rows.pages import kind_has
from headwater.core import clock
from headwater.core.permission import page
from headwater.core.web import NumberField, attempt
from headwater.registers.doors import page_of
from headwater.registers.subjects import register_of

FIRST_YEAR = 1990


class MonthsForm(forms.Form):
    def __init__(self, rows: list[Any], year: int, data: Any = None) -> None:
        super().__init__(data)
        for row in rows:
            known = next((m.months for m in row.months.all() if m.year == year), None)
            self.fields[f"m{row.pk}"] = NumberField(
                label=str(row), required=False, min_value=0, max_value=MOST_MONTHS, initial=known, help_text=_("个月")
            )


@page(KEEP)
def months(request: HttpRequest, pk: int, year: int) -> HttpResponse:
    """Set the months of a year for all who were at a base in it."""
    entry = base_for(request, pk, KEEP)
    this_year = clock.today().year
    if not FIRST_YEAR <= year <= this_year or not kind_has(entry, ROWS[PEOPLE]):
        raise Http404
    here = there_between(date(year, 1, 1), date(year, 12, 31))
    people = BasePerson.objects.filter(here, entry=entry).select_related("person").prefetch_related("months")
    rows = list(people.order_by("kind", "since", "pk"))
    form = MonthsForm(rows, year, request.POST if request.method == "POST" else None)
    back = page_of(register_of(entry), entry, "staff")
    if form.is_bound and form.is_valid():
        wanted = {row.pk: halves(form.cleaned_data[f"m{row.pk}"]) for row in rows}
        if attempt(
            request,
            lambda: set_months(entry=entry, year=year, months=wanted, actor=request.actor),
            form=form,
            success=_("已保存。"),
        ):
            return redirect(back)
    context = {"entry": entry, "year": year, "form": form, "back": back, "later": year < this_year}
    return render(request, "bases/months.html", context, status=422 if form.is_bound else 200)
