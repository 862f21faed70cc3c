"""Lists that are too long to wait for as a workbook: a job opens the page again, as the one who asked, and keeps what it lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, QueryDict
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core.command import Actor
from headwater.core.errors import Refused
from headwater.core.exports import KINDS, Whole, ask_export
from headwater.core.jobs import Progress
from headwater.core.models import Account, Job
from headwater.core.permission import may

LISTS = "core.list"


@dataclass
class ListFile:
    """What a job wants of a page: its list as a workbook in `folder`. The listing says where it is and how many rows it has."""

    folder: str
    progress: Callable[..., None]
    path: str = ""
    count: int = 0


def page_at(address: str, account: Any) -> ResolverMatch:
    """Return the page at an address (path and query) that `account` may open.

    Raises:
        Refused: there is none.
    """
    try:
        match = resolve(address.partition("?")[0])
    except Resolver404 as nowhere:
        raise Refused.because(_("没有这个列表")) from nowhere
    permission = getattr(match.func, "permission", None)
    if permission is None or not may(account, permission):
        raise Refused.because(_("没有这个列表"))
    return match


def ask_list(*, address: str, title: str, actor: Actor) -> Job:
    """Ask for the list of the page at `address` as a workbook, narrowed and sorted as its query says.

    Raises:
        Refused: no such page for the account, or too many files are still being made.
    """
    page_at(address, actor.account)
    return ask_export(what=LISTS, items=[0], title=title, actor=actor, address=address)


def make_list(account: Account, folder: str, progress: Progress, *, address: str) -> tuple[str, int]:
    """Write the list of a page as `account` sees it by now. Returns the path of the file and the number of rows.

    Raises:
        Refused: the account may not open the page any more, or it has no list.
    """
    match, wanted, request = page_at(address, account), ListFile(folder, progress), HttpRequest()
    request.method, request.path = "GET", address.partition("?")[0]
    query = QueryDict(address.partition("?")[2], mutable=True)
    query["format"] = "xlsx"
    request.GET = query  # type: ignore[assignment]
    request.user, request.actor, request.list_file = account, Actor(account, "job"), wanted  # type: ignore[attr-defined]
    try:
        match.func(request, *match.args, **match.kwargs)
    except (Http404, PermissionDenied) as gone:
        raise Refused.because(_("没有这个列表")) from gone
    if not wanted.path:
        raise Refused.because(_("没有这个列表"))
    return wanted.path, wanted.count


KINDS.add(LISTS, Whole(gettext_lazy("列表"), make_list))
