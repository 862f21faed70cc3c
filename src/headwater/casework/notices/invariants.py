from django.utils.translation import gettext_lazy as _

from headwater.casework.notices.models import NoticeRow
from headwater.casework.records import lost
from headwater.core.invariants import invariant, worked_out

invariant(
    "case_objection_disputes_the_line",
    _("公示的一项处于异议处理中时，有未了结或成立的异议；已生效的没有"),
    """SELECT 'line ' || r.id FROM notices_noticerow r WHERE (r.state IN ('disputed', 'struck')) <> EXISTS (
        SELECT 1 FROM notices_objection o WHERE o.row_id = r.id AND o.state IN ('open', 'proposed', 'upheld'))""",
)
invariant(
    "case_objection_upheld_by_two",
    _("批次之外的公示：成立的异议由答复人以外的人核定，不成立的由发布人以外的人答复"),
    """SELECT 'objection ' || o.id FROM notices_objection o JOIN notices_noticerow r ON r.id = o.row_id
    JOIN notices_notice n ON n.id = r.notice_id
    WHERE (o.state = 'upheld' AND o.settled_by_id = o.answered_by_id)
        OR (o.state = 'dismissed' AND o.answered_by_id = n.published_by_id)""",
)
invariant(
    "notices_end_with_their_lines",
    _("公示期内没有生效的项；各项都有结果的公示已办结"),
    """SELECT 'line ' || r.id FROM notices_noticerow r JOIN notices_notice n ON n.id = r.notice_id WHERE r.settled_at <= n.ends_at
    UNION ALL SELECT 'notice ' || n.id FROM notices_notice n WHERE (n.closed_at IS NOT NULL) <> NOT EXISTS (
        SELECT 1 FROM notices_noticerow r WHERE r.notice_id = n.id AND r.state IN ('listed', 'disputed'))""",
)
worked_out("notice_lines_about_what_is_there", _("公示各项所针对的对象存在"), lambda: lost((NoticeRow, "line")))
