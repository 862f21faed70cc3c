"""Two records of one person: compare them, see what follows, let one stand for both, and take it back. Nothing is moved.

What the other parts of the house hold of a person is told by those who hold it (`EFFECTS`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from headwater.core.command import Actor, Log, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.register import Register
from headwater.registry.models import Authorship, Person, Relation, Sanction, own_records
from headwater.registry.services import LEAST_REASON


@dataclass(frozen=True)
class Effect:
    """What follows when one record comes to stand for another. What `blocks` must be settled first."""

    text: str
    records: tuple[str, ...] = ()
    blocks: bool = False


Teller = Callable[[Person, Person], Iterable[Effect]]
EFFECTS: Register[Teller] = Register("effect of merging")
"""Given the record that is merged and the one that stands for it: what follows for what an app holds."""
AFTER_MERGING: Register[Callable[[Person, Actor], None]] = Register("follower of merging")
"""What an app does anew, in the same transaction, once a record points elsewhere or no longer."""


SHOWN = ("name_zh", "name_en", "organisation", "department", "title", "highest_degree", "orcid", "email", "account")
RESTRICTED = ("sex", "birth_date", "id_tail", "phone")
"""Who sees these of a person sees them here; who does not learns only whether the two differ."""


@dataclass(frozen=True)
class Line:
    label: str
    one: Any
    other: Any
    differs: bool


def compare(one: Person, other: Person, *, may_read_restricted: bool) -> list[Line]:
    """Compare two records field by field."""
    lines, names = [], {f.name: f.verbose_name for f in Person._meta.concrete_fields}
    for name in (*SHOWN, *RESTRICTED):
        label = str(_("证件尾号") if name == "id_tail" else names[name])
        values = [getattr(p, f"get_{name}_display", lambda p=p, name=name: getattr(p, name))() for p in (one, other)]
        is_hidden = name in RESTRICTED and not may_read_restricted
        cells = [(_("已登记") if v else "") if is_hidden else v for v in values]
        lines.append(Line(label, cells[0], cells[1], bool(values[0] and values[1] and values[0] != values[1])))
    return lines


def effects(person: Person, into: Person) -> list[Effect]:
    """Return everything that follows, what blocks first."""
    consequences = [e for teller in EFFECTS.values() for e in teller(person, into)]
    return sorted(consequences, key=lambda e: not e.blocks)


@EFFECTS.under("registry")
def _of_registry(person: Person, into: Person) -> Iterable[Effect]:
    if into.merged_into_id:
        yield Effect(_("对方记录本身已并入他人，请选择其现行记录"), (str(into.merged_into_id),), blocks=True)
    if person.merged_into_id:
        yield Effect(_("本记录已并入他人，请先撤销"), (str(person.merged_into_id),), blocks=True)
    dependants = tuple(str(pk) for pk in person.merged.values_list("pk", flat=True))
    if dependants:
        yield Effect(_("已有记录并入本记录，请先撤销，或反过来合并"), dependants, blocks=True)
    if person.id_hash and into.id_hash:
        yield Effect(_("两个记录的身份证件不同：请核实确为同一人（如证件号码变更）"))
    if person.id_hash and not into.id_hash:
        yield Effect(_("只有本记录有身份证件，现行记录应当有：请反过来合并"), blocks=True)
    if person.birth_date and into.birth_date and person.birth_date != into.birth_date:
        yield Effect(_("两个记录的出生日期不同，以现行记录为准"))
    if person.account_id:
        yield Effect(_("其账号继续可用，登录后看到的是同一个人的全部申请和项目"), (str(person.account),))
    bans = tuple(str(s) for s in Sanction.objects.filter(person=person))
    if bans:
        yield Effect(_("其失信惩戒对本人的全部申请有效"), tuple(s.partition(" ")[2] for s in bans))
    works, ties = (
        Authorship.objects.filter(person=person).count(),
        Relation.objects.filter(Q(first=person) | Q(second=person)).count(),
    )
    if works or ties:
        yield Effect(_("其论著 %(works)d 篇、人员关系 %(ties)d 条计入回避关系") % {"works": works, "ties": ties})


def merge_records(*, person: Person, into: Person, reason: str, actor: Actor) -> None:
    """Let `into` stand for `person` in every look-up, limit and conflict.

    Raises:
        Refused: no reason, one's own records, the same record, or something that must be settled first.
    """
    with command(actor, "registry.person.merge", name="registry.merge_records") as log:
        records = {p.pk: p for p in Person.objects.select_for_update().filter(pk__in=[person.pk, into.pk]).order_by("pk")}
        record, stays = records[person.pk], records[into.pk]
        if record.pk == stays.pk:
            raise Refused.because(_("请选择另一条记录"), field="into")
        _refuse_own(actor, [record, stays])
        if len(reason.strip()) < LEAST_REASON:
            raise Refused.because(_("请写明依据"), field="reason")
        refuse_if(
            Reason("；".join([e.text, "、".join(e.records)]).strip("；"), field="into")
            for e in effects(record, stays)
            if e.blocks
        )
        record.merged_into, record.merge_reason = stays, reason.strip()[:300]
        _point(record, log, {"merged_into": stays.pk, "reason": record.merge_reason}, actor)


def undo_merge(*, person: Person, reason: str, actor: Actor) -> None:
    """Let a record stand for itself again. What either record holds is where it always was.

    Raises:
        Refused: not merged, one's own record, or no reason.
    """
    with command(actor, "registry.person.merge", name="registry.undo_merge") as log:
        row = Person.objects.select_for_update(of=("self",)).select_related("merged_into").get(pk=person.pk)
        if row.merged_into is None:
            raise Refused.because(_("该记录没有并入他人"))
        _refuse_own(actor, [row, row.merged_into])
        if len(reason.strip()) < LEAST_REASON:
            raise Refused.because(_("请写明依据"), field="reason")
        row.merged_into, row.merge_reason = None, ""
        _point(row, log, {"merged_into": None, "reason": reason.strip()[:300]}, actor)


def _point(row: Person, log: Log, after: dict[str, Any], actor: Actor) -> None:
    try:
        with transaction.atomic():
            row.save(update_fields=["merged_into", "merge_reason"])
    except IntegrityError as error:
        raise Refused.because(_("数据库不允许这样合并，请刷新后重试")) from error
    log(row, after=after)
    for follower in AFTER_MERGING.values():
        follower(row, actor)


def _refuse_own(actor: Actor, people: Sequence[Person]) -> None:
    """Refuse actors who make two people of themselves, or one of themselves and another."""
    if actor.account and {p.pk for p in people} & set(own_records(actor.account)):
        raise Refused.because(_("涉及您本人的记录，请由其他人员办理"))


def likely_same(rows: Any) -> Any:
    """Return those of some people of whom another surviving record has the same address, or the same name and institution or birth date."""
    others = Person.objects.surviving().exclude(pk=OuterRef("pk"))
    address = others.filter(email=OuterRef("email")).exclude(email="")
    namesakes = others.filter(name_zh=OuterRef("name_zh"))
    near = namesakes.filter(Q(organisation=OuterRef("organisation")) | Q(birth_date=OuterRef("birth_date")))
    return rows.surviving().filter(Exists(address) | Exists(near))


def candidates(person: Person) -> list[Person]:
    """Return the records that may be of the same person: of the same address, or of the same name."""
    same = Q(pk__in=Person.objects.called(person.name_zh).values("pk"))
    if person.email:
        same |= Q(email=person.email)
    rows = Person.objects.surviving().filter(same).exclude(pk=person.survivor_id).exclude(pk=person.pk)
    return list(rows.select_related("organisation").order_by("pk")[:20])
