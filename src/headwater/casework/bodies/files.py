"""Who may have the rules of procedure of a body: whoever may see its page."""

from typing import Any

from headwater.casework.bodies.models import Body
from headwater.core.files import OWNERS
from headwater.core.models import StoredFile
from headwater.core.uploads import TELL


@OWNERS.under("bodies.body")
def rules_file(user: Any, file: StoredFile) -> bool:
    return Body.objects.visible_to(user).filter(pk=file.owner_id).exists()


@TELL.under("bodies.body")
def name_and_page(file: StoredFile) -> tuple[str, str]:
    return str(Body.objects.get(pk=file.owner_id)), f"/bodies/{file.owner_id}/"
