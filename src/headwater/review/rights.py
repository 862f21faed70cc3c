"""Who may cause the events of review."""

from __future__ import annotations

from headwater.calls.rights import DECIDING, JUDGING, involved
from headwater.core.causes import Right, declare, either, office, party, subject
from headwater.core.models import Event
from headwater.registry.rights import IMPORTS, OFFICER_OF_ALL, accounts_of_records
from headwater.review.models import Expert, Opinion, Revival


def experts(event: Event) -> set[int]:
    """The account of the expert whom an event is about: of an assignment, an opinion, a conflict, a seat on a panel,
    a signature that brings an item back."""
    record = subject(event)
    if isinstance(record, Opinion):
        record = record.assignment
    if isinstance(record, Revival):
        record = record.member
    expert = record if isinstance(record, Expert) else getattr(record, "expert", None)
    return accounts_of_records([expert.person_id]) if expert else set()


EXPERT = office("expert", named=party("the expert concerned", experts))

RIGHTS: dict[str, Right] = {
    "review.register_experts": IMPORTS,
    "review.import_experts": IMPORTS,
    "review.change_experts": OFFICER_OF_ALL,
    "review.retire_expert": OFFICER_OF_ALL,
    "review.restore_expert": OFFICER_OF_ALL,
    "review.change_own": EXPERT,
    "review.find_conflicts": JUDGING,
    "review.declare_conflict": either(JUDGING, EXPERT),
    "review.propose_round": JUDGING,
    "review.publish_round": JUDGING,
    "review.assign_by_hand": JUDGING,
    "review.release_assignment": JUDGING,
    "review.expire_invitations": JUDGING,
    "review.remind": JUDGING,
    "review.answer_invitations": EXPERT.but(involved),
    "review.save_opinions": EXPERT.but(involved),
    "review.submit_opinions": EXPERT.but(involved),
    "review.close_reviews": JUDGING,
    "review.make_panel": DECIDING,
    "review.change_panel": DECIDING,
    "review.dissolve_panel": DECIDING,
    "review.restore_panel": DECIDING,
    "review.open_voting": DECIDING,
    "review.cast_ballot": EXPERT,
    "review.close_voting": DECIDING,
    "review.vote_again": DECIDING,
    "review.draw_equals": DECIDING,
    "review.sign_revival": EXPERT,
}
declare(RIGHTS)
