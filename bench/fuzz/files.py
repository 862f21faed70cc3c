"""Bad files: whole ones of every kind that is taken, with bits turned, ends cut off, lengths and digests that lie, and worse."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from functools import lru_cache
from random import Random
from typing import Any

from bench.fuzz.values import NASTY, bad

OFFICE = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/x" ContentType="application/vnd.openxmlformats-officedocument.%s.main+xml"/></Types>'
)
SLOW = 2.0
"""Seconds of processor time that one look at one file may take."""


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 3, height: int = 3) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"IDAT", zlib.compress(b"\0\1\2\3" * 3))
        + chunk(b"tEXt", b"a\0b")
        + chunk(b"IEND", b"")
    )


def jpeg(width: int = 8, height: int = 8) -> bytes:
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    scan = b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\1\0\0\x3f\0" + b"\x12\x34\xff\0\x56"
    return b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\1\1\0\0\1\0\1\0\0" + frame + scan + b"\xff\xd9"


def pdf(extra: bytes = b"", *, stream: bytes = b"BT ET") -> bytes:
    parts = [
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R" + extra + b">>endobj\n",
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R>>endobj\n",
        b"4 0 obj<</Length %d>>stream\n" % len(stream) + stream + b"\nendstream endobj\n",
    ]
    content = b"".join(parts)
    packed = zlib.compress(b"5 0 <</A 1>>" * 30)
    content += (
        b"6 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(packed)
        + packed
        + b"\nendstream endobj\n"
    )
    return content + b"xref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(content)


def office(
    kind: str = "wordprocessingml.document", more: dict[str, bytes] | None = None, method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("[Content_Types].xml", OFFICE % kind)
        archive.writestr(
            "_rels/.rels",
            '<Relationships><Relationship Id="1" Type="http://x/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
        )
        archive.writestr("word/document.xml", "<w:document>" + "草原" * 200 + "</w:document>")
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return out.getvalue()


@lru_cache(maxsize=1)
def sheet() -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.add_worksheet("a").write_row(0, 0, ["姓名", "单位", 3.5])
    book.close()
    return out.getvalue()


@lru_cache(maxsize=1)
def whole() -> dict[str, list[bytes]]:
    """Good files by ending."""
    nested = office(more={"word/media/a.png": png()})
    return {
        "pdf": [pdf(), pdf(b"/Lang(zh)"), b"%PDF-1.4\n%%EOF\n"],
        "png": [png()],
        "jpg": [jpeg(), jpeg() + jpeg()],
        "jpeg": [jpeg()],
        "docx": [office(), nested, office(method=zipfile.ZIP_STORED)],
        "xlsx": [sheet(), office("spreadsheetml.sheet")],
    }


def special(random_: Random) -> tuple[str, bytes]:
    """Files that carry what does not belong in them, or claim what is not so."""
    makers = [*odd_pdfs(), *odd_images(random_), *odd_archives(random_), lambda: (random_.choice(ODD_NAMES), pdf())]
    return random_.choice(makers)()


ODD_NAMES = [
    "",
    ".",
    "a",
    "a.exe",
    "a.pdf.exe",
    ".pdf",
    "pdf",
    "a.PDF",
    "a.pdf ",
    "a.p\0df",
    "a/b.pdf",
    "..pdf",
    "a" * 300 + ".pdf",
    "\u202efdp.exe",
    "a.pdf\n",
]
Maker = Callable[[], tuple[str, bytes]]


def odd_pdfs() -> list[Maker]:
    return [
        lambda: ("a.pdf", pdf(b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>")),
        lambda: ("a.pdf", pdf(b"/Names<</Embedded#46iles 9 0 R>>")),
        lambda: ("a.pdf", pdf(b"/Encrypt 9 0 R")),
        lambda: ("a.pdf", pdf() + pdf()),
        lambda: ("a.pdf", pdf() + office()),
        lambda: ("a.pdf", pdf(stream=b"endstream" * 3000)),
        lambda: ("a.pdf", pdf(stream=b"stream\n" * 20000)),
        lambda: ("a.pdf", pdf(b"[" * 50_000 + b"]" * 50_000)),
        lambda: (
            "a.pdf",
            b"%PDF-1.7\n"
            b"1 0 obj<</ObjStm/FlateDecode>>stream\n" + zlib.compress(b"A" * 70_000_000, 1) + b"endstream\nstartxref\n0\n%%EOF",
        ),
        lambda: ("a.pdf", b"%PDF-" + b"stream\n" * 30_000 + b"startxref %%EOF"),
        lambda: ("a.pdf", b"%PDF-" + b"#" * 200_000 + b"startxref %%EOF"),
    ]


def odd_images(random_: Random) -> list[Maker]:
    return [
        lambda: ("a.png", png(random_.choice([0, 65535, 2**31, 2**32 - 1]), random_.choice([0, 1, 65535, 2**31]))),
        lambda: ("a.png", png() + office()),
        lambda: ("a.jpg", jpeg(random_.choice([0, 65535]), 65535)),
        lambda: ("a.jpg", b"\xff\xd8\xff" + b"\xff" * random_.choice([1, 100_000])),
        lambda: ("a.jpg", b"\xff\xd8" + b"\xff\xe0\0\2" * 50_000),
        lambda: ("a.jpg", b"\xff\xd8\xff\xe0\0\0" * 1000),
    ]


def odd_archives(random_: Random) -> list[Maker]:
    big = b"\0" * random_.choice([2**20 + 1, 8 * 2**20])
    return [
        lambda: ("a.docx", office(more={"word/vbaProject.bin": b"x"})),
        lambda: ("a.docx", office(more={"word/embeddings/a.docx": office()})),
        lambda: ("a.docx", office(more={"word/big.xml": big})),
        lambda: ("a.docx", office(more={f"word/{n}.xml": b"x" for n in range(3200)})),
        lambda: ("a.docx", office(more={random_.choice(["../../x", "/abs", "a\\b", "a" * 60_000, "a\0b", "草原"]): b"x"})),
        lambda: ("a.docx", office(more={"word/x.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]>"})),
        lambda: (
            "a.docx",
            office(
                more={
                    "word/_rels/x.rels": b'<Relationship TargetMode="External" Type="http://x/attachedTemplate" Target="http://e/"/>'
                    * 300
                }
            ),
        ),
        lambda: ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
        lambda: ("a.docx", twisted(random_, office())),
        lambda: ("a.xlsx", twisted(random_, sheet())),
        lambda: (
            "a.docx",
            random_.choice([b"", b"PK", b"PK\3\4", b"PK\5\6" + b"\0" * 18, b"PK\3\4" + b"\0" * 26 + b"PK\5\6" + b"\xff" * 18]),
        ),
    ]


def twisted(random_: Random, content: bytes) -> bytes:
    """A ZIP with a changed field in a header: flags, method, sizes, offsets, lengths of names, counts."""
    data = bytearray(content)
    marks = [m for m in (b"PK\1\2", b"PK\3\4", b"PK\5\6") if m in data]
    mark = random_.choice(marks)
    places = [n for n in range(len(data) - 4) if data[n : n + 4] == mark]
    at = random_.choice(places) + random_.randint(4, 45 if mark == b"PK\1\2" else 28 if mark == b"PK\3\4" else 20)
    value = random_.choice([0, 1, 255, 2**16 - 1, 2**32 - 1, random_.randrange(2**32)])
    width = random_.choice([1, 2, 4])
    data[at : at + width] = (value % 256**width).to_bytes(width, "little")
    return bytes(data)


def damaged(random_: Random, content: bytes) -> bytes:
    """A whole file with some damage: what happens on lines, sticks and disks, and what somebody may try."""
    data = bytearray(content)
    for _n in range(random_.choice([1, 1, 2, 5])):
        if not data:
            break
        at = random_.randrange(len(data))
        way = random_.randrange(9)
        if way == 0:
            data[at] ^= 1 << random_.randrange(8)
        elif way == 1:
            del data[at:]
        elif way == 2:
            del data[at : at + random_.randint(1, 40)]
        elif way == 3:
            data[at:at] = bytes(random_.randrange(256) for _m in range(random_.randint(1, 40)))
        elif way == 4:
            data[at : at + 4] = random_.choice(
                [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\0\1"]
            )
        elif way == 5:
            to = random_.randrange(len(data))
            data[at:at] = data[min(at, to) : max(at, to)]
        elif way == 6:
            other = random_.choice(random_.choice(list(whole().values())))
            data = data[:at] + other[random_.randrange(len(other)) :]
        elif way == 7:
            data += random_.choice(
                [b"\0" * 100, b"MZ", b"PK\5\6" + b"\0" * 18, b"%PDF-1.4", b"\n", random_.choice(NASTY).encode(errors="replace")]
            )
        else:
            data = bytearray(
                data.replace(
                    random_.choice([b"obj", b"stream", b"/Length", b"xml", b"IDAT", b"\xff\xda"]),
                    random_.choice([b"", b"/JS", b"endstream", b"\0\0", b"obj"]),
                )
            )
    return bytes(data[: 12 * 2**20])


def made(random_: Random) -> tuple[str, bytes]:
    """(name, content) of a file as somebody might send it: a third whole, the others not."""
    if random_.random() < 0.2:
        return special(random_)
    ending = random_.choice(sorted(whole()))
    content = random_.choice(whole()[ending])
    if random_.random() < 0.6:
        content = damaged(random_, content)
    if random_.random() < 0.05:
        ending = random_.choice([*sorted(whole()), "zip", "txt", "exe"])
    stem = "附件" if random_.random() < 0.9 else bad(random_, big=False)[:150]
    return f"{stem}.{ending}", content


def disguised(world: Any, random_: Random) -> None:
    """Something unwanted in disguise must not be taken."""
    from bench.fuzz.disguises import unwanted_office, unwanted_sheet
    from bench.fuzz.pdfs import unwanted_in, unwanted_pdf
    from headwater.core.errors import Refused
    from headwater.core.inspection import inspect, inspected
    from headwater.core.sheets import read_table

    maker = random_.choices([unwanted_pdf, unwanted_office, unwanted_sheet], [6, 5, 1])[0]
    name, content = maker(random_)
    began = time.process_time()
    if maker is unwanted_sheet:
        try:
            read_table(name, content)
            taken = True
        except Refused as refusal:
            taken = "另存" not in str(refusal) and "行" not in str(refusal) and "地址" not in str(refusal)
    elif maker is unwanted_pdf:
        code, kept = inspected(name, content)
        taken = not code and bool(unwanted_in(kept))
    else:
        taken = not inspect(name, content)
    world.played["accepted" if taken else "refused"] += 1
    if taken:
        world.find("disguise", maker.__name__, f"{name}, {len(content)} bytes: {content[:3000]!r}")
    if time.process_time() - began > SLOW:
        world.find("slow", maker.__name__, f"{len(content)} bytes: {time.process_time() - began:.1f} s")


def case(world: Any, random_: Random) -> None:
    """One look into one file; a quarter carries something in disguise; some go through the page, and the job looks into them later."""
    from bench.fuzz.forms import upload
    from headwater.core.inspection import LOOK, PROBLEMS, inspect
    from headwater.core.inspection.problem import Problem

    if random_.random() < 1 / 15:
        upload(world, random_)
        return
    if random_.random() < 0.25:
        disguised(world, random_)
        return
    name, content = made(random_)
    began = time.process_time()
    code = inspect(name, content)
    taken = time.process_time() - began
    told = f"{name[-60:]!r}, {len(content)} bytes"
    world.played["refused" if code else "accepted"] += 1
    if taken > SLOW:
        world.find("slow", f"inspect {name.rpartition('.')[2]}", f"{told}: {taken:.1f} s")
    if code and code not in PROBLEMS:
        world.find("error_500", f"inspect {code}", told)
    if code in {"unreadable", "damaged"}:
        suffix = "." + name.rsplit(".", 1)[-1].lower()
        try:
            LOOK[suffix](content)
        except Problem:
            pass
        except Exception as error:
            expected_kinds = ("BadZipFile", "error", "ValueError", "EOFError", "NotImplementedError", "UnicodeDecodeError")
            if code == "unreadable" or type(error).__name__ not in expected_kinds:
                from bench.fuzz.world import where

                world.find("unreadable", where(error), f"{told}: {error!r}")
