import pytest

from headwater.core.errors import Refused
from headwater.core.files import MAX_BYTES, check_upload

PDF, PNG, JPG = b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff\xe0\0\x10JFIF"


def refusal(name: str, content: bytes) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as caught:
        check_upload(name, content)
    return [(r.field, r.text) for r in caught.value.reasons]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("伦理审查意见.PDF", PDF, "application/pdf"),
        ("a.exe.pdf", PDF, "application/pdf"),
        ("a.png", PNG, "image/png"),
        ("a.jpg", JPG, "image/jpeg"),
        ("a.jpeg", JPG, "image/jpeg"),
    ],
)
def test_check_upload_by_signature(name, content, expected):
    assert check_upload(name, content) == expected


@pytest.mark.parametrize("name", ["a.exe", "a.svg", "a.html", "a.pdf.html", "pdf", "", "a.", "a.pdf "])
def test_check_upload_wrong_suffix(name):
    assert refusal(name, PDF) == [("file", f"“{name}”：只接受 PDF、PNG、JPG、DOCX、XLSX 文件")]


@pytest.mark.parametrize("name", ["a.pdf", "a.png", "a.jpg"])
def test_check_upload_empty(name):
    assert refusal(name, b"") == [("file", f"“{name}”是空文件")]


def test_check_upload_largest_and_too_large():
    assert check_upload("a.pdf", PDF.ljust(MAX_BYTES)) == "application/pdf"
    assert refusal("a.pdf", PDF.ljust(MAX_BYTES + 1)) == [("file", "“a.pdf”超过 10 MB")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", PNG),
        ("a.png", JPG),
        ("a.jpg", PDF),
        ("a.pdf", b"%PDF"),
        ("a.pdf", b"x\n" + PDF),
        ("a.jpg", b"<script>alert(1)</script>"),
    ],
)
def test_check_upload_content_does_not_match_name(name, content):
    assert refusal(name, content) == [("file", f"“{name}”的内容与文件类型不符，请重新导出后上传")]
