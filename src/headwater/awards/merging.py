from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from headwater.awards.models import Award
from headwater.registry.merging import EFFECTS, Effect
from headwater.registry.models import EarlierProject, Person


@EFFECTS.under("awards")
def of_awards(person: Person, into: Person) -> Iterable[Effect]:
    """Name the awards and earlier projects that count for the surviving record from now on."""
    projects = [str(a) for a in Award.objects.filter(leader=person).order_by("pk")]
    projects += EarlierProject.objects.filter(person=person).values_list("number", flat=True)
    if projects:
        yield Effect(_("其承担和以往的项目计入现行记录的限项"), tuple(projects))
