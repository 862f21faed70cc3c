"""What every operation of the API shares: who may, the key, the rate, pages by key, problems as RFC 9457.

An operation is declared by `read`, which names its permission and the scope that a token needs, as `@page` does for pages.
Sessions count for nothing here: who sends no token is the public.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Query, Router, Schema

from headwater.core.command import Actor
from headwater.core.models import AccessToken
from headwater.core.permission import PUBLIC, may
from headwater.core.rates import Rate, count_use
from headwater.core.register import Register
from headwater.core.second_factor import lacks_second_factor
from headwater.core.tokens import find_token

PER_MINUTE_PUBLIC = 60
PER_MINUTE_TOKEN = 600
MOST_ROWS = 200
View = TypeVar("View", bound=Callable[..., Any])

After = Annotated[int, Query(0, ge=0, le=2**62, description="Only rows after this id: take it from `next` of the page before.")]
Limit = Annotated[int, Query(50, ge=1, le=MOST_ROWS, description="Rows on a page.")]


class Problem(Schema):
    """RFC 9457. `errors` names each parameter that was not understood."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    errors: list[dict[str, str]] = []


MISTAKES: dict[str, Promise] = {
    "missing": gettext_lazy("缺少此参数"),
    "int_parsing": gettext_lazy("应为整数"),
    "int_type": gettext_lazy("应为整数"),
    "int_from_float": gettext_lazy("应为整数"),
    "int_parsing_size": gettext_lazy("数字过大"),
    "bool_parsing": gettext_lazy("应填 true（是）或 false（否）"),
    "bool_type": gettext_lazy("应填 true（是）或 false（否）"),
    "string_type": gettext_lazy("应为文本"),
    "string_too_long": gettext_lazy("最多 %(max_length)s 个字符"),
    "string_too_short": gettext_lazy("最少 %(min_length)s 个字符"),
    "greater_than_equal": gettext_lazy("不能小于 %(ge)s"),
    "less_than_equal": gettext_lazy("不能大于 %(le)s"),
    "enum": gettext_lazy("应为下列之一：%(expected)s"),
}
"""What is wrong with a parameter, by the kind of mistake that the schema reports."""


def mistake(kind: str, context: Mapping[str, Any]) -> str:
    """Describe a mistake in a parameter in the reader's language."""
    values = {k: v for k, v in context.items() if isinstance(v, (str, int, float))}
    if "expected" in values:
        values["expected"] = ", ".join(re.findall(r"'([^']*)'", str(values["expected"]))) or values["expected"]
    sentence = MISTAKES.get(kind)
    return str(sentence) % values if sentence else _("取值有误")


@dataclass(frozen=True)
class Declaration:
    """Who may call an operation: `permission` as for pages; `scope` must be among those of the token.

    A public operation with a scope answers everybody, and shows the holder of such a token what their roles may see besides.
    """

    permission: str
    scope: str = ""

    @property
    def open(self) -> bool:
        return self.permission == PUBLIC


DECLARED: Register[Declaration] = Register("operation of the API")
ROUTERS: Register[Router] = Register("router of the API")
"""Each app's own, made in its `api.py`; they are loaded with the addresses."""


def read(router: Router, path: str, *, name: str, permission: str, answer: Any, scope: str = "") -> Callable[[View], View]:
    """Declare a GET operation. Its docstring is what the OpenAPI document says of it."""

    def wrap(view: View) -> View:
        declaration = DECLARED.add(name, Declaration(permission, scope))
        keys: list[dict[str, list[str]]] = [{"token": [scope] if scope else []}]
        security = ([{}, *keys] if scope else []) if declaration.open else keys
        faults = (404, 422, 429) if declaration.open else (401, 403, 404, 422, 429)
        first, _dot, rest = (view.__doc__ or name).partition("\n\n")
        router.get(
            path,
            response={200: answer, frozenset(faults): Problem},
            url_name=name,
            operation_id=name,
            summary=" ".join(first.split()),
            description=" ".join(rest.split()) or None,
            openapi_extra={"security": security},
        )(view)
        return view

    return wrap


def problem(status: int, title: str, detail: str = "", errors: list[dict[str, str]] | None = None) -> JsonResponse:
    body = Problem(title=title, status=status, detail=detail, errors=errors or []).model_dump()
    return JsonResponse(body, status=status, content_type="application/problem+json", json_dumps_params={"ensure_ascii": False})


def guard(view: Callable[..., HttpResponseBase], declaration: Declaration) -> Callable[..., HttpResponseBase]:
    """Check rate, token, scope and permission; then run the operation as the holder of the token."""

    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        header = request.headers.get("Authorization", "")
        token = find_token(header[7:].strip()) if header[:7].lower() == "bearer " else None
        rate = count_use(*_counter(request, token))
        response = _refusal(header, token, declaration, rate) or _answer(request, view, token, declaration, args, kwargs)
        response["RateLimit-Limit"], response["RateLimit-Remaining"] = str(rate.limit), str(rate.remaining)
        response["RateLimit-Reset"] = str(rate.resets_in)
        response["X-Content-Type-Options"] = "nosniff"
        if header:
            response["Cache-Control"] = "private, no-store"
        return response

    inner.permission, inner.csrf_exempt = declaration.permission, True  # type: ignore[attr-defined]
    return inner


def _answer(
    request: HttpRequest,
    view: Callable[..., HttpResponseBase],
    token: AccessToken | None,
    declaration: Declaration,
    args: Any,
    kwargs: Any,
) -> HttpResponseBase:
    _act_as(request, token, declaration)
    response = view(request, *args, **kwargs)
    if response.status_code == 405:
        response = problem(405, _("不支持的方法"), _("此接口只读，请用 GET"))
        response["Allow"] = "GET"
    return response


def _counter(request: HttpRequest, token: AccessToken | None) -> tuple[str, int]:
    if token:
        return f"token:{token.pk}", PER_MINUTE_TOKEN
    return f"address:{client_address(request)}", PER_MINUTE_PUBLIC


def client_address(request: HttpRequest) -> str:
    """Return the address of the client: behind HTTPS the last one that our own proxy saw, never what the client says of itself."""
    hops = request.headers.get("X-Forwarded-For", "") if settings.CONFIG.https else ""
    return hops.rpartition(",")[2].strip()[:60] or str(request.META.get("REMOTE_ADDR", ""))


def _refusal(header: str, token: AccessToken | None, declaration: Declaration, rate: Rate) -> HttpResponse | None:
    response: HttpResponse
    if rate.over:
        response = problem(429, _("请求过于频繁"), _("每分钟最多 %d 次") % rate.limit)
        response["Retry-After"] = str(rate.resets_in)
        return response
    if token is None and (header or not declaration.open):
        detail = _("令牌无效、已过期或已撤销") if header else _("请在 Authorization 头中给出令牌：Bearer hw_…")
        response = problem(401, _("需要访问令牌"), detail)
        response["WWW-Authenticate"] = 'Bearer realm="headwater"' + (', error="invalid_token"' if header else "")
        return response
    if token and declaration.scope and declaration.scope not in token.scopes and not declaration.open:
        return problem(403, _("令牌权限不足"), _("需要权限 %s") % declaration.scope)
    if token and lacks_second_factor(token.account):
        return problem(403, _("须先设置两步验证"), _("您的角色须设置两步验证，之后令牌才可使用"))
    if token and not may(token.account, declaration.permission):
        return problem(403, _("无权访问"), _("您的角色不能使用此接口"))
    return None


def _act_as(request: HttpRequest, token: AccessToken | None, declaration: Declaration) -> None:
    """Put the reader on the request. A token without the scope of a public operation reads as the public does."""
    is_holder = token is not None and (not declaration.open or declaration.scope in token.scopes)
    request.user = token.account if token and is_holder else AnonymousUser()
    request.token = token  # type: ignore[attr-defined]
    account = token.account if token else None
    before: Actor = request.actor  # type: ignore[attr-defined]
    request.actor = Actor(account, f"api:{client_address(request)}", before.request_id)  # type: ignore[attr-defined]


def rows_after(request: HttpRequest, rows: QuerySet[Any], after: int, limit: int) -> dict[str, Any]:
    """Return one page in the order of ids: found by key, without counting what went before. `next` is the address of the page after."""
    items = list((rows.filter(pk__gt=after) if after else rows).order_by("pk")[: limit + 1])
    address = None
    if len(items) > limit:
        items = items[:limit]
        query = request.GET.copy()
        query["after"] = str(items[-1].pk)
        address = f"{request.path}?{query.urlencode()}"
    return {"items": items, "next": address}
