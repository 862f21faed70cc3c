"""What verbs and requests of bases may set off."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from headwater.bases.facilities.timing import book_time
from headwater.bases.incubation.assessing import record_assessment
from headwater.bases.labs.projects import EFFECTS as OF_PROJECTS
from headwater.bases.people.services import end_people
from headwater.registers.declared import Effect

EFFECTS: dict[str, Effect] = {
    **OF_PROJECTS,
    "end_people": Effect(_("人员自当日起离岗"), end_people),
    "book_time": Effect(_("登记批准的机时"), book_time),
    "record_assessment": Effect(_("记入年度考核等次"), record_assessment),
}
