"""Files of works in every form: what is read, what is named as not read, and the line of each mistake."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.core.errors import Refused
from headwater.core.sheets import write_csv, write_xlsx
from headwater.registry.works.importing.bibtex import names, text_of
from headwater.registry.works.importing.parsed import Reading
from headwater.registry.works.importing.reading import form_of, read_works
from headwater.registry.works.values import last_day, read_issued

BIB = r"""
@string{jse = "Journal of Steppe Ecology"}
% exported
@article{zhang2024,
  title = {Carbon flux of {Inner Mongolian} steppe: an {\"o}kological $\delta^{13}$C study \& more},
  author = {Zhang, San and M{\"u}ller, J{\"o}rg and {Grassland and Carbon Consortium} and 李四},
  journal = jse,
  year = 2024, month = may, volume = {12}, number = {3}, pages = {100--112},
  doi = {https://doi.org/10.1234/ABC},
  file = {:a.pdf}, abstract = {Grass &amp; <i>Stipa</i>.}
}
@patent{p1, title = {一种测定方法}, author = {李四}, year = {2023}, number = {ZL202310012345.8}}
@misc{d1, title = {样地数据集}, author = {李四}, date = {2024-05-17}, type = {数据集}, url = {https://cstr.cn/31253.11.x}}
@movie{m1, title = {片}, author = {李四}, year = 2020}
@book{b1, title = {unclosed
@book{b2, title = {草原学}, editor = {李四}, year = 2021, publisher = {科学出版社}, isbn = {0-306-40615-2}}
"""


def works(reading: Reading) -> list[tuple[int, str, str]]:
    return [(r.line, r.work.kind, r.work.title) for r in reading.records]


def test_bibtex_is_read_with_its_latex_its_strings_and_its_lines() -> None:
    reading = read_works("a.bib", BIB.encode())
    assert works(reading)[:3] == [
        (4, "paper", "Carbon flux of Inner Mongolian steppe: an ökological δ^13C study & more"),
        (12, "patent", "一种测定方法"),
        (13, "dataset", "样地数据集"),
    ]
    paper = reading.records[0].work
    assert [a.name for a in paper.authors] == ["San Zhang", "Jörg Müller", "Grassland and Carbon Consortium", "李四"]
    assert (paper.venue, paper.issued, paper.volume, paper.issue) == ("Journal of Steppe Ecology", "2024-05", "12", "3")
    assert (paper.pages, paper.abstract) == ("100-112", "Grass & Stipa.")
    assert dict(paper.identifiers) == {"doi": "https://doi.org/10.1234/ABC"}
    assert dict(reading.records[1].work.identifiers) == {"patent": "ZL202310012345.8"}
    assert dict(reading.records[2].work.identifiers) == {"cstr": "https://cstr.cn/31253.11.x"}
    assert reading.unused == [("file ×1", "")]


def test_what_is_wrong_with_an_entry_is_told_with_its_line_and_the_others_are_read() -> None:
    reading = read_works("a.bib", BIB.encode())
    wrong = [(e.row, e.column) for r in reading.records for e in r.errors]
    assert wrong == [(14, "@"), (15, "@")]
    assert works(reading)[-1] == (16, "book", "草原学")
    assert [a.name for a in reading.records[-1].work.authors] == ["李四"]


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\v{C}esk\'a {\ss}", "Česká ß"),
        (r"50\% of CO$_2$", "50% of CO_2"),
        (r"\textit{Stipa}~grandis", "Stipa grandis"),
        (r"H{\o}j \'{\i}", "Høj í"),
        ("A &lt;sub&gt;2&lt;/sub&gt; b", "A 2 b"),
        ("a < b and c > d", "a < b and c > d"),
    ],
)
def test_latex_and_html_become_text(latex: str, text: str) -> None:
    assert text_of(latex) == text


def test_names_keep_their_order_and_groups_stay_whole() -> None:
    assert names("Zhang, San and van der Berg, Jan and Li Si and others") == ["San Zhang", "Jan van der Berg", "Li Si"]
    assert names("{Zhang, San AND Co} and 王五") == ["Zhang, San AND Co", "王五"]


RIS = """\
TY  - JOUR
TI  - 草原碳汇
TT  - Carbon sink of the steppe
AU  - 张三
AU  - Müller, Jörg
PY  - 2024/05/17/
JO  - 草业学报
VL  - 33
SP  - 1
EP  - 9
DO  - 10.1234/ris
KW  - 碳汇
KW  - 草原
N1  - a note
ER  -

TY  - BOOK
T1  - A book on the
  steppe
A1  - Li, Si
PY  - 2020
SN  - 9780306406157
"""


def test_ris_is_read_and_a_record_without_an_end_is_told() -> None:
    reading = read_works("a.ris", RIS.replace("\n", "\r\n").encode("gb18030"))
    paper, book = (r.work for r in reading.records)
    assert (paper.title_zh, paper.title_en, paper.issued) == ("草原碳汇", "Carbon sink of the steppe", "2024-05-17")
    assert [a.name for a in paper.authors] == ["张三", "Jörg Müller"]
    assert (paper.venue, paper.pages, paper.keywords) == ("草业学报", "1-9", "碳汇；草原")
    assert (book.title, dict(book.identifiers)) == ("A book on the steppe", {"isbn": "9780306406157"})
    assert [(e.row, e.column) for r in reading.records for e in r.errors] == [(22, "ER")]
    assert reading.unused == [("N1 ×1", "")]


def test_two_records_that_ran_into_each_other_are_not_joined_in_silence() -> None:
    text = "TY  - JOUR\nTI  - a\nAU  - b\nPY  - 2020\nTY  - JOUR\nTI  - c\nAU  - d\nPY  - 2021\nER  - \n"
    reading = read_works("a.ris", text.encode())
    assert [r.work.title for r in reading.records] == ["a", "c"]
    assert [(e.row, e.column) for r in reading.records for e in r.errors] == [(5, "ER")]


def test_a_tag_that_says_two_things_is_told() -> None:
    text = "TY  - JOUR\nTI  - a\nAU  - b\nPY  - 2020\nDO  - 10.1234/a\nDO  - 10.1234/b\nER  - \n"
    assert [(e.row, e.column) for r in read_works("a.ris", text.encode()).records for e in r.errors] == [(6, "DO")]


def test_a_list_of_dois_is_read_line_by_line() -> None:
    text = "# mine\n10.1234/a\nhttps://doi.org/10.1234/B\n\ndoi:10.1234/c 题名\n"
    reading = read_works("list.txt", text.encode("utf-8-sig"))
    assert [(r.line, r.work.identifiers["doi"]) for r in reading.records] == [
        (2, "10.1234/a"),
        (3, "10.1234/B"),
        (5, "10.1234/c"),
    ]
    assert [(e.row, e.column) for r in reading.records for e in r.errors] == [(5, "DOI")]


def test_a_table_names_its_authors_their_institutions_and_what_it_does_not_know() -> None:
    heading = ["成果类型", "成果名称", "英文题名", "发表日期", "全部作者", "署名单位", "专利号", "影响因子", "标注项目"]
    rows = [
        [
            "发明专利",
            "一种方法",
            "",
            "2023-04-05",
            "张三；李四（东川大学）",
            "某某大学",
            "ZL202310012345.8",
            "3.1",
            "2023MS01;2023MS02",
        ],
        ["论文", "Steppe", "", "2024年5月", "Zhang San；Li Si", "A；B；C", "", "", ""],
        ["歌曲", "歌", "", "2024", "张三", "", "", "", ""],
    ]
    reading = read_works("a.xlsx", write_xlsx("a", heading, rows))
    patent = reading.records[0].work
    assert (patent.kind, patent.issued, dict(patent.identifiers)) == ("patent", "2023-04-05", {"patent": "ZL202310012345.8"})
    assert [(a.name, a.organisation) for a in patent.authors] == [("张三", "某某大学"), ("李四", "东川大学")]
    assert list(patent.numbers) == ["2023MS01", "2023MS02"]
    assert [h for h, _near in reading.unused] == ["影响因子"]
    assert [(e.row, e.column) for r in reading.records for e in r.errors] == [(3, "作者单位"), (4, "类别")]
    assert reading.records[1].work.title_en == "Steppe"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_tables_are_read_in_every_usual_encoding(encoding: str) -> None:
    sheet = write_csv(["题名", "年份", "作者"], [["草原", "2024", "张三"]]).decode("utf-8-sig").encode(encoding)
    assert works(read_works("a.csv", sheet)) == [(2, "paper", "草原")]


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("x.txt", b"@article{a, title={b}}", "bibtex"),
        ("x.txt", b"TY  - JOUR\n", "ris"),
        ("x.txt", b"10.1234/a\n", "dois"),
        ("x.txt", "题名,年份\n".encode(), "table"),
        ("X.BIB", b"anything", "bibtex"),
        ("x.csv", b"10.1234/a,2020\n", "table"),
    ],
)
def test_the_form_is_told_by_the_name_or_the_beginning(name: str, content: bytes, form: str) -> None:
    assert form_of(name, content) == form


@pytest.mark.parametrize(
    ("name", "content"), [("a.bib", b"nothing here"), ("a.ris", b"\0\1"), ("a.bib", b"\xff\xfea\0"), ("a.doi", b"")]
)
def test_a_file_without_a_record_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(Refused):
        read_works(name, content)


@pytest.mark.parametrize(
    ("text", "issued"),
    [
        ("2024", "2024"),
        ("2024-5", "2024-05"),
        ("2024年5月17日", "2024-05-17"),
        ("2024/05/17", "2024-05-17"),
        ("20240517", "2024-05-17"),
        ("2024-13", ""),
        ("2023-02-29", ""),
        ("二〇二四", ""),
        ("0085", ""),
        ("24", ""),
    ],
)
def test_dates_are_as_exact_as_they_are_written(text: str, issued: str) -> None:
    assert read_issued(text) == issued


def test_a_year_ends_with_its_last_day() -> None:
    assert [last_day(t).isoformat() for t in ("2024", "2024-02", "2024-02-03")] == ["2024-12-31", "2024-02-29", "2024-02-03"]


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet=st.sampled_from("@{}\"'#=,\\$~%&ab \n安"), max_size=80))
def test_no_text_breaks_the_reader_of_bibtex(text: str) -> None:
    try:
        read_works("a.bib", f"@article{{a, title = {text}".encode())
    except Refused:
        return
    text_of(text)
