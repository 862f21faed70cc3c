"""Applications as their authors work on them: draft, save, members, sign and submit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.calls.applying.services.assigning import assign
from headwater.calls.applying.services.hosting import chosen_host
from headwater.calls.applying.services.prefilling import carry_over, prefill
from headwater.calls.contents import PRIVATE, plain
from headwater.calls.facts import check_applications
from headwater.calls.joining.services.inviting import forget_outsider, invite_members, tell_removed, use_links
from headwater.calls.locks import lock, lock_draft, lock_people
from headwater.calls.models import Application, Call, Participant, Version
from headwater.calls.publishing.services.stages import invited_outline
from headwater.calls.schemes import scheme_of
from headwater.calls.signatures import documents_for
from headwater.calls.staff_work import refuse_staff_of
from headwater.calls.states import State
from headwater.calls.stores import APPLICATIONS, SIGNATURES, signed_by_person
from headwater.calls.terms import limit_group_of, usual_start, usual_terms
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import NotAllowed, Reason, Refused, refuse_if
from headwater.core.i18n import named
from headwater.core.permission import may
from headwater.core.prepared import write
from headwater.core.services import notify
from headwater.forms.autosaving import Changes, refuse_too_large
from headwater.forms.results import Result, Verdict
from headwater.forms.signing import Consent, sign, to_sign
from headwater.forms.versions import keep_version, mark_step
from headwater.registry.fund_staff import refuse_fund_staff
from headwater.registry.models import Organisation, Person, accounts_of, is_own, records_of


def create_draft(
    *, call: Call, leader: Person, actor: Actor, values: dict[str, Any] | None = None, host: Organisation | None = None
) -> Application:
    """Start an application. One draft for a call and person is enough: a second call returns the first draft.

    Without `host` it goes through the host of its outline, or the person's own institution.

    Raises:
        Refused: the call is not open, or the host is not one to apply through.
    """
    with command(actor, "calls.apply", name="calls.create_draft") as log:
        leader = leader.survivor
        if actor.account and not is_own(actor.account, leader):
            raise NotAllowed("calls.apply")
        if not call.is_open:
            raise Refused.because(_("该批次现在不接受申报"))
        lock_people([leader.pk])
        refuse_fund_staff([leader.pk])
        draft = Application.objects.filter(call=call, leader_of_record=leader, state=State.DRAFT).first()
        if draft:
            return draft
        scheme = scheme_of(call)
        outline = invited_outline(call, leader)
        amount, months = usual_terms(call)
        application = Application(
            call=call,
            leader=leader,
            host=chosen_host(host or (outline.host if outline else leader.organisation), leader),
            limit_year=call.year,
            limit_group=limit_group_of(call),
            research_class=scheme.research_classes[0],
            months=months,
            amount_fen=amount,
            starts_on=usual_start(call),
            created_at=clock.now(),
            saved_at=clock.now(),
        )
        prefill(application)
        if outline:
            carry_over(outline, application)
        if values:
            assign(application, values)
        application.save(force_insert=True)
        log(application, after={"call": call.code, "leader": leader.pk, "host": application.host_id})
    return application


@dataclass(frozen=True)
class Saved:
    """An application after a save, with what the save changed and merged."""

    application: Application
    changes: Changes


def save_application(*, application: Application, values: dict[str, Any], actor: Actor) -> Application:
    """Save only the fields that are named in `values`, for a writer who has seen what they hold now."""
    return save_fields(application=application, values=values, actor=actor).application


def save_fields(
    *,
    application: Application,
    values: dict[str, Any],
    actor: Actor,
    base: Mapping[str, Any] | None = None,
    kind: str = Version.Kind.SAVE,
) -> Saved:
    """Save only the fields that are named in `values`, so that two people may write at once.

    `base` has what the writer saw in a field before changing it; where the field holds something else by now, both changes are
    merged. What the fields held before is kept as a version. Values are kept even when a rule will complain; only what cannot be
    stored is refused.

    Raises:
        Refused: not a draft any more, past the deadline, or a value that cannot be stored (with its field).
        NotAllowed: a field that is for the applicant alone.
    """
    with command(actor, "calls.application.write", application, name="calls.save_application") as log:
        row = lock_draft(application)
        if actor.account and values.keys() & PRIVATE and not is_own(actor.account, row.leader):
            raise NotAllowed("calls.application.write")
        changes = assign(row, values, base)
        if changes.before:
            refuse_too_large(row.answers, changes)
            row.revision += 1
            row.saved_at = clock.now()
            _write(row, set(changes.before))
            _keep(row, changes, actor, kind)
            log(row, after={"revision": row.revision, "fields": sorted(changes.before)})
    return Saved(row, changes)


def _keep(row: Application, changes: Changes, actor: Actor, kind: str) -> None:
    keep_version(
        APPLICATIONS.of(row.pk),
        revision=row.revision,
        at=row.saved_at,
        before=changes.before,
        clashes=changes.clashes,
        actor=actor,
        kind=kind,
        plain=plain,
    )


def _write(row: Application, changed: set[str]) -> None:
    """Write only the named columns and answers. The database merges the answers; they are sent as a whole only when one of them
    was removed.
    """
    answered = changed & {f.code for f in scheme_of(row.call).fields}
    columns = (changed - answered) | {"revision", "saved_at"}
    if "discipline" in changed:
        columns.add("review_group")
    values = {name: getattr(row, COLUMNS.get(name, name)) for name in columns}
    if answered <= set(row.answers):
        merged = {"answers": {name: row.answers[name] for name in answered}} if answered else {}
        write(Application, [row.pk], values, merged=merged)
    else:
        write(Application, [row.pk], values | {"answers": row.answers})


COLUMNS = {"discipline": "discipline_id", "second_discipline": "second_discipline_id"}


def add_members(*, application: Application, members: Sequence[tuple[Person, int]], actor: Actor) -> list[Participant]:
    """Add members with their months a year; each gets a link to confirm.

    Raises:
        Refused: somebody is already in it, is the leader, or has no institution.
    """
    with command(actor, "calls.application.edit", application, name="calls.add_members") as log:
        row = lock_draft(application)
        persons = set(records_of([*row.participants.values_list("person_id", flat=True), row.leader_id]).values())
        reasons, participants = [], []
        for person, months in ((person.survivor, months) for person, months in members):
            if person.pk in persons:
                reasons.append(Reason(_("%s 已在申请书中") % person, field="member"))
            elif person.organisation_id is None:
                reasons.append(Reason(_("%s 没有登记单位") % person, field="member"))
            elif not 1 <= months <= 12:
                reasons.append(Reason(_("每年工作月数应为 1 至 12"), field="months"))
            else:
                participants.append(
                    Participant(application=row, person=person, organisation_id=person.organisation_id, months_per_year=months)
                )
                persons.add(person.pk)
        if len(persons) - 1 > scheme_of(row.call).members_max:
            reasons.append(Reason(_("参与者最多 %d 人") % scheme_of(row.call).members_max, field="member"))
        refuse_if(reasons)
        refuse_fund_staff([m.person_id for m in participants], field="member")
        Participant.objects.bulk_create(participants)
        for participant in participants:
            log(participant, after={"application": row.pk, "person": participant.person_id})
        invite_members(participants, row, log)
    return participants


def remove_member(*, participant: Participant, actor: Actor) -> None:
    with command(actor, "calls.application.edit", participant.application, name="calls.remove_member") as log:
        lock_draft(participant.application)
        log(participant, before={"application": participant.application_id, "person": participant.person_id})
        tell_removed(participant)
        participant.delete()
        if participant.organisation_id is None:
            forget_outsider(participant.person)


def allow_editing(*, application: Application, members: Collection[int], actor: Actor) -> None:
    """Let exactly these members (keys of participants) write in the draft. They may not change members or files, nor submit.

    Raises:
        Refused: somebody who has not confirmed.
    """
    with command(actor, "calls.application.edit", application, name="calls.allow_editing") as log:
        row = lock_draft(application)
        rows = list(row.participants.select_for_update(of=("self",)).select_related("person"))
        waiting = [r for r in rows if r.pk in members and r.confirmed_at is None]
        refuse_if(Reason(_("%s 还没有确认参与，确认后才能允许其编辑") % r.person, field="may_edit") for r in waiting)
        changed = [r for r in rows if r.may_edit != (r.pk in members)]
        for member in changed:
            member.may_edit = not member.may_edit
            log(member, before={"may_edit": not member.may_edit}, after={"may_edit": member.may_edit})
        Participant.objects.bulk_update(changed, ["may_edit"])
        let = accounts_of(r.person_id for r in changed if r.may_edit)
        notify(let, title=lambda: _("您可以编辑“%s”了") % row.title_zh[:60], url=f"/applications/{row.pk}/edit/info/")


def change_host(*, application: Application, host: Organisation, actor: Actor) -> None:
    """Have a draft go through another host. Nothing else in it changes, but it loses the rank that the former host gave.

    Raises:
        Refused: not a draft any more, past the deadline, or not a host to apply through.
    """
    with command(actor, "calls.application.edit", application, name="calls.change_host") as log:
        row = lock_draft(application)
        chosen_host(host, row.leader)
        if host.pk != row.host_id:
            write(Application, [row.pk], {"host": host, "host_rank": None})
            log(row, before={"host": row.host_id, "host_rank": row.host_rank}, after={"host": host.pk, "host_rank": None})


CONFIRMATION_COLUMNS = (
    *("application_id", "person_id", "person__account_id", "person__name_zh"),
    *("application__state", "application__call_id", "application__call__scheme_id", "application__call__stage"),
)
"""What a member's confirmation reads; what the conditions of documents read is brought along where there are any."""


def confirm_participation(*, participants: Sequence[Participant], actor: Actor, agree: Consent = True) -> int:
    """Confirm a participation, by the member only, and sign the members' documents. A member who has signed the present wording
    changes nothing by confirming again; one who signed an earlier wording signs anew.

    Raises:
        Refused: a participation of somebody else, the application has left its author, or a document is not agreed to.
    """
    with command(actor, "calls.application.confirm", name="calls.confirm_participation") as log:
        rows = list(
            Participant.objects.select_for_update(of=("self",))
            .select_related("application__call", "person")
            .only(*CONFIRMATION_COLUMNS)
            .filter(pk__in=[p.pk for p in participants], confirmed_at__isnull=True)
            .order_by("pk")
        )
        for row in rows:
            if actor.account is not None and not is_own(actor.account, row.person):
                raise Refused.because(_("只能由本人确认参与"))
            if row.application.state != State.DRAFT:
                raise Refused.because(_("申请书已提交，不能再确认"))
        refuse_fund_staff([r.person_id for r in rows])
        now = clock.now()
        documents = documents_for([r.application for r in rows], "member")
        signings = [
            signing
            for r in rows
            for signing in signed_by_person(
                r.application_id, to_sign(documents[r.application_id], agree), "member", r.person_id, r.person.name_zh
            )
        ]
        keys = [r.pk for r in rows]
        Participant.objects.filter(pk__in=keys).update(confirmed_at=now, declined_at=None, decline_reason="")
        sign(SIGNATURES, signings, actor=actor, at=now)
        use_links(now, participant__in=keys)
        log.many(rows, {"confirmed": True})
    return len(rows)


def submit_application(
    *, application: Application, actor: Actor, agree: Consent, seen: int | None = None, known: Collection[str] | None = None
) -> Application:
    """Sign the applicant's documents and submit to the host, in one short transaction, judged by the server's clock.

    Who may is judged on the locked row: `application` needs no more than its key. `seen` is the revision that the applicant has
    read: what was changed since is not signed. `known` are the names of the warnings that the applicant has confirmed.

    Raises:
        Refused: changed since it was read, a document is not agreed to, late, a blocking rule fails, or a warning is not known; with
            every reason.
    """
    try:
        with command(actor, "calls.application.submit", name="calls.submit_application") as log:
            row = lock(application)
            if actor.account is not None and not may(actor.account, "calls.application.submit", row):
                raise NotAllowed("calls.application.submit")
            _refuse_unseen(row, seen)
            lock_people([row.leader_id], members_of=row.pk)
            refuse_staff_of([row], locked=True)
            now = clock.now()
            documents = to_sign(documents_for([row], "applicant")[row.pk], agree)
            sign(
                SIGNATURES,
                signed_by_person(row.pk, documents, "applicant", row.leader_id, row.leader.name_zh),
                actor=actor,
                at=now,
            )
            row.submitted_at = now
            results = check_applications([row], row.call)[row.pk]
            refuse_if(_blocking(results))
            refuse_if(_unknown(results, known))
            number = row.number or next_number(row.call)
            APPLICATION.move([row], "submit", log, number=number, submitted_at=now, returned_note="")
            mark_step(APPLICATIONS, [row.pk], Version.Kind.SUBMIT, actor=actor, at=now, sealed=True)
    except IntegrityError as error:
        if "application_one_live_per_year" in str(error):
            raise Refused.because(_("本年度已申报一项，不能再提交"), code="F11") from error
        raise
    return row


def _refuse_unseen(row: Application, seen: int | None) -> None:
    if seen is None or seen == row.revision:
        return
    last = Version.objects.filter(application=row).select_related("author").order_by("-id").first()
    last_save = {
        "at": f"{timezone.localtime(row.saved_at):%Y-%m-%d %H:%M:%S}",
        "name": last.author if last and last.author else "—",
    }
    raise Refused.because(_("内容已于 %(at)s 被 %(name)s 修改，没有提交；请重新核对后再签署") % last_save, code="F01")


def warnings_in(results: Sequence[Result]) -> list[tuple[str, Result]]:
    """Return the failures that keep nobody from submitting, by name: whoever submits nevertheless confirms each."""
    return [(f"{r.rule} {r.code}", r) for r in results if r.outcome == Verdict.FAILED and not r.blocks]


def _unknown(results: Sequence[Result], known: Collection[str] | None) -> list[Reason]:
    if known is None:
        return []
    return [Reason(_("请先确认提示：%s") % named(r), code=r.code) for name, r in warnings_in(results) if name not in known]


def _blocking(results: Sequence[Result]) -> list[Reason]:
    failed = [r for r in results if r.blocks and r.outcome == Verdict.FAILED]
    failures = [(named(r), named(r, "mend"), r.code) for r in failed]
    return [
        Reason(_("%(what)s。%(mend)s") % {"what": what, "mend": mend} if mend else what, code=code)
        for what, mend, code in failures
    ]


def next_number(call: Call) -> str:
    """Return the next application number of a scheme's prefix and year, e.g. 2026MS00017. No number is given twice.

    It comes from a sequence, so that nobody waits for another's commit; what is refused for another reason takes no number,
    but a submission that the database itself breaks off after this leaves its number unused.
    """
    series = f"{call.year}{scheme_of(call).prefix}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT calls_next_number(%s)", [series])
        return f"{series}{cursor.fetchone()[0]:05d}"
