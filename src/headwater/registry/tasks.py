"""Jobs of the registry, made known to the worker."""

from __future__ import annotations

from typing import Any

from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django import app

from headwater.core.command import Actor
from headwater.core.errors import Refused
from headwater.core.jobs import Progress, job, result_names
from headwater.registry.import_pages import told
from headwater.registry.tables import IMPORTS

result_names(added=gettext_lazy("新增"), changed=gettext_lazy("更新"), skipped=gettext_lazy("有问题"))
TOLD = 5
"""Bad rows that a job names; the dry run names them all."""


@job("registry.import", gettext_lazy("导入表格"))
def import_table(
    progress: Progress, actor: Actor, *, table: str, name: str, path: str, url: str = "/imports/", **how: Any
) -> dict[str, Any]:
    """Import a table that was held for the worker. It holds personal data and is deleted, however the import ends.

    Raises:
        Refused: the file cannot be read, or rows are bad and are not to be left out.
    """
    with default_storage.open(path) as source:
        content = source.read()
    progress(0, 1)
    try:
        result = IMPORTS[table].work(name=name, content=content, actor=actor, dry_run=False, **how)
    finally:
        default_storage.delete(path)
    if result.errors and not how.get("skip_bad"):
        lines = "；".join(f"{e.row} {e.column} {e.message}" for e in result.errors[:TOLD])
        raise Refused.because(_("有问题的行没有解决，什么都没有导入：%s") % lines)
    return {"rows": result.rows, "added": result.added, "changed": result.changed, "skipped": result.skipped, "url": url}


@job("registry.try_import", gettext_lazy("试运行导入"))
def try_import(progress: Progress, actor: Actor, *, table: str, name: str, path: str, here: str) -> dict[str, Any]:
    """Say what an import of a large file would do. The file stays where it is held until it is confirmed or another takes its place.

    Raises:
        Refused: the file cannot be read.
    """
    if not default_storage.exists(path):
        raise Refused.because(_("文件已不在，请重新选择"))
    with default_storage.open(path) as source:
        content = source.read()
    progress(0, 1)
    result = told(IMPORTS[table].work(name=name, content=content, actor=actor, dry_run=True))
    counts = {key: result[key] for key in ("rows", "added", "changed", "skipped")}
    return counts | {"preview": result, "url": f"{reverse(here)}?tried={progress.job.pk}"}


@app.periodic(cron="*/5 * * * *")
@app.task(name="headwater.take_in_works", queue="jobs", queueing_lock="take_in_works")
def take_in_works(timestamp: int) -> None:
    """Make the works of large files searchable."""
    from headwater.registry.works.searching import take_in

    take_in()
