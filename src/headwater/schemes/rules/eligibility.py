"""Who may apply (handbook 2.1): the applicant's own standing. Posts and hosts are in `posts`, sanctions in `sanctions`."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import Any

from headwater.core.i18n import Bilingual
from headwater.schemes.rules.base import Answer, Facts, Settings, failed, names, passed, rule, unknown
from headwater.schemes.rules.limits import LEADER

PROFILE = Bilingual("请单位在登记库中补全", "Ask the institution to complete the registry's record")


@rule("identity_known", "R1", "身份证件已登记", "Identity document on record", ref="handbook 1.5")
def identity_known(f: Facts, p: Settings) -> Answer:
    """Persons are known by the hash of their document: without it nobody could tell whom a limit counts."""
    lacking = [x for x in f.people if not x.has_document]
    who = names(lacking)
    if not lacking:
        return passed("申请人和参与者的身份证件均已登记", "Everybody's identity document is on record", people=len(f.people))
    if f.leader.has_document:
        look = Bilingual(
            "核对其护照等证件，以及是否与登记库中他人重复", "Check the passport, and that no other record is the same person"
        )
        return unknown(f"{who.zh} 没有登记身份证件", f"{who.en}: no identity document on record", look, lacking=who.en)
    mend = Bilingual("请单位在登记库中补录身份证件", "Ask the institution to record the document in the registry")
    return failed(f"{who.zh} 没有登记身份证件", f"{who.en}: no identity document on record", mend, lacking=who.en)


@rule("experience", "R1", "从事基础研究的经历", "Experience of basic research", ref="EL-01", reads=("doctoral_degrees",))
def experience(f: Facts, p: Settings, doctoral: list[str]) -> Answer:
    """Regulation of 2024, art. 11(1). What the records show, or the applicant's own declaration; else a person reads."""
    leader = f.leader
    projects = sum(1 for h in leader.holdings if not h.year)
    inputs = {"projects": projects, "papers": leader.papers, "degree": leader.degree, "declared": "experience" in f.flags}
    if projects or leader.papers or leader.degree in doctoral:
        return passed("登记中有项目、论著或博士学位", "Projects, publications or a doctorate are on record", **inputs)
    if "experience" in f.flags:
        return passed("申请人声明有从事基础研究的经历", "The applicant declares experience of basic research", **inputs)
    return unknown(
        "登记中没有项目、论著或博士学位，申请人也未声明",
        "No project, publication or doctorate on record, and none declared",
        Bilingual("查看申请书中已有工作基础一栏", "Look at the groundwork in the application"),
        **inputs,
    )


@rule(
    "qualified",
    "F06",
    "高级职称、博士学位或同领域高级职称专家推荐",
    "Senior title, doctorate or referees",
    ref="EL-02",
    reads=("referee_letters", "doctoral_degrees"),
)
def qualified(f: Facts, p: Settings, least: int, doctoral: list[str]) -> Answer:
    """Regulation of 2024, art. 11(2). A letter that a referee wrote here counts when the referee says that both hold."""
    fit = [r for r in f.referees if r.is_senior and r.same_field]
    unfit = [r.name for r in f.referees if r not in fit]
    attached = f.attachments.get("referee_letter", 0)
    letters = attached + len(fit)
    inputs = {"senior": f.leader.is_senior, "degree": f.leader.degree, "letters": letters, "least": least}
    inputs |= {"written": len(f.referees), "not_counted": unfit, "waiting": f.referees_waiting}
    if f.leader.is_senior:
        return passed("申请人具有高级专业技术职务", "The applicant holds a senior title", **inputs)
    if f.leader.degree in doctoral:
        return passed("申请人具有博士学位", "The applicant holds a doctorate", **inputs)
    if letters >= least:
        return passed(f"有 {letters} 名同领域高级职称专家推荐", f"{letters} referees with a senior title in the field", **inputs)
    zh = f"申请人既无高级职称又无博士学位，推荐意见 {letters} 份，需要 {least} 份"
    en = f"No senior title, no doctorate, {letters} of {least} referee letters"
    if unfit:
        zh += f"（{'、'.join(unfit)} 不是同领域的高级职称专家，不计）"
        en += f" (not counted, no senior title in the field: {', '.join(unfit)})"
    if f.referees_waiting:
        zh += f"；{f.referees_waiting} 名专家尚未提交"
        en += f"; {f.referees_waiting} have not written yet"
    mend = Bilingual(
        f"在“推荐专家”中邀请，或在“附件”中上传 {least} 名同领域高级职称专家的推荐意见",
        f"Invite referees, or attach {least} letters by referees with a senior title in the field",
    )
    return failed(zh, en, mend, **inputs)


def earliest_birth(year: int, sex: str, limits: dict[str, Any]) -> date:
    """The first birth date that an age limit allows: its month and day (1 January where it names none) of (year - limit)."""
    born, month = year - int(limits["women" if sex == "f" else "men"]), int(limits.get("month", 1))
    return date(born, month, min(int(limits.get("day", 1)), monthrange(born, month)[1]))


def _born(f: Facts, limits: dict[str, Any]) -> tuple[date, date, dict[str, Any]] | None:
    """Birth date, the earliest that is allowed and the inputs; None where the record does not tell."""
    born, sex = f.leader.birth_date, f.leader.sex
    if born is None or sex not in {"m", "f"}:
        return None
    earliest = earliest_birth(f.year, sex, limits)
    return born, earliest, {"birth_date": born.isoformat(), "sex": sex, "earliest": earliest.isoformat()}


def _no_birth_date(f: Facts) -> Answer:
    inputs = {"birth_date": f.leader.birth_date and f.leader.birth_date.isoformat(), "sex": f.leader.sex}
    return unknown("缺少出生日期或性别", "Birth date or sex is missing", PROFILE, **inputs)


@rule("max_age", "F12", "年龄", "Age", ref="EL-05, EL-06", reads=("parameter",), parameter=str)
def max_age(f: Facts, p: Settings, limits: dict[str, Any]) -> Answer:
    """Born on or after a day of (year - limit), see `earliest_birth`. A birth date is compared; an age is never computed."""
    birth = _born(f, limits)
    if birth is None:
        return _no_birth_date(f)
    born, earliest, inputs = birth
    if born >= earliest:
        return passed(f"出生日期不早于 {earliest}", f"Born on or after {earliest}", **inputs)
    return failed(
        f"出生日期早于 {earliest}，超出年龄要求",
        f"Born before {earliest}: over the age limit",
        Bilingual("可申报没有年龄要求的项目类型", "Apply to a scheme without an age limit"),
        **inputs,
    )


@rule(
    "young_track",
    "F12",
    "青年A类的年轻人才通道",
    "Track for the young within class A",
    ref="EL-06",
    reads=("parameter",),
    parameter=str,
)
def young_track(f: Facts, p: Settings, limits: dict[str, Any]) -> Answer:
    """A flag, not a bar: `track` in the inputs says on which track the application runs."""
    birth = _born(f, limits)
    if birth is None:
        return _no_birth_date(f)
    born, earliest, inputs = birth
    if born >= earliest:
        return passed(
            f"出生日期不早于 {earliest}，标记为年轻人才通道",
            f"Born on or after {earliest}: track for the young",
            **inputs,
            track="young",
        )
    return passed(
        f"出生日期早于 {earliest}，按普通通道评审", f"Born before {earliest}: ordinary track", **inputs, track="ordinary"
    )


@rule("not_student", "F07", "在读人员须附导师同意函", "Students need their supervisor's consent", ref="EL-08")
def not_student(f: Facts, p: Settings) -> Answer:
    """Full-time students may not lead; who studies beside a job needs the supervisor's letter."""
    inputs = {"student": f.leader.is_student, "job": f.leader.has_job, "letters": f.attachments.get("supervisor_consent", 0)}
    if not f.leader.is_student:
        return passed("申请人不是在读研究生", "The applicant is not a student", **inputs)
    if not f.leader.has_job:
        mend = Bilingual(
            "由在职人员作为申请人；如已在职，请单位补录任职", "Let an employed person lead; if employed, have the post recorded"
        )
        return failed("全日制在读研究生不得作为申请人", "A full-time student may not be the applicant", mend, **inputs)
    if inputs["letters"]:
        return passed("已附导师同意函", "The supervisor's consent is attached", **inputs)
    return failed(
        "申请人在职攻读学位，未附导师同意函",
        "The applicant is studying; the supervisor's consent is missing",
        Bilingual("在“附件”中上传导师同意函", "Attach the supervisor's letter of consent"),
        **inputs,
    )


@rule("not_fund_staff", "R1", "基金管理人员不得申请或参与", "Fund staff may not take part", ref="EL-10")
def not_fund_staff(f: Facts, p: Settings) -> Answer:
    """Regulation of 2024, art. 21."""
    staff = [x for x in f.people if x.is_fund_staff]
    who = names(staff)
    if staff:
        mend = Bilingual("更换该参与者", "Replace this person")
        return failed(f"{who.zh} 为基金管理人员", f"{who.en}: fund staff", mend, staff=who.en)
    return passed("申请人和参与者中没有基金管理人员", "Nobody is fund staff", people=len(f.people))


@rule(
    "not_civil_servant",
    "R1",
    "公务员不得作为申请人",
    "Civil servants may not lead",
    ref="EL-10",
    reads=("civil_servants_excluded",),
)
def not_civil_servant(f: Facts, p: Settings, excluded: bool) -> Answer:
    inputs = {"government": f.leader.is_civil_servant, "excluded": excluded}
    if f.leader.is_civil_servant and excluded:
        mend = Bilingual("由非公务员作为申请人", "Let somebody lead who is no civil servant")
        return failed("申请人任职于机关", "The applicant works for a government body", mend, **inputs)
    return passed("申请人不在机关任职", "The applicant does not work for a government body", **inputs)


@rule("no_overdue_report", "R1", "没有逾期未结题的项目", "No closing report overdue", ref="EL-12", reads=("closing_report_days",))
def no_overdue_report(f: Facts, p: Settings, days: int) -> Answer:
    """Projects whose closing report was due before the deadline. Refunds are not in the records: the host answers for them."""
    due = f.deadline_day - timedelta(days=days)
    ended = [h for h in f.leader.holdings if h.role == LEADER and h.state == "running" and h.ends_on and h.ends_on < due]
    late, unclear = [h.number for h in ended if h.closed is False], [h.number for h in ended if h.closed is None]
    inputs = {"days": days, "late": late, "unclear": unclear}
    if late:
        mend = Bilingual("先提交结题报告", "Hand in the closing report first")
        return failed(f"{'、'.join(late)} 逾期未结题", f"Closing report overdue: {', '.join(late)}", mend, **inputs)
    if unclear:
        look = Bilingual(
            "核对这些项目是否已结题、结余经费是否已退回", "Check that they were closed and unspent money was returned"
        )
        return unknown(
            f"{'、'.join(unclear)} 期满，没有结题记录", f"Ended without a record of closing: {', '.join(unclear)}", look, **inputs
        )
    return passed("没有逾期未结题的项目", "No closing report is overdue", **inputs)


@rule("mentors_named", "F04", "研究生导师和博士后合作导师", "Supervisors named", ref="EL-13", field=str)
def mentors_named(f: Facts, p: Settings) -> Answer:
    """The named field must hold every supervisor on record; whether it is the truth beyond that a person must judge."""
    text = f.answer(p["field"]).strip()
    omissions = [n for n in f.leader.mentors if n not in text]
    inputs = {"answered": bool(text), "on_record": list(f.leader.mentors), "missing": omissions}
    mend = Bilingual("如实填写导师姓名；没有的填“无”", "Name your supervisors truthfully, or write “none”")
    if not text:
        return failed("未填写导师姓名", "The supervisors are not named", mend, **inputs)
    if omissions:
        zh, en = "、".join(omissions), ", ".join(omissions)
        return failed(f"登记的导师 {zh} 没有列出", f"Supervisors on record are not listed: {en}", mend, **inputs)
    return passed("已填写导师姓名", "The supervisors are named", **inputs)
