"""The people whom the demo's home page lets one enter as. They are chosen once, belong together, and stay."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, OuterRef

from headwater.awards.models import Award
from headwater.calls.models import Application, Objection, Participant
from headwater.calls.states import State
from headwater.core.models import Account
from headwater.demo.people import World
from headwater.registry.models import Person
from headwater.review.models import Assignment, Expert, Panel, PanelMember


def roster(world: World) -> list[tuple[str, str]]:
    """List pairs of a kind of entry (`headwater.web.entries.KINDS`) and a username, for whoever is there."""
    own = [p.pk for p in world.own]
    draft = Application.objects.filter(state=State.DRAFT, leader__in=own).order_by("pk").first() or (
        Application.objects.filter(state=State.DRAFT).order_by("-call__closes_at", "pk").first()
    )
    host = draft.host if draft else world.home
    people: list[tuple[str, Person | None]] = [
        ("applicant", draft.leader if draft else None),
        ("member", _member(draft) if draft else None),
        ("refused", _refused(own)),
        ("objected", _objected(own)),
        ("leader", _leader(own)),
    ]
    rows = [(kind, person.account) for kind, person in people if person]
    rows += [("host", world.managers.get(host.pk)), ("agency", world.recommenders.get(host.recommender_id or 0))]
    rows += [("expert", _account(_expert())), *(("chair" if m.is_chair else "panellist", _account(m.expert)) for m in _panel())]
    rows += list(_staff(world))
    return [(kind, account.username) for kind, account in rows if account]


def _member(draft: Application) -> Person | None:
    rows = Participant.objects.filter(application=draft, confirmed_at=None, declined_at=None, person__account__isnull=False)
    row = rows.select_related("person__account").order_by("pk").first()
    return row.person if row else None


def _refused(own: list[int]) -> Person | None:
    rows = Application.objects.filter(leader__in=own, state=State.NOT_ACCEPTED, check_result__recheck_at=None)
    return _leader_of(rows.select_related("leader__account").order_by("pk").first())


def _objected(own: list[int]) -> Person | None:
    rows = Objection.objects.filter(row__application__leader__in=own, state=Objection.State.OPEN)
    row = rows.select_related("row__application__leader__account").order_by("pk").first()
    return row.row.application.leader if row else None


def _leader(own: list[int]) -> Person | None:
    """Return who has an agreement to sign, or else a project."""
    waiting = Award.objects.filter(leader__in=own, state=Award.State.AGREEMENT, agreement__signatures=None)
    rows = waiting if waiting.exists() else Award.objects.all()
    return _leader_of(rows.select_related("leader__account").order_by("pk").first())


def _leader_of(row: Application | Award | None) -> Person | None:
    return row.leader if row else None


def _expert() -> Expert | None:
    """Return an expert with an opinion to write, who has an invitation to answer too if anybody has both."""
    invited = Assignment.objects.filter(expert=OuterRef("pk"), state=Assignment.State.INVITED)
    rows = Expert.objects.filter(assignments__state=Assignment.State.ACCEPTED, person__account__isnull=False)
    return rows.annotate(both=Exists(invited)).select_related("person__account").order_by("-both", "pk").first()


def _panel() -> list[PanelMember]:
    """Return the members of a panel that votes, or of one that has met, the chair first."""
    panel = Panel.objects.filter(state=Panel.State.VOTING).order_by("pk").first() or Panel.objects.order_by("pk").first()
    members = PanelMember.objects.filter(panel=panel).select_related("expert__person__account").order_by("-is_chair", "pk")
    return list(members) if panel and panel.state == Panel.State.VOTING else list(members[:1])


def _account(expert: Expert | None) -> Account | None:
    return expert.person.account if expert else None


def _staff(world: World) -> Iterator[tuple[str, Account]]:
    """Yield the staff of the plan in its order; the second officer is a kind of its own."""
    accounts = {a.username: a for a in Account.objects.filter(username__in=[s.username for s in world.plan.staff])}
    seen: set[str] = set()
    for one in world.plan.staff:
        yield one.role + ("_2" if one.role in seen else ""), accounts[one.username]
        seen.add(one.role)
