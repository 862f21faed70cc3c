"""Pages of officers: panels of a call, a new panel over one field or several, steps of a vote."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call
from headwater.calls.pages import the_call
from headwater.calls.states import State
from headwater.core.errors import Refused
from headwater.core.own import own_rows
from headwater.core.permission import access, page
from headwater.core.web import MomentField, attempt, keys_in
from headwater.registry.models import ReviewGroup
from headwater.review.fields import NO_FIELD, Candidate, able, panel_candidates, prospects
from headwater.review.models import Panel, PanelItem, PanelMember
from headwater.review.services.panels import make_panel
from headwater.review.services.voting import close_voting, open_voting, vote_again
from headwater.review.terms import panel_terms
from headwater.review.views.rows import others_of, placed


@page("review.manage")
def panels(request: HttpRequest, pk: int) -> HttpResponse:
    """The panels of a call, and the fields that still need one: alone, joined, or with members from elsewhere."""
    call = the_call(request, pk, "review.manage")
    fields = prospects(call, others_of(request, call))
    return render(
        request,
        "review/call_panels.html",
        {
            "call": call,
            "panels": call.panels.annotate(
                n=Count("items", filter=~own_rows(PanelItem, request.user, "items__"), distinct=True),
                m=Count("members", distinct=True),
            ),
            "tab": "panels",
            "fields": fields,
            "least": panel_terms(call).size,
            "ready": sum(p.waiting for p in fields),
            "coming": sum(p.coming for p in fields),
        },
    )


@page("review.panel.manage")
def new_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """A panel over the chosen fields; its members come from these, from neighbouring fields, from outside, or are searched for."""
    call = the_call(request, pk, "review.panel.manage")
    codes = request.GET.getlist("group")
    groups = list(ReviewGroup.objects.filter(code__in=codes))
    if len(groups) + (NO_FIELD in codes) != len(set(codes)):
        raise Http404
    if not codes:
        return redirect("call_panels", pk=pk)
    rows = _waiting(request, call, groups, NO_FIELD in codes)
    placed(request, call, rows)
    form = PanelForm(request, call, groups, rows)
    if request.method == "POST" and not form.searching and form.make():
        return redirect("call_panels", pk=pk)
    context = {"call": call, "groups": groups, "rows": rows, "form": form, "least": form.least, "tab": "panels"}
    return render(request, "review/new_panel.html", context)


def _waiting(request: HttpRequest, call: Call, groups: list[ReviewGroup], unsorted: bool) -> list[Application]:
    """What the chosen fields have ready for a panel; `unsorted` adds what belongs to no field."""
    of_fields = Q(review_group__in=[g.code for g in groups])
    if unsorted:
        of_fields |= ~Q(review_group__in=ReviewGroup.objects.values("code"))
    rows = others_of(request, call).filter(of_fields, state=State.REVIEWED)
    return list(rows.select_related("ranking", "leader", "host").order_by("ranking__rank", "pk"))


class PanelForm:
    """What was sent for a new panel, or what is proposed: all that waits, and as many as needed of those with the fewest conflicts."""

    def __init__(self, request: HttpRequest, call: Call, groups: list[ReviewGroup], rows: list[Application]) -> None:
        self.request, self.call, self.groups, self.rows = request, call, groups, rows
        self.least = panel_terms(call).size
        self.errors: dict[str, str] = {}
        post = request.POST if request.method == "POST" else None
        self.searching = bool(post and "find" in post)
        self.search = post.get("q", "")[:80] if post else ""
        keep = keys_in(post, "expert") if post else []
        self.candidates = panel_candidates(call, groups, [a.pk for a in rows], search=self.search, keep=keep)
        self.applications = set(keys_in(post, "pk")) if post else {a.pk for a in rows}
        self.experts = set(keep) if post else {c.expert.pk for c in self.candidates[: self.least]}
        self.chair = next(iter(keys_in(post, "chair")), 0) if post else next((c.expert.pk for c in self.candidates), 0)
        self.meets_at = post.get("meets_at", "") if post else ""
        self.name = post.get("name", "") if post else self._name()

    def _name(self) -> str:
        fields = "、".join(g.name_zh for g in self.groups) or "综合"
        return f"{self.call.title_zh}{fields}会评组"[:120]

    @property
    def enough(self) -> bool:
        return len(self.candidates) >= self.least

    @property
    def sections(self) -> list[tuple[str, list[Candidate]]]:
        """Candidates under the word for where they come from, in order."""
        groups: dict[str, list[Candidate]] = {}
        for candidate in self.candidates:
            groups.setdefault(candidate.origin_word, []).append(candidate)
        return list(groups.items())

    def make(self) -> bool:
        """Make the panel; False leaves what is wrong in `errors`, by field."""
        members = list(able(self.call).filter(pk__in=self.experts).order_by("pk"))
        items = [a for a in self.rows if a.pk in self.applications]
        chair = next((e for e in members if e.pk == self.chair), None)
        meets = self._moment()
        if not items:
            self.errors["pk"] = _("请选择拟提交会议评审的申请")
        if chair is None:
            self.errors["chair"] = _("请选择组员，并在其中指定组长")
        if self.errors:
            return False
        group = self.groups[0] if len(self.groups) == 1 else None
        return self._attempt(
            lambda: make_panel(
                call=self.call,
                name=self.name,
                group=group,
                applications=items,
                experts=members,
                chair=chair,
                meets_at=meets,
                actor=self.request.actor,
            )
        )

    def _moment(self) -> Any:
        if not self.meets_at:
            return None
        try:
            return MomentField().clean(self.meets_at)
        except ValidationError:
            self.errors["meets_at"] = _("请按“年-月-日 时:分”填写会议时间")
            return None

    def _attempt(self, work: Any) -> bool:
        try:
            work()
        except Refused as refused:
            self.errors |= {r.field or "pk": r.text for r in refused.reasons}
            return False
        attempt(self.request, lambda: None, success=_("会评组已建立，已通知组员。"))
        return True


@page("review.panel.manage", methods=("POST",))
def panel_step(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    row = access(request.user, "review.panel.manage", Panel.objects.visible_to(request.user).select_related("call"), pk=pk)
    reason = request.POST.get("reason", "")
    if verb == "open":
        present = list(PanelMember.objects.filter(panel=row, pk__in=keys_in(request.POST, "present")))
        attempt(request, lambda: open_voting(panel=row, present=present, actor=request.actor), success=_("投票已开始。"))
    elif verb == "again":
        items = list(PanelItem.objects.filter(panel=row, pk__in=keys_in(request.POST, "item")))
        attempt(
            request,
            lambda: vote_again(panel=row, items=items, reason=reason, actor=request.actor),
            success=_("可以重新登记到会并投票。"),
        )
    elif verb == "close":
        attempt(request, lambda: close_voting(panel=row, reason=reason, actor=request.actor), success=_("投票已结束并计票。"))
    return redirect("panel", pk=pk)
