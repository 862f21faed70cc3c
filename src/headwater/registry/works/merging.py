"""Two records of one work: look at both, let one stand for both, and take it back. Nothing is moved."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.core.acts import Act, ReasonForm
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.registry.models import Work, WorkAuthor, WorkClaim, own_records
from headwater.registry.models.works import LIVE
from headwater.registry.services import reason_of
from headwater.registry.works.identifiers import scheme_label
from headwater.registry.works.kinds import kind_label
from headwater.registry.works.matching import find_alike
from headwater.registry.works.searching import index_works
from headwater.registry.works.values import NewWork, lines_of
from headwater.registry.works.writing import kept

SHOWN = ("title_zh", "title_en", "issued", "venue", "volume", "issue", "pages", "publisher", "language", "keywords")


def merging_act(work: Work, into: Work, *, form: forms.Form | None = None) -> Act:
    """Say what it means that one record stands for both: the two field by field, what follows, what stands against it."""
    one, other = kept(work), kept(into)
    rows = [
        [label, mine, theirs, _("不同") if mine and theirs and mine != theirs else ""]
        for label, mine, theirs in _pairs(one, other)
    ]
    numbers = _counts(work)
    return Act(
        title=_("合并两条成果记录"),
        verb=_("合并"),
        back=reverse("work", args=[work.pk]),
        columns=[_("项目"), f"{_('并入他条')} · {work.pk}", f"{_('现行记录')} · {into.pk}", _("是否一致")],
        rows=rows,
        changes=[
            _("“%(one)s”由“%(other)s”代表：列表、查找和统计只计现行记录") % {"one": work.title, "other": into.title},
            _("两条记录的编号都指向现行记录；作者对应关系和认领（%d 项）合并计算，什么都不搬动") % numbers,
        ],
        told=[_("不另行通知")],
        undo=_("在被并入记录的页面撤销，须写明理由。"),
        warnings=list(_warnings(one, other)),
        blocked=list(_against(work, into)),
        hidden={"into": into.pk},
        form=form or ReasonForm(),
    )


def _counts(work: Work) -> int:
    return WorkClaim.objects.filter(work=work, state__in=LIVE).count()


def _pairs(one: NewWork, other: NewWork) -> Iterator[tuple[str, str, str]]:
    labels = {f.name: str(f.verbose_name) for f in Work._meta.concrete_fields}
    yield str(labels["kind"]), kind_label(one.kind), kind_label(other.kind)
    for name in SHOWN:
        mine, theirs = str(getattr(one, name)), str(getattr(other, name))
        if mine or theirs:
            yield labels[name], mine, theirs
    for scheme in dict.fromkeys([*one.identifiers, *other.identifiers]):
        yield scheme_label(scheme), one.identifiers.get(scheme, ""), other.identifiers.get(scheme, "")
    yield _("作者"), lines_of(one.authors).replace("\n", "；"), lines_of(other.authors).replace("\n", "；")


def _warnings(one: NewWork, other: NewWork) -> Iterator[str]:
    for scheme, value in one.identifiers.items():
        if scheme in other.identifiers:
            words = {"scheme": scheme_label(scheme), "one": value, "other": other.identifiers[scheme]}
            yield _("两条记录的%(scheme)s不同（%(one)s、%(other)s）：请核实确为同一成果") % words
    if one.kind != other.kind:
        yield _("两条记录的类别不同：请核实确为同一成果")


def _against(work: Work, into: Work) -> Iterator[str]:
    """Yield what must be settled before two records become one."""
    if work.pk == into.pk:
        yield _("请选择另一条记录")
    if into.merged_into_id:
        yield _("对方记录本身已并入他条，请选择其现行记录")
    if work.merged_into_id:
        yield _("本记录已并入他条，请先撤销")
    if work.merged.exists():
        yield _("已有记录并入本记录，请先撤销，或反过来合并")
    keys = [work.pk, into.pk]
    claims = list(WorkClaim.objects.filter(Q(work__in=keys) | Q(work__merged_into=into), state__in=LIVE))
    subjects = [(c.subject_type, c.subject_id) for c in claims]
    if len(set(subjects)) < len(subjects):
        yield _("同一方认领了两条记录，请先撤回一项")
    for credit in {c.credit for c in claims}:
        some = [c for c in claims if c.credit == credit]
        if sum((c.share or Decimal(0) for c in some), Decimal(0)) > 1:
            yield _("合并后各方份额之和超过 1，请先调整")
        if (most := min((c.most for c in some if c.most), default=0)) and len(some) > most:
            yield _("合并后认领的各方超过 %d 个，请先调整") % most


def merge_works(*, work: Work, into: Work, reason: str, actor: Actor) -> None:
    """Let `into` stand for `work` in every list, look-up and count.

    Raises:
        Refused: no reason, one's own works, or something that must be settled first.
    """
    with command(actor, "registry.works.merge", work, name="registry.merge_works") as log:
        rows = {w.pk: w for w in Work.objects.select_for_update(of=("self",)).filter(pk__in=[work.pk, into.pk]).order_by("pk")}
        row, stays = rows[work.pk], rows[into.pk]
        _refuse_authors(actor, [row.pk, stays.pk])
        if texts := list(_against(row, stays)):
            raise Refused.because(*texts)
        row.merged_into, row.merge_reason = stays, reason_of(reason)
        row.save(update_fields=["merged_into", "merge_reason"])
        log(row, after={"merged_into": stays.pk, "reason": row.merge_reason})
        index_works([row.pk, stays.pk])


def undo_work_merge(*, work: Work, reason: str, actor: Actor) -> None:
    """Let a record stand for itself again.

    Raises:
        Refused: no reason, one's own work, or it was not merged.
    """
    with command(actor, "registry.works.merge", work, name="registry.undo_work_merge") as log:
        row = Work.objects.select_for_update(of=("self",)).get(pk=work.pk)
        _refuse_authors(actor, [row.pk])
        ground = reason_of(reason)
        if row.merged_into_id is None:
            raise Refused.because(_("本记录没有并入他条"))
        before = {"merged_into": row.merged_into_id, "reason": row.merge_reason}
        row.merged_into, row.merge_reason = None, ""
        row.save(update_fields=["merged_into", "merge_reason"])
        log(row, before=before, after={"merged_into": None, "reason": ground})


def _refuse_authors(actor: Actor, works: list[int]) -> None:
    if actor.account and WorkAuthor.objects.filter(work__in=works, person__in=own_records(actor.account)).exists():
        raise Refused.because(_("涉及您本人的记录，请由其他人员办理"))


def candidates(work: Work) -> list[Work]:
    """Return the records that may be of the same work: of one title, kind and year."""
    keys = [key for key in find_alike([kept(work)])[0] if key not in {work.pk, work.survivor_id}]
    return list(Work.objects.filter(pk__in=keys).order_by("pk")[:20])
