"""Pages of works: the list, one work, entering and mending by hand, who an author is, two records of one work, files."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.core.acts import ReasonForm
from headwater.core.permission import access, page
from headwater.core.views.acts import confirm_act, given
from headwater.core.web import attempt, key_in
from headwater.registry.import_pages import import_page
from headwater.registry.lookups import PEOPLE
from headwater.registry.models import Person, Work, own_records
from headwater.registry.works.acts import removing_act
from headwater.registry.works.forms import AuthorForm, WorkForm, initial_of
from headwater.registry.works.identifiers import read_all
from headwater.registry.works.importing.reading import FORMS
from headwater.registry.works.listing import works_listing
from headwater.registry.works.matching import find_alike, find_same
from headwater.registry.works.merging import candidates, merge_works, merging_act, undo_work_merge
from headwater.registry.works.services import add_works, change_work, link_author, remove_work
from headwater.registry.works.showing import history_of, shown
from headwater.registry.works.values import NewWork, made_plain
from headwater.registry.works.writing import kept

OWN, OFFICE, HOST = "本人填写", "主管部门填写", "依托单位填写"
"""Where a work comes from, as it is stored."""


@page("registry.works.list")
def works(request: HttpRequest) -> HttpResponse:
    listing = works_listing(request, Work.objects.visible_to(request.user).surviving())
    if answer := listing.export():
        return answer
    may_add = request.user.has_perm("registry.works.add")
    return render(request, "registry/works.html", {"list": listing, "may_add": may_add})


def _work(request: HttpRequest, pk: int, action: str = "registry.works.list") -> Work:
    """Return a work that may be seen; a claim or a rule may still keep somebody from mending it."""
    row: Work = access(
        request.user, action, Work.objects.visible_to(request.user).select_related("merged_into", "entered_by"), pk=pk
    )
    return row


@page("registry.works.list")
def work(request: HttpRequest, pk: int) -> HttpResponse:
    row = _work(request, pk)
    may_mend = request.user.has_perm("registry.works.mend", row)
    context = {
        "work": row,
        **shown(row, request.user),
        "may_mend": may_mend,
        "may_merge": request.user.has_perm("registry.works.merge"),
        "may_claim": request.user.has_perm("registry.works.claim"),
        "may_link": request.user.has_perm("registry.people.list") and request.user.has_perm("registry.works.add"),
        "history": history_of(row) if may_mend else [],
        "merged": row.merged.order_by("pk"),
    }
    return render(request, "registry/work.html", context)


@page("registry.works.add")
def add(request: HttpRequest) -> HttpResponse:
    """Type a work by hand. One that is on record already is shown, and may be joined as an author."""
    form = WorkForm(request.POST or None, initial={"kind": request.GET.get("kind", "paper")})
    same: list[Work] = []
    alike: list[Work] = []
    if request.method == "POST" and form.is_valid():
        new = form.work(_source(request))
        distinct, keys = form.cleaned_data["distinct"], []
        if attempt(
            request,
            lambda: keys.extend(add_works(works=[new], actor=request.actor, distinct=distinct)),
            form=form,
            success=_("已登记。"),
        ):
            return redirect("work", pk=keys[0])
        same, alike = _met(new)
    context = {"form": form, "same": [_joinable(w, request.user) for w in same], "alike": alike, "title": _("登记成果")}
    return render(request, "registry/work_form.html", context, status=422 if form.errors else 200)


def _source(request: HttpRequest) -> str:
    if request.user.has_role("programme_officer"):
        return OFFICE
    return OWN if own_records(request.user) else HOST


def _met(new: NewWork) -> tuple[list[Work], list[Work]]:
    """Return the works on record that have a number of a new one, and those of its title, kind and year."""
    plain = made_plain(new)
    same, alike = find_same([read_all(plain.identifiers)[0]])[0], find_alike([plain])[0]
    rows = Work.objects.in_bulk([*same, *alike])
    return [rows[key] for key in same], [rows[key] for key in alike if key not in same]


def _joinable(row: Work, user: Any) -> dict[str, Any]:
    """Return a work on record with the place at which the reader stands as an author that nobody is said to be."""
    return {"work": row, "visible": Work.objects.visible_to(user).filter(pk=row.pk).exists(), "mine": shown(row, user)["mine"]}


@page("registry.works.mend")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = _work(request, pk, "registry.works.mend")
    before = kept(row)
    form = WorkForm(request.POST or None, initial=initial_of(before, row), known=before.authors)
    if request.method == "POST" and form.is_valid():
        to, revision = form.work(row.source), form.cleaned_data["revision"] or 0
        work_ = lambda: change_work(work=row, to=to, revision=revision, actor=request.actor)  # noqa: E731
        if attempt(request, work_, form=form, success=_("已保存。")):
            return redirect("work", pk=pk)
    context = {"form": form, "work": row, "title": _("修改成果")}
    return render(request, "registry/work_form.html", context, status=422 if form.errors else 200)


@page("registry.works.mend")
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    row = _work(request, pk, "registry.works.mend")
    act = removing_act(row, ReasonForm(given(request)))
    reason = request.POST.get("reason", "")
    done = lambda: remove_work(work=row, reason=reason, actor=request.actor)  # noqa: E731
    return confirm_act(request, act, done, _("已删除。"), then=reverse("works"))


@page("registry.works.add", methods=("POST",))
def link(request: HttpRequest, pk: int, position: int) -> HttpResponse:
    """Say who the author at a place is: oneself, or somebody of the registry whom one may look up."""
    row = get_object_or_404(Work, pk=pk)
    person = _the_person(request)
    if person is not None:
        attempt(
            request, lambda: link_author(work=row, position=position, person=person, actor=request.actor), success=_("已标明。")
        )
    visible = Work.objects.visible_to(request.user).filter(pk=pk).exists()
    return redirect("work", pk=pk) if visible else redirect("works")


def _the_person(request: HttpRequest) -> Person | None:
    """Return oneself, or the one person whom a line of text means; otherwise say why there is none."""
    from django.contrib import messages

    if request.POST.get("self"):
        return Person.objects.surviving().filter(pk__in=own_records(request.user)).first()
    if not request.user.has_perm(PEOPLE.action):
        return None
    form = AuthorForm(request.POST)
    people = list(PEOPLE.matching(request.user, form.cleaned_data["person"])[:2]) if form.is_valid() else []
    if len(people) == 1:
        return people[0]  # type: ignore[no-any-return]
    messages.error(request, _("有多人符合，请写明单位或填写电子邮箱") if people else _("登记库中没有此人"))
    return None


@page("registry.works.merge")
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the record that is to stand for this one, look at both, and merge with a reason."""
    row = _work(request, pk)
    choice = key_in(request.POST if request.method == "POST" else request.GET, "into")
    into = Work.objects.visible_to(request.user).filter(pk=choice).first() if choice else None
    if into is None:
        return render(request, "registry/work_merge.html", {"work": row, "candidates": candidates(row), "choice": choice})
    act = merging_act(row, into, form=ReasonForm(given(request)))
    reason = request.POST.get("reason", "")
    done = lambda: merge_works(work=row, into=into, reason=reason, actor=request.actor)  # noqa: E731
    return confirm_act(request, act, done, _("已合并；可以随时撤销。"), then=reverse("work", args=[into.pk]))


@page("registry.works.merge", methods=("POST",))
def unmerge(request: HttpRequest, pk: int) -> HttpResponse:
    row = _work(request, pk)
    reason = request.POST.get("reason", "")
    attempt(request, lambda: undo_work_merge(work=row, reason=reason, actor=request.actor), success=_("已撤销合并。"))
    return redirect("work", pk=pk)


@page("registry.works.add")
def imports(request: HttpRequest) -> HttpResponse:
    """Try a file of works in a dry run that tells every line; then, confirmed, take in the same file as it was told."""
    forms = "、".join(str(form.label) for form in FORMS.values())
    hint = _("可以导入 %s。先试运行：列出每一条会怎样，什么都不改；确认后照此导入。") % forms
    return import_page(request, ["works"], title=_("导入成果"), hint=hint, here="works_import")
