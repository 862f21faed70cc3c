"""Languages in which experts review: ISO 639-1 codes."""

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext_lazy as _

LANGUAGES = {
    "zh": _("汉语"),
    "en": _("英语"),
    "mn": _("蒙古语"),
    "bo": _("藏语"),
    "ug": _("维吾尔语"),
    "kk": _("哈萨克语"),
    "ko": _("朝鲜语"),
    "ru": _("俄语"),
    "ja": _("日语"),
    "de": _("德语"),
    "fr": _("法语"),
}
USUAL = ("zh",)
"""The languages of an expert whose record names none."""
WRITTEN = {
    "汉语": "zh",
    "中文": "zh",
    "汉文": "zh",
    "英语": "en",
    "英文": "en",
    "蒙古语": "mn",
    "蒙古文": "mn",
    "蒙语": "mn",
    "蒙文": "mn",
}
WRITTEN |= {
    "藏语": "bo",
    "藏文": "bo",
    "维吾尔语": "ug",
    "哈萨克语": "kk",
    "朝鲜语": "ko",
    "韩语": "ko",
    "俄语": "ru",
    "俄文": "ru",
}
WRITTEN |= {"日语": "ja", "日文": "ja", "德语": "de", "法语": "fr"} | {code: code for code in LANGUAGES}
"""The code of each language by the words that tables use for it."""
FLAG = "written_"
"""What begins the code of a declaration that an application is written in a language."""


def languages_of(application: Any) -> set[str]:
    """Return the languages that one must read to judge an application, as it declares; none where it is in the usual one."""
    return {code.removeprefix(FLAG) for code in application.flags or () if code.startswith(FLAG)}


def reads(expert: Any, languages: Collection[str]) -> bool:
    """Tell whether an expert reads all of these languages."""
    return set(languages) <= set(expert.languages or USUAL)
