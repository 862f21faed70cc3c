"""Pages of the registry: people that one may see, imports with a dry run."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core import clock
from headwater.core.addresses import AddressFormField
from headwater.core.errors import Refused
from headwater.core.i18n import both
from headwater.core.jobs import enqueue
from headwater.core.listing import Column, Filter, Listing
from headwater.core.permission import access, page
from headwater.core.sheets import write_xlsx
from headwater.core.web import attempt, download, key_in
from headwater.registry.addresses import correct_person_address
from headwater.registry.completing import complete_person, is_proven, profile_of
from headwater.registry.forms import MergeForm, ProfileForm
from headwater.registry.merging import candidates, compare, effects, likely_same, merge_records, undo_merge
from headwater.registry.models import (
    EarlierProject,
    Employment,
    Organisation,
    Person,
    Publication,
    Sanction,
    TitleHeld,
    records_of,
)
from headwater.registry.tables import IMPORTS

MAX_IMPORT = 10 * 1024 * 1024
LARGE = 200 * 1024
"""Bytes of a table (some thousand rows) beyond which its import is a job of the worker."""


@page("registry.people.list")
def people(request: HttpRequest) -> HttpResponse:
    rows = Person.objects.visible_to(request.user)
    if request.GET.get("records") != "merged":
        rows = rows.surviving()
    listing = Listing(
        request,
        rows,
        name="people",
        title=_("人员"),
        order="name_sounds",
        search=("name_zh", "name_en", "name_sounds", "orcid", "organisation__name_zh"),
        columns=[
            Column(_("姓名"), lambda p: both(p), sort="name_sounds", kind="title", url=lambda p: f"/people/{p.pk}/"),
            Column(_("英文姓名"), lambda p: p.name_en, phone=False),
            Column(_("单位"), lambda p: both(p.organisation) if p.organisation else ""),
            Column(_("职称"), lambda p: p.title),
            Column(_("学位"), lambda p: p.highest_degree),
            Column("ORCID", lambda p: p.orcid),
            Column(_("人员编号"), lambda p: p.pk),
            Column(_("并入"), lambda p: p.merged_into_id or ""),
        ],
        only=("name_zh", "name_en", "title", "highest_degree", "orcid", "merged_into", "organisation__name_zh"),
        filters=[
            Filter("kind", _("单位类型"), Organisation.Kind.choices, "organisation__kind"),
            Filter("records", _("记录"), [("double", _("可能重复")), ("merged", _("已并入他人"))], apply=_records),
        ],
        empty_title=_("没有人员"),
        empty_hint=_("用“导入”从表格批量登记。"),
    )
    return listing.export() or render(request, "core/list.html", {"list": listing})


@page("registry.sanctions.read")
def sanctions(request: HttpRequest) -> HttpResponse:
    """List the sanctions for the integrity officer, those in force first to be chosen."""
    listing = Listing(
        request,
        Sanction.objects.select_related("person__organisation"),
        name="sanctions",
        title=_("失信惩戒"),
        order="-since",
        search=("person__name_zh", "document"),
        columns=[
            Column(_("姓名"), lambda s: both(s.person), kind="title", url=lambda s: f"/people/{s.person_id}/"),
            Column(_("单位"), lambda s: both(s.person.organisation) if s.person.organisation else ""),
            Column(_("起"), lambda s: s.since, sort="since", kind="date", phone=True),
            Column(_("至"), lambda s: s.until, kind="date", phone=True),
            Column(_("依据"), lambda s: s.legal_basis),
            Column(_("处理决定文号"), lambda s: s.document),
        ],
        filters=[Filter("force", _("期限"), [("now", _("在惩戒期内"))], apply=lambda q, _v: q.barring(clock.today()))],
        empty_title=_("没有失信惩戒"),
        empty_hint=_("用“导入”登记的处理决定会出现在这里。"),
    )
    hint = _("只读：惩戒期内不得申报或参与，决定前再核对一次。")
    return listing.export() or render(request, "core/list.html", {"list": listing, "hint": hint})


def _records(rows: Any, value: str) -> Any:
    return likely_same(rows) if value == "double" else rows.filter(merged_into__isnull=False)


@page("registry.people.list")
def person(request: HttpRequest, pk: int) -> HttpResponse:
    row = access(
        request.user,
        "registry.person.view",
        Person.objects.visible_to(request.user).select_related("organisation", "account", "merged_into"),
        pk=pk,
    )
    records = list(records_of([row.pk]))
    return render(
        request,
        "registry/person.html",
        {
            "person": row,
            "may_complete": request.user.has_perm("registry.person.complete", row),
            "may_correct": request.user.has_perm("registry.address.correct", row),
            "restricted": request.user.has_perm("registry.person.restricted", row),
            "may_merge": request.user.has_perm("registry.person.merge"),
            "merged": row.merged.order_by("pk"),
            "employments": Employment.objects.filter(person__in=records).select_related("organisation").order_by("-since"),
            "earlier": EarlierProject.objects.filter(person__in=records).order_by("-approved_on"),
            "titles": TitleHeld.objects.filter(person__in=records).order_by("-since"),
            "publications": Publication.objects.filter(authors__in=records).distinct().order_by("-year")[:20],
        },
    )


@page("registry.person.complete")
def complete(request: HttpRequest, pk: int) -> HttpResponse:
    row = access(
        request.user, "registry.person.complete", Person.objects.visible_to(request.user).select_related("organisation"), pk=pk
    )
    form = ProfileForm(request.POST or None, initial=vars(profile_of(row)), proven=is_proven(row))
    if request.method == "POST" and form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if name in request.POST}
        actor = request.actor
        if attempt(request, lambda: complete_person(person=row, values=values, actor=actor), form=form, success=_("已保存。")):
            return redirect("person", pk=row.pk)
    return render(request, "registry/complete.html", {"person": row, "form": form}, status=422 if form.errors else 200)


@page("registry.person.merge")
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the record that is to stand for this one, look at both and at what follows, and merge with a reason."""
    row = access(request.user, "registry.person.merge", Person.objects.visible_to(request.user).select_related(*BOTH), pk=pk)
    into = None
    form = MergeForm(request.POST or None, initial={"into": request.GET.get("into", "")})
    choice = key_in(request.POST if request.method == "POST" else request.GET, "into")
    if choice:
        into = Person.objects.visible_to(request.user).select_related(*BOTH).filter(pk=choice).exclude(pk=pk).first()
    if request.method == "POST" and form.is_valid():
        if into is None:
            form.add_error("into", _("没有这个人员编号"))
        else:
            reason, other = form.cleaned_data["reason"], into
            is_merged = attempt(
                request,
                lambda: merge_records(person=row, into=other, reason=reason, actor=request.actor),
                form=form,
                success=_("已合并；可以随时撤销。"),
            )
            if is_merged:
                return redirect("person", pk=into.pk)
    may_read_restricted = all(request.user.has_perm("registry.person.restricted", p) for p in (row, into) if p)
    context = {
        "person": row,
        "into": into,
        "form": form,
        "candidates": candidates(row),
        "lines": compare(row, into, may_read_restricted=may_read_restricted) if into else [],
        "effects": effects(row, into) if into else [],
    }
    return render(request, "registry/merge.html", context, status=422 if form.errors else 200)


BOTH = ("organisation", "account", "merged_into")


@page("registry.person.merge", methods=("POST",))
def unmerge(request: HttpRequest, pk: int) -> HttpResponse:
    row = access(request.user, "registry.person.merge", Person.objects.visible_to(request.user), pk=pk)
    reason = request.POST.get("reason", "")
    attempt(request, lambda: undo_merge(person=row, reason=reason, actor=request.actor), success=_("已撤销合并。"))
    return redirect("person", pk=pk)


class AddressForm(forms.Form):
    """Another address, or none, with the reason for it."""

    email = AddressFormField(
        label=gettext_lazy("电子邮箱"),
        required=False,
        help_text=gettext_lazy("留空即删除。有账号的，新邮箱确认后生效；原邮箱同时得到通知。"),
    )
    reason = forms.CharField(label=gettext_lazy("理由"), max_length=500)


@page("registry.address.correct")
def address(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct or remove the address of a person; the mailboxes are told."""
    row = access(request.user, "registry.address.correct", Person.objects.visible_to(request.user), pk=pk)
    form = AddressForm(request.POST or None, initial={"email": row.email})
    if request.method == "POST" and form.is_valid():
        new, reason, actor, success = (
            form.cleaned_data["email"],
            form.cleaned_data["reason"],
            request.actor,
            _("已保存，并已通知有关邮箱。"),
        )
        if attempt(
            request, lambda: correct_person_address(person=row, new=new, reason=reason, actor=actor), form=form, success=success
        ):
            return redirect("person", pk=row.pk)
    return render(request, "registry/address.html", {"person": row, "form": form}, status=422 if form.errors else 200)


class ImportForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("内容"), choices=lambda: [(k, v.label) for k, v in IMPORTS.items()])
    file = forms.FileField(label=gettext_lazy("表格（xlsx、csv）"), required=False)


@page("registry.import")
def imports(request: HttpRequest) -> HttpResponse:
    """Try a file in a dry run that lists every bad row; then, confirmed, import the same file."""
    form = ImportForm(request.POST or None, request.FILES or None)
    result, token = None, request.POST.get("held", "")
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            name, content = (upload.name, upload.read(MAX_IMPORT + 1)) if upload else _table_of_session(request, token)
            if len(content) > MAX_IMPORT:
                raise Refused.because(_("文件超过 10 MB，请分批导入"), field="file")
            dry = not request.POST.get("confirmed")
            if not dry and len(content) > LARGE:
                return _as_job(request, form.cleaned_data["kind"], name, content)
            result = IMPORTS[form.cleaned_data["kind"]].work(
                name=name, content=content, actor=request.actor, dry_run=dry, skip_bad=bool(request.POST.get("skip_bad"))
            )
            token = _hold(request, name, content) if dry else ""
            if not dry:
                _drop(request)
        except Refused as refused:
            for reason in refused.reasons:
                form.add_error("file", reason.text)
    return render(
        request,
        "registry/imports.html",
        {"form": form, "result": result, "held": token, "kinds": form.fields["kind"].choices},
        status=422 if form.errors else 200,
    )


def _as_job(request: HttpRequest, kind: str, name: str, content: bytes) -> HttpResponse:
    """Hand a large table to the worker: the page shows how it goes."""
    path = default_storage.save(f"imports/job-{uuid4().hex}", ContentFile(content))
    _drop(request)
    skip_bad = bool(request.POST.get("skip_bad"))
    job = enqueue("registry.import", actor=request.actor, table=kind, name=name, path=path, skip_bad=skip_bad)
    return redirect("job", pk=job.pk)


def _hold(request: HttpRequest, name: str, content: bytes) -> str:
    """Keep the uploaded table between the dry run and the import, for this session only."""
    if request.session.get("import", {}).get("name") == name and request.POST.get("held"):
        return "1"
    _drop(request)
    path = default_storage.save(f"imports/{request.session.session_key or 'x'}", ContentFile(content))
    request.session["import"] = {"name": name, "path": path}
    return "1"


def _drop(request: HttpRequest) -> None:
    """Delete the table, which holds personal data, once it is imported or another takes its place."""
    table = request.session.pop("import", None)
    if table:
        default_storage.delete(table["path"])


def _table_of_session(request: HttpRequest, token: str) -> tuple[str, bytes]:
    table = request.session.get("import")
    if not token or not table or not default_storage.exists(table["path"]):
        raise Refused.because(_("请选择文件"), field="file")
    with default_storage.open(table["path"]) as source:
        return table["name"], source.read()


@page("registry.import")
def template(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in IMPORTS:
        raise Http404
    heading = [c.label for c in IMPORTS[kind].columns]
    return download(
        write_xlsx(kind, heading, [[]]), f"{kind}.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
