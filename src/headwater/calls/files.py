"""Names the application of a file for the message that the file was refused; the review declares who may download it. Templates of papers
are files of the region.
"""

from typing import Any

from headwater.calls.models import Application
from headwater.core.files import OWNERS
from headwater.core.models import StoredFile
from headwater.core.permission import may
from headwater.core.uploads import TELL


@TELL.under("calls.application")
def title_and_page(file: StoredFile) -> tuple[str, str]:
    row = Application.objects.only("title_zh", "number").get(pk=file.owner_id)
    return str(row), f"/applications/{file.owner_id}/edit/attachments/"


def template_of_paper(user: Any, file: StoredFile) -> bool:
    return may(user, "calls.paper.manage")


OWNERS.add("registry.region", template_of_paper)
