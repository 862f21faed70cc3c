"""Names the application of a file for the message that the file was refused. The review declares who may download it."""

from headwater.calls.models import Application
from headwater.core.models import StoredFile
from headwater.core.uploads import TELL


@TELL.under("calls.application")
def title_and_page(file: StoredFile) -> tuple[str, str]:
    row = Application.objects.only("title_zh", "number").get(pk=file.owner_id)
    return str(row), f"/applications/{file.owner_id}/edit/attachments/"
