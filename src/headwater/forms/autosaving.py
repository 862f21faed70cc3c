"""Values put on what somebody writes: typed, merged with what others wrote since, each refusal with the name of its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.translation import gettext as _
from headwater.forms.answers.merging import Merged, merge, same

MOST_SIGNS = 1_000_000
"""The size of everything written about one subject, in characters."""


@dataclass
class Changes:
    """What putting values on a subject has changed.

    `before` has what stood under each changed name; `merged` has what was sent under names that hold another value now,
    because somebody else had changed them since; `clashes` those where words of the other writer gave way, with both joined (None: cannot be).
    """

    before: dict[str, Any] = field(default_factory=dict)
    merged: dict[str, Any] = field(default_factory=dict)
    clashes: dict[str, Any] = field(default_factory=dict)


class Sheet(Protocol):
    """Names with their values, which `put_values` changes."""

    def current(self, name: str) -> Any:
        """The current value of a name, as the subject holds it."""
        ...

    def stored(self, name: str) -> Any:
        """The current value of a name as JSON; None for no answer."""
        ...

    def plain(self, value: Any) -> Any:
        """A value of the subject as JSON."""
        ...

    def read(self, name: str, value: Any) -> tuple[Any, list[Reason]]:
        """(the value as the subject holds it, what is wrong with it)."""
        ...

    def put(self, name: str, value: Any) -> None: ...


def put_values(sheet: Sheet, values: Mapping[str, Any], base: Mapping[str, Any] | None = None) -> Changes:
    """Put values on a sheet. `base` has the stored values that their writer saw: where the sheet differs from it, both are merged.

    Raises:
        Refused: values that cannot be stored, each with its field; nothing of the sheet is then to be used.
    """
    reasons: list[Reason] = []
    changes = Changes()
    for name, value in values.items():
        reasons += _put(sheet, name, value, base or {}, changes)
    refuse_if(reasons)
    return changes


def _put(sheet: Sheet, name: str, value: Any, base: Mapping[str, Any], changes: Changes) -> list[Reason]:
    if any("\0" in v for v in (value if isinstance(value, (list, tuple)) else [value]) if isinstance(v, str)):
        return [Reason(_("含有不能保存的字符"), field=name)]
    typed, reasons = sheet.read(name, value)
    if reasons:
        return reasons
    now, new = sheet.stored(name), sheet.plain(typed)
    if name in base and not same(now, new) and not same(base[name], now):
        typed = _merged(sheet, name, typed, merge(base[name], now, new), changes)
        new = sheet.plain(typed)
    if now != new:
        changes.before[name] = now
        sheet.put(name, typed)
    return []


def _merged(sheet: Sheet, name: str, value: Any, merged: Merged, changes: Changes) -> Any:
    """The merged value, where it can be stored; else what was sent, and the other's words are kept by the version alone."""
    new = sheet.plain(value)
    reasons: list[Reason] = []
    if same(merged.value, new):
        typed = value
    elif same(merged.value, sheet.stored(name)):
        typed = sheet.current(name)
    else:
        typed, reasons = sheet.read(name, merged.value)
    if reasons:
        changes.clashes[name] = None
        return value
    if merged.clash:
        changes.clashes[name] = None if merged.both is None or sheet.read(name, merged.both)[1] else merged.both
    if not same(sheet.plain(typed), new):
        changes.merged[name] = new
    return typed


def refuse_too_large(answers: Mapping[str, Any], changes: Changes) -> None:
    """Refuse values that make a subject larger than it may be; values that make it smaller always pass."""
    size = size_of(answers)
    if size > MOST_SIGNS and size_of([answers.get(name) for name in changes.before]) > size_of(list(changes.before.values())):
        figures = {"most": MOST_SIGNS, "size": size}
        raise Refused(
            [Reason(_("整份申请书不超过 %(most)d 字，现为 %(size)d 字") % figures, field=name) for name in changes.before]
        )


def size_of(value: Any) -> int:
    """Characters of a value and all in it, as people would count what they typed."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(size_of(v) for v in value.values())
    if isinstance(value, (list, tuple)):
        return sum(size_of(v) for v in value)
    return 0
