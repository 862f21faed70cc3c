"""Forms of works: a work typed by hand, a claim, who an author is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.core.files import ACCEPT
from headwater.core.lookups import LookupInput
from headwater.core.web import NumberField
from headwater.registry.forms import DayField
from headwater.registry.lookups import PEOPLE
from headwater.registry.models import Work
from headwater.registry.models.works import TITLE, VENUE
from headwater.registry.tables import several
from headwater.registry.works.claimants import CLAIMANTS
from headwater.registry.works.identifiers import SCHEMES
from headwater.registry.works.kinds import KINDS, kind_choices
from headwater.registry.works.values import Author, NewWork, authors_of, lines_of

LANGUAGES = [("", "—"), ("zh", _("中文")), ("en", _("英文")), ("mn", _("蒙古文")), ("other", _("其他"))]
MOST_SUBJECTS = 200
"""So many records to claim for stand in a choice."""


class WorkForm(forms.Form):
    """A work by hand: first its kind, then what such a work has. The numbers of other kinds are asked for below."""

    kind = forms.ChoiceField(label=_("类别"), choices=kind_choices)
    title_zh = forms.CharField(label=_("题名"), max_length=TITLE, required=False, help_text=_("照原文填写；外文成果填下一栏"))
    title_en = forms.CharField(label=_("英文题名"), max_length=TITLE, required=False)
    issued = forms.CharField(label=_("发表（授权、发布）日期"), max_length=20, help_text=_("2024、2024-05 或 2024-05-17"))
    authors = forms.CharField(
        label=_("作者（发明人、完成人）"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("照署名顺序，每行一位，可在括号内写署名单位：张三（某某大学）"),
    )
    venue = forms.CharField(label=_("刊物、会议、授奖单位等"), max_length=VENUE, required=False)
    volume = forms.CharField(label=_("卷"), max_length=40, required=False)
    issue = forms.CharField(label=_("期"), max_length=40, required=False)
    pages = forms.CharField(label=_("页码"), max_length=60, required=False)
    publisher = forms.CharField(label=_("出版或发布单位"), max_length=200, required=False)
    language = forms.ChoiceField(label=_("语种"), choices=LANGUAGES, required=False)
    keywords = forms.CharField(label=_("关键词"), max_length=500, required=False)
    abstract = forms.CharField(label=_("摘要"), max_length=10000, required=False, widget=forms.Textarea(attrs={"rows": 4}))
    marked = forms.CharField(
        label=_("成果中标注的单位、实验室"), max_length=2000, required=False, help_text=_("照成果中的写法，几个用分号隔开")
    )
    numbers = forms.CharField(label=_("成果中标注的项目编号"), max_length=1000, required=False, help_text=_("几个用分号隔开"))
    distinct = forms.BooleanField(label=_("已核对，与上列成果不是同一项"), required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, known: Sequence[Author] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        for code, scheme in SCHEMES.items():
            self.fields[f"id_{code}"] = forms.CharField(
                label=str(scheme.label),
                max_length=200,
                required=False,
                widget=forms.TextInput(attrs={"placeholder": scheme.example}),
            )
        self.order_fields(["kind", "title_zh", "title_en", "issued", "authors", *(f"id_{code}" for code in SCHEMES)])

    @property
    def first_numbers(self) -> list[Any]:
        """Return the fields of the numbers that a work of the chosen kind usually has."""
        kind = str(self["kind"].value() or "")
        usual = KINDS[kind].schemes if kind in KINDS else ()
        return [self[f"id_{code}"] for code in usual]

    @property
    def other_numbers(self) -> list[Any]:
        first = {field.name for field in self.first_numbers}
        return [self[f"id_{code}"] for code in SCHEMES if f"id_{code}" not in first]

    def work(self, source: str) -> NewWork:
        """Return the work that a valid form gives."""
        data = self.cleaned_data
        names = ("kind", "title_zh", "title_en", "issued", "venue", "volume", "issue", "pages", "publisher", "language")
        return NewWork(
            **{name: data[name] for name in (*names, "keywords", "abstract")},
            authors=authors_of(data["authors"], self.known),
            identifiers={code: data[f"id_{code}"] for code in SCHEMES if data[f"id_{code}"]},
            marked=several(data["marked"]),
            numbers=several(data["numbers"]),
            source=source,
        )


def initial_of(work: NewWork, row: Work) -> dict[str, Any]:
    """Return the values of a work on record, as its form shows them."""
    names = ("kind", "title_zh", "title_en", "issued", "venue", "volume", "issue", "pages", "publisher", "language")
    values: dict[str, Any] = {name: getattr(work, name) for name in (*names, "keywords", "abstract")}
    values |= {f"id_{code}": value for code, value in work.identifiers.items()}
    values |= {"marked": "；".join(work.marked), "numbers": "；".join(work.numbers), "authors": lines_of(work.authors)}
    return values | {"revision": row.revision}


class ClaimForm(forms.Form):
    """Which works, for whom, with what evidence."""

    subject = forms.ChoiceField(label=_("认领方"))
    works = forms.CharField(
        label=_("成果编号"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("DOI、专利号等，每行一个；不在您列表中的成果也可按编号认领"),
    )
    share = NumberField(label=_("份额"), required=False, help_text=_("由几方分享的成果填写，如 0.5；独享的留空"))
    counts_on = DayField(label=_("计入日期"), help_text=_("留空为发表日期；只知道年或月的，为其最后一天"))
    evidence = forms.CharField(
        label=_("依据"),
        max_length=500,
        required=False,
        help_text=_("如：文中致谢标注了项目编号"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    file = forms.FileField(
        label=_("附件"),
        required=False,
        help_text=_("PDF、PNG、JPG、DOCX 或 XLSX，不超过 10 MB"),
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subjects = {
            f"{kind}:{row.pk}": (row, f"{claimant.label}：{claimant.name(row)}")
            for kind, claimant in CLAIMANTS.items()
            for row in claimant.mine(user).select_related(*claimant.related).order_by("-pk")[:MOST_SUBJECTS]
        }
        self.fields["subject"].choices = [(key, label) for key, (_row, label) in self.subjects.items()]  # type: ignore[attr-defined]


class AuthorForm(forms.Form):
    person = forms.CharField(
        label=_("登记的人员"), max_length=200, help_text=_("姓名加单位、电子邮箱或 ORCID"), widget=LookupInput(PEOPLE)
    )
