"""Large exports: many documents as one zip with an index sheet, made by a job, given to the one who asked, removed after some days.

An app registers a kind: how its rows are found for an account, and what one row gives. The archive goes row by row to a file on
the data disk, so that memory does not grow with the number of documents.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import NotAllowed, Refused
from headwater.core.jobs import EXPORTS, Progress, enqueue, job, result_names
from headwater.core.models import Account, Export, Job
from headwater.core.own import own_cases, own_rows
from headwater.core.permission import SIGNED_IN
from headwater.core.register import Register
from headwater.core.sheets import SheetFile
from headwater.core.text import file_name
from headwater.core.web import scratch_root

logger = logging.getLogger("headwater.exports")
KEPT_DAYS = 7
FOLDER = "exports"
LEFT = timedelta(days=1)
"""From this age on a file that nothing names is what a kill left behind."""
MOST_ITEMS = 50_000
MOST_AT_ONCE = 3
CHUNK = 50


@dataclass(frozen=True)
class Document:
    """What one row gives: the file's name in the archive (its beginning is unique), its line in the index, and how to make it."""

    name: str
    line: Sequence[Any]
    make: Callable[[], bytes]


@dataclass(frozen=True)
class Kind:
    """`rows` gives what an account may see; `document` turns one of its rows into a file and a line under `heading`."""

    label: str | Promise
    rows: Callable[[Account], QuerySet[Any]]
    heading: Callable[[], Sequence[str]]
    document: Callable[[Any], Document]


@dataclass(frozen=True)
class Whole:
    """One large file, alone in its archive: `make(account, folder, progress, **what was asked)` writes it into the folder and
    returns its path and how many rows it has. It asks itself what the account may see."""

    label: str | Promise
    make: Callable[..., tuple[str, int]]


KINDS: Register[Kind | Whole] = Register("kind of export")
"""What can be exported as an archive."""
result_names(documents=gettext_lazy("文件数"), faults=gettext_lazy("未能生成"), rows=gettext_lazy("行"))


def grants_of(account: Account) -> list[str]:
    return sorted(f"{g.role}:{g.limit}:{g.scope_id or ''}" for g in account.grants)


def ask_export(*, what: str, items: Sequence[int], title: str, actor: Actor, **more: Any) -> Job:
    """Ask for an archive of the rows `items`; those that the account may not see when it is made are left out.

    `more` (JSON) is handed to the maker of a whole file.

    Raises:
        Refused: nothing to export, too much at once, or too many that are still being made.
    """
    account = actor.account
    if account is None:
        raise NotAllowed("core.export")
    if not items:
        raise Refused.because(_("没有可以导出的内容"))
    if len(items) > MOST_ITEMS:
        raise Refused.because(_("一次最多导出 %d 件，请先筛选") % MOST_ITEMS)
    with command(actor, SIGNED_IN, name="core.ask_export") as log:
        Account.objects.select_for_update().get(pk=account.pk)
        busy = Export.objects.filter(account=account, job__state__in=[Job.State.WAITING, Job.State.RUNNING]).count()
        if busy >= MOST_AT_ONCE:
            raise Refused.because(_("您有 %d 个导出还没有完成，请稍候") % busy)
        row = Export.objects.create(
            account=account, kind=what, title=title[:200], items=list(items), grants=grants_of(account), asked_at=clock.now()
        )
        row.job = enqueue("core.export", actor=actor, export=row.pk, **more)
        row.save(update_fields=["job"])
        log(row, after={"kind": what, "count": len(items), "title": row.title})
    return row.job


@job("core.export", gettext_lazy("导出压缩包"), queue=EXPORTS)
def make_export(progress: Progress, actor: Actor, *, export: int, **more: Any) -> dict[str, Any]:
    """Write the archive and keep it. Run twice it writes the file anew and forgets the first."""
    row = Export.objects.select_related("account").get(pk=export)
    kind = KINDS[row.kind]
    with translation.override(row.account.language):
        handle, path = tempfile.mkstemp(suffix=".zip", dir=scratch_root())
        os.close(handle)
        try:
            if isinstance(kind, Whole):
                counts = {"rows": write_whole(path, row, kind, progress, more)}
            else:
                documents, faults = write_archive(path, row, kind, progress)
                counts = {"documents": documents, "faults": faults}
            _keep(row, path, counts.get("rows", counts.get("documents", 0)))
        finally:
            os.unlink(path)
    return {**counts, "export": row.pk, "size": row.size}


def write_whole(path: str, row: Export, whole: Whole, progress: Progress, more: dict[str, Any]) -> int:
    """Write the one file that `whole` makes into the zip at `path`; return its number of rows."""
    with tempfile.TemporaryDirectory(dir=scratch_root()) as folder, zipfile.ZipFile(path, "w", allowZip64=True) as archive:
        source, count = whole.make(row.account, folder, progress, **more)
        archive.write(source, file_name(os.path.basename(source)), compress_type=zipfile.ZIP_DEFLATED)
    return count


def write_archive(path: str, row: Export, kind: Kind, progress: Progress) -> tuple[int, int]:
    """Write the documents of `row` and the index into the zip at `path`; return how many were made and how many could not be."""
    count, faults = 0, 0
    with tempfile.TemporaryDirectory(dir=scratch_root()) as folder, zipfile.ZipFile(path, "w", allowZip64=True) as archive:
        index = os.path.join(folder, "index.xlsx")
        sheet = SheetFile(index, str(kind.label), [_("文件"), *kind.heading(), _("说明")], folder=folder)
        for record in _chunks(kind.rows(row.account), row.items):
            entry, note = kind.document(record), ""
            name = file_name(entry.name)
            try:
                archive.writestr(zipfile.ZipInfo(name, date_time=_stamp()), entry.make())
                count += 1
            except Exception as error:  # one text that cannot be set does not spoil the rest: the index names it
                logger.exception("export %s: %s #%s", row.pk, row.kind, record.pk)
                name, note, faults = "", _("未能生成：%s") % type(error).__name__, faults + 1
            sheet.add([name, *entry.line, note])
            if (count + faults) % 10 == 0:
                progress(count + faults, len(row.items), row.title)
        sheet.close()
        progress(count + faults, count + faults)
        archive.write(index, "index.xlsx", compress_type=zipfile.ZIP_DEFLATED)
    return count, faults


def _chunks(rows: QuerySet[Any], items: Sequence[int]) -> Iterator[Any]:
    """Yield the visible ones of `items` in their order; those already written leave memory."""
    for start in range(0, len(items), CHUNK):
        part = items[start : start + CHUNK]
        records = {r.pk: r for r in rows.filter(pk__in=part)}
        for pk in part:
            if pk in records:
                yield records[pk]


def _stamp() -> tuple[int, int, int, int, int, int]:
    day = clock.today()
    return (day.year, day.month, day.day, 0, 0, 0)


def _keep(row: Export, path: str, count: int) -> None:
    """Move the file to where it is kept. The row names it before it is there, so that a kill leaves no file that nobody knows;
    of two runs at once the one that named its file last leaves it."""
    name = f"{FOLDER}/{secrets.token_hex(16)}.zip"
    with transaction.atomic():
        forget_file(Export.objects.select_for_update(of=("self",)).get(pk=row.pk))
        Export.objects.filter(pk=row.pk).update(path=name, made_at=None)
    with open(path, "rb") as source:
        default_storage.save(name, File(source))
    row.path, row.size, row.count, row.made_at = name, os.path.getsize(path), count, clock.now()
    row.expires_at = row.made_at + timedelta(days=KEPT_DAYS)
    is_newest = Export.objects.filter(pk=row.pk, path=name).update(
        size=row.size, count=row.count, made_at=row.made_at, expires_at=row.expires_at
    )
    if not is_newest:
        default_storage.delete(name)


def forget_file(row: Export) -> None:
    if row.path:
        default_storage.delete(row.path)


def may_fetch(account: Any, row: Export) -> bool:
    """Return whether an account may fetch an archive: it asked for it, has every role of that time, and no case in it has become its own."""
    is_entitled = row.account_id == account.pk and row.ready and set(row.grants) <= set(grants_of(account))
    return bool(is_entitled and not _became_own(account, row))


def _became_own(account: Any, row: Export) -> bool:
    """Return whether the archive holds records of a case of one's own that one does not see."""
    kind = KINDS.get(row.kind)
    if not isinstance(kind, Kind) or not own_cases(account):
        return False
    rows = kind.rows(account).order_by()
    own = rows.model._base_manager.filter(own_rows(rows.model, account), pk__in=row.items)
    return bool(own.exclude(pk__in=rows.values("pk")).exists())


def remove_expired() -> int:
    """Delete the files whose days are over, or that were never finished; the rows stay as a record of what was exported."""
    count, now = 0, clock.now()
    over = Q(expires_at__lte=now) | Q(made_at=None, asked_at__lte=now - timedelta(days=KEPT_DAYS))
    for row in Export.objects.filter(over).exclude(path=""):
        forget_file(row)
        Export.objects.filter(pk=row.pk).update(path="")
        count += 1
    return count


def remove_leftovers() -> int:
    """Delete archives that no row names and scratch files that nobody works on any more; returns how many."""
    count, limit = 0, clock.now() - LEFT
    with suppress(FileNotFoundError):
        there = {f"{FOLDER}/{name}" for name in default_storage.listdir(FOLDER)[1]}
        for name in there - set(Export.objects.filter(path__in=there).values_list("path", flat=True)):
            if default_storage.get_modified_time(name) < limit:
                default_storage.delete(name)
                count += 1
    for path in Path(scratch_root()).iterdir():
        if _last_write(path) < limit.timestamp():
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
            count += 1
    return count


def _last_write(path: Path) -> float:
    """Return when a scratch file, or anything in a scratch folder, was last written; now for one that is just gone."""
    with suppress(FileNotFoundError):
        return float(max(p.stat().st_mtime for p in (path, *(path.iterdir() if path.is_dir() else ()))))
    return clock.now().timestamp()
