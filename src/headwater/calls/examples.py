"""Records for the addresses of calls."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Case, F, QuerySet, When, Window
from django.db.models.functions import RowNumber

from headwater.calls.models import Application, Call, HostLetter, HostQuota, Letter, Notice, NoticeRow, Participant, Version
from headwater.calls.states import State
from headwater.core.examples import EXAMPLES, Example, example
from headwater.core.models import StoredFile
from headwater.schemes.placeholders import PAPERS


def by_state() -> QuerySet[Application]:
    """Return the applications: one in review first, as what others say of it must not leak, and one of each state before a second."""
    nth = Window(RowNumber(), partition_by="state", order_by="pk")
    later = Case(When(state=State.IN_REVIEW, then=0), default=1)
    return Application.objects.annotate(nth=nth, later=later).order_by("nth", "later", "pk")


@example(
    "application",
    *("applications/<int:pk>", "host/endorse/<int:pk>", "recommend/<int:pk>", "office/reviews/<int:pk>", "<int:application>"),
)
def applications() -> Iterable[Any]:
    return by_state().values_list("pk", flat=True)


@example("other", "<int:other>")
def other_applications() -> Iterable[Any]:
    return by_state().values_list("pk", flat=True)[1:]


@example("host", "<int:host>")
def hosts() -> Iterable[Any]:
    return dict.fromkeys(by_state().values_list("host_id", flat=True))


@example("call", "office/calls/<int:pk>", "<int:call>")
def calls() -> Iterable[Any]:
    first = by_state().values_list("call_id", flat=True)[:1]
    return [*first, *Call.objects.exclude(pk__in=list(first)).order_by("pk").values_list("pk", flat=True)]


@example("code of a call", "calls/<str:code>")
def codes() -> Iterable[Any]:
    return Call.objects.visible_to(None).values_list("code", flat=True)


@example("quota", "office/quotas/<int:pk>")
def quotas() -> Iterable[Any]:
    return HostQuota.objects.order_by("pk").values_list("pk", flat=True)


@example("participant", "participations/<int:pk>")
def participants() -> Iterable[Any]:
    return Participant.objects.order_by("pk").values_list("pk", flat=True)


@example("version", "<int:version>")
def versions() -> Iterable[Any]:
    return Version.objects.order_by("pk").values_list("pk", flat=True)


@example("letter", "letters/<int:pk>")
def letters() -> Iterable[Any]:
    return Letter.objects.order_by("pk").values_list("pk", flat=True)


@example("letter to a host", "host/letters/<int:pk>")
def host_letters() -> Iterable[Any]:
    return HostLetter.objects.order_by("pk").values_list("pk", flat=True)


@example("notice", "notices/<int:pk>")
def notices() -> Iterable[Any]:
    """Return notices, one that still takes objections first."""
    return Notice.objects.order_by(F("closed_at").asc(nulls_first=True), "-ends_at", "pk").values_list("pk", flat=True)


@example("line of a notice", "objection/<int:row>")
def lines() -> Iterable[Any]:
    """Return the lines in the order of `notices`."""
    newest = (F("notice__closed_at").asc(nulls_first=True), "-notice__ends_at", "notice", "pk")
    return NoticeRow.objects.order_by(*newest).values_list("pk", flat=True)


@example("file", "files/<int:pk>")
def files() -> Iterable[Any]:
    return StoredFile.objects.filter(owner_type="calls.application").order_by("pk").values_list("pk", flat=True)


EXAMPLES.add("objection", Example(lambda: ["x"], ("objections/<str:key>",)))
EXAMPLES.add("paper", Example(lambda: list(PAPERS), ("papers/<str:paper>",)))
EXAMPLES.add("section", Example(lambda: ["info", "members", "attachments", "submit"], ("<str:section>",)))
EXAMPLES.add("step", Example(lambda: ["close", "ask_approval", "send_back", "publish", "expire"], ("<str:verb>",)))
