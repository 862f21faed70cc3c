"""Who may download the files of requests, and what is said of a refused one."""

from typing import Any

from headwater.casework.requests.models import Request
from headwater.core.files import OWNERS
from headwater.core.models import StoredFile
from headwater.core.uploads import TELL


@OWNERS.under("requests.request")
def may_read(user: Any, file: StoredFile) -> bool:
    return Request.objects.visible_to(user).filter(pk=file.owner_id).exists()


@TELL.under("requests.request")
def title_and_page(file: StoredFile) -> tuple[str, str]:
    return str(Request.objects.get(pk=file.owner_id)), f"/requests/{file.owner_id}/"
