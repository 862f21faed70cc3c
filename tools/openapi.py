"""Write the OpenAPI document to docs/openapi.json; a test keeps it equal to what is served.

Usage: python tools/openapi.py
"""

from __future__ import annotations

import json
import os
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent / "docs/openapi.json"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headwater.settings")
    import django

    django.setup()
    from headwater.api.v1 import document

    FILE.write_text(json.dumps(document(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(FILE)


if __name__ == "__main__":
    main()
