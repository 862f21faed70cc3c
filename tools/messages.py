"""Collect every translatable text into the English catalogue (Chinese is the source language).

Usage: python tools/messages.py [--check]. With --check nothing is written and missing translations are listed.
"""

from __future__ import annotations

import ast
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src/headwater"
PO = SOURCE / "locale/en/LC_MESSAGES/django.po"
KEYWORDS = {
    "_": None,
    "L": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}


def collect() -> Catalog:
    """Every message id of Python code, of templates and of papers with where it stands."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headwater.settings")
    from django.utils.translation.template import templatize

    from headwater.core.documents import words_in

    catalog = Catalog(locale="en", project="headwater", charset="utf-8")
    for file in sorted([*SOURCE.rglob("*.py"), *SOURCE.rglob("*.html"), *SOURCE.glob("*/templates/**/*.txt")]):
        if "migrations" in file.parts:
            continue
        text = file.read_text(encoding="utf-8")
        if file.suffix in {".html", ".txt"}:
            text = "\n".join(line.lstrip() for line in templatize(text).splitlines())  # indentation means nothing there
        for _line, message, _comments, context in extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS):
            catalog.add(message, context=context, locations=[(str(file.relative_to(ROOT)), 0)])
        for message in within_f_strings(text) if file.suffix == ".py" else ():
            catalog.add(message)
    for file in sorted(SOURCE.rglob("*.typ")):
        for message in words_in(file.read_text(encoding="utf-8")):
            catalog.add(message, locations=[(str(file.relative_to(ROOT)), 0)])
    return catalog


def within_f_strings(text: str) -> Iterator[str]:
    """Texts of plain calls inside f-strings, which the extraction by tokens does not see before Python 3.12."""
    for string in ast.walk(ast.parse(text)):
        if not isinstance(string, ast.JoinedStr):
            continue
        for call in ast.walk(string):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and KEYWORDS.get(call.func.id, ()) is None:
                yield from (a.value for a in call.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str))


def main() -> int:
    found = collect()
    have = Catalog(locale="en")
    if PO.exists():
        with PO.open("rb") as source:
            have = read_po(source, locale="en")
    if "--check" in sys.argv:
        missing = [m.id for m in found if m.id and not ((old := have.get(m.id, m.context)) and all(_strings(old.string)))]
        for text in missing:
            print(text)
        print(f"{len(missing)} texts without an English translation")
        return 1 if missing else 0
    for message in found:
        old = have.get(message.id, message.context) if message.id else None
        if old and all(_strings(old.string)):
            message.string = old.string
    PO.parent.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as target:
        write_po(target, found, width=120, no_location=True, sort_output=True, omit_header=False)
    print(f"{len(found)} texts in {PO.relative_to(ROOT)}")
    return 0


def _strings(value: object) -> list[str]:
    return list(value) if isinstance(value, (list, tuple)) else [str(value or "")]


if __name__ == "__main__":
    sys.exit(main())
