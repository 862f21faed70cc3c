from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.calls.lookups import HOSTS
from headwater.calls.models import Call, Referee, SchemeVersion
from headwater.calls.publishing.services.calls import GUIDE_CHARS
from headwater.calls.publishing.services.cloning import figure_text, term_label
from headwater.calls.schemes import scheme_of
from headwater.calls.states import Stage
from headwater.calls.terms import Term
from headwater.core.addresses import AddressFormField
from headwater.core.files import ACCEPT
from headwater.core.lookups import LookupInput
from headwater.core.web import MomentField, NameField, NumberField, WanField, WholeField
from headwater.registry.lookups import CODES
from headwater.schemes import RefereeRules

TOPIC_ZH, TOPIC_EN = 120, 200


class TopicsField(forms.CharField):
    """Topics of a guide, one a line: "01 量子材料 | Quantum materials"."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(f"{t['code']} {t['zh']}{' | ' + t['en'] if t['en'] else ''}" for t in value)

    def to_python(self, value: Any) -> Any:
        topics: list[dict[str, str]] = []
        for number, line in enumerate((value or "").splitlines(), start=1):
            if line.strip():
                code, _blank, rest = line.strip().partition(" ")
                zh, _bar, en = rest.partition("|")
                if not zh.strip() or len(code) > 20 or code in {t["code"] for t in topics}:
                    raise forms.ValidationError(_("第 %d 行：应为“编号 名称”，编号不重复") % number)
                if len(zh.strip()) > TOPIC_ZH or len(en.strip()) > TOPIC_EN:
                    limits = {"line": number, "zh": TOPIC_ZH, "en": TOPIC_EN}
                    raise forms.ValidationError(_("第 %(line)d 行：名称最多 %(zh)d 字，英文名称最多 %(en)d 字符") % limits)
                topics.append({"code": code, "zh": zh.strip(), "en": en.strip()})
        return topics

    def validate(self, value: Any) -> None:
        if len(value) > 200:
            raise forms.ValidationError(_("指南方向最多 200 个"))

    def run_validators(self, value: Any) -> None:
        return None


class HostForm(forms.Form):
    host = forms.CharField(
        label=_("依托单位"),
        max_length=200,
        help_text=_(
            "一般为您的任职单位；在站博士后选择设站单位。没有工作单位或所在单位未注册的，可填写同意为您报送的依托单位，并在“附件”中上传其同意函。"
        ),
        error_messages={"required": _("请选择依托单位")},
        widget=LookupInput(HOSTS),
    )


class CallForm(forms.Form):
    code = forms.RegexField(
        label=_("编号"), regex=r"^[a-z0-9-]{3,40}$", help_text=_("小写字母、数字和连字符，例如项目类型的代码加年度。")
    )
    year = WholeField(label=_("年度"), min_value=2000, max_value=2100)
    title_zh = forms.CharField(label=_("名称"), max_length=200)
    title_en = forms.CharField(label=_("英文名称"), max_length=240, required=False)
    budget_fen = WanField(label=_("预算（万元）"))
    opens_at = MomentField(label=_("申报开始"))
    closes_at = MomentField(label=_("申报截止"), help_text=_("到这一刻即为逾期，以服务器时间为准。"))
    endorse_by = MomentField(label=_("单位审核截止"))
    recommend_by = MomentField(label=_("归口推荐截止"))
    contact = forms.CharField(label=_("联系方式"), max_length=200, required=False)
    guide_zh = forms.CharField(
        label=_("申报指南（Markdown）"),
        max_length=GUIDE_CHARS,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text=_("最多 50,000 字。"),
    )
    guide_en = forms.CharField(
        label=_("英文指南"),
        max_length=GUIDE_CHARS,
        widget=forms.Textarea(attrs={"rows": 6}),
        required=False,
        help_text=_("最多 50,000 字。"),
    )

    topics = TopicsField(
        label=_("指南方向"),
        required=False,
        help_text=_("每行一个：编号 名称 | 英文名称。填写后申请人须选择其中一个。"),
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def __init__(self, data: Any, *, call: Call, terms: Sequence[Term]) -> None:
        super().__init__(data, initial={name: getattr(call, name) for name in (*self.base_fields, "stage")})
        self.fields["budget_fen"].required = "amount" in scheme_of(call).asks
        if scheme_of(call).two_stages and call.stage != Stage.FULL and call.state == "draft":
            choices = [(Stage.WHOLE, Stage.WHOLE.label), (Stage.OUTLINE, Stage.OUTLINE.label)]
            note = _("预申报只填写部分内容，受邀后再报正式申请书。")
            self.fields["stage"] = forms.ChoiceField(label=_("阶段"), choices=choices, required=False, help_text=note)
        self.terms = [t.name for t in terms]
        for t in terms:
            usual = _("全区参数：%s") % figure_text(t.usual, t.is_money)
            kind: Any = WanField if t.is_money else WholeField if t.is_whole else NumberField
            label = term_label(t.key, t.part, t.words)
            self.fields[t.name] = kind(label=label, required=False, initial=t.value, min_value=0, help_text=usual)

    @property
    def main(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.terms]

    @property
    def figures(self) -> list[forms.BoundField]:
        return [self[name] for name in self.terms]

    def clean_budget_fen(self) -> int:
        return int(self.cleaned_data.get("budget_fen") or 0)


class CancelForm(forms.Form):
    """Why a published call is cancelled or changed, for everybody to read."""

    reason = forms.CharField(
        label=_("理由"),
        max_length=1000,
        error_messages={"required": _("请写明理由，申请人和依托单位会看到")},
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("公开显示在批次页面，并写入通知。"),
    )
    reason_en = forms.CharField(
        label=_("理由（英文）"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class AmendForm(CancelForm):
    closes_at = MomentField(label=_("申报截止"), required=False)
    endorse_by = MomentField(label=_("单位审核截止"), required=False)
    recommend_by = MomentField(label=_("归口推荐截止"), required=False)
    contact = forms.CharField(label=_("联系方式"), max_length=200, required=False)
    note_zh = forms.CharField(label=_("指南补充说明"), max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 5}))
    note_en = forms.CharField(
        label=_("指南补充说明（英文）"), max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    field_order = ("closes_at", "endorse_by", "recommend_by", "contact", "note_zh", "note_en", "reason", "reason_en")

    def clean(self) -> dict[str, Any]:
        """Keep what the form does not carry; a deadline that it carries cannot be emptied."""
        values = self.cleaned_data
        for name in ("closes_at", "endorse_by", "recommend_by"):
            if name in self.data and name in values and not values[name]:
                self.add_error(name, _("时限不能清空；不改的请保留原来的时间"))
        return values


class SchemeForm(forms.Form):
    scheme = forms.ModelChoiceField(
        label=_("项目类型"),
        empty_label=_("请选择"),
        queryset=SchemeVersion.objects.filter(
            pk__in=SchemeVersion.objects.order_by("code", "-version").distinct("code").values("pk")
        ),
    )
    year = WholeField(label=_("年度"), min_value=2000, max_value=2100)


class NoteForm(forms.Form):
    note = forms.CharField(
        label=_("理由"),
        max_length=1000,
        error_messages={"required": _("请写明退回的理由")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class CheckForm(forms.Form):
    """What the officer writes with the answer of a formal check; it may be empty."""

    note = forms.CharField(label=_("说明（写入通知书）"), max_length=1000, required=False)


class InvitationForm(forms.Form):
    reason = forms.CharField(label=_("不邀请的理由"), max_length=1000, required=False)


class NotEndorsedForm(NoteForm):
    note = forms.CharField(
        label=_("理由"),
        max_length=1000,
        error_messages={"required": _("请写明不予报送的理由")},
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("申请人和参与者会看到。不予报送后申请终止，不再占用限额和限项。"),
    )


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=_("撤回的理由"),
        max_length=500,
        error_messages={"required": _("请写明撤回的理由")},
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("依托单位、归口管理部门和项目主管会看到。"),
    )


class QuotaForm(forms.Form):
    quota = WholeField(label=_("限额（项）"), min_value=0, max_value=100_000)
    reason = forms.CharField(
        label=_("调整的理由"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("依托单位会看到。")
    )


class RecheckForm(forms.Form):
    text = forms.CharField(
        label=_("复审理由"),
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("说明不予受理决定在事实或程序上的错误；对学术判断有不同意见不属于复审范围。"),
    )


class AnswerForm(forms.Form):
    answer = forms.CharField(label=_("处理意见"), max_length=3000, widget=forms.Textarea(attrs={"rows": 3}))


class ReplyForm(forms.Form):
    text = forms.CharField(label=_("书面陈述"), max_length=5000, widget=forms.Textarea(attrs={"rows": 6}))


class WordsForm(forms.Form):
    words = forms.CharField(label=_("通知书用语（中文）"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    why = forms.CharField(label=_("更正的原因（留存记录）"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class MemberForm(forms.Form):
    member = forms.CharField(label=_("参与者"), max_length=120, help_text=_("姓名加单位、电子邮箱或 ORCID，例如：张三 某某大学"))
    months = WholeField(label=_("每年工作月数"), min_value=1, max_value=12, initial=6)


class OutsideForm(forms.Form):
    """A member from outside the registry. Its controls have names of their own: it stands beside `MemberForm` on one page."""

    prefix = "out"
    name = NameField(label=_("姓名"), max_length=120)
    institution = forms.CharField(label=_("单位（境外的写明国家或地区）"), max_length=120)
    email = AddressFormField(label=_("电子邮箱"), help_text=_("邀请链接发到这个邮箱。"))
    months = WholeField(label=_("每年工作月数"), min_value=1, max_value=12, initial=6)


class AttachForm(forms.Form):
    kind = forms.ChoiceField(label=_("类型"))
    file = forms.FileField(
        label=_("文件"),
        help_text=_("PDF、PNG、JPG、DOCX 或 XLSX，每个不超过 10 MB；不要加密码，不要含宏。"),
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )


class ClaimForm(forms.Form):
    name = NameField(label=_("姓名"), max_length=120)
    email = AddressFormField(label=_("电子邮箱"), help_text=_("须与登记库一致；设置密码的邮件发到登记的邮箱。"))


class DeclineForm(forms.Form):
    reason = forms.CharField(
        label=_("谢绝的理由"),
        max_length=300,
        error_messages={"required": _("请写明谢绝的理由")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RefereeForm(forms.Form):
    name = NameField(label=_("姓名"), max_length=60)
    institution = forms.CharField(label=_("单位"), max_length=120)
    title = forms.CharField(label=_("职称"), max_length=40, help_text=_("须为高级专业技术职务，例如教授、研究员。"))
    discipline = forms.CharField(label=_("研究领域（申请代码）"), max_length=400, widget=LookupInput(CODES))
    email = AddressFormField(label=_("电子邮箱"), help_text=_("邀请链接发到这个邮箱。"))

    def clean_discipline(self) -> str:
        return CODES.key(self.cleaned_data["discipline"])


class LetterForm(forms.Form):
    """What a referee says of themselves, and the letter; how long it may be is the scheme's."""

    said_name = NameField(label=_("姓名"), max_length=60)
    said_institution = forms.CharField(label=_("单位"), max_length=120)
    said_title = forms.CharField(label=_("职称"), max_length=40)
    is_senior = forms.BooleanField(label=_("我具有高级专业技术职务"), required=False)
    same_field = forms.BooleanField(label=_("我与申请人从事同一领域的研究"), required=False)
    tie = forms.ChoiceField(label=_("与申请人的关系"), choices=[("", _("请选择")), *Referee.Tie.choices])
    letter = forms.CharField(label=_("推荐意见"), widget=forms.Textarea(attrs={"rows": 12}))

    def __init__(self, data: Any, *, rules: RefereeRules | None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        if rules:
            limits = {"least": rules.min_chars, "most": rules.max_chars}
            self.fields["letter"].help_text = _("%(least)d 至 %(most)d 字。申请人的研究能力、研究基础和本项目的价值。") % limits
