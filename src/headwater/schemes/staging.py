"""A scheme in two stages: the outline asks less than the full application, and is counted in a limit of its own."""

from __future__ import annotations

from dataclasses import replace

from headwater.forms.expressions import ExpressionError, names, parse
from headwater.schemes.linking import WHOLES
from headwater.schemes.shapes import UNLIMITED, Scheme
from headwater.schemes.words import OUTLINE, outline_words


def staged(scheme: Scheme, stage: str) -> Scheme:
    """What a call of one stage asks: the sections of that stage and those of both, the checks that these can answer."""
    if not stage:
        return scheme
    sections = tuple(s for s in scheme.sections if s.stage in {"", stage})
    codes = {f.code for s in sections for f in s.fields}
    names = codes | WHOLES
    checks = tuple(c for c in scheme.checks if _read(c.expr) | _read(c.when) <= names)
    documents = tuple(d for d in scheme.documents if _read(d.when) <= names)
    order = tuple(code for code in scheme.order if code in codes)
    result = replace(scheme, sections=sections, checks=checks, documents=documents, order=order)
    if stage == OUTLINE:
        own = outline_words(scheme.own_words)
        group = scheme.limit_group if scheme.limit_group == UNLIMITED else f"{scheme.limit_group}:{OUTLINE}"
        return replace(result, limit_group=group, prefix=f"{scheme.prefix}Y", own_words=own)
    return result


def _read(source: str) -> set[str]:
    try:
        return names(parse(source)) if source else set()
    except ExpressionError:
        return set()
