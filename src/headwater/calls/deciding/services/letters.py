"""Letters (通知书): numbered, kept as data in the words of their outcome, rendered as PDF when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Letter
from headwater.calls.states import Stage
from headwater.calls.words import words_of
from headwater.core import clock
from headwater.core.clock import official_date
from headwater.core.models import Account, RoleGrant
from headwater.core.money import wan
from headwater.core.parameters import Parameters
from headwater.core.services import Words as Text
from headwater.core.services import tell
from headwater.registry.models import accounts_of
from headwater.registry.queries import region_of
from headwater.schemes import Words


def write_letters(
    applications: Sequence[Application], kind: Letter.Kind, body: Callable[[Application], dict[str, Any]]
) -> list[Letter]:
    """Write one letter to each applicant, and tell applicant and host. Call inside a command; constant number of queries."""
    if not applications:
        return []
    now = clock.now()
    numbers = _numbers(len(applications))
    scheme, words = applications[0].call.scheme, words_of(applications[0])
    region = region_of(scheme.region)
    recheck = Parameters(scheme.region, clock.today()).number("recheck_request_days", scheme.code)
    letters = Letter.objects.bulk_create(
        [
            Letter(
                application=a,
                kind=kind,
                number=f"{region.letter_mark}〔{now.year}〕{n}号",
                issued_at=now,
                body={
                    "title": a.title_zh,
                    "number": a.number,
                    "leader": a.leader.name_zh,
                    "host": a.host.name_zh,
                    "call": a.call.title_zh,
                    "issuer": region.department_zh,
                    "recheck_days": recheck,
                    "opinions": a.call.stage != Stage.OUTLINE,
                    **letter_text(words, kind, own_body := body(a)),
                    **own_body,
                },
            )
            for a, n in zip(applications, numbers, strict=True)
        ],
        batch_size=1000,
    )
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


NAMES = {
    Letter.Kind.NOT_ACCEPTED: "letter_not_accepted",
    Letter.Kind.RECHECK: "letter_recheck",
    Letter.Kind.APPROVED: "letter_yes",
    Letter.Kind.REJECTED: "letter_no",
}
"""What the outcome calls its letters."""


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


def _numbers(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('calls_letter_number') FROM generate_series(1, %s)", [count])
        return [row[0] for row in cursor.fetchall()]


def letter_data(letter: Letter) -> dict[str, Any]:
    """Return the data that the Typst template of letters needs."""
    return {
        "kind": letter.kind,
        "letter_number": letter.number,
        "date": official_date(letter.issued_at),
        **({} if "heading" in letter.body else letter_text(words_of(letter.application), letter.kind, letter.body)),
        **letter.body,
    }
