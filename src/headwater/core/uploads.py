"""Files on their way: created with size and digest, sent in chunks, finished against the digest, looked into by a job.

Only the row says how far an upload is: bytes are synced to disk before the row counts them, and what a broken line left
behind is overwritten. Every step may be repeated.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from headwater.core import blobs, clock
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.core.files import check_claim
from headwater.core.inspection import PROBLEMS, inspected
from headwater.core.models import Account, StoredFile, Upload
from headwater.core.register import Register
from headwater.core.services import tell
from headwater.core.text import file_name

CHUNK = 2**20
STALE = timedelta(days=7)


def start(*, owner: Any, kind: str, name: str, size: int, sha256: str, account: Account) -> Upload:
    """Begin an upload, or find the one of the same content: broken off, with what has been received, or finished already."""
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise Refused.because(_("校验值不正确"), field="sha256")
    name = file_name(name)
    check_claim(name, size)
    upload, _is_new = Upload.objects.get_or_create(
        owner_type=owner._meta.label_lower,
        owner_id=owner.pk,
        kind=kind,
        sha256=sha256,
        account=account,
        defaults={"name": name, "size": size},
    )
    return upload


class OutOfPlace(Exception):
    """A chunk that does not continue what was received; the upload says where to go on."""

    def __init__(self, upload: Upload) -> None:
        super().__init__(str(upload))
        self.upload = upload


def append(*, upload: Upload, offset: int, data: bytes) -> Upload:
    """Put a chunk on the disk and count it; when this returns, it is kept.

    Raises:
        OutOfPlace: the chunk starts elsewhere, or reaches behind the end.
    """
    with transaction.atomic():
        row = Upload.objects.select_for_update().get(pk=upload.pk)
        if row.file_id or offset != row.received or offset + len(data) > row.size:
            raise OutOfPlace(row)
        blobs.write_part(blobs.part(row.token), offset, data)
        row.received += len(data)
        Upload.objects.filter(pk=row.pk).update(received=row.received, touched_at=clock.now())
    return row


def complete(*, upload: Upload, content_type: str) -> StoredFile:
    """Make a locked, fully received upload a stored file. Call inside a command, with the row locked.

    Raises:
        Refused: bytes are missing, or they are not those that were announced; then the upload begins anew.
    """
    if upload.received != upload.size:
        raise Refused.because(_("文件还没有传完，请继续上传"), field="file", code="incomplete")
    path = blobs.part(upload.token)
    if path.exists():
        if blobs.digest_of(path, upload.size) != upload.sha256:
            raise Refused.because(_("收到的内容与原文件不一致，请重新上传"), field="file", code="digest")
        blobs.adopt(path, upload.sha256, upload.size)
    elif not blobs.whole(upload.sha256, upload.size):  # whole: an earlier try got as far as this and was killed
        raise Refused.because(_("收到的内容与原文件不一致，请重新上传"), field="file", code="digest")
    file = StoredFile.objects.create(
        owner_type=upload.owner_type,
        owner_id=upload.owner_id,
        kind=upload.kind,
        name=upload.name,
        content_type=content_type,
        size=upload.size,
        sha256=upload.sha256,
        uploaded_by_id=upload.account_id,
        state=StoredFile.State.CHECKING,
    )
    Upload.objects.filter(pk=upload.pk).update(file=file, touched_at=clock.now())
    return file


def restart(upload: Upload) -> None:
    """Forget what was received: it was not what was announced."""
    Upload.objects.filter(pk=upload.pk, file=None).update(received=0, touched_at=clock.now())


def ask_for_check() -> None:
    """Have the worker look into new files once this is committed; one waiting task is enough for all."""
    transaction.on_commit(_defer_check)


def _defer_check() -> None:
    from headwater.core.tasks import check_new_files

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = 'check_files' AND status = 'todo'")
        if cursor.fetchone():
            return
    from procrastinate.exceptions import AlreadyEnqueued

    try:
        check_new_files.defer(timestamp=0)
    except AlreadyEnqueued:
        return


Refusal = Callable[[StoredFile], tuple[str, str]]
TELL: Register[Refusal] = Register("owner of refused files")
"""By owner type: what a file belongs to (its title and address), for the message about a refused one."""


def files_wait() -> bool:
    return StoredFile.objects.filter(state=StoredFile.State.CHECKING).exists()


def check_files(*, actor: Actor, batch: int = 20, seconds: float = float("inf"), owner: Any = None) -> int:
    """Look into every file that waits for it, or those of one record, or as many as there is time for, one batch at least.

    Safe to run twice and beside itself; returns how many were looked into.
    """
    new = StoredFile.objects.filter(state=StoredFile.State.CHECKING)
    if owner is not None:
        new = new.filter(owner_type=owner._meta.label_lower, owner_id=owner.pk)
    count = 0
    last = 0
    until = time.monotonic() + seconds
    while True:
        files = list(new.filter(pk__gt=last).order_by("pk")[:batch])
        if not files:
            return count
        last = files[-1].pk
        looks = {file.pk: _look(file) for file in files}
        count += _settle(looks, actor)
        if time.monotonic() >= until:
            return count


@dataclass(frozen=True)
class Look:
    """What is wrong with a file, or what is to be kept of it in place of what was sent."""

    problem: str
    anew: blobs.Ready | None = None


def _look(file: StoredFile) -> Look:
    try:
        content = blobs.read(file.sha256)
    except FileNotFoundError:
        return Look("unreadable")
    problem, clean = inspected(file.name, content)
    return Look(problem, None if problem or clean == content else blobs.prepare(clean))


def _settle(looks: dict[int, Look], actor: Actor) -> int:
    with command(actor, "core.file.check", name="core.check_files") as log:
        rows = list(
            StoredFile.objects.select_for_update(of=("self",))
            .select_related("uploaded_by")
            .filter(pk__in=looks, state=StoredFile.State.CHECKING)
            .order_by("pk")
        )
        for row in rows:
            row.problem, row.checked_at = looks[row.pk].problem, clock.now()
            row.state = StoredFile.State.REFUSED if row.problem else StoredFile.State.FINE
            _keep(row, looks[row.pk].anew)
            facts = {"problem": row.problem, "sha256": row.sha256 if row.sent_sha256 else ""}
            log(row, after={"state": row.state, **{name: value for name, value in facts.items() if value}})
        StoredFile.objects.bulk_update(rows, ["problem", "checked_at", "state", "sha256", "sent_sha256", "size"])
        _tell([r for r in rows if r.problem and r.uploaded_by])
    return len(rows)


def _keep(row: StoredFile, anew: blobs.Ready | None) -> None:
    """Have the row refer to what was written anew; what was sent goes with the nightly job."""
    if anew:
        anew.adopt()
        row.sent_sha256, row.sha256, row.size = row.sha256, anew.digest, anew.size


def _tell(rows: Sequence[StoredFile]) -> None:
    messages = []
    for row in rows:
        title, url = TELL[row.owner_type](row) if row.owner_type in TELL else ("", "")
        messages.append(
            (
                row.uploaded_by,
                lambda row=row: _("附件“%s”未通过检查") % row.name,
                lambda row=row, title=title: f"{title}\n{PROBLEMS[row.problem]}".strip(),
                url,
            )
        )
    tell(messages)  # type: ignore[arg-type]


def forget_stale() -> int:
    """Remove uploads that nobody continued for a week, then contents on disk that no row refers to."""
    Upload.objects.filter(file=None, touched_at__lt=clock.now() - STALE).delete()
    return blobs.remove_orphans()
