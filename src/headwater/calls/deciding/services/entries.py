"""What a released decision that designates makes: an entry of the register whose kind names the scheme."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from headwater.calls.deciding.services.decisions import ON_RELEASE
from headwater.calls.loading import answers_in
from headwater.calls.models import Application, Attachment, Call
from headwater.calls.schemes import scheme_of
from headwater.core.command import Actor, Log, command
from headwater.core.models import StoredFile
from headwater.forms.answers.state import Answers
from headwater.forms.shapes import Form
from headwater.registers.declared import REGISTERS
from headwater.registers.kinds import opened_by
from headwater.registers.models import Entry
from headwater.registers.services.opening import Draft, Share, open_drafts
from headwater.registers.shapes import Kind, Opening
from headwater.registry.models import Organisation, Person, PriorityField
from headwater.schemes.outcomes import ENTRY

Chosen = tuple[Application, Answers, Kind, Opening]


@ON_RELEASE.under(ENTRY)
def open_entries(call: Call, applications: Sequence[Application], actor: Actor) -> None:
    """Open an entry for every approved application that a kind takes, in the transaction that released the decisions (a fixed number of
    statements for each register).
    """
    kinds = opened_by(scheme_of(call).code)
    if not kinds:
        return
    rows = list(
        Application.objects.filter(pk__in=[a.pk for a in applications]).select_related("host__place", "discipline", "leader")
    )
    make = answers_in(call, rows, with_records=True)
    chosen = [c for row in sorted(rows, key=lambda a: a.number) if (c := _choose(row, make(row, {}, 0), kinds))]
    if not chosen:
        return
    with command(actor, "calls.notice.publish", call, name="calls.open_entries") as log:
        log(call, after={"call": call.pk, "applications": [c[0].pk for c in chosen]})
        groups: dict[str, list[Chosen]] = defaultdict(list)
        for one in chosen:
            groups[one[2].register].append(one)
        for code, group in sorted(groups.items()):
            drafts = _drafts(group, scheme_of(call))
            entries = open_drafts(REGISTERS[code], drafts, Entry.Origin.DECISION, log.following(call=call.pk))
            _bring_files(entries, group, log)


def _choose(row: Application, answers: Answers, kinds: Sequence[Kind]) -> Chosen | None:
    """Return the first kind that takes an application, in the order that the package gives."""
    for kind in kinds:
        for opening in kind.opened_by:
            if opening.scheme == scheme_of(row.call).code and (not opening.when or answers.holds(opening.when) is True):
                return row, answers, kind, opening
    return None


def _drafts(chosen: Sequence[Chosen], form: Form) -> list[Draft]:
    people = Person.objects.in_bulk({k for c in chosen for k in _named_people(c).values()})
    institutions = {o.code: o for o in Organisation.objects.filter(code__in={k for c in chosen for k in _partners(c)})}
    fields = {f.code: f for f in PriorityField.objects.filter(code__in={c[0].priority_field for c in chosen})}
    return [_draft(c, form, people, institutions, fields) for c in chosen]


def _named_people(one: Chosen) -> dict[str, int]:
    """Return the persons whom an application names for the roles of the kind; who leads it takes the first where it names nobody."""
    row, answers, kind, _opening = one
    named = {role: value["id"] for role in kind.roles if isinstance(value := answers.get(role), dict) and value.get("id")}
    if kind.roles and kind.roles[0] not in named:
        named[kind.roles[0]] = row.leader_id
    return named


def _partners(one: Chosen) -> list[str]:
    row, answers, _kind, opening = one
    table, _dot, column = opening.partners.partition(".")
    rows = answers.get(table) if table else None
    cells = [r.get(column) for r in rows if isinstance(r, dict)] if isinstance(rows, list) else []
    codes = [c["code"] for c in cells if isinstance(c, dict) and c.get("code")]
    return list(dict.fromkeys(c for c in codes if c != row.host.code))


def _draft(one: Chosen, form: Form, people: Any, institutions: Any, fields: Any) -> Draft:
    row, answers, kind, _opening = one
    most = kind.holders.get("partner", 0)
    partners = [institutions[code] for code in _partners(one) if code in institutions][:most]
    return Draft(
        kind=kind.code,
        name_zh=row.title_zh,
        host=row.host,
        columns={
            "name_en": row.title_en,
            "place": row.host.place,
            "discipline": row.discipline,
            "field": fields.get(row.priority_field),
        },
        answers=_answers(answers, form, kind),
        holders=[Share("partner", o) for o in partners],
        keepers={role: people[pk].survivor for role, pk in _named_people(one).items() if pk in people},
        origin_id=row.pk,
    )


def _answers(answers: Answers, form: Form, kind: Kind) -> dict[str, Any]:
    """Return the answers to the questions that the form of the scheme and that of the kind have in common: the same code and type."""
    common = [f for f in kind.form.fields if (asked := form.field(f.code)) and asked.type == f.type and not f.value]
    return {f.code: value for f in common if (value := answers.get(f.code)) not in (None, "", [])}


def _bring_files(entries: Sequence[Any], chosen: Sequence[Chosen], log: Log) -> None:
    """Give entries the files of their application of those kinds that their form names; the contents are kept once."""
    wanted = {one[0].pk: (entry, {a.kind for a in one[2].form.attachments}) for entry, one in zip(entries, chosen, strict=True)}
    files = []
    for attachment in Attachment.objects.filter(application__in=wanted).select_related("file").order_by("pk"):
        entry, kinds = wanted[attachment.application_id]
        if attachment.kind in kinds:
            file = attachment.file
            file.pk, file.owner_type, file.owner_id, file.kind = None, entry._meta.label_lower, entry.pk, attachment.kind
            file._state.adding = True
            files.append(file)
    for file in StoredFile.objects.bulk_create(files):
        log(file, after={"entry": file.owner_id, "sha256": file.sha256, "call": chosen[0][0].call_id})
