"""Version 1: the routers of the apps, the document, problems."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Router, Schema
from ninja.errors import HttpError, ValidationError
from ninja.renderers import JSONRenderer

from headwater.core.api import DECLARED, ROUTERS, mistake, problem, read
from headwater.core.apps import load
from headwater.core.models import AccessToken
from headwater.core.permission import SIGNED_IN

PREFIX = "/api/v1/"
ABOUT = """Read-only. Public operations need no key. Others need a personal access token, made by its owner at `/tokens/` and sent as
`Authorization: Bearer hw_…`; it sees what its owner may see, within its scopes. Lists come in pages: follow `next` until it is null.
Errors are problem+json (RFC 9457). Each answer tells the rate limit in `RateLimit-*`; over it comes 429 with `Retry-After`."""


class Renderer(JSONRenderer):
    """Answers show Chinese as Chinese, not as escapes, because people read them too."""

    json_dumps_params = {"ensure_ascii": False}


api = NinjaAPI(
    renderer=Renderer(),
    title="Headwater",
    version="1.0.0",
    description=ABOUT,
    docs_url=None,
    openapi_url=None,
    urls_namespace="api-v1",
    openapi_extra={"components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "hw_"}}}},
)
own = Router(tags=["token"])


class TokenOut(Schema):
    name: str
    username: str
    scopes: list[str]
    expires_at: datetime


@read(own, "/token/", name="read_token", permission=SIGNED_IN, answer=TokenOut)
def read_token(request: HttpRequest) -> dict[str, Any]:
    """The token that was sent: whose it is, what it may, until when."""
    token: AccessToken = request.token  # type: ignore[attr-defined]
    return {"name": token.name, "username": token.account.username, "scopes": token.scopes, "expires_at": token.expires_at}


load("api")
for router in (own, *ROUTERS.values()):
    api.add_router("", router)


@api.exception_handler(ValidationError)
def not_understood(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [{"name": str(e["loc"][-1]), "message": mistake(e["type"], e.get("ctx") or {})} for e in error.errors]
    return problem(422, _("参数有误"), errors=errors)


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, _("没有找到"))


@api.exception_handler(HttpError)
def http_problem(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, error.message)


def document() -> dict[str, Any]:
    """Return the OpenAPI document, in which every error has the media type of the answer."""
    openapi: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=PREFIX))
    for path in openapi["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400 and "application/json" in response.get("content", {}):
                    response["content"] = {"application/problem+json": response["content"]["application/json"]}
                    response["description"] = "Problem"
    return openapi


def schema(request: HttpRequest) -> HttpResponse:
    response = JsonResponse(document(), json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Cache-Control"] = "public, max-age=300"
    return response


def unknown(request: HttpRequest) -> HttpResponse:
    """Answer any other address under the API with the same kind of problem as the rest."""
    return problem(404, _("没有找到"), _("接口文档见 %s") % f"{PREFIX}openapi.json")


__all__ = ["DECLARED", "api", "document"]
