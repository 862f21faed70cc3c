from headwater.calls.models.applications import LONG, Application, ApplicationQuerySet, Attachment, Participant
from headwater.calls.models.calls import Call, HostQuota, SchemeVersion
from headwater.calls.models.changes import CallChange
from headwater.calls.models.checking import FormalCheck, RuleResult
from headwater.calls.models.decisions import Decision, Letter, Notice, NoticeRow, Objection, ObjectionClaim, of_officer
from headwater.calls.models.inviting import Link, Referee
from headwater.calls.models.likeness import Likeness, TextPrint
from headwater.calls.models.own import Places, accounts_with_part, has_own_in
from headwater.calls.models.signing import DocumentSignature, DocumentText, Party
from headwater.calls.models.versions import Presence, Unsaved, Version

__all__ = [
    "LONG",
    "Application",
    "ApplicationQuerySet",
    "Attachment",
    "Call",
    "CallChange",
    "Decision",
    "DocumentSignature",
    "DocumentText",
    "FormalCheck",
    "HostQuota",
    "Letter",
    "Likeness",
    "Link",
    "Notice",
    "NoticeRow",
    "Objection",
    "ObjectionClaim",
    "Participant",
    "Party",
    "Places",
    "Presence",
    "Referee",
    "RuleResult",
    "SchemeVersion",
    "TextPrint",
    "Unsaved",
    "Version",
    "accounts_with_part",
    "has_own_in",
    "of_officer",
]
