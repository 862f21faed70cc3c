"""The inputs of a rule's answer in words, for whoever must answer for a decision: a label and a value with its unit.

An answer keeps its inputs as data (`length 29`, `max_fen 10000000`). What the sentence of the answer says already has no line here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from headwater.core.i18n import Bilingual
from headwater.core.money import wan, yuan
from headwater.forms.results import Verdict
from headwater.schemes.conditions import Parameters, condition_of, labels_of
from headwater.schemes.shapes import Scheme

Said = Bilingual | None
"""A value in words; None for one that is not shown."""
Say = Callable[[Any], Said]
NO_LIMIT = 10**15
"""The amount that rules take for none, in fen."""


def counted(zh: str, en: str) -> Say:
    return lambda value: Bilingual(f"{value} {zh}", f"{value} {en}".strip()) if isinstance(value, int) else None


def listed(value: Any) -> Said:
    if not isinstance(value, list):
        return None
    return Bilingual("、".join(map(str, value)), ", ".join(map(str, value))) if value else Bilingual("无", "none")


def yes_no(value: Any) -> Said:
    return Bilingual("是", "yes") if value else Bilingual("否", "no")


def plain(value: Any) -> Said:
    return Bilingual(str(value)) if value not in (None, "") else None


def money(value: Any) -> Said:
    return None if value >= NO_LIMIT else Bilingual(f"{wan(value)} 万元", f"CNY {yuan(value)}")


def floor(value: Any) -> Said:
    """A least amount; one fen only says that the amount is more than nothing."""
    return None if value <= 1 else money(value)


def moment(value: Any) -> Said:
    if not value:
        return Bilingual("尚未提交", "not submitted yet")
    local = datetime.fromisoformat(value).astimezone(ZoneInfo(settings.TIME_ZONE))
    return Bilingual(f"{local:%Y-%m-%d %H:%M}")


def share(value: Any) -> Said:
    return Bilingual(f"{value:.0%}")


def named(words: Mapping[Any, Bilingual]) -> Say:
    return lambda value: words.get(value)


def roles(value: Any) -> Said:
    """What one person leads and joins, of how many that are allowed."""
    if not isinstance(value, dict) or "leader" not in value:
        return None
    most = value["most"]
    allowed = {"total": Bilingual("合计", "in all"), "leader": Bilingual("主持", "led"), "member": Bilingual("参与", "joined")}
    zh = "、".join(f"{allowed[k].zh}不超过 {n} 项" for k, n in most.items())
    en = ", ".join(f"at most {n} {allowed[k].en}" for k, n in most.items())
    return Bilingual(
        f"主持 {value['leader']} 项、参与 {value['member']} 项（{zh}）",
        f"leads {value['leader']}, takes part in {value['member']} ({en})",
    )


PEOPLE, CHARS, MONTHS = counted("人", "people"), counted("字", "characters"), counted("个月", "months")
ITEMS, PAPERS, YEARS = counted("项", ""), counted("份", ""), counted("年", "years")
SEX = {"m": Bilingual("男", "male"), "f": Bilingual("女", "female")}
POSTS = {
    "full": Bilingual("全职", "full time"),
    "dual": Bilingual("双聘", "joint appointment"),
    "flexible": Bilingual("柔性", "flexible appointment"),
    "postdoc": Bilingual("博士后", "postdoctoral"),
    "": Bilingual("不在依托单位任职", "no post with the host"),
}
LEVELS = {1: Bilingual("一级", "first level"), 2: Bilingual("二级", "second level"), 3: Bilingual("三级", "third level")}
TRACKS = {"young": Bilingual("年轻人才通道", "for the young"), "ordinary": Bilingual("普通通道", "ordinary")}

LINES: dict[str, tuple[Bilingual, Say]] = {
    "members": (Bilingual("参与者", "Members"), PEOPLE),
    "waiting": (Bilingual("尚未确认", "Not confirmed yet"), PEOPLE),
    "declined": (Bilingual("谢绝参与", "Declined"), PEOPLE),
    "people": (Bilingual("核对人数", "People looked at"), PEOPLE),
    "documents": (Bilingual("须签署的文件", "Documents to sign"), PAPERS),
    "level": (Bilingual("申请代码级别", "Level of the code"), named(LEVELS)),
    "declared": (
        Bilingual("申请人已声明", "Declared by the applicant"),
        lambda v: listed(v) if isinstance(v, list) else yes_no(v),
    ),
    "answered": (Bilingual("该栏已填写", "The question is answered"), yes_no),
    "length": (Bilingual("字数", "Length"), CHARS),
    "characters": (Bilingual("正文字数", "Length of the text"), CHARS),
    "pages": (Bilingual("篇幅上限", "At most"), counted("页", "pages")),
    "chars_per_page": (Bilingual("每页折算", "A page counts"), CHARS),
    "attached": (Bilingual("已上传附件", "Attachments"), PAPERS),
    "refused": (Bilingual("未通过检查的附件", "Refused by the inspection"), PAPERS),
    "checking": (Bilingual("正在检查的附件", "Being inspected"), PAPERS),
    "deadline": (Bilingual("申报截止", "Deadline"), moment),
    "submitted": (Bilingual("提交于", "Submitted at"), moment),
    "compared": (Bilingual("已与其他申请比对", "Compared with other applications"), yes_no),
    "limit": (Bilingual("相似比例上限", "Similar text at most"), share),
    "signed": (Bilingual("申请人已签署承诺", "Signed by the applicant"), yes_no),
    "amount_fen": (Bilingual("申请金额", "Amount asked for"), money),
    "months": (Bilingual("执行期限", "Term"), MONTHS),
    "projects": (Bilingual("登记的项目", "Projects on record"), ITEMS),
    "papers": (Bilingual("登记的论著", "Publications on record"), counted("篇", "")),
    "degree": (Bilingual("学位", "Degree"), plain),
    "senior": (Bilingual("高级职称", "Senior title"), yes_no),
    "letters": (Bilingual("已附材料", "Letters attached"), PAPERS),
    "least": (Bilingual("至少需要", "At least"), PAPERS),
    "written": (Bilingual("推荐专家已提交", "Referees who have written"), PEOPLE),
    "not_counted": (Bilingual("不计入的推荐专家", "Referees not counted"), listed),
    "birth_date": (Bilingual("出生日期", "Birth date"), plain),
    "sex": (Bilingual("性别", "Sex"), named(SEX)),
    "earliest": (Bilingual("要求的出生日期不早于", "Born on or after"), plain),
    "track": (Bilingual("评审通道", "Track"), named(TRACKS)),
    "student": (Bilingual("在读", "Student"), yes_no),
    "job": (Bilingual("有任职登记", "Post on record"), yes_no),
    "government": (Bilingual("任职于机关", "Works for a government body"), yes_no),
    "excluded": (Bilingual("公务员不得作为申请人", "Civil servants may not lead"), yes_no),
    "days": (Bilingual("结题期限", "Closing report due within"), counted("天", "days")),
    "late": (Bilingual("逾期未结题", "Overdue"), listed),
    "unclear": (Bilingual("没有结题记录", "No record of closing"), listed),
    "on_record": (Bilingual("登记的导师", "Supervisors on record"), listed),
    "missing": (Bilingual("未填写", "Not filled in"), listed),
    "short": (Bilingual("字数不足", "Too short"), listed),
    "long": (Bilingual("字数超出", "Too long"), listed),
    "registered": (Bilingual("已注册为依托单位", "Registered host"), yes_no),
    "credit_code": (Bilingual("有统一社会信用代码", "Credit code on record"), yes_no),
    "post": (Bilingual("在依托单位的任职", "Post with the host"), named(POSTS)),
    "host_elsewhere": (Bilingual("任职单位是另一依托单位", "Employed by another host"), yes_no),
    "in_station": (Bilingual("在站博士后", "Post-doc"), yes_no),
    "here": (Bilingual("依托单位为设站单位", "The host has the station"), yes_no),
    "promise_needed": (Bilingual("须设站单位承诺", "Promise of the station needed"), yes_no),
    "contracts": (Bilingual("聘用合同", "Contracts"), PAPERS),
    "units": (Bilingual("合作研究单位", "Partner institutions"), counted("个", "")),
    "quota": (Bilingual("限额", "Quota"), ITEMS),
    "endorsed": (Bilingual("单位已报送", "Endorsed by the host"), ITEMS),
    "is_endorsed": (Bilingual("本申请已报送", "This one is endorsed"), yes_no),
    "recommended": (Bilingual("已推荐", "Recommended"), ITEMS),
    "young": (Bilingual("其中青年负责人", "Led by the young"), ITEMS),
    "age": (Bilingual("青年年龄上限", "Young: aged up to"), counted("周岁", "")),
    "day": (Bilingual("核对日期", "As of"), plain),
    "exempt": (Bilingual("不限申报项数", "Not limited"), yes_no),
    "year": (Bilingual("年度", "Year"), plain),
    "others": (Bilingual("计入的其他项目", "Others that count"), listed),
    "last_year": (Bilingual("上年度获资助", "Won last year"), listed),
    "holding": (Bilingual("已入选的计划", "Plans held"), listed),
    "applied": (Bilingual("本年度已申报", "Applied for this year"), listed),
    "holds": (Bilingual("可同时入选", "May hold"), ITEMS),
    "applies": (Bilingual("每年可申报", "May apply for a year"), ITEMS),
    "in_force": (Bilingual("限项规定有效", "The limit is in force"), yes_no),
    "running": (Bilingual("主持的在研项目", "Running projects led"), listed),
    "in_a_row": (Bilingual("连续未获支持", "Refused in a row"), YEARS),
    "rest_years": (Bilingual("暂停申报", "Rests"), YEARS),
    "leads": (Bilingual("主持在研", "Leads"), ITEMS),
    "in_all": (Bilingual("主持和排名靠前的参与", "Leads, or is among the first"), ITEMS),
}
"""What an input is called and how its value is said."""

OF_RULE: dict[str, tuple[Bilingual, Say]] = {
    "mentors_named.missing": (Bilingual("未列出", "Not named"), listed),
    "skipped.missing": (Bilingual("缺少的参数", "Parameters that are missing"), listed),
    "members_confirmed.max": (Bilingual("参与者上限", "At most"), PEOPLE),
    "title_given.max": (Bilingual("字数上限", "At most"), CHARS),
    "amount_in_range.min": (Bilingual("下限", "At least"), floor),
    "amount_in_range.max": (Bilingual("上限", "At most"), money),
    "term_in_range.min": (Bilingual("不少于", "At least"), MONTHS),
    "term_in_range.max": (Bilingual("不超过", "At most"), MONTHS),
    "partner_units.max": (Bilingual("上限", "At most"), counted("个", "")),
    "part_time.months": (Bilingual("每年工作月数", "Months a year"), MONTHS),
    "part_time.least": (Bilingual("至少", "At least"), MONTHS),
    "qualified.waiting": (Bilingual("推荐专家尚未提交", "Referees still to write"), PEOPLE),
    "limit_same_type.max": (Bilingual("限", "At most"), ITEMS),
    "limit_key.max": (Bilingual("限", "At most"), ITEMS),
    "limit_refused.refused": (Bilingual("未获支持的年度", "Years refused"), listed),
}
"""Inputs that mean something else in one rule."""

UNSAID = frozenset(
    {
        *("lacking", "staff", "scheme", "group", "plan", "topic", "place", "numerator", "denominator", "most", "expr"),
        *("limit_plans.plan", "no_running_project.exempt", "no_running_project.last_year_of"),
    }
)
"""Inputs that the sentence of the answer says already, and codes that say nothing to a reader."""


def evidence_of(result: Mapping[str, Any], scheme: Scheme, parameters: Parameters) -> list[tuple[Bilingual, Bilingual]]:
    """Return (label, value) for each input of a stored answer that its reader can use, in the words of the scheme's form."""
    name = "skipped" if result.get("outcome") == Verdict.SKIPPED else str(result.get("rule", ""))
    lines = []
    for key, value in result.get("inputs", {}).items():
        label, say = _line(name, key)
        said = say(_labelled(key, value, scheme)) if value is not None or say is moment else None
        if said:
            lines.append((label, said))
    if expression := result.get("inputs", {}).get("expr"):
        lines.append((Bilingual("核对内容", "What is checked"), condition_of(scheme, expression, parameters)))
    return lines


def _line(rule: str, key: str) -> tuple[Bilingual, Say]:
    if key in UNSAID or f"{rule}.{key}" in UNSAID:
        return Bilingual(key), lambda _value: None
    return OF_RULE.get(f"{rule}.{key}") or LINES.get(key) or (Bilingual(key), roles)


def _labelled(key: str, value: Any, scheme: Scheme) -> Any:
    """Codes of questions and declarations become their labels."""
    if not isinstance(value, list) or key not in {"missing", "short", "long", "declared"}:
        return value
    labels = labels_of(scheme)
    return [str(labels.names.get(code) or labels.code("flags", code)) for code in value]
