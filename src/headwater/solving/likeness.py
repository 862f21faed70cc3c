"""Similar texts (查重): every application in the house against all others of all years, by the near-duplicate kernel.

The index is a folder that is kept up to date by difference: what a document is called depends on its text, so that a lost, an old or
a foreign folder mends itself. A task takes in what was received (`take_in`), so that the formal check has only to compare.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from headwater.algorithms.duplicates import Index, Match, Pair, Settings, UnusableIndex, pairs
from headwater.calls.checking.services.likeness import ABSTRACT, sections_of
from headwater.calls.models import Application, Call, Likeness, TextPrint
from headwater.calls.states import IN_THE_HOUSE, State
from headwater.core import clock, search
from headwater.core.command import Actor, authorise, command
from headwater.core.jobs import Progress

CHUNK, AT_ONCE = 2000, 2
SHARE, MATCHES, PASSAGES = 0.03, 5, 40
"""Kept: matches from this share of the text on, so many for each application, with so many passages."""
BUFFER = 24_000_000
"""Fingerprints in memory while the index grows: half of what the kernel would take, for a worker beside web processes. Fewer would make more
segments, each of which a search looks into."""


def _document(application: Application) -> int:
    mixed = hashlib.sha256(f"{application.pk}".encode())
    for name, text in sections_of(application):
        mixed.update(f"\x00{name}\x00{text}".encode())
    return int.from_bytes(mixed.digest()[:8], "big") >> 1


@contextmanager
def _alone() -> Iterator[None]:
    """One at a time changes the folder, of all processes and threads of this machine. A file is locked and no session of the
    database: behind a pooler the next statement may be another session's. The system unlocks it when its process ends."""
    path = _folder().with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _folder() -> Path:
    name = "".join(c if c.isalnum() else "-" for c in str(connection.settings_dict["NAME"]))
    return Path(settings.CONFIG.home) / "similar" / name


def _open_index() -> Index:
    folder = _folder()
    try:
        return Index.open(folder)
    except (UnusableIndex, FileNotFoundError):
        shutil.rmtree(folder, ignore_errors=True)
        return Index.create(folder, settings=Settings(buffer=BUFFER))


def _in_the_house() -> QuerySet[Application]:
    return Application.objects.filter(state__in=IN_THE_HOUSE, submitted_at__isnull=False)


def _stale() -> QuerySet[Application]:
    """Applications whose text is new or was submitted anew."""
    return _in_the_house().filter(Q(text_print__isnull=True) | ~Q(text_print__submitted_at=F("submitted_at")))


def _name_documents() -> None:
    """Give a name to every text that is new, and an entry in the search."""
    last, now = 0, clock.now()
    stale = _stale().select_related("leader", "host").order_by("pk")
    while rows := list(stale.filter(pk__gt=last)[:CHUNK]):
        with transaction.atomic():
            TextPrint.objects.bulk_create(
                [TextPrint(application=a, document=_document(a), submitted_at=a.submitted_at or now) for a in rows],
                update_conflicts=True,
                unique_fields=["application"],
                update_fields=["document", "submitted_at", "compared_at"],
            )
            search.index(map(_entry, rows))
        last = rows[-1].pk


def _entry(a: Application) -> search.SearchRow:
    return search.SearchRow(
        "application",
        a.pk,
        a.title_zh,
        f"/office/applications/{a.pk}/",
        f"{a.number} {a.abstract_zh} {a.keywords_zh} {a.leader.name_zh}",
        summary=f"{a.number} · {a.leader.name_zh} · {a.host.name_zh}",
    )


def take_in() -> bool:
    """Put what was received since into the search and the index of texts; False when nothing was. May be run at any time."""
    if not _stale().exists():
        return False
    with _alone():
        _synchronise()
    return True


def _synchronise() -> tuple[Index, dict[int, int]]:
    """The index with all applications in the house and nothing else, and their ids by document."""
    _name_documents()
    application_of = dict(TextPrint.objects.filter(application__in=_in_the_house()).values_list("document", "application"))
    index = _open_index()
    indexed = set(index.ids().tolist())
    surplus, new = indexed - set(application_of), sorted(application_of[d] for d in set(application_of) - indexed)
    if surplus:
        index.remove(np.array(sorted(surplus), dtype=np.int64))
    for start in range(0, len(new), CHUNK):
        _add(index, list(Application.objects.filter(pk__in=new[start : start + CHUNK]).order_by("pk")))
    if surplus or new:
        index.commit()
    return index, application_of


def _add(index: Index, rows: Sequence[Application]) -> None:
    ids, texts, sections = [], [], []
    for application in rows:
        document = _document(application)
        for number, (_name, text) in enumerate(sections_of(application) or [(ABSTRACT, application.abstract_zh)]):
            ids.append(document)
            texts.append(text)
            sections.append(number)
    index.add(ids, texts, sections)


def find_likenesses(*, call: Call, actor: Actor, progress: Progress | None = None) -> int:
    """Compare the received applications of a call with everything in the house; what was found before is replaced.

    Returns the number of similar pairs that are kept. May be run again at any time; a run that is stopped leaves a whole index.
    """
    authorise(actor, "calls.check", call)
    with _alone():
        index, application_of = _synchronise()
    waiting = TextPrint.objects.filter(application__call=call, application__state__in=[State.RECEIVED, State.RECHECK])
    documents = dict(waiting.order_by("application").values_list("document", "application"))
    pairs, ids = 0, list(documents)
    blocks = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
    count = 0
    for block, matches in zip(blocks, _matches_of(index, blocks), strict=True):
        rows = [_row(documents[m.new], application_of[m.old], m.match) for m in matches]
        _keep([documents[d] for d in block], rows, call, actor)
        pairs, count = pairs + len(rows), count + len(block)
        if progress:
            progress(count, len(ids), str(call))
    return pairs


def _matches_of(index: Index, blocks: Sequence[list[int]]) -> Iterator[list[Pair]]:
    """The matches of each block. Two blocks are compared at a time, so that one is in its parallel part while the other is not, and
    the next ones while the database keeps what was found.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting: deque[Future[list[Pair]]] = deque()
        for block in blocks:
            waiting.append(pool.submit(pairs, index, block, limit=MATCHES, share=SHARE))
            if len(waiting) > AT_ONCE:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _row(application: int, other: int, match: Match) -> Likeness:
    names = ("new_section", "old_section", "new_start", "new_end", "old_start", "old_end")
    passages = [
        {name: getattr(p, name) for name in names}
        | {"pieces": [[x.new_start, x.new_end, x.old_start, x.old_end] for x in p.pieces]}
        for p in sorted(match.passages, key=lambda p: -p.evidence)[:PASSAGES]
    ]
    return Likeness(
        application_id=application,
        other_id=other,
        share=min(1.0, match.share),
        plain=min(1.0, match.plain),
        evidence=match.evidence,
        longest=match.longest,
        passages=passages,
        found_at=clock.now(),
    )


def _keep(applications: Sequence[int], rows: Sequence[Likeness], call: Call, actor: Actor) -> None:
    with command(actor, "calls.check", call, name="calls.find_likenesses") as log:
        Likeness.objects.filter(application__in=applications).delete()
        Likeness.objects.bulk_create(rows, batch_size=2000)
        TextPrint.objects.filter(application__in=applications).update(compared_at=clock.now())
        log(call, after={"compared": len(applications), "similar": len(rows)})
