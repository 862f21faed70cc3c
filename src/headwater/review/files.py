from typing import Any

from headwater.calls.models import Application
from headwater.core.files import owner
from headwater.core.models import StoredFile
from headwater.core.permission import may
from headwater.review.models import Assignment

READING = (Assignment.State.ACCEPTED, Assignment.State.SUBMITTED)


def application_file(user: Any, file: StoredFile) -> bool:
    """Attachments follow their application; an expert reads them after accepting the invitation."""
    application = Application.objects.select_related("leader", "host").get(pk=file.owner_id)
    if may(user, "calls.application.view", application):
        return True
    return application.assignments.filter(expert__person__account=user, state__in=READING).exists()


owner("calls.application", application_file)
