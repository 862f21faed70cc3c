"""Passwords: which are refused, and what ends with a changed one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from headwater.core.command import Actor, command
from headwater.core.models import Account
from headwater.core.permission import SIGNED_IN
from headwater.core.register import Register
from headwater.core.sign_ins import end_access

OWN_SIGNS = 6
"""So many letters or digits of its own a password has besides what is personal or common; a Chinese character counts twice."""
COMMON_HERE = frozenset(
    [
        *("woaini", "iloveyou", "wodemima", "mima", "nihao", "zhongguo", "zhonghua", "beijing", "admin", "administrator"),
        *(
            "password",
            "passwd",
            "headwater",
            "yuantou",
            "qwerty",
            "asdfgh",
            "zxcvbn",
            "qwer",
            "asdf",
            "zxcv",
            "qaz",
            "wsx",
            "abc",
        ),
        *("源头", "密码", "我的密码", "我爱你", "中国", "中华", "你好", "管理员", "5201314", "1314520", "520", "1314"),
    ]
)
"""What people here put into passwords, beside the list that comes with Django."""
LEET = str.maketrans("@$0134!", "asoieai")

Words = Callable[[Account], Iterable[str]]
PERSONAL: Register[Words] = Register("source of personal words")
"""What apps know of the holder of an account, as words and numbers that make a bad password."""


def fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def personal_words(account: Account) -> set[str]:
    """Return the words that stand for somebody: names with their readings, user name, address, institutions, and what apps add."""
    texts = [account.name_zh, account.name_en, account.username, *account.email.partition("@")[::2]]
    if account.pk:
        texts += [g.scope_label for g in account.grants]
        texts += [text for words in PERSONAL.values() for text in words(account)]
    return {word for text in texts for word in _forms(fold(text))}


def _forms(text: str) -> Iterator[str]:
    """Yield a text, its words, and the readings of its characters: all, reversed (given name first) and their initials."""
    from pypinyin import lazy_pinyin  # its tables take a second to read: only who sets a password waits

    if len(text) >= 2:
        yield re.sub(r"[\W_]+", "", text)
    yield from (word for word in re.split(r"[\W_]+", text) if len(word) >= 3 or re.search(r"[^\x00-\x7f]{2}", word))
    for run in re.findall(r"[\u3400-\u9fff]{2,}", text):
        syllables = lazy_pinyin(run)
        yield "".join(syllables)
        yield "".join(syllables[1:] + syllables[:1])
        yield "".join(syllables[1:])
        yield "".join(syllable[0] for syllable in syllables)
        yield from (run[start : start + 2] for start in range(len(run) - 1) if len(run) > 3)


def without(password: str, words: Iterable[str]) -> str:
    """Return what is left of a password when `words` are taken out: long ones anywhere, initials where they stand alone."""
    for word in sorted({w for w in words if len(w) >= 2}, key=lambda w: (-len(w), w)):
        if len(word) >= 4 or not word.isascii():
            password = password.replace(word, " ")
        else:
            password = re.sub(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z])|(?<![a-z]){re.escape(word)}(?![a-z0-9])", " ", password)
    return password


def weight(text: str) -> int:
    """Return how much there is to guess: letters and digits, without years, rows of one digit and counting."""
    rest = re.sub(r"(?<!\d)(?:19|20)\d\d(?:0[1-9]|1[0-2])?(?:[0-2]\d|3[01])?(?!\d)", " ", text)
    rest = re.sub(r"(.)\1{2,}", r"\1", rest)
    signs = [c for c in rest if c.isalnum()]
    steps = sum(1 for a, b in pairwise(signs) if abs(ord(a) - ord(b)) == 1 and a.isdigit() and b.isdigit())
    return sum(1 if c.isascii() else 2 for c in signs) - steps


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


def is_common(password: str) -> bool:
    """Return whether a password, without decoration, is one that everybody tries."""
    plain = fold(password)
    bare = without(plain, COMMON_HERE)
    stem = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", plain)
    if any(text in _common() for text in (plain, plain.translate(LEET), stem, stem.translate(LEET))):
        return True
    return len(set(plain)) < 5 or re.fullmatch(r"(.{1,6}?)\1+", plain) is not None or weight(bare) < OWN_SIGNS


def is_personal(password: str, account: Account) -> bool:
    """Return whether little is left of a password once what is known of its holder is taken out."""
    words, plain = personal_words(account), fold(password)
    for text in (plain, plain.translate(LEET)):
        rest = without(text, words)
        if rest != text and weight(without(rest, COMMON_HERE)) < OWN_SIGNS:
            return True
    return False


class PlainPasswordValidator:
    """Refuses what everybody tries, with or without a year and a sign behind it."""

    def validate(self, password: str, user: Any = None) -> None:
        if is_common(password):
            raise ValidationError(_("这个密码太常见，请用只有您想得到的词句。"), code="password_common")

    def get_help_text(self) -> str:
        return _("不要用常见的词、键盘顺序或数字顺序。")


class PersonalPasswordValidator:
    """Refuses what others know of the holder: name, pinyin, user name, address, birth date, institution."""

    def validate(self, password: str, user: Any = None) -> None:
        if user is not None and is_personal(password, user):
            raise ValidationError(_("密码与您的姓名、拼音、用户名、邮箱、生日或单位太接近。"), code="password_personal")

    def get_help_text(self) -> str:
        return _("不要用您的姓名、拼音、用户名、邮箱、生日或单位名称。")


def change_password(*, account: Account, password: str, actor: Actor, keep: str = "") -> None:
    """Set a password. Tokens and all sessions but the one that is `kept` end; links to reset it lead nowhere any more."""
    with command(actor, SIGNED_IN, name="core.change_password") as log:
        account.set_password(password)
        account.save(update_fields=["password"])
        log(account, after={"password": "changed", **end_access(account, keep)})
