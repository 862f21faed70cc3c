"""Works leave as BibTeX and RIS, and reading what was written gives the same works."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.registry.works.exporting import bibtex, ris
from headwater.registry.works.identifiers import read_all
from headwater.registry.works.importing.reading import read_works
from headwater.registry.works.kinds import KINDS
from headwater.registry.works.values import OF_RECORD, NewWork, made_plain

WORDS = st.text(alphabet=st.sampled_from("ab 草原Öé&%$#_{}\\~^-:.,()'\"<é"), min_size=1, max_size=30)
NUMBERS: dict[str, dict[str, str]] = {
    "paper": {"doi": "10.1234/a_b(c)", "cstr": "31253.11.x"},
    "book": {"isbn": "9780306406157"},
    "patent": {"patent": "202310012345.8"},
    "standard": {"standard": "GB/T 7713.3-2014"},
    "variety": {"variety": "国审玉20200012"},
    "dataset": {"other": "PRJNA 123456"},
    "method": {},
    "software": {"software": "2023SR0123456"},
    "prize": {"prize": "2023-J-1"},
}


def row_of(work: NewWork) -> Any:
    values = {name: getattr(work, name) for name in OF_RECORD}
    authors = [SimpleNamespace(name=a.name, organisation="") for a in work.authors]
    numbers = [SimpleNamespace(scheme=s, value=v) for s, v in work.identifiers.items()]
    return SimpleNamespace(pk=1, source="", author_rows=authors, number_rows=numbers, **values)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(sorted(KINDS)),
    WORDS,
    st.lists(
        st.sampled_from(["张三", "San Zhang", "Jörg Müller-Lüdenscheidt", "Zhang, San & Co", "草原 and 碳汇课题组"]), min_size=1
    ),
    st.sampled_from(["2024", "2024-05", "2024-05-17"]),
    WORDS,
)
def test_what_was_written_is_read_again(kind: str, title: str, names: list[str], issued: str, venue: str) -> None:
    from headwater.registry.works.values import Author, titled

    work = made_plain(
        NewWork(
            kind=kind,
            **titled(title.replace("<", "")),
            issued=issued,
            authors=[Author(name) for name in names],
            identifiers=NUMBERS[kind],
            venue=venue.replace("<", ""),
            pages="1-9",
            language="zh",
        )
    )
    if not work.title.strip("{}~^\\'\" .,"):
        return
    for ending, write in (("bib", bibtex), ("ris", ris)):
        content = b"".join(write(iter([row_of(work)])))
        reading = read_works(f"a.{ending}", content)
        record = reading.records[0]
        again = made_plain(record.work)
        assert record.errors == []
        assert (again.kind, again.issued, again.pages) == (work.kind, work.issued, work.pages), ending
        assert read_all(again.identifiers)[0] == read_all(work.identifiers)[0], ending
        assert squeezed(again.title) == squeezed(work.title), ending
        assert squeezed(again.venue) == squeezed(work.venue), ending
        if ending == "bib":
            assert [a.name for a in again.authors] == [a.name for a in work.authors]


def squeezed(text: str) -> str:
    """Quotation marks and blanks may be written otherwise."""
    return "".join(text.replace("“", "''").replace("”", "''").replace("``", "''").replace('"', "''").split())
