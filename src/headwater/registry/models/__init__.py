from headwater.registry.models.organisations import Agency, HostHistory, Organisation
from headwater.registry.models.people import (
    Authorship,
    Degree,
    EarlierProject,
    Employment,
    Person,
    PersonName,
    Publication,
    Relation,
    Sanction,
    TitleHeld,
)
from headwater.registry.models.places import Discipline, Outlines, Place, PlaceGroup, PriorityField, Region, ReviewGroup
from headwater.registry.models.records import accounts_of, is_own, own_records, records_of, surviving

__all__ = [
    "Agency",
    "Authorship",
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
    "Publication",
    "Region",
    "Relation",
    "ReviewGroup",
    "Sanction",
    "TitleHeld",
    "accounts_of",
    "is_own",
    "own_records",
    "records_of",
    "surviving",
]
