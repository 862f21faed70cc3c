"""What a page holds, whatever the order of attributes and the blanks between words."""

from __future__ import annotations

from html.parser import HTMLParser


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append({"": tag, **dict(attrs)})


def elements(page: str, **attributes: str | None) -> list[dict[str, str | None]]:
    """The elements of a page that have all these attributes; None asks for one without a value, such as `required`."""
    reader = _Elements()
    reader.feed(page)
    wanted = {name.replace("_", "-"): value for name, value in attributes.items()}
    return [e for e in reader.elements if wanted.items() <= e.items()]


def words(page: str) -> str:
    """A page with single blanks."""
    return " ".join(page.split())
