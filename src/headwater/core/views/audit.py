"""The log for the audit administrator: every event as a sentence, its codes on a page of their own."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.listing import Column, Filter, Listing
from headwater.core.models import Event
from headwater.core.own import own_events
from headwater.core.permission import page
from headwater.core.sentences import (
    ACTS,
    Names,
    about_record,
    act_words,
    by_person,
    change_words,
    sentence,
    source_words,
    who_words,
)


@page("core.audit.view")
def audit(request: HttpRequest) -> HttpResponse:
    names = Names(request.user)
    listing = Listing(
        request,
        Event.objects.exclude(own_events(request.user)),
        name="audit",
        title=_("审计"),
        order="-id",
        prepare=names.load,
        filters=[
            Filter("since", _("自"), typed="date", apply=_since),
            Filter("until", _("至"), typed="date", apply=_until),
            Filter("person", _("操作人：姓名或用户名"), typed="text", apply=by_person),
            Filter("record", _("记录：编号或名称"), typed="text", apply=about_record),
            Filter("act", _("事项"), sorted(ACTS.items(), key=lambda a: a[0]), "command"),
        ],
        columns=[
            Column(_("时间"), _moment, kind="moment"),
            Column(_("事件"), lambda e: sentence(e, names), kind="title", url=lambda e: names.of(e).url),
            Column(_("变化"), change_words),
            Column(_("来源"), source_words),
            Column(
                _("详情"), lambda e: _("详情"), kind="action", url=lambda e: reverse("audit_event", args=[e.pk]), export=False
            ),
            *(Column(label, value, screen=False) for label, value in CODES.items()),
        ],
        empty_title=_("没有事件"),
    )
    hint = _("事件只增不改，分批封入哈希链，可由系统管理员重新核验。记录名称带链接的，您可以打开。")
    return listing.export() or render(request, "core/list.html", {"list": listing, "hint": hint})


@page("core.audit.view")
def audit_event(request: HttpRequest, pk: int) -> HttpResponse:
    """One event: in words, and below with every code that was kept."""
    event = get_object_or_404(Event.objects.exclude(own_events(request.user)), pk=pk)
    names = Names(request.user)
    names.load([event])
    facts = [
        (_("时间"), _moment(event)),
        (_("操作人"), who_words(event)),
        (_("事项"), act_words(event.command)),
        (_("记录"), names.of(event).text),
        (_("变化"), change_words(event)),
        (_("来源"), source_words(event)),
    ]
    codes = [(str(label), value(event)) for label, value in CODES.items()]
    context = {"event": event, "sentence": sentence(event, names), "url": names.of(event).url, "codes": codes}
    return render(request, "core/event.html", {**context, "facts": [f for f in facts if f[1]]})


def _since(rows: QuerySet[Event], day: date) -> QuerySet[Event]:
    return rows.filter(at__gte=clock.local(day, 0))


def _until(rows: QuerySet[Event], day: date) -> QuerySet[Event]:
    return rows.filter(at__lt=clock.local(day + timedelta(days=1), 0))


def _moment(event: Event) -> str:
    return f"{timezone.localtime(event.at):%Y-%m-%d %H:%M:%S}"


def _text(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)


CODES = {
    "#": lambda e: e.pk,
    "command": lambda e: e.command,
    "subject": lambda e: f"{e.subject_type}#{e.subject_id}" if e.subject_id else e.subject_type,
    "actor": lambda e: e.actor_label,
    "source": lambda e: e.source,
    "request": lambda e: e.request_id,
    "before": lambda e: _text(e.before),
    "after": lambda e: _text(e.after),
}
"""What the log keeps of an event as it is: for files and the page of one event."""
