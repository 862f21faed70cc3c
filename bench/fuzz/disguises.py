"""Files that carry something unwanted in disguise: each must be refused, whatever the reason given."""

from __future__ import annotations

import base64
import io
import zipfile
import zlib
from random import Random
from xml.sax.saxutils import quoteattr

OPEN_XML = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
MAIN = "application/vnd.openxmlformats-officedocument.%s.main+xml"
JUNK = [
    b"stream",
    b"endstream",
    b"obj",
    b"endobj",
    b"5 0 obj",
    b"((",
    b"<<",
    b"[",
    b"%%EOF",
    b"\\\\",
    b"x",
    b">>stream ",
    b"/First 4",
    b"<",
]
ACTIVE = [
    [b"/OpenAction", b"<<", b"/S", b"/JavaScript", b"/JS", b"(app.alert\\(1\\))", b">>"],
    [b"/S", b"/JavaScript", b"/JS", b"9", b"0", b"R"],
    [b"/S", b"/Launch", b"/F", b"(cmd.exe)"],
    [b"/AA", b"<<", b"/O", b"<<", b"/S", b"/JavaScript", b"/JS", b"<6170>", b">>", b">>"],
    [b"/Type", b"/Filespec", b"/EF", b"<<", b"/F", b"9", b"0", b"R", b">>"],
    [b"/Names", b"<<", b"/EmbeddedFiles", b"9", b"0", b"R", b">>"],
    [b"/AcroForm", b"<<", b"/XFA", b"[", b"]", b">>"],
    [b"/S", b"/SubmitForm", b"/F", b"(http://x.org/)"],
]


def escaped(random_: Random, name: bytes) -> bytes:
    """A name with some of its characters given by number."""
    if not name.startswith(b"/") or random_.random() < 0.5:
        return name
    hexes = ["#%02x", "#%02X"]
    return b"/" + b"".join(
        (random_.choice(hexes) % c).encode() if random_.random() < 0.3 and c != 35 else bytes([c]) for c in name[1:]
    )


def gap(random_: Random, *, needed: bool = True) -> bytes:
    """What may stand between two words: spaces and comments that look like something else."""
    draw = random_.random()
    if draw < 0.15:
        return b"%" + b" ".join(random_.choices(JUNK, k=random_.randint(0, 4))) + random_.choice([b"\n", b"\r", b"\r\n"])
    return random_.choice([b" ", b" ", b"\n", b"\r\n", b"\t", b"\0", b"\f "]) if needed or draw < 0.5 else b""


def entry(random_: Random) -> list[bytes]:
    """A harmless entry of a dictionary, whose value may look like the end of something."""
    junk = b" ".join(random_.choices(JUNK, k=random_.randint(0, 3)))
    text = junk.replace(b"((", random_.choice([b"\\(", b"\\)", b"()", b"(\\))"]))
    value = random_.choice(
        [[b"(" + text + b")"], [b"<0" + junk.replace(b">", b"") + b">"], [b"[", b"1", b"(" + text + b")", b"]"]]
    )
    return [random_.choice([b"/A", b"/Title", b"/stream", b"/obj"]), *random_.choice([value, value, [b"<<", b">>"], [b"1"]])]


def active(random_: Random) -> bytes:
    """A dictionary with an unwanted entry, as a reader understands it."""
    entries = [random_.choice(ACTIVE), *(entry(random_) for _n in range(random_.randint(0, 3)))]
    random_.shuffle(entries)
    tokens = [escaped(random_, t) for one in entries for t in one]
    return b"<<" + gap(random_, needed=False) + b"".join(t + gap(random_) for t in tokens) + b">>"


def packed_otherwise(random_: Random, data: bytes) -> tuple[bytes, bytes]:
    """(entries, data) of a stream: how it is packed, as readers unpack it."""
    flat = zlib.compress(data)
    stored = zlib.compress(data[:5], 0) if len(data) < 6 else flat
    lines = b"".join(b"\0" + data[n : n + 8].ljust(8) for n in range(0, len(data), 8))
    return random_.choice(
        [
            (b"", data),
            (b"/Filter/FlateDecode", flat),
            (b"/Filter /FlateDecode", stored),
            (b"/Filter[/FlateDecode]", flat),
            (b"/Filter/Fl", flat),
            (b"/F/Fl", flat),
            (b"/Filter/" + escaped(random_, b"/FlateDecode")[1:], flat),
            (b"/Filter/ASCIIHexDecode", data.hex().encode() + b">"),
            (b"/Filter/ASCII85Decode", base64.a85encode(data) + b"~>"),
            (b"/Filter[/ASCII85Decode/FlateDecode]", base64.a85encode(flat) + b"~>"),
            (b"/Filter[/FlateDecode/FlateDecode]", zlib.compress(flat)),
            (b"/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 8>>", zlib.compress(lines)),
            (b"/Filter 9 0 R", flat),
        ]
    )


def object_stream(random_: Random, inner: bytes) -> bytes:
    offset = random_.choice([0, 0, 3])
    first = b"7 %d " % offset
    data = first + (b"( " if offset else b"").ljust(offset) + inner + (b" )" if offset else b"")
    how, data = packed_otherwise(random_, data)
    entries = [b"/N 1", b"/First %d" % len(first), b"/Length %d" % len(data), how]
    entries += random_.choice([[b"/Type/ObjStm"], [b"/Type /" + escaped(random_, b"/ObjStm")[1:]], []])
    if random_.random() < 0.2:
        entries.append(b" ".join(entry(random_)))
    random_.shuffle(entries)
    head = b"".join(e + gap(random_) for e in entries)
    word = random_.choice([b"stream\n", b"stream\n", b"stream\r\n", b"stream \n", b"stream\r"])
    return b"8 0 obj<<" + head + b">>" + gap(random_, needed=False) + word + data + b"\nendstream endobj\n"


def value(random_: Random, text: str) -> str:
    """A value of an attribute, some of its characters given by number, in quotes of one kind or the other."""
    if random_.random() < 0.4:
        text = "".join(random_.choice(["&#%d;", "&#x%x;"]) % ord(c) if random_.random() < 0.2 else c for c in text)
        return random_.choice(['"%s"', "'%s'"]) % text
    return quoteattr(text) if random_.random() < 0.7 else f"'{text}'"


def element(random_: Random, name: str, attributes: dict[str, str], inner: str = "") -> str:
    items = [f"{k}{random_.choice(['', ' ', chr(10)])}={value(random_, v)}" for k, v in attributes.items()]
    prefix = random_.choice(["", "", "p:", "w.x:", "草:"])
    if prefix:
        items.append(f"xmlns:{prefix[:-1]}='urn:x'")
    if random_.random() < 0.3:
        items.append(random_.choice(["a='>'", "b='relationships/hyperlink\"'", "c=\"TargetMode='Internal'\""]))
    random_.shuffle(items)
    return f"<{prefix}{name}{random_.choice([' ', chr(10), chr(9)])}{' '.join(items)}>{inner}</{prefix}{name}>"


def encoded(random_: Random, text: str) -> bytes:
    if random_.random() < 0.7:
        return random_.choice([b"", b"", b"\xef\xbb\xbf", b"<!-- x -->\n"]) + text.encode()
    kind = random_.choice(["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp037"])
    return (f'<?xml version="1.0" encoding="{kind}"?>' + text.replace("草", "x")).encode(kind)


def in_pieces(random_: Random, text: str) -> str:
    """The instruction of a field, cut into runs."""
    runs = []
    while text:
        size = random_.randint(1, 8)
        piece, text = text[:size], text[size:]
        if random_.random() < 0.3:
            piece = random_.choice([f"<![CDATA[{piece}]]>", f"<!-- x -->{piece}", "".join(f"&#{ord(c)};" for c in piece)])
        runs.append(f"<r>{element(random_, 'instrText', {}, piece)}</r>")
    return random_.choice(["", "\n"]).join(runs)


def unwanted_office(random_: Random) -> tuple[str, bytes]:
    parts: dict[str, bytes] = {}
    main = "wordprocessingml.document"
    types = [f"<Override PartName='/word/document.xml' ContentType='{MAIN % main}'/>"]
    way = random_.randrange(4)
    if way == 0:
        target = random_.choice(
            ["http://x.org/a.dotm", "http://x.org/relationships/hyperlink", "file:///c:/a.dotm", "\\\\x\\a.dotm"]
        )
        kind = random_.choice(["attachedTemplate", "frame", "oleObject", "image", "externalLinkPath"])
        found = element(
            random_, "Relationship", {"Id": "r1", "Type": OPEN_XML + kind, "Target": target, "TargetMode": "External"}
        )
        name = random_.choice(["settings.xml.rels", "settings.xml.RELS", "document.xml.rels", "settings.xml%2erels"])
        parts[f"word/_rels/{name}"] = encoded(random_, f"<Relationships>{found}</Relationships>")
    elif way == 1:
        text = random_.choice(["DDEAUTO c:\\\\x", " dde cmd", "DDE excel", "\tDdeAuto x"])
        simple = element(random_, "fldSimple", {"w:instr": text, "xmlns:w": "urn:w"})
        field = random_.choice([simple, in_pieces(random_, text), "<x:ddeLink xmlns:x='x'/>"])
        parts[random_.choice(["word/a.xml", "word/a.XML", "word/a.dat", "word/media/a.png"])] = encoded(
            random_, f"<d>{field}</d>"
        )
    elif way == 2:
        kind = random_.choice(["application/vnd.ms-word.document.macroEnabled.main+xml", "application/vnd.ms-office.vbaProject"])
        types.append(element(random_, "Default", {"Extension": "x", "ContentType": kind}))
    else:
        kind = random_.choice(["http://schemas.microsoft.com/office/2006/relationships/vbaProject", OPEN_XML + "control"])
        found = element(random_, "Relationship", {"Id": "r1", "Type": kind, "Target": "a.dat"})
        parts["word/_rels/document.xml.rels"] = encoded(random_, f"<Relationships>{found}</Relationships>")
    random_.shuffle(types)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {
            "[Content_Types].xml": f"<Types>{''.join(types)}</Types>",
            "word/document.xml": "<d/>",
            **parts,
        }.items():
            archive.writestr(name, text)
    return "a.docx", out.getvalue()


def unwanted_sheet(random_: Random) -> tuple[str, bytes]:
    """A workbook with a cell in column 300 or row 100,500, which can still be read if nobody notices it."""
    wide = [element(random_, "c", {"r": "KP3", "t": "n"}, "<v>1</v>"), "<c><v>1</v></c>" * 300, "<c r='kp3'/>"]
    far = [f"<row>{random_.choice(wide)}</row>", element(random_, "row", {"r": "100500"}, "<c><v>1</v></c>"), "<row/>" * 100_500]
    rows = random_.choice(far)
    rows += "<row><c><v>1</v></c></row>" if rows.startswith("<row/>") else ""
    path = random_.choice(["worksheets/sheet1.xml", "s.xml", "s.dat", "../s.xml", "/xl/worksheets/a.bin"])
    inside = {"../s.xml": "s.xml"}.get(path, path.lstrip("/") if path.startswith("/") else f"xl/{path}")
    sheet = f"<worksheet><sheetData><row r='1'><c r='A1'><v>1</v></c></row>{rows}</sheetData></worksheet>"
    kind = MAIN % random_.choice(["spreadsheetml.sheet", "spreadsheetml.sheet", "spreadsheetml.template"])
    parts = {
        "[Content_Types].xml": f"<Types><Override PartName='/xl/workbook.xml' ContentType={value(random_, kind)}/></Types>",
        "xl/workbook.xml": f"<workbook xmlns:r='{OPEN_XML[:-1]}'><sheets><sheet name='a' sheetId='1' r:id='r1'/></sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships><Relationship Id='r1' Type='{OPEN_XML}worksheet' Target='{path}'/></Relationships>",
        inside: sheet,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return "a.xlsx", out.getvalue()
