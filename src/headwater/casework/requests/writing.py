"""A request as its editor writes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from headwater.casework.requests.contents import answers_of, context_of, record_of
from headwater.casework.requests.models import Request
from headwater.casework.requests.services.proposing import settle_words, write
from headwater.casework.requests.stores import STORE
from headwater.casework.requests.versions import kind_of
from headwater.core.command import Actor
from headwater.core.i18n import Bilingual, named
from headwater.core.permission import may
from headwater.forms.answers.judging import is_filled, judge
from headwater.forms.answers.state import Answers
from headwater.forms.autosaving import Changes
from headwater.forms.results import Result, Verdict
from headwater.forms.sheets import sheet_of
from headwater.forms.versions import SAVE
from headwater.forms.writing import SheetWriting


class RequestWriting(SheetWriting):
    """A request for the one who proposes it, who alone writes it."""

    word = Bilingual("申请", "request")
    routes = "request"

    def __init__(self, row: Request) -> None:
        self.record = row
        self.subject = STORE.of(row.pk)
        self.form = kind_of(row).form
        self.sheet = sheet_of(self.subject)

    @property
    def row(self) -> Request:
        row: Request = self.record
        return row

    @cached_property
    def about(self) -> Any:
        return record_of(self.row)

    @cached_property
    def context(self) -> Any:  # type: ignore[override]
        return context_of(self.row, self.about)

    @property
    def state(self) -> Any:
        return Request.State(self.row.state)

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"{self.row}：{self.row.about}"

    @property
    def url(self) -> str:  # type: ignore[override]
        return reverse("request", args=[self.key])

    @property
    def files_url(self) -> str:  # type: ignore[override]
        return reverse("request_files", args=[self.key])

    @property
    def began_at(self) -> datetime:  # type: ignore[override]
        return self.row.created_at

    @property
    def author(self) -> str:  # type: ignore[override]
        return named(self.row.proposed_by)

    @property
    def is_open(self) -> bool:
        return self.row.is_writable

    def work_out(self) -> Answers:
        return answers_of(self.row, self.about, self.sheet.answers)

    def save(
        self, values: Mapping[str, Any], *, actor: Actor, base: Mapping[str, Any] | None = None, kind: str = SAVE
    ) -> Changes:
        changes, sheet = write(request=self.row, values=values, actor=actor, base=base, kind=kind)
        self.take(sheet)
        return changes

    def settle(self, *, version: int, name: str, actor: Actor) -> None:
        settle_words(request=self.row, version=version, name=name, actor=actor)

    def reload(self) -> None:
        self.record = Request.objects.select_related("proposed_by", "version").get(pk=self.key)
        self.take(sheet_of(self.subject))

    def versions(self, user: Any) -> QuerySet[Any]:
        rows = super().versions(user)
        return rows if self.may_write(user) else rows.filter(kind="submit")

    def may_write(self, user: Any) -> bool:
        return may(user, "requests.write", self.row)

    def is_shared(self, user: Any) -> bool:
        return False

    def results(self) -> list[Result]:
        missing = [
            f for _section, fields in self.answers.asked_sections for f in fields if f.required and not is_filled(self.answers, f)
        ]
        zh, en = "、".join(f.label_zh for f in missing), ", ".join(f.label_en for f in missing)
        filled = Result("complete", "", Verdict.PASSED, "必填栏目已填写", "All required questions are answered", blocks=True)
        if missing:
            filled = Result("complete", "", Verdict.FAILED, f"还没有填写：{zh}", f"Not answered yet: {en}", blocks=True)
        return sorted([filled, *judge(self.answers)], key=lambda r: r.outcome != Verdict.FAILED)
