"""The command that publishes a notice: its lines, its words in both languages, its period, its digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from headwater.casework.notices.models import Notice, NoticeKind, NoticeRow
from headwater.casework.notices.periods import digest_of_lines, period
from headwater.casework.subjects import kind_of
from headwater.core import clock
from headwater.core.clock import Due, official_day
from headwater.core.command import Actor, Log, command
from headwater.core.correspondence import office
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.i18n import NOTHING, Bilingual
from headwater.core.models import Account, RoleGrant
from headwater.core.parameters import Parameters
from headwater.core.seen import Sight
from headwater.core.services import notify
from headwater.registry.models import Organisation, accounts_of
from headwater.registry.queries import region_code, region_of

LANGUAGES = {"zh": "zh-hans", "en": "en"}
MOST_LINES = 5000


@dataclass(frozen=True)
class Line:
    """A line to publish: what it is called, whom it belongs to, the record that it is about, texts of the kind's columns by code, and
    what its effect needs to know, which is not shown. `people` have a part in the record; without them its kind is asked, one by one.
    """

    title: Bilingual
    holder: Bilingual = NOTHING
    record: Any = None
    organisation: Organisation | None = None
    cells: Mapping[str, Bilingual] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)
    people: Sequence[int] | None = None

    @property
    def persons(self) -> list[int]:
        if self.people is not None:
            return sorted(self.people)
        return sorted(set(kind_of(self.record).people(self.record))) if self.record is not None else []


def kind_named(code: str, region: str) -> NoticeKind:
    """Return the newest version of a kind.

    Raises:
        LookupError: the region has no such kind of notice.
    """
    row: NoticeKind | None = NoticeKind.objects.current(region).filter(code=code).first()
    if row is None:
        known = ", ".join(NoticeKind.objects.current(region).order_by("code").values_list("code", flat=True))
        raise LookupError(f"no kind of notice {code!r} in {region!r}; known are: {known or 'none'}")
    return row


def period_of(version: NoticeKind, key: str = "") -> tuple[Due, datetime]:
    """Return the last day of a notice of a kind that begins today, and its last moment."""
    return period(Parameters(version.region, clock.today()), key or version.rule.period)


def lines_sight(lines: Sequence[Line]) -> Sight:
    """Return the lines as they would be read, in their order."""
    return Sight({f"{n} {line.title.zh}": _shown(n, line) for n, line in enumerate(lines, start=1)})


def _shown(n: int, line: Line) -> list[Any]:
    about = [line.record._meta.label_lower, line.record.pk] if line.record is not None else []
    cells = {code: [text.zh, text.en] for code, text in sorted(line.cells.items())}
    return [n, line.title.zh, line.title.en, line.holder.zh, line.holder.en, cells, about]


def publish(
    *,
    kind: str,
    lines: Sequence[Line],
    what: Bilingual,
    actor: Actor,
    region: str = "",
    period_key: str = "",
    seen: str | None = None,
) -> Notice:
    """Publish a list, so that the public may object. Its period is counted by the dated parameter of its kind, or by `period_key`; what
    follows its end the effect of the kind does. `what` stands in its title. `seen` are the marks of the lines that somebody read before.

    Raises:
        Refused: no lines, a line without a title, columns that the kind does not have, or lines that are not those that were seen.
        LookupError: no such kind.
    """
    version = kind_named(kind, region or region_code())
    with command(actor, "notices.publish", version, name="notices.publish") as log:
        if seen is not None:
            refuse_if(_problems(version, lines, what))
            lines_sight(lines).require(seen)
        return put_up(version, lines, what, log, period_key)


def put_up(version: NoticeKind, lines: Sequence[Line], what: Bilingual, log: Log, period_key: str = "") -> Notice:
    """Publish a list within the command of another app that decided it.

    Raises:
        Refused: no lines, a line without a title, or columns that the kind does not have.
    """
    refuse_if(_problems(version, lines, what))
    key = period_key or version.rule.period
    last, ends = period_of(version, key)
    notice = Notice.objects.create(
        kind=version,
        title_zh=version.rule.title.zh.format(what=what.zh),
        title_en=version.rule.title.en.format(what=what.en or what.zh),
        what_zh=what.zh,
        what_en=what.en,
        starts_at=clock.now(),
        ends_at=ends,
        digest=digest_of_lines([_shown(n, line) for n, line in enumerate(lines, start=1)]),
        texts=texts_of(version, what, len(lines), clock.today(), last.day, key),
        published_by=log.actor.account,
    )
    rows = [_row(notice, n, line) for n, line in enumerate(lines, start=1)]
    NoticeRow.objects.bulk_create(rows, batch_size=1000)
    notify(concerned(rows), title=partial(_listed, notice), body=partial(_until, notice), url=notice.url)
    after = {"kind": version.code, "rows": len(rows), "ends_at": str(ends), "digest": notice.digest, "missing": last.missing}
    log(notice, after=after)
    return notice


def _problems(version: NoticeKind, lines: Sequence[Line], what: Bilingual) -> list[Reason]:
    known, reasons = {code for code, _word in version.rule.columns}, []
    if not what.zh.strip() or len(what.zh) > 60 or len(what.en) > 100:
        reasons.append(Reason(_("请写明公示的事项（中文不超过 60 字，英文不超过 100 字符）"), field="what_zh"))
    if not 1 <= len(lines) <= MOST_LINES:
        reasons.append(Reason(_("名单应有 1 至 %d 项") % MOST_LINES, field="lines"))
    for n, line in enumerate(lines, start=1):
        if not line.title.zh.strip() or len(line.title.zh) > 200 or len(line.title.en) > 300:
            reasons.append(Reason(_("第 %d 项：请填写名称（不超过 200 字）") % n, field="lines"))
        if len(line.holder.zh) > 200 or len(line.holder.en) > 300:
            reasons.append(Reason(_("第 %d 项：单位名称不超过 200 字") % n, field="lines"))
        if strange := set(line.cells) - known:
            words = {"n": n, "column": "、".join(sorted(strange))}
            reasons.append(Reason(_("第 %(n)d 项：本类公示没有这一栏：%(column)s") % words, field="lines"))
    return reasons


def _row(notice: Notice, n: int, line: Line) -> NoticeRow:
    record = line.record
    return NoticeRow(
        notice=notice,
        position=n,
        title_zh=line.title.zh.strip(),
        title_en=line.title.en.strip(),
        holder_zh=line.holder.zh.strip(),
        holder_en=line.holder.en.strip(),
        organisation=line.organisation,
        cells={code: [text.zh, text.en] for code, text in line.cells.items()},
        payload=dict(line.payload),
        people=line.persons,
        subject_kind=record._meta.label_lower if record is not None else "",
        subject_id=record.pk if record is not None else None,
    )


def texts_of(version: NoticeKind, what: Bilingual, count: int, starts: date, ends: date, key: str) -> dict[str, dict[str, Any]]:
    """Return the paragraphs of a notice in both languages, and who publishes it."""
    return {code: _texts(version, what, count, (starts, ends), key, code) for code in LANGUAGES}


def _texts(version: NoticeKind, what: Bilingual, count: int, days: tuple[date, date], key: str, code: str) -> dict[str, Any]:
    rule, region = version.rule, region_of(version.region)
    with translation.override(LANGUAGES[code]):
        who = office()
        values = {
            "what": what.zh if code == "zh" else what.en or what.zh,
            "count": count,
            "starts": official_day(days[0], code),
            "ends": official_day(days[1], code),
            "period": period_words(version.region, key),
            "office": who.name,
            "contact": ("；" if code == "zh" else "; ").join(who.contact.values()),
        }
        texts = [getattr(text, code) or text.zh for text in (rule.opening, rule.objecting, rule.contact)]
        issuer = region.department_zh if code == "zh" else who.name
        return {"paragraphs": [text.format(**values) for text in texts if text], "issuer": issuer}


def period_words(region: str, key: str) -> str:
    """Say how long a period is, with its unit, in the reader's language."""
    days = Parameters(region, clock.today()).number(key)
    return (_("%d 个工作日") if key.endswith("_working_days") else _("%d 日")) % days


def concerned(rows: Sequence[NoticeRow]) -> list[Account]:
    """Return the accounts of whom some lines concern: who acts for their institutions, and who has a part in their records (2 queries)."""
    organisations = {row.organisation_id for row in rows if row.organisation_id is not None}
    people = {pk for row in rows for pk in row.people}
    grants = RoleGrant.objects.in_force(clock.now()).filter(role="host_manager", scope="organisation", scope_id__in=organisations)
    managers = Account.objects.filter(pk__in=grants.values("account"))
    return list({a.pk: a for a in [*managers, *(accounts_of(people) if people else [])]}.values())


def _listed(notice: Notice) -> str:
    return _("已列入公示：%s") % notice.title_zh[:150]


def _until(notice: Notice) -> str:
    return _("公示至 %s，期间任何人可以提出异议。") % clock.last_day(notice.ends_at)


def refuse_over(notice: Notice) -> None:
    """
    Raises:
        Refused: the notice takes no objections any more.
    """
    if not notice.is_open:
        raise Refused.because(_("公示期已结束"))
