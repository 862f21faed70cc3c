"""Files of entries: who may download them, what is said of a refused one, their names by kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headwater.core.files import OWNERS
from headwater.core.models import StoredFile
from headwater.core.permission import may
from headwater.core.uploads import TELL
from headwater.registers.declared import REGISTERS
from headwater.registers.finding import address_of
from headwater.registers.subjects import register_of


def files_of(entries: Sequence[Any]) -> dict[int, dict[str, list[str]]]:
    """Return the names of the files of some entries of one table, by entry and kind of file; refused ones do not count (1 query)."""
    if not entries:
        return {}
    rows = StoredFile.objects.filter(owner_type=entries[0]._meta.label_lower, owner_id__in=[e.pk for e in entries])
    names: dict[int, dict[str, list[str]]] = {}
    for pk, kind, name in rows.exclude(state=StoredFile.State.REFUSED).order_by("pk").values_list("owner_id", "kind", "name"):
        names.setdefault(pk, {}).setdefault(kind, []).append(name)
    return names


def entry_of(file: StoredFile) -> Any:
    model = next(r.model for r in REGISTERS.values() if r.label_of_model == file.owner_type)
    return model._default_manager.select_related("host").get(pk=file.owner_id)


def may_download(user: Any, file: StoredFile) -> bool:
    """The files of an entry are for those who see it from inside."""
    return may(user, "registers.view", entry_of(file))


def title_and_page(file: StoredFile) -> tuple[str, str]:
    entry = entry_of(file)
    return str(entry), address_of(register_of(entry), entry)


def declare_files(label: str) -> None:
    """Let the entries of a table have files."""
    OWNERS.add(label, may_download)
    TELL.add(label, title_and_page)
