"""Endorsement by the host, recommendation by the agency; in batches, within the quota, and closing what came too late."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call, Commitment, HostQuota
from headwater.calls.services.applications import commitment_digest, host_managers
from headwater.calls.services.calls import set_host_quotas
from headwater.calls.states import ENDORSED, State
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.core.models import Account, RoleGrant
from headwater.core.services import notify


def _rows(applications: Sequence[Application]) -> list[Application]:
    return list(_queryset(applications).order_by("pk"))


def _queryset(rows: Sequence[Application]) -> QuerySet[Application]:
    return Application.objects.filter(pk__in=[r.pk for r in rows]).moving().prefetch_related("participants__person")


def quota_use(host_id: int, call_id: int) -> int:
    """Applications of a host in a call that it has endorsed and that still count."""
    return Application.objects.filter(host=host_id, call=call_id, state__in=ENDORSED).count()


def endorse(*, applications: Sequence[Application], actor: Actor) -> list[Application]:
    """A host endorses applications, within its quota: all of the given, or none. Central institutes report directly.

    Raises:
        Refused: over the quota, wrong state, too late; with every reason.
    """
    with command(actor, "calls.endorse", name="calls.endorse") as log:
        rows = _rows(applications)
        for (host, call), group in _by_host_and_call(rows).items():
            quota = _quota(host, group[0].call)
            used = quota_use(host, call)
            if quota and used + len(group) > quota.quota:
                raise Refused.because(
                    _("%(host)s 的限额为 %(quota)d 项，已报送 %(used)d 项，本次 %(new)d 项，超出 %(over)d 项")
                    % {
                        "host": group[0].host,
                        "quota": quota.quota,
                        "used": used,
                        "new": len(group),
                        "over": used + len(group) - quota.quota,
                    },
                    code="F15",
                )
        now = clock.now()
        done: list[Application] = []
        direct = [r for r in rows if r.host.direct]
        through = [r for r in rows if not r.host.direct]
        if direct:
            done += APPLICATION.apply(_queryset(direct), "endorse_direct", log, endorsed_at=now, received_at=now)
        if through:
            done += APPLICATION.apply(_queryset(through), "endorse", log, endorsed_at=now)
        Commitment.objects.bulk_create(
            [
                Commitment(
                    application=r,
                    account=actor.account,
                    party="host",
                    signed_at=now,
                    text_digest=commitment_digest(r.call, "host"),
                )
                for r in done
            ],
            ignore_conflicts=True,
        )
    return done


def _quota(host: int, call: Call) -> HostQuota | None:
    """The host's quota of the call, locked; a host that was registered after the call was published gets its own now."""
    mine = HostQuota.objects.select_for_update().filter(organisation=host, call=call)
    if not mine.exists() and HostQuota.objects.filter(call=call).exists():
        set_host_quotas(call=call, host=host)
    return mine.first()


def _by_host_and_call(rows: Sequence[Application]) -> dict[tuple[int, int], list[Application]]:
    groups: dict[tuple[int, int], list[Application]] = {}
    for row in rows:
        groups.setdefault((row.host_id, row.call_id), []).append(row)
    return groups


def return_to_author(*, application: Application, note: str, actor: Actor) -> None:
    """The host sends an application back, with what must be changed."""
    if not note.strip():
        raise Refused.because(_("请写明退回的理由"), field="note")
    with command(actor, "calls.endorse", application, name="calls.return_to_author") as log:
        rows = APPLICATION.apply(_queryset([application]), "return", log, returned_note=note.strip())
        notify(
            Account.objects.filter(person=rows[0].leader),
            title=lambda: _("申请书被退回修改：%s") % rows[0].title_zh[:60],
            body=note,
            url=f"/applications/{rows[0].pk}/",
        )


def recommend(*, applications: Sequence[Application], actor: Actor) -> list[Application]:
    """An agency recommends endorsed applications: they are received into the formal check."""
    with command(actor, "calls.recommend", name="calls.recommend") as log:
        return APPLICATION.apply(_queryset(_rows(applications)), "recommend", log, received_at=clock.now())


def return_to_host(*, application: Application, note: str, actor: Actor) -> None:
    if not note.strip():
        raise Refused.because(_("请写明退回的理由"), field="note")
    with command(actor, "calls.recommend", application, name="calls.return_to_host") as log:
        rows = APPLICATION.apply(_queryset([application]), "return", log, returned_note=note.strip())
        notify(
            host_managers(rows[0].host),
            title=lambda: _("归口部门退回：%s") % rows[0].title_zh[:60],
            body=note,
            url="/host/endorse/",
        )


def expire_late(*, call: Call, actor: Actor) -> int:
    """Close what did not make its deadline: drafts after the call closed, unendorsed and unrecommended after theirs."""
    now = clock.now()
    states = [State.DRAFT] if now >= call.closes_at else []
    states += [State.HOST_REVIEW] if now >= call.endorse_by else []
    states += [State.RECOMMENDING] if now >= call.recommend_by else []
    if not states:
        return 0
    with command(actor, "calls.check", call, name="calls.expire_late") as log:
        rows = APPLICATION.apply(
            Application.objects.filter(call=call, state__in=states).moving().prefetch_related("participants__person"),
            "expire",
            log,
        )
    return len(rows)


def recommenders(agency_id: int) -> list[Account]:
    grants = RoleGrant.objects.in_force(clock.now()).filter(role="recommender", scope="agency", scope_id=agency_id)
    return list(Account.objects.filter(pk__in=grants.values("account")))


def quota_board(call: Call) -> dict[int, tuple[int, int]]:
    """(quota, used) by host for a call: two queries."""
    used = dict(
        Application.objects.filter(call=call, state__in=ENDORSED)
        .values_list("host")
        .annotate(n=Count("pk"))
        .values_list("host", "n")
    )
    return {q.organisation_id: (q.quota, used.get(q.organisation_id, 0)) for q in HostQuota.objects.filter(call=call)}
