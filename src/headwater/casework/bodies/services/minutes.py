"""The minutes of a sitting: who was there, who stood back from what, how each item was voted on. One source for page and paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from headwater.casework.bodies.models import Attendance, Ballot, Body, BodyMember, Sitting, SittingItem
from headwater.casework.bodies.papers import MinutesPaper
from headwater.casework.bodies.rules.voting import share_word
from headwater.casework.bodies.services.opinions import submitted
from headwater.forms.answers.showing import sections
from headwater.registry.queries import region_of


@dataclass(frozen=True)
class Line:
    """An item as the minutes tell it: who stood back, and for an open ballot who voted how."""

    item: SittingItem
    recused: list[BodyMember]
    votes: list[Ballot]
    opinions: list[tuple[str, Any]]


@dataclass(frozen=True)
class Minutes:
    sitting: Sitting
    attendances: list[Attendance]
    lines: list[Line]
    hidden: int

    @property
    def present(self) -> int:
        return sum(bool(a.present) for a in self.attendances)


def minutes_of(sitting: Sitting, *, hidden: set[int] | frozenset[int] = frozenset()) -> Minutes:
    """Return the minutes of a sitting that was held, without the items in `hidden`."""
    items = [i for i in sitting.items.order_by("position") if i.pk not in hidden]
    recused: dict[int, list[BodyMember]] = {}
    votes: dict[int, list[Ballot]] = {}
    for item in sitting.items.prefetch_related("recusals__member__person"):
        recused[item.pk] = [r.member for r in item.recusals.all()]
    open_ballots = Ballot.objects.filter(item__sitting=sitting, item__ballot=SittingItem.Ballot.OPEN).select_related(
        "member__person"
    )
    for ballot in open_ballots.order_by("member"):
        votes.setdefault(ballot.item_id, []).append(ballot)
    rows = list(sitting.attendances.select_related("member__person__organisation").order_by("member"))
    lines = [Line(i, recused.get(i.pk, []), votes.get(i.pk, []), opinions_on(sitting, i)) for i in items]
    return Minutes(sitting, rows, lines, sitting.items.count() - len(items))


def opinions_on(sitting: Sitting, item: SittingItem) -> list[tuple[str, Any]]:
    """Return the opinions on an item as they are shown: with a name where the ballot is open, without one where it is secret."""
    if not sitting.body.rule.form.fields:
        return []
    named = item.ballot == SittingItem.Ballot.OPEN
    item.sitting = sitting
    return [(str(row.member) if named else "", sections(answers)) for row, answers in submitted(item)]


COLUMNS = (
    *(("序号", 0, False), ("议题", 2.4, False), ("表决方式", 0, False), ("回避", 1, False)),
    *(("同意", 0, True), ("不同意", 0, True), ("弃权", 0, True), ("结果", 1.2, False)),
)


def minutes_pdf(minutes: Minutes) -> bytes:
    """Return the minutes on paper, in Chinese, with room for signatures."""
    with translation.override(settings.LANGUAGE_CODE):
        return minutes_paper(minutes).pdf


def minutes_paper(minutes: Minutes) -> MinutesPaper:
    sitting, body = minutes.sitting, minutes.sitting.body
    counted = "全体有表决权的成员" if sitting.counted == "all" else "到会有表决权的成员"
    notes = [f"另有 {minutes.hidden} 项须由阅读者回避，未列入本件。"] if minutes.hidden else []
    notes += [f"缺票仍结束会议的原因：{sitting.missing_reason}"] if sitting.missing_reason else []
    notes.append(
        f"表决按{counted}计算，通过须 {share_word(sitting.majority)}；须回避的成员不参加该项讨论和表决，不计入该项人数。"
    )
    open_votes = [_open_votes(line) for line in minutes.lines if line.votes]
    return MinutesPaper(
        issuer=region_of(body.kind.region).department_zh,
        heading="会议记录",
        facts=[
            ("组织", body.name_zh),
            ("类型", body.rule.name.zh),
            ("会议时间", _moment(sitting.meets_at)),
            ("地点或链接", sitting.place),
            ("成员", f"共 {len(minutes.attendances)} 人，到会 {minutes.present} 人"),
            ("法定人数", share_word(sitting.quorum)),
        ],
        members=[_member(body, a) for a in minutes.attendances],
        items_title="议题与结果",
        columns=COLUMNS,
        items=[_cells(n, line) for n, line in enumerate(minutes.lines, start=1)],
        texts=[
            ("", notes),
            *([("记名表决", open_votes)] if open_votes else []),
            ("会议记录", [p for p in sitting.minutes.splitlines() if p.strip()]),
            *_opinions(minutes),
        ],
        signers=[f"{body.post_word(a.member.post).zh} {a.member.person.name_zh}" for a in minutes.attendances if a.present],
    )


def _opinions(minutes: Minutes) -> list[tuple[str, list[str]]]:
    texts = []
    for n, line in enumerate(minutes.lines, start=1):
        paragraphs = [
            f"{name or f'意见{k}'}：" + "；".join(f"{s.label}：{s.plain_text}" for _section, shown in parts for s in shown)
            for k, (name, parts) in enumerate(line.opinions, start=1)
        ]
        texts += [(f"第 {n} 项的书面意见", paragraphs)] if paragraphs else []
    return texts


def _open_votes(line: Line) -> str:
    words = dict(Ballot._meta.get_field("choice").flatchoices)
    by_choice: dict[str, list[str]] = {}
    for ballot in line.votes:
        by_choice.setdefault(str(words[ballot.choice]), []).append(ballot.member.person.name_zh)
    return f"第 {line.item.position} 项：" + "；".join(f"{word}（{'、'.join(names)}）" for word, names in by_choice.items())


def _member(body: Body, row: Attendance) -> tuple[str, str, str, str]:
    person = row.member.person
    where = person.organisation.name_zh if person.organisation else ""
    return person.name_zh, where, body.post_word(row.member.post).zh, "出席" if row.present else "缺席"


def _cells(n: int, line: Line) -> list[str]:
    i = line.item
    is_voted = i.ballot != SittingItem.Ballot.NONE
    votes = [str(i.yes), str(i.no), str(i.abstain)] if is_voted else ["", "", ""]
    note = f"；缺票 {i.missing}" if i.missing else ""
    recused = "、".join(m.person.name_zh for m in line.recused)
    return [str(n), i.title, str(i.get_ballot_display()), recused, *votes, f"{i.get_result_display()}{note}"]


def _moment(at: Any) -> str:
    return f"{timezone.localtime(at):%Y年%-m月%-d日 %H:%M}" if at else ""
