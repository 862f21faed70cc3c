"""Applications that most opinions refuse: a panel votes on them only when enough of its members sign for it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

from headwater.calls.models import Application
from headwater.calls.schemes import scheme_of
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.core.own import not_own
from headwater.registry.models import is_own
from headwater.review.models import Conflict, Opinion, Panel, PanelItem, PanelMember, Revival


def refused_by_most(applications: Sequence[Application]) -> set[int]:
    """The applications (of one call) that more than half of the submitted opinions give the worst grade (one query)."""
    if not applications:
        return set()
    worst = scheme_of(applications[0].call).judging.values[-1]
    submitted = Opinion.objects.filter(assignment__application__in=applications, submitted_at__isnull=False)
    counts = submitted.values("assignment__application").annotate(n=Count("pk"), refusing=Count("pk", filter=Q(grade=worst)))
    return set(counts.filter(refusing__gt=F("n") / 2.0).values_list("assignment__application", flat=True))


def sign_revival(*, item: PanelItem, member: PanelMember, actor: Actor) -> int:
    """Sign that an item should be put to the vote; returns how many have signed. A second signature of the same member changes nothing.

    Raises:
        Refused: not one's own, the vote is on or over, the item needs no signatures, or the member is recused.
    """
    with command(actor, "review.panel.vote", item.panel, name="review.sign_revival") as log:
        if actor.account and not is_own(actor.account, member.expert.person):
            raise Refused.because(_("只能由本人联名"))
        panel = Panel.objects.select_for_update().get(pk=item.panel_id)
        if panel.state != Panel.State.PREPARING or not item.signatures_needed or member.panel_id != panel.pk:
            raise Refused.because(_("现在不能联名，或该项不需要联名"))
        recused = Conflict.objects.filter(application=item.application_id, expert=member.expert_id).exists()
        if recused or not not_own(actor.account, item):
            raise Refused.because(_("您须回避其中的项目，不能联名"))
        row, is_new = Revival.objects.get_or_create(item=item, member=member)
        signed = item.revivals.count()
        if is_new:
            log(row, after={"item": item.pk, "application": item.application_id, "signed": signed})
    return signed


def set_aside(panel: Panel) -> list[PanelItem]:
    """The items for which too few members have signed: they are not put to the vote. Call inside a command, as the vote opens."""
    items = panel.items.filter(result="", signatures_needed__gt=0).annotate(signed=Count("revivals"))
    short: list[PanelItem] = list(items.filter(signed__lt=F("signatures_needed")).order_by("position"))
    PanelItem.objects.filter(pk__in=[i.pk for i in short]).update(result=PanelItem.Result.NOT_REVIVED)
    return short
