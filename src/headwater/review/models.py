"""Tables of review: experts, conflicts, assignments, opinions, panels, secret ballots."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headwater.calls.models import Application, Call, of_officer
from headwater.calls.schemes import scheme_of
from headwater.core import clock
from headwater.core.models import Account, Job
from headwater.core.own import leads_to, of_many, own_cases, without_own
from headwater.registry.models import Discipline, Person, ReviewGroup, own_records
from headwater.registry.models.people import IN_CALLS


class ExpertQuerySet(models.QuerySet["Expert"]):
    def available(self) -> ExpertQuerySet:
        """Who may be asked today: not retired, not away, and each person once, by the record that stands for them where it is one."""
        twin = Expert.objects.filter(person=models.OuterRef("person__merged_into"), is_active=True)
        here = self.filter(is_active=True).exclude(away_until__gte=clock.today())
        return here.exclude(models.Exists(twin))


class Expert(models.Model):
    """A person who reviews. What an expert knows is told by discipline codes, keywords and publications."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="expert")
    disciplines = models.ManyToManyField(Discipline, related_name="experts")
    keywords = models.CharField(_("研究方向"), max_length=300, blank=True)
    max_load = models.IntegerField(_("最多评审项数"), default=15)
    is_active = models.BooleanField(_("在库"), default=True)
    is_external = models.BooleanField(_("区外专家"), default=False)
    languages = models.JSONField(_("评审语言"), default=list, blank=True)
    away_until = models.DateField(_("暂停至（含）"), null=True, blank=True)
    joined_at = models.DateTimeField(default=clock.now)
    objects = ExpertQuerySet.as_manager()

    class Meta:
        verbose_name = _("专家")
        constraints = [models.CheckConstraint(name="expert_load", condition=Q(max_load__gte=0, max_load__lte=200))]

    def __str__(self) -> str:
        return str(self.person)


class Conflict(models.Model):
    """A conflict of interest between an expert and an application. While it stands no assignment of the pair can exist."""

    class Kind(models.TextChoices):
        SAME_ENTITY = "same_entity", _("同一法人单位")
        PAST_ENTITY = "past_entity", _("近年曾在同一单位")
        TAKES_PART = "takes_part", _("本人参与该申请")
        SAME_CALL = "same_call", _("同批次申请人")
        COAUTHOR = "coauthor", _("近年合作发表")
        SUPERVISOR = "supervisor", _("师生关系")
        KIN = "kin", _("近亲属")
        COPROJECT = "coproject", _("近年合作项目")
        NAMED = "named", _("申请人提出的不适宜评审的专家")
        DECLARED = "declared", _("专家申请回避")
        BANNED = "banned", _("惩戒期内")

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="conflicts")
    expert = models.ForeignKey(Expert, on_delete=models.CASCADE, related_name="conflicts")
    kind = models.CharField(_("类型"), max_length=12, choices=Kind.choices)
    evidence = models.CharField(_("依据"), max_length=300, blank=True)
    found_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("回避关系")
        constraints = [models.UniqueConstraint(fields=["application", "expert", "kind"], name="conflict_once")]
        indexes = [models.Index(fields=["expert", "application"], name="conflict_pair")]

    def __str__(self) -> str:
        return f"{self.application} / {self.expert}: {self.kind}"


class Round(models.Model):
    """One run of the assignment of a call: its inputs, seed and results, so that it can be explained and replayed."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("待发布")
        PUBLISHED = "published", _("已发布")
        DISCARDED = "discarded", _("已作废")

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="rounds")
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.PROPOSED)
    seed = models.BigIntegerField(_("随机种子"))
    settings = models.JSONField(default=dict)
    record = models.JSONField(default=dict)
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL)
    made_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(default=clock.now)
    published_at = models.DateTimeField(null=True)
    respond_by = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("指派方案")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.call} #{self.pk}"


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def visible_to(self, user: Any) -> AssignmentQuerySet:
        """An expert sees their own; officers those of their calls; nobody those of a case that is their own."""
        if not getattr(user, "is_authenticated", False):
            return self.none()
        mine = Q(expert__person__in=own_records(user)) & ~Q(state=Assignment.State.PROPOSED)
        return without_own(self.filter(mine | of_officer(user, "application__call_id")), user)

    def to_leave(self, user: Any) -> AssignmentQuerySet:
        """What an expert was asked to review before it became a case of their own, as long as it is open: they may only step back."""
        return self.filter(expert__person__in=own_records(user), application__in=own_cases(user), state__in=OPEN)


class Assignment(models.Model):
    """An expert asked to review an application."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("拟指派")
        INVITED = "invited", _("已邀请")
        ACCEPTED = "accepted", _("已接受")
        SUBMITTED = "submitted", _("已提交")
        DECLINED = "declined", _("已谢绝")
        EXPIRED = "expired", _("逾期未答")
        RELEASED = "released", _("已撤回")

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="assignments")
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="assignments")
    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, related_name="assignments")
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.PROPOSED)
    score = models.FloatField(_("匹配度"), default=0.0)
    explanation = models.JSONField(default=dict)
    invited_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    decline_reason = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField(_("评审截止"), null=True)
    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("评审指派")
        indexes = [
            models.Index(fields=["expert", "state"], name="assignment_expert"),
            models.Index(fields=["application", "state"], name="assignment_application"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "expert"],
                name="assignment_once",
                condition=~Q(state__in=["declined", "expired", "released"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.application} / {self.expert}"


OPEN = (Assignment.State.INVITED, Assignment.State.ACCEPTED)
ACTIVE = (Assignment.State.PROPOSED, Assignment.State.INVITED, Assignment.State.ACCEPTED, Assignment.State.SUBMITTED)


class Familiarity(models.IntegerChoices):
    EXPERT = 3, _("熟悉")
    INFORMED = 2, _("较熟悉")
    OUTSIDER = 1, _("不熟悉")


class Opinion(models.Model):
    """A review (评审意见). Scores by criterion of the scheme, from 0 to 100; `total` is their mean by the weights of the research class."""

    assignment = models.OneToOneField(Assignment, on_delete=models.CASCADE, related_name="opinion")
    scores = models.JSONField(default=dict)
    total = models.FloatField(_("总分"), null=True)
    grade = models.IntegerField(_("建议"), null=True)
    familiarity = models.IntegerField(_("熟悉程度"), choices=Familiarity.choices, null=True)
    text_applicant = models.TextField(_("给申请人的意见"), blank=True)
    text_fund = models.TextField(_("仅供基金办公室参考的意见"), blank=True)
    saved_at = models.DateTimeField(default=clock.now)
    submitted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("评审意见")
        constraints = [
            models.CheckConstraint(
                name="opinion_complete_when_submitted",
                condition=Q(submitted_at__isnull=True)
                | (Q(total__isnull=False) & Q(grade__isnull=False) & ~Q(text_applicant="")),
            ),
            models.CheckConstraint(name="opinion_total", condition=Q(total__isnull=True) | Q(total__gte=0, total__lte=100)),
        ]

    def __str__(self) -> str:
        return f"{self.assignment}: {self.total}"


class Ranking(models.Model):
    """What the opinions of an application come to; recomputed as a set, never typed in.

    `sd` is of `calibrated`, absent where the opinions cannot tell quality from chance; applications of different `component` share no
    chain of experts. `chance` is the probability to stand above the budget line at the amounts asked for.
    """

    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="ranking")
    opinions = models.IntegerField()
    mean = models.FloatField(_("平均分"))
    calibrated = models.FloatField(_("校准分"))
    sd = models.FloatField(_("校准分标准差"), null=True)
    component = models.IntegerField(_("可比组"), default=0)
    chance = models.FloatField(_("列入预算的概率"), null=True)
    near_line = models.BooleanField(_("与预算线无显著差别"), default=False)
    grade_mean = models.FloatField(_("建议均值"))
    spread = models.IntegerField(_("建议极差"))
    rank = models.IntegerField(_("名次"), null=True)
    computed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("评审排序")

    def __str__(self) -> str:
        return f"{self.application}: {self.rank}"

    @property
    def non_consensus(self) -> bool:
        """Some would fund it first, some refuse it (handbook 3.5)."""
        return self.spread >= scheme_of(self.application.call).judging.widest


class PanelQuerySet(models.QuerySet["Panel"]):
    def visible_to(self, user: Any) -> PanelQuerySet:
        if not getattr(user, "is_authenticated", False):
            return self.none()
        if user.has_role("committee"):
            return self.all()
        seats = PanelMember.objects.filter(expert__person__in=own_records(user))
        return self.filter(of_officer(user, "call_id") | Q(pk__in=seats.values("panel")))


class Panel(models.Model):
    """A panel (会评组): secret vote. `sequence` counts how often it was told anew; `laid_down` is the agenda of a dissolved one."""

    class State(models.TextChoices):
        PREPARING = "preparing", _("筹备")
        VOTING = "voting", _("投票中")
        CLOSED = "closed", _("已结束")
        DISSOLVED = "dissolved", _("已解散")

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="panels")
    group = models.ForeignKey(ReviewGroup, null=True, on_delete=models.PROTECT)
    name = models.CharField(_("名称"), max_length=120)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.PREPARING)
    meets_at = models.DateTimeField(_("会议时间"), null=True)
    place = models.CharField(_("会议地点或链接"), max_length=200, blank=True, db_default="")
    sequence = models.PositiveSmallIntegerField(_("通知次数"), default=0, db_default=0)
    laid_down = models.JSONField(_("解散前的议程"), default=list, db_default=models.Value([], models.JSONField()))
    quorum = models.CharField(max_length=10, default="2/3")
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    missing_reason = models.CharField(_("缺票仍结束投票的原因"), max_length=300, blank=True)
    objects = PanelQuerySet.as_manager()

    class Meta:
        verbose_name = _("会评组")
        ordering = ["call", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def quorum_word(self) -> str:
        return self.quorum.replace(">=", "≥")


class PanelMember(models.Model):
    panel = models.ForeignKey(Panel, on_delete=models.CASCADE, related_name="members")
    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, related_name="panels")
    is_chair = models.BooleanField(default=False)
    present = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["panel", "expert"], name="panel_member_once")]

    def __str__(self) -> str:
        return str(self.expert)


class PanelItem(models.Model):
    """An application on a panel's agenda. Votes are counted here and nowhere tied to who cast them.

    `vote` is the number of the vote that counts; `missing` how many present members who are not recused cast no ballot in it;
    `signatures_needed` how many members must sign before one that most opinions refuse is put to the vote.
    """

    class Result(models.TextChoices):
        RECOMMENDED = "recommended", _("同意")
        NOT_RECOMMENDED = "not_recommended", _("不同意")
        NO_QUORUM = "no_quorum", _("未达法定人数")
        NOT_REVIVED = "not_revived", _("联名不足，未付表决")

    panel = models.ForeignKey(Panel, on_delete=models.CASCADE, related_name="items")
    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="panel_item")
    position = models.IntegerField()
    minutes = models.PositiveSmallIntegerField(_("用时（分钟）"), default=0, db_default=0)
    threshold = models.CharField(max_length=10, default=">1/2")
    signatures_needed = models.PositiveSmallIntegerField(_("须联名的组员数"), default=0)
    yes = models.IntegerField(default=0)
    no = models.IntegerField(default=0)
    abstain = models.IntegerField(default=0)
    vote = models.PositiveSmallIntegerField(_("第几次投票"), default=1)
    missing = models.PositiveSmallIntegerField(_("缺票"), default=0)
    result = models.CharField(max_length=16, choices=Result.choices, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.CheckConstraint(name="panel_item_votes", condition=Q(yes__gte=0, no__gte=0, abstain__gte=0))]

    def __str__(self) -> str:
        return str(self.application)


class Revival(models.Model):
    """A member's signature that an application which most opinions refuse should be put to the vote (联名)."""

    item = models.ForeignKey(PanelItem, on_delete=models.CASCADE, related_name="revivals")
    member = models.ForeignKey(PanelMember, on_delete=models.CASCADE, related_name="revivals")
    signed_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "member"], name="revival_once")]

    def __str__(self) -> str:
        return f"{self.member} for {self.item}"


class Draw(models.Model):
    """A draw among applications that stand equal at the end of a quota or of the money: whoever knows the public words can replay it.

    `group` is what the quota is counted by, empty for the whole call; `record` is the proof: the numbers that were drawn, their tickets
    and order.
    """

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="draws")
    group = models.CharField(_("组别"), max_length=120, blank=True)
    public = models.CharField(_("公开种子"), max_length=200)
    record = models.JSONField(default=dict)
    made_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("抽签")
        constraints = [models.UniqueConstraint(fields=["call", "group"], name="draw_once")]

    def __str__(self) -> str:
        return f"{self.call} {self.group}".strip()

    @property
    def won(self) -> list[tuple[str, str]]:
        """Numbers that were drawn, with their tickets: what everybody may know."""
        tickets = dict(zip(self.record["order"], self.record["tickets"], strict=True))
        return [(number, tickets[number]) for number in self.record["winners"]]


class BallotCast(models.Model):
    """That a member has voted on an item; never how. A member with a conflict cannot have a row here."""

    item = models.ForeignKey(PanelItem, on_delete=models.CASCADE, related_name="casts")
    member = models.ForeignKey(PanelMember, on_delete=models.CASCADE, related_name="casts")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "member"], name="ballot_once")]

    def __str__(self) -> str:
        return f"{self.member} voted on {self.item}"


for kind in (Conflict, Assignment, Ranking, PanelItem):
    leads_to(kind, "application")
leads_to(Opinion, "assignment__application")
leads_to(Round, "assignments__application")
leads_to(Panel, "items__application")
leads_to(BallotCast, "item__application")
leads_to(Revival, "item__application")
of_many(Expert, PanelMember, Draw)


def _experts_of_calls(calls: Collection[int], account: Account) -> models.QuerySet[Any, Any]:
    """Experts who are or were asked in some calls, but for `account`'s own cases, or sit on one of their panels."""
    experts = without_own(Assignment.objects.filter(application__call__in=calls), account).values("expert__person")
    members = PanelMember.objects.filter(panel__call__in=calls).values("expert__person")
    return Person.objects.filter(Q(pk__in=experts) | Q(pk__in=members)).values("pk")


IN_CALLS.add("review.experts", _experts_of_calls)
