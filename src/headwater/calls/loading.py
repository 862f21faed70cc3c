"""The answers of applications with what they depend on: dated parameters, files, members."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from headwater.calls.models import Application, Call
from headwater.calls.schemes import scheme_of
from headwater.calls.terms import terms_of
from headwater.forms.answers.state import Answers

AnswersOf = Callable[[Application, Mapping[str, int], int], Answers]


def answers_in(call: Call) -> AnswersOf:
    """Makes the answers of applications of one call from what the caller has read already; asks the database nothing."""
    scheme, parameter = scheme_of(call), terms_of(call)

    def make(row: Application, attached: Mapping[str, int], members: int) -> Answers:
        return Answers(scheme, row, call=call, parameter=parameter, attached=attached, members=members)

    return make


def answers_of(row: Application) -> Answers:
    """The answers of one application (2 queries)."""
    files: dict[str, list[str]] = defaultdict(list)
    for kind, name in row.attachments.order_by("pk").values_list("kind", "file__name"):
        files[kind].append(name)
    scheme, members = scheme_of(row.call), row.participants.count()
    return Answers(scheme, row, call=row.call, parameter=terms_of(row.call), files=files, members=members)
