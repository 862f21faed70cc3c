"""What a page holds for a program: its links, its forms, and which errors are tied to which controls."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

TYPED = {"text", "search", "email", "number", "date", "url", "tel", "password", "datetime-local", "month", "time"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
CONTROLS = {"input", "select", "textarea", "fieldset"}


@dataclass
class Form:
    method: str
    action: str
    hidden: list[tuple[str, str]] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, value and own address of each button."""

    def sent(self, text: str) -> list[tuple[str, str]]:
        """What the form sends when every field that one types into holds `text`, and nothing is ticked or chosen."""
        return [*self.hidden, *((name, text) for name in self.typed)]


class Reader(HTMLParser):
    """Reads one page, forms in forms and controls outside of their form not counted."""

    def __init__(self, html: str = "") -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.errors: list[tuple[str, list[str]]] = []
        """Each error with the ids of its element and of those around it."""
        self.described: dict[str, list[dict[str, str]]] = {}
        """Controls, fieldsets and groups by the ids that describe them."""
        self.invalid: list[tuple[str, bool]] = []
        """Controls that call themselves wrong, and whether something says why."""
        self.open: list[tuple[str, str, bool]] = []
        """The elements around: name, id, and whether another element describes it."""
        self.error_depth = 0
        self.feed(html)

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        a = {k: v or "" for k, v in pairs}
        if tag not in VOID:
            self.open.append((tag, a.get("id", ""), bool(a.get("aria-describedby"))))
        if "invalid-feedback" in a.get("class", "").split():
            self.errors.append(("", [key for _tag, key, _told in self.open if key]))
            self.error_depth = len(self.open)
        if tag in CONTROLS or a.get("role") in {"group", "radiogroup"}:
            for key in a.get("aria-describedby", "").split():
                self.described.setdefault(key, []).append({"tag": tag, **a})
            if "is-invalid" in a.get("class", "").split() or a.get("aria-invalid"):
                told = bool(a.get("aria-describedby")) or any(told for _tag, _key, told in self.open)
                self.invalid.append((a.get("name", "?"), bool(a.get("aria-invalid")) and told))
        self._form(tag, a)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1][0] != tag:
            self.open.pop()
        if self.open:
            self.open.pop()
        if len(self.open) < self.error_depth:
            self.error_depth = 0

    def handle_data(self, data: str) -> None:
        if self.error_depth:
            text, ids = self.errors[-1]
            self.errors[-1] = (f"{text} {data.strip()}".strip(), ids)

    def _form(self, tag: str, a: dict[str, str]) -> None:
        if tag == "a" and "href" in a:
            self.links.append(a["href"])
        elif tag == "form":
            self.forms.append(Form(a.get("method", "get").lower(), a.get("action", "")))
        elif not self.forms or (a.get("form") and tag in CONTROLS | {"button"}):
            return
        elif tag == "button":
            self.forms[-1].buttons.append((a.get("name", ""), a.get("value", ""), a.get("formaction", "")))
        elif tag == "textarea" and a.get("name"):
            self.forms[-1].typed.append(a["name"])
        elif tag == "input" and a.get("name") and a["name"] != "csrfmiddlewaretoken":
            if a.get("type") == "hidden":
                self.forms[-1].hidden.append((a["name"], a.get("value", "")))
            elif a.get("type", "text") in TYPED:
                self.forms[-1].typed.append(a["name"])

    def untied(self) -> list[str]:
        """Errors that no control is described by, and controls that call themselves wrong without one that says why."""
        loose = [text for text, ids in self.errors if not any(key in self.described for key in ids)]
        silent = [name for name, told in self.invalid if not told]
        return loose + silent
