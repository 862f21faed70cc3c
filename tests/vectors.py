"""Published test vectors, for the tests that can use more of them than they carry as literals."""

import json
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
"""Real data that may stand beside the checkout."""


def load(name: str) -> dict[str, Any]:
    """Read vectors/`name` from the folder of shared data; the test is skipped where there is none."""
    file = SHARED / "vectors" / name
    if not file.is_file():
        pytest.skip(f"vectors/{name} not present")
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content
