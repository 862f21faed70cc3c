from typing import Any

from headwater.awards.models import Agreement
from headwater.core.files import OWNERS
from headwater.core.models import StoredFile
from headwater.core.permission import may


def agreement_file(user: Any, file: StoredFile) -> bool:
    agreement = Agreement.objects.select_related("award__leader").get(pk=file.owner_id)
    return may(user, "awards.agreement.view", agreement.award)


OWNERS.add("awards.agreement", agreement_file)
