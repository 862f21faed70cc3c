"""Approvals by somebody who has just looked: each command with what its page would have shown at this moment."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

from headwater.awards.models import Award
from headwater.awards.services import agreements
from headwater.calls.checking.services import rechecking
from headwater.calls.deciding.services import decisions, objecting, objections, sentences, sights
from headwater.calls.models import Application, Call, CallChange, NoticeRow, Objection
from headwater.calls.publishing.services import calls, changing, wording
from headwater.core.command import Actor
from headwater.core.seen import Sight

SEEN = re.compile(r'name="seen" value="([^"]*)"')


def seen_on(page: Any) -> str:
    """What a page would send back of its lines."""
    found = SEEN.search(page.content.decode())
    assert found
    return unescape(found[1])


def looking(work: Callable[..., Any], sight: Callable[..., Sight]) -> Callable[..., Any]:
    def done(**given: Any) -> Any:
        return work(**{"seen": sight(**given).token} | given)

    return done


def words(call: Call, **_given: Any) -> Sight:
    newer = wording.newer_words(Call.objects.get(pk=call.pk))
    return sights.words_sight(call, newer) if newer else Sight({})


def file_objection(*, row: NoticeRow, name: str, contact: str, text: str, actor: Actor) -> Objection:
    """An objection whose contact has opened the link."""
    key = objecting.ask_objection(row=row, name=name, contact=contact, text=text, actor=actor)
    return objecting.file_objection(key=key, actor=actor)


approve_decisions = looking(decisions.approve_decisions, lambda call, **_: sights.decisions_sight(call))
publish_notice = looking(decisions.publish_notice, lambda call, actor, **_: sights.notice_sight(call, actor.account))
release = looking(decisions.release, lambda notice, actor, **_: sentences.release_sight(notice, actor.account))
answer_objection = looking(objections.answer_objection, lambda objection, **_: sights.objection_sight(objection))
settle_objection = looking(objections.settle_objection, lambda objection, **_: sights.objection_sight(objection))
publish_call = looking(calls.publish_call, lambda call, **_: sights.call_sight(Call.objects.get(pk=call.pk)))
approve_change = looking(changing.approve_change, lambda change, **_: sights.change_sight(CallChange.objects.get(pk=change.pk)))
take_new_words = looking(wording.take_new_words, words)
answer_recheck = looking(
    rechecking.answer_recheck, lambda application, **_: sights.recheck_sight(Application.objects.get(pk=application.pk))
)
sign_agreements = looking(
    agreements.sign,
    lambda awards, **_: agreements.agreements_sight(
        list(Award.objects.filter(pk__in=[a.pk for a in awards]).select_related("agreement"))
    ),
)


HIDDEN = re.compile(r'<input\s+type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"\s*>')
WARNING = re.compile(r'name="acknowledged"[^>]*value="(\d+)"')


def confirmed(browser: Any, address: str, given: dict[str, Any], **typed: Any) -> Any:
    """Post an act, read its page and confirm it as it was shown, with every warning ticked and what is `typed` there."""
    page = browser.post(address, given)
    assert page.status_code == 200, (page.status_code, page.content.decode()[:500])
    text = page.content.decode()
    sent: dict[str, Any] = {}
    for name, value in HIDDEN.findall(text):
        sent.setdefault(name, []).append(unescape(value))
    sent.pop("csrfmiddlewaretoken", None)
    return browser.post(
        address, {**sent, "seen": seen_on(page), "acknowledged": WARNING.findall(text), "confirmed": "1", **typed}
    )
