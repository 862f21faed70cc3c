"""The answers of applications with what they depend on: dated parameters, files, members."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from headwater.calls.applicants import Known, known_of
from headwater.calls.models import Application, Call
from headwater.calls.schemes import scheme_of
from headwater.calls.terms import terms_of
from headwater.forms.answers.state import Answers
from headwater.schemes import Scheme

AnswersOf = Callable[[Application, Mapping[str, int], int], Answers]


def answers_in(call: Call, rows: Sequence[Application] = ()) -> AnswersOf:
    """Makes the answers of applications of one call from what the caller has read already; `rows` are those whose applicants and hosts are
    read at once, where an expression of the scheme names them. Asks the database nothing else.
    """
    scheme, parameter = scheme_of(call), terms_of(call)
    known = on_record(scheme, rows)

    def make(row: Application, attached: Mapping[str, int], members: int) -> Answers:
        return Answers(scheme, row, call=call, parameter=parameter, attached=attached, members=members, known=known.get(row.pk))

    return make


def on_record(scheme: Scheme, rows: Sequence[Application]) -> Mapping[int, Known]:
    """What is on record of applicants and hosts by application, for a scheme whose expressions name it."""
    return known_of(rows) if rows and scheme.reads_record else {}


def answers_of(row: Application) -> Answers:
    """The answers of one application (2 queries)."""
    files: dict[str, list[str]] = defaultdict(list)
    for kind, name in row.attachments.order_by("pk").values_list("kind", "file__name"):
        files[kind].append(name)
    scheme, members = scheme_of(row.call), row.participants.count()
    known = on_record(scheme, [row]).get(row.pk)
    return Answers(scheme, row, call=row.call, parameter=terms_of(row.call), files=files, members=members, known=known)
