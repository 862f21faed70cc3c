"""What every rule shares: the facts it may use, the answer it gives, the register of rules.

A rule answers passed, failed, unknown (a person must look) or skipped (no parameter for the date), with the inputs it used,
an explanation in both languages and what to do. Nothing here reads the clock or the database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from headwater.core.i18n import NOTHING, Bilingual
from headwater.core.register import Register
from headwater.forms.results import FieldFacts, Result, Verdict


@dataclass(frozen=True)
class Ban:
    """A sanction in force from `since` up to, but not including, `until`; None is without end."""

    since: date
    until: date | None = None
    scope: str = "all"


@dataclass(frozen=True)
class Holding:
    """One application or award of a person. A limit looks at these and never at the account, the address or the institution.

    `state`: applying, invited (an outline), approved (an application that became an award), refused, running, lapsed or terminated.
    `year` is the call year of an application and 0 for an award; `plan` the level of a talent plan; `advanced` is False for an
    application that was left out before the panel with its site visit or budget review; `closed` tells whether a running award was
    closed, None where the records do not say; `place` is that of a member among the people of the project, the leader first, 0 where
    the records do not say.
    """

    scheme: str
    role: str
    state: str
    number: str = ""
    group: str = ""
    year: int = 0
    approved_on: date | None = None
    ends_on: date | None = None
    months: int = 36
    plan: str = ""
    advanced: bool = True
    closed: bool | None = None
    application: int = 0
    place: int = 0


@dataclass(frozen=True)
class PersonFacts:
    """What rules may know of a person. `post` is how the host employs them; "" for not at all. `has_host`: an employer is a registered host."""

    name: str
    sex: str = ""
    birth_date: date | None = None
    degree: str = ""
    is_senior: bool = False
    senior_since: date | None = None
    is_student: bool = False
    is_fund_staff: bool = False
    is_civil_servant: bool = False
    has_document: bool = True
    has_job: bool = True
    post: str = "full"
    has_host: bool = False
    stations: frozenset[int] = frozenset()
    organisation: int | None = None
    papers: int = 0
    mentors: tuple[str, ...] = ()
    bans: tuple[Ban, ...] = ()
    holdings: tuple[Holding, ...] = ()
    confirmed: bool = True
    declined: bool = False
    outside: bool = False
    """A member from outside the registry: what is not on record no institution can add."""


@dataclass(frozen=True)
class Peers:
    """What else of the call is recommended, this application included: of its host and topic, of its place; the birth dates of the leaders
    of its host's.
    """

    topic: int
    place: int
    births: tuple[date | None, ...]


@dataclass(frozen=True)
class LikenessFacts:
    """Another application that holds a share (0 to 1) of this one's text; `own`: of the same applicant."""

    number: str
    share: float
    own: bool


@dataclass(frozen=True)
class DocumentFacts:
    """A required document of the applicant or of the members: who has not signed it, and who only under an earlier wording."""

    zh: str
    en: str
    party: str = "applicant"
    waiting: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return not self.waiting and not self.outdated


@dataclass(frozen=True)
class RefereeFacts:
    """A letter that came through a referee's link, with what the referee said of themselves."""

    name: str
    is_senior: bool
    same_field: bool


TITLE = Bilingual("名称", "Title")


@dataclass(frozen=True)
class Facts:
    """Everything the rules of one application may use. Money in fen, terms in months.

    `quota` is the host's quota of the call, `endorsed` how many it has endorsed, this one included when `is_endorsed`.
    `title_words` is what the scheme calls the title. `documents` are those that the applicant and the members
    must sign; `referees` who have written, `referees_waiting` how many named ones have not answered. `likenesses` is None until the
    texts were compared.
    """

    year: int
    deadline: datetime
    leader: PersonFacts
    members: Sequence[PersonFacts] = ()
    scheme: str = ""
    group: str = ""
    plan: str = ""
    host: int | None = None
    host_registered: bool = True
    host_is_entity: bool = True
    quota: int | None = None
    endorsed: int = 0
    is_endorsed: bool = False
    attachments: Mapping[str, int] = field(default_factory=dict)
    refused_files: Sequence[str] = ()
    checking_files: Sequence[str] = ()
    flags: frozenset[str] = frozenset()
    fields: Sequence[FieldFacts] = ()
    title_length: int = 0
    title_words: Bilingual = TITLE
    discipline_level: int | None = None
    amount_fen: int = 0
    months: int = 0
    submitted_at: datetime | None = None
    documents: Sequence[DocumentFacts] = ()
    referees: Sequence[RefereeFacts] = ()
    referees_waiting: int = 0
    members_max: int = 10
    topic: str = ""
    place: str = ""
    peers: Peers | None = None
    likenesses: Sequence[LikenessFacts] | None = None

    @property
    def deadline_day(self) -> date:
        """The local day that the deadline ends; one at midnight ends the day before."""
        return (self.deadline - timedelta.resolution).date()

    @property
    def people(self) -> tuple[PersonFacts, ...]:
        return (self.leader, *self.members)

    @property
    def applicant_signed(self) -> bool:
        own = [d for d in self.documents if d.party == "applicant"]
        return bool(own) and all(d.complete for d in own)

    def answer(self, code: str) -> str:
        return next((x.text for x in self.fields if x.code == code), "")


class Answer(NamedTuple):
    """What a rule's function returns; the register adds the rule's name and code."""

    outcome: Verdict
    zh: str
    en: str
    mend: Bilingual
    inputs: dict[str, Any]


def passed(zh: str, en: str, **inputs: Any) -> Answer:
    return Answer(Verdict.PASSED, zh, en, NOTHING, inputs)


def failed(zh: str, en: str, mend: Bilingual, **inputs: Any) -> Answer:
    return Answer(Verdict.FAILED, zh, en, mend, inputs)


def unknown(zh: str, en: str, look: Bilingual, **inputs: Any) -> Answer:
    """The answer of a rule that a person must decide; `look` says what to look at."""
    return Answer(Verdict.UNKNOWN, zh, en, look, inputs)


Settings = Mapping[str, Any]
"""The rule's own settings in the scheme."""
Values = Callable[[str], Any]
"""Gives the parameter in force on the call's date, or None."""
Check = Callable[[Facts], Result]


@dataclass(frozen=True)
class Rule:
    """`ref` names the handbook's rule; `reads` the dated parameters it needs, where a name of `params` stands for its value.

    `prepare` takes the scheme's settings, the parameters and whether a failure blocks; what it returns answers for any facts.
    """

    name: str
    code: str
    title: Bilingual
    ref: str
    reads: tuple[str, ...]
    params: dict[str, type]
    prepare: Callable[..., Check]

    def keys(self, settings: Settings) -> list[str]:
        return [str(settings[k]) if k in self.params else k for k in self.reads]


RULES: Register[Rule] = Register("rule")


def rule(
    name: str, code: str, zh: str, en: str, *, ref: str, reads: tuple[str, ...] = (), **params: type
) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Register a rule under `name` with the reason `code` that its failure would give (handbook 2.5).

    The function takes the facts, the scheme's settings and the value of each parameter it reads. Where a value is missing it is
    not called and the answer is "skipped".
    """

    def wrap(function: Callable[..., Answer]) -> Callable[..., Answer]:
        def prepare(settings: Settings, values: Values, blocks: bool = False) -> Check:
            keys = entry.keys(settings)
            parameters = [values(key) for key in keys]
            gaps = [key for key, value in zip(keys, parameters, strict=True) if value is None]

            def check(facts: Facts) -> Result:
                answer = _skipped(gaps, facts) if gaps else function(facts, settings, *parameters)
                return Result(
                    name, code, answer.outcome, answer.zh, answer.en, answer.mend.zh, answer.mend.en, answer.inputs, blocks, ref
                )

            return check

        entry = RULES.add(name, Rule(name, code, Bilingual(zh, en), ref, reads, params, prepare))
        return function

    return wrap


def _skipped(gaps: list[str], facts: Facts) -> Answer:
    day = facts.deadline_day
    return Answer(
        Verdict.SKIPPED,
        f"{day} 没有可用的参数（{'、'.join(gaps)}），未检查",
        f"No parameter for {day} ({', '.join(gaps)}); not checked",
        Bilingual("由项目主管核对，并请管理员补充该参数", "An officer looks; ask the administrators to add the parameter"),
        {"missing": gaps, "day": str(day)},
    )


def parameters_of(name: str) -> dict[str, type] | None:
    entry = RULES.get(name)
    return entry.params if entry else None


def evaluation(uses: Sequence[Any], values: Values) -> Callable[[Facts], list[Result]]:
    """The rules that a scheme names, in its order, with their parameters read once for any number of applications."""
    checks = [RULES[use.name].prepare(use.params, values, use.blocks) for use in uses]
    return lambda facts: [check(facts) for check in checks]


def names(people: Sequence[PersonFacts]) -> Bilingual:
    """The people's names in a Chinese and in an English sentence."""
    return Bilingual("、".join(x.name for x in people), ", ".join(x.name for x in people))
