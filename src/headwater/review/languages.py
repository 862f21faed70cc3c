"""Languages in which experts review: ISO 639-1 codes."""

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
