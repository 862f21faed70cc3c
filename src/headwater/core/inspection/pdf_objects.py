"""The text of the objects in a PDF as any reader may come to see it: nothing is hidden by comments, strings, streams or packing.

A reader jumps to the places that a table names, and the table may name places inside a comment, a string or the data of a stream. So
the file is walked once from its beginning, and again from each `obj` or `trailer` in what that walk left out.
"""

from __future__ import annotations

import re
import zlib
from bisect import bisect_right

from headwater.core.inspection.problem import Problem

INFLATED = 64 * 2**20
"""Bytes that object streams may have together once inflated."""
SPACE = b"\0\t\n\f\r "
BEFORE = [b"", *(bytes([c]) for c in SPACE + b"0123456789")]
"""What stands before the word `obj` where it begins an object."""
MARK = re.compile(rb"\(|%|<<?|stream|obj")
PART = re.compile(rb"\(|%|<<?|>>|\[|\]")
BRACKET = re.compile(rb"[()\\]")
STRING = re.compile(rb"\([^()\\]*+(?:\\.[^()\\]*+)*+\)", re.DOTALL)
LINE = re.compile(rb"[\r\n]")
COMMENT = re.compile(rb"(?:^|[0-9.])[\0\t\f ]*%")
BREAK = re.compile(rb"[ \t]*(?:\r\n|\n|\r)")
START = re.compile(rb"obj|trailer")
NAME = re.compile(rb"#([0-9A-Fa-f]{2})")
PACKED = re.compile(rb"/(?:ObjStm|First)(?![^\0\t\n\f\r ()<>\[\]{}/%])")
HEAD = re.compile(rb"obj[\0\t\n\f\r ]*<<([^<>()%{}]*)>>[\0\t\n\f\r ]*")
TOKEN = re.compile(rb"/[^\0\t\n\f\r /\[\]]*|\[|\]|[^\0\t\n\f\r /\[\]]+")
PAIRS = re.compile(rb"[\0\t\n\f\r ]*(?:\d+[\0\t\n\f\r ]+\d+[\0\t\n\f\r ]*)*")


def decoded(text: bytes) -> bytes:
    """With the characters of names written out that are given by number."""
    return NAME.sub(lambda m: bytes([int(m[1], 16)]), text) if b"#" in text else text


def passed(content: bytes, at: int) -> int:
    """Where a comment, a string or a hexadecimal string that begins at `at` ends."""
    mark = content[at : at + 1]
    if mark == b"%":
        line = LINE.search(content, at)
        return line.end() if line else len(content)
    if mark == b"<":
        return content.find(b">", at) + 1 or len(content)
    if flat := STRING.match(content, at):
        return flat.end()
    depth = 0
    while found := BRACKET.search(content, at):
        at = found.end() + (found[0] == b"\\")
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        if not depth:
            return at
    return len(content)


def numbered(content: bytes, at: int) -> bool:
    """Whether two numbers stand before a place, perhaps with comments between: `obj` alone occurs in pictures by chance."""
    for _number in range(2):
        end = at
        while at and content[at - 1] in SPACE:
            at -= 1
        if LINE.search(content, at, end):
            start = max(0, at - 2**16)
            begin = max(content.rfind(b"\n", start, at), content.rfind(b"\r", start, at)) + 1
            if (not begin and start) or COMMENT.search(content[begin or start : at]):
                return True
        end = at
        while at and content[at - 1] in b"0123456789.":
            at -= 1
        if at == end:
            return False
    return True


def is_dictionary(text: bytes) -> bool:
    """Whether an object is one dictionary, closed as it was opened, and nothing else."""
    open_: list[bytes] = []
    at, done = len(b"obj"), False
    while found := PART.search(text, at):
        token, end = found[0], found.end()
        if not open_ and (text[at : found.start()].strip(SPACE) or (token != b"<<" and token != b"%") or (done and token == b"<<")):
            return False
        if token in {b"<<", b"["}:
            open_.append(token)
        elif token in {b">>", b"]"}:
            if open_.pop() != {b">>": b"<<", b"]": b"["}[token]:
                return False
            done = not open_
        else:
            end = passed(text, found.start())
        at = end
    return done and not text[at:].strip(SPACE)


class Objects:
    """Walks through a file and collects the text of its objects, without comments, strings and the data of streams.

    Of object streams, which may be many, only those are kept that name something `watched`.
    """

    def __init__(self, content: bytes, watched: re.Pattern[bytes]) -> None:
        self.content, self.watched, self.texts = content, watched, list[bytes]()
        self.room = INFLATED
        self.way = 2 * len(content) + 2**20
        """Bytes that all walks may pass together, and a thousand for the beginning of each; honest files need one walk."""
        self.seen: set[int] = set()
        left = self.walk(0)
        self.begins, self.ends = [a for a, _b in left], [b for _a, b in left]
        waiting = [(at, self.ends[n]) for at in self.starts(0, len(content)) if (n := self.inside(at)) >= 0]
        while waiting:
            at, limit = waiting.pop()
            if at not in self.seen:
                self.seen.add(at)
                for begin, end in self.walk(at, limit):
                    waiting += [(start, end) for start in self.starts(begin + 1, end)]

    def text(self) -> bytes:
        return b"\n".join(self.texts)

    def starts(self, begin: int, end: int) -> list[int]:
        """Where objects and trailers may begin for a reader that is sent there."""
        found = (m.start() for m in START.finditer(self.content, begin, end))
        return [at for at in found if self.content[at : at + 1] == b"t" or numbered(self.content, at)]

    def inside(self, at: int) -> int:
        """The number of what the first walk left out around a place, or -1."""
        number = bisect_right(self.begins, at) - 1
        return number if number >= 0 and at < self.ends[number] else -1

    def walk(self, at: int, limit: int = -1) -> list[tuple[int, int]]:
        """Keep the text from a place on; returns what was left out. With `limit`, ends where the first walk has been, behind it."""
        content, begun, head, first = self.content, at, -1, at
        left: list[tuple[int, int]] = []
        while found := MARK.search(content, at):
            start, at, token = found.start(), found.end(), found[0]
            begins = token == b"obj" and content[start - 1 : start] in BEFORE
            if 0 <= limit <= start and self.inside(start) < 0 and (head < 0 or begins):
                at = start
                break
            if token == b"obj":
                head = start if begins else head
            elif token != b"<<":
                stream = token == b"stream"
                at = self.stream(head, start, limit < 0) if stream else passed(content, start)
                head = -1 if stream and at > found.end() else head
            if at > found.end() or token in {b"(", b"%", b"<"}:
                self.texts.append(content[begun:start])
                left.append((start, at))
                begun = at
        else:
            at = len(content)
        self.texts.append(content[begun:at])
        self.way -= at - first + 1000
        if self.way < 0:
            raise Problem("damaged")
        return left

    def stream(self, begin: int, start: int, first: bool) -> int:
        """Where the data of a stream ends; an object stream is looked into. A word that begins no stream ends where it ends."""
        content, word = self.content, start + len(b"stream")
        if begin < 0 or content[start - 1] not in SPACE + b">])%":
            return word
        head = content[begin:start]
        line = BREAK.match(content, word)
        if PACKED.search(decoded(head)):
            if line is None:
                raise Problem("hidden")
            return self.packed(head, line.end())
        if line is None or not is_dictionary(head):
            raise Problem("damaged")  # some readers pass over the word and go on
        end = content.find(b"endstream", line.end())
        if end < 0 and first:
            raise Problem("truncated")
        return end if end >= 0 else len(content)

    def packed(self, head: bytes, at: int) -> int:
        """Keep the objects of an object stream; returns where its data ends. Only the packing that all programs use is taken."""
        begins, length = dictionary_of(head)
        if length >= 0:
            end = at + length
            if not self.content[end : end + 12].lstrip(SPACE).startswith(b"endstream"):
                raise Problem("hidden")
            self.keep(self.content[at:end], begins)
            return end
        machine, parts = zlib.decompressobj(), list[bytes]()
        while not machine.eof:
            end = self.content.find(b"endstream", at + 1)
            if end < 0:
                raise Problem("truncated")
            parts.append(machine.decompress(self.content[at:end], max(1, self.room)))
            self.room -= len(parts[-1])
            if machine.unconsumed_tail:
                raise Problem("bomb")
            at = end
        self.keep(b"".join(parts), begins)
        return at

    def keep(self, text: bytes, begins: int) -> None:
        if self.watched.search(decoded(text)):
            self.texts.append(unpacked(text, begins))


def dictionary_of(head: bytes) -> tuple[int, int]:
    """What the dictionary of an object stream says: where the objects begin, and its length if it is not deflated (else -1).

    Raises:
        Problem: the dictionary asks for a decoding that is not done here, or readers may understand it differently.
    """
    found = HEAD.fullmatch(head)
    if not found:
        raise Problem("hidden")
    tokens = [decoded(t) for t in TOKEN.findall(found[1])]
    entries: dict[bytes, list[bytes]] = {}
    at = 0
    while at < len(tokens):
        key, end = tokens[at], at + 1
        if not key.startswith(b"/") or key in entries:
            raise Problem("hidden")
        if tokens[end : end + 1] == [b"["]:
            end = tokens.index(b"]", end) + 1
        elif tokens[end : end + 1] and tokens[end].startswith(b"/"):
            end += 1
        else:
            while end < len(tokens) and not tokens[end].startswith(b"/"):
                end += 1
        entries[key] = [t for t in tokens[at + 1 : end] if t not in {b"[", b"]", b"null"}]
        at = end
    if entries.get(b"/DecodeParms") or entries.get(b"/DP") or b"/F" in entries:
        raise Problem("hidden")
    deflated = entries.get(b"/Filter") in ([b"/FlateDecode"], [b"/Fl"])
    if not deflated and entries.get(b"/Filter"):
        raise Problem("hidden")
    return number(entries, b"/First"), -1 if deflated else number(entries, b"/Length")


def number(entries: dict[bytes, list[bytes]], key: bytes) -> int:
    value = entries.get(key, [])
    if len(value) != 1 or not value[0].isdigit():
        raise Problem("hidden")
    return int(value[0])


def unpacked(text: bytes, first: int) -> bytes:
    """The objects of an object stream without their strings, unless one of them begins in a string or it is not clear where."""
    if not PAIRS.fullmatch(text, 0, first):
        return text
    inner = Plain(text, first)
    places = [first + int(n) for n in text[:first].split()[1::2]]
    return text if any(inner.hides(p) for p in places) else b"\n".join(inner.texts)


class Plain:
    """Text of objects that have no streams, without comments and strings."""

    def __init__(self, text: bytes, at: int) -> None:
        self.texts, self.begins, self.ends = list[bytes](), list[int](), list[int]()
        begun = at
        while found := PART.search(text, at):
            at = found.end()
            if found[0] in {b"(", b"%", b"<"}:
                at = passed(text, found.start())
                self.texts.append(text[begun : found.start()])
                self.begins.append(found.start())
                self.ends.append(at)
                begun = at
        self.texts.append(text[begun:])

    def hides(self, place: int) -> bool:
        number = bisect_right(self.begins, place) - 1
        return number >= 0 and self.begins[number] < place < self.ends[number]
