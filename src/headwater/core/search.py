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
from django.db.models import Case, F, Q, QuerySet, Value, When, Window
from django.db.models.expressions import RawSQL
from django.db.models.functions import Length, RowNumber
from django.utils.functional import Promise

from headwater.core.models import SearchEntry
from headwater.core.register import Register
from headwater.core.sounds import sounds

HAN = re.compile("[\u3005\u3007\u3400-\u9fff\U00020000-\U000323af]+")
WORD = re.compile(rf"{HAN.pattern}|[^\W_\u3005\u3007\u3400-\u9fff\U00020000-\U000323af]+")
MOST_LETTERS = 60
ENOUGH = 0.6
"""Share of the runs of three letters of a query that a suggestion's title holds."""
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
                """INSERT INTO core_searchentry (kind, object_id, title, summary, url, sounds, vector)
                SELECT k, o, t, s, u, p, setweight(to_tsvector('simple', a), 'A') || setweight(to_tsvector('simple', b), 'B')
                FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
                    AS x(k, o, t, s, u, p, a, b)
                ON CONFLICT (kind, object_id) DO UPDATE SET title = excluded.title, summary = excluded.summary,
                    url = excluded.url, sounds = excluded.sounds, vector = excluded.vector""",
                [list(column) for column in zip(*rows, strict=True)],
            )
        rows.clear()

    for d in documents:
        title, by_weight = d.title[:300], (" ".join(terms(d.title)), " ".join(terms(d.body)))
        rows.append((d.kind, d.object_id, title, d.summary[:400], d.url, sounds(title)[:1200], *by_weight))
        count += 1
        if len(rows) >= batch:
            flush()
    flush()
    return count


def search(user: Any, text: str, *, kinds: Iterable[str] | None = None, limit: int = 50) -> list[SearchEntry]:
    """Return the best matches of each kind that `user` may see, all words required, prefix match on the last."""
    if not (query_words := words_of_query(text)):
        return []
    query = " & ".join(f"'{w}'" for w in query_words[:-1]) + (" & " if len(query_words) > 1 else "") + f"'{query_words[-1]}':*"
    rank = RawSQL("ts_rank(vector, to_tsquery('simple', %s))", [query])
    entries = _readable(user, kinds).extra(where=["vector @@ to_tsquery('simple', %s)"], params=[query]).annotate(rank=rank)
    place = Window(RowNumber(), partition_by="kind", order_by=[F("rank").desc(), F("id").desc()])
    return list(entries.annotate(place=place).filter(place__lte=limit).order_by("-rank", "-id"))


def words_of_query(text: str) -> list[str]:
    return (words(text) or words(text, stop_words=frozenset()))[:12]


def suggestions(user: Any, text: str, *, kinds: Iterable[str] | None = None, limit: int = 6) -> list[SearchEntry]:
    """Return records that `user` may see whose titles sound most like the text: slips of the pen, characters of the same sound, pinyin.

    A title is taken that holds at least `ENOUGH` of the text's runs of three letters (1 query, and those of what is visible).
    """
    sound = sounds(text)[:80]
    runs = [sound[n : n + 3] for n in range(len(sound) - 2)]
    if not runs:
        return []
    share = sum((Case(When(sounds__contains=run, then=1), default=0) for run in runs), Value(0))
    rows = _readable(user, kinds).annotate(share=share).filter(share__gte=len(runs) * ENOUGH)
    return list(rows.order_by("-share", Length("sounds"), "-id")[:limit])


def _readable(user: Any, kinds: Iterable[str] | None) -> QuerySet[SearchEntry]:
    readable = Q(pk__in=[])
    for kind in KINDS.values():
        if kinds is None or kind.code in kinds:
            readable |= Q(kind=kind.code, object_id__in=kind.visible(user).order_by().values("pk"))
    return SearchEntry.objects.filter(readable)


def excerpt(text: str, query: str, *, most: int = 90) -> list[tuple[str, bool]]:
    """Return the part of a text around the first word of the query, as pieces with whether each is a word of it."""
    text = " ".join(text.split())
    found = sorted(words_of_query(query), key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, found)) or "(?!)", re.IGNORECASE)
    first = pattern.search(text)
    start = max(0, first.start() - most // 3) if first and len(text) > most else 0
    part = ("…" if start else "") + text[start : start + most] + ("…" if start + most < len(text) else "")
    pieces, last = [], 0
    for hit in pattern.finditer(part):
        pieces += [(part[last : hit.start()], False), (hit[0], True)]
        last = hit.end()
    return [(piece, is_hit) for piece, is_hit in [*pieces, (part[last:], False)] if piece]
