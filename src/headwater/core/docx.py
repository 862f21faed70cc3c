"""Papers as DOCX for an office's word processor: after the office's own template where it has one, else in a plain layout.

A template is a DOCX file with places in double braces (docxtpl): `{{ heading }}`, `{{ addressee }}`, `{%p for p in texts %}{{ p }}{%p endfor %}`,
`{{ issuer }}`, `{{ date }}`, `{{ letter_number }}`, and for lists `{%tr for r in rows %}`. It lies in the region package, in `templates`, as
`<scheme>/<paper>.docx` or, for all schemes, `<paper>.docx`.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def template_for(package: Path, scheme: str, paper: str) -> Path | None:
    """Return the office's own template of a paper, the scheme's before that of all schemes; None where it has none."""
    files = (package / "templates" / scheme / f"{paper}.docx", package / "templates" / f"{paper}.docx")
    return next((file for file in files if file.is_file()), None)


def render_docx(data: Mapping[str, Any], template: Path | None = None) -> bytes:
    """Return a paper as DOCX.

    `data` is what the Typst template of the paper gets: heading, letter_number, addressee, paragraphs, issuer, date, and for a list
    `heads` and `rows`.
    """
    out = BytesIO()
    (_plain(data) if template is None else _merged(data, template)).save(out)
    return out.getvalue()


def _merged(data: Mapping[str, Any], template: Path) -> Any:
    from docxtpl import DocxTemplate
    from jinja2.sandbox import SandboxedEnvironment

    document = DocxTemplate(template)
    document.render({**data, "texts": [text for _role, text in data["paragraphs"]]}, SandboxedEnvironment(), autoescape=True)
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
