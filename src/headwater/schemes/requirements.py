"""What a scheme asks, rule by rule, in a sentence with the figures of a call: for the page that applicants read first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headwater.core.i18n import NOTHING, Bilingual
from headwater.core.money import wan, yuan
from headwater.forms.shapes import Field
from headwater.schemes.rules import RULES
from headwater.schemes.rules.eligibility import earliest_birth
from headwater.schemes.shapes import RuleUse, Scheme

Values = Callable[[str], Any]
Sentence = Callable[[RuleUse, Scheme, int, list[Any]], Bilingual]


def _age(_use: RuleUse, _scheme: Scheme, year: int, values: list[Any]) -> Bilingual:
    men, women = (earliest_birth(year, sex, values[0]) for sex in "mf")
    return Bilingual(
        f"年龄：男性 {men}、女性 {women} 及以后出生", f"Age: men born on or after {men}, women born on or after {women}"
    )


def _qualified(_use: RuleUse, _scheme: Scheme, _year: int, values: list[Any]) -> Bilingual:
    return Bilingual(
        f"具有高级职称或博士学位；两者均无的，须由 {values[0]} 名同领域高级职称专家推荐",
        f"Senior title or doctorate; with neither, {values[0]} referees with a senior title in the field",
    )


def _part_time(_use: RuleUse, _scheme: Scheme, _year: int, values: list[Any]) -> Bilingual:
    return Bilingual(
        f"非全职人员须附聘用合同，每年工作不少于 {values[0]} 个月",
        f"Part-time staff attach their contract and work at least {values[0]} months a year",
    )


def _partners(_use: RuleUse, _scheme: Scheme, _year: int, values: list[Any]) -> Bilingual:
    return Bilingual(f"合作研究单位不超过 {values[0]} 个", f"At most {values[0]} partner institutions")


def _quota(_use: RuleUse, scheme: Scheme, _year: int, values: list[Any]) -> Bilingual:
    if scheme.code in values[0].get("exempt", []):
        return Bilingual("不受单位推荐限额限制", "Outside the host quota")
    return Bilingual("在单位推荐限额以内，限额见本单位通知", "Within the host's quota, of which your institution tells you")


def _similar(_use: RuleUse, _scheme: Scheme, _year: int, values: list[Any]) -> Bilingual:
    return Bilingual(
        f"与已有申请的相似文本不超过 {values[0]:.0%}", f"At most {values[0]:.0%} of the text stands in another application"
    )


def _pages(_use: RuleUse, _scheme: Scheme, _year: int, values: list[Any]) -> Bilingual:
    return Bilingual(f"正文不超过 {values[0]['pages']} 页", f"The text has at most {values[0]['pages']} pages")


def _title(use: RuleUse, scheme: Scheme, _year: int, _values: list[Any]) -> Bilingual:
    words, most = scheme.words.table["title"], use.params["max_chars"]
    return Bilingual(f"“{words.zh}”不超过 {most} 字", f"“{words.en}” has at most {most} characters")


def _note(use: RuleUse, scheme: Scheme, _year: int, _values: list[Any]) -> Bilingual:
    field: Field | None = next((f for f in scheme.fields if f.code == use.params["field"]), None)
    flag = dict(scheme.flags).get(use.params["flag"], NOTHING)
    if field is None or not flag:
        return RULES[use.name].title
    return Bilingual(f"声明“{flag.zh}”的，须填写“{field.label_zh}”", f"Who declares “{flag.en}” fills in “{field.label_en}”")


def _term(_use: RuleUse, _scheme: Scheme, _year: int, values: list[Any]) -> Bilingual:
    least, most = values[0]["min"], values[0]["max"]
    span = f"{least}" if least == most else f"{least}–{most}"
    return Bilingual(f"执行期限 {span} 个月", f"Term of {span} months")


def _amount(_use: RuleUse, _scheme: Scheme, _year: int, values: list[Any]) -> Bilingual:
    most = values[0].get("max") if isinstance(values[0], dict) else values[0]
    if not most:
        return RULES["amount_in_range"].title
    return Bilingual(f"申请金额不超过 {wan(most)} 万元", f"At most CNY {yuan(most)}")


SENTENCES: dict[str, Sentence] = {
    "max_age": _age,
    "qualified": _qualified,
    "part_time": _part_time,
    "partner_units": _partners,
    "within_quota": _quota,
    "similar_text": _similar,
    "body_length": _pages,
    "title_given": _title,
    "note_filled": _note,
    "term_in_range": _term,
    "amount_in_range": _amount,
}
"""The sentence of a rule. A rule without one is told by its title."""


def requirement(use: RuleUse, scheme: Scheme, year: int, values: Values) -> Bilingual:
    """Return what a rule of the scheme asks in a call of `year`, with the parameters of the call."""
    rule = RULES[use.name]
    have = [values(key) for key in rule.keys(use.params)]
    sentence = SENTENCES.get(use.name)
    return rule.title if sentence is None or None in have else sentence(use, scheme, year, have)
