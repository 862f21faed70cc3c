from headwater.core.models.accounts import Account, RoleGrant
from headwater.core.models.events import Event, EventSeal, Seal
from headwater.core.models.parameters import Parameter
from headwater.core.models.records import Job, Notification, OutboxMail, SearchEntry, StoredFile

__all__ = [
    "Account",
    "Event",
    "EventSeal",
    "Job",
    "Notification",
    "OutboxMail",
    "Parameter",
    "RoleGrant",
    "Seal",
    "SearchEntry",
    "StoredFile",
]
