"""What follows for review when one record of a person comes to stand for another: one expert, and ties that both records show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.calls.models import Call
from headwater.core.command import Actor
from headwater.core.jobs import Progress, enqueue, job
from headwater.registry.merging import AFTER_MERGING, EFFECTS, Effect
from headwater.registry.models import Person, records_of
from headwater.review.models import ACTIVE, Assignment, Expert
from headwater.review.services.conflicts import STATES, find_conflicts


@EFFECTS.under("review")
def of_experts(person: Person, into: Person) -> Iterable[Effect]:
    """Which record is asked to review, and that conflicts are found anew, which may end assignments."""
    experts = {e.person_id: e for e in Expert.objects.filter(person__in=[person.pk, into.pk])}
    if len(experts) == 2:
        yield Effect(_("两条记录都在专家库：今后只按现行记录邀请评审"))
    elif person.pk in experts:
        yield Effect(_("其专家记录继续使用，回避关系按两条记录一并查找"))
    records = list(records_of([person.pk, into.pk]))
    open_ = Assignment.objects.filter(expert__person__in=records, state__in=ACTIVE).select_related("application")
    if open_:
        text = _("在评项目将重新查找回避关系，须回避的评审即行撤回")
        yield Effect(text, tuple(str(a.application) for a in open_.order_by("pk")[:30]))


@AFTER_MERGING.under("review")
def look_again(person: Person, actor: Actor) -> None:
    """Find conflicts anew in every call that is in review and that concerns the person; the search of all of them is a job."""
    enqueue("review.conflicts_of_merged", actor=actor, person=person.pk)


@job("review.conflicts_of_merged", gettext_lazy("合并记录后重新查找回避关系"))
def find_again(progress: Progress, actor: Actor, *, person: int) -> dict[str, Any]:
    calls = list(Call.objects.filter(applications__state__in=STATES).distinct().select_related("scheme").order_by("pk"))
    conflicts = 0
    for count, call in enumerate(calls, start=1):
        conflicts += sum(find_conflicts(call=call, actor=actor).values())
        progress(count, len(calls))
    return {"conflicts": conflicts}
