"""What bodies wait for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from headwater.casework.bodies.models import Attendance, Ballot, Body, BodyMember, Recusal, Sitting, SittingItem
from headwater.casework.bodies.permissions import LEADING, manages, sits
from headwater.casework.bodies.queries import lacking_meetings, own_seats, with_terms_ending
from headwater.core import clock
from headwater.core.duties import DUTIES, Duty
from headwater.registry.models import own_records


@DUTIES.under("bodies.members")
def of_members(account: Any) -> Iterator[Duty]:
    """Yield the sittings to answer and to come to, and the items to vote on."""
    if not sits(account, None):
        return
    mine = Attendance.objects.filter(member__person__in=own_records(account)).select_related("sitting__body")
    called = mine.filter(sitting__state=Sitting.State.CALLED).exclude(answer=Attendance.Answer.AWAY)
    for row in called.order_by("sitting__meets_at", "pk"):
        title = _("参加会议：%s") if row.answer else _("确认是否参加会议：%s")
        yield Duty(title % row.sitting.body, f"/sittings/{row.sitting_id}/", row.sitting.meets_at)
    voted = Ballot.objects.filter(member=OuterRef(OuterRef("member"))).values("item")
    recused = Recusal.objects.filter(member=OuterRef(OuterRef("member"))).values("item")
    items = SittingItem.objects.filter(sitting=OuterRef("sitting"), result="").exclude(ballot=SittingItem.Ballot.NONE)
    open_items = items.exclude(pk__in=voted).exclude(pk__in=recused)
    voting = mine.filter(sitting__state=Sitting.State.OPEN, present=True).exclude(member__post=BodyMember.Post.SECRETARY)
    for row in voting.filter(Exists(open_items)).order_by("pk"):
        yield Duty(_("会议投票：%s") % row.sitting.body, f"/sittings/{row.sitting_id}/", row.sitting.meets_at)


@DUTIES.under("bodies.leaders")
def of_leaders(account: Any) -> Iterator[Duty]:
    """Yield what waits for those who manage bodies or lead their sittings: attendance, the end of a sitting, meetings owed, terms that end."""
    if not manages(account, None) and not sits(account, None):
        return
    led = own_seats(account).filter(post__in=LEADING).values("body")
    bodies = Body.objects.filter(Q(pk__in=Body.objects.managed_by(account).values("pk")) | Q(pk__in=led))
    sittings = Sitting.objects.filter(body__in=bodies.values("pk")).select_related("body").order_by("meets_at", "pk")
    for row in sittings.filter(state=Sitting.State.CALLED, meets_at__lte=clock.now())[:20]:
        yield Duty(_("登记到会：%s") % row.body, f"/sittings/{row.pk}/", row.meets_at)
    for row in sittings.filter(state=Sitting.State.OPEN)[:20]:
        yield Duty(_("结束会议并写会议记录：%s") % row.body, f"/sittings/{row.pk}/", row.meets_at)
    year = clock.today().year
    if owing := lacking_meetings(bodies).count():
        yield Duty(_("召开年度会议"), "/bodies/?need=meeting", clock.end_of_day(date(year, 12, 31)), owing)
    if ending := with_terms_ending(bodies).count():
        yield Duty(_("任期将满，换届或补选"), "/bodies/?need=term", None, ending)
