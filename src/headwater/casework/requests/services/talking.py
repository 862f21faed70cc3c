"""What is said about a request, and its files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.casework.requests.models import Comment, Request, RequestFile
from headwater.casework.requests.versions import kind_of
from headwater.core import clock, uploads
from headwater.core.command import Actor, Log, command
from headwater.core.errors import NotAllowed, Reason, Refused, refuse_if
from headwater.core.files import check_upload
from headwater.core.models import Account, ApprovalAnswer, StoredFile
from headwater.core.services import store_file, tell
from headwater.core.text import file_name

MOST_TEXT, MOST_FILES, MOST_AT_ONCE = 2000, 30, 5

Sent = tuple[str, bytes]
"""Name and content of a file that arrived in one piece."""


def comment(*, request: Request, text: str, actor: Actor, files: Sequence[Sent] = ()) -> Comment:
    """Say something about a request, with files; the others who have had to do with it are told.

    Raises:
        Refused: nothing is said, or a file is not taken.
    """
    text = text.strip()[:MOST_TEXT]
    with command(actor, "requests.comment", request) as log:
        if actor.account is None:
            raise NotAllowed("requests.comment")
        row = Request.objects.select_for_update(of=("self",)).get(pk=request.pk)
        reasons = [] if text else [Reason(_("请填写留言"), field="text")]
        if len(files) > MOST_AT_ONCE:
            reasons.append(Reason(_("一次最多 %d 个文件") % MOST_AT_ONCE, field="file"))
        refuse_if(reasons)
        said = Comment.objects.create(request=row, account=actor.account, text=text, at=clock.now())
        log(said, after={"request": row.pk, "files": len(files)})
        for name, content in files:
            _keep(row, "", name, content, actor, log, said)
        _tell_others(row, said)
    return said


def _tell_others(request: Request, said: Comment) -> None:
    answers = ApprovalAnswer.objects.filter(case__subject_kind=request._meta.label_lower, case__subject_id=request.pk)
    keys = {
        request.proposed_by_id,
        *answers.values_list("account", flat=True),
        *request.comments.values_list("account", flat=True),
    }
    others = Account.objects.filter(pk__in=keys - {said.account_id}, is_active=True).order_by("pk")

    def title() -> str:
        return _("%(who)s 在申请中留言：%(request)s") % {"who": said.account, "request": request}

    tell([(account, title, said.text, reverse("request", args=[request.pk])) for account in others])


def attach(*, request: Request, kind: str, file: Sent, actor: Actor) -> RequestFile:
    """Attach a file of a kind that the form asks for, while the request is written. A job looks inside it afterwards.

    Raises:
        Refused: it was submitted, an unknown kind, too many files, or one that is not taken.
    """
    with command(actor, "requests.write", request, name="requests.attach") as log:
        row = Request.objects.select_for_update(of=("self",)).get(pk=request.pk)
        reasons = [] if row.is_writable else [Reason(_("这项申请已经提交，不能修改"), code="state")]
        if kind not in {a.kind for a in kind_of(row).form.attachments}:
            reasons.append(Reason(_("没有这种附件"), field="kind"))
        if row.files.filter(comment=None).count() >= MOST_FILES:
            reasons.append(Reason(_("附件最多 %d 个") % MOST_FILES, field="file"))
        refuse_if(reasons)
        return _keep(row, kind, *file, actor, log)


def detach(*, file: RequestFile, actor: Actor) -> None:
    """Remove a file while the request is written.

    Raises:
        Refused: it was submitted, or the file belongs to a comment.
    """
    with command(actor, "requests.write", file.request, name="requests.detach") as log:
        row = Request.objects.select_for_update(of=("self",)).get(pk=file.request_id)
        if not row.is_writable or file.comment_id:
            raise Refused.because(_("这项申请已经提交，不能修改"), code="state")
        log(file, before={"request": row.pk, "kind": file.kind, "name": file.file.name})
        stored = file.file_id
        file.delete()
        StoredFile.objects.filter(pk=stored).delete()  # its content goes with the nightly job


def _keep(
    request: Request, kind: str, name: str, content: bytes, actor: Actor, log: Log, said: Comment | None = None
) -> RequestFile:
    name = file_name(name)
    stored = store_file(
        owner=request,
        kind=kind,
        name=name,
        content=content,
        content_type=check_upload(name, content),
        account=actor.account,
        checked=False,
    )
    row = RequestFile.objects.create(request=request, comment=said, kind=kind, file=stored)
    log(row, after={"request": request.pk, "kind": kind, "name": name, "sha256": stored.sha256})
    uploads.ask_for_check()
    return row


def files_by_kind(files: Iterable[RequestFile]) -> dict[str, list[RequestFile]]:
    """Return the files of the form by their kind."""
    kinds: dict[str, list[RequestFile]] = {}
    for row in files:
        if row.comment_id is None:
            kinds.setdefault(row.kind, []).append(row)
    return kinds
