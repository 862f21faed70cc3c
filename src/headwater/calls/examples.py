"""Records for the addresses of calls: an application in review comes first, as what others say of it must not leak."""

from collections.abc import Iterable
from typing import Any

from headwater.calls.models import Application, Call, HostQuota, Letter, Notice, NoticeRow, Participant, Version
from headwater.calls.states import State
from headwater.core.examples import EXAMPLES, Example, example
from headwater.core.models import StoredFile


def in_review() -> Application:
    return Application.objects.filter(state=State.IN_REVIEW).order_by("pk")[0]


@example(
    "application",
    *("applications/<int:pk>", "host/endorse/<int:pk>", "recommend/<int:pk>", "office/reviews/<int:pk>", "<int:application>"),
)
def applications() -> Iterable[Any]:
    first = in_review().pk
    return [first, *Application.objects.exclude(pk=first).order_by("pk").values_list("pk", flat=True)]


@example("other", "<int:other>")
def other_applications() -> Iterable[Any]:
    return Application.objects.exclude(pk=in_review().pk).order_by("pk").values_list("pk", flat=True)


@example("host", "<int:host>")
def hosts() -> Iterable[Any]:
    return [in_review().host_id]


@example("call", "office/calls/<int:pk>", "<int:call>")
def calls() -> Iterable[Any]:
    first = in_review().call_id
    return [first, *Call.objects.exclude(pk=first).order_by("pk").values_list("pk", flat=True)]


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


@example("notice", "notices/<int:pk>")
def notices() -> Iterable[Any]:
    return Notice.objects.order_by("pk").values_list("pk", flat=True)


@example("line of a notice", "objection/<int:row>")
def lines() -> Iterable[Any]:
    return NoticeRow.objects.order_by("notice", "pk").values_list("pk", flat=True)


@example("file", "files/<int:pk>")
def files() -> Iterable[Any]:
    return StoredFile.objects.filter(owner_type="calls.application").order_by("pk").values_list("pk", flat=True)


EXAMPLES.add("objection", Example(lambda: ["x"], ("objections/<str:key>",)))
EXAMPLES.add("section", Example(lambda: ["info", "members", "attachments", "submit"], ("<str:section>",)))
EXAMPLES.add("step", Example(lambda: ["close", "ask_approval", "send_back", "publish", "expire"], ("<str:verb>",)))
