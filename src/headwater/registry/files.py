from typing import Any

from headwater.core.files import OWNERS
from headwater.core.models import StoredFile
from headwater.core.uploads import TELL
from headwater.registry.models import Work, WorkClaim


def claim_file(user: Any, file: StoredFile) -> bool:
    """Return whether a user may have the evidence of a claim: who may see the work of any claim that it stands for."""
    return Work.objects.visible_to(user).filter(claims__file=file).exists()


def claim_of(file: StoredFile) -> tuple[str, str]:
    """Return the title and the page of what refused evidence was given for."""
    claim = WorkClaim.objects.select_related("work").get(pk=file.owner_id)
    return claim.work.title, f"/works/{claim.work_id}/"


OWNERS.add("registry.workclaim", claim_file)
TELL.add("registry.workclaim", claim_of)
