"""A region package as it is read from its folder, and the mistakes in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Mistake:
    """One mistake: `line` is 0 when it cannot be told."""

    file: str
    key: str
    expected: str
    line: int = 0

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key}: {self.expected}"


@dataclass
class Package:
    """A region package as read from its folder."""

    path: Path
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    schemes: list[dict[str, Any]] = field(default_factory=list)
    outlines: dict[str, Any] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    digest: str = ""
