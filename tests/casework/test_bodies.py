"""Bodies: who may sit together, for how long, and who may not; convened and changed with every fault told at once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from headwater.casework.bodies.models import Body, BodyKind, BodyMember
from headwater.casework.bodies.queries import whats_wrong
from headwater.casework.bodies.services.composing import Chosen, as_chosen
from headwater.casework.bodies.services.convening import change_members, convene, dissolve, kind_named
from headwater.core import clock
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Notification, OutboxMail, RoleGrant
from headwater.registry.models import Person, Relation, Sanction
from tests.casework.made import COMMITTEE, ETHICS, PANEL, called, chosen, committee, outsiders
from tests.make import actor, as_, manager, new_host, new_person, real_host

pytestmark = pytest.mark.django_db


def texts(error: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [r.text for r in error.value.reasons]


def test_a_committee_is_convened_and_its_members_are_told() -> None:
    body = committee()
    seats = list(body.members.order_by("pk"))
    assert [m.post for m in seats] == ["chair", *["member"] * 8]
    assert {(m.standing, m.terms) for m in seats} == {("outside", 1)}
    assert {m.until for m in seats} == {clock.today().replace(year=clock.today().year + 5)}
    told = Notification.objects.filter(account=seats[3].person.account).get()
    assert told.title == f"您已被聘为成员：{body.name_zh}"
    assert told.url == f"/bodies/{body.pk}/"
    assert not check(["rows_as_written", "bodies_about_what_is_there"])


def test_everything_that_is_wrong_is_told_at_once_with_how_to_mend_it() -> None:
    host = new_host("本校")
    own = [new_person(f"本校{n}", host) for n in range(5)]
    people = outsiders(5)
    Sanction.objects.create(person=people[4], since=clock.today() - timedelta(days=1), document="测〔2026〕1号")
    with pytest.raises(Refused) as error:
        convene(kind=COMMITTEE, record=host, name_zh=" ", members=[Chosen(p) for p in (*own, *people)], actor=actor("officer"))
    found = texts(error)
    assert "请填写名称" in found
    assert "学术委员会人数应为单数，现有 10 人；请增加或减少 1 人" in found
    assert "须有且只有一位主任委员，由委员担任；现有 0 位" in found
    assert "依托单位人员最多 3 人（不超过 1/3），现有 5 人；请换下 2 人" in found
    assert f"{people[4].name_zh} 在失信惩戒期内，不能参加；请另选" in found
    assert not Body.objects.filter(subject_id=host.pk).exists()


def test_what_is_only_unusual_passes_with_a_reason() -> None:
    host = new_host("本校")
    members = chosen([new_person("院士", host), *outsiders(8)])
    with pytest.raises(Refused) as error:
        convene(kind=COMMITTEE, record=host, name_zh="委员会", members=members, actor=actor("officer"))
    assert [(r.field, r.text) for r in error.value.reasons] == [("insisted", "主任委员一般由单位外专家担任，院士 不是")]
    body = convene(
        kind=COMMITTEE, record=host, name_zh="委员会", members=members, actor=actor("officer"), insisted="院士领衔筹建"
    )
    assert body.insisted == "院士领衔筹建"


def test_a_record_has_one_committee_of_a_kind_at_a_time() -> None:
    body = committee()
    with pytest.raises(Refused, match="请调整其成员，或先解散"):
        committee(host=body.record)
    dissolve(body=body, reason="换届重组", actor=actor("officer"))
    assert committee(host=body.record).pk != body.pk


def test_a_panel_takes_nobody_of_the_host_nor_of_its_committee_nor_family_of_who_is_judged() -> None:
    host = real_host()
    judged = Person.objects.filter(account=manager(host).account).first() or new_person("管理员", host)
    Person.objects.filter(pk=judged.pk).update(account=manager(host).account)
    seated = committee(host=host).members.order_by("pk")[2].person
    staff, kin, managers = new_person("本院人", host), outsiders(1, name="亲属")[0], outsiders(3, name="管理")
    first, second = sorted((judged.pk, kin.pk))
    Relation.objects.create(first_id=first, second_id=second, kind="kin")
    people = [*outsiders(1), staff, seated, kin, *managers]
    rows = [Chosen(p, "chair" if n == 0 else "member", standing="manager" if p in managers else "") for n, p in enumerate(people)]
    with pytest.raises(Refused) as error:
        convene(kind=PANEL, record=host, name_zh="验收组", members=rows, actor=actor("officer"))
    found = "\n".join(texts(error))
    assert "管理专家最多 2 人，现有 3 人；请换下 1 人" in found
    assert "本院人 是依托单位的人员，不能参加；请换依托单位以外的专家" in found
    assert f"{seated.name_zh} 是“{host.name_zh}委员会”的成员，不能参加；请另选" in found
    assert f"{kin.name_zh} 是有关人员的近亲属，须回避" in found
    assert len(error.value.reasons) == 4


def test_somebody_sits_on_three_committees_of_a_kind_and_on_no_fourth() -> None:
    busy = outsiders(1, name="忙人")
    for _n in range(3):
        committee(members=chosen([*outsiders(8), *busy]))
    with pytest.raises(Refused) as error:
        committee(members=chosen([*outsiders(8), *busy]))
    assert texts(error) == [f"{busy[0].name_zh} 已在 3 个同类组织任职（最多 3 个）；请另选，或先辞去一个"]
    body = Body.objects.filter(members__person=busy[0]).order_by("pk")[0]
    assert not [f for f in whats_wrong(body) if "同类" in f.text], "its own seat does not count against it"


def test_an_ethics_committee_has_both_sexes_and_who_knows_law_ethics_and_the_place() -> None:
    host = new_host("医院")
    with pytest.raises(Refused) as error:
        convene(kind=ETHICS, record=host, name_zh="伦理委员会", members=chosen(outsiders(7)), actor=actor("officer"))
    assert {t.partition("不少于")[0] for t in texts(error)} == {
        "伦理专家",
        "法律专家",
        "熟悉当地情况的人员",
        "成员须包括不同性别；请调整人选，或在其个人信息中补全性别",
    }
    people = outsiders(7)
    Person.objects.filter(pk=people[6].pk).update(sex="m")
    kinds = [("ethics",), ("law",), ("local", "law"), (), (), (), ()]
    rows = [
        Chosen(Person.objects.get(pk=p.pk), "chair" if n == 0 else "member", qualities=q)
        for n, (p, q) in enumerate(zip(people, kinds, strict=True))
    ]
    body = convene(kind=ETHICS, record=host, name_zh="伦理委员会", members=rows, actor=actor("officer"))
    assert body.members.count() == 7


def test_a_body_of_one_case_is_not_convened_by_who_has_a_part_in_it() -> None:
    host = real_host()
    officer = actor("officer").account
    Person.objects.filter(account=officer).delete()
    me = new_person("主管", host)
    Person.objects.filter(pk=me.pk).update(account=officer)
    RoleGrant.objects.create(account=officer, role="host_manager", scope="organisation", scope_id=host.pk)
    with pytest.raises(NotAllowed):
        convene(kind=PANEL, record=host, name_zh="验收组", members=chosen(outsiders(5)), actor=actor("officer"))


def test_who_convenes_holds_a_role_of_the_kind_for_the_record() -> None:
    host = real_host()
    body = convene(kind=COMMITTEE, record=host, name_zh="委员会", members=chosen(outsiders(9)), actor=manager(host))
    assert body.convened_by == manager(host).account
    with pytest.raises(NotAllowed):
        convene(kind=COMMITTEE, record=new_host(), name_zh="委员会", members=chosen(outsiders(9)), actor=manager(host))
    with pytest.raises(NotAllowed):
        convene(kind=PANEL, record=host, name_zh="验收组", members=chosen(outsiders(5)), actor=manager(host))
    with pytest.raises(NotAllowed):
        change_members(body=body, members=[], actor=as_(outsiders(1)[0]))


class Changed:
    """A committee of nine, and what it would be with changes."""

    def __init__(self) -> None:
        self.body = committee()

    @property
    def now(self) -> list[Chosen]:
        return [as_chosen(m) for m in self.body.members.filter(until__gt=clock.today()).select_related("person").order_by("pk")]

    def change(self, members: list[Chosen], **more: Any) -> Body:
        return change_members(body=self.body, members=members, actor=actor("officer"), **more)


@pytest.fixture
def case() -> Changed:
    return Changed()


def test_who_leaves_is_told_why_and_who_comes_is_told_too(case: Changed) -> None:
    newcomer, gone = outsiders(1, name="新人")[0], case.now[8].person
    with pytest.raises(Refused) as error:
        case.change([*case.now[:8], Chosen(newcomer)])
    assert [r.field for r in error.value.reasons] == ["reason"]
    case.change([*case.now[:8], Chosen(newcomer)], reason="工作调动")
    row = BodyMember.objects.get(body=case.body, person=gone)
    assert (row.until, row.left_reason) == (clock.today(), "工作调动")
    assert Notification.objects.filter(account=gone.account, body="工作调动").exists()
    assert Notification.objects.filter(account=newcomer.account, title__startswith="您已被聘为成员").exists()
    assert case.body.members.count() == 10
    assert not check(["rows_as_written"])


def test_nothing_changed_is_said(case: Changed) -> None:
    with pytest.raises(Refused, match="成员没有变化"):
        case.change(case.now)


def test_a_post_changes_within_the_same_term(case: Changed) -> None:
    rows = case.now
    swapped = [
        Chosen(r.person, {0: "member", 1: "chair"}.get(n, r.post), r.standing, r.qualities, r.since, r.until, r.seat)
        for n, r in enumerate(rows)
    ]
    case.change(swapped)
    now = {m.person_id: m for m in case.body.members.filter(until__gt=clock.today())}
    assert (now[rows[1].person.pk].post, now[rows[1].person.pk].terms) == ("chair", 1)
    assert len(now) == 9


def test_a_new_term_renews_a_third_and_nobody_serves_three(case: Changed) -> None:
    first = case.now
    with clock.at(clock.now() + timedelta(days=5 * 366)):
        two_new = [Chosen(c.person, c.post) for c in first[:7]] + [Chosen(p) for p in outsiders(2)]
        with pytest.raises(Refused) as error:
            case.change(two_new, new_term=True)
        assert texts(error) == ["换届时学术委员会至少更换 1/3（3 人），新成员现有 2 人；请再更换"]
        renewed = [Chosen(c.person, c.post) for c in first[:6]] + [Chosen(p) for p in outsiders(3)]
        since = case.body.members.order_by("pk")[0].until
        case.change(renewed, new_term=True, since=since)
        assert {
            m.terms for m in case.body.members.filter(person__in=[c.person.pk for c in first[:6]], until__gt=clock.today())
        } == {2}
    with clock.at(clock.now() + timedelta(days=10 * 366)):
        latest = case.body.members.order_by("-since", "pk")[0].until
        third = [Chosen(c.person, c.post) for c in first[:6]] + [Chosen(p) for p in outsiders(3)]
        with pytest.raises(Refused) as error:
            case.change(third, new_term=True, since=latest)
        assert sum("已连任满 2 届" in t for t in texts(error)) == 6


def test_a_term_is_no_longer_than_the_kind_says(case: Changed) -> None:
    rows = case.now
    long = Chosen(rows[8].person, "member", since=rows[8].since, until=date(clock.today().year + 6, 1, 1), seat=rows[8].seat)
    with pytest.raises(Refused) as error:
        case.change([*rows[:8], long])
    assert texts(error)[0].startswith(f"{rows[8].person.name_zh} 的任期超过 5 年，最迟到")


def test_two_seats_of_one_person_never_overlap_in_the_database(case: Changed) -> None:
    seat = case.body.members.order_by("pk")[0]
    with pytest.raises(IntegrityError, match="body_member_seat_once"), transaction.atomic():
        BodyMember.objects.create(body=case.body, person=seat.person, standing="outside", since=clock.today())


def test_a_dissolved_body_ends_its_seats_and_cancels_what_was_called(case: Changed) -> None:
    sitting = called(case.body)
    dissolve(body=case.body, reason="实验室整合", actor=actor("officer"))
    sitting.refresh_from_db()
    assert (sitting.state, sitting.cancel_reason) == ("cancelled", "实验室整合")
    assert not case.body.members.filter(until__gt=clock.today()).exists()
    assert not check(["dissolved_bodies_have_no_seats", "rows_as_written"])
    with pytest.raises(Refused, match="已解散"):
        case.change(chosen(outsiders(9)))


def test_who_has_no_account_is_written_to_and_named(case: Changed) -> None:
    stranger = Person.objects.create(name_zh="无账号", email="nobody@example.org", sex="m")
    rows = [*case.now[:8], Chosen(stranger)]
    with pytest.raises(Refused) as error:
        case.change(rows, reason="补选")
    assert [(r.field, r.text) for r in error.value.reasons] == [
        ("insisted", "无账号 没有账号，不能在系统中表决；请系统管理员为其建立账号")
    ]
    case.change(rows, reason="补选", insisted="先行聘任")
    assert OutboxMail.objects.filter(to="nobody@example.org", subject__startswith="您已被聘为成员").exists()


def test_a_kind_is_the_newest_that_the_region_has() -> None:
    newest = kind_named(COMMITTEE, "nmg")
    BodyKind.objects.create(
        region="nmg", code=COMMITTEE, version=newest.version + 1, name_zh="学术委员会", name_en="Committee",
        definition=newest.definition | {"size": {"least": 3}}, digest="x" * 64, loaded_at=clock.now(),
    )  # fmt: skip
    assert kind_named(COMMITTEE, "nmg").rule.composition.least == 3
    with pytest.raises(LookupError, match="no kind of body 'jury'"):
        kind_named("jury", "nmg")
