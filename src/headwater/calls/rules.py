"""Rules of eligibility and of the formal check: pure functions over facts and dated parameters.

A rule answers passed, failed, unknown (a fact is missing) or skipped (no parameter for the date), with the inputs it used,
an explanation in both languages and what to do. Nothing here reads the clock or the database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class PersonFacts:
    """What rules may know of a person. `banned_until` is the last blocked day, or None."""

    name: str
    sex: str = ""
    birth_date: date | None = None
    degree: str = ""
    is_senior: bool = False
    is_student: bool = False
    is_fund_staff: bool = False
    banned: bool = False
    confirmed: bool = True


@dataclass(frozen=True)
class FieldFacts:
    """An answer against its question: lengths in characters."""

    label_zh: str
    label_en: str
    length: int
    required: bool
    min_chars: int
    max_chars: int


@dataclass(frozen=True)
class LikenessFacts:
    """Another application that holds a share (0 to 1) of this one's text; `own`: of the same applicant."""

    number: str
    share: float
    own: bool


@dataclass(frozen=True)
class Facts:
    """Everything the rules of one application may use. Money in fen, terms in months."""

    year: int
    deadline: datetime
    leader: PersonFacts
    members: Sequence[PersonFacts] = ()
    host_registered: bool = True
    attachments: Mapping[str, int] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    fields: Sequence[FieldFacts] = ()
    title_length: int = 0
    discipline_level: int | None = None
    amount_fen: int = 0
    months: int = 0
    submitted_at: datetime | None = None
    signed: frozenset[str] = frozenset()
    running_projects: Sequence[str] = ()
    other_live: Sequence[str] = ()
    members_max: int = 10
    likenesses: Sequence[LikenessFacts] | None = None


@dataclass(frozen=True)
class Result:
    """The answer of one rule. `mend` says what to do about a failure."""

    rule: str
    code: str
    outcome: Outcome
    zh: str
    en: str
    mend_zh: str = ""
    mend_en: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    blocks: bool = False

    def as_json(self) -> dict[str, Any]:
        return {k: (str(v) if isinstance(v, Outcome) else v) for k, v in asdict(self).items()}


Values = Callable[[str], Any]
"""Gives the parameter in force on the call's date, or None."""
Check = Callable[[Facts, Mapping[str, Any], Values], Result]


@dataclass(frozen=True)
class Rule:
    name: str
    code: str
    zh: str
    en: str
    params: dict[str, type]
    check: Check


RULES: dict[str, Rule] = {}


def rule(name: str, code: str, zh: str, en: str, **params: type) -> Callable[[Callable[..., Any]], Check]:
    """Register a rule under `name` with the reason `code` that its failure would give (handbook 2.5)."""

    def wrap(function: Callable[..., Any]) -> Check:
        def check(facts: Facts, given: Mapping[str, Any], values: Values) -> Result:
            outcome, text_zh, text_en, *rest = function(facts, given, values)
            mend = rest[0] if rest else ("", "")
            inputs = rest[1] if len(rest) > 1 else {}
            return Result(name, code, outcome, text_zh, text_en, mend[0], mend[1], inputs)

        RULES[name] = Rule(name, code, zh, en, params, check)
        return check

    return wrap


def parameters_of(name: str) -> dict[str, type] | None:
    found = RULES.get(name)
    return found.params if found else None


def evaluate(uses: Sequence[Any], facts: Facts, values: Values) -> list[Result]:
    """Run the rules that a scheme names, in its order."""
    out = []
    for use in uses:
        result = RULES[use.name].check(facts, use.params, values)
        out.append(Result(**{**result.__dict__, "blocks": use.blocks}))
    return out


P, F, U, S = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.SKIPPED
SKIP = (S, "该日期没有可用的参数，未检查", "No parameter for this date; not checked")


@rule("qualified", "F06", "高级职称、博士学位或两名同领域高级职称专家推荐", "Senior title, doctorate or two referees")
def qualified(f: Facts, p: Mapping[str, Any], v: Values) -> Any:
    """EL-02: regulation of 2024, art. 11(2)."""
    letters = f.attachments.get("referee_letter", 0)
    inputs = {"senior": f.leader.is_senior, "degree": f.leader.degree, "letters": letters}
    if f.leader.is_senior:
        return P, "申请人具有高级专业技术职务", "The applicant holds a senior title", ("", ""), inputs
    if f.leader.degree == "博士":
        return P, "申请人具有博士学位", "The applicant holds a doctorate", ("", ""), inputs
    if letters >= 2:
        return P, "已附两名专家推荐信", "Two referee letters are attached", ("", ""), inputs
    return (
        F,
        f"申请人没有高级职称和博士学位，推荐信 {letters} 封，需要 2 封",
        f"No senior title, no doctorate, {letters} of 2 referee letters",
        ("在“附件”中上传两名同领域高级职称专家的推荐信", "Attach two letters by referees with a senior title in the field"),
        inputs,
    )


@rule("registered_host", "F14", "依托单位已注册", "Registered host institution")
def registered_host(f: Facts, p: Mapping[str, Any], v: Values) -> Any:
    """EL-03, EL-04: regulation of 2024, arts 9 and 11."""
    if f.host_registered:
        return P, "依托单位已注册", "The host institution is registered"
    return (
        F,
        "单位尚未注册为依托单位",
        "The institution is not registered as a host",
        ("请单位先办理依托单位注册", "Ask the institution to register as a host first"),
    )


@rule("max_age", "F12", "年龄", "Age", parameter=str)
def max_age(f: Facts, p: Mapping[str, Any], v: Values) -> Any:
    """EL-05: born on or after 1 January of (year - limit). A birth date is compared; an age is never computed."""
    limits = v(p["parameter"])
    if not limits:
        return SKIP
    if f.leader.birth_date is None or f.leader.sex not in {"m", "f"}:
        return U, "缺少出生日期或性别", "Birth date or sex is missing", ("在个人信息中补全", "Complete it in your profile")
    limit = int(limits["women" if f.leader.sex == "f" else "men"])
    earliest = date(f.year - limit, 1, 1)
    inputs = {"birth_date": f.leader.birth_date.isoformat(), "sex": f.leader.sex, "earliest": earliest.isoformat()}
    if f.leader.birth_date >= earliest:
        return P, f"出生日期不早于 {earliest}", f"Born on or after {earliest}", ("", ""), inputs
    return (
        F,
        f"出生日期早于 {earliest}，超出年龄要求",
        f"Born before {earliest}: over the age limit",
        ("可申报没有年龄要求的项目类型", "Apply to a scheme without an age limit"),
        inputs,
    )


@rule("not_student", "F07", "在读人员须附导师同意函", "Students need their supervisor's consent")
def not_student(f: Facts, p: Mapping[str, Any], v: Values) -> Any:
    """EL-08."""
    if not f.leader.is_student:
        return P, "申请人不是在读研究生", "The applicant is not a student"
    if f.attachments.get("supervisor_consent"):
        return P, "已附导师同意函", "The supervisor's consent is attached"
    return (
        F,
        "申请人在职攻读学位，未附导师同意函",
        "The applicant is studying; the supervisor's consent is missing",
        ("在“附件”中上传导师同意函", "Attach the supervisor's letter of consent"),
    )


@rule("not_fund_staff", "F14", "基金管理人员不得申请或参与", "Fund staff may not take part")
def not_fund_staff(f: Facts, p: Mapping[str, Any], v: Values) -> Any:
    """EL-10: regulation of 2024, art. 21."""
    named = [x.name for x in (f.leader, *f.members) if x.is_fund_staff]
    if named:
        return F, f"{'、'.join(named)} 为基金管理人员", f"{', '.join(named)}: fund staff", ("更换该参与人", "Replace this person")
    return P, "申请人和参与者中没有基金管理人员", "Nobody is fund staff"


@rule("no_ban", "F13", "申请人和参与者不在惩戒期内", "Nobody is under sanction")
def no_ban(f: Facts, p: Mapping[str, Any], v: Values) -> Any:
    """EL-11: regulation of 2024, art. 13(3). The reason of a ban is not shown."""
    named = [x.name for x in (f.leader, *f.members) if x.banned]
    if named:
        return (
            F,
            f"{'、'.join(named)} 在限制申报期内",
            f"{', '.join(named)}: barred from applying",
            ("限制期满后再申报，或更换参与者", "Wait until the bar ends, or replace the member"),
        )
    return P, "没有限制申报的记录", "No bar on record"


@rule("one_per_year", "F11", "同一年度只能申报一项", "One application a year")
def one_per_year(f: Facts, p: Mapping[str, Any], v: Values) -> Any:
    """LM-12. Another host, account or address changes nothing: the person counts."""
    if v("one_application_per_year") is None:
        return SKIP
    if f.other_live:
        return (
            F,
            f"本年度已申报 {'、'.join(f.other_live)}",
            f"Already applied this year: {', '.join(f.other_live)}",
            ("撤回其中一项", "Withdraw one of them"),
        )
    return P, "本年度没有其他申报", "No other application this year"


@rule("no_running_project", "F11", "在研项目负责人不得再申报", "No running project as leader")
def no_running_project(f: Facts, p: Mapping[str, Any], v: Values) -> Any:
    """LM-12: projects that end before the application year are not counted."""
    if f.running_projects:
        return (
            F,
            f"主持在研项目 {'、'.join(f.running_projects)}",
            f"Leads running projects: {', '.join(f.running_projects)}",
            ("在研项目结题后再申报", "Apply after the running project is closed"),
        )
    return P, "没有主持在研的同类项目", "No running project of this family"


@rule("members_confirmed", "F01", "参与者确认", "Members have confirmed")
def members_confirmed(f: Facts, p: Mapping[str, Any], v: Values) -> Any:
    waiting = [m.name for m in f.members if not m.confirmed]
    if len(f.members) > f.members_max:
        return (
            F,
            f"参与者 {len(f.members)} 人，最多 {f.members_max} 人",
            f"{len(f.members)} members, at most {f.members_max}",
            ("减少参与者", "Remove members"),
        )
    if waiting:
        return (
            F,
            f"{'、'.join(waiting)} 尚未确认参与",
            f"Not confirmed yet: {', '.join(waiting)}",
            ("请参与者打开确认链接，或移除", "Ask them to open their link, or remove them"),
        )
    return P, f"参与者 {len(f.members)} 人，均已确认", f"{len(f.members)} members, all confirmed"


@rule("sections_complete", "F05", "各部分填写完整", "All sections complete")
def sections_complete(f: Facts, p: Mapping[str, Any], v: Values) -> Any:
    missing = [x for x in f.fields if x.required and x.length == 0]
    short = [x for x in f.fields if 0 < x.length < x.min_chars]
    long = [x for x in f.fields if x.length > x.max_chars]
    if not missing and not short and not long:
        return P, "各部分已填写", "All sections are filled in"
    zh = [f"{x.label_zh} 未填" for x in missing] + [f"{x.label_zh} 少于 {x.min_chars} 字" for x in short]
    zh += [f"{x.label_zh} 超过 {x.max_chars} 字" for x in long]
    en = [f"{x.label_en} is empty" for x in missing] + [f"{x.label_en} has fewer than {x.min_chars} characters" for x in short]
    en += [f"{x.label_en} has more than {x.max_chars} characters" for x in long]
    return F, "；".join(zh), "; ".join(en), ("补全所列各栏", "Complete the fields listed")


@rule("title_given", "F05", "项目名称", "Title", max_chars=int)
def title_given(f: Facts, p: Mapping[str, Any], v: Values) -> Any:
    if f.title_length == 0:
        return F, "未填写项目名称", "The title is empty", ("填写项目名称", "Enter a title")
    if f.title_length > p["max_chars"]:
        return (
            F,
            f"项目名称 {f.title_length} 字，最多 {p['max_chars']} 字",
            f"Title of {f.title_length} characters, at most {p['max_chars']}",
            ("缩短项目名称", "Shorten the title"),
        )
    return P, "已填写项目名称", "A title is given"


@rule("discipline_chosen", "F03", "申请代码", "Application code")
def discipline_chosen(f: Facts, p: Mapping[str, Any], v: Values) -> Any:
    if f.discipline_level is None:
        return F, "未选择申请代码", "No application code is chosen", ("选择二级申请代码", "Choose a second-level code")
    if f.discipline_level < 2:
        return F, "申请代码应选到二级", "The code must be of the second level", ("选择二级申请代码", "Choose a second-level code")
    return P, "已选择二级申请代码", "A second-level code is chosen"


@rule("ethics_attached", "F08", "科技伦理审查意见", "Ethics approval")
def ethics_attached(f: Facts, p: Mapping[str, Any], v: Values) -> Any:
    """科技伦理审查办法(试行) 2023; handbook 8.7."""
    needs = f.flags & {"human", "animal", "biosafety"}
    if not needs:
        return P, "未涉及须审查的研究活动", "No activity that needs ethics review is declared"
    if f.attachments.get("ethics"):
        return P, "已附科技伦理审查意见", "The ethics approval is attached"
    return (
        F,
        "涉及人、实验动物或生物安全，未附伦理审查意见",
        "Human, animal or biosafety work without an ethics approval",
        ("在“附件”中上传单位科技伦理（审查）委员会的意见", "Attach the opinion of the institution's ethics committee"),
    )


@rule("amount_in_range", "F19", "申请金额", "Amount asked for")
def amount_in_range(f: Facts, p: Mapping[str, Any], v: Values) -> Any:
    limits = v("amount_fen")
    if limits is None:
        return SKIP
    low, high = (int(limits.get("min", 1)), int(limits.get("max", 10**15))) if isinstance(limits, dict) else (1, int(limits))
    inputs = {"amount_fen": f.amount_fen, "min": low, "max": high}
    wan = f.amount_fen / 1_000_000
    if low <= f.amount_fen <= high:
        return (
            P,
            f"申请 {wan:g} 万元，在 {high / 1_000_000:g} 万元以内",
            f"{wan * 10000:,.0f} CNY, within {high / 100:,.0f}",
            ("", ""),
            inputs,
        )
    return (
        F,
        f"申请 {wan:g} 万元，应{f'不低于 {low / 1_000_000:g}' if low > 1 else '大于 0'}、不超过 {high / 1_000_000:g} 万元",
        f"{wan * 10000:,.0f} CNY; expected {f'{low / 100:,.0f}' if low > 1 else 'more than 0'} to {high / 100:,.0f}",
        ("修改申请金额", "Change the amount"),
        inputs,
    )


@rule("term_in_range", "F19", "执行期限", "Term")
def term_in_range(f: Facts, p: Mapping[str, Any], v: Values) -> Any:
    limits = v("term_months")
    if not limits:
        return SKIP
    if limits["min"] <= f.months <= limits["max"]:
        return P, f"期限 {f.months} 个月", f"Term of {f.months} months"
    span = f"{limits['min']}" if limits["min"] == limits["max"] else f"{limits['min']}–{limits['max']}"
    return F, f"期限 {f.months} 个月，应为 {span} 个月", f"{f.months} months; expected {span}", ("修改期限", "Change the term")


@rule("signed", "F01", "承诺书签署", "Commitments signed")
def signed(f: Facts, p: Mapping[str, Any], v: Values) -> Any:
    """Regulation of 2024, art. 12."""
    if "applicant" in f.signed:
        return P, "申请人已签署承诺书", "The applicant has signed the commitment"
    return (
        F,
        "申请人尚未签署承诺书",
        "The applicant has not signed the commitment",
        ("在“提交”页签署", "Sign on the submission page"),
    )


@rule("on_time", "F14", "按时提交", "On time")
def on_time(f: Facts, p: Mapping[str, Any], v: Values) -> Any:
    if f.submitted_at is None:
        return U, f"截止时间 {f.deadline:%Y-%m-%d %H:%M}", f"Deadline {f.deadline:%Y-%m-%d %H:%M}"
    if f.submitted_at < f.deadline:
        return P, "在截止时间前提交", "Submitted before the deadline"
    return F, "逾期提交", "Submitted late", ("", "")


@rule("similar_text", "F16", "与其他申请的相似文本", "Text similar to other applications")
def similar_text(f: Facts, p: Mapping[str, Any], v: Values) -> Any:
    """Whether similar wording is a duplicate is for a person to say: the rule never fails by itself."""
    if f.likenesses is None:
        return U, "提交后由系统与其他申请比对", "Compared with other applications once it is submitted"
    limit = v("similar_text_share")
    if limit is None:
        return SKIP
    found = [x for x in f.likenesses if not x.own and x.share >= limit]
    if not found:
        return P, f"没有发现超过 {limit:.0%} 的相似文本", f"No text shares more than {limit:.0%} with another applicant's"
    return (
        U,
        "与 " + "、".join(f"{x.number}（{x.share:.0%}）" for x in found) + " 的文本相似",
        "Similar to " + ", ".join(f"{x.number} ({x.share:.0%})" for x in found),
        ("对照原文判断是否重复申报", "Compare the passages and judge whether it is a duplicate"),
        {"limit": limit},
    )
