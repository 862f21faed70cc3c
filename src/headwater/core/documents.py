"""PDF by Typst: a template beside the app, data as JSON, fonts from the package."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

PACKAGE = Path(__file__).resolve().parent.parent
FONTS = PACKAGE / "web/fonts"


def font_folders() -> list[Path]:
    """Return where fonts lie: those of the package, and those that an office has put into its home."""
    return [FONTS, settings.CONFIG.home / "fonts"]


@lru_cache(maxsize=8)
def _compiler(template: str) -> Any:
    import typst

    return typst.Compiler(
        str(PACKAGE / template),
        root=str(PACKAGE),
        font_paths=[str(f) for f in font_folders()],
        ignore_system_fonts=True,
        sys_inputs={"data": "{}"},
    )


def render_pdf(template: str, data: dict[str, Any]) -> bytes:
    """Render `template` (a path inside the package, e.g. "awards/documents/agreement.typ") with `data`.

    The template reads `json(bytes(sys.inputs.data))`. The same data give the same bytes (no time stamp inside).

    Raises:
        typst.TypstError: the template does not compile with these data.
    """
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, default=str)
    pdf: bytes = _compiler(template).compile(format="pdf", sys_inputs={"data": text}, timestamp=0)
    return pdf
