"""Reads the recipes of `docs/recipes.md` and does what their blocks say to a copy of the source."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/recipes.md"
BLOCK = re.compile(r"^`(?P<path>[^`]+)` \((?P<how>[a-z ]+)\)\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
LARGE = ("web/static/build", "web/fonts")
"""Folders of the source that are made by commands; the copy points to them."""


@dataclass(frozen=True)
class Step:
    """One block: what becomes of the file at `path`."""

    path: str
    how: str
    text: str

    def do(self, root: Path) -> None:
        file = root / self.path
        if self.how == "new":
            assert not file.exists(), f"{self.path} is there already"
            file.write_text(self.text, encoding="utf-8")
            return
        before = file.read_text(encoding="utf-8")
        if self.how == "change":
            file.write_text(changed(before, self.text, self.path), encoding="utf-8")
        else:
            assert self.how in {"at the end", "words"}, self.how
            file.write_text(before.rstrip("\n") + "\n" * (1 + (self.how == "words")) + self.text, encoding="utf-8")


@dataclass(frozen=True)
class Recipe:
    title: str
    steps: tuple[Step, ...]

    @property
    def files(self) -> set[str]:
        return {step.path for step in self.steps}


def changed(text: str, difference: str, path: str) -> str:
    """A text with the lines that are marked by + or -, between lines that stand there exactly once."""
    lines = difference.splitlines()
    old = "".join(f"{line[1:]}\n" for line in lines if line[:1] in " -")
    new = "".join(f"{line[1:]}\n" for line in lines if line[:1] in " +")
    assert all(line[:1] in {" ", "+", "-"} for line in lines), f"{path}: a line of a change begins with a blank, + or -"
    assert text.count(old) == 1, f"{path}: these lines stand there {text.count(old)} times:\n{old}"
    return text.replace(old, new)


def recipes() -> list[Recipe]:
    """All recipes of the document, in its order; every block of it belongs to one."""
    text = DOCUMENT.read_text(encoding="utf-8")
    _head, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    found = []
    for part in parts:
        steps = tuple(Step(m["path"], m["how"], m["text"]) for m in BLOCK.finditer(part))
        found.append(Recipe(part.splitlines()[0], steps))
    assert sum(len(r.steps) for r in found) * 2 == len(re.findall(r"^```", text, re.MULTILINE)), "a block that no step reads"
    return found


def counted() -> dict[str, int]:
    """What the table at the head of the document says of the files of each recipe."""
    rows = re.findall(r"^\| \[(.+?)\]\(#.+?\) \| (\d+) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    return {title: int(files) for title, files in rows}


def done(into: Path) -> Path:
    """A copy of the source, the tools and the documents in which all recipes were done."""
    skipped = [ROOT / "src/headwater" / folder for folder in LARGE]

    def left_out(folder: str, names: list[str]) -> set[str]:
        return {n for n in names if n == "__pycache__" or Path(folder, n) in skipped}

    shutil.copytree(ROOT / "src", into / "src", ignore=left_out)
    for folder in ("tools", "docs"):
        shutil.copytree(ROOT / folder, into / folder, ignore=left_out)
    for folder in LARGE:
        (into / "src/headwater" / folder).symlink_to(ROOT / "src/headwater" / folder)
    for recipe in recipes():
        for step in recipe.steps:
            step.do(into)
    return into
