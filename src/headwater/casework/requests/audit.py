from django.utils.translation import gettext_lazy as _

from headwater.casework.requests.models import Comment, Request, RequestFile
from headwater.core.sentences import acts, called

called(Request, lambda r: str(r), looks=("number", "about_zh"), page=lambda r: f"/requests/{r.pk}/", action="requests.view")
called(Comment, lambda c: str(c.request), related=("request",))
called(RequestFile, lambda f: f"{f.request} · {f.file.name}", related=("request", "file"))
acts(
    {
        "requests.propose": _("开始填写申请"),
        "requests.write": _("填写了申请"),
        "requests.submit": _("提交了申请"),
        "requests.withdraw": _("撤回了申请"),
        "requests.attach": _("为申请添加了附件"),
        "requests.detach": _("删除了申请的附件"),
        "requests.comment": _("在申请中留言"),
        "requests.start": _("使已批准的申请生效"),
    }
)
