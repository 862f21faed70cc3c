"""What `headwater verify` and the nightly run look at, and what they put down when all is well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from headwater.core import anchors, clock
from headwater.core.command import command, system
from headwater.core.correspondence import unsigned
from headwater.core.coverage import differences, loose_digests
from headwater.core.invariants import INVARIANTS, Breach, check
from headwater.core.models import Account, Event, RoleGrant, RowDigest, Seal
from headwater.core.sealing import anchor_of, unanchored
from headwater.core.services import notify, write_to

CLEAN = "core.rows_compared"
TOLD = "core.tell_breaches"
MAILED = "core.mail_head"
OWN = (CLEAN, MAILED)
AUDITOR = "audit_admin"
ROWS = "rows_as_written"


def look(*, anchor: Path | None = None, only_new: bool = False) -> list[Breach]:
    """Look at everything before anything is sealed; puts down that the rows were compared when none differs.

    With `only_new`, rows are compared that a command wrote since the last clean comparison.
    """
    upto = RowDigest.objects.order_by("-id").values_list("id", flat=True).first() or 0
    since = compared_upto() if only_new else 0
    with steady_session():
        breaches = check([name for name in INVARIANTS if name != ROWS])
        rows = [*differences(since=since, part=clock.today().toordinal() if since else None), *([] if since else loose_digests())]
        further = unanchored(anchor) if anchor else []
    if rows:
        breaches.append(Breach(INVARIANTS[ROWS], rows[:20], len(rows)))
    elif upto > since and not breaches:
        _put_down(upto, full=not since)
    if further:
        invariant = replace(INVARIANTS["seals_anchored"], name="seals_anchored_elsewhere")
        breaches.append(Breach(invariant, further[:20], len(further)))
    return breaches


def compared_upto() -> int:
    """Return the newest digest at the last comparison that found all rows as written; 0 for none."""
    event = Event.objects.filter(command=CLEAN).order_by("-id").first()
    return int((event.after or {}).get("digest", 0)) if event else 0


def _put_down(upto: int, *, full: bool) -> None:
    with command(system("verify"), "core.region.manage", name=CLEAN) as log:
        log(None, after={"digest": upto, "full": full})


@contextmanager
def steady_session() -> Iterator[None]:
    """Have names mean what the server and our tables mean by them, whatever the role or the database have set."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = pg_catalog, public")
        yield


def watch() -> list[Breach]:
    """Look nightly at what is new and at another part of the rest; tell the audit administrators of breaches."""
    breaches = look(only_new=True)
    if breaches:

        def words() -> str:
            return "\n".join(_("%(what)s：%(n)d 处不符") % {"what": b.invariant.sentence, "n": b.count} for b in breaches)

        with command(system("verify"), "core.region.manage", name=TOLD) as log:
            notify(auditors(), title=lambda: _("数据核对发现异常"), body=words, url="/admin/health/")
            log(None, after={"breaches": {b.invariant.name: b.count for b in breaches}})
    return breaches


def auditors() -> list[Account]:
    grants = RoleGrant.objects.in_force(clock.now()).filter(role=AUDITOR)
    return list(Account.objects.filter(pk__in=grants.values("account"), is_active=True))


def mail_head() -> int:
    """Send the head of the chain to the audit administrators, when anything was sealed since the last mail; returns the number of mails."""
    last = Event.objects.filter(command=MAILED).order_by("-id").first()
    new = Event.objects.filter(pk__gt=last.pk if last else 0).exclude(command__in=OWN)
    seal = Seal.objects.exclude(signature=None).order_by("-id").first()
    if seal is None or not new.exists():
        return 0
    anchor = anchor_of(seal)
    mails = []
    for account in auditors():
        if account.email:
            with translation.override(account.language):
                subject = _("事件链封签 %(seal)s（%(events)s 个事件）") % {"seal": anchor.seal, "events": anchor.events}
                words = _(
                    "请保存此邮件：它在系统之外证明到此为止的事件未被改动。把下面一行存为文件，可用 headwater verify --anchor 核对。"
                )
            mails.append((account.email, subject, f"{words}\n\n{anchors.line(anchor)}"))
    if mails:
        with command(system("verify"), "core.region.manage", name=MAILED) as log:
            write_to(mails, forget=False, sign=unsigned)
            log(None, after={"seal": anchor.seal, "digest": anchor.digest, "mails": len(mails)})
    return len(mails)
