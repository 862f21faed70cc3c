"""Jobs of the registry, made known to the worker."""

from __future__ import annotations

from typing import Any

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core.command import Actor
from headwater.core.errors import Refused
from headwater.core.jobs import Progress, job, result_names
from headwater.registry.tables import IMPORTS

result_names(added=gettext_lazy("新增"), changed=gettext_lazy("更新"), skipped=gettext_lazy("有问题"))
TOLD = 5
"""Bad rows that a job names; the dry run names them all."""


@job("registry.import", gettext_lazy("导入表格"))
def import_table(progress: Progress, actor: Actor, *, table: str, name: str, path: str, skip_bad: bool = False) -> dict[str, Any]:
    """Import a table that was held for the worker. It holds personal data and is deleted, however the import ends.

    Raises:
        Refused: the file cannot be read, or rows are bad and are not to be left out.
    """
    with default_storage.open(path) as source:
        content = source.read()
    progress(0, 1)
    try:
        result = IMPORTS[table].work(name=name, content=content, actor=actor, dry_run=False, skip_bad=skip_bad)
    finally:
        default_storage.delete(path)
    if result.errors and not skip_bad:
        lines = "；".join(f"{e.row} {e.column} {e.message}" for e in result.errors[:TOLD])
        raise Refused.because(_("有问题的行没有解决，什么都没有导入：%s") % lines)
    return {"rows": result.rows, "added": result.added, "changed": result.changed, "skipped": result.skipped, "url": "/imports/"}
