from headwater.casework.notices.models.base import UNSETTLED, ObjectionState
from headwater.casework.notices.models.tables import Notice, NoticeKind, NoticeLetter, NoticeRow, Objection, ObjectionClaim

__all__ = ["UNSETTLED", "Notice", "NoticeKind", "NoticeLetter", "NoticeRow", "Objection", "ObjectionClaim", "ObjectionState"]
