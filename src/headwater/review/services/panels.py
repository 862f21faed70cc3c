"""Commands that make panels with an agenda and members, from one field or several."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call
from headwater.calls.phases import refuse_too_early
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.calls.workflow import APPLICATION
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.core.models import RoleGrant
from headwater.core.services import notify
from headwater.registry.models import ReviewGroup, accounts_of
from headwater.review.models import Expert, Panel, PanelItem, PanelMember
from headwater.review.services.conflicts import find_conflicts
from headwater.review.services.reviving import refused_by_most
from headwater.review.terms import PanelTerms, panel_terms


def make_panel(
    *,
    call: Call,
    name: str,
    group: ReviewGroup | None,
    applications: Sequence[Application],
    experts: Sequence[Expert],
    chair: Expert,
    meets_at: datetime | None,
    actor: Actor,
) -> Panel:
    """Make a panel with its agenda (in rank order) and members; its applications move to the panel.

    Raises:
        Refused: too few members, a chair who is not a member, no name, or a meeting in the past.
    """
    with command(actor, "review.panel.manage", call, name="review.make_panel") as log:
        refuse_too_early(call)
        terms = panel_terms(call)
        _refuse_panel(call, name, experts, chair, meets_at, terms)
        panel = Panel.objects.create(call=call, group=group, name=name.strip()[:120], meets_at=meets_at, quorum=terms.quorum)
        PanelMember.objects.bulk_create([PanelMember(panel=panel, expert=e, is_chair=e == chair) for e in experts])
        rows = APPLICATION.apply(Application.objects.filter(pk__in=[a.pk for a in applications]).moving(), "to_panel", log)
        _put_on_agenda(panel, rows, [a.pk for a in applications], terms)
        find_conflicts(call=call, actor=actor, states=[State.PANEL])
        accounts = accounts_of(e.person_id for e in experts)
        chair_account = accounts_of([chair.person_id]).first()
        if chair_account:
            RoleGrant.objects.create(
                account=chair_account, role="panel_chair", scope="panel", scope_id=panel.pk, scope_label=name, since=clock.now()
            )
        notify(accounts, title=lambda: _("会议评审：%s") % name, url=f"/panels/{panel.pk}/")
        log(panel, after={"members": len(experts), "items": len(rows), "quorum": panel.quorum})
    return panel


def _refuse_panel(
    call: Call, name: str, experts: Sequence[Expert], chair: Expert, meets_at: datetime | None, terms: PanelTerms
) -> None:
    if not scheme_of(call).has_panel:
        raise Refused.because(_("本批次按规定不设会议评审"))
    if not name.strip():
        raise Refused.because(_("请填写会评组名称"), field="name")
    if meets_at is not None and meets_at < clock.now():
        raise Refused.because(_("会议时间已过"), field="meets_at")
    if len({e.pk for e in experts}) < terms.size:
        raise Refused.because(
            _("会评组不少于 %(least)d 人，现有 %(n)d 人") % {"least": terms.size, "n": len(experts)}, field="members"
        )
    if chair not in experts:
        raise Refused.because(_("组长须为组员"), field="chair")


def _put_on_agenda(panel: Panel, rows: Sequence[Application], order: Sequence[int], terms: PanelTerms) -> None:
    """Put the applications on the agenda in the order of `order`; one that most reviewers refused needs more to be revived."""
    place = {pk: n for n, pk in enumerate(order, start=1)}
    refused = refused_by_most(rows)
    PanelItem.objects.bulk_create(
        [
            PanelItem(
                panel=panel,
                application=a,
                position=place[a.pk],
                threshold=terms.revive_majority if a.pk in refused else terms.majority,
                signatures_needed=terms.revive_signatures if a.pk in refused else 0,
            )
            for a in rows
        ]
    )
