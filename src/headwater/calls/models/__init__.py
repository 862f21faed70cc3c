from headwater.calls.models.applications import (
    LONG,
    Application,
    ApplicationQuerySet,
    Attachment,
    Commitment,
    FormalCheck,
    Participant,
)
from headwater.calls.models.calls import Call, HostQuota, SchemeVersion
from headwater.calls.models.decisions import Decision, Letter, Notice, NoticeRow, Objection
from headwater.calls.models.likeness import Likeness, TextPrint
from headwater.calls.models.versions import Presence, Unsaved, Version

__all__ = [
    "LONG",
    "Application",
    "ApplicationQuerySet",
    "Attachment",
    "Call",
    "Commitment",
    "Decision",
    "FormalCheck",
    "HostQuota",
    "Letter",
    "Likeness",
    "Notice",
    "NoticeRow",
    "Objection",
    "Participant",
    "Presence",
    "SchemeVersion",
    "TextPrint",
    "Unsaved",
    "Version",
]
