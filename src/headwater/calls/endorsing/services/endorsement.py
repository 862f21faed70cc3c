"""Endorsement by the host and recommendation by the agency, in batches and within the quota; and the closing of what came too
late.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from headwater.calls.joining.services.partners import unsigned_partners
from headwater.calls.models import Application, ApplicationQuerySet, Call, HostQuota, Party, Version, accounts_with_part
from headwater.calls.publishing.services.calls import set_host_quotas
from headwater.calls.signatures import documents_for
from headwater.calls.staff_work import refuse_staff_of
from headwater.calls.states import ENDORSED, IN_THE_HOUSE, UNSUBMITTED, State
from headwater.calls.stores import APPLICATIONS, SIGNATURES, ApplicationSigning
from headwater.calls.workflow import APPLICATION, before_endorsement_deadline
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import NotAllowed, Reason, Refused, refuse_if
from headwater.core.models import Account, RoleGrant
from headwater.core.own import without_own
from headwater.core.permission import may
from headwater.core.roles import Scope
from headwater.core.services import notify, tell
from headwater.forms.shapes import Document
from headwater.forms.signing import Consent, sign, to_sign
from headwater.forms.versions import mark_step
from headwater.registry.models import Organisation

Key = tuple[int, int]
"""A host and a call."""


@dataclass(frozen=True)
class Room:
    """The quota of a host in a call (None: unlimited), and how many applications hold a place of it."""

    quota: int | None
    used: int

    @property
    def free(self) -> int | None:
        return None if self.quota is None else max(0, self.quota - self.used)


def _rows(applications: Sequence[Application]) -> list[Application]:
    return list(_queryset(applications).order_by("pk"))


def _queryset(rows: Sequence[Application]) -> QuerySet[Application]:
    return Application.objects.filter(pk__in=[r.pk for r in rows]).moving().prefetch_related("participants__person")


def rooms(keys: Collection[Key], *, lock: bool = False) -> dict[Key, Room]:
    """Return the room of each host and call: two queries, whatever their number. With `lock`, others wait for the same quotas."""
    hosts, calls = {h for h, _c in keys}, {c for _h, c in keys}
    rows = HostQuota.objects.filter(organisation__in=hosts, call__in=calls).order_by("pk")
    quotas = {(q.organisation_id, q.call_id): q.quota for q in (rows.select_for_update() if lock else rows)}
    counted = Application.objects.filter(host__in=hosts, call__in=calls, state__in=ENDORSED).values_list("host", "call")
    used = {(h, c): n for h, c, n in counted.annotate(n=Count("pk")).values_list("host", "call", "n")}
    return {key: Room(quotas.get(key), used.get(key, 0)) for key in keys}


def endorse(*, applications: Sequence[Application], actor: Actor, agree: Consent = True) -> list[Application]:
    """Endorse applications, by their host, within its quota, and sign its documents: all of them or none. Central institutes
    report directly.

    Raises:
        Refused: over the quota, wrong state, too late, a document is not agreed to or a partner has not signed; with every reason.
    """
    with command(actor, "calls.endorse", name="calls.endorse") as log:
        rows = _rows(applications)
        groups = by_host_and_call(rows)
        _complete_quotas(groups)
        refuse_if(over for key, room in rooms(groups, lock=True).items() if (over := _over(room, groups[key])))
        refuse_if(r for reasons in unsigned_partners(rows).values() for r in reasons)
        refuse_staff_of(rows)
        now = clock.now()
        done: list[Application] = []
        direct = [r for r in rows if r.host.direct]
        through = [r for r in rows if not r.host.direct]
        if direct:
            done += APPLICATION.apply(_queryset(direct), "endorse_direct", log, endorsed_at=now, received_at=now)
        if through:
            done += APPLICATION.apply(_queryset(through), "endorse", log, endorsed_at=now)
        sign(
            SIGNATURES,
            [
                ApplicationSigning(row.pk, d, Party.HOST, _signer(actor, row.host.name_zh), organisation=row.host_id)
                for row, documents in _documents(done, Party.HOST, agree)
                for d in documents
            ],
            actor=actor,
            at=now,
        )
    return done


def _documents(rows: Sequence[Application], party: str, agree: Consent) -> list[tuple[Application, list[Document]]]:
    """Return what is signed for each row. An agreement to a batch covers every document that some row of it needs."""
    documents = documents_for(rows, party)
    return [(row, to_sign(documents[row.pk], agree)) for row in rows]


def _signer(actor: Actor, otherwise: str) -> str:
    return actor.account.name_zh if actor.account else otherwise


def _complete_quotas(groups: dict[Key, list[Application]]) -> None:
    """Give a host that was registered after a call was published its quota now, if the call has quotas."""
    hosts, calls = {h for h, _c in groups}, {c for _h, c in groups}
    limited = set(HostQuota.objects.filter(call__in=calls).values_list("call", flat=True))
    complete = set(HostQuota.objects.filter(call__in=calls, organisation__in=hosts).values_list("organisation", "call"))
    for (host, call), group in groups.items():
        if call in limited and (host, call) not in complete:
            set_host_quotas(call=group[0].call, host=host)


def _over(room: Room, group: Sequence[Application]) -> Reason | None:
    if room.free is None or len(group) <= room.free:
        return None
    figures = {"host": group[0].host, "quota": room.quota, "used": room.used, "new": len(group)}
    figures["over"] = room.used + len(group) - (room.quota or 0)
    return Reason(
        _("%(host)s 的限额为 %(quota)d 项，已报送 %(used)d 项，本次 %(new)d 项，超出 %(over)d 项") % figures, code="F15"
    )


def by_host_and_call(rows: Sequence[Application]) -> dict[Key, list[Application]]:
    groups: dict[Key, list[Application]] = {}
    for row in rows:
        groups.setdefault((row.host_id, row.call_id), []).append(row)
    return groups


def rank_applications(*, ordered: Sequence[Application], actor: Actor) -> None:
    """Rank what waits for the endorsement of a host in one call, from the first place on. What it endorsed before stays in
    front.

    Who takes part in one of them ranks none of them.

    Raises:
        Refused: too late, not exactly the applications that wait now, or an own one among them.
    """
    if not ordered:
        raise Refused.because(_("没有可以排序的申请"))
    host, call = ordered[0].host_id, ordered[0].call_id
    with command(actor, "calls.endorse", name="calls.rank") as log:
        group = Application.objects.filter(host=host, call=call)
        waiting = group.filter(state=State.HOST_REVIEW).moving().prefetch_related("participants__person")
        rows = {r.pk: r for r in waiting.select_for_update(of=("self",)).order_by("pk")}
        if sorted(rows) != sorted(r.pk for r in ordered):
            raise Refused.because(_("待审核的申请有变化，请重新排序"))
        if actor.account and not all(may(actor.account, "calls.endorse", r) for r in rows.values()):
            raise _no_ranking(actor, rows.values())
        refuse_if(r for r in (before_endorsement_deadline(rows[ordered[0].pk]),) if r)
        group.filter(state__in=UNSUBMITTED, host_rank__isnull=False).update(host_rank=None)
        taken = group.filter(state__in=ENDORSED, host_rank__isnull=False).values_list("host_rank", flat=True)
        start = max((n for n in taken if n), default=0) + 1
        changed = []
        for place, application in enumerate(ordered, start=start):
            row = rows[application.pk]
            if row.host_rank != place:
                log(row, before={"host_rank": row.host_rank}, after={"host_rank": place})
                row.host_rank = place
                changed.append(row)
        Application.objects.bulk_update(changed, ["host_rank"], batch_size=1000)


def _no_ranking(actor: Actor, rows: Collection[Application]) -> Exception:
    mine = any(r.host_id in actor.account.scopes("host_manager", Scope.ORGANISATION) for r in rows) if actor.account else False
    own = _("您参与了其中的申请，不能参加排序，请由本单位其他管理员办理")
    return Refused.because(own, code="permission") if mine else NotAllowed("calls.endorse")


def return_to_author(*, applications: Sequence[Application], note: str, actor: Actor) -> list[Application]:
    """Return applications from the host to their authors, with what must be changed: all of them or none.

    Raises:
        Refused: no note, wrong state, too late; with every reason.
    """
    refuse_if(_no_note(note))
    with command(actor, "calls.endorse", name="calls.return_to_author") as log:
        rows = APPLICATION.apply(_queryset(applications), "return", log, returned_note=note.strip(), submitted_at=None)
        mark_step(APPLICATIONS, [r.pk for r in rows], Version.Kind.RETURN, actor=actor, at=clock.now())
        accounts = Account.objects.in_bulk({r.leader.account_id for r in rows if r.leader.account_id})
        tell(
            [
                (accounts[r.leader.account_id], partial(_returned, r), note.strip(), f"/applications/{r.pk}/")
                for r in rows
                if r.leader.account_id in accounts
            ]
        )
    return rows


def _returned(row: Application) -> str:
    return _("申请书被退回修改：%s") % row.title_zh[:60]


def not_endorse(*, applications: Sequence[Application], note: str, actor: Actor) -> list[Application]:
    """Refuse, by the host, to pass applications on, with the reason: all of them or none. They end here and hold no place of a
    limit, and authors and members are told.

    Raises:
        Refused: no reason, wrong state, too late; with every reason.
    """
    if not note.strip():
        raise Refused.because(_("请写明不予报送的理由"), field="note")
    with command(actor, "calls.endorse", name="calls.not_endorse") as log:
        rows = APPLICATION.apply(_queryset(applications), "not_endorse", log, returned_note=note.strip())
        _tell_people(rows, _not_endorsed, note.strip())
    return rows


def _not_endorsed(row: Application) -> str:
    return _("依托单位决定不予报送：%s") % row.title_zh[:60]


def _tell_people(rows: Sequence[Application], title: Callable[[Application], str], body: str = "") -> None:
    """Tell the authors of applications and their members; two queries, whatever their number. `rows` come with their
    participants.
    """
    people = {r.pk: [r.leader, *(p.person for p in r.participants.all() if p.declined_at is None)] for r in rows}
    accounts = Account.objects.in_bulk({p.account_id for recipients in people.values() for p in recipients if p.account_id})
    tell(
        [
            (accounts[p.account_id], partial(title, r), body, f"/applications/{r.pk}/")
            for r in rows
            for p in people[r.pk]
            if p.account_id in accounts
        ]
    )


def _no_note(note: str) -> list[Reason]:
    return [] if note.strip() else [Reason(_("请写明退回的理由"), field="note")]


def recommend(*, applications: Sequence[Application], actor: Actor, agree: Consent = True) -> list[Application]:
    """Sign the documents of an agency and recommend endorsed applications. The formal check receives them.

    Raises:
        Refused: wrong state, too late, or a document is not agreed to; with every reason.
    """
    with command(actor, "calls.recommend", name="calls.recommend") as log:
        refuse_staff_of(applications)
        now = clock.now()
        done = APPLICATION.apply(_queryset(_rows(applications)), "recommend", log, received_at=now)
        sign(
            SIGNATURES,
            [
                ApplicationSigning(row.pk, d, Party.RECOMMENDER, _signer(actor, ""), agency=row.host.recommender_id)
                for row, documents in _documents(done, Party.RECOMMENDER, agree)
                for d in documents
            ],
            actor=actor,
            at=now,
        )
    return done


def return_to_host(*, applications: Sequence[Application], note: str, actor: Actor) -> list[Application]:
    """Return endorsed applications from an agency to their hosts, as `return_to_author` does to their authors."""
    refuse_if(_no_note(note))
    with command(actor, "calls.recommend", name="calls.return_to_host") as log:
        rows = APPLICATION.apply(_queryset(applications), "return", log, returned_note=note.strip())
        managers = managers_of({r.host_id for r in rows})
        tell([(m, partial(_returned_to_host, r), note.strip(), "/host/endorse/") for r in rows for m in managers[r.host_id]])
    return rows


def _returned_to_host(row: Application) -> str:
    return _("归口管理部门退回：%s") % row.title_zh[:60]


def late_rows(call: Call) -> ApplicationQuerySet:
    """Return what missed its deadline in a call: the author's, the host's or the agency's."""
    now = clock.now()
    states = [State.DRAFT] if now >= call.closes_at else []
    states += [State.HOST_REVIEW] if now >= call.endorse_by else []
    states += [State.RECOMMENDING] if now >= call.recommend_by else []
    return Application.objects.filter(call=call, state__in=states)


def expire_late(*, call: Call, actor: Actor) -> int:
    """Close what missed its deadline: drafts after the call closed, unendorsed and unrecommended applications after their own.
    Authors and members are told, and the hosts of what had been submitted to them. What is an officer's own case is left to another, or
    to the worker.
    """
    if not without_own(late_rows(call), actor.account).exists():
        return 0
    with command(actor, "calls.check", call, name="calls.expire_late") as log:
        late = without_own(late_rows(call), actor.account).moving().prefetch_related("participants__person")
        rows = list(late.select_for_update(of=("self",)).order_by("pk"))
        submitted = [r for r in rows if r.state != State.DRAFT]
        APPLICATION.move(rows, "expire", log)
        _tell_people(rows, _expired)
        managers = managers_of({r.host_id for r in submitted})
        tell([(m, partial(_expired, r), "", f"/applications/{r.pk}/") for r in submitted for m in managers[r.host_id]])
    return len(rows)


def _expired(row: Application) -> str:
    return _("因逾期未报送，申请已关闭：%s") % (row.title_zh[:60] or row.call.title_zh[:60])


def expire_everywhere(*, actor: Actor) -> int:
    """Close what came too late in every call. It opens only calls in which something waits, and is safe to run twice."""
    now = clock.now()
    late = Q(state=State.DRAFT, call__closes_at__lte=now) | Q(state=State.HOST_REVIEW, call__endorse_by__lte=now)
    late |= Q(state=State.RECOMMENDING, call__recommend_by__lte=now)
    calls = Call.objects.filter(pk__in=Application.objects.filter(late).values("call")).order_by("pk")
    return sum(expire_late(call=call, actor=actor) for call in calls)


def managers_of(hosts: Collection[int]) -> dict[int, list[Account]]:
    """Return the accounts that act for each host today (2 queries)."""
    grants = RoleGrant.objects.in_force(clock.now()).filter(role="host_manager", scope="organisation", scope_id__in=hosts)
    managers: dict[int, list[Account]] = {host: [] for host in hosts}
    for grant in grants.select_related("account"):
        managers[grant.scope_id or 0].append(grant.account)
    return managers


def recommenders(agency_id: int) -> list[Account]:
    grants = RoleGrant.objects.in_force(clock.now()).filter(role="recommender", scope="agency", scope_id=agency_id)
    return list(Account.objects.filter(pk__in=grants.values("account")))


def officers(call_id: int, *, about: Application | None = None) -> list[Account]:
    """Return the officers of a call. Those who have a part in the case `about` are left out: they hear nothing of what goes on
    inside it.
    """
    grants = RoleGrant.objects.in_force(clock.now()).filter(role="programme_officer")
    grants = grants.filter(Q(scope=Scope.ALL) | Q(scope="call", scope_id=call_id))
    accounts = Account.objects.filter(pk__in=grants.values("account"))
    return list(accounts.exclude(pk__in=accounts_with_part(about)) if about else accounts)


def tell_of_withdrawal(row: Application, was: State, reason: str) -> None:
    """Tell everybody who had received an application that it was withdrawn: host, agency, officers, each with a page they may
    open.
    """
    if was == State.DRAFT:
        return
    notes = [(m, f"/applications/{row.pk}/") for m in managers_of([row.host_id])[row.host_id]]
    if was in ENDORSED and not row.host.direct and row.host.recommender_id:
        notes += [(r, "/recommend/?all=1") for r in recommenders(row.host.recommender_id)]
    if was in IN_THE_HOUSE:
        notes += [(o, f"/office/calls/{row.call_id}/") for o in officers(row.call_id)]
    messages = {a.pk: (a, partial(_withdrawn, row), reason, url) for a, url in reversed(notes)}
    tell(list(messages.values()))


def _withdrawn(row: Application) -> str:
    return _("申请人撤回申请：%(number)s %(title)s") % {"number": row.number, "title": row.title_zh[:60]}


def change_quota(*, call: Call, host: Organisation, quota: int, reason: str, actor: Actor) -> None:
    """Set the quota of one host in one call, with a reason that the host reads. The computed quota is kept beside it.

    Raises:
        Refused: no reason, below zero or below what the host has endorsed, or the host has no quota in this call.
    """
    with command(actor, "calls.check", call, name="calls.change_quota") as log:
        room = rooms([(host.pk, call.pk)], lock=True)[host.pk, call.pk]
        if room.quota is None:
            raise Refused.because(_("%s 在本批次没有限额") % host, field="quota")
        reasons = [] if reason.strip() else [Reason(_("请写明调整限额的理由，依托单位会看到"), field="reason")]
        if quota < max(0, room.used):
            reasons.append(Reason(_("已报送 %d 项，限额不能少于这个数") % room.used, field="quota"))
        refuse_if(reasons)
        row = HostQuota.objects.get(call=call, organisation=host)
        log(row, before={"quota": row.quota}, after={"quota": quota, "reason": reason.strip()})
        row.basis = {**row.basis, "computed": row.basis.get("computed", row.quota), "reason": reason.strip()}
        row.quota = quota
        row.save(update_fields=["quota", "basis"])
        figures = {"call": call.title_zh, "quota": quota}
        notify(
            managers_of([host.pk])[host.pk],
            title=lambda: _("%(call)s：本单位限额调整为 %(quota)d 项") % figures,
            body=reason.strip(),
            url="/host/endorse/",
        )


def quota_board(call: Call) -> dict[int, tuple[int, int]]:
    """Return (quota, used) by host for a call: three queries."""
    hosts = list(HostQuota.objects.filter(call=call).values_list("organisation", flat=True))
    rooms_by_key = rooms([(h, call.pk) for h in hosts])
    return {host: (room.quota or 0, room.used) for (host, _call), room in rooms_by_key.items()}
