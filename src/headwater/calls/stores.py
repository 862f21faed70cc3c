"""The stores in which forms keep what is written about an application: tables that existed before forms had any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headwater.calls.models import Application, Presence, Unsaved, Version
from headwater.forms.shapes import Document
from headwater.forms.signing import SignatureTable
from headwater.forms.stores import Store, store

APPLICATIONS = store(
    Store(
        "application",
        Application,
        Version,
        Presence,
        Unsaved,
        link="application_id",
        content="calls_application",
        digest="calls_digest(calls_content(a.id))",
        beside="calls_beside(a.id)",
    )
)
SIGNATURES = SignatureTable(
    "calls_documentsignature",
    {
        "application_id": "bigint",
        "document": "text",
        "party": "text",
        "text_id": "text",
        "name": "text",
        "person_id": "bigint",
        "organisation_id": "bigint",
        "agency_id": "bigint",
        "referee_id": "bigint",
    },
    once="document_signature_once",
    texts="calls_documenttext",
    renews=("signed_at", "account_id", "name"),
)


@dataclass(frozen=True)
class ApplicationSigning:
    """A document signed for an application by `party`, on the part of one person, institution, agency or referee."""

    application: int
    document: Document
    party: str
    name: str
    person: int | None = None
    organisation: int | None = None
    agency: int | None = None
    referee: int | None = None

    def values(self) -> tuple[Any, ...]:
        who = (self.person, self.organisation, self.agency, self.referee)
        return (self.application, self.document.code, self.party, self.document.digest, self.name, *who)

    def words(self) -> Document:
        return self.document


def signed_by_person(application: int, documents: list[Document], party: str, person: int, name: str) -> list[ApplicationSigning]:
    return [ApplicationSigning(application, d, party, name, person=person) for d in documents]
