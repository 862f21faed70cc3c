"""Members from outside the registry: abroad, or of an institution that does not take part. They are invited by name and address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from headwater.calls.joining.services.inviting import invite_members
from headwater.calls.locks import lock_draft
from headwater.calls.models import Application, Participant
from headwater.calls.schemes import scheme_of
from headwater.core.addresses import is_address, normal
from headwater.core.command import Actor, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.names import normal_name
from headwater.registry.fund_staff import refuse_fund_staff
from headwater.registry.models import Person, records_of, surviving


def invite_outside_member(*, application: Application, values: Mapping[str, Any], actor: Actor) -> Participant:
    """Add a member who is not in the registry, and send the link, by which they open an account, confirm and sign.

    The record of the person holds name and address only: no institution vouches for it, and without an identity document the
    rules leave the judgement to the officer. It is the same record when several applicants name the same address.

    Raises:
        Refused: something is missing, the address is that of somebody in the registry or in the application, or too many members.
    """
    entry = {name: str(values.get(name, "")).strip() for name in ("name", "institution", "email")}
    entry["name"] = normal_name(entry["name"])
    entry["email"] = normal(entry["email"])
    refuse_if(Reason(_("请填写此项"), field=name) for name, text in entry.items() if not text)
    if not is_address(entry["email"]):
        raise Refused.because(_("不是电子邮箱地址"), field="email")
    with command(actor, "calls.application.edit", application, name="calls.invite_outside_member") as log:
        row = lock_draft(application)
        months = int(values.get("months") or 0)
        person = _outsider(entry["email"])
        refuse_if(_problems(row, person, months))
        refuse_fund_staff([person.pk] if person else [], field="email")
        if person is None:
            person = Person.objects.create(name_zh=entry["name"], email=entry["email"])
            log(person, after={"outside": True, "application": row.pk})
        participant = Participant.objects.create(
            application=row, person=person, institution=entry["institution"], months_per_year=months
        )
        log(participant, after={"application": row.pk, "person": person.pk, "outside": True})
        invite_members([participant], row, log)
    return participant


def _outsider(email: str) -> Person | None:
    """Return the person who was named with this address before. One of the registry is added as such: their institution and
    their limits are known.

    Raises:
        Refused: the address is that of somebody in the registry.
    """
    people = list(
        Person.objects.filter(Q(email=email) | Q(account__email=email)).select_related("merged_into").order_by("pk")[:9]
    )
    people = surviving(people)
    if any(p.organisation_id or p.id_hash for p in people):
        raise Refused.because(_("这个电子邮箱的人已在登记库中，请在上面按电子邮箱加入"), field="email")
    return people[0] if people else None


def _problems(row: Application, person: Person | None, months: int) -> list[Reason]:
    reasons = [] if 1 <= months <= 12 else [Reason(_("每年工作月数应为 1 至 12"), field="months")]
    members = set(row.participants.values_list("person", flat=True))
    if person is not None and person.pk in records_of([*members, row.leader_id]):
        reasons.append(Reason(_("%s 已在申请书中") % person, field="email"))
    if len(members) >= scheme_of(row.call).members_max:
        reasons.append(Reason(_("参与者最多 %d 人") % scheme_of(row.call).members_max))
    return reasons
