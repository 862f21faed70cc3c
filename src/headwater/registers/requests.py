"""Requests about entries: what they may change, the guards and effects that their kinds may name, and how a change is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.casework.requests.declared import REQUESTS, Asked, Effect, Party, RequestsOf, Standing
from headwater.casework.requests.kinds import RequestKind
from headwater.core import clock
from headwater.core.command import Log
from headwater.core.errors import Reason, Refused
from headwater.core.i18n import both
from headwater.registers.declared import Guard, Keeper, RegisterOf, Weighing, effects_of, guards_of
from headwater.registers.finding import index_entries
from headwater.registers.kinds import kind_of
from headwater.registers.models import Holder
from headwater.registers.parts import REQUEST
from headwater.registers.request_effects import REQUEST_EFFECTS
from headwater.registers.services.holding import current_holders, holder_reasons, put_holders
from headwater.registers.services.keeping import put_keeper
from headwater.registers.services.opening import Share
from headwater.registers.shapes import LIVE
from headwater.registers.subjects import people_of, register_of
from headwater.registers.values import changes, values_of
from headwater.registry.models import Discipline, Organisation, Person, Place, PriorityField

TEXTS = ("name_zh", "name_en", "name_mn")
CODED: Mapping[str, Any] = {"place": Place, "discipline": Discipline, "field": PriorityField}
LABELS = {
    "name_zh": gettext_lazy("名称"),
    "name_en": gettext_lazy("英文名称"),
    "name_mn": gettext_lazy("蒙古文名称"),
    "host": gettext_lazy("依托单位"),
    "place": gettext_lazy("所在地"),
    "discipline": gettext_lazy("学科"),
    "field": gettext_lazy("优先领域"),
}


def _is_researcher(account: Any, entry: Any) -> bool:
    """Tell whether an account is that of a person of the registry, and the entry one at work that everybody may know of."""
    return getattr(account, "person", None) is not None and entry.is_public and entry.group == LIVE


PARTIES: Mapping[str, Party] = {"researcher": Party(gettext_lazy("科研人员"), _is_researcher)}
"""Who may propose a request about an entry without a role for it."""


def declare_requests(register: RegisterOf) -> None:
    """Declare requests about the entries of a table; registers that share a table have the same guards and effects."""
    REQUESTS.add(
        register.label_of_model,
        RequestsOf(
            kinds=kinds_of,
            state=lambda entry: str(entry.state),
            change=change,
            settable={**_basic(), **{k.role: Standing(k.label, _now(k.column)) for k in register.keepers}},
            guards={name: _guard(guard) for name, guard in guards_of(register).items()},
            effects={**{name: _effect(name, effect.label) for name, effect in effects_of(register).items()}, **REQUEST_EFFECTS},
            first=first,
            people=people_in,
            parties=PARTIES,
            reach=lambda: register.model._default_manager.filter(is_public=True, group=LIVE),
        ),
    )


def people_in(asked: Asked) -> set[int]:
    """Return the persons who have a part in a request: those of the entry, but for who is asked by the role that is held for it, and those
    whom the answers name.
    """
    entry, register = asked.record, register_of(asked.record)
    asked_roles = {link.role for link in asked.kind.chain}
    judges = {getattr(entry, f"{k.column}_id") for k in register.keepers if k.role in asked_roles}
    values = [asked.answers.get(f.code) for f in asked.kind.form.fields if f.type == "person"]
    named_ones = {v["id"] for v in values if isinstance(v, dict) and v.get("id")}
    return (set(people_of(entry)) - judges) | named_ones


def kinds_of(entry: Any) -> Mapping[str, RequestKind]:
    """Return the kinds of requests that the kind of an entry declares."""
    return {kind.code: kind for kind in kind_of(entry).parts.get(REQUEST, ())}


def first(entry: Any) -> dict[str, Any]:
    """Return what the form of a request may take over from an entry, as its questions store it."""
    values: dict[str, Any] = {name: getattr(entry, name) for name in TEXTS}
    values |= {name: record.code if (record := getattr(entry, name)) else "" for name in CODED}
    host = entry.host
    return values | {"host": {"code": host.code, "name": host.name_zh} if host else None}


def _now(name: str) -> Callable[[Any], Any]:
    return lambda entry: both(record) if (record := getattr(entry, name)) else ""


def _basic() -> dict[str, Standing]:
    texts = {name: Standing(LABELS[name], lambda entry, name=name: getattr(entry, name)) for name in TEXTS}  # type: ignore[misc]
    return {**texts, **{name: Standing(LABELS[name], _now(name)) for name in ("host", *CODED)}}


def _guard(guard: Guard) -> Callable[[Asked], Iterable[Reason]]:
    """Return a guard of verbs as one of requests: it is asked about the entry as it is."""

    def reasons(asked: Asked) -> Iterable[Reason]:
        entry = asked.record
        return list(guard.find([entry], _weighing(asked)).values())

    return reasons


def _effect(name: str, label: Any) -> Effect:
    def work(asked: Asked, log: Log) -> None:
        entry = asked.record
        effect = effects_of(register_of(entry))[name]
        effect.work([entry], _weighing(asked), log)

    return Effect(label, work)


def _weighing(asked: Asked) -> Weighing:
    kind = kind_of(asked.record)
    return Weighing(kind=kind, on=asked.on, values=asked.answers, account=asked.account, request=asked.request)


def change(asked: Asked, log: Log) -> None:
    """Set the values of an entry that a request asks for, under the lock that the engine has taken.

    Raises:
        Refused: a value that is none of the registry, or holders that the kind does not allow.
    """
    entry, register = asked.record, register_of(asked.record)
    before, names = values_of(entry), []
    for name, value in asked.sets.items():
        if name in TEXTS:
            setattr(entry, name, str(value or "").strip())
            names.append(name)
        elif name in CODED:
            setattr(entry, name, _coded(name, value))
            names.append(name)
        elif keeper := register.keeper(name):
            _keeper(register, entry, keeper, value, log)
        elif name == "host":
            _host(register, entry, value, asked, log)
    old, new = changes({n: before.get(n) for n in names}, {n: values_of(entry).get(n) for n in names})
    if new:
        entry.revision += 1
        entry.changed_at = clock.now()
        entry.save(update_fields=[*names, "revision", "changed_at"])
        log(entry, before=old, after={**new, "request": asked.kind.code})
        index_entries(register, [entry])


def _coded(name: str, value: Any) -> Any:
    record = CODED[name].objects.filter(code=str(value or "")).first()
    if value and record is None:
        raise Refused.because(_("没有代码“%s”") % value, field=name)
    return record


def _keeper(register: RegisterOf, entry: Any, keeper: Keeper, value: Any, log: Log) -> None:
    key = value.get("id") if isinstance(value, dict) else None
    person = Person.objects.filter(pk=key).first() if key else None
    if person is None:
        raise Refused.because(_("“%s”须是已登记的人员") % keeper.label, field=keeper.role)
    if person.survivor_id != getattr(entry, f"{keeper.column}_id"):
        put_keeper(register, entry, keeper, person.survivor, log)


def _host(register: RegisterOf, entry: Any, value: Any, asked: Asked, log: Log) -> None:
    """Let another institution lead; the others hold the entry as before."""
    code = value.get("code") if isinstance(value, dict) else None
    host = Organisation.objects.filter(code=code).first() if code else None
    if host is None:
        raise Refused.because(_("依托单位须是已登记的单位"), field="host")
    if host.pk == entry.host_id:
        return
    current = current_holders(register, entry)
    others = [h for h in current if h.role != Holder.Role.LEAD and h.organisation_id != host.pk]
    wanted = [Share(Holder.Role.LEAD, host), *(Share(h.role, h.organisation, h.person, h.share) for h in others)]
    if reasons := holder_reasons(entry, wanted):
        raise Refused(reasons)
    put_holders(register, entry, current, wanted, str(asked.kind.name), log)
