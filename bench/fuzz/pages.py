"""Pages as a browser reads them: the forms in them with their fields; and all addresses of the project."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from random import Random
from typing import Any


@dataclass
class Field:
    """A control: `values` are those it would send as it stands (none for a box that is not ticked)."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)


@dataclass
class Form:
    action: str
    method: str
    fields: list[Field] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    id: str = ""

    def pairs(self) -> list[tuple[str, Any]]:
        """What the form sends as it stands, without a button."""
        return [(f.name, v) for f in self.fields for v in f.values]

    def filled(self, random_: Random) -> list[tuple[str, Any]]:
        """With choices drawn at random and one of the buttons pressed."""
        out: list[tuple[str, Any]] = []
        for f in self.fields:
            if f.options and random_.random() < 0.5:
                out += [
                    (f.name, v)
                    for v in random_.sample(f.options, 1 if f.kind in {"select", "radio"} else random_.randint(0, len(f.options)))
                ]
            elif f.kind == "checkbox" and random_.random() < 0.3:
                out += [] if f.values else [(f.name, "1")]
            else:
                out += [(f.name, v) for v in f.values]
        if self.buttons:
            name, value, action = random_.choice(self.buttons)
            if name:
                out.append((name, value))
            self.pressed = action
        return out

    pressed: str = ""


class Reader(HTMLParser):
    """Collects forms; controls outside that name their form by `form=` are put to it."""

    def __init__(self, path: str) -> None:
        super().__init__(convert_charrefs=True)
        self.path, self.forms, self.stray = path, [], []
        self.form: Form | None = None
        self.text: list[str] | None = None
        self.select: Field | None = None
        self.area: Field | None = None
        self.option = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {k: v or "" for k, v in attrs}
        if tag == "form":
            self.form = Form(a.get("action") or self.path, a.get("method", "get").lower(), id=a.get("id", ""))
            self.forms.append(self.form)
        elif tag in {"input", "select", "textarea", "button"}:
            self._control(tag, a)
        elif tag == "option" and self.select is not None:
            value = a.get("value", "")
            self.select.options.append(value)
            if "selected" in a:
                self.select.values.append(value)

    def _control(self, tag: str, a: dict[str, str]) -> None:
        kind, name = a.get("type", "text") if tag == "input" else tag, a.get("name", "")
        if "disabled" in a or (kind in {"image", "reset", "button"} and tag == "input"):
            return
        if tag == "button" or kind == "submit":
            if a.get("type", "submit") == "submit":
                self._to_form(a, (name, a.get("value", ""), a.get("formaction", "")))
            return
        if not name:
            return
        f = Field(name, kind)
        if kind in {"checkbox", "radio"}:
            f.options = [a.get("value", "on")]
            f.values = list(f.options) if "checked" in a else []
        elif tag == "input" and kind != "file":
            f.values = [a.get("value", "")]
        self._to_form(a, f)
        if tag == "select":
            self.select = f
        elif tag == "textarea":
            self.area, self.text = f, []

    def _to_form(self, a: dict[str, str], what: Any) -> None:
        if a.get("form"):
            self.stray.append((a["form"], what))
        elif self.form is not None:
            self._put(self.form, what)

    @staticmethod
    def _put(form: Form, what: Any) -> None:
        (form.fields if isinstance(what, Field) else form.buttons).append(what)

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "textarea" and self.area is not None:
            text = "".join(self.text or [])
            self.area.values = [text[1:] if text.startswith("\n") else text]  # as HTML has it
            self.area = self.text = None
        elif tag == "select" and self.select is not None:
            if not self.select.values and self.select.options:
                self.select.values = self.select.options[:1]
            self.select = None

    def done(self) -> list[Form]:
        by_id = {f.id: f for f in self.forms if f.id}
        for name, what in self.stray:
            if name in by_id:
                self._put(by_id[name], what)
        return self.forms


def forms_in(path: str, text: str) -> list[Form]:
    reader = Reader(path)
    reader.feed(text)
    reader.close()
    return reader.done()
