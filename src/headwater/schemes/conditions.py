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
}
"""What expressions call by a name that is no question of the form."""


Parameters = Callable[[str], Bilingual]
"""What the region calls a parameter; empty where it does not say."""


def labels_of(scheme: Scheme, parameters: Parameters = lambda _key: NOTHING) -> Labels:
    """Return the labels of everything that an expression of the scheme can name."""
    names, codes = dict(BUILT_IN), {"flags": dict(scheme.flags)}
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
