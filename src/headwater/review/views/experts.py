"""Pages of the expert database: the list, one expert with works and ties, and what experts say of themselves."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.i18n import both, named
from headwater.core.listing import Column, Filter, Listing
from headwater.core.lookups import LookupInput
from headwater.core.permission import page
from headwater.core.web import attempt, key_in
from headwater.forms.answers.references import find_person
from headwater.registry.lookups import FIELDS, PEOPLE
from headwater.registry.models import Discipline, Person, Publication, Relation, ReviewGroup, own_records, records_of
from headwater.registry.services import Paper, add_publications, add_relations, remove_authorship, remove_relation
from headwater.review.forms import ExpertForm, NewExpertForm, OwnForm, RelationForm, WorkForm, of_expert, the_person
from headwater.review.languages import LANGUAGES, USUAL
from headwater.review.lookups import EXPERT_HOMES
from headwater.review.models import OPEN, Assignment, Expert
from headwater.review.queries import number_of
from headwater.review.services.experts import Entry, change_experts, change_own, register_experts, restore_expert, retire_expert

OWN, OFFICE = "本人填写", "主管部门填写"
"""Where a work or a tie comes from, as it is stored."""
LONG = 300
"""Works shown on a page; all are counted."""


@page("review.expert.list")
def experts(request: HttpRequest) -> HttpResponse:
    of_row = Assignment.objects.visible_to(request.user).filter(expert=OuterRef("pk"))
    rows = (
        Expert.objects.select_related("person__organisation")
        .prefetch_related("disciplines")
        .annotate(
            open=number_of(of_row.filter(state__in=OPEN)),
            done=number_of(of_row.filter(state=Assignment.State.SUBMITTED)),
            declined=number_of(of_row.filter(state=Assignment.State.DECLINED)),
        )
    )
    listing = Listing(
        request,
        rows,
        name="experts",
        title=_("专家库"),
        order="person__name_sounds",
        search=("person__name_zh", "person__name_en", "person__name_sounds", "person__organisation__name_zh", "keywords"),
        columns=[
            Column(
                _("姓名"),
                lambda e: both(e.person),
                sort="person__name_sounds",
                kind="title",
                url=lambda e: f"/office/experts/{e.pk}/",
            ),
            Column(_("单位"), lambda e: both(e.person.organisation) if e.person.organisation else "", phone=True),
            Column(_("申请代码"), lambda e: "、".join(d.code for d in e.disciplines.all()), phone=True),
            Column(_("研究方向"), lambda e: e.keywords),
            Column(_("评审语言"), lambda e: "、".join(str(LANGUAGES.get(code, code)) for code in e.languages)),
            Column(_("上限"), lambda e: e.max_load, sort="max_load", kind="number"),
            Column(_("在评"), lambda e: e.open, kind="number"),
            Column(_("已评"), lambda e: e.done, sort="done", kind="number"),
            Column(_("谢绝"), lambda e: e.declined, kind="number"),
            Column(_("区外"), lambda e: _("是") if e.is_external else ""),
            Column(_("状态"), availability, phone=True),
        ],
        filters=_filters(),
        empty_title=_("专家库是空的"),
        empty_hint=_("在“导入”中选择“专家”从表格批量登记，或逐个登记。"),
    )
    if answer := listing.export():
        return answer
    context: dict[str, Any] = {"list": listing}
    if request.user.has_perm("review.expert.manage"):
        context |= {"action_url": "/office/experts/new/", "action": _("登记专家")}
    return render(request, "core/list.html", context)


def availability(expert: Expert) -> str:
    if not expert.is_active:
        return _("已出库")
    away = expert.away_until
    return _("暂停至 %s") % away if away and away >= clock.today() else _("在库")


def _filters() -> list[Filter]:
    return [
        Filter("group", _("评审领域"), [(g.code, named(g)) for g in ReviewGroup.objects.all()], apply=_in_group),
        Filter("discipline", _("学科"), lookup=FIELDS, apply=_below),
        Filter("language", _("评审语言"), list(LANGUAGES.items()), apply=lambda q, v: q.filter(languages__contains=[v])),
        Filter("home", _("单位"), field="person__organisation__in", lookup=EXPERT_HOMES),
        Filter("external", _("区内外"), [("1", _("区外")), ("0", _("区内"))], apply=lambda q, v: q.filter(is_external=v == "1")),
        Filter("state", _("状态"), [("on", _("可以邀请")), ("off", _("不可邀请"))], apply=_available),
    ]


def _with(rows: Any, condition: Q) -> Any:
    return rows.filter(pk__in=Expert.objects.filter(condition).values("pk"))


def _in_group(rows: Any, code: str) -> Any:
    group = ReviewGroup.objects.filter(code=code).first()
    condition = Q(pk__in=[])
    for prefix in group.prefixes if group else []:
        condition |= Q(disciplines__code__startswith=prefix)
    return _with(rows, condition)


def _below(rows: Any, fields: Any) -> Any:
    """Experts of one of these disciplines, or of one below them."""
    code = ExpressionWrapper(OuterRef("code"), output_field=CharField())
    below = Discipline.objects.filter(Exists(fields.alias(below=code).filter(below__startswith=F("code"))))
    return _with(rows, Q(disciplines__in=below))


def _available(rows: Any, value: str) -> Any:
    here = Expert.objects.available().values("pk")
    return rows.filter(pk__in=here) if value == "on" else rows.exclude(pk__in=here)


@page("review.expert.manage")
def new(request: HttpRequest) -> HttpResponse:
    """Register somebody of the registry as an expert."""
    form = NewExpertForm(request.POST or None, initial={"languages": list(USUAL), "person": request.GET.get("person", "")})
    if request.method == "POST" and form.is_valid():
        person = the_person(form, "person", find_person(form.cleaned_data["person"]))
        if person and Expert.objects.filter(person=person).exists():
            form.add_error("person", _("此人已在专家库"))
        elif person:
            change = form.change()
            wrong = _unknown_codes(list(change.codes or ()))
            if wrong:
                form.add_error("codes", wrong)
            elif attempt(request, lambda: _register(request, person, change), form=form, success=_("已登记。")):
                return redirect("expert", pk=Expert.objects.get(person=person).pk)
    return render(request, "review/expert_new.html", {"form": form}, status=422 if form.errors else 200)


def _unknown_codes(codes: list[str]) -> str:
    disciplines = set(Discipline.objects.filter(code__in=codes).values_list("code", flat=True))
    wrong = [c for c in codes if c not in disciplines]
    return _("没有这些申请代码：%s") % "、".join(wrong)[:100] if wrong or not codes else ""


def _register(request: HttpRequest, person: Person, change: Any) -> None:
    entry = Entry(
        person, change.codes, change.keywords, change.max_load, change.is_external, change.languages or USUAL, change.away_until
    )
    register_experts(entries=[entry], actor=request.actor)


def _expert_page(request: HttpRequest, expert: Expert, **forms: Any) -> HttpResponse:
    """The page of one expert, with whichever form was sent."""
    records = list(records_of([expert.person_id]))
    works = Publication.objects.filter(authors__in=records).distinct().order_by("-year", "-pk")
    ties = Relation.objects.filter(Q(first__in=records) | Q(second__in=records))
    may = request.user.has_perm("review.expert.manage")
    form = forms.get("form") or (ExpertForm if may else OwnForm)(initial=of_expert(expert))
    context = {
        "expert": expert,
        "may": may,
        "own": expert.person_id in own_records(request.user),
        "state": availability(expert),
        "form": form,
        "work_form": forms.get("work_form") or WorkForm(prefix="work"),
        "relation_form": forms.get("relation_form") or RelationForm(prefix="tie"),
        "works": works[:LONG],
        "works_total": works.count(),
        "relations": [
            _tie(r, records) for r in ties.select_related("first__organisation", "second__organisation").order_by("pk")
        ],
    }
    if request.user.has_perm(PEOPLE.action):
        context["relation_form"].fields["other"].widget = LookupInput(PEOPLE)
    failed = any(f.errors for f in forms.values() if f is not None)
    return render(request, "review/expert.html", context, status=422 if failed else 200)


def _tie(relation: Relation, records: list[int]) -> dict[str, Any]:
    return {"row": relation, "other": relation.second if relation.first_id in records else relation.first}


def _the_expert(request: HttpRequest, pk: int) -> Expert:
    """An expert for an officer, or for themselves."""
    row = get_object_or_404(Expert.objects.select_related("person__organisation", "person__merged_into"), pk=pk)
    if not (request.user.has_perm("review.expert.list") or row.person_id in own_records(request.user)):
        raise Http404
    return row


@page("review.expert.list")
def one(request: HttpRequest, pk: int) -> HttpResponse:
    expert = _the_expert(request, pk)
    if request.method != "POST":
        return _expert_page(request, expert)
    verb, reason = request.POST.get("do", ""), request.POST.get("reason", "")
    if verb in {"retire", "restore"}:
        work = retire_expert if verb == "retire" else restore_expert
        attempt(request, lambda: work(expert=expert, reason=reason, actor=request.actor), success=_("已保存。"))
        return redirect("expert", pk=pk)
    if verb == "work":
        publication = get_object_or_404(Publication, pk=key_in(request.POST, "work"))
        attempt(
            request,
            lambda: remove_authorship(publication=publication, person=expert.person, reason=reason, actor=request.actor),
            success=_("已移除。"),
        )
        return redirect("expert", pk=pk)
    if verb == "relation":
        tie = get_object_or_404(Relation, pk=key_in(request.POST, "relation"))
        attempt(request, lambda: remove_relation(relation=tie, reason=reason, actor=request.actor), success=_("已移除。"))
        return redirect("expert", pk=pk)
    form = ExpertForm(request.POST)
    if form.is_valid():
        changes = [(expert, form.change())]
        if attempt(request, lambda: change_experts(changes=changes, actor=request.actor), form=form, success=_("已保存。")):
            return redirect("expert", pk=pk)
    return _expert_page(request, expert, form=form)


@page("review.desk")
def profile(request: HttpRequest) -> HttpResponse:
    """What one says of oneself as an expert: languages, absence, works, ties."""
    expert = _own(request)
    form = OwnForm(request.POST) if request.method == "POST" else None
    if form and form.is_valid():
        change = form.change()
        if attempt(
            request, lambda: change_own(expert=expert, change=change, actor=request.actor), form=form, success=_("已保存。")
        ):
            return redirect("expert_profile")
    return _expert_page(request, expert, form=form)


def _own(request: HttpRequest) -> Expert:
    rows = Expert.objects.select_related("person__organisation").filter(person__in=own_records(request.user))
    expert = rows.order_by("person__merged_into_id", "pk").first()
    if expert is None:
        raise Http404
    return expert


def _back(expert: Expert, own: bool) -> HttpResponse:
    return redirect("expert_profile") if own else redirect("expert", pk=expert.pk)


@page("signed_in", methods=("POST",))
def add_work(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a work: by an officer, or by the expert as their own."""
    expert = _the_expert(request, pk)
    own = expert.person_id in own_records(request.user)
    form = WorkForm(request.POST, prefix="work")
    if form.is_valid():
        source = OWN if own else OFFICE
        paper = Paper(authors=[expert.person_id], source=source, **form.cleaned_data)
        of = expert.person if own else None
        if attempt(
            request, lambda: add_publications(papers=[paper], actor=request.actor, of=of), form=form, success=_("已登记。")
        ):
            return _back(expert, own)
    return _expert_page(request, expert, work_form=form)


@page("signed_in", methods=("POST",))
def add_relation(request: HttpRequest, pk: int) -> HttpResponse:
    """Put down a tie: by an officer, or by the expert as their own."""
    expert = _the_expert(request, pk)
    own = expert.person_id in own_records(request.user)
    form = RelationForm(request.POST, prefix="tie")
    if form.is_valid():
        other = the_person(form, "other", find_person(form.cleaned_data["other"]))
        if other and other.pk == expert.person.survivor_id:
            form.add_error("other", _("双方是同一个人"))
        elif other:
            data = {name: form.cleaned_data[name] for name in ("kind", "since", "until", "note")}
            source = OWN if own else OFFICE
            tie = Relation(first_id=expert.person_id, second_id=other.pk, source=source, **data)
            of = expert.person if own else None
            if attempt(
                request, lambda: add_relations(relations=[tie], actor=request.actor, of=of), form=form, success=_("已登记。")
            ):
                return _back(expert, own)
    return _expert_page(request, expert, relation_form=form)
