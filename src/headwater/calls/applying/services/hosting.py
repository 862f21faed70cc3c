"""The host (依托单位) that an application goes through: an institution of the applicant, or any registered host with its consent."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call
from headwater.calls.states import State
from headwater.core import clock
from headwater.core.errors import Refused
from headwater.core.names import normal_name
from headwater.registry.models import Employment, Organisation, Person, records_of


def institutions_of(person: Person) -> QuerySet[Organisation]:
    """Return the institutions to which somebody belongs now: their own, and the others at which they have a post."""
    today = clock.today()
    posts = Employment.objects.filter(
        Q(until=None) | Q(until__gte=today), person__in=list(records_of([person.pk])), since__lte=today
    )
    return Organisation.objects.filter(Q(pk=person.organisation_id) | Q(pk__in=posts.values("organisation")))


def own_institutions(person: Person) -> list[Organisation]:
    """Return the institutions of somebody, their own first."""
    return sorted(institutions_of(person), key=lambda o: (o.pk != person.organisation_id, o.pk))


def usual_host(call: Call, person: Person, own: list[Organisation]) -> Organisation | None:
    """Return the host of the outline on which the application builds, else the person's own institution."""
    outline = (
        Application.objects.filter(call=call.outline_id or 0, leader_of_record=person.survivor_id, state=State.INVITED)
        .select_related("host")
        .first()
    )
    return outline.host if outline else next(iter(own), None)


def find_host(text: str, person: Person) -> Organisation:
    """Find the institution that a line of text means: by its full name in either language, or by its code.

    Raises:
        Refused: there is none, there are several, or it is neither a registered host nor one of the person's own.
    """
    text = text.strip()
    hosts = list(Organisation.objects.filter(Q(pk__in=_called(text)) | Q(code=text)).order_by("pk")[:20]) if text else []
    if not hosts:
        raise Refused.because(_("没有登记这个单位，请填写全称，或从列出的单位中选择"), field="host")
    own = {o.pk for o in own_institutions(person)}
    fit = [o for o in hosts if o.pk in own] or [o for o in hosts if o.is_host]
    if len(fit) > 1:
        codes = "、".join(o.code for o in fit)
        raise Refused.because(_("有多个单位叫这个名称，请填写单位代码：%s") % codes, field="host")
    return fit[0] if fit else _checked(hosts[0], person)


def _called(text: str) -> list[int]:
    """Return the institutions of a name, whatever its width, case and blanks."""
    name_sought = normal_name(text).casefold()
    rows = Organisation.objects.values_list("pk", "name_zh", "name_en")
    return [pk for pk, *names in rows if name_sought in (normal_name(name).casefold() for name in names if name)]


def _checked(host: Organisation, person: Person) -> Organisation:
    if not host.is_host and host.pk not in {o.pk for o in own_institutions(person)}:
        raise Refused.because(_("该单位没有注册为依托单位，请选择注册的依托单位"), field="host")
    return host


def chosen_host(host: Organisation | None, person: Person) -> Organisation:
    """Return the host when this person may apply through it. The rules judge whether its consent must be attached.

    Raises:
        Refused: none was chosen, or it is neither a registered host nor one of the person's own.
    """
    if host is None:
        raise Refused.because(_("请选择依托单位：没有工作单位的，选择同意为您报送的依托单位"), field="host")
    return _checked(host, person)
