"""The office's own templates of papers: what is in use, a new one, an example of each, and the way back to an earlier one."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.calls.models import PaperTemplate
from headwater.calls.papers import in_package
from headwater.calls.templating import ACTION, example, put_template, schemes_here, templates, use_template
from headwater.core import blobs
from headwater.core.acts import Act
from headwater.core.docx import DOCX, render_docx, starting_template
from headwater.core.i18n import named
from headwater.core.listing import Column, Listing
from headwater.core.permission import page
from headwater.core.views.acts import confirm_act
from headwater.core.web import attempt, download, key_in
from headwater.registry.queries import region_code, region_folder, region_of
from headwater.schemes.placeholders import PAPERS, placeholders_of

ALL = gettext_lazy("全部项目类型")


class TemplateForm(forms.Form):
    """A template and what it is for."""

    file = forms.FileField(
        label=gettext_lazy("模板文件"),
        help_text=gettext_lazy("DOCX，不超过 10 MB，不含宏。占位符写在双花括号里，例如 {{ heading }}。"),
        error_messages={"required": gettext_lazy("请选择文件")},
        widget=forms.FileInput(attrs={"accept": ".docx"}),
    )
    scheme = forms.ChoiceField(label=gettext_lazy("适用"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scheme"].choices = [("", ALL), *((code, named(row)) for code, row in schemes_here())]  # type: ignore[attr-defined]


@page(ACTION)
def papers(request: HttpRequest) -> HttpResponse:
    """Show what each paper is laid out by: what the office has put in use, else what the package has, else the plain layout."""
    rows = PaperTemplate.objects.in_force().filter(region=region_code(), file__isnull=False)
    own: dict[str, list[PaperTemplate]] = {}
    for row in rows.select_related("file", "put_by"):
        own.setdefault(row.paper, []).append(row)
    kinds = [(paper, words, own.get(paper, []), _package(paper)) for paper, words in PAPERS.items()]
    context = {"kinds": kinds, "schemes": dict(schemes_here()), "part": "papers"}
    return render(request, "regions/papers.html", context)


def _package(paper: str) -> list[str]:
    """Return the templates of a paper that the region package has, by their places in it."""
    folder = region_folder() / "templates"
    return sorted(str(file.relative_to(folder)) for file in (*folder.glob(f"{paper}.docx"), *folder.glob(f"*/{paper}.docx")))


@page(ACTION)
def paper(request: HttpRequest, paper: str) -> HttpResponseBase:
    """Take a new template of a paper, and list those that were given."""
    words = _known(paper)
    form = TemplateForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        done: list[PaperTemplate] = []
        file, scheme = form.cleaned_data["file"], form.cleaned_data["scheme"]
        given = {"paper": paper, "scheme": scheme, "name": file.name, "content": file.read(), "actor": request.actor}
        if attempt(request, lambda: done.append(put_template(**given)), form=form, success=_("模板检查无误。核对示例后启用。")):
            return redirect(f"{reverse('region_paper_use', args=[paper])}?template={done[0].pk}")
    listing = _listing(request, paper)
    context = {"form": form, "list": listing, "paper": paper, "words": words, "part": "papers"}
    context["placeholders"] = placeholders_of(paper).items()
    return listing.export() or render(request, "regions/paper.html", context, status=422 if form.errors else 200)


def _listing(request: HttpRequest, paper: str) -> Listing:
    rows = templates(paper).select_related("file", "put_by")
    using = set(templates(paper).in_force().values_list("pk", flat=True))
    schemes = dict(schemes_here())
    use, preview = (reverse(f"region_paper_{name}", args=[paper]) for name in ("use", "preview"))
    return Listing(
        request,
        rows,
        title=_("模板"),
        name=f"templates-{paper}",
        order="-id",
        search=("file__name", "put_by__name_zh"),
        columns=[
            Column(
                _("模板"),
                lambda t: t.file.name if t.file else _("地区包的模板"),
                kind="title",
                url=lambda t: reverse("file", args=[t.file_id]) if t.file_id else "",
            ),
            Column(_("适用"), lambda t: _scheme(t.scheme, schemes)),
            Column(_("状态"), lambda t: _("在用") if t.pk in using else _("曾用") if t.used_at else _("未启用")),
            Column(_("办理人"), lambda t: named(t.put_by) if t.put_by else "", phone=False),
            Column(_("上传"), lambda t: t.put_at, kind="date", phone=False),
            Column(_("启用"), lambda t: t.used_at, kind="date", phone=False),
            Column(_("示例"), lambda _t: "DOCX", url=lambda t: f"{preview}?template={t.pk}", export=False),
            Column(
                _("操作"),
                lambda t: _act(t, using),
                kind="action",
                url=lambda t: f"{use}?{_named(t, using)}" if _act(t, using) else "",
                export=False,
            ),
        ],
        empty_title=_("还没有上传模板"),
        empty_hint=_("现在用地区包的模板；地区包没有的，用系统版式。"),
    )


def _act(row: PaperTemplate, using: set[int]) -> str:
    """Return what can be done with a row; where the package's template is in use, there is nothing to go back to."""
    if row.pk in using:
        return _("停用") if row.file_id else ""
    return _("恢复使用") if row.used_at else _("启用")


def _named(row: PaperTemplate, using: set[int]) -> str:
    """Return what the page of the act asks: the template, or the scheme that goes back to the package's."""
    return f"scheme={row.scheme}" if row.pk in using else f"template={row.pk}"


@page(ACTION)
def use(request: HttpRequest, paper: str) -> HttpResponse:
    """Show what taking a template into use means, and do it."""
    words, asked = _known(paper), request.POST or request.GET
    row = _asked(paper, asked)
    scheme = row.scheme if row else str(asked.get("scheme", ""))
    file = row.file if row else None
    name = file.name if file else _("地区包的模板")
    schemes = dict(schemes_here())
    if scheme and scheme not in schemes:
        raise Http404
    act = Act(
        title=_("启用模板：%s") % words,
        verb=_("启用"),
        back=reverse("region_paper", args=[paper]),
        columns=[_("模板"), _("适用")],
        rows=[[name, _scheme(scheme, schemes)]],
        changes=[_("此后下载的 DOCX 按这份模板生成；PDF 和已发出的公文不变。")],
        undo=_("在历史中选较早的一份，按“恢复使用”。"),
        hidden={"template": row.pk if row else 0, "scheme": scheme},
    )
    work = partial(use_template, paper=paper, scheme=scheme, template=row if file else None, actor=request.actor)
    return confirm_act(request, act, work, _("已启用。"), template="regions/paper_use.html", paper=paper, row=row)


@page(ACTION)
def preview(request: HttpRequest, paper: str) -> HttpResponse:
    """Download an example: after a template that was given, or (without one) after what the package has for all schemes."""
    words, row = _known(paper), _asked(paper, request.GET)
    path = in_package(region_folder(), paper, row.scheme if row else "")
    content = blobs.read(row.file.sha256) if row and row.file else path.read_bytes() if path else None
    data = example(paper, region_of(region_code()))
    return download(render_docx(data, content), f"{words} {_('示例')}.docx", DOCX)


@page(ACTION)
def start(request: HttpRequest, paper: str) -> HttpResponse:
    """Download a template to begin with: the plain layout with its placeholders."""
    words = _known(paper)
    return download(starting_template(placeholders_of(paper)), f"{words} {_('起始模板')}.docx", DOCX)


def _known(paper: str) -> str:
    if paper not in PAPERS:
        raise Http404
    return str(PAPERS[paper])


def _asked(paper: str, data: Any) -> PaperTemplate | None:
    """Return the template that a request names; None where it names none."""
    key = key_in(data, "template")
    return get_object_or_404(templates(paper).select_related("file"), pk=key) if key else None


def _scheme(code: str, schemes: dict[str, Any]) -> str:
    return (named(schemes[code]) if code in schemes else code) if code else str(ALL)
