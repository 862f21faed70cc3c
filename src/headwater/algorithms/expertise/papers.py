"""Works (publications and proposals) and experts, and what texts they give.

A work is read in each of its languages apart. So a Chinese proposal with an English title and keywords meets experts who publish in
English; where no language is shared, only the tree of codes joins the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from headwater.algorithms.errors import BadInput
from headwater.algorithms.expertise.space import Space, fit

PROFILE_CHARACTERS = 1500
_CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True)
class Work:
    """A publication or a proposal; any field may be in either language, the `_en` fields are its second language where it has one."""

    title: str = ""
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    title_en: str = ""
    abstract_en: str = ""
    keywords_en: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expert:
    """An expert: publications, newest first, with codes and keywords of their own."""

    works: tuple[Work, ...] = ()
    codes: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


def by_language(work: Work) -> tuple[str, str]:
    """(Chinese, English) text of a work: title twice, keywords, abstract; a field is Chinese when it has a Chinese character."""
    parts: tuple[list[str], list[str]] = ([], [])
    for field in (*[work.title] * 2, *work.keywords, work.abstract, *[work.title_en] * 2, *work.keywords_en, work.abstract_en):
        if field:
            parts[0 if _CHINESE.search(field) else 1].append(field)
    return " | ".join(parts[0]), " | ".join(parts[1])


def english(work: Work) -> str:
    """Title and abstract in English as a sentence model reads them, "" when there is neither."""
    title = next((t for t in (work.title_en, work.title) if t and not _CHINESE.search(t)), "")
    abstract = next((t for t in (work.abstract_en, work.abstract) if t and not _CHINESE.search(t)), "")
    return ". ".join(filter(None, (title, abstract)))


def whole_text(work: Work) -> str:
    """Both languages of a work in one text, for the candidate search."""
    return " | ".join(filter(None, by_language(work)))


def profile(expert: Expert, *, characters: int = PROFILE_CHARACTERS) -> str:
    """What the candidate search knows of an expert: keywords, then works from the newest on, in both languages."""
    text = " | ".join(expert.keywords)
    for work in expert.works:
        if len(text) >= characters:
            break
        text += " | " + whole_text(work)
    return text[:characters]


def fit_spaces(works: Iterable[Work], *, orders: int = 2) -> tuple[Space, Space]:
    """Spaces of the Chinese and of the English texts of works; an empty language gets a space that knows no term.

    Raises:
        BadInput: no works.
    """
    texts = [by_language(w) for w in works]
    if not texts:
        raise BadInput("works must not be empty")
    sides = []
    for language in (0, 1):
        some = [t[language] for t in texts if t[language]]
        sides.append(fit(some or [""], orders=orders))
    return sides[0], sides[1]
