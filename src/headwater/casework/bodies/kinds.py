"""Kinds of body as a region package declares them in bodies.toml. Pure: a package is checked where there is no Django."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from headwater.casework.bodies.rules.composition import (
    CHAIR,
    MEMBER,
    POSTS,
    SECRETARY,
    STANDINGS,
    VICE,
    Bound,
    Composition,
    Words,
)
from headwater.core.i18n import Bilingual
from headwater.core.reading import Problem, Reader
from headwater.forms.codes import CODE, unique
from headwater.forms.declaring import read_check, read_section
from headwater.forms.linking import link_form
from headwater.forms.shapes import Form
from headwater.schemes.judging import is_share

KIND = re.compile(r"[a-z][a-z0-9-]{1,59}")
FRACTION = re.compile(r"[1-9]\d{0,2}/[1-9]\d{0,2}")
BALLOTS = ("secret", "open")
COUNTED = ("present", "all")
"""Of whom the majority is counted: of those who are present and may vote, or of all who may."""
USUAL_POSTS = {
    CHAIR: Bilingual("主任委员", "Chair"),
    VICE: Bilingual("副主任委员", "Vice chair"),
    MEMBER: Bilingual("委员", "Member"),
    SECRETARY: Bilingual("秘书", "Secretary"),
}
STANDING_WORDS = {
    "host": Bilingual("依托单位人员", "Staff of the host"),
    "outside": Bilingual("单位外专家", "Experts from outside"),
    "manager": Bilingual("管理专家", "Management experts"),
}


@dataclass(frozen=True)
class Hook:
    """A hook by its name (`bodies.bars.BARS`) with its settings: who is barred from a body, or stands back from an item."""

    name: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class BodyKind:
    """A kind of body. A `standing` one lasts for terms; the others judge one case and end. It belongs to one record, of one of
    `subjects` where these are named, or to none where it is `alone`. `roles` convene it, change it and call it together.
    `open`: whoever may know of its record sees its members. `warn_days` before terms end people are told; who is absent `absences` times in a row is to be replaced.
    """

    code: str
    name: Bilingual
    standing: bool
    alone: bool
    one: bool
    open: bool
    subjects: tuple[str, ...]
    roles: tuple[str, ...]
    posts: tuple[tuple[str, Bilingual], ...]
    composition: Composition
    qualities: tuple[tuple[str, Bilingual], ...]
    bars: tuple[Hook, ...]
    recuses: tuple[Hook, ...]
    warn_days: int
    absences: int | None
    meetings_a_year: int
    quorum: str
    majority: str
    counted: str
    ballot: str
    notice_days: int
    remind_days: tuple[int, ...]
    rules_document: bool
    form: Form

    @cached_property
    def post_words(self) -> dict[str, Bilingual]:
        return dict(self.posts)

    @cached_property
    def quality_words(self) -> dict[str, Bilingual]:
        return dict(self.qualities)

    @property
    def words(self) -> Words:
        """Return what the rules of composition call the body, its posts and its parts, in the reader's language."""
        labels = {code: str(word) for code, word in {**STANDING_WORDS, **self.quality_words}.items()}
        return Words(str(self.name), str(self.post_words[CHAIR]), str(self.post_words[MEMBER]), labels)

    def fits(self, subject_kind: str) -> bool:
        """Return whether a body of this kind can belong to a record of a kind; "" is no record."""
        if not subject_kind:
            return self.alone
        return not self.alone and (not self.subjects or subject_kind in self.subjects)


def read_bodies(table: Mapping[str, Any], problems: list[Problem]) -> list[BodyKind]:
    """Read the file of a package, with every mistake in it."""
    top = Reader(dict(table), problems)
    rows = top.tables("body", required=True)
    kinds = [read_body(r) for r in rows]
    unique(problems, "body", [k.code for k in kinds])
    top.done()
    return kinds


def read_body(r: Reader) -> BodyKind:
    """Read one kind of body."""
    code = r.text("code", required=True)
    if code and not KIND.fullmatch(code):
        r.problems.append((r.path("code"), f"expected small letters, digits and hyphens, found {code!r}"))
    qualities = tuple(_quality(q) for q in r.tables("quality"))
    unique(r.problems, r.path("quality"), [c for c, _word in qualities])
    kind = BodyKind(
        code=code,
        name=_named(r),
        standing=r.get("standing", bool, False, required=True),
        alone=r.get("alone", bool, False),
        one=r.get("one", bool, False),
        open=r.get("open", bool, False),
        subjects=_texts(r, "subjects"),
        roles=_texts(r, "roles", required=True),
        posts=_posts(r.table_at("posts")),
        composition=_composition(r, {c for c, _word in qualities}),
        qualities=qualities,
        bars=tuple(_hook(h) for h in r.tables("bar")),
        recuses=tuple(_hook(h) for h in r.tables("recuse")),
        form=_form(r),
        **_term_and_meetings(r),
    )
    _fits_together(r, kind)
    r.done()
    return kind


def _named(r: Reader) -> Bilingual:
    name = Bilingual(r.text("name_zh", required=True), r.text("name_en", required=True))
    for key, text, most in (("name_zh", name.zh, 60), ("name_en", name.en, 120)):
        if len(text) > most:
            r.problems.append((r.path(key), f"expected at most {most} characters, found {len(text)}"))
    return name


def _term_and_meetings(r: Reader) -> dict[str, Any]:
    term = r.table_at("term")
    return {
        "warn_days": _number(term, "warn_days", 90, 0, 1000),
        "absences": _number(term, "absences", None, 1, 20),
        "meetings_a_year": _number(r, "meetings_a_year", 0, 0, 50),
        "quorum": _share(r, "quorum", ">=2/3"),
        "majority": _share(r, "majority", ">1/2"),
        "counted": _word(r, "counted", COUNTED, "present"),
        "ballot": _word(r, "ballot", BALLOTS, "secret"),
        "notice_days": _number(r, "notice_days", 0, 0, 90),
        "remind_days": _days(r, "remind_days"),
        "rules_document": r.get("rules_document", bool, False),
    }


def _composition(r: Reader, qualities: set[str]) -> Composition:
    size, term = r.table_at("size", required=True), r.table_at("term")
    chairs = _texts(r, "chairs_from") or STANDINGS
    for standing in chairs:
        if standing not in STANDINGS:
            r.problems.append((r.path("chairs_from"), f"expected some of {', '.join(STANDINGS)}, found {standing!r}"))
    rule = Composition(
        least=_number(size, "least", 1, 1, 99, required=True),
        most=_number(size, "most", None, 1, 99),
        odd=size.get("odd", bool, False),
        vices=_number(r, "vices", None, 0, 20),
        bounds=tuple(_bound(b, qualities) for b in r.tables("bound")),
        both_sexes=r.get("both_sexes", bool, False),
        chairs_from=chairs,
        chair_usual=r.get("chair_usual", bool, False),
        term_years=_number(term, "years", None, 1, 30),
        terms=_number(term, "most", None, 1, 20),
        renewed=_fraction(term, "renewed"),
    )
    if rule.most is not None and rule.most < rule.least:
        r.problems.append((size.path("most"), f"is below least ({rule.least})"))
    size.done()
    term.read |= {"warn_days", "absences"}
    term.done()
    return rule


def _bound(r: Reader, qualities: set[str]) -> Bound:
    of = r.text("of", required=True)
    known = sorted({*STANDINGS, *qualities})
    if of and of not in known:
        r.problems.append((r.path("of"), f"expected a standing or a quality ({', '.join(known)}), found {of!r}"))
    share = _fraction(r, "share") if "share" in r.table else None
    bound = Bound(of, _number(r, "least", 0, 0, 99), _number(r, "most", None, 0, 99), share)
    if not {"least", "most", "share"} & set(r.table):
        r.problems.append((r.where, "expected least, most or share"))
    if "most" in r.table and "share" in r.table:
        r.problems.append((r.path("share"), "expected either most or share"))
    r.done()
    return bound


def _quality(r: Reader) -> tuple[str, Bilingual]:
    code = r.text("code", required=True)
    if code and (not CODE.fullmatch(code) or code in STANDINGS):
        r.problems.append((r.path("code"), f"expected small letters, digits and underscores, and no standing, found {code!r}"))
    quality = code, Bilingual(r.text("zh", required=True), r.text("en", required=True))
    r.done()
    return quality


def _posts(r: Reader) -> tuple[tuple[str, Bilingual], ...]:
    words = dict(USUAL_POSTS)
    for post in r.table:
        pair = r.get(post, list, [])
        if post not in POSTS:
            r.problems.append((r.path(post), f"unknown post; known: {', '.join(POSTS)}"))
        elif len(pair) != 2 or not all(isinstance(text, str) and text for text in pair):
            r.problems.append((r.path(post), f"expected [Chinese, English], found {pair!r}"))
        else:
            words[post] = Bilingual(*pair)
    return tuple(words.items())


def _hook(r: Reader) -> Hook:
    name = r.text("hook", required=True)
    settings = {key: value for key, value in r.table.items() if key != "hook"}
    for key, value in settings.items():
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            r.problems.append((r.path(key), f"expected a whole number or a text, found {value!r}"))
    return Hook(name, settings)


def _form(r: Reader) -> Form:
    """Read the opinion that every member gives on an item: a form, or none."""
    form = Form(
        sections=tuple(read_section(s) for s in r.tables("section")), checks=tuple(read_check(c) for c in r.tables("check"))
    )
    unique(r.problems, r.path("section"), [s.code for s in form.sections])
    unique(r.problems, r.path("section.field"), [f.code for f in form.fields])
    order = link_form(form, r.problems, built_in={}, sources={})
    return Form(sections=form.sections, checks=form.checks, order=order)


def _fits_together(r: Reader, kind: BodyKind) -> None:
    if kind.alone and kind.subjects:
        r.problems.append((r.path("subjects"), "has no effect: a body that is alone belongs to no record"))
    if not kind.standing and kind.composition.term_years:
        r.problems.append((r.path("term"), "has no effect: what is not standing has no terms"))
    if not kind.standing and kind.meetings_a_year:
        r.problems.append((r.path("meetings_a_year"), "has no effect: what is not standing ends with its case"))


def _texts(r: Reader, key: str, *, required: bool = False) -> tuple[str, ...]:
    values = r.get(key, list, [], required=required)
    if not all(isinstance(v, str) and v for v in values):
        r.problems.append((r.path(key), f"expected a list of texts, found {values!r}"))
        return ()
    if required and not values and key in r.table:
        r.problems.append((r.path(key), "must not be empty"))
    return tuple(values)


def _number(r: Reader, key: str, usual: int | None, least: int, most: int, *, required: bool = False) -> Any:
    value = r.get(key, int, usual, required=required)
    if value is not None and not least <= value <= most:
        r.problems.append((r.path(key), f"expected {least} to {most}, found {value}"))
        return usual
    return value


def _share(r: Reader, key: str, usual: str) -> str:
    share = r.text(key, usual)
    if not is_share(share):
        r.problems.append((r.path(key), f'expected a share such as ">1/2" or ">=2/3", found {share!r}'))
        return usual
    return share


def _fraction(r: Reader, key: str) -> Fraction:
    text = r.text(key)
    if not text:
        return Fraction(0)
    if not FRACTION.fullmatch(text) or Fraction(text) > 1:
        r.problems.append((r.path(key), f'expected a fraction such as "1/3", found {text!r}'))
        return Fraction(0)
    return Fraction(text)


def _word(r: Reader, key: str, words: tuple[str, ...], usual: str) -> str:
    word = r.text(key, usual)
    if word not in words:
        r.problems.append((r.path(key), f"expected {' or '.join(words)}, found {word!r}"))
        return usual
    return word


def _days(r: Reader, key: str) -> tuple[int, ...]:
    days = r.get(key, list, [])
    if not all(isinstance(d, int) and not isinstance(d, bool) and 0 < d <= 90 for d in days):
        r.problems.append((r.path(key), f"expected whole numbers from 1 to 90, found {days!r}"))
        return ()
    return tuple(sorted(days, reverse=True))


_KINDS: dict[str, BodyKind] = {}
"""Kinds by the digest of their definition, read once in a process."""


def parsed(version: Any) -> BodyKind:
    """Return the kind that a loaded version holds; it was checked when it was loaded."""
    if version.digest not in _KINDS:
        _KINDS[version.digest] = read_body(Reader(version.definition, []))
    return _KINDS[version.digest]
