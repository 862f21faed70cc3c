"""The documents that an application asks of each party, and those that are signed under the present wording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from headwater.calls.loading import answers_in
from headwater.calls.models import Application, Attachment, Call, DocumentSignature, Participant, Party
from headwater.calls.schemes import scheme_of
from headwater.forms.answers.state import Answers
from headwater.forms.expressions import names, parse
from headwater.forms.shapes import Document
from headwater.forms.signing import Signer, asked, needs_answers
from headwater.schemes import Scheme

OWN = frozenset({"amount", "months", "starts_on", "year", "deadline", "research_class", "flags"})
"""What conditions can read without asking the database for members and files."""
READ = ("answers", "amount_fen", "months", "starts_on", "research_class", "flags")
"""Columns of an application that conditions read."""
MOMENTS: dict[str, str | Promise] = {
    Party.APPLICANT: _("提交时签署"),
    Party.MEMBER: _("确认参与时签署"),
    Party.REFEREE: _("提交推荐意见时签署"),
    Party.PARTNER: _("单位审核前签署"),
    Party.HOST: _("单位审核时签署"),
    Party.RECOMMENDER: _("归口推荐时签署"),
    Party.EXPERT: _("接受评审时签署"),
}


def answers_for(rows: Sequence[Application], call: Call, party: str) -> Callable[[Application], Answers | None]:
    """Return the answers that the conditions of the documents of `party` read, for applications of one call: at most two
    queries.
    """
    scheme = scheme_of(call)
    if not needs_answers(scheme, party):
        return lambda _row: None
    make = answers_in(call, rows)
    _fetch_answers(rows)
    if _reads_only_answers(scheme, party):
        return lambda row: make(row, {}, 0)
    ids = [r.pk for r in rows]
    files: dict[int, dict[str, int]] = defaultdict(dict)
    counted = Attachment.objects.filter(application__in=ids).exclude(file__state="refused")
    for pk, kind, n in counted.values_list("application", "kind").annotate(n=Count("pk")):
        files[pk][kind] = n
    members = dict(Participant.objects.filter(application__in=ids).values_list("application").annotate(n=Count("pk")))
    return lambda row: make(row, files[row.pk], members.get(row.pk, 0))


def _fetch_answers(rows: Sequence[Application]) -> None:
    """Read the answers that conditions need in one query. A change of state reads its rows without their long texts."""
    late = {r.pk: r for r in rows if not r.get_deferred_fields().isdisjoint(READ)}
    if late:
        for pk, *values in Application.objects.filter(pk__in=late).values_list("pk", *READ):
            for name, value in zip(READ, values, strict=True):
                setattr(late[pk], name, value)


def _reads_only_answers(scheme: Scheme, party: str) -> bool:
    read = {n for d in scheme.documents_of(party) if d.when for n in names(parse(d.when))}
    plain = {f.code for f in scheme.fields if not f.when and not f.value and f.of.is_stored}
    return {n.partition(".")[0] for n in read} <= OWN | plain and not any(f.value for f in scheme.fields)


def documents_for(rows: Sequence[Application], party: str) -> dict[int, list[Document]]:
    """Return by application the documents that `party` signs for it. The number of queries does not grow with the rows of a
    call.
    """
    documents: dict[int, list[Document]] = {}
    groups: dict[int, list[Application]] = defaultdict(list)
    for row in rows:
        groups[row.call_id].append(row)
    for group in groups.values():
        call = group[0].call
        answers, scheme = answers_for(group, call, party), scheme_of(call)
        documents |= {row.pk: asked(scheme, party, answers(row)) for row in group}
    return documents


@dataclass(frozen=True)
class Line:
    """One document and one person or body who signs it. `state`: signed, outdated (under an earlier wording), or waiting."""

    document: Document
    party: str
    who: str
    state: str
    signature: DocumentSignature | None = None

    @property
    def label(self) -> str:
        return str(Party(self.party).label)

    @property
    def moment(self) -> str | Promise:
        return MOMENTS[self.party]


def key_of(signature: DocumentSignature) -> int:
    return signature.person_id or signature.organisation_id or signature.agency_id or signature.referee_id or 0


def partners_of(row: Application, members: Iterable[Participant]) -> dict[int, str]:
    """Return the institutions of members from outside the host, with their names. Those outside the registry have nobody who
    could sign here.
    """
    others = (m.organisation for m in members if m.organisation_id != row.host_id)
    return {o.pk: o.name_zh for o in others if o is not None}


def signers(row: Application) -> dict[str, list[Signer]]:
    """Return who signs for an application, by party, as far as it is known before the review. Partners are the members'
    institutions.
    """
    members = list(row.participants.select_related("person", "organisation"))
    agency = row.host.recommender
    return {
        Party.APPLICANT: [(row.leader_id, row.leader.name_zh)],
        Party.MEMBER: [(m.person_id, m.person.name_zh) for m in members],
        Party.REFEREE: [(r.pk, r.name) for r in row.referees.filter(declined_at__isnull=True)],
        Party.PARTNER: list(partners_of(row, members).items()),
        Party.HOST: [(row.host_id, row.host.name_zh)],
        Party.RECOMMENDER: [(agency.pk, agency.name_zh)] if agency and not row.host.direct else [],
    }


def lines_of(row: Application, answers: Answers) -> list[Line]:
    """Return every document of an application with everybody who signs it, in the order in which they sign."""
    scheme = scheme_of(row.call)
    have: dict[tuple[str, str, int], list[DocumentSignature]] = defaultdict(list)
    agencies: dict[int, str] = {}
    for s in row.signatures.select_related("text", "agency"):
        have[s.document, s.party, key_of(s)].append(s)
        if s.agency:
            agencies[s.agency.pk] = s.agency.name_zh
    lines = []
    for party, usual_signers in signers(row).items():
        who = list(agencies.items()) or usual_signers if party == Party.RECOMMENDER else usual_signers
        for document in asked(scheme, party, answers):
            lines += [_line(document, party, name, have[document.code, party, pk]) for pk, name in who]
    return lines


def _line(document: Document, party: str, who: str, signatures: Iterable[DocumentSignature]) -> Line:
    last = None
    for last in signatures:
        if last.text_id == document.digest:
            return Line(document, party, who, "signed", last)
    return Line(document, party, who, "outdated" if last else "waiting", last)
