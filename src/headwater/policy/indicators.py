"""Indicators that the funding year can already compute. None is ever typed in: each is a query over live records."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q, Sum
from django.utils.translation import gettext_lazy as _

from headwater.awards.models import Agreement, Award
from headwater.calls.models import Application, Call, Decision, FormalCheck, Objection
from headwater.calls.states import IN_THE_HOUSE, CallState, State
from headwater.core.money import wan_cell
from headwater.policy.registry import Indicator, Table, indicator
from headwater.registry.models import Place
from headwater.review.models import Assignment, BallotCast, Conflict, Opinion

AWARD_HEADING = (_("编号"), _("名称"), _("负责人"), _("依托单位"), _("金额（万元）"))
# What is not released yet is counted nowhere: an indicator is public, the inside of a running review is not.
RELEASED_CALLS = Q(call__in=Call.objects.filter(notices__closed_at__isnull=False))


def awards_table(awards: Any) -> Table:
    rows = awards.order_by("number").values_list("number", "title_zh", "leader__name_zh", "host__name_zh", "amount_fen")
    return Table(AWARD_HEADING, [(n, t, p, h, wan_cell(a)) for n, t, p, h, a in rows], link="/projects/")


def valid_awards() -> Any:
    """Grants of the fund. Support of talent, challenges and commissions are no grants and are counted by indicators of their own."""
    return Award.objects.projects()


GRANTS = Q(scheme__definition__scheme__outcome="award")
"""Calls of grants: what they decide is 立项."""


def grants(applications: Any) -> Any:
    return applications.filter(call__in=Call.objects.filter(GRANTS))


def calls_table(column: Any, values: Callable[[Call], Any], only: Q | None = None) -> Table:
    calls = Call.objects.filter(state__in=[CallState.PUBLISHED, CallState.FINISHED]).order_by("-year", "code")
    calls = calls if only is None else calls.filter(only)
    return Table((_("批次"), _("年度"), column), [(c.title_zh, c.year, values(c)) for c in calls])


def released() -> Any:
    return Application.objects.filter(RELEASED_CALLS, state__in=IN_THE_HOUSE)


def ratio(part: float | None, whole: float | None) -> float | None:
    return None if not whole else 100.0 * (part or 0) / whole


def add(
    code: str,
    label: tuple[str, str],
    unit: tuple[str, str],
    articles: Sequence[int],
    value: Callable[[], float | None],
    records: Callable[[], Table],
    **more: Any,
) -> None:
    indicator(Indicator(code, label[0], label[1], unit[0], unit[1], tuple(articles), value, records, **more))


ITEMS, WAN, PERCENT, DAYS = ("项", "items"), ("万元", "10k CNY"), ("%", "%"), ("天", "days")


def committed_wan() -> float | None:
    total = valid_awards().aggregate(t=Sum("amount_fen"))["t"]
    return wan_cell(total) if total else None


add(
    "awards.count",
    ("立项项目", "Projects funded"),
    ITEMS,
    (4, 14),
    lambda: valid_awards().count() or None,
    lambda: awards_table(valid_awards()),
)
add(
    "awards.money",
    ("立项资助金额", "Money awarded"),
    WAN,
    (4, 15),
    committed_wan,
    lambda: awards_table(valid_awards()),
    note_zh="本系统内批次的资助金额；专项经费全口径待接入财政拨款后计算。",
    note_en="Awards made in this system; the whole special fund is counted once treasury records are connected.",
)
add(
    "awards.youth",
    ("青年项目", "Projects of the youth programme"),
    ITEMS,
    (4, 10),
    lambda: valid_awards().filter(call__scheme__code="im-youth").count() or None,
    lambda: awards_table(valid_awards().filter(call__scheme__code="im-youth")),
)
add(
    "awards.key",
    ("重点项目", "Key projects"),
    ITEMS,
    (4, 12),
    lambda: valid_awards().filter(call__scheme__code="im-key").count() or None,
    lambda: awards_table(valid_awards().filter(call__scheme__code="im-key")),
)


def under_45() -> tuple[int, int]:
    """Leaders born in or after (call year - 45), and all leaders: compared by year, no age is computed."""
    rows = valid_awards().filter(leader__birth_date__isnull=False)
    return rows.filter(leader__birth_date__year__gte=F("call__year") - 45).count(), rows.count()


add(
    "people.under45",
    ("45 岁及以下负责人占比", "Leaders aged 45 or under"),
    PERCENT,
    (10, 19),
    lambda: ratio(*under_45()),
    lambda: calls_table(
        _("45 岁及以下负责人立项数"),
        lambda c: valid_awards().filter(call=c, leader__birth_date__year__gte=c.year - 45).count(),
        GRANTS,
    ),
)
add(
    "people.women",
    ("女性负责人占比", "Women among leaders"),
    PERCENT,
    (10, 19),
    lambda: ratio(valid_awards().filter(leader__sex="f").count(), valid_awards().count()),
    lambda: calls_table(_("女性负责人立项数"), lambda c: valid_awards().filter(call=c, leader__sex="f").count(), GRANTS),
)


def in_priority() -> Any:
    return valid_awards().exclude(application__priority_field__in=["", "none"])


add(
    "fields.priority",
    ("优先领域立项占比", "Awards in priority fields"),
    PERCENT,
    (3, 8, 13, 17),
    lambda: ratio(in_priority().count(), valid_awards().count()),
    lambda: awards_table(in_priority()),
)


def shannon() -> float | None:
    counts = Counter(valid_awards().values_list("application__review_group", flat=True))
    total = sum(counts.values())
    return math.exp(-sum(n / total * math.log(n / total) for n in counts.values())) if total else None


add(
    "fields.diversity",
    ("资助领域有效数 exp(H)", "Effective number of fields exp(H)"),
    ("个", "fields"),
    (3,),
    shannon,
    lambda: Table(
        (_("评审领域"), _("立项数")), Counter(valid_awards().values_list("application__review_group", flat=True)).most_common()
    ),
)


def league_counts() -> list[tuple[str, int, float]]:
    leagues = {p.code[:4]: p.name_zh for p in Place.objects.filter(level="league")}
    rows = valid_awards().values_list("host__place__code").annotate(n=Count("pk"), m=Sum("amount_fen"))
    found: dict[str, list[int]] = {name: [0, 0] for name in leagues.values()}
    for code, n, money in rows:
        name = leagues.get((code or "")[:4])
        if name:
            found[name][0] += n
            found[name][1] += money
    return [(name, n, wan_cell(money)) for name, (n, money) in found.items()]


add(
    "leagues.reached",
    ("有立项的盟市", "Leagues and cities with projects"),
    ("个", "of 12"),
    (5,),
    lambda: sum(1 for _n, count, _m in league_counts() if count) or None,
    lambda: Table((_("盟市"), _("立项数"), _("资助金额（万元）")), league_counts()),
    target=12,
)


def cr3() -> float | None:
    counts = sorted(
        (n for _a, n in valid_awards().values_list("host").annotate(n=Count("pk")).values_list("host", "n")), reverse=True
    )
    return ratio(sum(counts[:3]), sum(counts))


add(
    "hosts.cr3",
    ("立项数前三单位占比 CR3", "Share of the top three hosts"),
    PERCENT,
    (5,),
    cr3,
    lambda: Table(
        (_("依托单位"), _("立项数")), list(valid_awards().values_list("host__name_zh").annotate(n=Count("pk")).order_by("-n"))
    ),
)


def check_days() -> float | None:
    rows = FormalCheck.objects.filter(decided_at__isnull=False, application__in=released())
    span = rows.annotate(d=ExpressionWrapper(F("decided_at") - F("application__call__closes_at"), output_field=DurationField()))
    found = span.aggregate(a=Avg("d"))["a"]
    return found.total_seconds() / 86400 if found else None


add(
    "check.days",
    ("形式审查平均用时", "Mean days of the formal check"),
    DAYS,
    (16,),
    check_days,
    lambda: calls_table(
        _("已审查申请"), lambda c: FormalCheck.objects.filter(application__call=c, decided_at__isnull=False).count()
    ),
    target=45,
    target_note="≤",
)
add(
    "check.refused",
    ("形式审查不予受理率", "Share refused at the formal check"),
    PERCENT,
    (16,),
    lambda: ratio(released().filter(state=State.NOT_ACCEPTED).count(), released().count()),
    lambda: calls_table(_("不予受理"), lambda c: released().filter(call=c, state=State.NOT_ACCEPTED).count()),
)


def accepted() -> Any:
    return released().exclude(state__in=[State.NOT_ACCEPTED, State.RECEIVED, State.RECHECK])


add(
    "review.rate",
    ("资助率（立项／受理）", "Funding rate (funded of accepted)"),
    PERCENT,
    (4, 14),
    lambda: ratio(grants(released()).filter(state=State.APPROVED).count(), grants(accepted()).count()),
    lambda: calls_table(
        _("立项／受理"),
        lambda c: f"{released().filter(call=c, state=State.APPROVED).count()} / {accepted().filter(call=c).count()}",
        GRANTS,
    ),
)


def released_opinions() -> Any:
    return Opinion.objects.filter(submitted_at__isnull=False, assignment__application__in=released())


add(
    "review.opinions",
    ("每项申请有效评审意见", "Valid opinions per application"),
    ("份", "opinions"),
    (16, 19),
    lambda: released_opinions().count() / n if (n := released().filter(assignments__isnull=False).distinct().count()) else None,
    lambda: calls_table(_("有效意见"), lambda c: released_opinions().filter(assignment__application__call=c).count()),
    target=3,
    target_note="≥",
)
add(
    "review.conflicts_kept_out",
    ("已排除的利益冲突", "Conflicts of interest kept out"),
    ("对", "pairs"),
    (19,),
    lambda: Conflict.objects.filter(application__in=released()).count() or None,
    lambda: calls_table(
        _("冲突对数"), lambda c: Conflict.objects.filter(application__in=released(), application__call=c).count()
    ),
)
add(
    "review.conflict_breaches",
    ("有利益冲突的评审", "Reviews with a conflict of interest"),
    ITEMS,
    (19,),
    lambda: (
        float(Assignment.objects.filter(state="submitted", application__conflicts__expert=F("expert")).count())
        if Opinion.objects.exists()
        else None
    ),
    lambda: calls_table(
        _("评审数"),
        lambda c: Assignment.objects.filter(state="submitted", application__in=released(), application__call=c).count(),
    ),
    target=0,
    target_note="=",
)
add(
    "review.classes",
    ("目标导向类占立项", "Goal-oriented share of awards"),
    PERCENT,
    (3, 19),
    lambda: ratio(valid_awards().filter(application__research_class="goal").count(), valid_awards().count()),
    lambda: Table(
        (_("研究属性"), _("立项数")),
        [
            (_("自由探索类"), valid_awards().filter(application__research_class="free").count()),
            (_("目标导向类"), valid_awards().filter(application__research_class="goal").count()),
        ],
    ),
)
add(
    "panel.ballots",
    ("会评无记名投票", "Secret ballots cast"),
    ("票", "ballots"),
    (16, 19),
    lambda: BallotCast.objects.filter(item__application__in=released()).count() or None,
    lambda: calls_table(
        _("投票数"), lambda c: BallotCast.objects.filter(item__application__in=released(), item__application__call=c).count()
    ),
)
add(
    "objections.answered",
    ("公示异议已答复", "Objections answered"),
    PERCENT,
    (19,),
    lambda: ratio(Objection.objects.filter(state__in=["upheld", "dismissed"]).count(), Objection.objects.count()),
    lambda: calls_table(_("异议"), lambda c: Objection.objects.filter(notice__call=c).count()),
)


def signing_days() -> float | None:
    rows = Agreement.objects.filter(signed_at__isnull=False)
    span = rows.annotate(d=ExpressionWrapper(F("signed_at") - F("award__approved_at"), output_field=DurationField()))
    found = span.aggregate(a=Avg("d"))["a"]
    return found.total_seconds() / 86400 if found else None


add(
    "agreements.days",
    ("决定到任务书签订平均用时", "Mean days from decision to signed agreement"),
    DAYS,
    (16,),
    signing_days,
    lambda: awards_table(Award.objects.filter(agreement__signed_at__isnull=False)),
    target=20,
    target_note="≤",
)
add(
    "agreements.signed",
    ("任务书已签订", "Agreements signed by three parties"),
    PERCENT,
    (16,),
    lambda: ratio(Award.objects.filter(agreement__signed_at__isnull=False).count(), Award.objects.count()),
    lambda: awards_table(Award.objects.filter(agreement__signed_at__isnull=False)),
)
add(
    "calls.guides",
    ("已发布申报指南", "Calls published"),
    ("个", "calls"),
    (14,),
    lambda: Call.objects.filter(state__in=[CallState.PUBLISHED, CallState.FINISHED]).count() or None,
    lambda: calls_table(_("预算（万元）"), lambda c: wan_cell(c.budget_fen)),
)
add(
    "decisions.within_budget",
    ("批次预算执行", "Budget of finished calls committed"),
    PERCENT,
    (15,),
    lambda: ratio(
        Decision.objects.filter(RELEASED_CALLS, outcome="fund", freed_at__isnull=True).aggregate(t=Sum("amount_fen"))["t"],
        Call.objects.filter(notices__closed_at__isnull=False).aggregate(t=Sum("budget_fen"))["t"],
    ),
    lambda: calls_table(_("预算（万元）"), lambda c: wan_cell(c.budget_fen)),
    target=100,
    target_note="≤",
)
