"""What the events of notices say in words, and how its records are called."""

from django.utils.translation import gettext_lazy as _

from headwater.casework.notices import models
from headwater.core.i18n import named
from headwater.core.sentences import acts, called

called(models.NoticeKind, named)
called(models.Notice, lambda n: named(n, "title"), looks=("title_zh",), page=lambda n: n.url, action="public")
called(models.NoticeRow, lambda r: str(r.title))
called(models.Objection, lambda o: str(o.row.title), related=("row",))
called(models.NoticeLetter, lambda x: x.number, looks=("number",))

acts(
    {
        "notices.publish": _("发布了批次之外的公示"),
        "notices.end": _("办结了公示"),
        "notices.ask_objection": _("提交了待确认的公示异议"),
        "notices.file_objection": _("确认提出了公示异议"),
        "notices.reply_to_objection": _("就公示异议作了陈述"),
        "notices.answer_objection": _("对公示异议提出了处理意见"),
        "notices.settle_objection": _("核定了公示异议"),
    }
)
