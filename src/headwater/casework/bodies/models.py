"""Tables of bodies: kinds, bodies, members, sittings with their items, attendance, recusals, ballots, opinions."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateRangeField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from headwater.casework.bodies import kinds
from headwater.casework.bodies.rules import composition
from headwater.casework.kinds import KindVersion
from headwater.casework.records import AboutRecord, about_whole
from headwater.casework.subjects import SUBJECTS, held, rows_about
from headwater.core import clock
from headwater.core.i18n import Bilingual, named
from headwater.core.models import Account, StoredFile
from headwater.core.own import of_many
from headwater.registry.models import Person, own_records


class BodyKind(KindVersion):
    """A kind of body of a region package."""

    class Meta:
        verbose_name = _("评议组织类型")
        constraints = [models.UniqueConstraint(fields=["region", "code", "version"], name="body_kind_once")]

    @property
    def rule(self) -> kinds.BodyKind:
        return kinds.parsed(self)


class BodyQuerySet(models.QuerySet["Body"]):
    def visible_to(self, user: Any) -> BodyQuerySet:
        """Return the bodies that an account sits on or manages, and the open ones of records that it may know of."""
        if not getattr(user, "is_authenticated", False):
            return self.none()
        mine = BodyMember.objects.filter(person__in=own_records(user)).values("body")
        open_ones = rows_about(Body.objects.filter(kind__definition__open=True), user)
        return self.filter(Q(pk__in=mine) | managed(user) | Q(pk__in=open_ones.values("pk")))

    def managed_by(self, user: Any) -> BodyQuerySet:
        """Return the bodies that an account convenes and calls together."""
        return self.filter(managed(user))

    def live(self) -> BodyQuerySet:
        return self.filter(state=Body.State.ACTIVE)


def managed(user: Any) -> Q:
    """Return the condition on bodies for whose record, or without a record everywhere, an account holds a role that their kind names."""
    roles = {grant.role for grant in user.grants}
    everywhere = {grant.role for grant in user.grants if grant.scope == "all"}
    condition = Q(pk__in=[])
    for role in sorted(roles):
        of_role = Q(kind__definition__roles__contains=[role])
        if role in everywhere:
            condition |= of_role
            continue
        for kind in SUBJECTS.values():
            records = kind.model._base_manager.filter(held(user, [role], kind))
            condition |= of_role & Q(subject_kind=kind.kind, subject_id__in=records.values("pk"))
    return condition


class Body(AboutRecord):
    """People who judge together (评议组织), about one record or none. `kind` is the version of the kind under which it last changed;
    what was laid down for a sitting stays with the sitting.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("履职中")
        DISSOLVED = "dissolved", _("已解散")

    kind = models.ForeignKey(BodyKind, on_delete=models.PROTECT, related_name="bodies")
    name_zh = models.CharField(_("名称"), max_length=160)
    name_en = models.CharField(_("英文名称"), max_length=240, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.ACTIVE)
    since = models.DateField(_("成立日期"))
    until = models.DateField(_("结束日期"), null=True)
    insisted = models.TextField(_("与通常规定不同的理由"), blank=True)
    rules_file = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    convened_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    objects = BodyQuerySet.as_manager()

    class Meta:
        verbose_name = _("评议组织")
        ordering = ["-since", "-id"]
        indexes = [models.Index(fields=["subject_kind", "subject_id"], name="body_subject")]
        constraints = [
            about_whole("body_about_whole"),
            models.CheckConstraint(name="body_period", condition=Q(until__isnull=True) | Q(until__gte=F("since"))),
            models.CheckConstraint(name="body_ended", condition=~Q(state="dissolved") | Q(until__isnull=False)),
        ]

    def __str__(self) -> str:
        return named(self)

    @property
    def rule(self) -> kinds.BodyKind:
        return self.kind.rule

    def post_word(self, post: str) -> Bilingual:
        return self.rule.post_words[post]


def _one(column: str) -> Func:
    """Return a key as a range of one number: ranges need no extension of the server for an exclusion."""
    return Func(F(column), F(column), Value("[]"), function="int8range", output_field=BigIntegerRangeField())


DAYS = Func(F("since"), F("until"), function="daterange", output_field=DateRangeField())


class BodyMember(models.Model):
    """A seat on a body for one term, from `since` up to, but not including, `until`. `terms` counts it with those served before without
    a break. Two seats of one person on one body never overlap.
    """

    class Post(models.TextChoices):
        CHAIR = composition.CHAIR, _("主持人")
        VICE = composition.VICE, _("副职")
        MEMBER = composition.MEMBER, _("成员")
        SECRETARY = composition.SECRETARY, _("秘书")

    class Standing(models.TextChoices):
        OUTSIDE = composition.OUTSIDE, _("单位外专家")
        HOST = composition.HOST, _("依托单位人员")
        MANAGER = composition.MANAGER, _("管理专家")

    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="members")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="body_seats")
    post = models.CharField(_("职务"), max_length=10, choices=Post.choices, default=Post.MEMBER)
    standing = models.CharField(_("身份"), max_length=10, choices=Standing.choices)
    qualities = models.JSONField(_("代表"), default=list)
    since = models.DateField(_("任期开始"))
    until = models.DateField(_("任期结束"), null=True)
    terms = models.PositiveSmallIntegerField(_("第几届"), default=1)
    left_reason = models.CharField(_("离任原因"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("评议组织成员")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="body_member_term", condition=Q(until__isnull=True) | Q(until__gte=F("since"))),
            models.CheckConstraint(name="body_member_terms", condition=Q(terms__gte=1)),
            ExclusionConstraint(
                name="body_member_seat_once", expressions=[(_one("body"), "&&"), (_one("person"), "&&"), (DAYS, "&&")]
            ),
        ]

    def __str__(self) -> str:
        return named(self.person)

    @property
    def votes(self) -> bool:
        return self.post != self.Post.SECRETARY


def in_office(day: Any) -> Q:
    """Return the condition on seats that are held on a day."""
    return Q(since__lte=day) & (Q(until__isnull=True) | Q(until__gt=day))


class SittingQuerySet(models.QuerySet["Sitting"]):
    def visible_to(self, user: Any) -> SittingQuerySet:
        """Return the sittings of bodies that an account manages, and those to which it was asked."""
        if not getattr(user, "is_authenticated", False):
            return self.none()
        asked = Attendance.objects.filter(member__person__in=own_records(user)).values("sitting")
        return self.filter(Q(pk__in=asked) | Q(body__in=Body.objects.managed_by(user).values("pk")))

    def met(self) -> SittingQuerySet:
        return self.filter(state=Sitting.State.HELD)


class Sitting(models.Model):
    """A meeting of a body. `sequence` counts how often it was told anew. What the votes are counted by is laid down when it is called."""

    class State(models.TextChoices):
        CALLED = "called", _("已召集")
        OPEN = "in_session", _("开会中")
        HELD = "held", _("已召开")
        UNMET = "unmet", _("未达法定人数")
        CANCELLED = "cancelled", _("已取消")

    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="sittings")
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.CALLED)
    meets_at = models.DateTimeField(_("会议时间"))
    place = models.CharField(_("会议地点或链接"), max_length=200)
    sequence = models.PositiveSmallIntegerField(_("通知次数"), default=0)
    quorum = models.CharField(_("法定人数"), max_length=10)
    majority = models.CharField(_("通过条件"), max_length=10)
    counted = models.CharField(max_length=10, choices=[("present", _("到会者")), ("all", _("全体"))], default="present")
    minutes = models.TextField(_("会议记录"), blank=True)
    missing_reason = models.CharField(_("缺票仍结束的原因"), max_length=300, blank=True)
    cancel_reason = models.CharField(_("取消原因"), max_length=300, blank=True)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reminded_on = models.DateField(null=True)
    objects = SittingQuerySet.as_manager()

    class Meta:
        verbose_name = _("会议")
        ordering = ["-meets_at", "-id"]
        indexes = [models.Index(fields=["body", "state", "meets_at"], name="sitting_of_body")]
        constraints = [
            models.CheckConstraint(
                name="sitting_held_is_closed", condition=~Q(state="held") | Q(opened_at__isnull=False, closed_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.body} {clock.local_day(self.meets_at)}"


class SittingItem(AboutRecord):
    """What a sitting deals with. Votes are counted here; those of a secret ballot are nowhere tied to who cast them. An item without a
    ballot is heard and noted.
    """

    class Ballot(models.TextChoices):
        SECRET = "secret", _("无记名投票")
        OPEN = "open", _("记名投票")
        NONE = "none", _("不表决")

    class Result(models.TextChoices):
        CARRIED = "carried", _("通过")
        NOT_CARRIED = "not_carried", _("未通过")
        NO_QUORUM = "no_quorum", _("未达法定人数")
        NOTED = "noted", _("已听取")

    sitting = models.ForeignKey(Sitting, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField(_("序"))
    title = models.CharField(_("议题"), max_length=200)
    text = models.TextField(_("说明"), blank=True)
    purpose = models.CharField(_("用途"), max_length=60, blank=True)
    minutes = models.PositiveSmallIntegerField(_("用时（分钟）"), default=15)
    ballot = models.CharField(_("表决方式"), max_length=8, choices=Ballot.choices)
    yes = models.PositiveSmallIntegerField(default=0)
    no = models.PositiveSmallIntegerField(default=0)
    abstain = models.PositiveSmallIntegerField(default=0)
    missing = models.PositiveSmallIntegerField(_("缺票"), default=0)
    result = models.CharField(_("结果"), max_length=16, choices=Result.choices, blank=True)

    class Meta:
        verbose_name = _("议题")
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["subject_kind", "subject_id"], name="sitting_item_subject")]
        constraints = [
            about_whole("sitting_item_about_whole"),
            models.UniqueConstraint(
                fields=["sitting", "position"], name="sitting_item_place", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(
                name="sitting_item_no_ballot", condition=~Q(ballot="none") | Q(yes=0, no=0, abstain=0, result__in=["", "noted"])
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Attendance(models.Model):
    """Somebody asked to a sitting: what they answered, and whether they were there (nothing before it was held)."""

    class Answer(models.TextChoices):
        COMES = "comes", _("参加")
        AWAY = "away", _("不能参加")

    sitting = models.ForeignKey(Sitting, on_delete=models.CASCADE, related_name="attendances")
    member = models.ForeignKey(BodyMember, on_delete=models.PROTECT, related_name="attendances")
    answer = models.CharField(_("答复"), max_length=8, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField(null=True)
    present = models.BooleanField(_("到会"), null=True)

    class Meta:
        verbose_name = _("出席")
        ordering = ["member"]
        constraints = [models.UniqueConstraint(fields=["sitting", "member"], name="attendance_once")]

    def __str__(self) -> str:
        return f"{self.member} @ {self.sitting}"


class Recusal(models.Model):
    """A member stands back from an item: found by a hook of the kind (`hook` names it), or declared by the member or who leads the sitting."""

    item = models.ForeignKey(SittingItem, on_delete=models.CASCADE, related_name="recusals")
    member = models.ForeignKey(BodyMember, on_delete=models.PROTECT, related_name="recusals")
    hook = models.CharField(max_length=60, blank=True)
    reason = models.CharField(_("回避原因"), max_length=300)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("回避")
        constraints = [models.UniqueConstraint(fields=["item", "member"], name="recusal_once")]

    def __str__(self) -> str:
        return f"{self.member}: {self.reason}"


class Ballot(models.Model):
    """That a member has voted on an item, and how where the ballot is open. A recused or absent member, or a secretary, cannot have a row here."""

    item = models.ForeignKey(SittingItem, on_delete=models.CASCADE, related_name="ballots")
    member = models.ForeignKey(BodyMember, on_delete=models.PROTECT, related_name="ballots")
    choice = models.CharField(
        _("表决"), max_length=8, choices=[("yes", _("同意")), ("no", _("不同意")), ("abstain", _("弃权"))], blank=True
    )

    class Meta:
        verbose_name = _("投票")
        constraints = [models.UniqueConstraint(fields=["item", "member"], name="body_ballot_once")]

    def __str__(self) -> str:
        return f"{self.member} voted on {self.item}"


class BodyOpinion(models.Model):
    """What a member writes about an item under the form of the kind; the answers stand on a sheet of forms."""

    item = models.ForeignKey(SittingItem, on_delete=models.CASCADE, related_name="opinions")
    member = models.ForeignKey(BodyMember, on_delete=models.PROTECT, related_name="opinions")
    submitted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("书面意见")
        constraints = [models.UniqueConstraint(fields=["item", "member"], name="body_opinion_once")]

    def __str__(self) -> str:
        return f"{self.member}: {self.item}"


of_many(BodyKind, Body, BodyMember, Sitting, SittingItem, Attendance, Recusal, Ballot, BodyOpinion)
