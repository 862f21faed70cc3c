"""The words of a letter as a region package declares them: a heading and paragraphs in both languages, with names in braces."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from headwater.core.patterns import names_in
from headwater.core.reading import Reader

LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class LetterText:
    """Paragraphs are divided by empty lines."""

    heading_zh: str
    heading_en: str
    text_zh: str
    text_en: str

    def heading(self, language: str, values: Mapping[str, str]) -> str:
        """Return the heading with the names filled in."""
        return (self.heading_zh if language == "zh" else self.heading_en).format(**values)

    def paragraphs(self, language: str, values: Mapping[str, str]) -> list[str]:
        """Return the paragraphs with the names filled in."""
        text = (self.text_zh if language == "zh" else self.text_en).format(**values)
        return [part.strip() for part in text.split("\n\n") if part.strip()]


def read_letter(r: Reader, key: str, names: Collection[str]) -> LetterText | None:
    """Read the table of a letter; None where there is none. `names` may stand in braces."""
    if key not in r.table:
        r.read.add(key)
        return None
    table = r.table_at(key)
    parts = {
        f"{part}_{language}": table.text(f"{part}_{language}", required=True)
        for part in ("heading", "text")
        for language in LANGUAGES
    }
    for part, text in parts.items():
        try:
            strange = names_in(text) - set(names)
        except ValueError as error:
            table.problems.append((table.path(part), f"braces: {error}"))
            continue
        for name in sorted(strange):
            table.problems.append((table.path(part), f"unknown name {name!r}; known: {', '.join(sorted(names))}"))
    table.done()
    return LetterText(**parts)
