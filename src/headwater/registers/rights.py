"""Who may cause the events of registers, said from the records alone."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from headwater.core.causes import SYSTEM, Party, Right, declare, either, right_for
from headwater.core.models import Account, Event, RoleGrant
from headwater.registers.declared import tables
from headwater.registers.models import KindVersion, Proposal
from headwater.registry.models import Organisation
from headwater.registry.rights import IMPORTS, OFFICER_OF_ALL


def entry(event: Event) -> Any:
    """Return the entry of an event, or that of a proposal."""
    if event.subject_type == "registers.proposal":
        row = Proposal.objects.get(pk=event.subject_id or 0)
        return apps.get_model(row.subject_kind)._base_manager.get(pk=row.subject_id)
    if not event.subject_id or not event.subject_type:
        return None
    record = apps.get_model(event.subject_type)._base_manager.filter(pk=event.subject_id).first()
    return record if record is not None and hasattr(record, "version_id") else None


def held(event: Event, account: Account, role: str) -> bool:
    """Tell whether an account held a role for the entry: for itself, its institution, its agency, or for everything."""
    row = entry(event)
    if row is None:
        return False
    host = row.host_id
    agency = Organisation.objects.filter(pk=host).values_list("recommender", flat=True).first()
    limits = {("all", None), ("organisation", host), ("agency", agency), (row._meta.label_lower, row.pk)}
    grants = RoleGrant.objects.in_force(event.at).filter(account=account, role=role)
    return any((g.scope_kind or g.scope, g.scope_id) in limits for g in grants)


def named_by_verb(event: Event, account: Account) -> bool:
    """Tell whether an account held a role that the kind names for the verb."""
    row, code = entry(event), (event.after or {}).get("verb")
    if event.subject_type not in {"registers.proposal", *tables()}:
        return True  # follows from an entry of the same command, which is looked at by itself
    if row is None:
        return False
    definition = KindVersion.objects.get(pk=row.version_id).definition
    verbs = [*definition.get("life", {}).get("verb", []), *definition.get("verb", [])]
    roles: list[str] = next((v.get("by", ["programme_officer"]) for v in verbs if v["code"] == code), [])
    return any(held(event, account, role) for role in roles)


def keeps(event: Event, account: Account) -> bool:
    row = entry(event)
    roles = KindVersion.objects.get(pk=row.version_id).definition["kind"].get("roles", []) if row is not None else []
    return any(held(event, account, role) for role in ("host_manager", *roles))


def manages(event: Event, account: Account) -> bool:
    return event.subject_type == "core.rolegrant" or held(event, account, "host_manager")


def proposed(event: Event, account: Account) -> bool:
    if event.subject_type != "registers.proposal":
        return True
    return Proposal.objects.filter(pk=event.subject_id or 0, proposed_by=account).exists()


RIGHTS: dict[str, Right] = {
    "registers.open_entries": OFFICER_OF_ALL,
    "registers.import_entries": IMPORTS,
    "registers.apply_verb": right_for(Party("who may do the verb", named_by_verb)),
    "registers.withdraw_proposal": right_for(Party("who proposed it", proposed)),
    "registers.change_entry": either(OFFICER_OF_ALL, right_for(Party("who keeps the entry", keeps))),
    "registers.attach_file": either(OFFICER_OF_ALL, right_for(Party("who keeps the entry", keeps))),
    "registers.set_holders": OFFICER_OF_ALL,
    "registers.record_succession": OFFICER_OF_ALL,
    "registers.appoint": either(OFFICER_OF_ALL, right_for(Party("a manager of its institution", manages))),
    "registers.remind": SYSTEM,
    "registers.grant_late": SYSTEM,
}
declare(RIGHTS)
