"""How a request is shown to who approves it, and what its approval rests on."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.casework.requests.contents import record_of
from headwater.casework.requests.models import Request
from headwater.casework.requests.services.accepting import against, approved, refused, sent_back
from headwater.casework.requests.showing import changes_of, content_context, effects_in_words
from headwater.core.approvals import CHAINS, Chain
from headwater.core.i18n import Bilingual
from headwater.core.seen import Sight


def name(request: Request) -> Bilingual:
    return Bilingual(
        f"{request.number} {request.name_zh}：{request.about_zh}",
        f"{request.number} {request.name_en}: {request.about_en or request.about_zh}",
    )


def sight(request: Request) -> Sight:
    """The kind, the answers, the reason, the day, the files, and what stands on the record now: they stay while the chain runs."""
    lines: dict[str, Any] = {
        "kind": request.version_id,
        "answers": request.answers,
        "reason": request.reason,
        "day": request.effective_on,
        "files": list(request.files.filter(comment=None).order_by("pk").values_list("kind", "file__sha256")),
        "record": [[str(c.label), str(c.now)] for c in changes_of(request, record_of(request))],
    }
    words = {
        "kind": _("申请种类"),
        "answers": _("填写内容"),
        "reason": _("理由"),
        "day": _("生效日期"),
        "files": _("附件"),
        "record": _("原有登记"),
    }
    return Sight(lines, words)


def show(http: HttpRequest, request: Request) -> SafeString:
    return SafeString(render_to_string("requests/content.html", content_context(request, record_of(request)), http))


def effect(request: Request) -> list[str]:
    return effects_in_words(request, record_of(request))


CHAINS.add(
    "requests.request",
    Chain(
        label=gettext_lazy("申请事项"),
        name=name,
        url=lambda request: reverse("request", args=[request.pk]),
        sight=sight,
        approved=approved,
        refused=refused,
        sent_back=sent_back,
        show=show,
        effect=effect,
        against=against,
    ),
)
