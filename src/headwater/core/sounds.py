"""How Chinese text sounds: letters without tones, by which names are put in order, and a text is found by its sound or in spite of a slip."""

from __future__ import annotations

from typing import Any

from django.db import models


def sounds(text: str) -> str:
    """Return the pinyin of Chinese characters and the letters and digits of everything else, in lower case and without blanks."""
    from pypinyin import lazy_pinyin  # its tables take a second to read: who writes no name does not wait

    return "".join(c for c in "".join(lazy_pinyin(text)).casefold() if c.isalnum())


class SoundsField(models.CharField):  # type: ignore[type-arg]
    """The sound of another field of the row, written with the row."""

    def __init__(self, of: str = "", **options: Any) -> None:
        self.of = of
        super().__init__(**{"max_length": 400, "editable": False, "default": "", **options})

    def deconstruct(self) -> Any:
        """Return the field with the one that it follows."""
        name, path, args, options = super().deconstruct()
        return name, path, args, {**options, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Give the row the sound of what it holds now."""
        text = sounds(getattr(model_instance, self.of))[: self.max_length]
        setattr(model_instance, self.attname, text)
        return text
