"""States of calls and applications (handbook table 1.4). What is proposed and decided has the words of the call's outcome
(`calls.words`); the words here are for lists over calls of several outcomes."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from headwater.core.i18n import Bilingual


class CallState(models.TextChoices):
    DRAFT = "draft", _("拟定中")
    APPROVAL = "approval", _("待核准")
    PUBLISHED = "published", _("已发布")
    FINISHED = "finished", _("已办结")
    CANCELLED = "cancelled", _("已取消")


class Stage(models.TextChoices):
    WHOLE = "", _("一次申报")
    OUTLINE = "outline", _("预申报")
    FULL = "full", _("正式申报")


class State(models.TextChoices):
    DRAFT = "draft", _("填写中")
    HOST_REVIEW = "host_review", _("单位审核")
    RECOMMENDING = "recommending", _("归口推荐")
    RECEIVED = "received", _("形式审查")
    NOT_ACCEPTED = "not_accepted", _("不予受理")
    RECHECK = "recheck", _("复审中")
    ACCEPTED = "accepted", _("已受理")
    INVITED = "invited", _("邀请正式申报")
    IN_REVIEW = "in_review", _("通讯评审")
    REVIEWED = "reviewed", _("评审完成")
    PANEL = "panel", _("会议评审")
    PROPOSED = "proposed", _("拟批准")
    NOT_PROPOSED = "not_proposed", _("拟不批准")
    PUBLICITY = "publicity", _("公示中")
    OBJECTION = "objection", _("异议处理")
    APPROVED = "approved", _("已批准")
    REJECTED = "rejected", _("未批准")
    WITHDRAWN = "withdrawn", _("已撤回")
    EXPIRED = "expired", _("逾期未报")
    NOT_ENDORSED = "not_endorsed", _("不予报送")


# Before it is received an application is its author's affair; a limit counts it from the moment it leaves the author.
UNSUBMITTED = frozenset({State.DRAFT, State.WITHDRAWN, State.EXPIRED, State.NOT_ENDORSED})
GIVEN_UP = UNSUBMITTED - {State.DRAFT}
LIVE = frozenset(State) - UNSUBMITTED
ENDORSED = LIVE - {State.HOST_REVIEW}
IN_THE_HOUSE = LIVE - {State.HOST_REVIEW, State.RECOMMENDING}
CANCELLABLE = (LIVE | {State.DRAFT}) - {
    State.INVITED,
    State.PANEL,
    State.PROPOSED,
    State.NOT_PROPOSED,
    State.PUBLICITY,
    State.OBJECTION,
    State.APPROVED,
    State.REJECTED,
}
"""States that end with a cancelled call: no panel has met, nothing was decided. What was withdrawn or closed before stays so."""
UNDECIDED = frozenset(State) - GIVEN_UP - {State.NOT_ACCEPTED, State.INVITED, State.APPROVED, State.REJECTED}
"""From draft to decision: whoever leads or has joined one of these is an applicant."""
SHOWN_OUTSIDE = frozenset({State.DRAFT, State.HOST_REVIEW, State.RECOMMENDING, State.EXPIRED, State.NOT_ENDORSED})
"""What the board of a call counts beside what is in the house."""
CONFIDENTIAL = frozenset({State.IN_REVIEW, State.REVIEWED, State.PANEL, State.PROPOSED, State.NOT_PROPOSED})
RESULT_STATES = (State.PROPOSED, State.NOT_PROPOSED, State.PUBLICITY, State.OBJECTION, State.APPROVED, State.REJECTED)
"""What has a decision, proposed or released."""
SHOWN_TO_APPLICANT = dict.fromkeys(CONFIDENTIAL, State.IN_REVIEW)
"""Until the decision is public an applicant sees "under review", whatever the inside state is."""


class ResearchClass(models.TextChoices):
    FREE = "free", _("自由探索类")
    GOAL = "goal", _("目标导向类")


REFUSAL_CODES: dict[str, tuple[str, Bilingual]] = {
    "F01": ("R2", Bilingual("签署或参与者确认不全", "Signatures or confirmations missing")),
    "F02": ("R2", Bilingual("不属于指南范围", "Outside the guide")),
    "F03": ("R2", Bilingual("申请代码或领域有误", "Wrong application code or field")),
    "F04": ("R2", Bilingual("附注说明未按要求填写", "Note not filled in as required")),
    "F05": ("R2", Bilingual("申请材料不全", "Material incomplete")),
    "F06": ("R1", Bilingual("缺推荐意见或资格证明", "Referee letter or certificate missing")),
    "F07": ("R1", Bilingual("在读人员缺导师同意函", "Supervisor's consent missing")),
    "F08": ("R2", Bilingual("缺科技伦理审查意见", "Ethics approval missing")),
    "F09": ("R2", Bilingual("缺境外参与者知情同意函", "Consent of overseas members missing")),
    "F10": ("R2", Bilingual("依托单位公章缺失或不符", "Seal of the host missing or different")),
    "F11": ("R4", Bilingual("超出限项规定", "Limits exceeded")),
    "F12": ("R1", Bilingual("年龄不符合要求", "Age limit")),
    "F13": ("R3", Bilingual("在失信惩戒期内", "Under sanction")),
    "F14": ("R2", Bilingual("逾期或未经依托单位报送", "Late, or not through the host")),
    "F15": ("R2", Bilingual("超出单位推荐限额", "Host quota exceeded")),
    "F16": ("R2", Bilingual("内容与已有申请高度相似", "High similarity to an earlier application")),
    "F17": ("R2", Bilingual("含涉密或敏感内容", "Secret or sensitive content")),
    "F18": ("R2", Bilingual("缺联合出资方承诺或合作协议", "Co-funding commitment or agreement missing")),
    "F19": ("R2", Bilingual("金额或执行期限超出范围", "Money or term outside the range")),
    "R1": ("R1", Bilingual("申请人不符合条件", "Applicant not eligible")),
    "R2": ("R2", Bilingual("申请材料不符合指南要求", "Material not in line with the guide")),
    "R3": ("R3", Bilingual("申请人或参与者不得申报", "Applicant or member barred")),
    "R4": ("R4", Bilingual("超出申请数量限制", "Over the number of applications allowed")),
}
"""Operational reason codes under the four statutory ones, then those themselves for what has no code of its own
(国家自然科学基金条例 2024, art. 13; handbook 2.5)."""
JUDGED = frozenset({"F02", "F10", "R3", "R4"})
"""Codes that no rule gives: an officer reads and chooses them."""
