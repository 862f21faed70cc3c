"""Identifiers of works: each kind of number with its normal form, by which two writings of one number meet.

python-stdnum holds the algorithms where it has them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core.register import Register
from headwater.registry.identifiers import BadIdentifier

LONGEST = 200
DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−－", "-"))
DOI = re.compile(r"10\.\d{4,9}/\S+")
DOI_LEAD = re.compile(r"^(?:https?://)?(?:dx\.)?doi\.org/|^(?:urn:)?doi\s*[:：]\s*", re.IGNORECASE)
CSTR = re.compile(r"\d{5}\.\d{2}\.\S+")
PATENT = re.compile(r"(?:ZL|CN)(\d{12}|\d{8})\.?([\dX])|(\d{12}|\d{8})\.([\dX])")
"""Without its mark, only the point tells it from other numbers of as many digits."""
PUBLICATION = re.compile(r"[A-Z]{2}\d{6,13}[A-Z]\d?")
STANDARD = re.compile(r"((?:DB\d{2,6}|[A-Z]{1,8})(?:/[A-Z]{1,10})?)(\d{1,6}(?:\.\d+)*)[-:](\d{4}|\d{2})")
APPROVED = re.compile(r"[\u4e00-\u9fff]{1,3}(?:审|认|鉴)[\u4e00-\u9fff]{1,6}\d{7,8}号?")
REGISTERED = re.compile(r"GPD[\u4e00-\u9fff]{1,8}\(\d{4}\)\d{6}")
PROTECTED = re.compile(r"CNA\d{8}(?:\.\d|\d{3})")
SOFTWARE = re.compile(r"(?:软著登字第\d{6,9}号|\d{4}SR\d{6,7})")
PLAIN = re.compile(r"[\w()（）〔〕\[\]·./:#_+-]{3,}(?: [\w()（）〔〕\[\]·./:#_+-]+)*")


@dataclass(frozen=True)
class Scheme:
    """A kind of number. `read` gives the normal form or raises `BadIdentifier` with what was expected; `url` opens one."""

    label: str | Promise
    read: Callable[[str], str]
    example: str
    url: str = ""


def plain(text: str) -> str:
    """Return a number as it is compared: half width, one kind of hyphen, no blanks around it."""
    return unicodedata.normalize("NFKC", text).translate(DASHES).strip()


def read_doi(text: str) -> str:
    """Read a DOI, also as an address or after "doi:". It has no case: the normal form is in lower case.

    Raises:
        BadIdentifier: it does not begin with 10 and a number, or holds a blank.
    """
    code = plain(text)
    is_address = "doi.org/" in code.casefold()
    code = DOI_LEAD.sub("", code)
    code = unquote(code) if is_address else code
    if not DOI.fullmatch(code):
        raise BadIdentifier(_("应为 10.1234/abc 这样的 DOI，中间没有空格"))
    return code.lower()


def read_cstr(text: str) -> str:
    """Read a CSTR (GB/T 32843), with or without its lead.

    Raises:
        BadIdentifier: another form, or nothing after the type of resource.
    """
    code = re.sub(r"^(?:https?://cstr\.cn/)?(?:CSTR\s*:\s*)?", "", plain(text), flags=re.IGNORECASE)
    if not CSTR.fullmatch(code):
        raise BadIdentifier(_("应为 31253.11.sciencedb.00123 这样的 CSTR 标识"))
    return code


def read_patent(text: str) -> str:
    """Read a Chinese number of a patent or its application: 12 digits (8 before 2003), a point, a check digit.

    Raises:
        BadIdentifier: another form, or a wrong check digit.
    """
    code = re.sub(r"\s", "", plain(text)).upper()
    parts = PATENT.fullmatch(code)
    if not parts:
        raise BadIdentifier(_("应为 ZL202310012345.8 这样的专利（申请）号，含小数点后的校验位"))
    digits, check = (part for part in parts.groups() if part)
    rest = sum(int(d) * (n % 8 + 2) for n, d in enumerate(digits)) % 11
    if "0123456789X"[rest] != check:
        raise BadIdentifier(_("专利号的校验位不正确，请对照受理通知书或证书"))
    return f"{digits}.{check}"


def read_publication(text: str) -> str:
    """Read the number under which a patent was published: country, digits, kind.

    Raises:
        BadIdentifier: another form.
    """
    code = re.sub(r"[\s.,/]", "", plain(text)).upper()
    if not PUBLICATION.fullmatch(code):
        raise BadIdentifier(_("应为 CN109123456A、US10123456B2 这样的公开（公告）号"))
    return code


def read_standard(text: str) -> str:
    """Read the number of a standard: mark, number, year.

    Raises:
        BadIdentifier: another form.
    """
    parts = STANDARD.fullmatch(re.sub(r"\s", "", plain(text)).upper())
    if not parts:
        raise BadIdentifier(_("应为 GB/T 7713.3-2014 这样的标准号，含年份"))
    mark, number, year = parts.groups()
    return f"{mark} {number}-{year}"


def read_isbn(text: str) -> str:
    """Read an ISBN of 10 or 13 digits; the normal form has 13 without hyphens.

    Raises:
        BadIdentifier: wrong length or check digit.
    """
    from stdnum import isbn
    from stdnum.exceptions import ValidationError

    code = re.sub(r"^ISBN(?:-1[03])?[\s:：]*", "", plain(text).upper())
    try:
        return str(isbn.compact(isbn.to_isbn13(isbn.validate(code))))
    except ValidationError as error:
        raise BadIdentifier(_("ISBN 应为 10 位或 13 位，校验位须正确")) from error


def read_variety(text: str) -> str:
    """Read the number of a variety: approved (国审玉20200012), registered (GPD…) or protected (CNA…).

    Raises:
        BadIdentifier: none of these forms.
    """
    code = re.sub(r"\s", "", plain(text)).upper()
    if APPROVED.fullmatch(code):
        return code.removesuffix("号")
    if REGISTERED.fullmatch(code) or PROTECTED.fullmatch(code):
        return code
    raise BadIdentifier(_("应为 国审玉20200012、GPD马铃薯(2018)150001 或 CNA20191006012 这样的审定、登记或品种权号"))


def read_software(text: str) -> str:
    """Read the number under which a copyright in software is registered.

    Raises:
        BadIdentifier: another form.
    """
    code = re.sub(r"\s", "", plain(text)).upper()
    if not SOFTWARE.fullmatch(code):
        raise BadIdentifier(_("应为 2023SR0123456 或 软著登字第1234567号 这样的登记号"))
    return code


def read_plain(text: str) -> str:
    """Read a number of no known form: of a certificate, an accession, an archive.

    Raises:
        BadIdentifier: too short, or signs that no number has.
    """
    code = " ".join(plain(text).split())
    if not PLAIN.fullmatch(code):
        raise BadIdentifier(_("应为至少 3 个字符的编号，不含引号等符号"))
    return code


SCHEMES: Register[Scheme] = Register("scheme of identifiers")
for _code, _scheme in {
    "doi": Scheme("DOI", read_doi, "10.1234/abc", "https://doi.org/"),
    "patent": Scheme(gettext_lazy("专利（申请）号"), read_patent, "ZL202310012345.8"),
    "publication": Scheme(gettext_lazy("专利公开（公告）号"), read_publication, "CN109123456A"),
    "standard": Scheme(gettext_lazy("标准号"), read_standard, "GB/T 7713.3-2014"),
    "isbn": Scheme("ISBN", read_isbn, "978-7-03-012345-6"),
    "variety": Scheme(gettext_lazy("品种审定、登记或品种权号"), read_variety, "CNA20191006012"),
    "software": Scheme(gettext_lazy("软件著作权登记号"), read_software, "2023SR0123456"),
    "cstr": Scheme("CSTR", read_cstr, "31253.11.sciencedb.00123", "https://cstr.cn/"),
    "prize": Scheme(gettext_lazy("证书号"), read_plain, "2023-J-1-01-R01"),
    "other": Scheme(gettext_lazy("其他编号"), read_plain, "PRJNA123456"),
}.items():
    SCHEMES.add(_code, _scheme)

CERTAIN = ("doi", "patent", "standard", "variety", "software", "isbn", "cstr", "publication")
"""Schemes that a number shows by its form alone, in the order in which they are tried."""


def recognise(text: str) -> tuple[str, str] | None:
    """Return the scheme and the normal form of a number whose form tells what it is; None where none does."""
    for code in CERTAIN:
        try:
            return code, SCHEMES[code].read(text)
        except BadIdentifier:
            continue
    return None


def read_all(texts: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the normal forms of numbers by scheme, and what is wrong with the others."""
    values: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for code, text in texts.items():
        if not text.strip():
            continue
        try:
            values[code] = SCHEMES[code].read(text)
        except BadIdentifier as error:
            wrong[code] = str(error)
        if len(values.get(code, "")) > LONGEST:
            wrong[code] = _("最多 %d 字") % LONGEST
            del values[code]
    return values, wrong


def scheme_label(code: str) -> str:
    return str(SCHEMES[code].label) if code in SCHEMES else code


def address_of(code: str, value: str) -> str:
    """Return where a number can be opened; empty where nowhere is known."""
    return f"{SCHEMES[code].url}{value}" if code in SCHEMES and SCHEMES[code].url else ""
