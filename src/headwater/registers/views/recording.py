"""Changes of the record of an entry, each shown before it is done: what it says, who keeps and who holds it, what succeeds it, its files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.core.acts import Act
from headwater.core.errors import Refused
from headwater.core.i18n import named
from headwater.core.names import with_institution
from headwater.core.numbers import to_places
from headwater.core.permission import page
from headwater.core.views.acts import confirm_act, given
from headwater.core.web import attempt
from headwater.registers.columns import standing
from headwater.registers.declared import RegisterOf
from headwater.registers.doors import inside_entry, page_of, register_or_404, rows_of
from headwater.registers.forms import EntryForm, FileForm, HoldersForm, KeeperForm, SuccessionForm
from headwater.registers.kinds import kind_of
from headwater.registers.pages import is_moving_rows, questions_of, read_questions
from headwater.registers.services.attaching import attach_file
from headwater.registers.services.changing import change_entry, stored_values
from headwater.registers.services.holding import holders_mark, record_succession, set_holders
from headwater.registers.services.keeping import appoint
from headwater.registers.services.opening import Share
from headwater.registry.tables import several


@page("registers.fill")
def change(request: HttpRequest, register: str, pk: int) -> HttpResponse:
    """Change the record of an entry: its columns for an officer, the answers to its form for who keeps it, too."""
    found = register_or_404(register)
    row = inside_entry(request, found, pk, "registers.fill")
    kind, is_officer = kind_of(row), request.user.has_perm("registers.change", row)
    post, moving = request.POST if request.method == "POST" else None, is_moving_rows(request)
    form = EntryForm(found, post, initial=_initial(found, row)) if is_officer else None
    values, errors = read_questions(kind.form, post) if post is not None else ({}, dict[str, str]())
    if post is not None and not moving and not errors and (form is None or form.is_valid()):
        columns = dict(form.cleaned_data) if form else None

        def work() -> None:
            try:
                change_entry(register=found, entry=row, columns=columns, answers=values, seen=_seen(request), actor=request.actor)
            except Refused as refused:
                errors.update({r.field: r.text for r in refused.reasons if r.field and not (form and r.field in form.fields)})
                raise

        if attempt(request, work, form=form, success=_("已保存。")):
            return redirect(page_of(found, row))
    context = {
        "register": found,
        "entry": row,
        "kind": kind,
        "form": EntryForm(found, initial=post.dict()) if form and post is not None and moving else form,
        "sections": questions_of(kind.form, row, row.answers, values, post, errors),
        "back": page_of(found, row),
        "seen": _seen_token(found, row) if post is None else post.get("seen", ""),
    }
    return render(request, "registers/change_entry.html", context, status=200 if post is None or moving else 422)


def _initial(register: RegisterOf, row: Any) -> dict[str, Any]:
    names = ("name_zh", "name_en", "name_mn", "place", "latitude", "longitude", "discipline", "field", "since")
    return {name: getattr(row, name) for name in (*names, *(f.name for f in register.fields))}


def _seen_token(register: RegisterOf, row: Any) -> str:
    return json.dumps(stored_values(register, row), ensure_ascii=False)


def _seen(request: HttpRequest) -> dict[str, Any]:
    try:
        value = json.loads(request.POST.get("seen", ""))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


@page("registers.appoint")
def keeper(request: HttpRequest, register: str, pk: int, role: str) -> HttpResponse:
    """Name who leads an entry or keeps its record."""
    found = register_or_404(register)
    row = inside_entry(request, found, pk, "registers.appoint")
    of = found.keeper(role)
    if of is None or role not in kind_of(row).roles:
        raise Http404
    now = getattr(row, of.column)
    form = KeeperForm(
        given(request),
        initial={"person": with_institution(now.name_zh, named(now.organisation) if now.organisation else "") if now else ""},
    )
    act = Act(
        title=_("%(role)s：%(entry)s") % {"role": of.label, "entry": named(row)},
        verb=_("确定"),
        back=page_of(found, row, "people"),
        changes=[
            _("所填人员担任%s，其账号得到这一条目的权限") % of.label,
            *([_("%s 的权限同时收回") % named(now)] if now else []),
        ],
        undo=_("可以随时再次变更。"),
        told=[_("新任和原任人员")],
        columns=[_("条目"), _("现任")],
        rows=[[str(row), named(now) if now else _("无")]],
        form=form,
    )

    def work() -> None:
        appoint(register=found, entry=row, role=role, person=form.cleaned_data["person"], seen=now, actor=request.actor)

    return confirm_act(request, act, work, _("已变更。"))


@page("registers.change")
def holders(request: HttpRequest, register: str, pk: int) -> HttpResponse:
    """Set who holds an entry."""
    found = register_or_404(register)
    row = inside_entry(request, found, pk, "registers.change")
    current = list(
        found.holders._default_manager.filter(entry=row, until__isnull=True)
        .select_related("organisation", "person")
        .order_by("pk")
    )
    form = HoldersForm(kind_of(row), given(request), initial=_holders_now(row, current))
    persons = [Share(h.role, None, h.person, h.share) for h in current if h.person_id]
    act = Act(
        title=_("依托与参与单位：%s") % named(row),
        verb=_("保存"),
        back=page_of(found, row, "people"),
        changes=[_("自今日起按所填登记；不再列出的单位自今日止")],
        undo=_("可以再次变更；原来的起止日期保留在历史中。"),
        told=[_("条目的负责人、秘书，原来的和新的依托单位管理员")],
        columns=[_("身份"), _("单位或个人")],
        rows=[[h.get_role_display(), named(h.organisation or h.person)] for h in current],
        hidden={"mark": holders_mark(current)},
        form=form,
    )

    def work() -> None:
        values = form.cleaned_data
        others = [
            Share(values[f"role_{n}"], values[f"organisation_{n}"], None, _share(values[f"share_{n}"]))
            for n in form.rows
            if values[f"organisation_{n}"]
        ]
        set_holders(
            register=found,
            entry=row,
            host=values["host"],
            others=[*others, *persons],
            reason=values["reason"],
            seen=request.POST.get("mark", ""),
            actor=request.actor,
        )

    return confirm_act(request, act, work, _("已保存。"))


def _share(percent: float | None) -> Any:
    return None if percent is None else to_places(Decimal(str(percent)) / 100, 4)


def _holders_now(row: Any, current: Sequence[Any]) -> dict[str, Any]:
    values: dict[str, Any] = {"host": row.host}
    others = [h for h in current if h.role != "lead" and h.organisation_id]
    for n, holder in enumerate(others):
        values[f"organisation_{n}"], values[f"role_{n}"] = holder.organisation, holder.role
        values[f"share_{n}"] = None if holder.share is None else float(holder.share * 100)
    return values


@page("registers.change")
def succession(request: HttpRequest, register: str, pk: int) -> HttpResponse:
    """Record which entries have taken over from one that is over."""
    found = register_or_404(register)
    row = inside_entry(request, found, pk, "registers.change")
    form = SuccessionForm(given(request))
    act = Act(
        title=_("登记承继：%s") % named(row),
        verb=_("登记"),
        back=page_of(found, row),
        changes=[_("所填条目承继本条目；跨年度的比较随之接续"), _("有承继者的条目不能再恢复运行")],
        undo=_("登记后不能撤回。"),
        columns=[_("编号"), _("名称"), _("状态")],
        rows=[[row.number, named(row), str(standing(row))]],
        form=form,
    )

    def work() -> None:
        numbers = several(form.cleaned_data["after"])
        rows = dict(rows_of(found).inside(request.user).filter(number__in=numbers).values_list("number", "pk"))
        if missing := [n for n in numbers if n not in rows]:
            raise Refused.because(_("没有编号为 %s 的条目") % "、".join(missing), field="after")
        record_succession(
            register=found, before=[row.pk], after=[rows[n] for n in numbers], how=form.cleaned_data["how"], actor=request.actor
        )

    return confirm_act(request, act, work, _("已登记。"))


@page("registers.fill", methods=("POST",))
def file(request: HttpRequest, register: str, pk: int) -> HttpResponse:
    found = register_or_404(register)
    row = inside_entry(request, found, pk, "registers.fill")
    form = FileForm(kind_of(row), request.POST, request.FILES)
    if form.is_valid():
        sent = form.cleaned_data["file"]
        kind = form.cleaned_data["kind"]
        attempt(
            request,
            lambda: attach_file(entry=row, kind=kind, name=sent.name, content=sent.read(), actor=request.actor),
            success=_("已上传，系统正在检查。"),
        )
    else:
        messages.error(request, "；".join(e for es in form.errors.values() for e in es))
    return redirect(page_of(found, row, "files"))
