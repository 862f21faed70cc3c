"""An office's own templates of papers: checked when they are given, shown with an example, taken into use, and gone back from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from docx import Document

from headwater.calls.checking.services.checking import decide_check
from headwater.calls.models import HostLetter, Letter, PaperTemplate
from headwater.calls.papers import template_of
from headwater.calls.templating import put_template, use_template
from headwater.core.docx import render_docx, starting_template, template_faults
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Event
from headwater.regions.check import find_package, read_package
from headwater.schemes.placeholders import PAPERS, example_of, placeholders_of
from tests.approvals import confirmed
from tests.calls.test_decisions import TEN, noticed
from tests.make import actor, client, manager, new_call, placed

pytestmark = pytest.mark.django_db
PAGE = "/admin/region/papers/letter/"
BODY = ("{{ letter_number }}", "{%p for p in texts %}", "{{ p }}", "{%p endfor %}", "{{ issuer }} {{ date }}")


def template(*lines: str, header: str = "") -> bytes:
    document = Document()
    if header:
        document.sections[0].header.paragraphs[0].text = header
    for line in lines:
        document.add_paragraph(line)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def lines(content: bytes) -> list[str]:
    return [p.text for p in Document(BytesIO(content)).paragraphs]


def put(content: bytes, *, paper: str = "letter", scheme: str = "", name: str = "红头.docx") -> PaperTemplate:
    return put_template(paper=paper, scheme=scheme, name=name, content=content, actor=actor("sysadmin"))


def use(row: PaperTemplate | None, *, paper: str = "letter", scheme: str = "") -> PaperTemplate:
    return use_template(paper=paper, scheme=scheme, template=row, actor=actor("sysadmin"))


def refusals(content: bytes, **more: Any) -> Sequence[str]:
    with pytest.raises(Refused) as error:
        put(content, **more)
    assert {r.field for r in error.value.reasons} == {"file"}
    return [r.text for r in error.value.reasons]


def letter() -> Letter:
    row = placed(new_call(), "received")
    decide_check(applications=[row], accept=False, codes=["F05"], actor=actor("officer"))
    return Letter.objects.select_related("application__leader__account", "application__call__scheme").get(application=row)


def as_docx(row: Letter) -> list[str]:
    return lines(client(row.application.leader.account.username).get(f"/letters/{row.pk}/?as=docx").content)


# what is taken


def test_an_unknown_placeholder_is_named_with_those_that_are_known() -> None:
    before = PaperTemplate.objects.count()
    (first, second) = refusals(template("{{ tilte }}", "{{ heading }}", "{% for x in rows %}{{ x }}{% endfor %}"))
    assert "“{{ rows }}”不是通知书的占位符" in first
    assert "“{{ tilte }}”" in second
    assert all(f"{{{{ {name} }}}}" in second for name in placeholders_of("letter"))
    assert "{{ rows }}" not in second
    assert PaperTemplate.objects.count() == before
    put(template("{% for x in rows %}{{ x }}{% endfor %}"), paper="notice")


@pytest.mark.parametrize("where", ["header", "body"])
def test_placeholders_are_looked_for_in_every_part(where: str) -> None:
    broken = template(header="{{ tilte }}") if where == "header" else template("{{ tilte }}")
    assert "tilte" in refusals(broken)[0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{% if heading %}标题", "endif"),
        ("{{ texts.tilte }}", "tilte"),
        ("{{ heading.__class__.__mro__ }}", "unsafe"),
        ("{{ heading|upside_down }}", "upside_down"),
    ],
)
def test_a_placeholder_that_cannot_be_filled_in_is_told(line: str, said: str) -> None:
    (text,) = refusals(template("{{ issuer }}", line))
    assert "占位符的写法有误" in text
    assert said in text


@pytest.mark.parametrize("line", ["标题 {{ heading", "标题 {{ heading }", "{% if heading }标题{% endif %}"])
def test_a_line_with_open_braces_is_quoted(line: str) -> None:
    assert refusals(template("{{ issuer }}", line)) == [f"这一行的花括号没有成对：{line}"]


def test_only_whole_word_files_are_taken(tmp_path: Path) -> None:
    assert "DOCX" in refusals(b"%PDF-1.4\n", name="a.pdf")[0]
    assert refusals(template("x")[:400])
    assert "内容与文件类型不符" in refusals(b"not a zip")[0]


@pytest.mark.parametrize("paper", PAPERS)
def test_the_template_to_begin_with_is_fine_and_holds_everything(paper: str) -> None:
    example = example_of(paper)
    start = starting_template(placeholders_of(paper))
    assert template_faults(start, example) == []
    document = Document(BytesIO(render_docx(example, start)))
    said = "\n".join(
        [*(p.text for p in document.paragraphs), *(c.text for t in document.tables for r in t.rows for c in r.cells)]
    )
    flat = [*example["texts"], *(cell for row in example.get("rows", []) for cell in row), *example.get("heads", [])]
    texts = [v for k, v in example.items() if isinstance(v, str) and k not in {"seal", "total", "digest"}]
    assert [text for text in (*flat, *texts) if text not in said] == []
    if "rows" in example:
        table = document.tables[0]
        assert [[c.text for c in row.cells] for row in table.rows] == [example["heads"], *example["rows"]]


# what holds


def test_a_template_holds_once_it_is_in_use_and_one_can_go_back() -> None:
    row = letter()
    plain = as_docx(row)
    first, second = put(template("甲厅", *BODY)), put(template("乙厅", *BODY))
    assert as_docx(row) == plain
    use(first)
    assert as_docx(row)[:2] == ["甲厅", row.number]
    assert any("复审申请" in line for line in as_docx(row))
    use(second)
    assert as_docx(row)[0] == "乙厅"
    again = use(PaperTemplate.objects.get(pk=first.pk))
    assert (as_docx(row)[0], again.pk in {first.pk, second.pk}) == ("甲厅", False)
    use(None)
    assert as_docx(row) == plain
    with pytest.raises(Refused, match="现在用的就是这一份"):
        use(None)
    told = [e.command for e in Event.objects.filter(subject_type="calls.papertemplate").order_by("pk")]
    assert told == ["calls.put_template"] * 2 + ["calls.use_template"] * 4
    assert check() == []


def test_one_scheme_goes_before_all_and_the_office_before_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headwater.calls.papers.region_folder", lambda: tmp_path)

    def found(scheme: str = "im-youth") -> str:
        content = template_of("letter", scheme)
        return lines(content)[0] if content else ""

    assert found() == ""
    for place in ("templates", "templates/im-youth"):
        (tmp_path / place).mkdir(exist_ok=True)
        (tmp_path / place / "letter.docx").write_bytes(template(place))
    assert (found(), found("im-gen")) == ("templates/im-youth", "templates")
    use(put(template("本厅")))
    assert (found(), found("im-gen")) == ("本厅", "本厅")
    use(put(template("本厅青年"), scheme="im-youth"), scheme="im-youth")
    assert (found(), found("im-gen")) == ("本厅青年", "本厅")
    use(None, scheme="im-youth")
    assert found() == "本厅"
    use(None)
    assert found() == "templates/im-youth"
    assert template_of("notice", "im-youth") is None
    with CaptureQueriesContext(connection) as queries:
        template_of("letter", "im-youth")
    assert len(queries) == 1


def test_lists_of_covering_letters_and_notices_are_filled_in() -> None:
    row = letter()
    covering = HostLetter.objects.get(pk=row.covering_id)
    use(put(starting_template(placeholders_of("covering")), paper="covering"), paper="covering")
    answer = client(manager(covering.host).account.username).get(f"/host/letters/{covering.pk}/?as=docx")  # type: ignore[union-attr]
    table = Document(BytesIO(answer.content)).tables[0]
    assert [c.text for c in table.rows[1].cells] == covering.body["rows"][0]
    _call, rows, notice = noticed([TEN])
    use(put(starting_template(placeholders_of("notice")), paper="notice"), paper="notice")
    answer = client(None).get(f"/notices/{notice.pk}/pdf/?as=docx")
    cells = [c.text for c in Document(BytesIO(answer.content)).tables[0].rows[1].cells]
    assert (cells[1], cells[-1]) == (rows[0].number, "10")


def test_database_keeps_what_a_row_may_be() -> None:
    for wrong in ({"paper": "poster"}, {"file": None, "used_at": None}):
        fields = {"region": "nmg", "paper": "letter", "file": put(template("x")).file} | wrong
        with pytest.raises(IntegrityError), transaction.atomic():
            PaperTemplate.objects.create(**fields)


def test_a_row_changed_behind_the_commands_is_found() -> None:
    row = use(put(template("甲厅")))
    other = put(template("乙厅"))
    PaperTemplate.objects.filter(pk=row.pk).update(file=other.file)
    assert "rows_as_written" in {b.invariant.name for b in check()}


# the pages


@pytest.mark.parametrize("who", ["officer", "committee", "secadmin", None])
def test_nobody_but_the_administrator_of_the_region_comes_in(who: str | None) -> None:
    for address in ("/admin/region/papers/", PAGE, f"{PAGE}use/", f"{PAGE}preview/", f"{PAGE}start/"):
        assert client(who).get(address).status_code in {302, 403}
    if who:
        with pytest.raises(NotAllowed):
            put_template(paper="letter", scheme="", name="a.docx", content=template("x"), actor=actor(who))
        row = put(template("甲厅"))
        assert client(who).get(f"/files/{row.file_id}/").status_code in {403, 404}


def test_administrator_gives_looks_at_and_uses_a_template_in_the_browser() -> None:
    browser, row = client("sysadmin"), letter()

    def given(content: bytes, **more: str) -> Any:
        return browser.post(PAGE, {"file": SimpleUploadedFile("红头.docx", content), "scheme": "", **more})

    assert "系统版式" in browser.get("/admin/region/papers/").content.decode()
    bad = given(template("{{ tilte }}"))
    assert bad.status_code == 422
    shown = bad.content.decode()
    assert re.search(r"invalid-feedback[^>]*>[^<]*tilte[^<]*heading", shown)
    assert browser.post(PAGE, {"scheme": ""}).status_code == 422
    answer = given(template("甲厅 {{ heading }}", "{{ issuer }}"))
    assert answer.status_code == 302
    act = browser.get(answer["Location"])
    assert "PDF 和已发出的公文不变" in act.content.decode()
    key = re.search(r"template=(\d+)", answer["Location"])
    assert key
    example = lines(browser.get(f"{PAGE}preview/?template={key[1]}").content)
    assert example[1] == "内蒙古自治区科学技术厅"
    assert as_docx(row)[0] != "甲厅 不予受理通知书"
    assert confirmed(browser, f"{PAGE}use/", {"template": key[1]})["Location"] == PAGE
    assert as_docx(row)[0] == "甲厅 不予受理通知书"
    listed = browser.get(PAGE).content.decode()
    assert ("红头.docx" in listed, "在用" in listed, f'{PAGE}use/?scheme="' in listed) == (True, True, True)
    assert "红头.docx" in browser.get("/admin/region/papers/").content.decode()
    assert browser.get(f"/files/{PaperTemplate.objects.get(pk=key[1]).file_id}/").status_code == 200
    assert "地区包的模板" in browser.get(f"{PAGE}use/?scheme=").content.decode()
    assert confirmed(browser, f"{PAGE}use/", {"template": "0"})["Location"] == PAGE
    assert as_docx(row)[0] != "甲厅 不予受理通知书"
    history = browser.get(PAGE).content.decode()
    assert ("恢复使用" in history, "曾用" in history) == (True, True)
    assert lines(browser.get(f"{PAGE}preview/").content)
    assert template_faults(browser.get(f"{PAGE}start/").content, example_of("letter")) == []
    assert browser.get("/admin/region/papers/poster/").status_code == 404


def test_pages_ask_the_database_as_often_however_many_there_are() -> None:
    browser = client("sysadmin")

    def asked(address: str) -> int:
        browser.get(address)
        with CaptureQueriesContext(connection) as queries:
            browser.get(address)
        return len(queries)

    use(put(template("甲")))
    before = [asked(address) for address in ("/admin/region/papers/", PAGE)]
    for n in range(5):
        use(put(template(f"第{n}份")))
        use(put(template(f"第{n}份"), scheme="im-gen"), scheme="im-gen")
    assert [asked(address) for address in ("/admin/region/papers/", PAGE)] == before


# templates of a package


def test_the_check_of_a_package_fills_its_templates_in(tmp_path: Path) -> None:
    import shutil

    folder = Path(shutil.copytree(find_package("atoll"), tmp_path / "atoll"))
    code = read_package(folder).schemes[0]["scheme"]["code"]
    for place in (code, "nowhere"):
        (folder / "templates" / place).mkdir(parents=True)
    (folder / "templates/letter.docx").write_bytes(template("{{ heading }}"))
    (folder / "templates" / code / "notice.docx").write_bytes(template("{{ heading }}"))
    assert read_package(folder).mistakes == []
    (folder / "templates/letter.docx").write_bytes(template("{{ tilte }}"))
    (folder / "templates/poster.docx").write_bytes(template("x"))
    (folder / "templates" / code / "notice.docx").write_bytes(template("{{ heading"))
    (folder / "templates/nowhere/letter.docx").write_bytes(template("x"))
    said = [str(m) for m in read_package(folder).mistakes]
    assert len(said) == 4
    assert any("templates/letter.docx" in m and "unknown placeholder {{ tilte }}; known: heading," in m for m in said)
    assert any("templates/poster.docx" in m and "expected letter.docx, covering.docx, notice.docx" in m for m in said)
    assert any(f"templates/{code}/notice.docx" in m and "the braces of a line have no partner: {{ heading" in m for m in said)
    assert any("templates/nowhere/letter.docx" in m and "no scheme has the code 'nowhere'" in m for m in said)
