"""Official letters (函) to hosts: one to each host for the notices that a command writes, with their list as its annex."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headwater.calls.deciding.services.numbers import take_numbers
from headwater.calls.deciding.services.paragraphs import NAMES, Style
from headwater.calls.models import HostLetter, Letter
from headwater.calls.schemes import scheme_of
from headwater.calls.words import words_of
from headwater.core.clock import official_date
from headwater.core.i18n import in_chinese
from headwater.registry.models import Region


def cover(letters: Sequence[Letter], region: Region) -> list[HostLetter]:
    """Write a letter to each host of these notices and put it above them. Call inside a command; constant number of queries."""
    by_host: dict[int, list[Letter]] = {}
    for letter in letters:
        by_host.setdefault(letter.application.host_id, []).append(letter)
    numbers = take_numbers(region.letter_mark, len(by_host))
    with in_chinese():
        style = Style.of("zh", region, letters[0].application.call.scheme)
        rows = [
            HostLetter(
                call=own[0].application.call,
                host=own[0].application.host,
                kind=own[0].kind,
                number=number,
                issued_at=own[0].issued_at,
                body=_body(own, style),
            )
            for own, number in zip(by_host.values(), numbers, strict=True)
        ]
    rows = HostLetter.objects.bulk_create(rows, batch_size=1000)
    for row, own in zip(rows, by_host.values(), strict=True):
        for letter in own:
            letter.covering = row
    return rows


def _body(letters: Sequence[Letter], style: Style) -> dict[str, Any]:
    call, host = letters[0].application.call, letters[0].application.host
    papers, name = scheme_of(call).papers, words_of(call).zh(NAMES[Letter.Kind(letters[0].kind)])
    values = {
        "call": call.title_zh,
        "letter_name": name,
        "count": len(letters),
        "host": host.name_zh,
        "office": style.office.name,
        "contact": call.contact or style.contact,
    }
    texts = (papers.text("covering_text", **values), papers.text("letter_contact", **values) if values["contact"] else "")
    return {
        "heading": papers.text("covering_title", **values),
        "host": host.name_zh,
        "issuer": style.region.department_zh,
        "paragraphs": [["p", text] for text in texts if text],
        "annex": papers.text("covering_annex", **values),
        "rows": [[x.number, x.application.number, x.application.title_zh, x.application.leader.name_zh] for x in letters],
    }


def covering_data(letter: HostLetter) -> dict[str, Any]:
    """Return the data that the Typst template of letters needs for a letter to a host."""
    return {
        **letter.body,
        "kind": "covering",
        "language": "zh",
        "letter_number": letter.number,
        "addressee": letter.body["host"],
        "date": official_date(letter.issued_at),
        "seal": scheme_of(letter.call).papers.text("letter_seal"),
        "heads": ["文号", "申请编号", "名称", "申请人"],
    }
