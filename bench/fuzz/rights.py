"""Who may cause which event, told from the records alone and apart from the permissions of the system."""

from __future__ import annotations

from typing import Any

LEADER = (
    "calls.create_draft calls.save_application calls.add_members calls.remove_member calls.attach calls.detach "
    "calls.submit_application calls.withdraw_application calls.reopen_application calls.ask_recheck calls.reply_to_objection"
)
HOST = "registry.complete_person calls.endorse calls.rank calls.return_to_author"
AGENCY = "calls.recommend calls.return_to_host"
OFFICER = (
    "calls.save_call calls.ask_call_approval calls.send_call_back calls.publish_call calls.decide_check "
    "calls.answer_recheck calls.expire_late calls.invite calls.propose_decisions calls.reconsider "
    "calls.publish_notice calls.release calls.finish_call calls.answer_objection calls.run_formal_check "
    "calls.find_likenesses review.close_reviews review.propose_round review.publish_round review.find_conflicts "
    "review.expire_invitations review.remind review.assign_by_hand review.release_assignment review.make_panel "
    "review.open_voting review.close_voting review.vote_again calls.settle_objection calls.correct_words "
    "awards.extend_agreements awards.end_awards "
    "review.open_voting review.close_voting review.vote_again review.change_experts review.retire_expert review.restore_expert "
    "registry.merge_records registry.undo_merge registry.remove_authorship registry.remove_relation"
)
EXPERT = "review.answer_invitations review.save_opinions review.submit_opinions review.cast_ballot"
IMPORTS = (
    "registry.import_people registry.import_organisations registry.import_sanctions registry.record_sanctions registry.import_posts "
    "registry.import_titles registry.record_history awards.import_projects "
    "registry.import_works registry.import_relations registry.record_employment review.import_experts review.register_experts"
)
NOBODY = frozenset(["calls.file_objection", "core.confirm_address"])
"""What people without an account do: by form, or by a link that a mailbox was sent."""
ROLES: dict[str, frozenset[str]] = {
    **dict.fromkeys(OFFICER.split(), frozenset(["programme_officer"])),
    **dict.fromkeys(EXPERT.split(), frozenset(["expert"])),
    **dict.fromkeys(HOST.split(), frozenset(["host_manager"])),
    **dict.fromkeys(AGENCY.split(), frozenset(["recommender"])),
    "calls.approve_decisions": frozenset(["programme_officer", "committee"]),
    "registry.add_publications": frozenset(["programme_officer", "system_admin", "expert"]),
    "registry.add_relations": frozenset(["programme_officer", "system_admin", "expert"]),
    "review.change_own": frozenset(["expert"]),
    "review.declare_conflict": frozenset(["programme_officer", "expert"]),
    "core.create_accounts": frozenset(["system_admin"]),
    "core.set_active": frozenset(["system_admin"]),
    "core.grant_roles": frozenset(["security_admin"]),
    "core.end_grant": frozenset(["security_admin"]),
    "core.propose_grant": frozenset(["security_admin"]),
    "core.approve_grant": frozenset(["security_admin", "system_admin"]),
    "core.drop_grant": frozenset(["security_admin", "system_admin"]),
    "core.correct_address": frozenset(["system_admin"]),
    "core.approve_address": frozenset(["security_admin"]),
    "core.drop_address": frozenset(["security_admin", "system_admin"]),
    "core.ask_factor_reset": frozenset(["security_admin"]),
    "core.approve_factor_reset": frozenset(["security_admin", "system_admin"]),
    "core.drop_factor_reset": frozenset(["security_admin", "system_admin"]),
    "registry.correct_address": frozenset(["programme_officer", "system_admin"]),
    **dict.fromkeys(IMPORTS.split(), frozenset(["programme_officer", "system_admin"])),
}


def wrong_events(after: int, who: str | None, path: str) -> list[str]:
    """Events after `after` that `who` may not have caused, each as "command: why"."""
    from headwater.core.models import Account, Event, RoleGrant

    events = list(Event.objects.filter(pk__gt=after).order_by("pk"))
    account = Account.objects.filter(username=who).first() if who else None
    held = set(RoleGrant.objects.filter(account=account).values_list("role", flat=True)) if account else set()
    out = []
    for e in events:
        if e.actor_id is None:
            if e.command not in NOBODY:
                out.append(f"{e.command}: nobody is named for what {who} did")
        elif account is None or e.actor_id != account.pk:
            out.append(f"{e.command}: {e.actor_label} is named for what {who} did")
        elif e.command in ROLES and not ROLES[e.command] & held:
            out.append(f"{e.command}: {who} holds only {sorted(held)}")
        else:
            out += _of_application(e, account)
    return out


def _of_application(event: Any, account: Any) -> list[str]:
    from headwater.calls.models import Application
    from headwater.core.models import RoleGrant

    if event.command == "awards.refuse_agreement":
        return _of_award(event, account)
    pk = _case_of(event)
    row = Application.objects.select_related("leader", "host").filter(pk=pk).first() if isinstance(pk, int) else None
    if row is None:
        return []
    grants = RoleGrant.objects.filter(account=account)
    if event.command in LEADER.split() and row.leader.account_id != account.pk:
        return [f"{event.command}: application {pk} is not theirs"]
    if event.command in HOST.split() and not grants.filter(role="host_manager", scope_id=row.host_id).exists():
        return [f"{event.command}: application {pk} is of another host"]
    if event.command in AGENCY.split() and not grants.filter(role="recommender", scope_id=row.host.recommender_id).exists():
        return [f"{event.command}: application {pk} is of another agency"]
    if event.command in JUDGING and account.pk in _parties(row):
        return [f"{event.command}: application {pk} is their own"]
    return []


def _of_award(event: Any, account: Any) -> list[str]:
    from headwater.awards.models import Award
    from headwater.core.models import RoleGrant

    row = Award.objects.select_related("leader").filter(pk=event.subject_id).first() if event.subject_type == "awards.award" else None
    if row is None or row.leader.account_id == account.pk:
        return []
    host = RoleGrant.objects.filter(account=account, role="host_manager", scope_id=row.host_id)
    return [] if host.exists() else [f"{event.command}: award {row.pk} is not theirs"]
JUDGING = frozenset([*OFFICER.split(), *AGENCY.split(), "review.save_opinions", "review.submit_opinions", "calls.approve_decisions"])
"""What nobody does to an application in which they have a part."""


def _case_of(event: Any) -> Any:
    """The application of an event: its subject, what it names, or that of the assignment or opinion it is about."""
    from headwater.review.models import Assignment, Opinion

    if event.subject_type == "calls.application":
        return event.subject_id
    if event.subject_type == "review.assignment":
        return Assignment.objects.filter(pk=event.subject_id).values_list("application", flat=True).first()
    if event.subject_type == "review.opinion":
        return Opinion.objects.filter(pk=event.subject_id).values_list("assignment__application", flat=True).first()
    return {**(event.before or {}), **(event.after or {})}.get("application")


def _parties(row: Any) -> set[int]:
    """Accounts of leader, members (also who declined), referees, their close family, and of who signed for an institution."""
    from django.db.models import Q

    from headwater.registry.models import Person, Relation

    people = {row.leader_id, *row.participants.values_list("person", flat=True), *row.referees.values_list("person", flat=True)}
    kin = Relation.objects.filter(Q(first__in=people) | Q(second__in=people), kind="kin").values_list("first", "second")
    people |= {pk for pair in kin for pk in pair}
    signed = row.signatures.filter(party__in=["host", "partner"]).values_list("account", flat=True)
    return {*Person.objects.filter(pk__in=people - {None}).values_list("account", flat=True), *signed} - {None}
