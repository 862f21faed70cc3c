"""Where the `headwater` command begins: it says what is missing where the kernels alone are installed."""

from __future__ import annotations

import sys


def main() -> None:
    try:
        from headwater.cli.main import main as house
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("headwater"):
            raise
        sys.exit(
            f"headwater: the kernels alone are installed (no {missing.name}); for the command: pip install 'headwater[server]'"
        )
    house()
