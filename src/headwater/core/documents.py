"""PDF by Typst: a template beside the app, data as JSON, fonts from the package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings

from headwater.core.solver import typeset

PACKAGE = Path(__file__).resolve().parent.parent
FONTS = PACKAGE / "web/fonts"


def font_folders() -> list[Path]:
    """Return where fonts lie: those of the package, and those that an office has put into its home."""
    return [FONTS, settings.CONFIG.home / "fonts"]


def render_pdf(template: str, data: dict[str, Any]) -> bytes:
    """Render `template` (a path inside the package, e.g. "awards/documents/agreement.typ") with `data`.

    The template reads `json(bytes(sys.inputs.data))`. The same data give the same bytes (no time stamp inside). A web process has it
    done beside: what Typst keeps of fonts and texts is more than all the rest of the process.

    Raises:
        typst.TypstError: the template does not compile with these data; in a web process a `SolverError` says so.
    """
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, default=str)
    pdf: bytes = typeset(str(PACKAGE / template), str(PACKAGE), tuple(str(f) for f in font_folders()), text)
    return pdf
