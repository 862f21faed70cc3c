"""Pages of those who publish notices outside of calls and answer objections to them; and what the integrity officer reads of these."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from headwater.casework.notices.forms import AnswerForm
from headwater.casework.notices.models import UNSETTLED, Notice, NoticeKind, Objection
from headwater.casework.notices.periods import provisional
from headwater.casework.notices.services.ending import end_notice
from headwater.casework.notices.services.objections import answer_objection, objection_sight, settle_objection
from headwater.casework.notices.services.publishing import lines_sight, period_of, publish
from headwater.casework.notices.views.drafting import DraftForm
from headwater.casework.notices.views.parts import objections_of, table_of
from headwater.core import clock
from headwater.core.acts import Act
from headwater.core.i18n import both, named
from headwater.core.listing import Column, Filter, Listing
from headwater.core.permission import may, page
from headwater.core.views.acts import confirm_act
from headwater.core.web import attempt, key_in
from headwater.registry.queries import region_code


@page("notices.office")
def notices(request: HttpRequest) -> HttpResponse:
    """The notices outside of calls, the newest first, with what waits."""
    waits = Q(rows__objections__state__in=UNSETTLED)
    rows = Notice.objects.select_related("kind").annotate(
        n=Count("rows", distinct=True), waiting=Count("rows__objections", filter=waits, distinct=True)
    )
    kinds = NoticeKind.objects.current(region_code()).order_by("code")
    listing = Listing(
        request,
        rows,
        title=_("公示"),
        name="notices",
        order="-starts_at",
        search=("title_zh", "title_en"),
        columns=[
            Column(_("公示"), lambda n: both(n, "title"), kind="title", url=lambda n: f"/office/notices/cases/{n.pk}/"),
            Column(_("类型"), lambda n: both(n.kind), phone=False),
            Column(_("项数"), lambda n: n.n, kind="number", phone=False),
            Column(_("待处理异议"), lambda n: n.waiting, kind="number", phone=True),
            Column(_("开始"), lambda n: n.starts_at, sort="starts_at", kind="date", phone=False),
            Column(_("期满"), lambda n: n.ends_at, sort="ends_at", kind="date", phone=True),
            Column(_("办结"), lambda n: n.closed_at, kind="date", phone=False),
        ],
        filters=[Filter("kind", _("类型"), [(k.code, named(k)) for k in kinds], "kind__code")],
        empty_title=_("还没有公示"),
        empty_hint=_("批次之外作出的决定（等次、撤销、称号等）在这里公示；期满自动办结。"),
    )
    context: dict[str, Any] = {
        "list": listing,
        "kinds": [k for k in kinds if k.rule.by_hand and may(request.user, "notices.publish", k)],
    }
    return listing.export() or render(request, "notices/office.html", context)


@page("notices.publish")
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """Publish a list that is typed: shown exactly as it will be read, then confirmed."""
    version = get_object_or_404(NoticeKind.objects.current(region_code()), code=kind)
    if not version.rule.by_hand:
        raise Http404
    if not may(request.user, "notices.publish", version):
        raise PermissionDenied("notices.publish")
    form = DraftForm(request, version)
    if form.is_whole:
        lines, what = form.lines(), form.what
        if not form.errors:
            return _confirm(request, version, form, lines, what)
    context = {"kind": version, "rule": version.rule, "form": form}
    return render(request, "notices/new.html", context, status=422 if form.errors else 200)


def _confirm(request: HttpRequest, version: NoticeKind, form: DraftForm, lines: Any, what: Any) -> HttpResponse:
    last, ends = period_of(version)
    note = provisional(last.missing)
    marks = lines_sight(lines).token
    heads = [str(version.rule.line), str(version.rule.holder), *(str(word) for _code, word in version.rule.columns)]
    act = Act(
        title=_("核对后公示"),
        verb=_("公示以上名单（%d 项）") % len(lines),
        back=request.path,
        columns=heads,
        rows=[[x.title, x.holder or "—", *(x.cells.get(code, "—") for code, _word in version.rule.columns)] for x in lines],
        changes=[
            _("标题：%s") % version.rule.title.zh.format(what=what.zh),
            _("英文标题：%s") % version.rule.title.en.format(what=what.en or what.zh),
            _("公示期：%(start)s 至 %(end)s") % {"start": clock.today(), "end": clock.last_day(ends)}
            + (f"。{note}" if note else ""),
            _("名单即时公开；任何人可以在公示期内提出异议，期满自动办结"),
        ],
        told=[_("名单所列单位的管理员")] if any(x.organisation for x in lines) else [],
        undo=_("公示发布后不能收回；有误的，按异议处理，期满时除去。"),
        hidden=form.hidden | {"marks": marks},
    )
    made: list[Notice] = []
    work = partial(publish, kind=version.code, lines=lines, what=what, actor=request.actor, seen=request.POST.get("marks", marks))
    answer = confirm_act(request, act, lambda: made.append(work()), _("公示已发布。"), then="/office/notices/cases/")
    return redirect("case_notice_office", pk=made[0].pk) if made else answer


@page("notices.office")
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """A notice with its lines, and the objections to answer and to settle."""
    row = get_object_or_404(Notice.objects.select_related("kind"), pk=pk)
    if not may(request.user, "notices.office", row):
        raise PermissionDenied("notices.office")
    form = AnswerForm(request.POST if "answer" in request.POST else None)
    related = ("row__notice__kind", "answered_by", "settled_by")
    objections = objections_of(row).select_related(*related)
    if request.method == "POST":
        answer = _do(request, row, objections, form)
        if answer is not None:
            return answer
    shown = [o for o in objections if may(request.user, "notices.answer", o)]
    context = {
        "notice": row,
        "rule": row.rule,
        "rows": table_of(row, row.rows.all()),
        "objections": [_objection(request, o) for o in shown],
        "apart": objections.count() - len(shown),
        "form": form,
        "over": clock.now() > row.ends_at,
        "may_end": clock.now() > row.ends_at and row.closed_at is None,
        "provisional": provisional(row.without_calendar) if not row.closed_at else "",
    }
    return render(request, "notices/office_notice.html", context, status=422 if form.errors else 200)


def _objection(request: HttpRequest, o: Objection) -> dict[str, Any]:
    return {
        "row": o,
        "title": o.row.title,
        "seen": objection_sight(o).token,
        "may_settle": o.state == Objection.State.PROPOSED and may(request.user, "notices.settle", o),
        "may_answer": o.row.settled_at is None,
        "may_dismiss": may(request.user, "notices.dismiss", o),
    }


def _do(request: HttpRequest, row: Notice, objections: Any, form: AnswerForm) -> HttpResponse | None:
    """Do what a form of the page asks; None shows the page again with what is wrong."""
    post = request.POST
    back = redirect("case_notice_office", pk=row.pk)
    if "end" in post:
        attempt(request, partial(end_notice, notice=row, actor=request.actor), success=_("已办结到期的各项；未办结的见下。"))
        return back
    objection = get_object_or_404(objections, pk=key_in(post, "objection"))
    decision, seen = post.get("decision", ""), post.get("seen", "")
    if decision in {"settle", "hand_back"}:
        return _settle(request, objection, agree=decision == "settle")
    if not form.is_valid():
        return None
    uphold = decision == "uphold"
    about: dict[str, Any] = {"objection": objection, "uphold": uphold, "answer": form.cleaned_data["answer"]}
    act = Act(
        title=_("核对处理意见：%s") % (_("异议成立") if uphold else _("异议不成立")),
        verb=_("确认"),
        back=f"/office/notices/cases/{row.pk}/",
        columns=[str(row.rule.line), _("异议人"), _("处理意见")],
        rows=[[objection.row.title, objection.name, about["answer"]]],
        changes=[_("由您以外的一位核定；核定后在公示期满时除去该项")] if uphold else [_("没有其他未处理的异议时，该项恢复公示")],
        told=[_("其他可以核定的人")] if uphold else [_("该项所涉的单位和人员")],
        undo=_("该项办结前可以更正处理意见。"),
        hidden={
            "objection": objection.pk,
            "decision": decision,
            "answer": about["answer"],
            "objection_seen": post.get("objection_seen", seen),
        },
    )
    work = partial(answer_objection, actor=request.actor, seen=post.get("objection_seen", seen), **about)
    done = _("已提请另一位核定。") if uphold else _("异议已答复。")
    return confirm_act(request, act, work, done)


def _settle(request: HttpRequest, objection: Objection, *, agree: bool) -> HttpResponse:
    """Show what settling an objection does, and settle it once confirmed; handing it back touches nobody but who answered it."""
    post, line = request.POST, objection.row
    seen = post.get("objection_seen") or post.get("seen", "")
    work = partial(settle_objection, objection=objection, agree=agree, actor=request.actor, seen=seen)
    back = f"/office/notices/cases/{line.notice_id}/"
    if not agree:
        attempt(request, work, success=_("已退回。"))
        return redirect(back)
    act = Act(
        title=_("核对后核定异议成立"),
        verb=_("核定成立"),
        back=back,
        columns=[str(line.notice.rule.line), _("异议人"), _("处理意见")],
        rows=[[line.title, objection.name, objection.answer]],
        changes=[_("公示期满时从名单中除去该项；已期满的即时除去")],
        told=[_("该项办结时，所涉单位、人员和异议人收到处理意见")],
        undo=_("该项办结前可以更正处理意见，再由另一位核定。"),
        hidden={"objection": objection.pk, "decision": "settle", "objection_seen": seen},
    )
    return confirm_act(request, act, work, _("已核定。"))


@page("notices.watch")
def watched(request: HttpRequest) -> HttpResponse:
    """Objections to notices outside of calls, as the integrity officer reads them."""
    listing = Listing(
        request,
        Objection.objects.select_related("row__notice"),
        title=_("异议"),
        name="case-objections",
        order="-filed_at",
        search=("row__title_zh", "row__holder_zh", "text"),
        columns=[
            Column(_("名称"), lambda o: o.row.title, kind="title", url=lambda o: o.row.notice.url),
            Column(_("单位"), lambda o: o.row.holder),
            Column(_("公示"), lambda o: both(o.row.notice, "title")),
            Column(_("异议内容与依据"), lambda o: o.text),
            Column(_("提出时间"), lambda o: o.filed_at, sort="filed_at", kind="date"),
            Column(_("状态"), lambda o: Objection.State(o.state), kind="state"),
            Column(_("处理意见"), lambda o: o.answer),
        ],
        filters=[Filter("state", _("状态"), Objection.State.choices, "state")],
        empty_title=_("没有异议"),
        empty_hint=_("公示期内提出并经邮件确认的异议会出现在这里。"),
    )
    hint = _("只读：批次之外的公示异议及其处理。认定成立须经两人。")
    return listing.export() or render(
        request, "core/list.html", {"list": listing, "title": _("公示异议（批次之外）"), "hint": hint}
    )
