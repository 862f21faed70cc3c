"""Who approves what others prepared approves what they saw: the page carries marks of its lines, the command compares them.

Each line has a name that people know (a number, a label) and a mark of its content. The page sends the marks back; the command,
under its locks, works out the lines anew and refuses when one differs, naming it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from headwater.core.errors import Refused

NAMED = 5
"""So many changed lines are named; of the rest only the number is told."""


class Sight:
    """The lines that an approval rests on, in any order. What is called otherwise in another language has its word in `words`."""

    def __init__(self, lines: Mapping[str, Any], words: Mapping[str, str] | None = None) -> None:
        self.marks = {name: _mark(content) for name, content in lines.items()}
        self.words = words or {}

    @property
    def token(self) -> str:
        """Return the text that the page carries in its field `seen`."""
        return json.dumps(self.marks, ensure_ascii=False, sort_keys=True)

    def differences(self, token: str, *, chosen: bool = False) -> list[str]:
        """Return the names of lines that are new, gone or other than the token says. Of a page from which some lines were `chosen`, the
        others do not matter.

        Raises:
            Refused: the token is none, so that nothing is known to have been seen.
        """
        try:
            marks = json.loads(token)
        except ValueError:
            marks = None
        if not isinstance(marks, dict):
            raise Refused.because(_("请在页面上核对内容后再办理"), code="unseen")
        names = sorted(name for name in {*self.marks, *(() if chosen else marks)} if marks.get(name) != self.marks.get(name))
        return [self.words.get(name, name) for name in names]

    def require(self, token: str, *, chosen: bool = False) -> None:
        """Go on only when what was seen is what there is.

        Raises:
            Refused: something changed since, with the names of what did; or nothing was seen.
        """
        names = self.differences(token, chosen=chosen)
        if names:
            more = _(" 等 %d 处") % len(names) if len(names) > NAMED else ""
            changes = "、".join(names[:NAMED]) + more
            raise Refused.because(_("您核对之后有变化，没有办理：%s。请重新核对。") % changes, code="changed")


def _mark(content: Any) -> str:
    """Return a keyed mark of a content, so that nobody finds out by trying what stands in a line that they may not read."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return salted_hmac("headwater.core.seen", text, algorithm="sha256").hexdigest()[:16]
