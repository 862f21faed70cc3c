"""Columns of the usual sorts, so that a table is declared in a line for each."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from headwater.bases.rows.declared import RowColumn, Text
from headwater.core.i18n import named
from headwater.core.money import wan_cell
from headwater.core.names import read_name, with_institution
from headwater.core.numbers import to_places
from headwater.core.web import NumberField, WanField, WholeField
from headwater.forms.answers.references import INSTITUTION, NAME, find_person
from headwater.registry.models import Person

DAY = {"type": "date"}
HUNDREDTH = Decimal("0.01")


def line(name: str, label: Text, most: int, *, required: bool = True, kind: str = "text", listed: bool = True) -> RowColumn:
    return RowColumn(
        name,
        label,
        lambda _entry: forms.CharField(label=str(label), max_length=most, required=required),
        lambda row: getattr(row, name),
        kind,
        listed=listed,
    )


def text(name: str, label: Text, most: int, *, required: bool = True, listed: bool = False) -> RowColumn:
    return RowColumn(
        name,
        label,
        lambda _entry: forms.CharField(
            label=str(label), max_length=most, required=required, widget=forms.Textarea(attrs={"rows": 5})
        ),
        lambda row: getattr(row, name),
        "long",
        listed=listed,
    )


def link(name: str, label: Text) -> RowColumn:
    return RowColumn(
        name,
        label,
        lambda _entry: forms.URLField(label=str(label), max_length=300, required=False, assume_scheme="https"),
        lambda row: getattr(row, name),
        listed=False,
    )


def day(name: str, label: Text, *, required: bool = True) -> RowColumn:
    return RowColumn(
        name,
        label,
        lambda _entry: forms.DateField(label=str(label), required=required, widget=forms.DateInput(attrs=DAY)),
        lambda row: getattr(row, name),
        "date",
    )


def choice(name: str, label: Text, choices: Sequence[tuple[Any, Any]]) -> RowColumn:
    return RowColumn(
        name,
        label,
        lambda _entry: forms.ChoiceField(label=str(label), choices=choices),
        lambda row: getattr(row, f"get_{name}_display")(),
    )


def whole(name: str, label: Text, least: int, most: int, *, required: bool = True, kind: str = "number") -> RowColumn:
    return RowColumn(
        name,
        label,
        lambda _entry: WholeField(label=str(label), min_value=least, max_value=most, required=required),
        lambda row: getattr(row, name),
        kind,
    )


def number(name: str, label: Text, most: float, *, least: float = 0, required: bool = False) -> RowColumn:
    def put(row: Any, value: float | None) -> None:
        setattr(row, name, None if value is None else to_places(Decimal(str(value)), 2))

    return RowColumn(
        name,
        label,
        lambda _entry: NumberField(label=str(label), min_value=least, max_value=most, required=required),
        lambda row: plain_number(getattr(row, name)),
        "number",
        put=put,
    )


def plain_number(value: Decimal | None) -> str:
    """Return a number without empty decimals."""
    return "" if value is None else f"{value.normalize():f}"


def money(name: str, label: Text, *, required: bool = False) -> RowColumn:
    """An amount in 万元, kept in fen."""
    return RowColumn(
        name,
        label,
        lambda _entry: WanField(label=str(label), min_value=0, max_value=10**15, required=required),
        lambda row: None if getattr(row, name) is None else wan_cell(getattr(row, name)),
        "money",
    )


class PersonOrNameField(forms.CharField):
    """Somebody of the registry, or the name and institution of who has no record there."""

    def clean(self, value: Any) -> Any:
        words = str(super().clean(value)).strip()
        if not words:
            return None
        people = find_person(words)
        if len(people) > 1:
            raise forms.ValidationError(
                _("有多个叫“%s”的人，请在姓名后空一格写明单位，或填写其电子邮箱") % words[:40], code="several"
            )
        if people:
            return people[0].survivor
        one = read_name(words)
        for part, most in ((one.name, NAME), (one.institution, INSTITUTION)):
            if len(part) > most:
                raise forms.ValidationError(_("最多 %d 字") % most)
        return one


def put_person(row: Any, value: Any) -> None:
    """Store a person of the registry, or a name with its institution."""
    if isinstance(value, Person):
        row.person, row.name, row.institution = value, "", value.organisation.name_zh if value.organisation else ""
    elif value is not None:
        row.person, row.name, row.institution = None, value.name, value.institution


def person_words(row: Any) -> str:
    """Return what the control holds: name and institution."""
    if row.person_id:
        where = row.person.organisation
        return with_institution(row.person.name_zh, named(where) if where else "")
    return with_institution(row.name, row.institution)


def person(label: Text) -> RowColumn:
    """A person of the registry or a name, in the columns `person`, `name` and `institution`."""
    return RowColumn(
        "person",
        label,
        lambda _entry: PersonOrNameField(label=str(label), max_length=200, help_text=_("姓名 单位，或电子邮箱、ORCID")),
        lambda row: named(row.person) if row.person_id else row.name,
        "title",
        put=put_person,
        now=person_words,
    )


def institution(label: Text) -> RowColumn:
    """Where the person of a row works; it follows from the person and is asked of nobody."""
    return RowColumn(
        "institution",
        label,
        None,
        lambda row: (named(row.person.organisation) if row.person.organisation else "") if row.person_id else row.institution,
    )
