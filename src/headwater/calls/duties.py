"""The duties that calls cause: for applicants, hosts, agencies, officers and the committee."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _

from headwater.calls.checking.services.rechecking import ASKED_AT, end_of_asking, open_letters
from headwater.calls.clocks import check_due, recheck_due
from headwater.calls.joining.services.partners import waiting_for
from headwater.calls.models import Application, Call, CallChange, Decision, Notice, Objection, Participant
from headwater.calls.queries import likenesses_to_watch
from headwater.calls.states import IN_THE_HOUSE, CallState, State
from headwater.core import clock
from headwater.core.duties import DUTIES, IN_HAND, Duty, InHand
from headwater.core.i18n import Bilingual, named
from headwater.core.own import own_cases, without_own
from headwater.registry.models import own_records


@DUTIES.under("calls.applicants")
def of_applicants(account: Any) -> Iterator[Duty]:
    for row in Application.objects.filter(
        leader__in=own_records(account), state=State.DRAFT, call__closes_at__gt=clock.now()
    ).select_related("call"):
        yield Duty(
            _("完成并提交：%s") % (named(row, "title") or named(row.call, "title")),
            f"/applications/{row.pk}/",
            row.call.closes_at,
        )
    for member in Participant.objects.filter(
        person__in=own_records(account), confirmed_at__isnull=True, declined_at__isnull=True, application__state=State.DRAFT
    ).select_related("application__call"):
        yield Duty(
            _("确认参与：%s") % named(member.application, "title"),
            f"/participations/{member.pk}/",
            member.application.call.closes_at,
        )


@IN_HAND.under("calls")
def in_hand(account: Any) -> Iterator[InHand]:
    """Yield one's own applications, those of one's institution or agency, and for the office what runs and what has been received."""
    mine = Application.objects.filter(leader__in=own_records(account))
    totals = mine.aggregate(n=Count("pk"), drafts=Count("pk", filter=Q(state=State.DRAFT)))
    yield InHand(_("我的申请"), "/applications/", totals["n"])
    yield InHand(_("填写中的申请"), "/applications/", totals["drafts"])
    if hosts := account.scopes("host_manager", "organisation"):
        rows = Application.objects.visible_to(account).filter(host__in=hosts)
        yield InHand(_("单位提交过的申请"), "/host/endorse/?all=1", rows.count())
    if agencies := account.scopes("recommender", "agency"):
        rows = Application.objects.visible_to(account).filter(host__recommender__in=agencies, host__direct=False)
        yield InHand(_("所属单位报送过的申请"), "/recommend/?all=1", rows.count())
    if account.has_perm("calls.board"):
        yield InHand(_("进行中的批次"), "/office/", Call.objects.filter(state=CallState.PUBLISHED).count())
    if account.has_role("programme_officer", "committee"):
        received = Application.objects.filter(state__in=IN_THE_HOUSE, call__state=CallState.PUBLISHED)
        yield InHand(_("进行中批次已送达的申请"), "/office/", without_own(received, account).count())


@DUTIES.under("calls.refused")
def of_refused(account: Any) -> Iterator[Duty]:
    """Yield the re-checks that may still be asked for; the time runs from the letter."""
    letters = open_letters(application__leader__in=own_records(account)).select_related("application__call__scheme")
    for letter in {x.application_id: x for x in letters}.values():
        until = end_of_asking(letter, letter.application.call)
        if until >= clock.now():
            yield Duty(_("可申请复审：%s") % named(letter.application, "title"), f"/applications/{letter.application_id}/", until)


@DUTIES.under("calls.objected")
def of_objected(account: Any) -> Iterator[Duty]:
    """Yield the objections to one's own applications that wait for a reply while there is time."""
    rows = Objection.objects.filter(
        row__application__leader__account=account, state=Objection.State.OPEN, replied_at__isnull=True, reply_by__gte=clock.now()
    )
    for objection in rows.select_related("row__application"):
        application = objection.row.application
        url = f"/applications/{application.pk}/objections/"
        yield Duty(_("可就公示异议陈述：%s") % named(application, "title"), url, objection.reply_by)


@DUTIES.under("calls.hosts")
def of_hosts(account: Any) -> Iterator[Duty]:
    hosts = account.scopes("host_manager", "organisation")
    if hosts:
        waiting = Application.objects.filter(host__in=hosts, state=State.HOST_REVIEW).aggregate(
            n=Count("pk"), due=Min("call__endorse_by")
        )
        if waiting["n"]:
            yield Duty(_("审核申请并报送"), "/host/endorse/", waiting["due"], waiting["n"])
        partners = waiting_for(hosts)
        if partners:
            yield Duty(_("以合作单位身份签署"), "/host/partner/", partners[0][0].call.closes_at, len(partners))
    agencies = account.scopes("recommender", "agency")
    if agencies:
        rows = Application.objects.filter(host__recommender__in=agencies, host__direct=False, state=State.RECOMMENDING)
        waiting = rows.aggregate(n=Count("pk"), due=Min("call__recommend_by"))
        if waiting["n"]:
            yield Duty(_("推荐申请"), "/recommend/", waiting["due"], waiting["n"])


@DUTIES.under("calls.officers")
def of_officers(account: Any) -> Iterator[Duty]:
    if not account.has_role("programme_officer"):
        return
    for call in (
        Call.objects.filter(state=CallState.APPROVAL).exclude(drafted_by=account).exclude(edited_by__contains=[account.pk])
    ):
        if account.has_perm("calls.call.approve", call):
            yield Duty(_("核准发布：%s") % named(call, "title"), f"/office/calls/{call.pk}/", call.opens_at)
    for change in CallChange.objects.waiting().exclude(proposed_by=account).select_related("call"):
        if account.has_perm("calls.call.approve_change", change):
            yield Duty(_("核准批次变更：%s") % named(change.call, "title"), f"/office/calls/{change.call_id}/change/", None)
    yield from _of_checking(account)
    yield from _of_publishing(account)
    running = Notice.objects.filter(closed_at__isnull=True).select_related("call")
    waits = Q(state=Objection.State.OPEN) | Q(state=Objection.State.PROPOSED) & ~Q(answered_by=account)
    unanswered = without_own(Objection.objects.filter(waits, notice__in=running), account)
    objections = dict(unanswered.values_list("notice").annotate(n=Count("pk")))
    for notice in running:
        n = objections.get(notice.pk, 0)
        if account.has_perm("calls.objection.answer" if n else "calls.notice.publish", notice.call):
            title = _("答复异议：%s") if n else _("公示期满发布：%s")
            yield Duty(title % named(notice.call, "title"), f"/office/notices/{notice.pk}/", notice.ends_at, n or 1)
            if year := notice.without_calendar:
                place = {"year": year, "call": named(notice.call, "title")}
                title = _("核定公示期满日（%(year)d 年工作日历未公布）：%(call)s") % place
                yield Duty(title, f"/office/notices/{notice.pk}/", notice.ends_at)


def _of_publishing(account: Any) -> Iterator[Duty]:
    """Yield the notices that are due: everything decided is approved, and no notice of the call runs (2 queries)."""
    settled = Decision.objects.filter(application__state__in=[State.PROPOSED, State.NOT_PROPOSED])
    counts = dict(settled.values_list("call").annotate(n=Count("pk", filter=Q(outcome=Decision.Outcome.FUND))))
    waits = Decision.objects.filter(approved_at__isnull=True).values("call")
    runs = Notice.objects.filter(closed_at__isnull=True).values("call")
    calls = Call.objects.filter(state=CallState.PUBLISHED, pk__in=counts).exclude(pk__in=waits).exclude(pk__in=runs)
    for call in calls.select_related("scheme").order_by("pk"):
        if account.has_perm("calls.notice.publish", call):
            yield Duty(_("发布公示：%s") % named(call, "title"), f"/office/calls/{call.pk}/decide/", None, counts[call.pk] or 1)


def _of_checking(account: Any) -> Iterator[Duty]:
    """Yield what waits for the formal check by the call's clock, and what waits for a re-check by its own, counted from the
    first request.
    """
    published = Call.objects.filter(state=CallState.PUBLISHED).select_related("scheme")
    others = without_own(Application.objects.filter(call__in=published), account)
    waiting = dict(others.filter(state=State.RECEIVED).values_list("call").annotate(n=Count("pk")))
    refused = Q(check_result__decided_by=account, decision__isnull=True)
    decided = Q(decision__proposed_by=account) | Q(decision__approved_by=account)
    upheld = Objection.objects.filter(Q(answered_by=account) | Q(settled_by=account), state=Objection.State.UPHELD)
    answerable = others.filter(state=State.RECHECK).exclude(refused | decided)
    answerable = answerable.exclude(decision__isnull=False, pk__in=upheld.values("row__application"))
    counts = answerable.values_list("call").annotate(n=Count("pk"), first=Min(ASKED_AT))
    rechecks = {call: (n, first) for call, n, first in counts}
    for call in published.filter(pk__in=[*waiting, *rechecks]):
        if not account.has_perm("calls.check", call):
            continue
        if call.pk in waiting:
            yield Duty(
                _("形式审查：%s") % named(call, "title"), f"/office/calls/{call.pk}/check/", check_due(call), waiting[call.pk]
            )
        if call.pk in rechecks:
            n, first = rechecks[call.pk]
            due = recheck_due(call, first) if first else None
            yield Duty(_("作出复审决定：%s") % named(call, "title"), f"/office/calls/{call.pk}/check/?state=recheck", due, n)


@DUTIES.under("calls.integrity")
def of_integrity(account: Any) -> Iterator[Duty]:
    """Yield what an integrity officer follows: objections that are not settled, and similar texts of running calls."""
    if not account.has_perm("calls.integrity"):
        return
    unsettled = Objection.objects.filter(state__in=[Objection.State.OPEN, Objection.State.PROPOSED])
    totals = without_own(unsettled, account).aggregate(n=Count("pk"), due=Min("notice__ends_at"))
    if totals["n"]:
        yield Duty(_("跟进公示异议"), "/integrity/objections/", totals["due"], totals["n"])
    if n := likenesses_to_watch(account).filter(application__call__state=CallState.PUBLISHED).count():
        yield Duty(_("跟进相似文本"), "/integrity/similar/", None, n)


@DUTIES.under("calls.approvers")
def of_approvers(account: Any) -> Iterator[Duty]:
    if not account.has_role("committee", "programme_officer"):
        return
    undecided = Application.objects.filter(state__in=[State.PANEL, State.REVIEWED, State.IN_REVIEW])
    undecided = undecided.exclude(call__scheme__definition__scheme__intake="rolling")
    rows = (
        Decision.objects.visible_to(account)
        .filter(approved_at__isnull=True)
        .exclude(proposed_by=account)
        .exclude(call__applications__in=Application.objects.filter(pk__in=own_cases(account), state__in=IN_THE_HOUSE))
        .exclude(call__in=undecided.values("call"))
        .values_list("call", "call__title_zh", "call__title_en")
        .annotate(n=Count("pk"))
    )
    for call, zh, en, n in rows:
        yield Duty(_("核准决定：%s") % Bilingual(zh, en), f"/office/calls/{call}/decide/", None, n)
