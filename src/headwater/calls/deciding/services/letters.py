"""Letters (通知书): numbered, kept as data in the words of their outcome, rendered as PDF when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from headwater.calls.deciding.services.covering import cover
from headwater.calls.deciding.services.numbers import take_numbers
from headwater.calls.deciding.services.paragraphs import NAMES, Draft, Style
from headwater.calls.models import Application, Letter
from headwater.calls.schemes import scheme_of
from headwater.calls.states import Stage
from headwater.calls.words import words_of
from headwater.core import clock
from headwater.core.clock import local_day, official_day
from headwater.core.i18n import in_language
from headwater.core.models import Account, RoleGrant
from headwater.core.money import wan
from headwater.core.services import Words as Text
from headwater.core.services import tell
from headwater.registry.models import Agency, Region, accounts_of
from headwater.registry.queries import department_of, region_of
from headwater.schemes import Words

ANNEXED = (Letter.Kind.APPROVED, Letter.Kind.REJECTED)
"""Letters with the opinions of the experts as their annex."""
LANGUAGES = ("zh", "en")
"""The languages in which a letter keeps its paragraphs; the Chinese is the letter, the English its translation."""


def write_letters(
    applications: Sequence[Application], kind: Letter.Kind, body: Callable[[Application], dict[str, Any]]
) -> list[Letter]:
    """Write one letter to each applicant of one call, and tell applicant and host. Call inside a command; constant number of queries.

    Where the region's notices have a mark of their own, each host gets an official letter that lists them.
    """
    if not applications:
        return []
    call = applications[0].call
    for a in applications:
        a.call = call  # whose scheme and terms are then read once for all
    now, scheme, words = clock.now(), call.scheme, words_of(applications[0])
    region = region_of(scheme.region)
    numbers = take_numbers(region.notice_mark or region.letter_mark, len(applications))
    letters = [
        Letter(application=a, kind=kind, number=number, issued_at=now) for a, number in zip(applications, numbers, strict=True)
    ]
    _write_bodies(letters, region, body)
    if region.notice_mark:
        cover(letters, region)
    letters = Letter.objects.bulk_create(letters, batch_size=1000)
    count: dict[int, int] = {}
    for a in applications:
        count[a.host_id] = count.get(a.host_id, 0) + 1
    tell(_to_leaders(letters, words))
    grants = (
        RoleGrant.objects.in_force(now)
        .filter(role="host_manager", scope="organisation", scope_id__in=count)
        .select_related("account")
    )
    tell([(g.account, _host_title(words, kind, count[g.scope_id or 0]), "", "/host/letters/") for g in grants])
    return letters


def _write_bodies(letters: Sequence[Letter], region: Region, body: Callable[[Application], dict[str, Any]]) -> None:
    """Write into each letter the facts that it keeps and its paragraphs in both languages."""
    scheme = letters[0].application.call.scheme
    styles = {language: Style.of(language, region, scheme) for language in LANGUAGES}
    agencies = Agency.objects.in_bulk({x.application.host.recommender_id for x in letters} - {None})
    for letter in letters:
        a, own = letter.application, body(letter.application)
        agency = None if a.host.direct else agencies.get(a.host.recommender_id)
        letter.body = {
            "title": a.title_zh,
            "number": a.number,
            "leader": a.leader.name_zh,
            "host": a.host.name_zh,
            "call": a.call.title_zh,
            "issuer": region.department_zh,
            "opinions": letter.kind in ANNEXED and a.call.stage != Stage.OUTLINE,
            **letter_text(words_of(a), letter.kind, own),
            **own,
            "names": {"leader": a.leader.name_en, "host": a.host.name_en, "agency": agency.name_en if agency else ""},
            "agency": agency.name_zh if agency else "",
            "text": {language: Draft(a, letter.kind, own, style).paragraphs() for language, style in styles.items()},
        }


def _to_leaders(letters: Sequence[Letter], words: Words) -> list[tuple[Account, Text, Text, str]]:
    """Return what the leaders are told: which application the letter is about, what it is called, by when to sign."""
    of: dict[int, list[Letter | None]] = {}
    for letter in letters:
        of.setdefault(letter.application.leader_id, []).append(letter)
    name = NAMES[Letter.Kind(letters[0].kind)]
    return [
        (account, partial(_title, letter, words, name), partial(_body, letter), "/letters/")
        for account in accounts_of(of).annotate(record=F("person"))
        for letter in of.get(account.record, [None])
    ]


def _title(letter: Letter | None, words: Words, name: str) -> str:
    """Return the title of a message. Where the record of a leader was merged, the surviving account is told without the title."""
    if letter is None:
        return words[name]
    return _("“%(title)s”：%(letter)s") % {"title": letter.application.title_zh[:80], "letter": words[name]}


def _body(letter: Letter | None) -> str:
    until = letter.body.get("until") if letter else ""
    return _("请在“我的通知书”中查看，并于 %s 前登录系统签订。") % until if until else _("请在“我的通知书”中查看。")


def _host_title(words: Words, kind: Letter.Kind, n: int) -> Callable[[], str]:
    return lambda: _("%(kind)s（%(n)d 份）") % {"kind": letter_name(words, kind), "n": n}


def letter_name(words: Words, kind: str) -> str:
    """Return the name of a letter in the reader's language."""
    return words[NAMES[Letter.Kind(kind)]]


def letter_text(words: Words, kind: str, body: Mapping[str, Any]) -> dict[str, str]:
    """Return name and sentence of a letter as it keeps them: in Chinese, with the amount and the last day to sign where there
    are any. A letter of former times keeps no day.
    """
    key = NAMES[Letter.Kind(kind)]
    values = {"amount": wan(body.get("amount_fen", 0)), "until": body.get("until") or "签订期限届满"}
    sentence = {"said": words.zh(f"{key}_text", **values)} if f"{key}_text" in words else {}
    return {"heading": words.zh(key), **sentence}


def letter_data(letter: Letter, *, language: str = "zh", opinions: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return the data that the Typst template of letters needs. The experts' opinions are for the applicant alone."""
    body, names = letter.body, letter.body.get("names", {})
    words, papers = words_of(letter.application), scheme_of(letter.application.call).papers
    english = language != "zh" and "text" in body
    key = NAMES[Letter.Kind(letter.kind)]
    said = {key: (names.get(key) if english else "") or body.get(key, "") for key in ("leader", "agency", "host")}
    copies = {"leader": said["leader"], "agency": said["agency"] and f"{', ' if english else '，'}{said['agency']}"}
    return {
        "kind": letter.kind,
        "language": "en" if english else "zh",
        "letter_number": letter.number,
        "date": official_day(local_day(letter.issued_at), "en" if english else "zh"),
        "heading": words.en(key) if english else body.get("heading") or words.zh(key),
        "issuer": _issuer(letter) if english else body["issuer"],
        "translation": papers.text("translation", "en") if english else "",
        "addressee": said["host"],
        "paragraphs": body["text"]["en" if english else "zh"] if "text" in body else _earlier(letter, words),
        "annex": papers.text("letter_opinions", language) if body.get("opinions") else "",
        "opinions": [[o["word"], o["text"]] for o in opinions],
        "seal": papers.text("letter_seal", language),
        "copies": papers.text("letter_copies", language, **copies),
    }


def _issuer(letter: Letter) -> str:
    with in_language("en"):
        return department_of(region_of(letter.application.call.scheme.region))


def _earlier(letter: Letter, words: Words) -> list[list[str]]:
    """Return the paragraphs of a letter that was written before letters kept them, from the facts that it keeps."""
    body = letter.body
    lines = [f"“{body['title']}”（申请编号：{body['number']}）", *body.get("reasons", []), body.get("note", "")]
    if letter.kind == Letter.Kind.RECHECK:
        lines.append("经复审，撤销原决定。" if body["revoked"] else "经复审，维持原决定。")
    said = body.get("said") or letter_text(words, letter.kind, body).get("said", "")
    return [["p", line] for line in (*lines, said) if line]
