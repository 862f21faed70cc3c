"""The formal check of the material (handbook 2.5): complete, signed, in range, on time."""

from __future__ import annotations

from typing import Any

from headwater.core.i18n import Bilingual
from headwater.core.money import wan, yuan
from headwater.forms.results import FieldFacts
from headwater.schemes.rules.base import Answer, Facts, Settings, failed, names, passed, rule, unknown


@rule("members_confirmed", "F01", "参与者确认", "Members have confirmed", ref="F01")
def members_confirmed(f: Facts, p: Settings) -> Answer:
    declined = [m for m in f.members if m.declined]
    waiting = [m for m in f.members if not m.confirmed and not m.declined]
    who = names(waiting)
    inputs = {"members": len(f.members), "max": f.members_max, "waiting": len(waiting), "declined": len(declined)}
    if len(f.members) > f.members_max:
        mend = Bilingual("减少参与者", "Remove members")
        return failed(
            f"参与者 {len(f.members)} 人，最多 {f.members_max} 人",
            f"{len(f.members)} members, at most {f.members_max}",
            mend,
            **inputs,
        )
    if declined:
        who = names(declined)
        mend = Bilingual(
            "移除该参与者，或与其商定后重新发送邀请", "Remove them, or agree with them and send the invitation again"
        )
        return failed(f"{who.zh} 谢绝参与", f"Declined to take part: {who.en}", mend, **inputs)
    if waiting:
        mend = Bilingual("请参与者打开确认链接，或移除", "Ask them to open their link, or remove them")
        return failed(f"{who.zh} 尚未确认参与", f"Not confirmed yet: {who.en}", mend, **inputs)
    return passed(f"参与者 {len(f.members)} 人，均已确认", f"{len(f.members)} members, all confirmed", **inputs)


@rule("signed", "F01", "承诺书等文件签署", "Documents signed", ref="F01")
def signed(f: Facts, p: Settings) -> Answer:
    """Regulation of 2024, art. 12. A signature under an earlier wording does not count."""
    lacking = [d for d in f.documents if not d.complete]
    inputs = {"documents": len(f.documents), "lacking": [d.en for d in lacking]}
    if not lacking:
        count = len(f.documents)
        return passed(f"须签署的 {count} 份文件均已签署", f"All {count} documents are signed", **inputs)
    zh, en = [], []
    for d in lacking:
        if d.waiting:
            zh.append(f"{'、'.join(d.waiting)} 尚未签署《{d.zh}》")
            en.append(f"{', '.join(d.waiting)}: “{d.en}” is not signed")
        if d.outdated:
            zh.append(f"{'、'.join(d.outdated)} 签署的《{d.zh}》文本已更新，须重新签署")
            en.append(f"{', '.join(d.outdated)}: the words of “{d.en}” have changed since it was signed")
    mend = Bilingual(
        "申请人在“核对并提交”页签署，参与者在确认参与时签署",
        "The applicant signs on the submission page, members sign when they confirm",
    )
    return failed("；".join(zh), "; ".join(en), mend, **inputs)


@rule("discipline_chosen", "F03", "申请代码", "Application code", ref="F03")
def discipline_chosen(f: Facts, p: Settings) -> Answer:
    """The rule checks that there is a code; whether it is the right one a person decides."""
    mend = Bilingual("选择二级申请代码", "Choose a second-level code")
    if f.discipline_level is None:
        return failed("未选择申请代码", "No application code is chosen", mend, level=None)
    if f.discipline_level < 2:
        return failed("申请代码应选到二级", "The code must be of the second level", mend, level=f.discipline_level)
    return passed("已选择二级申请代码", "A second-level code is chosen", level=f.discipline_level)


@rule("note_filled", "F04", "附注说明", "Note filled in", ref="F04, EL-15", flag=str, field=str)
def note_filled(f: Facts, p: Settings) -> Answer:
    """An application that declares `flag` must answer the question `field`: for example how it uses AI tools."""
    inputs = {"declared": p["flag"] in f.flags, "answered": bool(f.answer(p["field"]).strip())}
    field = next((x for x in f.fields if x.code == p["field"]), None)
    zh, en = (field.label_zh, field.label_en) if field else (p["field"], p["field"])
    if not inputs["declared"]:
        return passed(f"不需要填写“{zh}”", f"“{en}” is not needed", **inputs)
    if inputs["answered"]:
        return passed(f"已填写“{zh}”", f"“{en}” is filled in", **inputs)
    return failed(f"已声明，但未填写“{zh}”", f"Declared, but “{en}” is empty", Bilingual("填写该栏", "Fill it in"), **inputs)


@rule("sections_complete", "F05", "各部分填写完整", "All sections complete", ref="F05")
def sections_complete(f: Facts, p: Settings) -> Answer:
    empty = [x for x in f.fields if x.required and x.length == 0]
    short = [x for x in f.fields if 0 < x.length < x.min_chars]
    long = [x for x in f.fields if x.length > x.max_chars]
    inputs = {"missing": _codes(empty), "short": _codes(short), "long": _codes(long)}
    if not empty and not short and not long:
        return passed("各部分已填写", "All sections are filled in", **inputs)
    zh = [f"{x.label_zh} 未填" for x in empty] + [f"{x.label_zh} 少于 {x.min_chars} 字" for x in short]
    zh += [f"{x.label_zh} 超过 {x.max_chars} 字" for x in long]
    en = [f"{x.label_en} is empty" for x in empty] + [f"{x.label_en} has fewer than {x.min_chars} characters" for x in short]
    en += [f"{x.label_en} has more than {x.max_chars} characters" for x in long]
    return failed("；".join(zh), "; ".join(en), Bilingual("补全所列各栏", "Complete the fields listed"), **inputs)


def _codes(fields: list[FieldFacts]) -> list[str]:
    return [x.code or x.label_en for x in fields]


@rule("title_given", "F05", "名称", "Title", ref="F05", max_chars=int)
def title_given(f: Facts, p: Settings) -> Answer:
    length, most = f.title_length, p["max_chars"]
    inputs = {"length": length, "max": most}
    zh, en = f.title_words.zh, f.title_words.en
    if length == 0:
        return failed(f"未填写“{zh}”", f"“{en}” is empty", Bilingual(f"填写“{zh}”", f"Fill in “{en}”"), **inputs)
    if length > most:
        mend = Bilingual(f"缩短“{zh}”", f"Shorten “{en}”")
        return failed(f"“{zh}” {length} 字，最多 {most} 字", f"“{en}” has {length} characters, at most {most}", mend, **inputs)
    return passed(f"已填写“{zh}”", f"“{en}” is filled in", **inputs)


@rule("history_given", "F05", "教育和工作经历", "Education and work history", ref="F05")
def history_given(f: Facts, p: Settings) -> Answer:
    lacking = [x for x in f.people if not x.degree or not (x.has_job or x.organisation)]
    who = names(lacking)
    inputs = {"people": len(f.people), "lacking": who.en}
    if not lacking:
        return passed("申请人和参与者的学历和任职均有登记", "Everybody's degree and post are on record", **inputs)
    if all(x.outside for x in lacking):
        look = Bilingual("核对其简历", "Read their CV")
        return unknown(f"{who.zh} 不在登记库中，学位和任职没有登记", f"Not in the registry of people: {who.en}", look, **inputs)
    mend = Bilingual("请单位在登记库中补全学位和任职", "Ask the institution to record the degree and the post")
    return failed(f"{who.zh} 的学位或任职没有登记", f"Degree or post not on record: {who.en}", mend, **inputs)


@rule("body_length", "F05", "正文篇幅", "Length of the text", ref="EL-16", reads=("body_limit",))
def body_length(f: Facts, p: Settings, limit: dict[str, int]) -> Answer:
    """The national form counts pages; the answers of a structured form are counted in characters of so many pages."""
    have, most = sum(x.length for x in f.fields), limit["pages"] * limit["chars_per_page"]
    inputs = {"characters": have, **limit}
    if have <= most:
        return passed(
            f"正文 {have} 字，在 {limit['pages']} 页以内", f"{have} characters, within {limit['pages']} pages", **inputs
        )
    zh = f"正文 {have} 字，超过 {limit['pages']} 页（{most} 字）"
    return failed(
        zh, f"{have} characters; at most {limit['pages']} pages ({most})", Bilingual("压缩正文", "Shorten the text"), **inputs
    )


ETHICS = frozenset({"human", "animal", "biosafety"})


@rule("ethics_attached", "F08", "科技伦理审查意见", "Ethics approval", ref="F08")
def ethics_attached(f: Facts, p: Settings) -> Answer:
    """The ethics approval must be attached where research needs one (科技伦理审查办法(试行) 2023; handbook 8.7)."""
    inputs = {"declared": sorted(f.flags & ETHICS), "attached": f.attachments.get("ethics", 0)}
    if not inputs["declared"]:
        return passed("未涉及须审查的研究活动", "No activity that needs ethics review is declared", **inputs)
    if inputs["attached"]:
        return passed("已附科技伦理审查意见", "The ethics approval is attached", **inputs)
    mend = Bilingual("在“附件”中上传单位科技伦理（审查）委员会的意见", "Attach the opinion of the institution's ethics committee")
    en = "Human, animal or biosafety work without an ethics approval"
    return failed("涉及人、实验动物或生物安全，未附伦理审查意见", en, mend, **inputs)


@rule("files_sound", "F05", "附件可用", "Attachments can be used", ref="F05")
def files_sound(f: Facts, p: Settings) -> Answer:
    """A file that the inspection refused counts as not attached; its author must know before it is too late to replace it."""
    inputs = {"attached": sum(f.attachments.values()), "refused": len(f.refused_files), "checking": len(f.checking_files)}
    if f.checking_files and not f.refused_files:
        zh, en = "、".join(f.checking_files), ", ".join(f.checking_files)
        wait = Bilingual(
            "请稍等片刻，检查完成后再提交；未通过检查的附件不计入",
            "Wait a moment and submit when it is done: what is refused does not count",
        )
        return unknown(f"附件正在检查：{zh}", f"Attachments are being inspected: {en}", wait, **inputs)
    if not f.refused_files:
        return passed("没有未通过检查的附件", "No attachment was refused by the inspection", **inputs)
    mend = Bilingual("在“附件”中删除或更换未通过检查的文件", "Remove or replace the files that were refused under attachments")
    zh, en = "、".join(f.refused_files), ", ".join(f.refused_files)
    return failed(f"未通过检查的附件：{zh}", f"Attachments refused by the inspection: {en}", mend, **inputs)


@rule("overseas_consent", "F09", "境外参与者知情同意", "Consent of overseas members", ref="F09")
def overseas_consent(f: Facts, p: Settings) -> Answer:
    inputs = {"declared": "overseas" in f.flags, "attached": f.attachments.get("overseas_consent", 0)}
    if not inputs["declared"]:
        return passed("未声明有境外参与者", "No overseas member is declared", **inputs)
    if inputs["attached"]:
        return passed("已附境外参与者知情同意函", "The consent of the overseas members is attached", **inputs)
    mend = Bilingual("在“附件”中上传知情同意函", "Attach their letters of consent")
    return failed("有境外参与者，未附知情同意函", "Overseas members without a letter of consent", mend, **inputs)


@rule("on_time", "F14", "按时提交", "On time", ref="F14")
def on_time(f: Facts, p: Settings) -> Answer:
    deadline = f"{f.deadline:%Y-%m-%d %H:%M}"
    inputs = {"deadline": f.deadline.isoformat(), "submitted": f.submitted_at and f.submitted_at.isoformat()}
    if f.submitted_at is None:
        return unknown(
            f"截止时间 {deadline}", f"Deadline {deadline}", Bilingual("在截止时间前提交", "Submit before the deadline"), **inputs
        )
    if f.submitted_at < f.deadline:
        return passed("在截止时间前提交", "Submitted before the deadline", **inputs)
    mend = Bilingual("逾期不再接受申报，可申报下一批次", "Too late for this call; apply to the next")
    return failed("逾期提交", "Submitted late", mend, **inputs)


@rule("other_funding", "F16", "已获其他资助的说明", "Other funding declared", ref="EL-14")
def other_funding(f: Facts, p: Settings) -> Answer:
    """Regulation of 2024, art. 12. Likeness to earlier texts is found elsewhere and judged by a person."""
    inputs = {"declared": "other_funding" in f.flags, "attached": f.attachments.get("other_funding", 0)}
    if not inputs["declared"]:
        return passed("申请人未声明有其他资助", "No other funding is declared", **inputs)
    if inputs["attached"]:
        return passed("已附其他资助的说明", "The statement on other funding is attached", **inputs)
    mend = Bilingual(
        "在“附件”中说明已获资助的内容及与本申请的区别", "Attach what is funded elsewhere and how this application differs"
    )
    return failed("声明有其他资助，未附说明", "Other funding is declared without a statement", mend, **inputs)


@rule(
    "similar_text", "F16", "与其他申请的相似文本", "Text similar to other applications", ref="F16", reads=("similar_text_share",)
)
def similar_text(f: Facts, p: Settings, limit: float) -> Answer:
    """Whether similar wording is a duplicate is for a person to say: the rule never fails by itself."""
    if f.likenesses is None:
        wait = Bilingual("引用他人或本人已有文字时注明出处", "Name the source of what is quoted, also from your own texts")
        return unknown(
            "提交后由系统与其他申请比对", "Compared with other applications once it is submitted", wait, compared=False
        )
    matches = [x for x in f.likenesses if not x.own and x.share >= limit]
    if not matches:
        en = f"No text shares more than {limit:.0%} with another applicant's"
        return passed(f"没有发现超过 {limit:.0%} 的相似文本", en, limit=limit)
    zh = "、".join(f"{x.number}（{x.share:.0%}）" for x in matches)
    look = Bilingual("对照原文判断是否重复申报", "Compare the passages and judge whether it is a duplicate")
    en = ", ".join(f"{x.number} ({x.share:.0%})" for x in matches)
    return unknown(f"与 {zh} 的文本相似", f"Similar to {en}", look, limit=limit)


@rule("nothing_secret", "F17", "不含涉密和敏感内容", "Nothing secret or sensitive", ref="EL-15")
def nothing_secret(f: Facts, p: Settings) -> Answer:
    """For schemes whose commitment says so: the applicant's signature confirms it, the host and the officer look."""
    inputs = {"signed": f.applicant_signed}
    if inputs["signed"]:
        return passed("申请人已承诺不含涉密内容", "The applicant has declared that nothing is secret", **inputs)
    look = Bilingual("由单位和项目主管核对正文与附件", "The host and the officer read the text and the attachments")
    return unknown("申请人尚未承诺不含涉密内容", "Not yet declared that nothing is secret", look, **inputs)


@rule("cofunding_attached", "F18", "联合资助方出资承诺或合作协议", "Co-funding commitment or agreement", ref="F18")
def cofunding_attached(f: Facts, p: Settings) -> Answer:
    attached = f.attachments.get("cofunding", 0)
    if attached:
        return passed("已附出资承诺或合作协议", "The commitment or agreement is attached", attached=attached)
    mend = Bilingual("在“附件”中上传联合资助方的出资承诺或合作协议", "Attach the co-funder's commitment or the agreement")
    return failed("未附出资承诺或合作协议", "The commitment or agreement is missing", mend, attached=0)


@rule("amount_in_range", "F19", "申请金额", "Amount asked for", ref="F19", reads=("amount_fen",))
def amount_in_range(f: Facts, p: Settings, limits: Any) -> Answer:
    low, high = (int(limits.get("min", 1)), int(limits.get("max", 10**15))) if isinstance(limits, dict) else (1, int(limits))
    inputs = {"amount_fen": f.amount_fen, "min": low, "max": high}
    if low <= f.amount_fen <= high:
        en = f"{yuan(f.amount_fen)} CNY, within {yuan(high)}"
        return passed(f"申请 {wan(f.amount_fen)} 万元，在 {wan(high)} 万元以内", en, **inputs)
    return failed(
        f"申请 {wan(f.amount_fen)} 万元，应{f'不低于 {wan(low)}' if low > 1 else '大于 0'}、不超过 {wan(high)} 万元",
        f"{yuan(f.amount_fen)} CNY; expected {yuan(low) if low > 1 else 'more than 0'} to {yuan(high)}",
        Bilingual("修改申请金额", "Change the amount"),
        **inputs,
    )


@rule("term_in_range", "F19", "执行期限", "Term", ref="F19", reads=("term_months",))
def term_in_range(f: Facts, p: Settings, limits: dict[str, int]) -> Answer:
    inputs = {"months": f.months, "min": limits["min"], "max": limits["max"]}
    if limits["min"] <= f.months <= limits["max"]:
        return passed(f"执行期限 {f.months} 个月", f"Term of {f.months} months", **inputs)
    span = f"{limits['min']}" if limits["min"] == limits["max"] else f"{limits['min']}–{limits['max']}"
    mend = Bilingual("修改执行期限", "Change the term")
    return failed(f"执行期限 {f.months} 个月，应为 {span} 个月", f"{f.months} months; expected {span}", mend, **inputs)
