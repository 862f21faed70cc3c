"""What the conditions and rules of a scheme say, in words: its expressions with the labels of its form."""

from __future__ import annotations

from collections.abc import Callable

from headwater.core.i18n import NOTHING, Bilingual, both
from headwater.forms.expressions.wording import Labels, in_words
from headwater.forms.shapes import Field
from headwater.schemes.shapes import Scheme

BUILT_IN = {
    "amount": Bilingual("申请金额", "amount asked for"),
    "months": Bilingual("执行期限（月）", "term (months)"),
    "starts_on": Bilingual("开始日期", "start"),
    "members": Bilingual("参与者人数", "number of members"),
    "year": Bilingual("年度", "year"),
    "deadline": Bilingual("申报截止日", "last day of the call"),
    "research_class": Bilingual("研究属性", "research class"),
    "flags": Bilingual("声明", "declarations"),
    "applicant.degree": Bilingual("申请人学位", "degree of the applicant"),
    "applicant.title": Bilingual("申请人职称", "title of the applicant"),
    "applicant.birth": Bilingual("申请人出生日期", "birth date of the applicant"),
    "applicant.age": Bilingual("申请人年龄", "age of the applicant"),
    "applicant.sex": Bilingual("申请人性别", "sex of the applicant"),
    "applicant.earlier_awards": Bilingual("申请人以往立项数", "earlier awards of the applicant"),
    "host.kind": Bilingual("依托单位类型", "kind of the host"),
    "host.place": Bilingual("依托单位所在地", "place of the host"),
    "register.code": Bilingual("所填条目的登记册", "register of the entry"),
    "register.kind": Bilingual("所填条目的种类", "kind of the entry"),
    "register.group": Bilingual("所填条目的状态类别", "group of states of the entry"),
    "register.grade": Bilingual("所填条目最近的等次", "last grade of the entry"),
    "register.field": Bilingual("所填条目的优先领域", "priority field of the entry"),
    "register.held": Bilingual("依托单位持有所填条目", "the host holds the entry"),
    "register.in_direction": Bilingual("在所填条目的方向之内", "within the direction of the entry"),
}
"""What expressions call by a name that is no question of the form."""
CODES = {
    "register.group": {
        "planned": Bilingual("筹建", "planned"),
        "live": Bilingual("运行", "at work"),
        "watched": Bilingual("整改观察", "under watch"),
        "ended": Bilingual("已终止", "over"),
    },
    "register.grade": {
        "excellent": Bilingual("优秀", "excellent"),
        "good": Bilingual("良好", "good"),
        "pass": Bilingual("合格", "pass"),
        "failed": Bilingual("不合格", "failed"),
    },
}
"""What the usual codes of these are called; a code that is not here stands as it is."""


Parameters = Callable[[str], Bilingual]
"""What the region calls a parameter; empty where it does not say."""


def labels_of(scheme: Scheme, parameters: Parameters = lambda _key: NOTHING) -> Labels:
    """Return the labels of everything that an expression of the scheme can name."""
    names, codes = dict(BUILT_IN), {**CODES, "flags": dict(scheme.flags)}
    for f in scheme.fields:
        _add(names, codes, f, f.code, both(f, "label"))
        for c in f.columns:
            label = Bilingual(f"{f.label_zh}·{c.label_zh}", f"{f.label_en}: {c.label_en}")
            _add(names, codes, c, f"{f.code}.{c.code}", label)
            names.setdefault(c.code, both(c, "label"))  # a calculated column names those beside it without the table
    return Labels(names, codes, "flags", parameters)


def _add(names: dict[str, Bilingual], codes: dict[str, dict[str, Bilingual]], f: Field, name: str, label: Bilingual) -> None:
    names[name], codes[name] = label, dict(f.choices)


def condition_of(scheme: Scheme, expression: str, parameters: Parameters = lambda _key: NOTHING) -> Bilingual:
    """Return an expression of the scheme in words; empty for none."""
    return in_words(expression, labels_of(scheme, parameters))
