"""Typst, without Django: who typesets needs a template, fonts and data, and nothing of the house."""

from __future__ import annotations

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=8)
def _compiler(template: str, root: str, fonts: tuple[str, ...]) -> Any:
    import typst

    return typst.Compiler(template, root=root, font_paths=list(fonts), ignore_system_fonts=True, sys_inputs={"data": "{}"})


def typeset(template: str, root: str, fonts: tuple[str, ...], data: str) -> bytes:
    """Typeset a template that lies under `root`, with the fonts in these folders alone, as PDF; `data` is JSON.

    Raises:
        typst.TypstError: the template does not compile with these data.
    """
    pdf: bytes = _compiler(template, root, fonts).compile(format="pdf", sys_inputs={"data": data}, timestamp=0)
    return pdf
