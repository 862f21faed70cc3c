"""Pages of the registry: people that one may see, imports with a dry run."""

from __future__ import annotations

from django import forms
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core.addresses import AddressFormField
from headwater.core.errors import Refused
from headwater.core.listing import Column, Filter, Listing
from headwater.core.permission import access, page
from headwater.core.sheets import write_xlsx
from headwater.core.web import attempt, download
from headwater.registry.addresses import correct_person_address
from headwater.registry.completing import Profile, complete_person, is_proven, profile_of
from headwater.registry.forms import ProfileForm
from headwater.registry.models import Organisation, Person
from headwater.registry.tables import IMPORTS

MAX_IMPORT = 10 * 1024 * 1024


@page("registry.people.list")
def people(request: HttpRequest) -> HttpResponse:
    rows = Person.objects.visible_to(request.user).select_related("organisation")
    listing = Listing(
        request,
        rows,
        name="people",
        order="id",
        search=("name_zh", "name_en", "orcid", "organisation__name_zh"),
        columns=[
            Column(_("姓名"), lambda p: p.name_zh, kind="title", url=lambda p: f"/people/{p.pk}/"),
            Column(_("英文姓名"), lambda p: p.name_en),
            Column(_("单位"), lambda p: p.organisation.name_zh if p.organisation else ""),
            Column(_("职称"), lambda p: p.title),
            Column(_("学位"), lambda p: p.highest_degree),
            Column("ORCID", lambda p: p.orcid),
            Column(_("人员编号"), lambda p: p.pk),
        ],
        filters=[Filter("kind", _("单位类型"), Organisation.Kind.choices, "organisation__kind")],
        empty_title=_("没有人员"),
        empty_hint=_("用“导入”从表格批量登记。"),
    )
    return listing.export() or render(request, "core/list.html", {"list": listing, "title": _("人员")})


@page("registry.people.list")
def person(request: HttpRequest, pk: int) -> HttpResponse:
    row = access(
        request.user,
        "registry.person.view",
        Person.objects.visible_to(request.user).select_related("organisation", "account"),
        pk=pk,
    )
    return render(
        request,
        "registry/person.html",
        {
            "person": row,
            "may_complete": request.user.has_perm("registry.person.complete", row),
            "may_correct": request.user.has_perm("registry.address.correct", row),
            "restricted": request.user.has_perm("registry.person.restricted", row),
            "employments": row.employments.select_related("organisation").order_by("-since"),
            "earlier": row.earlier_projects.order_by("-approved_on"),
            "titles": row.titles.order_by("-since"),
            "publications": row.publications.order_by("-year")[:20],
        },
    )


@page("registry.person.complete")
def complete(request: HttpRequest, pk: int) -> HttpResponse:
    row = access(
        request.user, "registry.person.complete", Person.objects.visible_to(request.user).select_related("organisation"), pk=pk
    )
    form = ProfileForm(request.POST or None, initial=vars(profile_of(row)), proven=is_proven(row))
    if request.method == "POST" and form.is_valid():
        given, actor = Profile(**form.cleaned_data), request.actor
        if attempt(request, lambda: complete_person(person=row, given=given, actor=actor), form=form, success=_("已保存。")):
            return redirect("person", pk=row.pk)
    return render(request, "registry/complete.html", {"person": row, "form": form}, status=422 if form.errors else 200)


class AddressForm(forms.Form):
    """Another address, or none, with the reason for it."""

    email = AddressFormField(
        label=gettext_lazy("电子邮箱"), required=False, help_text=gettext_lazy("留空即删除。有账号的，新邮箱确认后生效；原邮箱同时得到通知。")
    )
    reason = forms.CharField(label=gettext_lazy("理由"), max_length=500)


@page("registry.address.correct")
def address(request: HttpRequest, pk: int) -> HttpResponse:
    """An officer corrects or removes the address of a person; the mailboxes are told."""
    row = access(request.user, "registry.address.correct", Person.objects.visible_to(request.user), pk=pk)
    form = AddressForm(request.POST or None, initial={"email": row.email})
    if request.method == "POST" and form.is_valid():
        new, reason, actor, told = form.cleaned_data["email"], form.cleaned_data["reason"], request.actor, _("已保存，并已通知有关邮箱。")
        if attempt(
            request, lambda: correct_person_address(person=row, new=new, reason=reason, actor=actor), form=form, success=told
        ):
            return redirect("person", pk=row.pk)
    return render(request, "registry/address.html", {"person": row, "form": form}, status=422 if form.errors else 200)


class ImportForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("内容"), choices=lambda: [(k, v[0]) for k, v in IMPORTS.items()])
    file = forms.FileField(label=gettext_lazy("表格（xlsx、csv）"), required=False)


@page("registry.import")
def imports(request: HttpRequest) -> HttpResponse:
    """First a dry run that lists every bad row; then, confirmed, the same file is imported."""
    form = ImportForm(request.POST or None, request.FILES or None)
    result, held = None, request.POST.get("held", "")
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            name, content = (upload.name, upload.read(MAX_IMPORT + 1)) if upload else _held(request, held)
            if len(content) > MAX_IMPORT:
                raise Refused.because(_("文件超过 10 MB，请分批导入"), field="file")
            dry = not request.POST.get("confirmed")
            result = IMPORTS[form.cleaned_data["kind"]][2](
                name=name, content=content, actor=request.actor, dry_run=dry, skip_bad=bool(request.POST.get("skip_bad"))
            )
            held = _hold(request, name, content) if dry else ""
            if not dry:
                _drop(request)
        except Refused as refused:
            for reason in refused.reasons:
                form.add_error("file", reason.text)
    return render(
        request,
        "registry/imports.html",
        {"form": form, "result": result, "held": held, "kinds": form.fields["kind"].choices},
        status=422 if form.errors else 200,
    )


def _hold(request: HttpRequest, name: str, content: bytes) -> str:
    """Keep the uploaded table between the dry run and the import, for this session only."""
    from django.core.files.base import ContentFile

    if request.session.get("import", {}).get("name") == name and request.POST.get("held"):
        return "1"
    _drop(request)
    path = default_storage.save(f"imports/{request.session.session_key or 'x'}", ContentFile(content))
    request.session["import"] = {"name": name, "path": path}
    return "1"


def _drop(request: HttpRequest) -> None:
    """The table holds personal data: once it is imported, or another takes its place, it is deleted."""
    kept = request.session.pop("import", None)
    if kept:
        default_storage.delete(kept["path"])


def _held(request: HttpRequest, held: str) -> tuple[str, bytes]:
    kept = request.session.get("import")
    if not held or not kept or not default_storage.exists(kept["path"]):
        raise Refused.because(_("请选择文件"), field="file")
    with default_storage.open(kept["path"]) as source:
        return kept["name"], source.read()


@page("registry.import")
def template(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in IMPORTS:
        raise Http404
    heading = [c.label for c in IMPORTS[kind][1]]
    return download(
        write_xlsx(kind, heading, [[]]), f"{kind}.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
