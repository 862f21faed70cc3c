"""Names of people: one form on the way in, lists of names taken apart, and what stands in brackets after them.

Look-ups compare keys that the database makes of a name (`registry_name_keys`), so that every way of writing meets the same record.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from headwater.core.text import clean_text

HAN = "\u2e80-\u2fdf\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
DOT = "·"
DOTS = "\xb7\u0387\u16eb\u2022\u2023\u2024\u2027\u2218\u2219\u22c5\u2e30\u2e31\u2e33\u30fb\ua78f\uff0e\uff65"
"""Every sign that people type for the dot between the parts of a name; the full stop only between Chinese characters."""
BETWEEN = re.compile(rf"\s*[{DOTS}]\s*|(?<=[{HAN}])\s*[.﹒]\s*(?=[{HAN}])")
INSIDE = re.compile(rf"(?<=[{HAN}])\s+(?=[{HAN}])")
BREAKS = re.compile(r"[\n;；、/／|]")
COMMAS = re.compile(r"[,，]")
OPEN, CLOSE = "(（[［【〔<＜《", ")）]］】〕>＞》"
BRACKETS = re.compile(rf"[{re.escape(OPEN)}]([^{re.escape(OPEN + CLOSE)}]*)[{re.escape(CLOSE)}]?")
MARKS = re.compile(rf"[{re.escape(OPEN + CLOSE)}\n;；、/／|,，]")
TITLES = frozenset(
    """教授 副教授 讲师 助教 研究员 副研究员 助理研究员 工程师 高级工程师 正高级工程师 主任医师 副主任医师 主治医师 实验师 高级实验师
    院士 博士 博士后 硕士 博导 硕导 导师 老师 先生 女士 主任 副主任 院长 副院长 所长 副所长 校长 副校长""".split()  # noqa: SIM905
)
TITLED = re.compile(rf"(?<=[{HAN}]{{2}})(?:{'|'.join(sorted(TITLES, key=len, reverse=True))})$")
INSTITUTION = re.compile(rf"[{HAN}]{{4,}}.*|[{HAN}]+(?:大|校|学院|所|院|中心|公司|集团|部|局|厅|站|厂)")
ENGLISH = re.compile(r"\b(?:prof(?:essor)?|associate prof(?:essor)?|dr|ph\.?d|m\.?d|mr|mrs|ms)\b\.?,?", re.IGNORECASE)
LATIN_WORD = re.compile(rf"[^\W\d_{HAN}]+(?:[-'’][^\W\d_{HAN}]+)*")
"""One word of a name in an alphabet: a family name when a comma follows."""
MOST_NAMES = 50


@dataclass(frozen=True)
class Named:
    """Somebody as a list names them: the name in its normal form, and the institution that stands beside it."""

    name: str
    institution: str = ""

    def __str__(self) -> str:
        return f"{self.name}（{self.institution}）" if self.institution else self.name


def with_institution(name: str, institution: str) -> str:
    """Return a name and an institution in one line that `read_name` takes apart again."""
    if not institution:
        return name
    return (
        f"{name} {institution}"
        if read_name(f"{name} {institution}") == Named(name, institution)
        else str(Named(name, institution))
    )


def normal_name(text: str) -> str:
    """Return a name as it is stored and shown: half-width letters, one kind of dot (·), no blanks between Chinese characters.

    Letters keep their case and order: how somebody writes their own name is theirs to say.
    """
    plain = unicodedata.normalize("NFKC", BETWEEN.sub(DOT, clean_text(text)))
    return INSIDE.sub("", " ".join(plain.replace("’", "'").replace("‐", "-").split())).strip(f"{DOT} ,;")


def same_name(one: str, other: str) -> bool:
    """Return whether two texts write one name; the same name may still be that of two people."""
    return normal_name(one).casefold() == normal_name(other).casefold()


def split_names(text: str) -> list[Named]:
    """Return the people whom a text lists: apart by , ， ; ； 、 / or lines, with titles and institutions in brackets or after a blank.

    "Smith, John" is one name: a comma after a single word in Latin letters parts family and given name.
    """
    people = [read_name(part) for line in _parts(clean_text(text), BREAKS) for part in _people(line)]
    return list(dict.fromkeys(one for one in people if one.name))[:MOST_NAMES]


def read_name(text: str) -> Named:
    """Read one name with what stands beside it; titles are dropped."""
    notes = [word for inside in BRACKETS.findall(text) for word in re.split(r"[,，;；、\s]+", inside)]
    name = ENGLISH.sub("", BRACKETS.sub(" ", text)).strip(" ,，")
    name, _comma, rest = (part.strip() for part in name.replace("，", ",").partition(","))
    if rest and LATIN_WORD.fullmatch(name):
        name = f"{rest} {name}"
    elif rest:
        notes.append(rest)
    words = [w for w in re.split(r"\s+", name) if w not in TITLES]
    name = TITLED.sub("", normal_name(MARKS.sub(" ", " ".join(_whole(words, notes)))))
    where = " ".join(n for n in notes if n not in TITLES and not ENGLISH.fullmatch(n))
    return Named(name or normal_name(MARKS.sub(" ", text)), normal_name(MARKS.sub(" ", where)))


def _whole(words: list[str], notes: list[str]) -> list[str]:
    """Return the words of the name; a Chinese word after it that reads like an institution goes to the notes."""
    for n, word in enumerate(words[1:], start=1):
        if INSTITUTION.fullmatch(word) and re.search(f"[{HAN}]", words[0]):
            notes.extend(words[n:])
            return words[:n]
    return words


def _people(line: str) -> Iterator[str]:
    """Yield the people of a line: a comma parts them, except after a single Latin word."""
    parts = list(_parts(line, COMMAS))
    while parts:
        part = parts.pop(0)
        if parts and LATIN_WORD.fullmatch(part.strip()) and not re.search(f"[{HAN}]", parts[0]):
            part = f"{part}, {parts.pop(0)}"
        yield part


def _parts(text: str, marks: re.Pattern[str]) -> Iterator[str]:
    """Yield the pieces between marks that stand in no bracket."""
    depth, start = 0, 0
    for at, sign in enumerate(text):
        if sign == "\n":
            depth = 0  # a bracket that was never closed does not swallow the next line
        depth = depth + 1 if sign in OPEN else max(0, depth - 1) if sign in CLOSE else depth
        if not depth and marks.match(sign):
            yield text[start:at]
            start = at + 1
    yield text[start:]
