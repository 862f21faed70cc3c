"""Finds what the PDF of an application cannot show: characters that no font of the package has, by the field that holds them."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from headwater.calls.contents import BASIC, PRIVATE, stored
from headwater.calls.models import Application
from headwater.core.fonts import code_point, unprintable
from headwater.forms.answers.showing import sections
from headwater.forms.answers.state import Answers


def boxes_of(row: Application, answers: Answers) -> list[tuple[str, list[str]]]:
    """Return (field, the characters that would print as boxes), for each field that has any."""
    return [
        (label, [code_point(c) for c in unprinted]) for label, text in _texts(row, answers) if (unprinted := unprintable(text))
    ]


def _texts(row: Application, answers: Answers) -> Iterator[tuple[str, str]]:
    for name, label in BASIC.items():
        value = stored(row, name)
        if isinstance(value, str) and name not in PRIVATE:
            yield str(label), value
    yield _("申请人"), f"{row.leader.name_zh} {row.host.name_zh}"
    yield _("参与者"), " ".join(f"{m.person.name_zh} {m.unit}" for m in row.participants.select_related("person", "organisation"))
    for _section, lines in sections(answers):
        for one in lines:
            yield one.label, one.plain_text
