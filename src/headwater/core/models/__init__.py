from headwater.core.models.access import AccessToken, Export
from headwater.core.models.accounts import Account, RoleGrant
from headwater.core.models.events import Event, EventSeal, Identity, RowDigest, Seal
from headwater.core.models.parameters import Parameter
from headwater.core.models.records import Job, Notification, OutboxMail, SearchEntry, StoredFile
from headwater.core.models.standing import AddressChange, FactorReset, GrantProposal, SignIn
from headwater.core.models.uploads import Upload

__all__ = [
    "AccessToken",
    "Account",
    "AddressChange",
    "Event",
    "EventSeal",
    "Export",
    "FactorReset",
    "GrantProposal",
    "Identity",
    "Job",
    "Notification",
    "OutboxMail",
    "Parameter",
    "RoleGrant",
    "RowDigest",
    "Seal",
    "SearchEntry",
    "SignIn",
    "StoredFile",
    "Upload",
]
