"""Writes a region package to start from: whole, without a mistake, and to be replaced piece by piece by what holds in the region."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

START = Path(__file__).resolve().parent / "start"
CODE = re.compile(r"[a-z][a-z0-9-]{1,30}")


class StartError(Exception):
    """The package cannot be written; the message says why."""


def write_package(code: str, folder: Path, name_zh: str, name_en: str) -> list[Path]:
    """Write a package into `folder`, named after its code; returns the files.

    Raises:
        StartError: the code is none, or the folder holds something already.
    """
    if not CODE.fullmatch(code):
        raise StartError(f"expected small letters, digits and hyphens, beginning with a letter, found {code!r}")
    if folder.name != code:
        raise StartError(f"expected a folder named {code!r}, found {folder.name!r}")
    if folder.exists() and any(folder.iterdir()):
        raise StartError(f"{folder} is not empty")
    letters = re.sub(r"[^A-Z]", "", code.upper())
    values = {
        "code": code,
        "name_zh": name_zh,
        "name_en": name_en,
        "place": letters[:6],
        "prefix": letters[:4],
        "mark": letters[:4],
    }
    files = []
    for file in sorted(START.rglob("*.in")):
        target = folder / file.relative_to(START).with_suffix("")
        target = target.with_name(f"{code}-{target.name}") if target.parent.name == "schemes" else target
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(Template(file.read_text(encoding="utf-8")).substitute(values), encoding="utf-8")
        files.append(target)
    return files
