from headwater.calls.models.applications import LONG, Application, ApplicationQuerySet, Attachment, Participant
from headwater.calls.models.calls import Call, HostQuota, SchemeVersion
from headwater.calls.models.changes import CallChange
from headwater.calls.models.checking import FormalCheck, RuleResult
from headwater.calls.models.decisions import Decision, Notice, NoticeRow, Objection, ObjectionClaim, of_officer, record_of_refusal
from headwater.calls.models.inviting import Link, Referee
from headwater.calls.models.letters import HostLetter, Letter, LetterSeries
from headwater.calls.models.likeness import Likeness, TextPrint
from headwater.calls.models.own import Places, accounts_with_part, has_own_in
from headwater.calls.models.papers import PaperTemplate
from headwater.calls.models.rechecking import Rechecked
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
    "HostLetter",
    "HostQuota",
    "Letter",
    "LetterSeries",
    "Likeness",
    "Link",
    "Notice",
    "NoticeRow",
    "Objection",
    "ObjectionClaim",
    "PaperTemplate",
    "Participant",
    "Party",
    "Places",
    "Presence",
    "Rechecked",
    "Referee",
    "RuleResult",
    "SchemeVersion",
    "TextPrint",
    "Unsaved",
    "Version",
    "accounts_with_part",
    "has_own_in",
    "of_officer",
    "record_of_refusal",
]
