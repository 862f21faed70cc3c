"""Two languages in one way: a text of the house is a `Bilingual`, and its reader gets the one that they read.

What the programmer writes for pages alone goes through gettext, with the Chinese as key. What is stored or declared in both languages
(`title_zh`, `title_en`) becomes a `Bilingual` by `both`. Official texts are Chinese whoever makes them: `with in_chinese(): …`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.utils.translation import override


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A text in Chinese and English; `str` gives the reader's, the Chinese where there is no English."""

    zh: str
    en: str = ""

    def __str__(self) -> str:
        return self.zh if not self.en or chinese() else self.en

    def __bool__(self) -> bool:
        return bool(self.zh)

    @property
    def other(self) -> str:
        """Return the text in the language that the reader's is not; empty where there is only one."""
        return self.en if not self.en or chinese() else self.zh


NOTHING = Bilingual("")


def chinese() -> bool:
    from django.utils.translation import get_language  # a region package is checked where there is no Django

    return (get_language() or "zh-hans").startswith("zh")


def in_chinese() -> override:
    """Write official texts in Chinese, whoever makes them: `with in_chinese(): …`."""
    return in_language("zh")


def in_language(language: str) -> override:
    """Write a paper in the language that is asked for, whoever asks: `with in_language("en"): …`."""
    from django.utils.translation import override

    return override("zh-hans" if language == "zh" else language)


def both(record: Any, stem: str = "name") -> Bilingual:
    """Return the text that `record`, an object or a mapping, keeps as `name_zh` and `name_en`, or plainly as `zh` and `en`."""
    zh = _part(record, f"{stem}_zh")
    if zh is None:
        return Bilingual(str(_part(record, "zh") or ""), str(_part(record, "en") or ""))
    return Bilingual(str(zh or ""), str(_part(record, f"{stem}_en") or ""))


def _part(record: Any, name: str) -> Any:
    return record.get(name) if isinstance(record, dict) else getattr(record, name, None)


def named(record: Any, stem: str = "name") -> str:
    """Return the text of `both` in the reader's language."""
    return str(both(record, stem))
