"""Gives an open call a new wording of its documents, while nobody has submitted and nothing else changes."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from headwater.calls.deciding.services.sights import words_sight
from headwater.calls.models import Application, Call, Participant, SchemeVersion
from headwater.calls.schemes import scheme_of
from headwater.calls.states import UNSUBMITTED, State
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.core.services import notify
from headwater.forms.shapes import Document
from headwater.registry.models import accounts_of

Change = tuple[Document | None, Document | None]
"""A document before and after; None where it is new or gone."""


def newer_words(call: Call) -> SchemeVersion | None:
    """Return the newest version of the call's scheme, where it differs from the call's in the documents to sign and in nothing
    else.
    """
    versions = SchemeVersion.objects.filter(region=call.scheme.region, code=call.scheme.code)
    newest = versions.filter(version__gt=call.scheme.version).order_by("-version").first()
    if newest is None or _without_documents(newest.definition) != _without_documents(call.scheme.definition):
        return None
    return newest


def _without_documents(definition: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in definition.items() if k != "document"}


def changed_words(call: Call, newer: SchemeVersion) -> list[Change]:
    """Return the documents whose words, signers or condition differ."""
    old = {d.code: d for d in scheme_of(call).documents}
    new = {d.code: d for d in scheme_of(Call(scheme=newer, stage=call.stage)).documents}
    return [(old.get(code), new.get(code)) for code in {**old, **new} if old.get(code) != new.get(code)]


def take_new_words(*, call: Call, actor: Actor, seen: str) -> int:
    """Give a call the newest wording. Members who have signed an earlier one are told and confirm anew; returns how many.

    Raises:
        Refused: there is no version that differs in its documents only, somebody has submitted under the present wording,
            or the newest words are not those that were `seen`.
    """
    with command(actor, "calls.call.approve", call, name="calls.take_new_words") as log:
        row = Call.objects.select_for_update(of=("self",)).select_related("scheme").get(pk=call.pk)
        newer = newer_words(row)
        if newer is None:
            raise Refused.because(_("没有只改了签署文件的新版本"))
        words_sight(row, newer).require(seen)
        if Application.objects.filter(call=row).exclude(state__in=UNSUBMITTED).exists():
            raise Refused.because(_("已有申请按现行文本签署并提交，本批次不能再更换文本"))
        members = any("member" in d.signs for pair in changed_words(row, newer) for d in pair if d)
        Call.objects.filter(pk=row.pk).update(scheme=newer)
        log(row, before={"scheme_version": row.scheme.version}, after={"scheme_version": newer.version})
        confirmed = Participant.objects.filter(application__call=row, application__state=State.DRAFT, confirmed_at__isnull=False)
        waiting = list(confirmed.select_related("application")) if members else []
        Participant.objects.filter(pk__in=[m.pk for m in waiting]).update(confirmed_at=None)
        log.many(waiting, {"confirmed": False})
        accounts = accounts_of(m.person_id for m in waiting)
        notify(accounts, title=lambda: _("参与者承诺书等文本已更新，请重新签署：%s") % row.title_zh[:60], url="/applications/")
    return len(waiting)
