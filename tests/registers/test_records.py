"""Changes of the record: columns, answers, keepers, holders, successors; what was seen, and the history of every day."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from headwater.bases.models import Base
from headwater.core import clock
from headwater.core.command import system
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Event, Notification, RoleGrant
from headwater.registers.history import as_of
from headwater.registers.lineage import chains
from headwater.registers.models import Succession
from headwater.registers.services.changing import change_entry, stored_values
from headwater.registers.services.holding import holders_mark, record_succession, set_holders
from headwater.registers.services.keeping import appoint
from headwater.registers.services.opening import Share
from headwater.registers.services.reminding import grant_late, remind_of_terms
from headwater.registry.models import Person, Sanction
from tests.make import actor, manager, new_host, new_person
from tests.make.bases import COMPLETE, done, new_base, register_of
from tests.make.people import as_

pytestmark = pytest.mark.django_db


def change(base: Base, who: Any = None, **given: Any) -> Base:
    return change_entry(register=register_of(base.kind), entry=base, actor=who or actor("officer"), **given)


def seen(base: Base) -> dict[str, Any]:
    return stored_values(register_of(base.kind), base)


def test_a_change_is_kept_with_what_stood_before() -> None:
    base = new_base()
    row = change(base, columns={"name_zh": "新名称"}, answers={"area": 1500, "website": "https://lab.example"})
    assert (row.name_zh, row.answers["area"], row.answers["website"], row.revision) == ("新名称", 1500, "https://lab.example", 1)
    event = Event.objects.filter(subject_type="bases.base", subject_id=base.pk).latest("pk")
    assert (event.before["name_zh"], event.after["name_zh"]) == (base.name_zh, "新名称")
    assert event.before["answers"]["area"] == 1200
    with pytest.raises(Refused, match="没有变化"):
        change(row, columns={"name_zh": "新名称"})


def test_what_somebody_else_changed_since_is_told_beside_its_field_and_not_overwritten() -> None:
    base = new_base()
    read = seen(base)
    change(base, answers={"area": 1500})
    with pytest.raises(Refused) as refused:
        change(base, answers={"area": 1700, "fixed": 26}, seen=read)
    assert [(r.field, r.code) for r in refused.value.reasons] == [("area", "changed")]
    assert "“1500”" in str(refused.value)
    row = change(base, answers={"fixed": 26}, seen=read)  # another field is nobody's clash
    assert (row.answers["area"], row.answers["fixed"]) == (1500, 26)


def test_a_keeper_changes_answers_and_not_the_name() -> None:
    director = new_person()
    base = new_base(keepers={"director": director})
    change(base, as_(director), answers={"website": "https://lab.example"})
    change(base, manager(base.host), answers={"website": "https://lab2.example"})
    for who in (as_(director), manager(base.host)):
        with pytest.raises(NotAllowed):
            change(base, who, columns={"name_zh": "自改名"})
    with pytest.raises(NotAllowed):
        change(base, as_(new_person()), answers={"website": "https://x.example"})


def test_an_answer_that_cannot_be_stored_is_refused_beside_its_control() -> None:
    with pytest.raises(Refused) as refused:
        change(new_base(), answers={"directions": [{"name": "甲", "head": "没有这个人"}, {"name": "乙" * 90}]})
    assert [r.field for r in refused.value.reasons] == ["directions.1.name"]


def test_a_keeper_is_named_gets_the_role_and_is_told_and_the_former_one_loses_it() -> None:
    first, second = new_person("甲主任"), new_person("乙主任")
    base = new_base(keepers={"director": first})
    given = {"register": register_of(base.kind), "entry": base, "role": "director"}
    appoint(**given, person=second, seen=first, actor=manager(base.host))
    held = {g.account_id: g.until is None for g in RoleGrant.objects.filter(role="director", scope_id=base.pk)}
    assert held == {first.account_id: False, second.account_id: True}
    titles = {n.account_id: n.title for n in Notification.objects.filter(account__in=held, title__contains="担任")}
    assert ("不再担任" in titles[first.account_id], "您已担任" in titles[second.account_id]) == (True, True)
    with pytest.raises(Refused, match="已有人改动"):
        appoint(**given, person=first, seen=first, actor=actor("officer"))
    with pytest.raises(NotAllowed):
        appoint(**given, person=first, seen=second, actor=as_(second))
    Sanction.objects.create(person=first, since=clock.today() - timedelta(days=1), document="惩2")
    with pytest.raises(Refused, match="惩戒期"):
        appoint(**given, person=first, seen=second, actor=actor("officer"))
    assert check(["keepers_of_kinds"]) == []


def test_who_opens_an_account_later_gets_the_role_by_night() -> None:
    person = Person.objects.create(name_zh="无账号", organisation=new_host())
    base = new_base(keepers={"secretary": person})
    assert grant_late(actor=system("worker")) == 0
    other = new_person("有账号")
    account = other.account
    Person.objects.filter(pk=other.pk).update(account=None)
    Person.objects.filter(pk=person.pk).update(account=account)
    assert grant_late(actor=system("worker")) == 1
    assert RoleGrant.objects.filter(account=account, role="secretary", scope_id=base.pk).exists()
    assert grant_late(actor=system("worker")) == 0


def test_the_holders_change_from_today_and_those_before_stay_in_the_history() -> None:
    base, host, partner = new_base(), new_host(), new_host()
    current = list(base.holders.all())
    given = {"register": register_of(base.kind), "entry": base, "reason": "单位调整", "actor": actor("officer")}
    others = [Share("partner", partner, None, Decimal("0.2500"))]
    row = set_holders(**given, host=host, others=others, seen=holders_mark(current))
    assert row.host_id == host.pk
    rows = [(h.role, h.organisation_id, h.until) for h in base.holders.order_by("pk")]
    assert rows == [("lead", base.host_id, clock.today()), ("lead", host.pk, None), ("partner", partner.pk, None)]
    with pytest.raises(Refused, match="有变化，请重新核对"):
        set_holders(**given, host=host, others=[], seen=holders_mark(current))
    now = holders_mark(list(base.holders.filter(until=None)))
    with pytest.raises(Refused) as refused:
        set_holders(**given, host=host, others=[Share("builder", new_host()), Share("partner", host)], seen=now)
    assert [r.field for r in refused.value.reasons] == ["holders", "holders"]
    assert check(["entry_host_leads"]) == []


def test_an_entry_with_a_successor_is_over_and_stays_so() -> None:
    old, other, new = new_base(), new_base(), new_base()
    given = {"register": register_of(old.kind), "actor": actor("officer")}
    with pytest.raises(Refused, match="还没有终止"):
        record_succession(**given, before=[old.pk], after=[new.pk], how="renamed")
    old, other = done(old, "merge"), done(other, "merge")
    record_succession(**given, before=[old.pk, other.pk], after=[new.pk], how="merged")
    assert chains("bases.base", [new.pk]) == {new.pk: sorted([old.pk, other.pk, new.pk])}
    with pytest.raises(IntegrityError, match=r"with_successor_is_over|says otherwise"), transaction.atomic():
        Base.objects.filter(pk=old.pk).update(group="live", state="running", until=None)
    with pytest.raises(IntegrityError, match="has a successor"), transaction.atomic():
        Base.objects.filter(pk=old.pk).update(succeeded_on=None)
    with pytest.raises(IntegrityError, match="is not over"), transaction.atomic():
        Succession.objects.create(subject_kind="bases.base", before_id=new.pk, after_id=old.pk, how="merged", on=clock.today())
    with pytest.raises(Refused, match="已登记过"):
        record_succession(**given, before=[old.pk], after=[new.pk], how="merged")
    assert check(["successor_not_live"]) == []


def test_a_chain_does_not_lead_back_and_a_division_has_several_parts() -> None:
    one, two, three = (done(new_base(), "remove") for _n in range(3))
    given = {"register": register_of(one.kind), "actor": actor("officer")}
    record_succession(**given, before=[one.pk], after=[two.pk], how="renamed")
    record_succession(**given, before=[two.pk], after=[three.pk], how="renamed")
    with pytest.raises(Refused, match="由它自己承继而来"):
        record_succession(**given, before=[three.pk], after=[one.pk], how="renamed")
    Base.objects.filter(pk=three.pk).update(succeeded_on=clock.today())
    with pytest.raises(IntegrityError, match="would succeed itself"), transaction.atomic():
        Succession.objects.create(subject_kind="bases.base", before_id=three.pk, after_id=one.pk, how="renamed", on=clock.today())
    with pytest.raises(Refused, match="至少有两个"):
        record_succession(**given, before=[three.pk], after=[new_base().pk], how="split")
    with pytest.raises(Refused, match="只有一个承继条目"):
        record_succession(**given, before=[three.pk], after=[new_base().pk, new_base().pk], how="merged")


def test_the_record_of_any_day_is_worked_out_from_the_events() -> None:
    start = timezone.now() - timedelta(days=30)
    with clock.at(start):
        base = new_base(name="起名", keepers={"director": new_person()})
    with clock.at(start + timedelta(days=10)):
        change(base, columns={"name_zh": "改名"}, answers={"area": 1600})
    with clock.at(start + timedelta(days=20)):
        base = done(base, "mend")
    days = [as_of(base, clock.local_day(start + timedelta(days=n))) for n in (-1, 0, 12, 25)]
    assert days[0] is None
    told = [(d["name_zh"].rstrip("0123456789"), d["answers"]["area"], d["state"]) for d in days[1:] if d]
    assert told == [("起名", 1200, "building"), ("改名", 1600, "building"), ("改名", 1600, "mending")]


def test_keepers_are_reminded_before_a_term_ends_once_a_day() -> None:
    director = new_person()
    base = new_base(keepers={"director": director})
    for days, told in ((31, 0), (30, 1), (30, 0), (7, 1), (2, 0), (1, 1)):
        Base.objects.filter(pk=base.pk).update(state_due=clock.add_days(clock.today(), days))
        if days != 30 or told:
            Base.objects.filter(pk=base.pk).update(reminded_on=None)
        before = Notification.objects.filter(account=director.account).count()
        remind_of_terms(actor=system("worker"))
        assert Notification.objects.filter(account=director.account).count() - before == told, days


def test_what_is_stored_is_what_the_page_reads() -> None:
    base = new_base()
    assert seen(base)["area"] == COMPLETE["area"]
    assert seen(base)["place"] == base.place_id
