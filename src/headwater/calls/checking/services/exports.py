"""Archives of applications and letters: one PDF for each, and an index sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.calls.deciding.services.letters import letter_data, letter_name
from headwater.calls.documents import PARTS, application_data
from headwater.calls.models import Application, Decision, Letter
from headwater.calls.words import state_outside, words_of
from headwater.core import clock
from headwater.core.documents import render_pdf
from headwater.core.exports import KINDS, Document, Kind
from headwater.core.models import Account
from headwater.core.money import wan_cell

APPLICATIONS, LETTERS, RESULTS = "calls.applications", "calls.letters", "calls.results"


def applications_of(account: Account) -> QuerySet[Any]:
    related = ("call__scheme", "host", "leader", "discipline", "second_discipline")
    return Application.objects.visible_to(account).select_related(*related).prefetch_related(*PARTS)


def application_heading() -> Sequence[str]:
    return [_("编号"), _("名称"), _("申请人"), _("依托单位"), _("批次"), _("金额（万元）"), _("状态")]


def application_document(row: Application) -> Document:
    """Return the PDF of an application with its line of the index. The index has the public state: an archive travels further
    than a page.
    """
    number = row.number or f"{_('草稿')}{row.pk}"
    line = [row.number, row.title_zh, row.leader.name_zh, row.host.name_zh, row.call.title_zh, wan_cell(row.amount_fen)]
    return Document(
        f"{number} {row.leader.name_zh} {row.title_zh[:40]}.pdf",
        [*line, state_outside(row).label],
        lambda: render_pdf("calls/typst/application.typ", application_data(row)),
    )


def letters_of(account: Account) -> QuerySet[Any]:
    return Letter.objects.visible_to(account).select_related("application__leader", "application__host", "application__call")


def letter_heading() -> Sequence[str]:
    return [_("文号"), _("类型"), _("编号"), _("名称"), _("申请人"), _("依托单位"), _("日期")]


def letter_document(row: Letter) -> Document:
    of, name = row.application, letter_name(words_of(row.application), row.kind)
    when = clock.local_day(row.issued_at)
    line = [row.number, name, of.number, of.title_zh, of.leader.name_zh, of.host.name_zh, when]
    return Document(
        f"{row.number} {name} {of.leader.name_zh}.pdf", line, lambda: render_pdf("calls/typst/letter.typ", letter_data(row))
    )


RESULT_LETTERS = (Letter.Kind.APPROVED, Letter.Kind.REJECTED)


def with_letter(decisions: QuerySet[Decision]) -> QuerySet[Decision]:
    """Keep the decisions that a letter has told to their applicants: before the release there is nothing to hand out."""
    told = Letter.objects.filter(
        kind__in=RESULT_LETTERS, application=OuterRef("application"), issued_at__gte=OuterRef("approved_at")
    )
    return decisions.filter(Exists(told))  # a letter from before is that of a decision that was revoked


def results_of(account: Account) -> QuerySet[Any]:
    letters = Letter.objects.filter(kind__in=RESULT_LETTERS).order_by("issued_at")
    decisions = with_letter(Decision.objects.visible_to(account)).select_related(
        *(f"application__{n}" for n in ("leader", "host", "call"))
    )
    return decisions.prefetch_related(Prefetch("application__letters", letters, to_attr="result_letters"))


def result_document(row: Decision) -> Document:
    """Return the letter that told of the decision."""
    letter = row.application.result_letters[-1]  # type: ignore[attr-defined]
    letter.application = row.application
    return letter_document(letter)


KINDS.add(RESULTS, Kind(gettext_lazy("结果通知书"), results_of, letter_heading, result_document))
KINDS.add(APPLICATIONS, Kind(gettext_lazy("申请书"), applications_of, application_heading, application_document))
KINDS.add(LETTERS, Kind(gettext_lazy("通知书"), letters_of, letter_heading, letter_document))
