"""Every kind of bad file is refused with its reason; good ones, also unusual ones, pass."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pypdf
import pytest

from headwater.core.inspection import PROBLEMS, inspect

TYPES = (
    '<Types><Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
EXTERNAL = '<Relationships><Relationship Id="r1" Type="http://x/relationships/{}" Target="http://x/" TargetMode="External"/></Relationships>'


def pdf(**more: object) -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    if "password" in more:
        writer.encrypt(str(more["password"]), algorithm="RC4-128")
    if "script" in more:
        action = {pypdf.generic.NameObject("/S"): pypdf.generic.NameObject("/JavaScript")}
        writer.root_object[pypdf.generic.NameObject("/OpenAction")] = pypdf.generic.DictionaryObject(action)
    if "attached" in more:
        writer.add_attachment("x.exe", b"MZ")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def object_stream(text: bytes, *, packed: bytes | None = None) -> bytes:
    """A PDF whose objects are in a compressed object stream, as most programs write them."""
    data = zlib.compress(text) if packed is None else packed
    return (
        b"%PDF-1.7\n1 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length "
        + str(len(data)).encode()
        + b" >>\nstream\n"
        + data
        + b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n"
    )


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 2, height: int = 2) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\0\0" * 2)) + chunk(b"IEND", b"")


def jpeg(width: int = 2, height: int = 2) -> bytes:
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return (
        b"\xff\xd8\xff\xe0\x00\x04ab"
        + frame
        + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
        + b"ab\xff\x00c\xff\xd0d"
        + b"\xff\xd9"
    )


def docx(entries: dict[str, str | bytes] | None = None, types: str = TYPES) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {"[Content_Types].xml": types, "word/document.xml": "<w:document/>", **(entries or {})}.items():
            archive.writestr(name, text)
    return out.getvalue()


def twice_read() -> bytes:
    """Two entries of the directory that read the same data, as the densest zip bombs do."""
    content = docx({"word/a.xml": b"<a/>" * 20, "word/b.xml": b"<a/>" * 20})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        first, second = (archive.getinfo(f"word/{n}.xml").header_offset for n in "ab")
    start = content.rfind(b"PK\x01\x02")
    return content[: start + 42] + struct.pack("<I", first) + content[start + 46 :] if second else content


def lying() -> bytes:
    """An entry that claims to be small and is not."""
    content = bytearray(docx({"word/big.xml": b"a" * 500_000}))
    start = content.rfind(b"PK\x01\x02")
    struct.pack_into("<I", content, start + 24, 100)
    return bytes(content)


def corrupted(content: bytes) -> bytes:
    """One byte of the compressed data is another."""
    at = content.find(b"word/document.xml") + len("word/document.xml") + 3
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


def commented(content: bytes) -> bytes:
    """A PDF that a ZIP reader takes, too: the end record of an archive whose comment is the end of the PDF."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("x.exe", "MZ")
    tail = content[content.rfind(b"startxref") :]
    archive_bytes = out.getvalue()
    return content[: content.rfind(b"startxref")] + archive_bytes[:-2] + struct.pack("<H", len(tail)) + tail


GOOD: list[tuple[str, Callable[[], bytes]]] = [
    ("a.pdf", pdf),
    ("a.PDF", lambda: pdf() + b"\r\n"),
    ("a.pdf", lambda: object_stream(b"<< /Type /Catalog >>")),
    ("a.pdf", lambda: pdf()[:-1] + b"\n5 0 obj\n<<>>\nendobj\nstartxref\n1\n%%EOF"),
    ("a.png", png),
    ("a.jpg", jpeg),
    ("a.jpeg", lambda: jpeg() + b"\0\0" + jpeg()),
    ("a.docx", docx),
    ("a.docx", lambda: docx({"word/_rels/document.xml.rels": EXTERNAL.format("hyperlink")})),
    ("a.xlsx", lambda: docx(types=TYPES.replace("wordprocessingml.document", "spreadsheetml.sheet"))),
    ("a.xlsx", lambda: docx({"xl/printerSettings/printerSettings1.bin": b"\0\0"})),
]

BAD: list[tuple[str, str, Callable[[], bytes]]] = [
    ("type", "a.pdf", png),
    ("type", "a.png", jpeg),
    ("type", "a.jpg", pdf),
    ("type", "a.docx", pdf),
    ("type", "a.exe", pdf),
    ("type", "a.docx", lambda: docx(types="<Types/>")),
    ("truncated", "a.pdf", lambda: pdf()[:-20]),
    ("truncated", "a.pdf", lambda: pdf() + b"7 0 obj\n<< /Length 10 >>\nstr"),
    ("truncated", "a.png", lambda: png()[:-3]),
    ("truncated", "a.png", lambda: png()[:-12]),
    ("truncated", "a.jpg", lambda: jpeg()[:-2]),
    ("truncated", "a.docx", lambda: docx()[:-30]),
    ("damaged", "a.png", lambda: png().replace(b"IDAT", b"IDAX")),
    ("damaged", "a.jpg", lambda: b"\xff\xd8\xff\xe0\x00\x04abcdefgh\xff\xd9"),
    ("damaged", "a.docx", lambda: corrupted(docx())),
    ("damaged", "a.docx", lambda: docx({"../evil.xml": "<a/>"})),
    ("encrypted", "a.pdf", lambda: pdf(password="秘密")),
    ("encrypted", "a.pdf", lambda: object_stream(b"<< /Encr#79pt 5 0 R >>")),
    ("active", "a.pdf", lambda: pdf(script="app.alert(1)")),
    ("active", "a.pdf", lambda: pdf(attached=True)),
    ("active", "a.pdf", lambda: object_stream(b"<< /S /Launch /F (cmd.exe) >>")),
    ("active", "a.pdf", lambda: object_stream(b"<< /S /J#61vaScript >>")),
    ("bomb", "a.pdf", lambda: object_stream(b"", packed=zlib.compress(b" " * (65 * 2**20), 9))),
    ("bomb", "a.png", lambda: png(60_000, 60_000)),
    ("bomb", "a.jpg", lambda: jpeg(65_000, 65_000)),
    ("bomb", "a.docx", lambda: docx({"word/big.xml": b" " * (8 * 2**20)})),
    ("bomb", "a.docx", twice_read),
    ("damaged", "a.docx", lying),
    ("bomb", "a.docx", lambda: docx({f"word/{n}.xml": "" for n in range(3_001)})),
    ("bomb", "a.docx", lambda: docx({"word/x.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'})),
    ("mixed", "a.pdf", lambda: pdf() + docx()),
    ("mixed", "a.pdf", lambda: commented(pdf())),
    ("mixed", "a.png", lambda: png() + docx()),
    ("mixed", "a.jpg", lambda: jpeg() + b"<script>alert(1)</script>"),
    ("macros", "a.docx", lambda: docx({"word/vbaProject.bin": b"x"})),
    ("macros", "a.docx", lambda: docx({"word/activeX/activeX1.xml": "<a/>"})),
    ("macros", "a.docx", lambda: docx(types=TYPES.replace("</Types>", "application/vnd.ms-word.document.macroEnabled</Types>"))),
    ("linked", "a.docx", lambda: docx({"word/_rels/settings.xml.rels": EXTERNAL.format("attachedTemplate")})),
    ("linked", "a.docx", lambda: docx({"word/x.xml": "<w:instrText>DDEAUTO cmd</w:instrText>"})),
    ("embedded", "a.docx", lambda: docx({"word/embeddings/a.xlsx": b"x"})),
    ("embedded", "a.docx", lambda: docx({"word/media/a.zip": b"x"})),
    ("embedded", "a.docx", lambda: docx({"word/media/image1.png": b"MZ\x90"})),
    ("old_office", "a.docx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
]


@pytest.mark.parametrize(("name", "make"), GOOD)
def test_good_files_pass(name: str, make: Callable[[], bytes]) -> None:
    assert inspect(name, make()) == ""


@pytest.mark.parametrize(("code", "name", "make"), BAD)
def test_bad_files_are_refused_with_the_reason(code: str, name: str, make: Callable[[], bytes]) -> None:
    assert inspect(name, make()) == code
    assert code in PROBLEMS


@pytest.mark.parametrize("make", [pdf, png, jpeg, docx])
@pytest.mark.parametrize("name", ["a.pdf", "a.png", "a.jpg", "a.docx"])
def test_no_cut_of_a_file_passes_or_fails_otherwise_than_by_a_reason(make: Callable[[], bytes], name: str) -> None:
    whole = make()
    for length in range(0, len(whole) - 1, max(1, len(whole) // 300)):
        assert inspect(name, whole[:length]) in set(PROBLEMS) - {"unreadable"}
