"""What the log says in words: who did what, to which record. Apps give the words of their commands and the names of their records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from headwater.core.models import Account, Event
from headwater.core.own import PATHS, events_of
from headwater.core.permission import may
from headwater.core.register import Register

Text = str | Promise
MOST_FOUND = 200
"""So many records of a kind are looked for by a name; whoever means another writes more of it."""
ACTS: Register[Text] = Register("words for a command")
"""What a command did, as the end of a sentence that begins with who did it; the name of the record follows."""


@dataclass(frozen=True)
class Kind:
    """`name` is what people call a record of a kind; `looks` are the fields by which they look for one. The page at `page` is for who
    may do `action` to a record that the kind's `visible_to` shows them.
    """

    name: Callable[[Any], str]
    related: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()
    page: Callable[[Any], str] | None = None
    action: str = ""


RECORDS: Register[Kind] = Register("name of a kind of record")
"""By kind (app.model). What leads to a single case (`core.own`) and is not named here has the name of its case."""


def acts(words: Mapping[str, Text]) -> None:
    for command, text in words.items():
        ACTS.add(command, text)


def called(
    model: type[Model],
    name: Callable[[Any], str],
    *,
    related: Sequence[str] = (),
    looks: Sequence[str] = (),
    page: Callable[[Any], str] | None = None,
    action: str = "",
) -> None:
    RECORDS.add(model._meta.label_lower, Kind(name, tuple(related), tuple(looks), page, action))


def kind_of(label: str) -> Kind | None:
    """Return how records of a kind are called: as declared, or by the case that they lead to; None where nothing says it."""
    if label in RECORDS:
        return RECORDS[label]
    case = next((case for case, paths in PATHS.items() if paths == ("pk",) and case in RECORDS), "")
    path = next(iter(PATHS.get(label) or ()), "")
    if not case or not path or not _is_forward(apps.get_model(label), path):
        return None
    of_case, steps = RECORDS[case], path.split("__")

    def walk(record: Any) -> Any:
        for step in steps:
            record = getattr(record, step)
        return record

    page = of_case.page
    return Kind(
        lambda record: of_case.name(walk(record)),
        (path, *(f"{path}__{r}" for r in of_case.related)),
        page=(lambda record: page(walk(record))) if page else None,
        action=of_case.action,
    )


def _is_forward(model: Any, path: str) -> bool:
    """Return whether each step of a path leads from one record to one other."""
    for step in path.split("__"):
        try:
            field = model._meta.get_field(step)
        except FieldDoesNotExist:
            return False
        if not field.concrete or not (field.many_to_one or field.one_to_one):
            return False
        model = field.related_model
    return True


@dataclass(frozen=True)
class Named:
    """The name of a record, and the page of it that the reader may open."""

    text: str
    url: str = ""


class Names:
    """The names of the records of events for a reader: `load` finds those of a page (a query or two for each kind)."""

    def __init__(self, user: Any) -> None:
        self.user = user
        self.found: dict[tuple[str, int], Named] = {}

    def load(self, events: Iterable[Event]) -> None:
        wanted: dict[str, set[int]] = {}
        for event in events:
            if event.subject_id and (event.subject_type, event.subject_id) not in self.found:
                wanted.setdefault(event.subject_type, set()).add(event.subject_id)
        for label, keys in wanted.items():
            self._load(label, keys)

    def _load(self, label: str, keys: set[int]) -> None:
        try:
            model, kind = apps.get_model(label), kind_of(label)
        except LookupError:
            return
        if kind is None:
            return
        rows = model._base_manager.filter(pk__in=keys).select_related(*kind.related)
        may_open = self._openable(model, kind, keys)
        for row in rows:
            url = kind.page(row) if kind.page and row.pk in may_open and may(self.user, kind.action, row) else ""
            self.found[label, row.pk] = Named(kind.name(row), url)

    def _openable(self, model: Any, kind: Kind, keys: set[int]) -> set[int]:
        if not kind.page or not may(self.user, kind.action) or not hasattr(model.objects, "visible_to"):
            return set()
        return set(model.objects.visible_to(self.user).filter(pk__in=keys).values_list("pk", flat=True))

    def of(self, event: Event) -> Named:
        """Return the name of an event's record; of one that is gone, its kind and number."""
        if not event.subject_id:
            return Named("")
        found = self.found.get((event.subject_type, event.subject_id))
        return found or Named(
            _("%(kind)s（第 %(number)d 号）") % {"kind": kind_words(event.subject_type), "number": event.subject_id}
        )


def kind_words(label: str) -> str:
    """Return what a kind of record is called."""
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):
        return _("记录")


def act_words(command: str) -> str:
    return str(ACTS[command]) if command in ACTS else _("办理了一项事务")


def who_words(event: Event) -> str:
    """Return who caused an event, by the name at that time."""
    if event.actor_id:
        return event.actor_label.rsplit(" (", 1)[0]
    return _("访客") if event.source.startswith("web") else _("系统")


def sentence(event: Event, names: Names) -> str:
    """Say an event: who did what, to which record."""
    about = names.of(event).text
    words = {"who": who_words(event), "act": act_words(event.command), "record": about}
    return (_("%(who)s%(act)s：%(record)s") if about else _("%(who)s%(act)s")) % words


def source_words(event: Event) -> str:
    """Return where an event came from."""
    origin = event.source.partition(":")[0]
    words = {
        "web": _("网页"),
        "api": _("接口"),
        "job": _("后台任务"),
        "worker": _("定时任务"),
        "verify": _("自动核对"),
        "check_files": _("文件检查"),
        "cli": _("命令行"),
        "prepare": _("安装和升级"),
        "demo": _("演示"),
    }
    return words.get(origin, _("系统"))


def change_words(event: Event) -> str:
    """Say the change of a state; empty where none changed."""
    before, after = (str((part or {}).get("state", "")) for part in (event.before, event.after))
    try:
        words = dict(apps.get_model(event.subject_type)._meta.get_field("state").flatchoices)
    except (LookupError, ValueError, FieldDoesNotExist, AttributeError):
        return ""
    texts = [str(words[state]) for state in (before, after) if state in words]
    return " → ".join(dict.fromkeys(texts)) if after in words else ""


def by_person(rows: QuerySet[Event], text: str) -> QuerySet[Event]:
    """Return the events that people of this name, or user name, caused."""
    accounts = Account.objects.filter(Q(name_zh__icontains=text) | Q(username__iexact=text))
    return rows.filter(actor_id__in=accounts.values("pk"))


def about_record(rows: QuerySet[Event], text: str) -> QuerySet[Event]:
    """Return the events about the records with this number or name, and about what belongs to them."""
    condition = Q(pk__in=[])
    for label, kind in RECORDS.items():
        if not kind.looks:
            continue
        either = Q()
        for field in kind.looks:
            either |= Q(**{f"{field}__icontains": text})
        keys = list(apps.get_model(label)._base_manager.filter(either).order_by().values_list("pk", flat=True)[:MOST_FOUND])
        if not keys:
            continue
        condition |= Q(subject_type=label, subject_id__in=keys)
        if PATHS.get(label) == ("pk",):
            condition |= events_of(keys)
    return rows.filter(condition)
