"""PDF by Typst: a template beside the app, data as JSON, fonts from the package.

A template writes its own words in Chinese, as `t("…")`; they are in the English catalogue like those of pages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from headwater.core.i18n import in_language
from headwater.core.solver import typeset

PACKAGE = Path(__file__).resolve().parent.parent
FONTS = PACKAGE / "web/fonts"
SHARED = "core/typst/paper.typ"
WORDS = re.compile(r'\bt\("([^"]+)"')


def font_folders() -> list[Path]:
    """Return where fonts lie: those of the package, and those that an office has put into its home."""
    return [FONTS, settings.CONFIG.home / "fonts"]


def words_in(text: str) -> Iterator[str]:
    """Return the words that a template says by itself."""
    yield from WORDS.findall(text)


@lru_cache(maxsize=32)
def _said(template: str, language: str) -> dict[str, str]:
    texts = [word for file in (template, SHARED) for word in words_in((PACKAGE / file).read_text(encoding="utf-8"))]
    with in_language(language):
        return {text: gettext(text) for text in texts}


def render_pdf(template: str, data: dict[str, Any]) -> bytes:
    """Render `template` (a path inside the package, e.g. "awards/documents/agreement.typ") with `data`.

    The template reads `json(bytes(sys.inputs.data))`, and says its own words in `data["language"]` (Chinese where there is none).
    The same data give the same bytes (no time stamp inside). A web
    process has it done beside: what Typst keeps of fonts and texts is more than all the rest of the process.

    Raises:
        typst.TypstError: the template does not compile with these data; in a web process a `SolverError` says so.
    """
    if (language := data.get("language", "zh")) != "zh":
        data = {**data, "say": _said(template, language)}
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, default=str)
    pdf: bytes = typeset(str(PACKAGE / template), str(PACKAGE), tuple(str(f) for f in font_folders()), text)
    return pdf
