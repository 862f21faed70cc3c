"""What somebody writes, as the pages of an editor need it: the domain says what is written, what a save asks, and where its pages are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise

from headwater.core.command import Actor
from headwater.core.i18n import Bilingual, named
from headwater.forms.answers.cleaning import clean
from headwater.forms.answers.reading import read_answer
from headwater.forms.answers.references import Registry
from headwater.forms.answers.state import Answers
from headwater.forms.autosaving import Changes, size_of
from headwater.forms.context import Context
from headwater.forms.fieldtype import Pairs
from headwater.forms.models import AnswerSheet
from headwater.forms.results import Result
from headwater.forms.shapes import Field, Form
from headwater.forms.stores import Subject
from headwater.forms.versions import SAVE, undone

Text = str | Promise | Bilingual


class Writing:
    """What is written about one subject. `word` is what it is called within a sentence, `record` the row that has a `state`, `routes`
    what the names of its addresses begin with (`report` for `report_edit`, `report_save` ...); each takes the key of the subject.

    The names of its answers are the codes of its questions; a subject that has further ones (an application its title, its amount)
    says how they are read, kept and shown.
    """

    word: Text
    routes: str
    subject: Subject
    form: Form
    record: Any
    state: Any
    title: str
    url: str
    began_at: datetime
    saved_at: datetime
    revision: int
    author: str = ""
    """Who began it."""
    files_url: str = ""
    """Where its files are uploaded."""

    @property
    def key(self) -> int:
        return self.subject.pk

    @property
    def kept_as(self) -> str:
        """The name under which a browser keeps what it could not send yet."""
        return f"{self.subject.store.kind}:{self.key}"

    def address(self, page: str, *arguments: Any) -> str:
        return reverse(f"{self.routes}_{page}", args=[self.key, *arguments])

    def content(self) -> dict[str, Any]:
        """Everything that it holds now, by name, as JSON has it."""
        raise NotImplementedError

    def stored(self, name: str) -> Any:
        """What stands under a name; None for no answer."""
        raise NotImplementedError

    @cached_property
    def answers(self) -> Answers:
        return self.work_out()

    def work_out(self) -> Answers:
        raise NotImplementedError

    def save(
        self, values: Mapping[str, Any], *, actor: Actor, base: Mapping[str, Any] | None = None, kind: str = SAVE
    ) -> Changes:
        """One command that saves the named values, as `put_values` does; what this says of its record is then as after it.

        Raises:
            Refused: nothing may be written any more, or a value cannot be stored (with its field).
        """
        raise NotImplementedError

    def settle(self, *, version: int, name: str, actor: Actor) -> None:
        """One command that keeps one's own words where two people wrote in one place."""
        raise NotImplementedError

    def reload(self) -> None:
        """Read again what others may have changed."""
        raise NotImplementedError

    def versions(self, user: Any) -> QuerySet[Any]:
        """The versions that `user` may read; None of them is hidden from who may write."""
        return self.subject.rows(self.subject.store.versions)

    def may_write(self, user: Any) -> bool:
        raise NotImplementedError

    @property
    def is_open(self) -> bool:
        """Whether anything can be written now."""
        return True

    def is_shared(self, user: Any) -> bool:
        """Whether anybody but `user` may write in it."""
        return True

    def results(self) -> Sequence[Result]:
        """What the rules say of it, those that failed first."""
        return ()

    @property
    def size(self) -> int:
        """How many characters its answers have."""
        raise NotImplementedError

    @cached_property
    def parts(self) -> list[tuple[str, list[Field]]]:
        """The titles of its sections with their questions that are stored."""
        return [(named(s, "title"), [f for f in s.fields if not f.value and f.of.is_stored]) for s in self.form.sections]

    @cached_property
    def fields(self) -> dict[str, Field]:
        """Everything that is answered, by name."""
        return {f.code: f for _title, fields in self.parts for f in fields}

    def names_on(self, section: str) -> list[str]:
        """The names on a page of the editor."""
        part = self.form.section(section)
        return [f.code for f in part.fields if not f.value and f.of.is_stored] if part else []

    def content_after(self, version: int) -> dict[str, Any]:
        """What it held after a version (0: at its beginning), worked out backwards from what it holds now."""
        return undone(self.subject, self.content(), version)

    def values_of(self, content: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
        """Values for `save` that set names back to what `content` says."""
        return {name: content.get(name) for name in names}

    def control_of(self, name: str) -> str:
        """The name of the control of an answer."""
        return name

    def name_of(self, control: str) -> str:
        return control

    def pairs_of(self, name: str) -> Pairs:
        """What the controls of a name send when they hold its stored value."""
        f = self.fields[name]
        return f.of.pairs(f, self.stored(name))

    def read(self, post: Any, names: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
        """(typed values by name, what could not be read by control) of what a form sent. A table is read whole."""
        return read_questions(self.form, post, names)

    def as_stored(self, name: str, value: Any, registry: Registry) -> Any:
        """A typed value as it would be stored, or unchanged where it cannot be stored."""
        cleaned = clean(self.fields[name], value, registry)
        return value if cleaned.errors else cleaned.value

    def notices(self, names: Sequence[str], request: HttpRequest) -> dict[str, str]:
        """What else is said beside some controls after a save."""
        return {}

    def read_base(self, post: Any) -> dict[str, Any]:
        """What the writer saw in the fields before changing them, by name. A page without it merges nothing."""
        try:
            base = json.loads(post.get("_base", "") or "{}")
        except (ValueError, RecursionError):
            return {}
        return {self.name_of(k): v for k, v in base.items()} if isinstance(base, dict) else {}

    def base_of(self, names: Sequence[str], overrides: Mapping[str, Any] | None = None) -> str:
        """The stored values as a page carries them; `overrides` replace those that their writer has not seen."""
        values = {self.control_of(name): self.stored(name) for name in names}
        return json.dumps(values | {self.control_of(k): v for k, v in (overrides or {}).items()}, ensure_ascii=False)

    def has_changed(self) -> None:
        """Forget what was worked out from the answers."""
        self.__dict__.pop("answers", None)


def read_questions(form: Form, post: Any, names: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """(typed values by code, what could not be read by control) of the named questions of a form; other names are left out."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for code in dict.fromkeys(name.partition(".")[0] for name in names):
        f = form.field(code)
        if f is None or f.value or not f.of.is_stored:
            continue
        value, bad = read_answer(f, post)
        errors |= bad
        if not bad:
            values[code] = value
    return values, errors


class SheetWriting(Writing):
    """Answers in the tables of forms."""

    sheet: AnswerSheet
    context: Context

    @property
    def revision(self) -> int:  # type: ignore[override]
        return self.sheet.revision

    @property
    def saved_at(self) -> datetime:  # type: ignore[override]
        return self.sheet.saved_at

    def content(self) -> dict[str, Any]:
        return dict(self.sheet.answers)

    def stored(self, name: str) -> Any:
        return self.sheet.answers.get(name)

    def work_out(self) -> Answers:
        return Answers(self.form, self.sheet.answers, self.context)

    @property
    def size(self) -> int:
        return size_of(self.sheet.answers)

    def take(self, sheet: AnswerSheet) -> None:
        """Go on with the answers as they are now."""
        self.sheet = sheet
        self.has_changed()
