"""A cancelled call releases the experts who were still to review for it."""

from __future__ import annotations

import pytest

from headwater.calls.publishing.services.changing import propose_change
from headwater.core.models import Notification
from headwater.review.models import Assignment
from tests.approvals import approve_change
from tests.make import actor
from tests.review.test_opinions import accepted

pytestmark = pytest.mark.django_db


def test_experts_of_a_cancelled_call_are_released_and_told() -> None:
    call, rows = accepted()
    Assignment.objects.filter(pk=rows[0].pk).update(state="submitted")
    approve_change(
        change=propose_change(call=call, cancel=True, reason="预算调整", actor=actor("officer")), actor=actor("officer2")
    )
    states = dict(Assignment.objects.filter(pk__in=[r.pk for r in rows]).values_list("pk", "state"))
    assert states == {r.pk: "submitted" if r == rows[0] else "released" for r in rows}
    told = Notification.objects.filter(title__startswith="评审不再需要").values_list("account", flat=True)
    assert sorted(told) == sorted(r.expert.person.account_id for r in rows[1:])
