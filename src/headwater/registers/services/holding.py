"""Who holds an entry, and what succeeds it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.registers.contexts import RELATED
from headwater.registers.declared import RegisterOf
from headwater.registers.finding import index_entries
from headwater.registers.kinds import kind_of
from headwater.registers.lineage import chains
from headwater.registers.models import Holder, Succession
from headwater.registers.services.opening import Share
from headwater.registers.services.telling import tell_keepers
from headwater.registers.shapes import ENDED
from headwater.registers.values import plain
from headwater.registry.models import Organisation


def set_holders(
    *, register: RegisterOf, entry: Any, host: Organisation | None, others: Sequence[Share], reason: str, actor: Actor, seen: str
) -> Any:
    """Set who holds an entry from today: the institution that leads, and the others. Who is not named any more ends; the managers of both
    institutions are told.

    `seen` is the mark of the holders that the page showed (`holders_mark`).

    Raises:
        Refused: more holders than the kind allows, one twice, no reason, or other holders than were shown.
    """
    with command(actor, "registers.change", entry, name="registers.set_holders") as log:
        row = register.model._default_manager.select_for_update(of=("self",)).select_related(*RELATED).get(pk=entry.pk)
        current = current_holders(register, row)
        if holders_mark(current) != seen:
            raise Refused.because(_("您打开页面之后依托单位有变化，请重新核对"), code="changed")
        wanted = [*([Share(Holder.Role.LEAD, host)] if host else []), *others]
        reasons = [] if reason.strip() else [Reason(_("请写明理由或依据"), field="reason")]
        refuse_if([*reasons, *holder_reasons(row, wanted)])
        put_holders(register, row, current, wanted, reason.strip(), log)
    return row


def put_holders(register: RegisterOf, row: Any, current: Sequence[Any], wanted: Sequence[Share], reason: str, log: Log) -> None:
    """Set who holds an entry from today. Call inside a command, with the entry and its `current` holders locked.

    Raises:
        Refused: nothing changes.
    """
    named = {_key(s.role, s.organisation, s.person): s for s in wanted}
    there = {_key(h.role, h.organisation, h.person): h for h in current}
    gone = [h for key, h in there.items() if key not in named]
    fresh = [s for key, s in named.items() if key not in there]
    changed = [h for key, h in there.items() if key in named and h.share != named[key].share]
    if not gone and not fresh and not changed:
        raise Refused.because(_("没有变化"))
    tell_keepers(register, [row], lambda r: _("%s 的依托单位有变更") % r)
    _write_holders(register, row, gone, fresh, changed, named)
    before, row.host = row.host_id, next((s.organisation for s in wanted if s.role == Holder.Role.LEAD), None)
    row.revision += 1
    row.changed_at = clock.now()
    row.save(update_fields=["host", "revision", "changed_at"])
    told = {"host": row.host_id, "holders": _told(named.values()), "reason": reason}
    log(row, before={"host": before, "holders": _told(current)}, after=told)
    index_entries(register, [row])
    if before != row.host_id:
        tell_keepers(register, [row], lambda r: _("%s 已改由贵单位依托") % r)


def _key(role: str, organisation: Any, person: Any) -> tuple[str, int | None, int | None]:
    return (role, organisation.pk if organisation else None, person.pk if person else None)


def holders_mark(rows: Sequence[Any]) -> str:
    """Return a mark of who holds an entry now, for the page that shows it."""
    return ";".join(sorted(f"{h.role}:{h.organisation_id or ''}:{h.person_id or ''}:{plain(h.share) or ''}" for h in rows))


def _told(rows: Any) -> list[dict[str, Any]]:
    names = ("organisation", "person")
    return [{"role": h.role, "share": plain(h.share), **{n: record.pk for n in names if (record := getattr(h, n))}} for h in rows]


def holder_reasons(row: Any, wanted: Sequence[Share]) -> list[Reason]:
    """Return why an entry cannot be held so: one twice, more than its kind allows, or in a part that it does not know."""
    reasons, kind = [], kind_of(row)
    if len({_key("", s.organisation, s.person) for s in wanted}) < len(wanted):
        reasons.append(Reason(_("同一单位或个人只能列一次"), field="holders"))
    counts = Counter(s.role for s in wanted)
    for role, count in counts.items():
        most = kind.holders.get(role, 0)
        words = {"role": Holder.Role(role).label, "most": most, "count": count}
        if count > most:
            reasons.append(Reason(_("“%(role)s”最多 %(most)d 个，现有 %(count)d 个") % words, field="holders"))
    return reasons


def _write_holders(
    register: RegisterOf,
    row: Any,
    gone: Sequence[Any],
    fresh: Sequence[Share],
    changed: Sequence[Any],
    named: Mapping[Any, Share],
) -> None:
    rows, today = register.holders._default_manager, clock.today()
    rows.filter(pk__in=[h.pk for h in gone]).update(until=today)
    for holder in changed:
        holder.share = named[_key(holder.role, holder.organisation, holder.person)].share
    rows.bulk_update(changed, ["share"])
    rows.bulk_create(
        [
            register.holders(entry=row, organisation=s.organisation, person=s.person, role=s.role, share=s.share, since=today)
            for s in fresh
        ]
    )


def current_holders(register: RegisterOf, row: Any) -> list[Any]:
    """Return who holds an entry now, locked. Call inside a command."""
    rows = register.holders._default_manager.select_for_update(of=("self",)).select_related("organisation", "person")
    return list(rows.filter(entry=row, until__isnull=True).order_by("pk"))


def record_succession(
    *, register: RegisterOf, before: Sequence[int], after: Sequence[int], how: str, actor: Actor
) -> list[Succession]:
    """Record that entries have taken over from others, which are over: one after a new name, one from several after a merger, several from
    one after a division.

    Raises:
        Refused: an earlier one that is not over, one that would succeed itself, or a number of records that does not fit `how`.
    """
    with command(actor, "registers.change", name="registers.record_succession") as log:
        return write_succession(register, before, after, how, log)


def write_succession(register: RegisterOf, before: Sequence[int], after: Sequence[int], how: str, log: Log) -> list[Succession]:
    """Record that entries have taken over from others; what is told of `record_succession` holds. Call inside a command."""
    keys = sorted({*before, *after})
    rows = register.model._default_manager.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
    by_key = {row.pk: row for row in rows}
    earlier, later = [by_key[k] for k in before if k in by_key], [by_key[k] for k in after if k in by_key]
    refuse_if(_succession_reasons(register, earlier, later, how))
    today = clock.today()
    for row in earlier:
        if row.succeeded_on is None:
            row.succeeded_on, row.changed_at = today, clock.now()
            row.revision += 1
    register.model._default_manager.bulk_update(earlier, ["succeeded_on", "changed_at", "revision"])
    links = Succession.objects.bulk_create(
        [
            Succession(subject_kind=register.label_of_model, before_id=b.pk, after_id=a.pk, how=how, on=today)
            for b in earlier
            for a in later
        ]
    )
    _log_succession(earlier, later, how, today, log)
    return links


def _log_succession(earlier: Sequence[Any], later: Sequence[Any], how: str, today: date, log: Log) -> None:
    for row in earlier:
        log(
            row, before={"succeeded_on": None}, after={"succeeded_on": str(today), "how": how, "after": [a.number for a in later]}
        )
    for row in later:
        log(row, after={"how": how, "before": [b.number for b in earlier]})


def _succession_reasons(register: RegisterOf, earlier: Sequence[Any], later: Sequence[Any], how: str) -> list[Reason]:

    reasons = []
    if not earlier or not later:
        reasons.append(Reason(_("请填写承继它的条目的编号"), field="after"))
    if how == Succession.How.SPLIT and len(later) < 2:
        reasons.append(Reason(_("分立至少有两个承继条目"), field="after"))
    if how != Succession.How.SPLIT and len(later) > 1:
        reasons.append(Reason(_("更名或合并只有一个承继条目"), field="after"))
    reasons += [Reason(_("%s 还没有终止，不能登记承继：请先办理终止") % r, field="after") for r in earlier if r.group != ENDED]
    came_from = chains(register.label_of_model, [r.pk for r in earlier]) if earlier else {}
    circle = {k for keys in came_from.values() for k in keys} & {r.pk for r in later}
    reasons += [Reason(_("%s 不能承继由它自己承继而来的条目") % r, field="after") for r in later if r.pk in circle]
    known = set(
        Succession.objects.filter(
            subject_kind=register.label_of_model, before_id__in=[r.pk for r in earlier], after_id__in=[r.pk for r in later]
        ).values_list("before_id", flat=True)
    )
    return reasons + [Reason(_("%s 的承继关系已登记过") % r, field="after") for r in earlier if r.pk in known]
