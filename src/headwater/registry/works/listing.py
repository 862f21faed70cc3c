"""The list of works: what stands in it, how it is narrowed."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.listing import Column, Filter, Listing
from headwater.registry.models import Person, Work, WorkAuthor, WorkClaim, WorkIdentifier, own_records
from headwater.registry.models.works import LIVE
from headwater.registry.works import exporting
from headwater.registry.works.claimants import CLAIMANTS
from headwater.registry.works.identifiers import recognise
from headwater.registry.works.kinds import kind_choices, kind_label

YEARS = 15
SHOWN_AUTHORS = 5


def load(rows: list[Any]) -> None:
    """Read what the cells need: authors, identifiers, live claims by kind of claimant (3 queries)."""
    exporting.load(rows)
    claims: dict[int, list[str]] = {}
    found = WorkClaim.objects.filter(work__in=[r.pk for r in rows], state__in=LIVE)
    for work, kind in found.order_by("work", "pk").values_list("work", "subject_type"):
        claims.setdefault(work, []).append(str(CLAIMANTS[kind].label) if kind in CLAIMANTS else kind)
    for row in rows:
        row.claimed_as = list(dict.fromkeys(claims.get(row.pk, [])))


def authors_shown(row: Any) -> str:
    names = [a.name for a in row.author_rows]
    more = _(" 等 %d 人") % len(names) if len(names) > SHOWN_AUTHORS else ""
    return "、".join(names[:SHOWN_AUTHORS]) + more


def works_listing(request: HttpRequest, rows: QuerySet[Work]) -> Listing:
    """Return the list of `rows`, which are what the reader may see."""
    return Listing(
        request,
        rows,
        title=_("成果"),
        name="works",
        order="-issued",
        search=("title_zh", "title_en", "venue", "keywords"),
        prepare=load,
        forms=exporting.FORMS,
        columns=[
            Column(_("题名"), lambda w: w.title, kind="title", url=lambda w: f"/works/{w.pk}/"),
            Column(_("英文题名"), lambda w: w.title_en, screen=False),
            Column(_("类别"), lambda w: kind_label(w.kind), phone=True),
            Column(_("作者"), authors_shown),
            Column(_("刊物等"), lambda w: w.venue),
            Column(_("日期"), lambda w: w.issued, sort="issued", phone=True),
            Column(_("编号"), lambda w: "；".join(n.value for n in w.number_rows)),
            Column(_("认领"), lambda w: "、".join(w.claimed_as)),
            Column(_("标注的项目编号"), lambda w: "；".join(w.numbers), screen=False),
            Column(_("标注的单位"), lambda w: "；".join(w.marked), screen=False),
            Column(_("来源"), lambda w: w.source, screen=False),
        ],
        filters=filters(request.user),
        empty_title=_("没有成果"),
        empty_hint=_("可以逐项填写，也可以从 BibTeX、RIS、DOI 清单或表格导入。"),
    )


def filters(user: Any) -> list[Filter]:
    this = clock.today().year
    narrowed = [
        Filter("kind", _("类别"), kind_choices(), "kind"),
        Filter("year", _("年份"), [(str(y), str(y)) for y in range(this + 1, this - YEARS, -1)], "year"),
        Filter(
            "claim",
            _("认领"),
            [*((kind, c.label) for kind, c in CLAIMANTS.items()), ("waiting", _("待确认")), ("none", _("无人认领"))],
            apply=_claimed,
        ),
        Filter("author", _("作者"), typed="text", apply=_by_author),
        Filter("number", _("DOI、专利号等"), typed="text", apply=_by_number),
    ]
    if own_records(user):
        narrowed.insert(0, Filter("whose", _("范围"), [("own", _("本人的成果"))], apply=lambda rows, _v: _by_own(rows, user)))
    return narrowed


def _by_own(rows: Any, user: Any) -> QuerySet[Work]:
    mine: QuerySet[Work] = rows.by(Person.objects.filter(pk__in=own_records(user)))
    return mine


def _claimed(rows: QuerySet[Work], value: str) -> QuerySet[Work]:
    claims = WorkClaim.objects.filter(work=OuterRef("pk"), state__in=LIVE)
    if value == "none":
        return rows.filter(~Exists(claims))
    return rows.filter(Exists(claims.filter(state="claimed") if value == "waiting" else claims.filter(subject_type=value)))


def _by_author(rows: QuerySet[Work], text: str) -> QuerySet[Work]:
    return rows.filter(Exists(WorkAuthor.objects.filter(work=OuterRef("pk"), name__icontains=text)))


def _by_number(rows: QuerySet[Work], text: str) -> QuerySet[Work]:
    known = recognise(text)
    values = WorkIdentifier.objects.filter(work=OuterRef("pk"))
    values = values.filter(scheme=known[0], value=known[1]) if known else values.filter(value__icontains=text)
    return rows.filter(Exists(values))
