from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.calls.models import SchemeVersion
from headwater.core.files import ACCEPT
from headwater.core.web import MomentField, WanField


class CallForm(forms.Form):
    code = forms.RegexField(
        label=_("编号"), regex=r"^[a-z0-9-]{3,40}$", help_text=_("小写字母、数字和连字符，例如 im-gen-2027。")
    )
    year = forms.IntegerField(label=_("年度"), min_value=2000, max_value=2100)
    title_zh = forms.CharField(label=_("名称"), max_length=200)
    title_en = forms.CharField(label=_("英文名称"), max_length=240, required=False)
    budget_fen = WanField(label=_("预算（万元）"))
    opens_at = MomentField(label=_("受理开始"))
    closes_at = MomentField(label=_("受理截止"), help_text=_("到这一刻即为逾期，以服务器时间为准。"))
    endorse_by = MomentField(label=_("单位审核截止"))
    recommend_by = MomentField(label=_("归口推荐截止"))
    contact = forms.CharField(label=_("联系方式"), max_length=200, required=False)
    guide_zh = forms.CharField(label=_("申报指南（Markdown）"), widget=forms.Textarea(attrs={"rows": 14}))
    guide_en = forms.CharField(label=_("英文指南"), widget=forms.Textarea(attrs={"rows": 6}), required=False)


class SchemeForm(forms.Form):
    scheme = forms.ModelChoiceField(
        label=_("项目类型"),
        queryset=SchemeVersion.objects.filter(
            pk__in=SchemeVersion.objects.order_by("code", "-version").distinct("code").values("pk")
        ),
    )
    year = forms.IntegerField(label=_("年度"), min_value=2000, max_value=2100)


class NoteForm(forms.Form):
    note = forms.CharField(
        label=_("理由"),
        max_length=1000,
        error_messages={"required": _("请写明退回的理由")},
        widget=forms.Textarea(attrs={"rows": 3}),
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


class MemberForm(forms.Form):
    member = forms.CharField(
        label=_("参与者"), max_length=120, help_text=_("姓名加单位、电子邮箱或 ORCID，例如：张三 内蒙古大学")
    )
    months = forms.IntegerField(label=_("每年工作月数"), min_value=1, max_value=12, initial=6)


class AttachForm(forms.Form):
    kind = forms.ChoiceField(label=_("类型"))
    file = forms.FileField(
        label=_("文件"),
        help_text=_("PDF、PNG、JPG、DOCX 或 XLSX，每个不超过 10 MB；不要加密码，不要含宏。"),
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )
