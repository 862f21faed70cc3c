"""Results of checks of answers, and the facts of an answer that rules read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class FieldFacts:
    """An answer against its question: lengths in characters."""

    label_zh: str
    label_en: str
    length: int
    required: bool
    min_chars: int
    max_chars: int
    code: str = ""
    text: str = ""


class Result(NamedTuple):
    """The answer of one rule. `mend` says what to do about a failure, or what a person must look at."""

    rule: str
    code: str
    outcome: Verdict
    zh: str
    en: str
    mend_zh: str = ""
    mend_en: str = ""
    inputs: dict[str, Any] = {}
    blocks: bool = False
    ref: str = ""

    def as_json(self) -> dict[str, Any]:
        """Without what is empty or false: most rules pass and have nothing to mend."""
        return {k: (str(v) if k == "outcome" else v) for k, v in zip(self._fields, self, strict=True) if v}
