"""What stands for the arguments of the addresses of evaluations."""

from __future__ import annotations

from collections.abc import Iterable

from headwater.calls.models import Call
from headwater.core.examples import EXAMPLES, Example, example
from headwater.evaluations.models import Entrant, Grade, Round


@example("round of evaluation", "office/evaluations/<int:pk>")
def rounds() -> Iterable[int]:
    return Round.objects.order_by("pk").values_list("pk", flat=True)[:1]


@example("entrant of a round", "entries/<int:entrant>")
def entrants() -> Iterable[int]:
    first = Round.objects.order_by("pk").first()
    return Entrant.objects.filter(round=first, application__isnull=False).order_by("pk").values_list("pk", flat=True)[:1]


@example("grade of an entrant", "evaluations/results/<int:pk>")
def grades() -> Iterable[int]:
    return Grade.objects.filter(state="final").order_by("pk").values_list("pk", flat=True)[:1]


@example("call of an evaluation", "evaluations/open/<int:pk>")
def calls() -> Iterable[int]:
    graded = Call.objects.filter(scheme__definition__scheme__outcome="grade").order_by("-pk")
    return graded.values_list("pk", flat=True)[:1]


EXAMPLES.add("act on grades", Example(lambda: ["draft"], ("grades/<str:act>",)))
