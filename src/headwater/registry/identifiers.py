"""Identifiers: normalise, check, and say what is wrong. python-stdnum holds the algorithms where it has them."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import date

from django.utils.translation import gettext as _

from headwater.core import keys

FULL_TO_HALF = {c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
ROR_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class BadIdentifier(ValueError):
    """The identifier cannot be right; the message says why."""


def normalise(text: str) -> str:
    """Return an identifier in half-width and upper case, without blanks and hyphens."""
    return re.sub(r"[\s-]", "", text.translate(FULL_TO_HALF)).upper()


def check_uscc(text: str) -> str:
    """Check a 统一社会信用代码 (GB 32100-2015), 18 characters with a check digit.

    Raises:
        BadIdentifier: wrong length, character or check digit.
    """
    from stdnum.cn import uscc
    from stdnum.exceptions import ValidationError

    code = normalise(text)
    if len(code) != 18:
        raise BadIdentifier(_("应为 18 位，实为 %d 位") % len(code))
    try:
        return str(uscc.validate(code))
    except ValidationError as error:
        raise BadIdentifier(_("校验位或字符不正确")) from error


def check_orcid(text: str) -> str:
    """Check an ORCID iD; return it with hyphens (ISO 7064 MOD 11-2).

    Raises:
        BadIdentifier: wrong form or check digit.
    """
    from stdnum.exceptions import ValidationError
    from stdnum.iso7064 import mod_11_2

    if text != text.strip():
        raise BadIdentifier(_("首尾有空格"))
    code = normalise(text.rsplit("/", 1)[-1])
    if not re.fullmatch(r"[0-9]{15}[0-9X]", code):
        raise BadIdentifier(_("ORCID 校验位或格式不正确"))
    try:
        mod_11_2.validate(code)
    except ValidationError as error:
        raise BadIdentifier(_("ORCID 校验位或格式不正确")) from error
    return "-".join(code[n : n + 4] for n in range(0, 16, 4))


def check_ror(text: str) -> str:
    """Check a ROR id; return it without its address: 0, six Crockford base-32 characters, two check digits.

    Raises:
        BadIdentifier: wrong form or check digits.
    """
    code = text.strip().lower().removeprefix("https://ror.org/")
    if not re.fullmatch(r"0[a-hj-km-np-tv-z0-9]{6}[0-9]{2}", code):
        raise BadIdentifier(_("ROR 格式不正确"))
    number = 0
    for character in code[1:7]:
        number = number * 32 + ROR_ALPHABET.index(character)
    if 98 - (number * 100) % 97 != int(code[7:]):
        raise BadIdentifier(_("ROR 校验位不正确"))
    return code


def check_resident_id(text: str) -> tuple[str, date, str]:
    """Check a 公民身份号码 (GB 11643-1999); return (number, birth date, "m" or "f").

    Raises:
        BadIdentifier: wrong form, region, date or check digit.
    """
    code = normalise(text)
    if not re.fullmatch(r"[1-8][0-9]{16}[0-9X]", code):
        raise BadIdentifier(_("身份证号应为 18 位数字（末位可为 X）"))
    try:
        birth_date = date(int(code[6:10]), int(code[10:12]), int(code[12:14]))
    except ValueError as error:
        raise BadIdentifier(_("身份证号中的出生日期不存在")) from error
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(w * int(d) for w, d in zip(weights, code, strict=False))
    if "10X98765432"[total % 11] != code[17]:
        raise BadIdentifier(_("身份证号校验位不正确"))
    return code, birth_date, "m" if int(code[16]) % 2 else "f"


def document_hash(number: str) -> str:
    """Return a keyed hash of an identity document: equal people are found, the number cannot be read back."""
    return hmac.new(keys.secret(keys.IDENTITY), normalise(number).encode(), hashlib.sha256).hexdigest()
