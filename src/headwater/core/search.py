"""Full-text search: Chinese cut into words (rjieba, search mode) and characters, letters of every other script without case, marks
and width, kept as a PostgreSQL vector.

Every kind of record registers who may see it; a search starts from that set, so hits, counts and suggestions never tell of
a record that the viewer may not see.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.functional import Promise

from headwater.core.models import SearchEntry
from headwater.core.register import Register

HAN = re.compile("[\u3005\u3007\u3400-\u9fff\U00020000-\U000323af]+")
WORD = re.compile(rf"{HAN.pattern}|[^\W_\u3005\u3007\u3400-\u9fff\U00020000-\U000323af]+")
MOST_LETTERS = 60
STOP = frozenset(["的", "了", "和", "与", "及", "在", "对", "是", "为", "等", "中", "其", "之", "以"])


@dataclass(frozen=True)
class Kind:
    """`visible` gives the records of the kind that a user may know of; one that is `public` is searched for visitors, too.

    Kinds stand in the order of `place` on the page.
    """

    code: str
    label: str | Promise
    visible: Callable[[Any], QuerySet[Any]]
    public: bool
    place: int


@dataclass(frozen=True)
class SearchRow:
    kind: str
    object_id: int
    title: str
    url: str
    body: str = ""
    summary: str = ""


KINDS: Register[Kind] = Register("kind of search")


def register(
    code: str, label: str | Promise, visible: Callable[[Any], QuerySet[Any]], *, place: int, public: bool = False
) -> None:
    """Register a kind of record that can be found."""
    KINDS.add(code, Kind(code, label, visible, public, place))


def kinds_for(user: Any) -> list[Kind]:
    """Return the kinds that a search by `user` looks through, in the order of the page."""
    return sorted((k for k in KINDS.values() if k.public or user.is_authenticated), key=lambda k: k.place)


def words(text: str, *, stop_words: frozenset[str] = STOP) -> list[str]:
    """Cut text into search words, without the `stop_words`, which say nothing."""
    import rjieba

    pieces: list[str] = []
    for run in WORD.findall(fold(text)):
        if HAN.match(run):
            pieces += [w for w in rjieba.cut_for_search(run) if w not in stop_words]
        else:
            pieces.append(run[:MOST_LETTERS])
    return pieces


def fold(text: str) -> str:
    """Return letters without width, case and marks, which readers do not tell apart in a search; variants of Mongolian letters, too."""
    bare = (c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) not in {"Mn", "Me", "Cf"})
    return unicodedata.normalize("NFKC", "".join(bare)).casefold()


def terms(text: str) -> list[str]:
    """Return the terms by which a text is found: its words, and each of its Chinese characters, so that one character of a word finds it."""
    characters = dict.fromkeys(c for run in HAN.findall(fold(text)) for c in run)
    return [*words(text), *characters]


def index(documents: Iterable[SearchRow], *, batch: int = 1000) -> int:
    """Insert or replace search entries, `batch` rows a statement. Returns how many."""
    count = 0
    rows: list[tuple[Any, ...]] = []

    def flush() -> None:
        if not rows:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO core_searchentry (kind, object_id, title, summary, url, vector)
                SELECT k, o, t, s, u, setweight(to_tsvector('simple', a), 'A') || setweight(to_tsvector('simple', b), 'B')
                FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
                    AS x(k, o, t, s, u, a, b)
                ON CONFLICT (kind, object_id) DO UPDATE SET title = excluded.title, summary = excluded.summary,
                    url = excluded.url, vector = excluded.vector""",
                [list(column) for column in zip(*rows, strict=True)],
            )
        rows.clear()

    for d in documents:
        rows.append(
            (d.kind, d.object_id, d.title[:300], d.summary[:400], d.url, " ".join(terms(d.title)), " ".join(terms(d.body)))
        )
        count += 1
        if len(rows) >= batch:
            flush()
    flush()
    return count


def search(user: Any, text: str, *, kinds: Iterable[str] | None = None, limit: int = 50) -> list[SearchEntry]:
    """Return the best matches that `user` may see, all words required, prefix match on the last."""
    query_words = (words(text) or words(text, stop_words=frozenset()))[:12]
    if not query_words:
        return []
    query = " & ".join(f"'{w}'" for w in query_words[:-1]) + (" & " if len(query_words) > 1 else "") + f"'{query_words[-1]}':*"
    readable = Q(pk__in=[])
    for kind in KINDS.values():
        if kinds is None or kind.code in kinds:
            readable |= Q(kind=kind.code, object_id__in=kind.visible(user).order_by().values("pk"))
    entries = SearchEntry.objects.filter(readable).extra(
        select={"rank": "ts_rank(vector, to_tsquery('simple', %s))"},
        select_params=[query],
        where=["vector @@ to_tsquery('simple', %s)"],
        params=[query],
    )
    return list(entries.order_by("-rank", "-id")[:limit])
