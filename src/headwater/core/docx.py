"""Papers as DOCX for an office's word processor: after the office's own template where it has one, else in a plain layout.

A template is a DOCX file with placeholders in double braces (docxtpl): `{{ heading }}`, `{{ addressee }}`, `{%p for p in texts %}{{ p }}{%p endfor %}`,
`{{ issuer }}`, and for lists `{%tr for r in rows %}`. What may stand in them, `schemes.placeholders` says by the kind of paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from zipfile import ZipFile

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

TEXTS = re.compile(r"word/(document|header\d*|footer\d*|footnotes)\.xml")
"""The parts of a DOCX file that hold text."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a template: the name of a `placeholder` that the paper does not have, a `line` whose braces are not closed, or
    else what is `said` of how it is written.
    """

    placeholder: str = ""
    line: str = ""
    said: str = ""


def render_docx(data: Mapping[str, Any], template: bytes | None = None) -> bytes:
    """Return a paper as DOCX: after a template, whose placeholders get the values of `data`, or in the plain layout.

    For the plain layout `data` is what the Typst template of the paper gets: heading, letter_number, addressee, paragraphs, issuer,
    date, and for a list `heads` and `rows`.
    """
    out = BytesIO()
    (_plain(data) if template is None else _merged(data, template, _environment())).save(out)
    return out.getvalue()


def template_faults(template: bytes, example: Mapping[str, Any]) -> list[Fault]:
    """Return what is wrong with a template: placeholders that `example` does not have, each once; else what its writing
    comes to when the example is put in.
    """
    from docxtpl import DocxTemplate
    from jinja2 import TemplateError

    try:
        if lines := list(_unclosed(template)):
            return [Fault(line=line) for line in lines]
        names = set(DocxTemplate(BytesIO(template)).get_undeclared_template_variables(_environment()))
        if unknown := sorted(names - set(example)):
            return [Fault(placeholder=name) for name in unknown]
        _merged(example, template, _environment(strict=True))
    except TemplateError as error:
        near = " ".join(filter(None, (line.strip() for line in getattr(error, "docx_context", ()))))
        return [Fault(said=f"{error.message}{f' … {near[:200]}' if near else ''}")]
    except Exception as error:
        return [Fault(said=str(error)[:300] or type(error).__name__)]
    return []


def _unclosed(template: bytes) -> Iterator[str]:
    """Yield the paragraphs of a template whose braces have no partner."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import qn

    with ZipFile(BytesIO(template)) as archive:
        parts = [parse_xml(archive.read(name)) for name in archive.namelist() if TEXTS.fullmatch(name)]
    for paragraph in (p for part in parts for p in part.iter(qn("w:p"))):
        text = "".join(t.text or "" for t in paragraph.iter(qn("w:t")))
        if any(text.count(opened) != text.count(closed) for opened, closed in (("{{", "}}"), ("{%", "%}"))):
            yield text.strip()[:200]


def starting_template(placeholders: Iterable[str]) -> bytes:
    """Return the plain layout with its placeholders open, for an office to begin with."""
    names = set(placeholders)
    data: dict[str, Any] = {name: f"{{{{ {name} }}}}" for name in names}
    data["paragraphs"] = [("p", "{%p for p in texts %}"), ("p", "{{ p }}"), ("p", "{%p endfor %}")]
    if "rows" in names:
        data["heads"] = ["{%tc for h in heads %}", "{{ h }}", "{%tc endfor %}"]
        line = ["{%tc for c in r %}", "{{ c }}", "{%tc endfor %}"]
        data["rows"] = [["{%tr for r in rows %}", "", ""], line, ["{%tr endfor %}", "", ""]]
    return render_docx(data)


def _environment(*, strict: bool = False) -> Any:
    from jinja2 import StrictUndefined, Undefined
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(undefined=StrictUndefined if strict else Undefined)


def _merged(values: Mapping[str, Any], template: bytes, environment: Any) -> Any:
    from docxtpl import DocxTemplate

    document = DocxTemplate(BytesIO(template))
    document.render(dict(values), environment, autoescape=True)
    return document


def _plain(data: Mapping[str, Any]) -> Any:
    """Lay a paper out with the sizes and margins of official papers."""
    from docx import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
    from docx.shared import Mm, Pt, RGBColor

    document: Any = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = Mm(37), Mm(35), Mm(28), Mm(26)

    def line(
        text: str, *, size: int = 16, bold: bool = False, align: Any = None, indent: bool = False, red: bool = False
    ) -> None:
        paragraph = document.add_paragraph()
        run = paragraph.add_run(text)
        run.font.size, run.font.bold = Pt(size), bold
        _font(run, "小标宋体" if bold and size > 16 else "仿宋")
        if red:
            run.font.color.rgb = RGBColor(0xD0, 0x02, 0x1B)
        paragraph.alignment = align
        paragraph.paragraph_format.line_spacing = Pt(28 if size <= 16 else size * 1.5)
        paragraph.paragraph_format.space_after = Pt(0)
        if indent:
            paragraph.paragraph_format.first_line_indent = Pt(2 * size)

    if data.get("letter_number"):
        line(data["issuer"], size=34, bold=True, align=ALIGN.CENTER, red=True)
        line(data["letter_number"], align=ALIGN.RIGHT)
    line(data["heading"], size=22, bold=True, align=ALIGN.CENTER)
    if data.get("addressee"):
        line(f"{data['addressee']}：")
    for role, text in data["paragraphs"]:
        line(text, bold=role == "b", indent=True)
    if data.get("annex"):
        line(data["annex"], indent=True)
    for text in ("", data["issuer"], data["date"]):
        line(text, align=ALIGN.RIGHT)
    if data.get("copies"):
        line(data["copies"], size=14)
    if data.get("rows"):
        document.add_page_break()
        _list(document, data)
    return document


def _list(document: Any, data: Mapping[str, Any]) -> None:
    table = document.add_table(rows=1, cols=len(data["heads"]), style="Table Grid")
    for cell, head in zip(table.rows[0].cells, data["heads"], strict=True):
        cell.text = head
    for row in data["rows"]:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text


def _font(run: Any, name: str) -> None:
    from docx.oxml.ns import qn

    run.font.name = name
    run._element.rPr.rFonts.set(qn("w:eastAsia"), name)
