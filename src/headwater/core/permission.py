"""One predicate per action, one register of actions, and one way for a view to reach a record.

A predicate takes (account, record or None). `visible_to(user)` on a queryset says which rows of a kind a person may know of;
a record outside it is answered as if it did not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import rules
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse

View = Callable[..., HttpResponse]
M = TypeVar("M", bound=Model)

PUBLIC = "public"
SIGNED_IN = "signed_in"


@rules.predicate
def is_signed_in(user: Any) -> bool:
    return bool(getattr(user, "is_authenticated", False) and user.is_active)


def role(*codes: str) -> rules.Predicate:
    """Return a predicate that is true for an account that holds one of the roles, whatever its scope."""

    @rules.predicate(f"role:{','.join(codes)}")
    def holds(user: Any) -> bool:
        return bool(is_signed_in(user) and user.has_role(*codes))

    return holds


def scoped(code: str, scope: str, id_of: Callable[[Any], int | None]) -> rules.Predicate:
    """Return a predicate that is true when the account holds `code` for the scope of the record, or for everything. For a role limited to one
    entry, `scope` is the kind of the entry (app.model) and `id_of` gives its key."""

    @rules.predicate(f"scoped:{code}")
    def holds(user: Any, record: Any) -> bool:
        if not is_signed_in(user):
            return False
        if record is None:
            return bool(user.has_role(code))
        key = id_of(record)
        return any(g.role == code and (g.scope == "all" or (g.limit == scope and g.scope_id == key)) for g in user.grants)

    return holds


def everywhere(code: str) -> rules.Predicate:
    """Return a predicate that is true for an account that holds `code` without a limit: for what belongs to no single call, institution or agency."""

    @rules.predicate(f"everywhere:{code}")
    def holds(user: Any) -> bool:
        return bool(is_signed_in(user) and user.holds_everywhere(code))

    return holds


rules.add_perm(PUBLIC, rules.always_allow)
rules.add_perm(SIGNED_IN, is_signed_in)


def allow(action: str, predicate: rules.Predicate) -> None:
    """Register `action`; naming one twice is a programming error."""
    rules.add_perm(action, predicate)


def may(user: Any, action: str, record: Any = None) -> bool:
    """Return whether `user` may do `action` (to `record`). Unknown actions are refused loudly.

    Raises:
        KeyError: the action was never registered.
    """
    if not rules.perm_exists(action):
        raise KeyError(f"unknown action {action!r}")
    return bool(rules.has_perm(action, user, record))


def page(
    action: str, *, methods: Iterable[str] = ("GET", "HEAD", "POST"), signed_out: Callable[..., None] | None = None
) -> Callable[[View], View]:
    """Declare who may open a view. Every URL must carry this; a test walks them all.

    `signed_out` is called with what a form sent when nobody is signed in (any more), before the visitor is asked to.
    """
    allowed = tuple(methods)

    def wrap(view: View) -> View:
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            from django.contrib.auth.views import redirect_to_login
            from django.http import HttpResponseNotAllowed

            if request.method not in allowed:
                return HttpResponseNotAllowed(allowed)
            if not may(request.user, action):
                if not request.user.is_authenticated:
                    if signed_out is not None and request.method == "POST":
                        signed_out(request, *args, **kwargs)
                    return redirect_to_login(request.get_full_path())
                raise PermissionDenied(action)
            return view(request, *args, **kwargs)

        guarded.__name__, guarded.__doc__, guarded.__module__ = view.__name__, view.__doc__, view.__module__
        guarded.permission = action  # type: ignore[attr-defined]
        return guarded

    return wrap


def access(user: Any, action: str, visible: Any, **lookup: Any) -> Any:
    """Fetch one record for `user`: absent and invisible look the same (404); visible but not allowed is 403.

    `visible` is the queryset that `visible_to(user)` gave.
    """
    record = visible.filter(**lookup).first()
    if record is None:
        raise Http404
    if not may(user, action, record):
        raise PermissionDenied(action)
    return record
