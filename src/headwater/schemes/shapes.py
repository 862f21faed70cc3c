"""What a scheme consists of: a form, with what the engine does about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from headwater.core.i18n import Bilingual, both
from headwater.forms.codes import Choice
from headwater.forms.expressions import names, parse
from headwater.forms.linking import expressions
from headwater.forms.shapes import REGIMES, Form
from headwater.schemes.judging import Judging, usual_judging
from headwater.schemes.outcomes import OUTCOMES, OutcomeKind
from headwater.schemes.papers import Papers
from headwater.schemes.words import Words, words_for

STAGES = ("outline", "full")
INTAKES = ("window", "rolling")
"""A call decides once its application period is over, or in batches while it goes on receiving (常年申报)."""
UNLIMITED = "none"
"""The limit group of schemes to which a person may apply several times a year."""
USUAL_ASKS = ("amount", "term", "research_class", "discipline", "priority_field", "abstract", "unsuitable")
"""The questions of the page of basic information; a scheme may ask fewer."""
ASKS = (*USUAL_ASKS, "second_discipline")
"""All questions that the page can ask."""
CLASSES = ("free", "goal")
"""The research classes."""
PARTIES = ("applicant", "member", "referee", "partner", "host", "recommender", "expert")
"""Who signs, and with it when: at the submission, at the confirmation, with the letter, before the endorsement (a co-operating
institution), at the endorsement, at the recommendation, before the opinion."""


@dataclass(frozen=True)
class RuleUse:
    """A rule named by the scheme. `blocks` says whether a failure stops the submission or is only shown."""

    name: str
    blocks: bool
    params: dict[str, Any]


@dataclass(frozen=True)
class RefereeRules:
    """How many referees an applicant may name, how long their letters are (in characters), and who reads them besides officers."""

    most: int
    min_chars: int = 200
    max_chars: int = 3000
    applicant_reads: bool = False
    experts_read: bool = True


@dataclass(frozen=True, kw_only=True)
class Scheme(Form):
    code: str
    name_zh: str
    name_en: str
    purpose_zh: str
    purpose_en: str
    articles: tuple[int, ...]
    limit_group: str
    plan: str
    prefix: str
    members_max: int
    research_classes: tuple[str, ...]
    rules: tuple[RuleUse, ...]
    flags: tuple[Choice, ...]
    referees: RefereeRules | None = None
    outcome: str = "award"
    asks: frozenset[str] = frozenset(USUAL_ASKS)
    title_zh: str = ""
    title_en: str = ""
    own_words: tuple[tuple[str, Bilingual], ...] = ()
    """What this scheme says otherwise than its outcome."""
    own_papers: tuple[tuple[str, Bilingual], ...] = ()
    """What its papers say otherwise than usual."""
    packs: tuple[str, ...] = ()
    """Where some of its rules come from; they are among `rules`."""
    intake: str = INTAKES[0]
    judging: Judging = field(default_factory=usual_judging)

    @property
    def rolling(self) -> bool:
        """Whether what has arrived is reviewed and decided in batches while the call stays open."""
        return self.intake == "rolling"

    @cached_property
    def reads_record(self) -> bool:
        """Whether an expression names what is on record of the applicant or the host."""
        return any(names(parse(text)) & {"applicant", "host"} for _key, text in expressions(self))

    @cached_property
    def words(self) -> Words:
        title = {"title": both(self, "title")} if self.title_zh else {}
        return words_for(self.outcome, dict(self.own_words) | title)

    @cached_property
    def papers(self) -> Papers:
        return Papers(dict(self.own_papers))

    @property
    def has_money(self) -> bool:
        """Whether a decision gives an amount."""
        return "amount" in self.asks

    @property
    def outcome_kind(self) -> OutcomeKind:
        return OUTCOMES[self.outcome]

    @property
    def has_agreement(self) -> bool:
        return self.outcome_kind.has_agreement

    @property
    def has_panel(self) -> bool:
        return self.judging.has_panel

    @property
    def regime(self) -> str:
        """How the money is budgeted; without a question on it the lump sum of the fund (handbook 4.1)."""
        return next((f.regime for f in self.fields if f.type == "budget"), REGIMES[0])

    @property
    def two_stages(self) -> bool:
        return any(s.stage for s in self.sections)
