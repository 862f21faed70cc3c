"""Attachments of a draft. They arrive in one piece by a plain form, or in chunks that survive a lost connection and a closed
tab.
"""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from headwater.calls.locks import lock_draft
from headwater.calls.models import Application, Attachment
from headwater.calls.schemes import scheme_of
from headwater.core import uploads
from headwater.core.command import Actor, command, system
from headwater.core.errors import NotAllowed, Refused
from headwater.core.files import check_claim, check_upload
from headwater.core.models import StoredFile, Upload
from headwater.core.services import store_file
from headwater.core.text import file_name

MOST = 20
FEW = 5
"""Files that are looked into while somebody waits."""


def _check_room(row: Application, kind: str) -> None:
    if kind not in {a.kind for a in scheme_of(row.call).attachments}:
        raise Refused.because(_("没有这类附件"), field="kind")
    if row.attachments.count() >= MOST:
        raise Refused.because(_("附件最多 %d 个") % MOST, field="file")


def attach(*, application: Application, kind: str, name: str, content: bytes, actor: Actor) -> Attachment:
    """Attach a file that arrives in one piece. Its first bytes are judged now; a job looks inside it afterwards.

    Raises:
        Refused: unknown kind, or a file that is not taken.
    """
    with command(actor, "calls.application.edit", application, name="calls.attach") as log:
        row = lock_draft(application)
        _check_room(row, kind)
        name = file_name(name)
        content_type = check_upload(name, content)
        file = store_file(
            owner=row, kind=kind, name=name, content=content, content_type=content_type, account=actor.account, checked=False
        )
        attachment = Attachment.objects.create(application=row, kind=kind, file=file)
        log(attachment, after={"application": row.pk, "kind": kind, "name": name, "sha256": file.sha256})
        uploads.ask_for_check()
    return attachment


def check_now(*, application: Application) -> None:
    """Check the files that still wait, if they are few, so that a submission is judged by the result."""
    waiting = StoredFile.objects.filter(attachment__application=application, state=StoredFile.State.CHECKING)
    if 0 < waiting.count() <= FEW:
        uploads.check_files(actor=system("web:submit"), owner=application)


def start_upload(*, application: Application, kind: str, name: str, size: int, sha256: str, actor: Actor) -> Upload:
    """Announce a file. One that is too large or of a wrong type is refused before it is sent. Announcing a file again resumes
    its upload.

    Raises:
        Refused: unknown kind, too many, too large, or a type that is not taken.
    """
    with command(actor, "calls.application.edit", application, name="calls.start_upload"):
        if actor.account is None:
            raise NotAllowed("calls.application.edit")
        row = lock_draft(application)
        _check_room(row, kind)
        others = _unfinished(row).exclude(kind=kind, sha256=sha256, account=actor.account)
        if row.attachments.count() + others.count() >= MOST:
            raise Refused.because(_("附件最多 %d 个（含没有传完的）") % MOST, field="file")
        return uploads.start(owner=row, kind=kind, name=name, size=size, sha256=sha256, account=actor.account)


def finish_upload(*, application: Application, upload: Upload, actor: Actor) -> Attachment:
    """Make a fully received upload an attachment. Finishing twice gives the same attachment.

    Raises:
        Refused: bytes are missing or differ from what was announced (then it begins anew), or the draft is closed.
    """
    try:
        with command(actor, "calls.application.edit", application, name="calls.attach") as log:
            row = lock_draft(application)
            held = Upload.objects.select_for_update().get(pk=upload.pk, owner_id=row.pk, owner_type=row._meta.label_lower)
            if held.file_id:
                return Attachment.objects.select_related("file").get(application=row, file=held.file_id)
            _check_room(row, held.kind)
            file = uploads.complete(upload=held, content_type=check_claim(held.name, held.size))
            attachment = Attachment.objects.create(application=row, kind=held.kind, file=file)
            log(attachment, after={"application": row.pk, "kind": held.kind, "name": held.name, "sha256": file.sha256})
            uploads.ask_for_check()
    except Refused as refused:
        if any(r.code == "digest" for r in refused.reasons):
            uploads.restart(upload)
        raise
    return attachment


def open_uploads(application: Application, actor: Actor) -> list[Upload]:
    """List the uploads of the actor that were broken off. Choosing the same file again resumes where it stopped."""
    return list(_unfinished(application).filter(account=actor.account).order_by("pk"))


def _unfinished(application: Application) -> QuerySet[Upload]:
    return Upload.objects.filter(owner_type=application._meta.label_lower, owner_id=application.pk, file=None)


def drop_upload(*, application: Application, upload: Upload, actor: Actor) -> None:
    """Give up an unfinished upload; the nightly job removes what was received."""
    with command(actor, "calls.application.edit", application, name="calls.drop_upload"):
        Upload.objects.filter(pk=upload.pk, owner_id=application.pk, file=None).delete()


def detach(*, attachment: Attachment, actor: Actor) -> None:
    with command(actor, "calls.application.edit", attachment.application, name="calls.detach") as log:
        lock_draft(attachment.application)
        log(attachment, before={"application": attachment.application_id, "kind": attachment.kind, "name": attachment.file.name})
        attachment.delete()
        StoredFile.objects.filter(pk=attachment.file_id).delete()  # its content goes with the nightly job
