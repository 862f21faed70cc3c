"""Codes of questions and choices in a package."""

from __future__ import annotations

import re

from headwater.core.i18n import Bilingual
from headwater.core.reading import Problem, Reader

Choice = tuple[str, Bilingual]
"""The code of a choice, and its words."""
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


def unique(problems: list[Problem], key: str, codes: list[str]) -> None:
    for code in sorted({c for c in codes if codes.count(c) > 1}):
        problems.append((key, f"code {code!r} is used twice"))


def read_choice(r: Reader) -> Choice:
    choice = (r.text("code", required=True), Bilingual(r.text("zh", required=True), r.text("en", required=True)))
    r.done()
    return choice
