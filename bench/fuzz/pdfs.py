"""PDFs that carry something unwanted in disguise, and what another program reads in a PDF."""

from __future__ import annotations

import io
import re
from random import Random

import pypdf

from bench.fuzz.disguises import active, gap, object_stream

UNWANTED = ("/JavaScript", "/Launch", "/EF", "/EmbeddedFiles", "/XFA", "/SubmitForm")
OBJECT = re.compile(rb"(?<!\d)(\d+)(?:\s|%[^\r\n]*[\r\n])+0(?:\s|%[^\r\n]*[\r\n])+obj")
PAGE = (
    b"\n90 0 obj<</Type/Catalog/Pages 91 0 R%s>>endobj\n91 0 obj<</Type/Pages/Kids[92 0 R]/Count 1>>endobj\n"
    b"92 0 obj<</Type/Page/Parent 91 0 R/MediaBox[0 0 9 9]/Resources<<>>>>endobj\n"
)


def around(objects: bytes, *, root: bytes = b"", inside: dict[int, int] | None = None) -> bytes:
    """A PDF of one page and some objects. Its table names every place where an object seems to begin, also in a comment, a string or a
    stream, and objects `inside` streams of objects.
    """
    body = b"%PDF-1.7\n" + objects + PAGE % root
    rows = dict.fromkeys(range(94), bytes(7))
    rows |= {int(m[1]): b"\1" + m.start().to_bytes(4) + bytes(2) for m in OBJECT.finditer(body)}
    rows |= {number: b"\2" + stream.to_bytes(4) + bytes(2) for number, stream in (inside or {}).items()}
    rows[93] = b"\1" + len(body).to_bytes(4) + bytes(2)
    table = b"".join(rows[n] for n in range(94))
    head = b"93 0 obj<</Type/XRef/Size 94/W[1 4 2]/Root 90 0 R/Length %d>>stream\n" % len(table)
    return body + head + table + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF\n" % len(body)


def read(content: bytes) -> str:
    """All that a PDF holds, as another program reads it: every object, unpacked."""
    reader = pypdf.PdfReader(io.BytesIO(content), strict=True)
    return " ".join(str(reader.get_object(n)) for n in range(1, int(reader.trailer["/Size"])) if n in numbers(reader))


def numbers(reader: pypdf.PdfReader) -> set[int]:
    return {n for table in reader.xref.values() for n in table} | set(reader.xref_objStm)


def unwanted_in(content: bytes) -> list[str]:
    """The names of what is unwanted that another program finds in a PDF."""
    held = read(content)
    return [name for name in UNWANTED if name in held]


def unwanted_pdf(random_: Random) -> tuple[str, bytes]:
    """A whole file with an action in disguise, which must be refused or be gone from what is kept."""
    inner = active(random_)
    plain = b"5" + gap(random_) + b"0" + gap(random_) + b"obj" + gap(random_, needed=False) + inner + gap(random_) + b"endobj\n"
    flat = b"5 0 obj" + inner.replace(b"\n", b" ").replace(b"\r", b" ") + b" endobj" if b"%" not in inner else plain
    decoy = random_.choice([b"", b"endstream ( ", b"endstream % ", b"endstream <", b"endstream endobj 6 0 obj << /A ("])
    placed = random_.choice(
        [
            plain,
            object_stream(random_, inner),
            object_stream(random_, inner),
            b"4 0 obj<</Length %d>>stream\n" % len(decoy + plain) + decoy + plain + b"\nendstream endobj\n",
            b"4 0 obj (" + plain + b") endobj\n",
            b"4 0 obj << /A (" + plain + b" endobj\n",
            b"% " + flat + b"\n",
            b"4 0 obj<</Length 0>>stream\n\nendstream % " + object_stream(random_, inner),
            b"( trailer" + gap(random_, needed=False) + inner + b")\n",
            b"trailer" + gap(random_, needed=False) + inner + b"\n",
        ]
    )
    before = random_.choice([b"", b"", b"% stream\n", b"(stream\n", b"9 0 obj<</Length 1>>stream\nx\nendstream endobj\n"])
    objects = before + placed + random_.choice([b"", b"% endstream\n", b"endstream)\n"])
    return "a.pdf", around(objects, root=b"/Extra[4 0 R 5 0 R 7 0 R 8 0 R]", inside={7: 8})
