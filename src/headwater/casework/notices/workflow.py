"""States of the lines of notices."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from headwater.casework.notices.models import NoticeRow
from headwater.core.workflow import Transition, Workflow

S = NoticeRow.State
ROW = Workflow(
    "notice_row",
    "notices.noticerow",
    NoticeRow.State,
    (
        Transition(S.LISTED, "dispute", S.DISPUTED, "notices.follow", _("因异议暂停")),
        Transition(S.DISPUTED, "resume", S.LISTED, "notices.follow", _("异议不成立，继续公示")),
        Transition(S.LISTED, "confirm", S.FINAL, "notices.follow", _("期满生效")),
        Transition(S.DISPUTED, "strike", S.STRUCK, "notices.follow", _("异议成立，除去")),
    ),
)
