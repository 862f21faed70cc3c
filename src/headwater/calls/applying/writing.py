"""An application as its editor writes it: the questions of its scheme, and the basic information that stands in columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.calls.applying.basics import basic_fields
from headwater.calls.applying.services.applications import save_fields
from headwater.calls.applying.services.clashes import decide_clash
from headwater.calls.applying.services.presence import is_shared
from headwater.calls.applying.typed import FIELDS, control_of, pairs_of, read_values
from headwater.calls.avoided import avoided_of
from headwater.calls.contents import BASIC, PRIVATE, content_of, plain, stored, values_of
from headwater.calls.facts import check_applications
from headwater.calls.loading import answers_of
from headwater.calls.models import Application
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.calls.stores import APPLICATIONS
from headwater.calls.versions import readable
from headwater.core.command import Actor
from headwater.core.i18n import Bilingual, named
from headwater.core.permission import may
from headwater.forms.answers.references import Registry
from headwater.forms.answers.state import Answers
from headwater.forms.autosaving import Changes, size_of
from headwater.forms.fieldtype import Pairs
from headwater.forms.results import Result, Verdict
from headwater.forms.shapes import Field
from headwater.forms.versions import SAVE
from headwater.forms.writing import Writing
from headwater.registry.models import is_own


class ApplicationWriting(Writing):
    """An application for one reader; without a reader, for the system. What is private is there for the applicant alone."""

    word = Bilingual("申请书", "application")
    routes = "application"

    def __init__(self, row: Application, reader: Any = None) -> None:
        self.record = row
        self.reader = reader
        self.own = reader is None or is_own(reader, row.leader)
        self.subject = APPLICATIONS.of(row.pk)
        self.form = self.scheme = scheme_of(row.call)

    @property
    def row(self) -> Application:
        row: Application = self.record
        return row

    @property
    def kept_as(self) -> str:
        return str(self.key)  # browsers keep unsent words of applications under it since before there were other subjects

    @property
    def state(self) -> State:
        return self.row.public_state

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"{self.row.number or ''} {named(self.row, 'title') or _('未命名申请书')}".strip()

    @property
    def url(self) -> str:  # type: ignore[override]
        return reverse("application", args=[self.key])

    @property
    def files_url(self) -> str:  # type: ignore[override]
        return self.address("edit", "attachments")

    @property
    def began_at(self) -> datetime:  # type: ignore[override]
        return self.row.created_at

    @property
    def saved_at(self) -> datetime:  # type: ignore[override]
        return self.row.saved_at

    @property
    def author(self) -> str:  # type: ignore[override]
        return named(self.row.leader)

    @property
    def revision(self) -> int:  # type: ignore[override]
        return self.row.revision

    @property
    def is_open(self) -> bool:
        return self.row.state == State.DRAFT

    @property
    def size(self) -> int:
        return size_of(self.row.answers)

    def content(self) -> dict[str, Any]:
        return content_of(self.row)

    def stored(self, name: str) -> Any:
        return stored(self.row, name)

    def work_out(self) -> Answers:
        return answers_of(self.row)

    def save(
        self, values: Mapping[str, Any], *, actor: Actor, base: Mapping[str, Any] | None = None, kind: str = SAVE
    ) -> Changes:
        saved = save_fields(application=self.row, values=dict(values), base=base, actor=actor, kind=kind)
        self.record = saved.application
        self.has_changed()
        return saved.changes

    def settle(self, *, version: int, name: str, actor: Actor) -> None:
        decide_clash(application=self.row, version=version, name=name, actor=actor)

    def reload(self) -> None:
        related = ("call__scheme", "host", "leader__account", "discipline", "second_discipline")
        self.record = Application.objects.select_related(*related).get(pk=self.key)
        self.has_changed()

    def versions(self, user: Any) -> QuerySet[Any]:
        found: QuerySet[Any] = readable(self.row, user)
        return found

    def may_write(self, user: Any) -> bool:
        return may(user, "calls.application.write", self.row)

    def is_shared(self, user: Any) -> bool:
        return not is_own(user, self.row.leader) or is_shared(self.row)

    def results(self) -> list[Result]:
        return sorted(check_applications([self.row], self.row.call)[self.key], key=lambda r: r.outcome != Verdict.FAILED)

    @cached_property
    def parts(self) -> list[tuple[str, list[Field]]]:
        return [(_("基本信息"), basic_fields(self.row, self.scheme, own=self.own)), *super().parts]

    def names_on(self, section: str) -> list[str]:
        if section == "info":
            return [name for name in BASIC if self.own or name not in PRIVATE]
        return super().names_on(section)

    def values_of(self, content: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
        values = values_of(dict(content), list(names))
        return {k: v for k, v in values.items() if k != "starts_on" or v is not None}

    def control_of(self, name: str) -> str:
        return control_of(name)

    def name_of(self, control: str) -> str:
        return FIELDS.get(control, control)

    def pairs_of(self, name: str) -> Pairs:
        return pairs_of(self.row, name)

    def read(self, post: Any, names: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
        return read_values(post, names, self.scheme)

    def as_stored(self, name: str, value: Any, registry: Registry) -> Any:
        if name in BASIC:
            return plain(value.partition(" ")[0] if name == "discipline" else value)
        return super().as_stored(name, value, registry)

    def notices(self, names: Sequence[str], request: HttpRequest) -> dict[str, str]:
        if "unsuitable" not in names:
            return {}
        html = render_to_string("calls/avoided.html", {"avoided": avoided_of([self.row]).get(self.key)}, request)
        return {"unsuitable": html or " "}
