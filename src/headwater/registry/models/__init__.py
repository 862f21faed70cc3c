from headwater.registry.models.organisations import Agency, HostHistory, Organisation
from headwater.registry.models.people import Degree, EarlierProject, Employment, Person, PersonName, Relation, Sanction, TitleHeld
from headwater.registry.models.places import Discipline, Outlines, Place, PlaceGroup, PriorityField, Region, ReviewGroup
from headwater.registry.models.records import accounts_near, accounts_of, is_own, own_records, records_of, surviving, with_family
from headwater.registry.models.works import Work, WorkAuthor, WorkClaim, WorkIdentifier

__all__ = [
    "Agency",
    "Degree",
    "Discipline",
    "EarlierProject",
    "Employment",
    "HostHistory",
    "Organisation",
    "Outlines",
    "Person",
    "PersonName",
    "Place",
    "PlaceGroup",
    "PriorityField",
    "Region",
    "Relation",
    "ReviewGroup",
    "Sanction",
    "TitleHeld",
    "Work",
    "WorkAuthor",
    "WorkClaim",
    "WorkIdentifier",
    "accounts_near",
    "accounts_of",
    "is_own",
    "own_records",
    "records_of",
    "surviving",
    "with_family",
]
