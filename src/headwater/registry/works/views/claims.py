"""Pages of claims: claiming works, the list of claims, confirming and taking back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.core.acts import ReasonForm
from headwater.core.files import MAX_BYTES
from headwater.core.listing import Column, Filter, Listing
from headwater.core.permission import page
from headwater.core.views.acts import confirm_act, given
from headwater.core.web import attempt, key_in, keys_in
from headwater.registry.models import Work, WorkClaim
from headwater.registry.works.acts import VERBS, claims_act
from headwater.registry.works.claimants import CLAIMANTS, Subjects, claims_in_reach
from headwater.registry.works.claiming import Evidence
from headwater.registry.works.forms import ClaimForm
from headwater.registry.works.identifiers import recognise
from headwater.registry.works.matching import find_same
from headwater.registry.works.services import answer_claims, claim_works, withdraw_claims

MOST_AT_ONCE = 200


@page("registry.works.claim")
def claim(request: HttpRequest) -> HttpResponse:
    """Claim works for a record that one speaks for: the one that a page led here from, and those of some numbers."""
    chosen = Work.objects.visible_to(request.user).filter(pk=key_in(request.POST or request.GET, "work")).first()
    form = ClaimForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        rows, strange = _named(form.cleaned_data["works"])
        if strange:
            form.add_error("works", _("没有登记这些编号，请先登记成果：%s") % "、".join(strange[:10]))
        elif _claimed(request, form, [*([chosen] if chosen else []), *rows]):
            return redirect("work", pk=chosen.pk) if chosen else redirect("claims")
    return render(request, "registry/claim.html", {"form": form, "work": chosen}, status=422 if form.errors else 200)


def _named(text: str) -> tuple[list[Work], list[str]]:
    """Return the works that numbers name, each on a line, and the lines that name none."""
    lines = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))[:MOST_AT_ONCE]
    known = [(line, recognise(line)) for line in lines]
    found = find_same([dict([pair]) if pair else {"other": line, "prize": line} for line, pair in known])
    rows = Work.objects.in_bulk({key for keys in found for key in keys})
    strange = [line for (line, _pair), keys in zip(known, found, strict=True) if not keys]
    return [rows[keys[0]] for keys in found if keys], strange


def _claimed(request: HttpRequest, form: ClaimForm, works: list[Work]) -> bool:
    data, subject = form.cleaned_data, form.subjects[form.cleaned_data["subject"]][0]
    file = data["file"]
    proof = Evidence(data["evidence"], file.name if file else "", file.read(MAX_BYTES + 1) if file else b"")
    return attempt(
        request,
        lambda: claim_works(
            works=works, subject=subject, share=data["share"], counts_on=data["counts_on"], evidence=proof, actor=request.actor
        ),
        form=form,
        success=_("已认领 %d 项，等待确认。") % len({w.survivor_id for w in works}),
    )


def _in_reach(user: Any) -> QuerySet[WorkClaim]:
    """Return the claims that concern an account: of records that it speaks for, and those that it confirms."""
    rows = WorkClaim.objects.filter(claims_in_reach(user, "mine") | claims_in_reach(user, "judged"))
    return rows.select_related("work", "claimed_by", "answered_by", "file")


@page("registry.works.claims")
def claims(request: HttpRequest) -> HttpResponse:
    """List the claims that concern somebody; the chosen ones are confirmed, declined or taken back together."""
    rows = _in_reach(request.user)
    if request.method == "POST":
        return _act(request, rows)
    subjects: dict[str, Subjects] = {}

    def prepare(page_rows: list[WorkClaim]) -> None:
        subjects["of"] = Subjects(request.user, page_rows)

    listing = Listing(
        request,
        rows,
        title=_("成果认领"),
        name="claims",
        order="-pk",
        search=("work__title_zh", "work__title_en", "evidence"),
        selectable=True,
        prepare=prepare,
        columns=[
            Column(_("成果"), lambda c: c.work.title, kind="title", url=lambda c: f"/works/{c.work_id}/"),
            Column(_("认领方"), lambda c: subjects["of"].name(c), url=lambda c: subjects["of"].url(c), phone=True),
            Column(_("份额"), lambda c: "" if c.share is None else c.share.normalize(), kind="number"),
            Column(_("计入日期"), lambda c: c.counts_on, sort="counts_on", kind="date"),
            Column(_("依据"), lambda c: c.evidence),
            Column(_("认领人"), lambda c: str(c.claimed_by or "")),
            Column(_("状态"), lambda c: WorkClaim.State(c.state), kind="state"),
        ],
        filters=[
            Filter("state", _("状态"), WorkClaim.State.choices, "state"),
            Filter("claimant", _("认领方"), [(kind, c.label) for kind, c in CLAIMANTS.items()], "subject_type"),
        ],
        empty_title=_("没有认领"),
        empty_hint=_("在成果页或“认领成果”中提出的认领会出现在这里。"),
    )
    context = {
        "list": listing,
        "may_answer": request.user.has_perm("registry.works.answer"),
        "may_claim": request.user.has_perm("registry.works.claim"),
    }
    return listing.export() or render(request, "registry/claims.html", context)


def _act(request: HttpRequest, rows: QuerySet[WorkClaim]) -> HttpResponse:
    verb = request.POST.get("do", "")
    chosen = list(rows.filter(pk__in=keys_in(request.POST, "pk")[:MOST_AT_ONCE]).order_by("pk"))
    of_work = request.POST.get("of_work", "") if chosen else ""
    back = reverse("work", args=[chosen[0].work_id]) if of_work else reverse("claims")
    if verb not in VERBS or not chosen:
        messages.error(request, _("请先选择认领"))
        return redirect(back)
    act = claims_act(chosen, verb, Subjects(request.user, chosen), back, ReasonForm(given(request)), of_work)
    reason = request.POST.get("reason", "")

    def work() -> Any:
        if verb == "withdraw":
            return withdraw_claims(claims=chosen, reason=reason, actor=request.actor)
        return answer_claims(claims=chosen, accept=verb == "accept", reason=reason, actor=request.actor)

    return confirm_act(request, act, work, _("已办理 %d 项。") % len(chosen))
