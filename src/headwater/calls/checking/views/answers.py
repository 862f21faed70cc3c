"""The answers of a call as a spreadsheet: at once where there are few, by a job where there are many."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from headwater.calls.checking.services import answer_sheets
from headwater.calls.checking.services.answer_sheets import ANSWERS, applications_for, name_of, table_of, write_answers
from headwater.calls.models import Call
from headwater.calls.pages import the_call
from headwater.core.errors import Refused
from headwater.core.exports import ask_export
from headwater.core.listing import KEPT_IN_MEMORY, TYPES
from headwater.core.permission import page
from headwater.core.web import attached, scratch, scratch_folder
from headwater.forms.fieldtype import label
from headwater.forms.shapes import Field


@page("calls.check")
def export_answers(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Export all answers to the questions of a call as xlsx or csv (`format`); `table` unfolds one table. Only a form asks for
    a job.
    """
    call = the_call(request, pk, "calls.check")
    parameters = request.POST if request.method == "POST" else request.GET
    table, form = table_of(call, parameters.get("table", "")), parameters.get("format", "xlsx")
    if form not in TYPES or (parameters.get("table") and table is None):
        raise Http404
    try:
        if applications_for(request.user, call).count() > answer_sheets.AT_ONCE:
            return _by_job(request, call, table, form)
        return _at_once(request, call, table, form)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("call_applications", pk=call.pk)


def _by_job(request: HttpRequest, call: Call, table: Field | None, form: str) -> HttpResponseBase:
    if request.method != "POST":
        raise Refused.because(_("申请较多，请在申请列表上方用“导出答卷”按钮提出，由后台生成文件"))
    title = f"{call.code} {label(table) if table else _('答卷')} ({form})"
    arguments = {"call": call.pk, "table": table.code if table else "", "form": form}
    return redirect("job", pk=ask_export(what=ANSWERS, items=[call.pk], title=title, actor=request.actor, **arguments).pk)


def _at_once(request: HttpRequest, call: Call, table: Field | None, form: str) -> HttpResponseBase:
    stream = scratch(max_size=KEPT_IN_MEMORY)
    with scratch_folder() as folder:
        write_answers(stream, folder, request.user, call, table, form)
    return attached(stream, name_of(call, table, form), TYPES[form])
