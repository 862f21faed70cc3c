"""Commands of a sitting that is held: attendance and quorum, recusals, votes, opinions, the end with its results."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from headwater.casework.bodies.models import Ballot, BodyMember, Recusal, Sitting, SittingItem
from headwater.casework.bodies.rules.voting import CHOICES, has_quorum, missing, outcome, share_word
from headwater.casework.bodies.services.calling import find_recusals
from headwater.casework.bodies.services.telling import ask_to_vote
from headwater.casework.bodies.workflow import SITTING
from headwater.core import clock
from headwater.core.acts import LEAST_REASON
from headwater.core.command import Actor, command
from headwater.core.errors import Reason, Refused
from headwater.registry.models import is_own

REFUSALS: dict[str, Callable[[], str]] = {
    "headwater_recused": lambda: _("您须回避其中的议题，不能投票"),
    "body_ballot_once": lambda: _("您已投过票"),
}
"""What the database says when it refuses a ballot, in words."""


def hold(*, sitting: Sitting, present: Collection[int], actor: Actor) -> Sitting:
    """Put down which members (by the keys of their seats) are there. With a quorum the sitting begins, and those who are there are asked
    to vote; without one it counts as not met, until the attendance is put down anew.

    Raises:
        Refused: the sitting is over or cancelled, its day has not come, or somebody who has voted is said to be away.
    """
    with command(actor, "bodies.lead", sitting, name="bodies.hold") as log:
        row = Sitting.objects.select_for_update(of=("self",)).select_related("body__kind").get(pk=sitting.pk)
        if clock.local_day(row.meets_at) > clock.today():
            raise Refused.because(_("会议日期未到，不能登记到会"), field="present")
        voted = set(Ballot.objects.filter(item__sitting=row).values_list("member", flat=True))
        if voted - set(present):
            raise Refused.because(_("有成员已经投票，不能记为缺席"), field="present")
        row.attendances.update(present=False)
        row.attendances.filter(member__in=present).update(present=True)
        here, size = _voters(row)
        met = has_quorum(here, size, row.quorum)
        find_recusals(row)
        now = clock.now()
        changes: dict[str, Any] = {"opened_at": row.opened_at or now, "closed_at": None} if met else {"closed_at": now}
        row = SITTING.move([row], "hold" if met else "fail", log, **changes)[0]
        log(row, after={"present": here, "of": size, "quorum": row.quorum})
        if met and row.items.exclude(ballot=SittingItem.Ballot.NONE).exists():
            people = (
                row.attendances.filter(present=True).exclude(member__post=BodyMember.Post.SECRETARY).exclude(member__in=voted)
            )
            ask_to_vote(row, list(people.values_list("member__person", flat=True)))
    held: Sitting = row
    return held


def _voters(sitting: Sitting) -> tuple[int, int]:
    """Return how many with a vote are there, of how many."""
    seats = sitting.attendances.exclude(member__post=BodyMember.Post.SECRETARY)
    return seats.filter(present=True).count(), seats.count()


def quorum_words(sitting: Sitting) -> str:
    """Say in the reader's language how many must be there."""
    _here, size = _voters(sitting)
    least = next((n for n in range(1, size + 1) if has_quorum(n, size, sitting.quorum)), size)
    return _("%(share)s（%(least)d / %(size)d 人）") % {"share": share_word(sitting.quorum), "least": least, "size": size}


def recuse(*, item: SittingItem, member: BodyMember, reason: str, actor: Actor) -> Recusal:
    """Put down that a member stands back from an item: declared by the member, or by who leads the sitting, before the member votes on it.

    Raises:
        Refused: no reason, the item is settled, or the member has voted on it.
    """
    own = bool(actor.account and is_own(actor.account, member.person))
    with command(actor, "bodies.sit" if own else "bodies.lead", item.sitting, name="bodies.recuse") as log:
        sitting = Sitting.objects.select_for_update(of=("self",)).get(pk=item.sitting_id)
        if len(reason.strip()) < LEAST_REASON:
            raise Refused.because(_("请写明回避的原因"), field="reason")
        if (
            sitting.state not in {Sitting.State.CALLED, Sitting.State.OPEN}
            or not sitting.attendances.filter(member=member).exists()
        ):
            raise Refused.because(_("会议已结束，不能再申请回避"))
        if Ballot.objects.filter(item=item, member=member).exists():
            raise Refused.because(_("已对该议题投票，不能再回避"))
        row, is_new = Recusal.objects.get_or_create(item=item, member=member, defaults={"reason": reason.strip()[:300]})
        if is_new:
            log(row, after={"item": item.pk, "declared": own})
    return row


def vote(*, sitting: Sitting, member: BodyMember, votes: Mapping[int, str], actor: Actor) -> int:
    """Cast a member's ballots: item key to "yes", "no" or "abstain". Of a secret ballot the counts move and the choice is nowhere kept.

    Raises:
        Refused: not one's own, no sitting is on, not there, voted already, or an item from which the member stands back.
    """
    with command(actor, "bodies.sit", sitting, name="bodies.vote") as log:
        if actor.account and not is_own(actor.account, member.person):
            raise Refused.because(_("只能由本人投票"))
        row = Sitting.objects.select_for_update().get(pk=sitting.pk)
        if (
            row.state != Sitting.State.OPEN
            or not row.attendances.filter(member=member, present=True).exists()
            or not member.votes
        ):
            raise Refused.because(_("现在不能投票"))
        if not votes or any(choice not in CHOICES for choice in votes.values()):
            raise Refused.because(_("请选择 同意、不同意 或 弃权"))
        items = list(row.items.filter(pk__in=votes, result="").exclude(ballot=SittingItem.Ballot.NONE))
        if len(items) != len(votes):
            raise Refused.because(_("有的议题不在本次会议的表决之列"))
        _cast(items, member, votes)
        log(member, after={"sitting": row.pk, "voted_on": len(items)})
    return len(items)


def _cast(items: Sequence[SittingItem], member: BodyMember, votes: Mapping[int, str]) -> None:
    rows = [Ballot(item=i, member=member, choice=votes[i.pk] if i.ballot == SittingItem.Ballot.OPEN else "") for i in items]
    try:
        with transaction.atomic():
            Ballot.objects.bulk_create(rows)
    except DatabaseError as error:
        words = next((say for mark, say in REFUSALS.items() if mark in str(error)), None)
        if words is None:
            raise
        raise Refused.because(words()) from error
    for choice in CHOICES:
        keys = [i.pk for i in items if votes[i.pk] == choice]
        if keys:
            SittingItem.objects.filter(pk__in=keys).update(**{choice: F(choice) + 1})


def recused_by_item(sitting: Sitting) -> dict[int, set[int]]:
    """Return the seats that stand back, by item (1 query)."""
    by_item: dict[int, set[int]] = {}
    for item, member in Recusal.objects.filter(item__sitting=sitting).values_list("item", "member"):
        by_item.setdefault(item, set()).add(member)
    return by_item


def missing_ballots(sitting: Sitting) -> dict[int, list[BodyMember]]:
    """Return who is there, not recused and has not voted, by item of a ballot (4 queries)."""
    items = list(sitting.items.filter(result="").exclude(ballot=SittingItem.Ballot.NONE).values_list("pk", flat=True))
    seats = sitting.attendances.filter(present=True).exclude(member__post=BodyMember.Post.SECRETARY)
    members = {a.member_id: a.member for a in seats.select_related("member__person").order_by("member")}
    cast = set(Ballot.objects.filter(item__in=items).values_list("item", "member"))
    found = missing(items, members, recused_by_item(sitting), cast)
    return {item: [members[m] for m in names] for item, names in found.items()}


def close_sitting(*, sitting: Sitting, minutes: str, actor: Actor, reason: str = "") -> Sitting:
    """End a sitting: count the ballots of every item by what was laid down when it was called, and keep its minutes.

    Raises:
        Refused: it is not on, no minutes, or ballots of those who are there are missing and no reason is given.
    """
    with command(actor, "bodies.lead", sitting, name="bodies.close_sitting") as log:
        row = Sitting.objects.select_for_update(of=("self",)).select_related("body").get(pk=sitting.pk)
        absent = missing_ballots(row)
        items = list(row.items.filter(result="").order_by("position"))
        reasons = [] if minutes.strip() else [Reason(_("请写会议记录"), field="minutes")]
        if absent and len(reason.strip()) < LEAST_REASON:
            reasons += [_absence(item, absent[item.pk]) for item in items if item.pk in absent]
        if reasons and row.state == Sitting.State.OPEN:
            raise Refused(reasons)
        _count(row, items, {item: len(names) for item, names in absent.items()})
        SittingItem.objects.bulk_update(items, ["result", "missing"])
        changes = {"closed_at": clock.now(), "minutes": minutes.strip(), "missing_reason": reason.strip()[:300] if absent else ""}
        row = SITTING.move([row], "close", log, **changes)[0]
        for item in items:
            log(item, after={**{c: getattr(item, c) for c in CHOICES}, "missing": item.missing, "result": item.result})
    closed: Sitting = row
    return closed


def _count(sitting: Sitting, items: Sequence[SittingItem], absent: Mapping[int, int]) -> None:
    """Give every item its result: who stands back from one is neither there nor a member for it."""
    seats = sitting.attendances.exclude(member__post=BodyMember.Post.SECRETARY)
    here, everyone = set(seats.filter(present=True).values_list("member", flat=True)), set(seats.values_list("member", flat=True))
    recused = recused_by_item(sitting)
    for item in items:
        if item.ballot == SittingItem.Ballot.NONE:
            item.result = SittingItem.Result.NOTED
            continue
        away = recused.get(item.pk, set())
        size, present = len(everyone - away), len(here - away)
        votes = {choice: getattr(item, choice) for choice in CHOICES}
        of = size if sitting.counted == "all" else present
        item.missing = absent.get(item.pk, 0)
        item.result = outcome(votes, of=of, size=size, quorum=sitting.quorum, threshold=sitting.majority).value


def _absence(item: SittingItem, members: Sequence[BodyMember]) -> Reason:
    names = "、".join(m.person.name_zh for m in members)
    text = _("第 %(position)d 项还缺 %(names)s 的票；请等投票完毕，或写明缺票仍结束的原因")
    return Reason(text % {"position": item.position, "names": names}, field="reason")
