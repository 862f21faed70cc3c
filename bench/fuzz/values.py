"""What the fuzzer types: good values of every kind of question, bad ones of every kind, and requests as bytes.

Everything is drawn from the `Random` that is given, so that a case can be repeated.
"""

from __future__ import annotations

import json
from datetime import date
from random import Random
from typing import Any
from urllib.parse import quote_plus

Pairs = list[tuple[str, Any]]
"""Fields of a form in order; a value is text, bytes (sent as they are) or an `Upload`."""
WORDS = "草原土壤碳汇稀土永磁材料蒙医药乳酸菌盐碱地沙地生态水文过程风光储氢煤基固废多源遥感反演机理模型实验验证"

NASTY = [
    "",
    " ",
    "　",
    "\t\n",
    "0",
    "-1",
    "1",
    "a\0b",
    "\0",
    "\ud800",
    "\udfff\ud800x",
    "\u202eabc\u202c",
    "\u200b\u200d\ufeff",
    "e\u0301\u0301\u0301\u0301",
    "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "ﷺ" * 30,
    "<script>alert(1)</script>",
    "</textarea></form><img src=x onerror=alert(1)>",
    "\"'><b>&amp;&#0;",
    "' OR 1=1 --",
    "%' ESCAPE '%'; DROP TABLE core_event; --",
    "\\",
    "%s %d %(a)s {0} {a}",
    "{{ 7*7 }}{% load x %}",
    '{"a": [1, {"b": null}]}',
    "[]",
    "null",
    "None",
    "true",
    "../../etc/passwd",
    "..\\..\\x",
    "/",
    "C:\\con",
    "http://127.0.0.1/",
    "//evil.example/",
    "javascript:alert(1)",
    "a@b.c",
    "@",
    "a@" + "b" * 300 + ".cn",
    "0000-0002-1825-0097",
    "----",
    "一-二-三-四",
    "\r",
    "\r\n\r\n",
    "\nx",
    "x\n",
    "\x0b\x0c\x1c\x1d\x85\u2028\u2029",
    "\x7f\x80\x9f",
    "=1+1",
    "+cmd|' /C calc'!A0",
    "#set page(width: 1pt)\n#panic()",
    "$ x^2 $ *a* _b_ `c` <d> @e #f",
    "[x](javascript:alert(1)) ![y](http://e/z.png) | a | b |\n|--|--|",
    "- " * 2000,
    "> " * 3000 + "x",
    "*" * 5000,
    "[" * 3000,
    "![" * 2000 + "](" * 2000,
    "`" * 4999,
    "\U0010ffff\ufffe\uffff",
]
NUMBERS = [
    "0",
    "-0",
    "-1",
    "1",
    "2147483647",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "99999999999999999999999999",
    "9" * 400,
    "9" * 5000,
    "1e309",
    "-1e309",
    "1e400000000",
    "1e-400",
    "1E5",
    "nan",
    "NaN",
    "sNaN",
    "inf",
    "-Infinity",
    "0.0000001",
    "0.1",
    "1.005",
    "1,000",
    "1，000",
    "１２",
    "٣",
    "²",
    "½",
    "〇",
    "万",
    "3万元",
    "1_000",
    "0x10",
    "+5",
    " 5 ",
    "5.",
    ".5",
    "--5",
    "5-",
    "1e5",
    "10000000000",
    "9999999999.999999",
    "99999999999",
]
DAYS = [
    "0000-00-00",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "2026-02-30",
    "2026-13-01",
    "2026-2-3",
    "20260203",
    "2026-W01-1",
    "2026-02-03T00:00",
    "2026-02-03T25:61",
    "2026-02-03T10:00+99:00",
    "9999-12-31T23:59",
    "0001-01-01T00:00",
    "2026/02/03",
    "２０２６-０２-０３",
    "-2026-01-01",
    "2026-02-03 ",
    "now",
    "1969-12-31",
]
CHUNKS = [
    "abc",
    "草原",
    "\n",
    "\r\n",
    " ",
    "<",
    "&",
    "\u0301",
    "👍",
    "\u202e",
    "\t",
    "\u00a0",
    "1",
    "#",
    "*",
    "|",
    "$",
    "\\",
    '"',
    "%",
]


def words(random_: Random, length: int) -> str:
    return "".join(random_.choices(WORDS, k=length))


def bad(random_: Random, *, big: bool = True) -> str:
    """Any bad text; one in forty is longer than 10^5 characters where `big`."""
    draw = random_.random()
    if draw < 0.45:
        return random_.choice(NASTY)
    if draw < 0.65:
        return random_.choice(NUMBERS)
    if draw < 0.75:
        return random_.choice(DAYS)
    if draw < 0.9 or not big:
        return "".join(random_.choices(CHUNKS, k=random_.randint(1, 40)))
    if draw < 0.975:
        return words(random_, random_.choice([61, 121, 201, 301, 1001, 4001, 9000]))
    return random_.choice(["研", "a", "<", "\u0301", "\n", "*", "9", "👍"]) * random_.choice([100_001, 250_000])


def changed(random_: Random, value: str) -> str:
    """A value with a small fault in it."""
    at = random_.randint(0, len(value))
    way = random_.randrange(5)
    if way == 0:
        return value[:at] + random_.choice(NASTY)[:60] + value[at:]
    if way == 1:
        return value[:at]
    if way == 2:
        return value + value
    if way == 3:
        return value[:at] + chr(random_.choice([random_.randrange(1, 128), random_.randrange(128, 0x3000)])) + value[at + 1 :]
    return f" {value} "


def key(random_: Random, near: list[int]) -> str:
    """An id: of something that is there (perhaps another's), of nothing, or no id at all."""
    draw = random_.random()
    if near and draw < 0.5:
        return str(random_.choice(near))
    if draw < 0.8:
        return random_.choice(NUMBERS)
    return bad(random_, big=False)


class Upload:
    """A file in a form."""

    def __init__(self, name: str, content: bytes, content_type: str = "application/octet-stream") -> None:
        self.name, self.content, self.content_type = name, content, content_type

    def __repr__(self) -> str:
        return f"<file {self.name[:40]!r}, {len(self.content)} bytes>"


def raw(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def urlencoded(pairs: Pairs) -> bytes:
    return b"&".join(f"{quote_plus(raw(n))}={quote_plus(raw(v))}".encode() for n, v in pairs)


BOUNDARY = "----fuzz5d1c"


def multipart(pairs: Pairs) -> bytes:
    out = []
    for name, value in pairs:
        out.append(b"--" + BOUNDARY.encode() + b'\r\nContent-Disposition: form-data; name="' + quoted(name) + b'"')
        if isinstance(value, Upload):
            out.append(
                b'; filename="'
                + quoted(value.name)
                + b'"\r\nContent-Type: '
                + raw(value.content_type)
                + b"\r\n\r\n"
                + value.content
            )
        else:
            out.append(b"\r\n\r\n" + raw(value))
        out.append(b"\r\n")
    return b"".join([*out, b"--" + BOUNDARY.encode() + b"--\r\n"])


def quoted(name: str) -> bytes:
    return raw(name).replace(b"\r", b"%0D").replace(b"\n", b"%0A").replace(b'"', b"%22")


def body(random_: Random, pairs: Pairs) -> tuple[bytes, str, str]:
    """(bytes, content type, how) of a form; `how` is "urlencoded", "multipart" or, when it is not what it says it is, "garbled"."""
    files = any(isinstance(v, Upload) for _n, v in pairs)
    if files or random_.random() < 0.2:
        content, kind, how = multipart(pairs), f"multipart/form-data; boundary={BOUNDARY}", "multipart"
    else:
        content, kind, how = urlencoded(pairs), "application/x-www-form-urlencoded", "urlencoded"
    draw = random_.random()
    if draw < 0.97:
        return content, kind, how
    if draw < 0.98:
        return content[: random_.randint(0, len(content))], kind, "garbled"
    if draw < 0.985:
        return content, random_.choice(KINDS), "garbled"
    if draw < 0.99:
        return json.dumps([[n, str(v)] for n, v in pairs]).encode(), "application/json", "garbled"
    if draw < 0.995:
        return content, f"{kind}; charset={random_.choice(['utf-16', 'gb18030', 'x', 'utf-7', 'idna'])}", "garbled"
    return bytes(random_.randrange(256) for _n in range(random_.randint(0, 400))), kind, "garbled"


KINDS = [
    "application/json",
    "text/plain",
    "",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=\u00e9",
    "multipart/form-data; boundary=" + "x" * 300,
]


def day(random_: Random) -> str:
    return date(random_.randint(1950, 2031), random_.randint(1, 12), random_.randint(1, 28)).isoformat()


def good(random_: Random, f: Any) -> str:
    """What somebody would type into one simple question of a scheme."""
    if f.type in {"text", "rich"}:
        return words(random_, random_.randint(max(1, f.min_chars), max(1, min(f.max_chars, f.min_chars + 200))))
    if f.type == "line":
        return words(random_, random_.randint(1, min(f.max_chars, 20)))
    if f.type == "number":
        low = int(f.minimum or 0)
        return str(random_.randint(low, max(low, int(f.maximum or low + 50))))
    if f.type == "money":
        return f"{random_.randint(1, 500)}.{random_.randint(0, 9)}"
    if f.type == "date":
        return day(random_)
    if f.type in {"choice", "choices"}:
        return str(random_.choice(f.choices)[0])
    if f.type == "discipline":
        return random_.choice(["A0101", "B0201", "C0301", "a0101 数学"])
    if f.type == "organisation":
        return random_.choice(["内蒙古大学", "某校", "中国科学院"])
    return random_.choice(["张三 某校", "李四 内蒙古大学", "王五"])


def typed(random_: Random, f: Any) -> str:
    """Mostly good, sometimes changed, sometimes bad."""
    draw = random_.random()
    if draw < 0.55:
        return good(random_, f)
    if draw < 0.7:
        return changed(random_, good(random_, f))
    if draw < 0.85 and f.type in {"number", "money", "date"}:
        return random_.choice(DAYS if f.type == "date" else NUMBERS)
    return bad(random_)


def controls(random_: Random, f: Any) -> Pairs:
    """The controls of one question, filled in."""
    if f.type == "choices":
        return [(f.code, typed(random_, f)) for _n in range(random_.randint(0, 4))] or [(f.code, "")]
    if f.has_rows:
        pairs: Pairs = [(f.code, "")]
        count = random_.choice([0, 1, 2, 3, f.max_rows, f.max_rows + 1]) if random_.random() < 0.4 else random_.randint(0, 3)
        for n in range(count):
            index = (
                str(n)
                if random_.random() < 0.93
                else random_.choice(["999999", "-1", "", "400", "399", "٣", "00", "1e2", " 1", "x"])
            )
            pairs += [(f"{f.code}.{index}.{c.code}", typed(random_, c)) for c in f.columns if random_.random() < 0.9]
        if f.type == "budget":
            pairs += [
                (f"{f.code}.{part}", random_.choice(["", "1", "on", *NUMBERS])) for part in ("indirect", "theory", "promise")
            ]
        if random_.random() < 0.1:
            pairs.append((f"{f.code}{random_.choice(['.0.nothing', '..', '.', '.0', '.0.', '.0.a.b'])}", bad(random_)))
        return pairs
    return [(f.code, typed(random_, f))]


def disturbed(random_: Random, pairs: Pairs, near: list[int]) -> Pairs:
    """A form with one to three faults: missing, doubled, changed, bad, foreign or strangely named fields."""
    out = list(pairs)
    for _n in range(random_.randint(1, 3)):
        way = random_.randrange(10)
        at = random_.randrange(len(out)) if out else 0
        if not out or way == 0:
            name = random_.choice(
                [
                    "pk",
                    "id",
                    "remove",
                    "_fields",
                    "_row",
                    "confirmed",
                    "do",
                    "format",
                    "x" * 300,
                    "",
                    "a\0b",
                    "csrfmiddlewaretoken",
                ]
            )
            out.append((name, key(random_, near)))
        elif way == 1:
            del out[at]
        elif way == 2:
            out.insert(random_.randint(0, len(out)), out[at])
        elif way == 3:
            out[at] = (out[at][0], key(random_, near))
        elif way == 4 and isinstance(out[at][1], str):
            out[at] = (out[at][0], changed(random_, out[at][1]))
        elif way == 5:
            out[at] = (changed(random_, out[at][0]), out[at][1])
        elif way == 6:
            out.append((out[at][0], bad(random_)))
        else:
            out[at] = (out[at][0], bad(random_))
    if random_.random() < 0.004:
        out += [(f"f{n}", "x") for n in range(random_.choice([1000, 20_001]))]
    return out
