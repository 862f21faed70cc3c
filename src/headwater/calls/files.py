"""Files of applications: what is said of a refused one, by the worker that found it, too. Who may download them review declares."""

from headwater.calls.models import Application
from headwater.core.models import StoredFile
from headwater.core.uploads import TELL


@TELL.under("calls.application")
def title_and_page(file: StoredFile) -> tuple[str, str]:
    row = Application.objects.only("title_zh", "number").get(pk=file.owner_id)
    return str(row), f"/applications/{file.owner_id}/edit/attachments/"
