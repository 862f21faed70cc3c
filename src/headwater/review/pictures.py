"""Pictures of the review: how the marks are distributed, and which opinions are late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Count, F, IntegerField, Min
from django.db.models.functions import Cast, Floor
from django.utils.translation import gettext as _

from headwater.calls.indicators import released_calls
from headwater.calls.late import LATE, Late
from headwater.calls.models import Call
from headwater.calls.pictures import NOT_YOURS, PICTURES, Source
from headwater.calls.states import ResearchClass
from headwater.core import clock
from headwater.core.own import without_own
from headwater.core.permission import may
from headwater.core.pictures import Bar, Picture, Series
from headwater.review.models import OPEN, Assignment, Opinion

STEP, HIGHEST = 5, 100
"""Points in a column, and the best mark."""
TONES = {ResearchClass.FREE: "act", ResearchClass.GOAL: "mid"}


def marks(account: Any, calls: Sequence[Call]) -> Picture:
    """Draw the marks of valid opinions by research class. Marks of a running review are for those who decide on it."""
    inside = {c.pk for c in calls if may(account, "calls.decide.read", c)}
    public = set(released_calls(clock.today()).values_list("pk", flat=True))
    shown = [c.pk for c in calls if c.pk in inside | public]
    rows = Opinion.objects.filter(submitted_at__isnull=False, total__isnull=False, assignment__state=Assignment.State.SUBMITTED)
    rows = without_own(rows.filter(assignment__application__call__in=shown), account).order_by()
    column = "assignment__application__research_class"
    counted = (
        rows.annotate(bin=Cast(Floor(F("total") / float(STEP)), IntegerField()))
        .values_list(column, "bin")
        .annotate(n=Count("pk"))
    )
    counts: Counter[tuple[str, int]] = Counter()
    for kind, bin_, n in counted.values_list(column, "bin", "n"):
        counts[kind, min(bin_, HIGHEST // STEP - 1)] += n  # the best mark belongs to the last column
    kinds = [k for k in ResearchClass if any(kind == k for kind, _bin in counts)]
    first = min((bin_ for _kind, bin_ in counts), default=0)
    columns = range(first, HIGHEST // STEP) if counts else ()
    bars = [Bar(str(STEP * b), tuple(counts[k, b] for k in kinds)) for b in columns]
    return Picture(
        code="marks",
        title=_("评分分布"),
        of=_("总分（不低于）"),
        axis=_("意见数（份），按总分每 %d 分一档") % STEP,
        series=[Series(k.label, TONES[k]) for k in kinds],
        bars=bars,
        upright=True,
        source=_("已提交的评审意见"),
        why=_("每份有效意见的总分计一次，共 %d 份；未校准。") % sum(counts.values()),
        without=NOT_YOURS,
        empty=_("还没有可以展示的评分"),
    )


PICTURES.add("marks", Source(20, marks))


@LATE.under("review")
def of_opinions(account: Any, calls: Sequence[Call]) -> Iterator[Late]:
    """Yield the opinions that experts have not given in time (one query). Who the experts are is told on the page of the progress alone."""
    by_key = {c.pk: c for c in calls}
    rows = Assignment.objects.filter(application__call__in=by_key, state__in=OPEN, due_at__lt=clock.now())
    counts = without_own(rows, account).order_by().values_list("application__call").annotate(n=Count("pk"), due=Min("due_at"))
    for key, n, due in counts.values_list("application__call", "n", "due").order_by("application__call"):
        yield Late(by_key[key], _("评审意见"), _("评审专家"), n, due)
