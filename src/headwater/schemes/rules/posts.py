"""The host, the applicant's post with it, and the units that work together (handbook 2.1, EL-03, 04, 07, 09 and 17; 2.4)."""

from __future__ import annotations

from typing import Any

from headwater.core.i18n import Bilingual
from headwater.schemes.rules.base import Answer, Facts, Settings, failed, passed, rule, unknown

PART_TIME = frozenset({"dual", "flexible"})


@rule("registered_host", "F14", "依托单位已注册", "Registered host institution", ref="EL-03")
def registered_host(f: Facts, p: Settings) -> Answer:
    """Regulation of 2024, arts 9 and 11."""
    if f.host_registered:
        return passed("依托单位已注册", "The host institution is registered", registered=True)
    mend = Bilingual(
        "请单位先办理依托单位注册，或改由同意报送的依托单位申报",
        "Ask the institution to register as a host, or apply through a host that consents",
    )
    return failed("单位尚未注册为依托单位", "The institution is not registered as a host", mend, registered=False)


@rule("host_is_entity", "F14", "依托单位具有法人资格", "The host is a legal entity", ref="EL-04")
def host_is_entity(f: Facts, p: Settings) -> Answer:
    """Regulation of 2024, art. 9; a unified social credit code is the sign of a legal entity."""
    if f.host_is_entity:
        return passed("依托单位有统一社会信用代码", "The host has a unified social credit code", credit_code=True)
    look = Bilingual(
        "核对该单位是否为独立法人，并补录统一社会信用代码", "Check that it is a legal entity and record its credit code"
    )
    return unknown("登记中没有该单位的统一社会信用代码", "No credit code on record for the host", look, credit_code=False)


@rule("employed_by_host", "F14", "通过任职单位申报", "Applies through the employer", ref="EL-03")
def employed_by_host(f: Facts, p: Settings) -> Answer:
    """Regulation of 2024, art. 11: who has no employer, or one that is not registered, needs the consent of a host."""
    letters = f.attachments.get("host_consent", 0)
    inputs = {"post": f.leader.post, "letters": letters, "host_elsewhere": f.leader.has_host and not f.leader.post}
    if f.leader.post:
        return passed("申请人在依托单位任职", "The applicant has a post with the host", **inputs)
    if f.leader.has_host:
        return failed(
            "申请人的任职单位是注册的依托单位，应通过任职单位申报",
            "The applicant's employer is a registered host: they apply through it",
            Bilingual("在“基本信息”中改选任职单位", "Choose the employer as the host on the page of basic information"),
            **inputs,
        )
    if letters:
        return passed("已附依托单位同意函", "The host's consent is attached", **inputs)
    return failed(
        "申请人不在依托单位任职，未附该单位同意函",
        "The applicant has no post with the host, and its consent is missing",
        Bilingual("在“附件”中上传依托单位同意函", "Attach the host's consent"),
        **inputs,
    )


@rule(
    "postdoc",
    "F14",
    "在站博士后通过设站单位申报",
    "Post-docs apply through their station",
    ref="EL-07",
    reads=("postdoc_promise",),
)
def postdoc(f: Facts, p: Settings, promise: bool) -> Answer:
    """The station's host must promise the conditions for the whole term, where `postdoc_promise` asks for it."""
    here, promised = f.host in f.leader.stations, f.attachments.get("postdoc_promise", 0)
    inputs = {"in_station": bool(f.leader.stations), "here": here, "promise_needed": promise, "letters": promised}
    if not f.leader.stations:
        return passed("申请人不是在站博士后", "The applicant is no post-doc", **inputs)
    if not here:
        mend = Bilingual("由博士后设站单位报送", "Apply through the host of the station")
        return failed("在站博士后须通过设站单位申报", "A post-doc applies through the host of the station", mend, **inputs)
    if promise and not promised:
        mend = Bilingual("在“附件”中上传设站单位全程保障承诺", "Attach the host's promise for the whole term")
        return failed("未附设站单位承诺", "The promise of the station's host is missing", mend, **inputs)
    return passed("通过设站单位申报", "Applies through the host of the station", **inputs)


@rule(
    "part_time",
    "F06",
    "非全职人员的聘用合同和每年工作月数",
    "Contract and months of part-time staff",
    ref="EL-09",
    reads=("part_time_months",),
    field=str,
)
def part_time(f: Facts, p: Settings, least: int) -> Answer:
    """`field` is the form's question for the months a year that the applicant works with the host."""
    text = f.answer(p["field"]).strip()
    months = int(text) if text.isdecimal() and len(text) < 4 else None
    contract = f.attachments.get("contract", 0)
    inputs = {"post": f.leader.post, "months": months, "least": least, "contracts": contract}
    if f.leader.post not in PART_TIME:
        return passed("申请人不是非全职人员", "The applicant is not part-time", **inputs)
    if months is None or months < least or not contract:
        have = "未填" if months is None else f"{months} 个月"
        return failed(
            f"非全职人员：每年工作月数 {have}（至少 {least} 个月），聘用合同 {contract} 份",
            f"Part-time: {months if months is not None else 'no'} months a year (at least {least}), contracts attached: {contract}",
            Bilingual("填写每年工作月数并上传聘用合同", "State the months a year and attach the contract"),
            **inputs,
        )
    return passed(f"每年工作 {months} 个月，已附合同", f"{months} months a year, contract attached", **inputs)


@rule("partner_units", "R2", "合作研究单位数", "Partner institutions", ref="EL-17", reads=("partner_units_max",))
def partner_units(f: Facts, p: Settings, most: int) -> Answer:
    units = {m.organisation for m in f.members} - {f.host, None}
    inputs: dict[str, Any] = {"units": len(units), "max": most}
    if len(units) <= most:
        return passed(f"合作研究单位 {len(units)} 个", f"{len(units)} partner institutions", **inputs)
    mend = Bilingual("减少合作研究单位", "Take fewer institutions together")
    return failed(
        f"合作研究单位 {len(units)} 个，最多 {most} 个", f"{len(units)} partner institutions, at most {most}", mend, **inputs
    )


@rule("within_quota", "F15", "单位推荐限额", "Host quota", ref="handbook 2.4", reads=("host_quota",))
def within_quota(f: Facts, p: Settings, value: dict[str, Any]) -> Answer:
    """Which applications fill the quota is the host's choice; an application that it has not endorsed is only told."""
    inputs = {"quota": f.quota, "endorsed": f.endorsed, "is_endorsed": f.is_endorsed}
    if f.scheme in value.get("exempt", []) or f.quota is None:
        return passed("不受单位推荐限额限制", "Outside the host quota", **inputs)
    if f.is_endorsed and f.endorsed > f.quota:
        mend = Bilingual("请单位撤回超出限额的申报", "Ask the host to take back what is over its quota")
        return failed(
            f"单位已报送 {f.endorsed} 项，限额 {f.quota} 项", f"The host has endorsed {f.endorsed} of {f.quota}", mend, **inputs
        )
    if not f.is_endorsed and f.endorsed >= f.quota:
        look = Bilingual("由依托单位决定报送哪些申请", "The host decides which applications it sends")
        return unknown(f"单位限额 {f.quota} 项已报满", f"The host's quota of {f.quota} is used up", look, **inputs)
    return passed(f"单位限额 {f.quota} 项，已报送 {f.endorsed} 项", f"The host has endorsed {f.endorsed} of {f.quota}", **inputs)
