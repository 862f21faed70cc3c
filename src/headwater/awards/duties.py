from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Min
from django.utils.translation import gettext as _

from headwater.awards.models import Award, Party
from headwater.calls.models import of_officer
from headwater.calls.words import words_of
from headwater.core.duties import DUTIES, IN_HAND, Duty, InHand
from headwater.core.i18n import Bilingual, named
from headwater.core.own import without_own
from headwater.registry.models import own_records


@IN_HAND.under("awards")
def in_hand(account: Any) -> Iterator[InHand]:
    """Yield the projects that one leads, those of one's institution, and for finance all that are valid."""
    valid = Award.objects.valid()
    yield InHand(_("我的项目"), "/my/projects/", valid.filter(leader__in=own_records(account)).count())
    if hosts := account.scopes("host_manager", "organisation"):
        yield InHand(_("单位项目"), "/host/agreements/", valid.filter(host__in=hosts).count())
    if account.has_perm("awards.ledger"):
        yield InHand(_("有效的项目"), "/finance/", without_own(valid, account).count())


@DUTIES.under("awards.signers")
def of_signers(account: Any) -> Iterator[Duty]:
    """Yield the agreements that wait for the account's signature: as leader, then as host, then as department."""
    waiting = Award.objects.filter(state=Award.State.AGREEMENT).select_related("call")
    for award in waiting.filter(leader__in=own_records(account)).exclude(agreement__signatures__party=Party.LEADER):
        values = {"agreement": words_of(award)["agreement"], "title": named(award, "title")}
        yield Duty(_("签署%(agreement)s：%(title)s") % values, f"/my/projects/{award.number}/", award.agreement_by)
    hosts = account.scopes("host_manager", "organisation")
    if hosts:
        rows = waiting.filter(host__in=hosts, agreement__signatures__party=Party.LEADER).exclude(
            agreement__signatures__party=Party.HOST
        )
        totals = rows.aggregate(n=Count("pk", distinct=True), due=Min("agreement_by"))
        if totals["n"]:
            yield Duty(_("单位签署任务书"), "/host/agreements/", totals["due"], totals["n"])
    if account.has_perm("awards.ledger"):
        totals = without_own(waiting, account).aggregate(n=Count("pk"), due=Min("agreement_by"))
        if totals["n"]:
            yield Duty(_("跟进任务书签订和经费"), "/finance/?state=agreement", totals["due"], totals["n"])
    if account.has_role("programme_officer"):
        rows = without_own(waiting.filter(of_officer(account, "call_id")), account)
        rows = rows.filter(agreement__signatures__party=Party.HOST).exclude(agreement__signatures__party=Party.DEPARTMENT)
        of_call = rows.values_list("call", "call__title_zh", "call__title_en").annotate(n=Count("pk", distinct=True))
        for call, zh, en, n in of_call:
            yield Duty(_("主管部门签署任务书：%s") % Bilingual(zh, en), f"/office/calls/{call}/agreements/", None, n)
