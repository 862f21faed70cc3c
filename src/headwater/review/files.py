from typing import Any

from headwater.calls.models import Application
from headwater.core.files import OWNERS
from headwater.core.models import StoredFile
from headwater.core.own import without_own
from headwater.core.permission import may
from headwater.registry.models import own_records
from headwater.review.models import Assignment

READING = (Assignment.State.ACCEPTED, Assignment.State.SUBMITTED)


def application_file(user: Any, file: StoredFile) -> bool:
    """Attachments follow their application, for whom it is visible to; an expert reads them after accepting the invitation."""
    application = Application.objects.visible_to(user).select_related("leader", "host").filter(pk=file.owner_id).first()
    if application is not None and may(user, "calls.application.view", application):
        return True
    assignments = Assignment.objects.filter(application=file.owner_id, expert__person__in=own_records(user), state__in=READING)
    return without_own(assignments, user).exists()


OWNERS.add("calls.application", application_file)
