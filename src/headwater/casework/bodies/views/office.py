"""Pages of those who manage bodies: the list, convening, changing members, dissolving; and the page of one body for everybody who may see it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.casework.bodies.models import Body, BodyKind, Sitting, in_office
from headwater.casework.bodies.queries import (
    known_subjects,
    lacking_meetings,
    meetings_lacking,
    own_seats,
    seats_now,
    whats_wrong,
    with_figures,
    with_terms_ending,
)
from headwater.casework.bodies.rules.voting import share_word
from headwater.casework.bodies.services.composing import Founding
from headwater.casework.bodies.services.convening import change_members, convene, dissolve, put_rules
from headwater.casework.bodies.subjects import INSTITUTION
from headwater.casework.bodies.views.composing import ComposeForm
from headwater.casework.subjects import SUBJECTS
from headwater.core import clock
from headwater.core.acts import Act, ReasonForm
from headwater.core.files import ACCEPT
from headwater.core.i18n import both, named
from headwater.core.listing import Column, Filter, Listing
from headwater.core.lookups import LookupInput
from headwater.core.permission import access, may, page
from headwater.core.views.acts import confirm_act, given
from headwater.core.web import attempt
from headwater.registry.lookups import ORGANISATIONS
from headwater.registry.queries import region_code

NEEDS = [("meeting", gettext_lazy("会议次数不足")), ("term", gettext_lazy("任期将满"))]


@page("bodies.list")
def bodies(request: HttpRequest) -> HttpResponse:
    """The bodies that one sits on or manages; `of` and `id` narrow them to those of one record."""
    rows = with_figures(_listed(request)).select_related("kind")
    kinds = BodyKind.objects.current(region_code()).order_by("code")
    names: dict[tuple[str, int], tuple[str, str]] = {}
    listing = Listing(
        request,
        rows,
        title=_("委员会与专家组"),
        name="bodies",
        order="-since",
        search=("name_zh", "name_en"),
        prepare=lambda page_rows: names.update(known_subjects(page_rows, request.user)),
        columns=[
            Column(_("名称"), both, kind="title", url=lambda b: f"/bodies/{b.pk}/"),
            Column(_("类型"), lambda b: both(b.kind)),
            Column(_("对象"), lambda b: names.get((b.subject_kind, b.subject_id), ("—", ""))[0], phone=True),
            Column(_("在任人数"), lambda b: b.seats, kind="number", phone=False),
            Column(_("最近一次会议"), lambda b: b.last_met, kind="date", phone=False),
            Column(_("下次会议"), lambda b: b.next_sitting, kind="date", phone=True),
            Column(_("本年会议（应 / 已）"), lambda b: f"{b.owed_a_year} / {b.met_this_year}", phone=False),
            Column(_("成立日期"), lambda b: b.since, sort="since", kind="date", phone=False),
            Column(_("状态"), lambda b: Body.State(b.state), kind="state"),
        ],
        filters=[
            Filter("kind", _("类型"), [(k.code, named(k)) for k in kinds], "kind__code"),
            Filter("need", _("待办"), NEEDS, apply=_needing),
            Filter(
                "mine",
                _("范围"),
                [("1", _("我任职的"))],
                apply=lambda q, _v: q.filter(pk__in=own_seats(request.user).values("body")),
            ),
            Filter("state", _("状态"), Body.State.choices, "state"),
        ],
        empty_title=_("还没有评议组织"),
        empty_hint=_("学术委员会、验收专家组、伦理委员会等在这里组建、开会和表决；被聘为成员后，也在这里看到。"),
    )
    context = {"list": listing, "title": _("评议组织"), "hint": _("共同评议一件事的人：组成、任期、会议和表决。")}
    if may(request.user, "bodies.convene"):
        context |= {"action_url": "/bodies/new/", "action": _("组建")}
    return listing.export() or render(request, "core/list.html", context)


def _listed(request: HttpRequest) -> QuerySet[Body]:
    rows = Body.objects.visible_to(request.user)
    of, pk = request.GET.get("of", ""), request.GET.get("id", "")
    return rows.filter(subject_kind=of, subject_id=int(pk)) if of in SUBJECTS and pk.isdecimal() and len(pk) < 18 else rows


def _needing(rows: QuerySet[Body], need: str) -> QuerySet[Body]:
    found = lacking_meetings(Body.objects.all()) if need == "meeting" else with_terms_ending(Body.objects.all())
    return rows.filter(pk__in=found.values("pk"))


class InstitutionForm(forms.Form):
    """For which institution a body is convened, where it belongs to one."""

    institution = forms.CharField(
        label=gettext_lazy("单位"),
        max_length=200,
        widget=LookupInput(ORGANISATIONS),
        error_messages={"required": gettext_lazy("请选择单位")},
    )


@page("bodies.convene")
def new(request: HttpRequest) -> HttpResponse:
    """The kinds of body that one may convene. What belongs to another record than an institution is convened from the page of that record."""
    kinds = [k for k in BodyKind.objects.current(region_code()).order_by("code") if request.user.has_role(*k.rule.roles)]
    rows = [(k, k.rule.alone, k.rule.fits(INSTITUTION)) for k in kinds]
    return render(request, "bodies/new.html", {"kinds": rows})


@page("bodies.convene")
def compose(request: HttpRequest, kind: str) -> HttpResponse:
    """Convene a body: its people in rows, and what is wrong with them shown while they are chosen."""
    version = get_object_or_404(BodyKind.objects.current(region_code()), code=kind)
    rule = version.rule
    about, label = _about(request, rule.alone)
    if about is None and not rule.alone:
        return _choose_institution(request, version)
    access_to(request, Founding(rule, about))
    form = ComposeForm(request, rule, about)
    if not form.name_zh and not form.sent:
        form.name_zh = f"{SUBJECTS[label].name(about).zh}{rule.name.zh}" if about is not None else rule.name.zh
        form.name_en = (
            f"{rule.name.en}, {SUBJECTS[label].name(about).en}" if about is not None and SUBJECTS[label].name(about).en else ""
        )
    if form.only_checks:
        form.check()
    elif form.sent:
        values = {
            "record": about,
            "name_zh": form.name_zh,
            "name_en": form.name_en,
            "since": form.since,
            "insisted": form.insisted,
        }
        body = form.do(lambda chosen: convene(kind=kind, members=chosen, actor=request.actor, **values))
        if body is not None:
            messages.success(request, _("已组建，已通知成员。"))
            return redirect("body", pk=body.pk)
    known = (str(SUBJECTS[label].name(about)), SUBJECTS[label].url(about)) if about is not None else None
    context = {
        "kind": version,
        "rule": rule,
        "form": form,
        "about": known,
        "title": _("组建：%s") % rule.name,
        "verb": _("组建并通知成员"),
    }
    return render(request, "bodies/compose.html", context, status=422 if form.errors else 200)


def access_to(request: HttpRequest, founding: Founding) -> None:
    if not may(request.user, "bodies.convene", founding):
        raise PermissionDenied("bodies.convene")


def _about(request: HttpRequest, alone: bool) -> tuple[Any, str]:
    """Return the record that the address names, as far as the reader may know of it."""
    label, text = request.GET.get("of", ""), request.GET.get("id", "")
    if alone or not label:
        return None, ""
    if label not in SUBJECTS or not text.isdecimal() or len(text) > 17:
        raise Http404
    record = SUBJECTS[label].visible(request.user).filter(pk=int(text)).first()
    if record is None:
        raise Http404
    return record, label


def _choose_institution(request: HttpRequest, version: BodyKind) -> HttpResponse:
    form = InstitutionForm(request.POST or None)
    if not version.rule.fits(INSTITUTION):
        raise Http404
    if request.method == "POST" and form.is_valid():
        rows = list(ORGANISATIONS.matching(request.user, form.cleaned_data["institution"])[:2])
        if len(rows) == 1:
            return redirect(f"{request.path}?of={INSTITUTION}&id={rows[0].pk}")
        form.add_error("institution", _("没有找到这个单位，或有多个；请填写全称或代码"))
    context = {"kind": version, "rule": version.rule, "form": form}
    return render(request, "bodies/institution.html", context, status=422 if form.errors else 200)


@page("bodies.view")
def body(request: HttpRequest, pk: int) -> HttpResponse:
    """A body: members with their terms, what is wrong with it, its sittings, its rules of procedure."""
    row = access(request.user, "bodies.view", Body.objects.visible_to(request.user).select_related("kind", "rules_file"), pk=pk)
    manages, leads = may(request.user, "bodies.manage", row), may(request.user, "bodies.lead", row)
    if request.method == "POST" and leads and (file := request.FILES.get("rules")):
        work = partial(put_rules, body=row, name=file.name, content=file.read(), actor=request.actor)
        attempt(request, work, success=_("议事规则已上传，检查后可以下载。"))
        return redirect("body", pk=pk)
    seats = list(seats_now(row))
    former = row.members.exclude(in_office(clock.today())).select_related("person__organisation").order_by("-until", "pk")
    sittings = Sitting.objects.visible_to(request.user).filter(body=row)
    rule = row.rule
    context = {
        "body": row,
        "rule": rule,
        "about": known_subjects([row], request.user).get((row.subject_kind, row.subject_id)),
        "seats": [_line(row, m) for m in seats],
        "former": [_line(row, m) for m in former],
        "faults": whats_wrong(row, seats) if manages or leads else [],
        "sittings": sittings[:50],
        "quorum": share_word(rule.quorum),
        "majority": share_word(rule.majority),
        "lacking": meetings_lacking(row),
        "manages": manages and row.state == Body.State.ACTIVE,
        "leads": leads and row.state == Body.State.ACTIVE,
        "accept": ACCEPT,
    }
    return render(request, "bodies/body.html", context)


def _line(body_: Body, member: Any) -> dict[str, Any]:
    qualities = [str(body_.rule.quality_words[q]) for q in member.qualities if q in body_.rule.quality_words]
    return {"row": member, "post": body_.post_word(member.post), "qualities": "、".join(qualities)}


@page("bodies.manage")
def members(request: HttpRequest, pk: int) -> HttpResponse:
    """Change who sits on a body; a new term begins all terms anew."""
    rows = Body.objects.visible_to(request.user).select_related("kind")
    row = access(request.user, "bodies.manage", rows, pk=pk)
    if row.state != Body.State.ACTIVE:
        messages.error(request, _("该组织已解散，不能再调整"))
        return redirect("body", pk=pk)
    newest = BodyKind.objects.current(row.kind.region).filter(code=row.kind.code).first() or row.kind
    form = ComposeForm(request, newest.rule, row.record, row, list(seats_now(row)))
    if form.only_checks:
        form.check()
    elif form.sent:
        values = {"since": form.since, "new_term": form.new_term, "reason": form.reason, "insisted": form.insisted}
        if form.do(lambda chosen: change_members(body=row, members=chosen, actor=request.actor, **values)) is not None:
            messages.success(request, _("成员已调整，有变化的已通知。"))
            return redirect("body", pk=pk)
    context = {
        "body": row,
        "kind": newest,
        "rule": newest.rule,
        "form": form,
        "title": _("调整成员"),
        "verb": _("保存并通知有变化的成员"),
    }
    return render(request, "bodies/compose.html", context, status=422 if form.errors else 200)


@page("bodies.manage")
def dissolving(request: HttpRequest, pk: int) -> HttpResponse:
    """Show exactly whom dissolving a body touches; confirmed and unchanged, it is dissolved."""
    row = access(request.user, "bodies.manage", Body.objects.visible_to(request.user).select_related("kind"), pk=pk)
    called = row.sittings.filter(state=Sitting.State.CALLED).order_by("meets_at")
    seats = list(seats_now(row))
    form = ReasonForm(given(request))
    act = Act(
        title=_("核对后解散：%s") % row,
        verb=_("解散"),
        back=f"/bodies/{pk}/",
        columns=[_("姓名"), _("单位"), _("职务")],
        rows=[
            [named(m.person), named(m.person.organisation) if m.person.organisation else "—", row.post_word(m.post)]
            for m in seats
        ],
        changes=[
            _("以上 %d 人的任期到今天为止；已作出的结果和会议记录不变") % len(seats),
            *([_("取消已召集的会议 %d 次") % len(called)] if called else []),
        ],
        told=[_("以上成员：附所填的原因，日历中的会议随之取消")],
        undo=_("解散后不能恢复；需要时重新组建。"),
        form=form,
        blocked=[] if row.state == Body.State.ACTIVE else [_("已经解散")],
    )
    reason = form.cleaned_data.get("reason", "") if form.is_bound and form.is_valid() else ""
    return confirm_act(request, act, partial(dissolve, body=row, reason=reason, actor=request.actor), _("已解散，已通知成员。"))
