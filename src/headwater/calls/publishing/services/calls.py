"""Drafts calls, has a second officer approve them, publishes them and sets the quotas of hosts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from headwater.calls.deciding.services.sights import call_sight
from headwater.calls.models import Call, HostQuota, SchemeVersion
from headwater.calls.quotas import exempt, host_quota
from headwater.calls.schemes import scheme_of
from headwater.calls.states import CallState
from headwater.calls.terms import terms_of
from headwater.calls.workflow import CALL, guide_lead
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.models import Account
from headwater.core.parameters import Parameters
from headwater.core.search import SearchRow, index
from headwater.core.services import notify
from headwater.core.text import plain
from headwater.registry.models import HostHistory, Organisation
from headwater.registry.queries import region_of
from headwater.schemes.outcomes import OUTCOMES
from headwater.schemes.rules.values import fits

CALL_FIELDS = (
    "code",
    "year",
    "title_zh",
    "title_en",
    "guide_zh",
    "guide_en",
    "contact",
    "budget_fen",
    "opens_at",
    "closes_at",
    "endorse_by",
    "recommend_by",
    "topics",
)

GUIDE_CHARS = 50_000
LOGGED = (*CALL_FIELDS, "overrides", "stage", "outline_id", "cloned_from_id")


def save_call(*, call: Call, actor: Actor) -> Call:
    """Create a call, or change one that is still being drafted. Whoever does either cannot approve it any more.

    Raises:
        Refused: already published, dates out of order, or a code that is taken.
    """
    fresh = call.pk is None
    with command(actor, "calls.call.begin" if fresh else "calls.call.draft", call, name="calls.save_call") as log:
        before = None
        if not fresh:
            stored = Call.objects.select_for_update().get(pk=call.pk)
            if stored.state != CallState.DRAFT:
                raise Refused.because(_("只有拟定中的批次可以修改"))
            before = {k: str(getattr(stored, k)) for k in LOGGED}
            call.edited_by = stored.edited_by
        refuse_if(_call_problems(call))
        if fresh:
            call.drafted_by = actor.account
        if actor.account:
            call.edited_by = sorted({*call.edited_by, actor.account.pk})
        call.save(update_fields=None if fresh else [*LOGGED, "edited_by"])
        log(call, before=before, after={k: str(getattr(call, k)) for k in LOGGED})
    return call


def _call_problems(call: Call) -> list[Reason]:
    reasons = []
    if Call.objects.filter(code=call.code).exclude(pk=call.pk).exists():
        reasons.append(Reason(_("编号已被使用"), field="code"))
    if not call.opens_at < call.closes_at:
        reasons.append(Reason(_("申报截止须晚于申报开始"), field="closes_at"))
    if call.endorse_by < call.closes_at:
        reasons.append(Reason(_("单位审核截止不得早于申报截止"), field="endorse_by"))
    if call.recommend_by < call.endorse_by:
        reasons.append(Reason(_("归口推荐截止不得早于单位审核截止"), field="recommend_by"))
    if call.budget_fen < 0 or (call.budget_fen == 0 and "amount" in scheme_of(call).asks):
        reasons.append(Reason(_("预算须大于零"), field="budget_fen"))
    reasons += _term_problems(call)
    if not call.guide_zh.strip():
        reasons.append(Reason(_("申报指南不能为空"), field="guide_zh"))
    for name in ("guide_zh", "guide_en"):
        if len(getattr(call, name)) > GUIDE_CHARS:
            reasons.append(Reason(_("最多 %d 字") % GUIDE_CHARS, field=name))
    early = guide_lead(call)
    return [*reasons, early] if early else reasons


def _term_problems(call: Call) -> list[Reason]:
    """Return what is wrong with the figures set for this call alone: they must be such as the rules read, and keep their order."""
    reasons, terms = [], terms_of(call)
    for key, own in call.overrides.items():
        values_by_part = own.items() if isinstance(own, dict) else [("", own)]
        bad = [part for part, value in values_by_part if not fits(key, part, value)]
        reasons += [Reason(_("这个参数不能取这个值"), field=f"p-{key}-{part}" if part else f"p-{key}") for part in bad]
        if bad:
            continue
        value = terms(key)
        if isinstance(value, dict) and {"min", "max"} <= set(value) and value["min"] > value["max"]:
            reasons.append(Reason(_("最低值不得高于最高值"), field=f"p-{key}-min"))
        elif isinstance(value, dict) and "default" in value and value.get("max", value["default"]) < value["default"]:
            reasons.append(Reason(_("默认值不得高于最高值"), field=f"p-{key}-default"))
    return reasons


def ask_call_approval(*, call: Call, actor: Actor) -> None:
    with command(actor, "calls.call.draft", call, name="calls.ask_call_approval") as log:
        CALL.apply(Call.objects.filter(pk=call.pk), "ask_approval", log)


def send_call_back(*, call: Call, actor: Actor) -> None:
    with command(actor, "calls.call.draft", call, name="calls.send_call_back") as log:
        CALL.apply(Call.objects.filter(pk=call.pk), "send_back", log)
        writers = Account.objects.filter(pk__in=[*call.edited_by, call.drafted_by_id or 0])
        others = writers.exclude(pk=actor.account.pk if actor.account else 0)
        notify(others, title=lambda: _("批次已退回修改：%s") % call.title_zh[:120], url=f"/office/calls/{call.pk}/")


def publish_call(*, call: Call, actor: Actor, seen: str) -> Call:
    """Approve and publish a call, by another officer than those who wrote it. It sets the host quotas and tells the hosts.

    Raises:
        Refused: wrong state, too late for the guide's time, or the call is not the one that was `seen`.
    """
    with command(actor, "calls.call.approve", call, name="calls.publish_call") as log:
        call_sight(Call.objects.select_for_update(of=("self",)).get(pk=call.pk)).require(seen)
        rows = CALL.apply(Call.objects.filter(pk=call.pk), "publish", log, published_at=clock.now(), approved_by=actor.account)
        set_host_quotas(call=rows[0])
        index([call_document(rows[0])])
        hosts = Account.objects.filter(role_grants__role="host_manager", role_grants__until__isnull=True).distinct()
        notify(hosts, title=lambda: _("申报指南发布：%s") % call.title_zh, url=f"/calls/{call.code}/")
    published: Call = rows[0]
    return published


def set_host_quotas(*, call: Call, host: int | None = None) -> int:
    """Compute the quota of every registered host for a call, or of one (two queries and one statement). Call inside a command.

    A type that the parameter exempts (the analysis-and-testing line) has none.
    """
    parameter = Parameters(call.scheme.region, clock.local_day(call.opens_at)).get("host_quota", call.scheme.code)
    if parameter is None or exempt(call.scheme.code, parameter):
        return 0
    parameter = {**parameter, **((call.overrides or {}).get("host_quota") or {})}
    history: dict[int, dict[int, int]] = {}
    rows = HostHistory.objects.filter(year__lt=call.year, year__gte=call.year - int(parameter["window_years"]))
    for organisation, year, approved in rows.values_list("organisation", "year").annotate(n=Sum("approved")):
        history.setdefault(organisation, {})[year] = approved
    quotas = []
    chosen = Organisation.objects.filter(pk=host) if host else Organisation.objects.hosts()
    for organisation, kind in chosen.values_list("pk", "kind"):
        quota, basis = host_quota(history.get(organisation, {}), call.year, parameter, kind)
        quotas.append(HostQuota(call=call, organisation_id=organisation, quota=quota, basis=basis))
    HostQuota.objects.bulk_create(
        quotas, update_conflicts=True, unique_fields=["call", "organisation"], update_fields=["quota", "basis"]
    )
    return len(quotas)


def call_document(call: Call) -> SearchRow:
    return SearchRow(
        "call",
        call.pk,
        call.title_zh,
        f"/calls/{call.code}/",
        f"{call.title_en} {call.guide_zh} {call.guide_en}",
        summary=plain(call.guide_zh)[:400],
    )


def usual_dates(scheme: SchemeVersion, opens: date) -> dict[str, datetime]:
    """Return the timetable of a new call that opens on `opens`: each step with its own deadline, from the dated parameters."""
    values = Parameters(scheme.region, opens)
    hour, minute = (int(part) for part in str(values.house_value("call_deadline_time", scheme.code)).split(":"))

    def at(day: date) -> datetime:
        return clock.local(day, hour, minute)

    closes = clock.add_days(opens, values.number("call_window_days", scheme.code))
    endorse = clock.add_days(closes, values.number("endorse_days", scheme.code))
    recommend = clock.add_days(closes, values.number("recommend_days", scheme.code))
    return {
        "opens_at": clock.local(opens, 8),
        "closes_at": at(closes),
        "endorse_by": at(endorse),
        "recommend_by": at(max(endorse, recommend)),
    }


def draft_from_scheme(*, scheme: SchemeVersion, year: int, **fields: Any) -> Call:
    """Return an unsaved call with the scheme's usual text; the caller fills in the dates and the budget.

    Grants are calls of the fund and carry its name; designations, prizes, subsidies and the like are the department's.
    """
    region, grants = region_of(scheme.region), OUTCOMES[scheme.definition["scheme"]["outcome"]].of_fund
    return Call(
        scheme=scheme,
        year=year,
        code=f"{scheme.code}-{year}",
        title_zh=f"{year}年度{region.fund_zh if grants else ''}{scheme.name_zh}",
        title_en=f"{region.fund_en} {year}: {scheme.name_en}" if grants else f"{scheme.name_en} {year}",
        **fields,
    )
