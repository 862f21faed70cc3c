"""Files that an entry has beside its answers."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.core.files import check_upload
from headwater.core.models import StoredFile
from headwater.core.services import store_file
from headwater.core.uploads import ask_for_check
from headwater.registers.kinds import kind_of

MOST_FILES = 50


def attach_file(*, entry: Any, kind: str, name: str, content: bytes, actor: Actor) -> StoredFile:
    """Keep a file of a kind that the form of the entry names. It is given out when a job has looked into it.

    Raises:
        Refused: no such kind of file, too many of them, or a file that is not taken.
    """
    with command(actor, "registers.fill", entry, name="registers.attach_file") as log:
        if kind not in {a.kind for a in kind_of(entry).form.attachments}:
            raise Refused.because(_("没有这一类附件"), field="kind")
        rows = StoredFile.objects.filter(owner_type=entry._meta.label_lower, owner_id=entry.pk)
        if rows.count() >= MOST_FILES:
            raise Refused.because(_("附件最多 %d 个") % MOST_FILES, field="file")
        content_type = check_upload(name, content)
        file = store_file(
            owner=entry, kind=kind, name=name, content=content, content_type=content_type, account=actor.account, checked=False
        )
        log(entry, after={"file": file.pk, "name": file.name, "kind": kind, "sha256": file.sha256})
        ask_for_check()
    return file
