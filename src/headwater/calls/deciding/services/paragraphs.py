"""The paragraphs of letters, from the texts of the scheme's papers and the facts of an application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.utils import translation

from headwater.calls.models import Application, Letter
from headwater.calls.schemes import scheme_of
from headwater.calls.states import Stage
from headwater.calls.terms import agreement_day, award_number, term_of
from headwater.core import clock
from headwater.core.clock import official_day
from headwater.core.correspondence import Office, office
from headwater.core.money import capital, wan, yuan
from headwater.core.parameters import Parameters
from headwater.registry.models import Region

DAYS = {"recheck_days": "recheck_request_days", "answer_days": "recheck_answer_days"}
"""Periods that a letter names, and the parameters that hold them."""
NAMES = {
    Letter.Kind.NOT_ACCEPTED: "letter_not_accepted",
    Letter.Kind.RECHECK: "letter_recheck",
    Letter.Kind.APPROVED: "letter_yes",
    Letter.Kind.REJECTED: "letter_no",
}
"""What the outcome calls its letters."""


@dataclass(frozen=True)
class Style:
    """What all letters of a command have in common in one language: the scheme's texts, the region, the office, the periods."""

    language: str
    region: Region
    office: Office
    days: Mapping[str, int]

    @classmethod
    def of(cls, language: str, region: Region, scheme: Any) -> Style:
        parameters = Parameters(scheme.region, clock.today())
        with translation.override("zh-hans" if language == "zh" else "en"):
            return cls(language, region, office(), {k: int(parameters.number(key, scheme.code)) for k, key in DAYS.items()})

    @property
    def contact(self) -> str:
        return ("；" if self.language == "zh" else "; ").join(self.office.contact.values())

    def pick(self, zh: str, en: str) -> str:
        return zh if self.language == "zh" or not en else en

    def basis(self, *codes: str) -> str:
        pairs = [self.region.bases[code] for code in codes if code in self.region.bases]
        return ("、" if self.language == "zh" else "; ").join(self.pick(*pair) for pair in pairs)


class Draft:
    """The paragraphs of one letter in one language."""

    def __init__(self, application: Application, kind: str, body: Mapping[str, Any], style: Style) -> None:
        self.row, self.kind, self.body, self.style = application, Letter.Kind(kind), body, style
        self.scheme = scheme_of(application.call)

    def paragraphs(self) -> list[list[str]]:
        """Return (role, text) of every paragraph: "p" runs on, "li" is an item, "b" stands out."""
        parts = self._of_recheck() if self.kind == Letter.Kind.RECHECK else self._of_decision()
        return [[role, text] for role, text in parts if text]

    def _of_decision(self) -> list[tuple[str, str]]:
        parts = [("p", self.text("letter_opening")), *self._reasons()]
        if self.kind == Letter.Kind.NOT_ACCEPTED:
            parts.append(("b", self.text("letter_decision_not_accepted")))
        else:
            parts.append(("b", self.text("letter_decision", said=self._word(f"{NAMES[self.kind]}_text"))))
        if self.kind == Letter.Kind.APPROVED:
            parts += self._granted()
        elif self.row.call.stage != Stage.OUTLINE:
            parts.append(("p", self.text("letter_remedy")))
        return [*parts, ("p", self.text("letter_contact") if self._values["contact"] else "")]

    def _reasons(self) -> list[tuple[str, str]]:
        items = [text for text in (*self._of_language("reasons"), *self._of_language("note")) if text]
        codes = ("formal_check",) if self.kind == Letter.Kind.NOT_ACCEPTED else ("decision",)
        basis = self.style.basis(*codes)
        parts = [("p", self.text("letter_reasons")), *(("li", item) for item in items)] if items else []
        return [*parts, ("p", self.text("letter_basis", basis=basis) if basis and items else "")]

    def _granted(self) -> list[tuple[str, str]]:
        parts = []
        if self.scheme.has_agreement:
            parts.append(("p", self.text("letter_terms")))
        if self.scheme.has_money:
            parts.append(("p", self.text("letter_amount")))
        return [*parts, ("p", self.text("letter_agreement") if self.scheme.has_agreement else "")]

    def _of_recheck(self) -> list[tuple[str, str]]:
        goes_on = self.text(f"letter_goes_on_{self.body.get('of', 'check')}")
        result = "letter_recheck_revoked" if self.body["revoked"] else "letter_recheck_upheld"
        of_check = self.body.get("of", "check") == "check"
        decided = self.style.pick("不予受理", "not accepted") if of_check else self._word("rejected")
        return [
            ("p", self.text("letter_recheck_opening", asked_on=self._day(self.body.get("asked_on", "")))),
            ("p", self.text("letter_reasons")),
            ("li", self.body["note"]),
            ("b", self.text(result, decided=decided, goes_on=goes_on)),
            ("p", self.text("letter_contact") if self._values["contact"] else ""),
        ]

    def text(self, key: str, **values: object) -> str:
        return self.scheme.papers.text(key, self.style.language, **self._values, **values)

    def _word(self, key: str, **values: str) -> str:
        words = self.scheme.words
        if key not in words:
            return ""
        chinese = self.style.language == "zh"
        amount = self._values["amount" if chinese else "amount_yuan"]
        values = {"amount": amount, "until": self._values.get("agreement_by", "")} | values
        return words.zh(key, **values) if chinese else words.en(key, **values)

    def _of_language(self, key: str) -> list[str]:
        found = self.body.get(key if self.style.language == "zh" else f"{key}_en") or self.body.get(key) or []
        return [found] if isinstance(found, str) else list(found)

    def _day(self, text: str) -> str:
        return official_day(date.fromisoformat(text), self.style.language) if text else ""

    @cached_property
    def _values(self) -> dict[str, Any]:
        row, style, fen = self.row, self.style, int(self.body.get("amount_fen", 0))
        words = self.scheme.words
        values = {
            "leader": style.pick(row.leader.name_zh, row.leader.name_en),
            "title": style.pick(row.title_zh, row.title_en),
            "number": row.number,
            "call": style.pick(row.call.title_zh, row.call.title_en),
            "host": style.pick(row.host.name_zh, row.host.name_en),
            "office": style.office.name,
            "contact": row.call.contact or style.contact,
            "amount": wan(fen),
            "amount_yuan": yuan(fen),
            "amount_zh": capital(fen),
            **style.days,
        }
        for key in ("number", "amount", "agreement"):
            word = words.table[key] if key in words else None
            values["agreement" if key == "agreement" else f"{key}_word"] = style.pick(word.zh, word.en) if word else ""
        if self.kind == Letter.Kind.APPROVED:
            starts, ends = term_of(row, clock.today())
            days = {"starts": starts, "ends": ends, "agreement_by": agreement_day(row.call)}
            values |= {"project": award_number(row)} | {k: official_day(day, style.language) for k, day in days.items()}
        return values
