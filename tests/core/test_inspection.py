"""Every kind of bad file is refused with its reason; good ones, also unusual ones, pass."""

from __future__ import annotations

import base64
import io
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random

import pypdf
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from bench.fuzz.pdfs import around, read, unwanted_in, unwanted_pdf
from headwater.core.files import check_upload
from headwater.core.inspection import PROBLEMS, inspect, inspected, pdf_objects

TYPES = (
    '<Types><Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
EXTERNAL = (
    f'<Relationships><Relationship Id="r1" Type="{RELATIONS}{{}}" Target="http://x/" TargetMode="External"/></Relationships>'
)
SCRIPT = b"/S /JavaScript /JS (app.alert(1))"


def pdf(**more: object) -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    if "password" in more:
        writer.encrypt(str(more["password"]), "其他密码", algorithm="RC4-128")
    if "script" in more:
        action = {pypdf.generic.NameObject("/S"): pypdf.generic.NameObject("/JavaScript")}
        writer.root_object[pypdf.generic.NameObject("/OpenAction")] = pypdf.generic.DictionaryObject(action)
    if "attached" in more:
        writer.add_attachment("x.exe", b"MZ")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def archival(name: str, more: str = "") -> bytes:
    """A PDF/A-3 that carries a file."""
    entry = f"4 0 obj\n<</Type/Filespec/F({name}){more}/EF<</F 5 0 R>>/AFRelationship/Data>>\nendobj\n".encode()
    data = b"5 0 obj\n<</Type/EmbeddedFile/Length 0>>stream\n\nendstream\nendobj"
    return around(entry + data, root=b"/AF[4 0 R]")


def packed(
    data: bytes, entries: bytes = b"/Filter /FlateDecode", *, kind: bytes = b"/Type /ObjStm ", word: bytes = b"stream\n"
) -> bytes:
    """A PDF with one object in a stream of objects, as most programs write them; `data` begins with `7 0 `."""
    head = b"4 0 obj\n<< " + kind + b"/N 1 /First 4 " + entries + b" /Length %d >>\n" % len(data)
    return around(head + word + data + b"\nendstream\nendobj", root=b"/Extra 7 0 R", inside={7: 4})


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """A PDF with a stream that holds no objects."""
    return around(b"4 0 obj\n<<%s/Length %d>>stream\n%s\nendstream endobj" % (entries, len(data), data), root=b"/Extra 4 0 R")


def predicted(text: bytes) -> bytes:
    """Packed with the predictor that writes differences to the line above."""
    rows = [text[n : n + 8].ljust(8) for n in range(0, len(text), 8)]
    above = [bytes(8), *rows]
    return zlib.compress(
        b"".join(b"\2" + bytes((a - b) % 256 for a, b in zip(r, u, strict=True)) for r, u in zip(rows, above, strict=False))
    )


def run_lengths(data: bytes) -> bytes:
    return b"".join(bytes([len(part) - 1]) + part for part in (data[n : n + 99] for n in range(0, len(data), 99))) + b"\x80"


def rels(element: str, *, name: str = "word/_rels/settings.xml.rels", encoding: str = "utf-8", declaration: str = "") -> bytes:
    return docx({name: f"{declaration}<Relationships>{element}</Relationships>".encode(encoding)})


def fields(*pieces: str) -> bytes:
    runs = "\n".join(f"<w:r><w:instrText>{piece}</w:instrText></w:r>" for piece in pieces)
    return docx({"word/x.xml": f'<w:document xmlns:w="w"><w:p>{runs}</w:p></w:document>'})


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


def hiding() -> bytes:
    """An entry whose first bytes are all that the directory tells of, and they are right: readers that inflate to the end see more."""
    content = bytearray(docx({"word/x.xml": b"<a/>" + b"<w:instrText>DDEAUTO cmd</w:instrText>"}))
    start = content.rfind(b"PK\x01\x02")
    struct.pack_into("<I", content, start + 16, zlib.crc32(b"<a/>"))
    struct.pack_into("<I", content, start + 24, 4)
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
    ("a.pdf", lambda: packed(zlib.compress(b"7 0 << /Type /Catalog >>"))),
    ("a.pdf", lambda: pdf()[:-1] + b"\n5 0 obj\n<<>>\nendobj\nstartxref\n1\n%%EOF"),
    ("a.pdf", lambda: around(b"5 0 obj << /Title (HTML/CSS/JS \\(stream\\) (obj) % ) /A <2f4a53> % /JS stream\n>> endobj")),
    ("a.pdf", lambda: packed(b"7 0 << /A (/JS endstream) >>", b"")),
    ("a.pdf", lambda: stream(b"\xff0obj \xfe\n\xff obj (")),
    ("a.pdf", lambda: stream(b"q /JS gs Q")),
    ("a.pdf", lambda: packed(zlib.compress(b"7 0 << /URI (http://x.org/JS/) >>"), b"/DecodeParms null /Filter [/FlateDecode]")),
    ("a.pdf", lambda: stream(zlib.compress(b" " * (65 * 2**20), 9), b"/Filter/FlateDecode")),  # of a page: nobody unpacks it here
    ("a.pdf", lambda: around(b"", root=b"/OpenAction[92 0 R/Fit]")),
    ("a.pdf", lambda: b"\r\n" + pdf()),
    ("a.pdf", lambda: archival("a.xml")),
    ("a.pdf", lambda: archival("a.csv", "/UF<FEFF0061002E007400780074>")),
    ("a.pdf", lambda: around(b"", root=b"/AcroForm<</Fields[]/NeedAppearances true>>")),
    ("a.docx", lambda: docx({"word/embeddings/Microsoft_Excel_Sheet1.xlsx": docx()})),
    ("a.docx", lambda: rels(f'<Relationship Id="a" Type="{RELATIONS}package" Target="../embeddings/a.xlsx"/>')),
    ("a.png", png),
    ("a.jpg", jpeg),
    ("a.jpeg", lambda: jpeg() + b"\0\0" + jpeg()),
    ("a.docx", docx),
    ("a.docx", lambda: docx({"word/_rels/document.xml.rels": EXTERNAL.format("hyperlink")})),
    ("a.docx", lambda: fields("PAGE", "HYPERLINK &quot;http://x/dde&quot;")),
    ("a.docx", lambda: docx({"word/x.xml": '<w:p xmlns:w="w"><w:instrText>TOC</w:instrText><w:t>DDT, DDE</w:t></w:p>'})),
    ("a.docx", lambda: docx({"word/media/a.svg": '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd"><svg/>'})),
    ("a.xlsx", lambda: docx(types=TYPES.replace("wordprocessingml.document", "spreadsheetml.sheet"))),
    ("a.xlsx", lambda: docx({"xl/printerSettings/printerSettings1.bin": b"\0\0"})),
]

HIDDEN_OBJECTS = [
    b"% stream\n5 0 obj << " + SCRIPT + b" >> endobj\n% endstream",
    b"5 0 obj << /A 1 % stream\n" + SCRIPT + b"\n% endstream\n>> endobj",
    b"5 0 obj << /A (stream\n) " + SCRIPT + b" /B (endstream) >> endobj",
    b"5 0 obj << /A (\\) (stream\n) \\( ) " + SCRIPT + b" /B (endstream) >> endobj",
    b"5 0 obj << /A < ( stream\n > " + SCRIPT + b" /B (endstream) >> endobj",
    b"5 0 obj << /Length 60 >> stream\n6 0 obj << " + SCRIPT + b" >> endobj\nendstream endobj",
    b"5 0 obj << /Length 70 >> stream\nendstream ( 6 0 obj << " + SCRIPT + b" >> endobj ) \nendstream endobj",
    b"5 0 obj ( 6%a\n0 % b\n%c\r obj << " + SCRIPT + b" >> endobj ) endobj",
    b"5 0 obj ( 6 0" + b" " * 70_000 + b"%" + b"x" * 70_000 + b"\nobj << " + SCRIPT + b" >> endobj ) endobj",
    b"5 0 obj ( 6 0 obj << " + SCRIPT + b" >> endobj ) endobj",
    b"5 0 obj << /S/J#61v#61Script >> endobj",
    b"5 0 obj << /A [ 1 [ << /B << " + SCRIPT + b" >> >> ] ] >> endobj",
    b"5 0 obj << /Subtype /FileAttachment /FS << /EF << /F 9 0 R >> >> >> endobj",
    b"5 0 obj << /S /GoToR /F (//x.org/a.pdf) >> endobj",
]
UNSEEN = [
    b"5 0 obj << /A (trailer << /Root << /OpenAction << " + SCRIPT + b" >> >> >>) >> endobj",
    b"4 0 obj << /Length 0 >> stream\n\nendstream % 5 0 obj << /Type /ObjStm /N 1 /A (x) /First 4\n>> stream\n" + SCRIPT,
]
"""No object that the table names holds anything; what is written from the objects does not hold it either."""
INSIDE = b"7 0 << " + SCRIPT + b" >>"
OTHER_PACKINGS = [
    (b"/Filter /ASCIIHexDecode", INSIDE.hex().encode() + b">"),
    (b"/Filter /AHx", INSIDE.hex().encode() + b">"),
    (b"/Filter /ASCII85Decode", base64.a85encode(INSIDE) + b"~>"),
    (b"/Filter /RunLengthDecode", run_lengths(INSIDE)),
    (b"/Filter [/ASCII85Decode /FlateDecode]", base64.a85encode(zlib.compress(INSIDE)) + b"~>"),
    (b"/Filter [/ASCIIHexDecode /FlateDecode]", zlib.compress(INSIDE).hex().encode() + b">"),
    (b"/Filter/FlateDecode /DecodeParms << /Predictor 12 /Columns 8 >>", predicted(INSIDE)),
    (b"/Filter /Fl#61teDecode", zlib.compress(INSIDE)),
    (b"/Filter /FlateDecode % /Filter\n", zlib.compress(INSIDE)),
    (b"", INSIDE),
]
MACRO_TYPE = '<Default Extension="x" ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>'
TEMPLATE = f'Id="a" Type="{RELATIONS}attachedTemplate" Target="http://x/"'
TEMPLATES = [
    f'<Relationship {TEMPLATE} TargetMode="External"/>',
    f'<Relationship Id="a" Type="{RELATIONS}attachedTemplate" Target="http://x/relationships/hyperlink" TargetMode="External"/>',
    f'<p:Relationship xmlns:p="p" {TEMPLATE} TargetMode="External"/>',
    f'<Relationship {TEMPLATE} TargetMode="&#69;xternal"/>',
    f"<Relationship TargetMode = 'External' {TEMPLATE}/>",
    f'<Relationship a=">" {TEMPLATE} TargetMode="External"/>',
    f'<Relationship {TEMPLATE} TargetMode="external"/>',
    f"<Relationship {TEMPLATE}/>",
    f'<Relationship Id="a" Type="{RELATIONS}attachedTemplate" Target="\\\\x\\a.dotm"/>',
    '<Relationship Id="a" Type="http://x/relationships/hyperlink" Target="http://x/" TargetMode="External"/>',
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
    ("encrypted", "a.pdf", lambda: pdf(password="")),  # anybody may open it, but not print
    *[("active", "a.pdf", lambda text=text: around(text)) for text in HIDDEN_OBJECTS],
    *[("active", "a.pdf", lambda e=entries, d=data: packed(d, e)) for entries, data in OTHER_PACKINGS],
    *[
        ("hidden", "a.pdf", lambda name=name: packed(INSIDE, b"/Filter /" + name))
        for name in (b"DCTDecode", b"JBIG2Decode", b"Unheard")
    ],
    ("active", "a.pdf", lambda: packed(zlib.compress(INSIDE), word=b"stream\r\n")),
    ("active", "a.pdf", lambda: packed(zlib.compress(INSIDE), kind=b"/Type /Obj#53tm ")),
    ("active", "a.pdf", lambda: packed(b"7 0 << /A (endstream) " + SCRIPT + b" >>", b"")),
    ("active", "a.pdf", lambda: around(b"", root=b"/OpenAction<<" + SCRIPT + b">>")),
    ("active", "a.pdf", lambda: around(b"", root=b"/AA<</O<<" + SCRIPT + b">>>>")),
    ("active", "a.pdf", lambda: around(b"", root=b"/Names<</JavaScript<</Names[(a)<<" + SCRIPT + b">>]>>>>")),
    ("active", "a.pdf", lambda: around(b"", root=b"/AcroForm<</XFA[]>>")),
    ("damaged", "a.pdf", lambda: b"%PDF-1.7\n5 0 obj << /A 1 >> endobj\nstartxref\n9\n%%EOF\n"),
    ("damaged", "a.pdf", lambda: around(b"").replace(b"/Kids[92 0 R]/Count 1", b"/Kids[]      /Count 0")),
    ("active", "a.pdf", lambda: pdf(script="app.alert(1)")),
    ("attached", "a.pdf", lambda: pdf(attached=True)),
    ("attached", "a.pdf", lambda: archival("a.exe")),
    ("attached", "a.pdf", lambda: archival("a.xml", "/UF(a.exe)")),
    ("attached", "a.pdf", lambda: archival("a.xml", "/UF 5 0 R")),
    ("attached", "a.pdf", lambda: archival("a.xml").replace(b"/F(a.xml)", b"/#46(a.bat)")),
    ("attached", "a.pdf", lambda: archival("..\\\\a.xml")),
    ("attached", "a.pdf", lambda: around(b"", root=b"/Names<</Embedded#46iles<<>>>>")),
    ("attached", "a.pdf", lambda: packed(b"7 0 << /EF << /F 5 0 R >> /F (a.js) >>", b"")),
    ("active", "a.pdf", lambda: archival("a.xml", "/A<</S/JavaScript>>")),
    ("active", "a.pdf", lambda: packed(b"7 0 << /S /Launch /F (cmd.exe) >>", b"")),
    ("active", "a.pdf", lambda: packed(b"7 0 << /S /J#61vaScript >>", b"")),
    ("bomb", "a.pdf", lambda: packed(zlib.compress(b"7 0 " + b" " * (65 * 2**20), 9))),
    ("bomb", "a.pdf", lambda: packed(zlib.compress(b"7 0 " + b"[" * 600 + b"]" * 600))),
    ("bomb", "a.png", lambda: png(60_000, 60_000)),
    ("bomb", "a.jpg", lambda: jpeg(65_000, 65_000)),
    ("bomb", "a.docx", lambda: docx({"word/big.xml": b" " * (8 * 2**20)})),
    ("bomb", "a.docx", twice_read),
    ("bomb", "a.docx", lying),
    ("bomb", "a.docx", hiding),
    ("mixed", "a.docx", lambda: docx()[:-2] + b"\x04\0abcd"),
    ("bomb", "a.docx", lambda: docx({f"word/{n}.xml": "" for n in range(3_001)})),
    ("bomb", "a.docx", lambda: docx({"word/x.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'})),
    ("mixed", "a.pdf", lambda: pdf() + docx()),
    ("mixed", "a.pdf", lambda: commented(pdf())),
    ("mixed", "a.png", lambda: png() + docx()),
    ("mixed", "a.jpg", lambda: jpeg() + b"<script>alert(1)</script>"),
    ("macros", "a.docx", lambda: docx({"word/vbaProject.bin": b"x"})),
    ("macros", "a.docx", lambda: docx({"word/activeX/activeX1.xml": "<a/>"})),
    ("macros", "a.docx", lambda: docx(types=TYPES.replace("</Types>", MACRO_TYPE))),
    ("macros", "a.docx", lambda: docx(types=TYPES.replace("</Types>", MACRO_TYPE.replace("macro", "m&#97;cro")))),
    ("macros", "a.docx", lambda: rels(f'<Relationship Id="a" Type="{RELATIONS}vbaProject" Target="a.xml"/>')),
    ("linked", "a.docx", lambda: docx({"word/_rels/settings.xml.rels": EXTERNAL.format("attachedTemplate")})),
    *[("linked", "a.docx", lambda element=element: rels(element)) for element in TEMPLATES],
    ("linked", "a.docx", lambda: rels(TEMPLATES[0], name="word/_rels/settings.xml.RELS")),
    ("linked", "a.docx", lambda: rels(TEMPLATES[0], name="word/_rels/settings.xml%2Erels")),
    ("damaged", "a.docx", lambda: rels(TEMPLATES[0], name="word/_rels/settings.xml.rels/[0].piece")),
    *[("encoding", "a.docx", lambda e=e: rels(TEMPLATES[0], encoding=e)) for e in ("utf-16", "utf-16-le", "utf-32-be", "cp037")],
    ("encoding", "a.docx", lambda: rels(TEMPLATES[0], encoding="utf-7", declaration='<?xml version="1.0" encoding="utf-7"?>')),
    ("encoding", "a.docx", lambda: docx({"word/a.dat": "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>".encode("utf-16")})),
    ("encoding", "a.docx", lambda: docx({"word/x.xml": "<w:instrText>DDEAUTO cmd</w:instrText>".encode("utf-16")})),
    ("linked", "a.docx", lambda: fields("DDEAUTO cmd")),
    ("linked", "a.docx", lambda: fields("D", "DEAU", "TO cmd")),
    ("linked", "a.docx", lambda: fields("&#68;de <![CDATA[cmd]]>")),
    ("linked", "a.docx", lambda: docx({"word/x.dat": '<w:fldSimple xmlns:w="w" w:instr="DDE&#65;UTO cmd"/>'})),
    ("linked", "a.docx", lambda: docx({"xl/a.xml": "<x:ddeLink xmlns:x='x' ddeService='cmd'/>"})),
    ("embedded", "a.docx", lambda: rels(f'<Relationship Id="a" Type="{RELATIONS}aFChunk" Target="a.rtf"/>')),
    ("objects", "a.docx", lambda: rels(f'<Relationship Id="a" Type="{RELATIONS}oleObject" Target="embeddings/a.bin"/>')),
    ("objects", "a.docx", lambda: docx({"word/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"})),
    ("embedded", "a.docx", lambda: docx({"word/embeddings/a.docx": docx()})),
    ("embedded", "a.docx", lambda: docx({"word/embeddings/a.xlsx": docx({"word/embeddings/a.xlsx": docx()})})),
    ("macros", "a.docx", lambda: docx({"word/embeddings/a.xlsx": docx({"xl/vbaProject.bin": b"x"})})),
    (
        "linked",
        "a.docx",
        lambda: docx({"word/embeddings/a.xlsx": docx({"xl/a.xml": "<x:ddeLink xmlns:x='x' ddeService='cmd'/>"})}),
    ),
    ("bomb", "a.docx", lambda: docx({f"word/embeddings/{n}.xlsx": docx({"a.xml": b" " * (50 * 2**20)}) for n in range(5)})),
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


@pytest.mark.parametrize("make", [make for name, make in GOOD if name.lower() == "a.pdf"])
def test_a_pdf_is_written_anew_and_reads_as_before(make: Callable[[], bytes]) -> None:
    content = make()
    code, kept = inspected("a.pdf", content)
    assert (code, kept.startswith(b"%PDF-"), kept != content) == ("", True, True)
    assert len(pypdf.PdfReader(io.BytesIO(kept), strict=True).pages) == 1
    assert inspected("a.pdf", kept) == ("", kept)


@pytest.mark.parametrize(("limit", "most"), [("VALUES", 50), ("OBJECTS", 3), ("SECONDS", -1)])
def test_a_file_that_asks_for_too_much_is_refused(limit: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = around(b"5 0 obj [" + b"1 " * 60 + b"] endobj")
    assert inspect("a.pdf", content) == ""
    monkeypatch.setattr(pdf_objects, limit, most)
    assert inspect("a.pdf", content) == "bomb"


@pytest.mark.parametrize("objects", UNSEEN)
def test_what_no_object_holds_is_not_kept(objects: bytes) -> None:
    content = around(b"").replace(b"%PDF-1.7\n", b"%PDF-1.7\n" + objects + b"\n") if b"ObjStm" in objects else around(objects)
    code, kept = inspected("a.pdf", content)
    assert code == ""
    assert "/JavaScript" in content.decode("latin-1")
    assert "/JavaScript" not in read(kept)
    assert b"/JavaScript" not in kept


def test_other_files_are_kept_as_they_came() -> None:
    for name, make in GOOD:
        if not name.lower().endswith(".pdf"):
            content = make()
            assert inspected(name, content) == ("", content)


@pytest.mark.parametrize("seed", range(200))
def test_a_disguised_action_in_a_whole_file_is_refused_or_gone(seed: int) -> None:
    """The fuzzer's disguises, with a page and a table around them."""
    name, content = unwanted_pdf(Random(seed))
    code, kept = inspected(name, content)
    assert code or not unwanted_in(kept)


@pytest.mark.parametrize("make", [pdf, png, jpeg, docx])
@pytest.mark.parametrize("name", ["a.pdf", "a.png", "a.jpg", "a.docx"])
def test_no_cut_of_a_file_passes_or_fails_otherwise_than_by_a_reason(make: Callable[[], bytes], name: str) -> None:
    whole = make()
    for length in range(0, len(whole) - 1, max(1, len(whole) // 300)):
        assert inspect(name, whole[:length]) in set(PROBLEMS) - {"unreadable"}


CASES = Path(__file__).resolve().parents[3] / "shared/cases/files"


@pytest.mark.skipif(not CASES.exists(), reason="the cases are kept outside of the project")
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("31-mathtype.docx", "objects"),
        ("32-chart.docx", ""),
        ("34-form-fields.pdf", ""),
        ("36-pdfa3.pdf", ""),
        ("37-wps-leading-bytes.pdf", ""),
    ],
)
def test_files_as_real_programs_write_them(name: str, code: str) -> None:
    content = (CASES / name).read_bytes()
    assert inspect(name, content) == code
    assert check_upload(name, content)
