"""What a kind of register consists of, as a region package declares it. Frozen, so that one parsed kind serves every request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from headwater.casework.chains import ChainLink
from headwater.casework.letters.texts import LetterText
from headwater.core.i18n import Bilingual
from headwater.forms.expressions import Type
from headwater.forms.shapes import Field, Form

PLANNED, LIVE, WATCHED, ENDED = GROUPS = ("planned", "live", "watched", "ended")
"""What a state counts as: not there yet; at work; at work and under watch; over."""
AT_WORK = (LIVE, WATCHED)
"""Groups of what is there now. A record that another one has succeeded is in none of them."""
HOLDER_ROLES = ("lead", "partner", "builder")
"""In which part an institution or a person holds an entry: answers for it, works in it, has built it."""
OFFICER = "programme_officer"
BASIC = (
    *("number", "kind", "name", "name_en", "state", "host", "holders", "place", "point", "discipline", "field"),
    *("since", "until", "opened_on"),
)
"""Names of what every entry has, for columns and for the public part."""
SETTABLE = ("name_zh", "name_en", "name_mn", "host", "place", "discipline", "field")
"""What requests can change of every entry, beside who keeps it."""
BUILT_IN: dict[str, Type] = {
    "today": Type("date"),
    "year": Type("number"),
    "state": Type("text"),
    "since": Type("date"),
    "opened_on": Type("date"),
    "host.kind": Type("text", codes=frozenset(("university", "college", "institute", "hospital", "enterprise", "government"))),
    "host.place": Type("text"),
    "field": Type("text"),
    "discipline": Type("text"),
}
"""What every entry gives to expressions beside the answers."""


@dataclass(frozen=True)
class State:
    """A state of a kind. `term` names the dated parameter of the months that an entry may stay in it; `public` says whether the public
    knows of entries in it.
    """

    code: str
    zh: str
    en: str
    group: str
    term: str = ""
    public: bool = True
    where: str = field(default="", compare=False)

    @property
    def label(self) -> Bilingual:
        return Bilingual(self.zh, self.en)


@dataclass(frozen=True)
class Verb:
    """What can be done with an entry: from some states to one. `by` are the roles that may; a verb with a `chain` takes effect when the
    last step approves. `notice` names the kind of public notice whose end it waits for, `body` the kind of body that must have
    carried it in a vote since the entry came into its state. `asks` is its form; `guards` and `effects` are declared by apps. `term` names the
    dated parameter of the months by which a verb that stays in a state puts its end off.
    """

    code: str
    zh: str
    en: str
    source: tuple[str, ...]
    target: str
    by: tuple[str, ...] = (OFFICER,)
    chain: tuple[ChainLink, ...] = ()
    asks: Form = field(default_factory=lambda: Form())
    guards: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    letter: LetterText | None = None
    notice: str = ""
    body: str = ""
    term: str = ""
    where: str = field(default="", compare=False)

    @property
    def label(self) -> Bilingual:
        return Bilingual(self.zh, self.en)

    @property
    def waits(self) -> bool:
        """Whether it is proposed first: others approve it, or the public hears of it."""
        return bool(self.chain or self.notice)


@dataclass(frozen=True)
class Opening:
    """A scheme whose released decisions open entries of the kind, while `when` holds for the application. `partners` names the column of a
    table of its form that has the institutions beside the host ("partners.name").
    """

    scheme: str
    when: str = ""
    partners: str = ""
    where: str = field(default="", compare=False)


GROUPINGS = ("field", "discipline", "place")
"""By what the entries of a round may be divided into groups."""
TWICE = "_twice"
"""Ends the name of a grade whose consequences follow when an entry gets it a second time running."""


@dataclass(frozen=True)
class Evaluation:
    """How entries are evaluated: by which scheme, on which sheet, how often, among which others, with which verbs.

    `every` and `obliged` name dated parameters: years between two rounds; years at work after which an entry must take part. The type of
    the sheet that holds for an entry is `type`, or what it answers to the question `type_by`. `consequences` by grade; those of
    "grade_twice" take the place of a grade's own when an entry gets it a second time running. `notice` is the kind of public notice of
    draft grades, `visit` the kind of body that visits entries. Groups with fewer entries than the dated parameter `least_group` are joined.
    """

    scheme: str
    sheet: Mapping[str, Any]
    every: str
    group_by: str
    consequences: Mapping[str, tuple[str, ...]]
    type: str = ""
    type_by: str = ""
    obliged: str = ""
    notice: str = ""
    visit: str = ""
    least_group: str = ""

    def verbs_for(self, grade: str, again: bool) -> tuple[str, ...]:
        """Return the verbs that follow from a grade; `again` says that the entry had it in its last round, too."""
        twice = self.consequences.get(f"{grade}{TWICE}", ()) if again else ()
        return twice or self.consequences.get(grade, ())


@dataclass(frozen=True)
class Kind:
    """A kind of entries of a register. `public` are the names that everybody may read; a kind without any is not public.

    `parts` holds what engines read of their own tables of the kind (reports owed, requests), by the name of the table.
    """

    code: str
    register: str
    name_zh: str
    name_en: str
    articles: tuple[int, ...]
    number: str
    holders: Mapping[str, int]
    first: str
    opened_by: tuple[Opening, ...]
    form: Form
    public: tuple[str, ...]
    columns: tuple[str, ...]
    map: bool
    roles: tuple[str, ...]
    states: tuple[State, ...]
    verbs: tuple[Verb, ...]
    evaluation: Evaluation | None
    parts: Mapping[str, tuple[Any, ...]]
    order: int = 0

    @property
    def label(self) -> Bilingual:
        return Bilingual(self.name_zh, self.name_en)

    @cached_property
    def state(self) -> Mapping[str, State]:
        return {s.code: s for s in self.states}

    @cached_property
    def verb(self) -> Mapping[str, Verb]:
        return {v.code: v for v in self.verbs}

    def states_in(self, *groups: str) -> tuple[str, ...]:
        return tuple(s.code for s in self.states if s.group in groups)

    def verbs_from(self, state: str) -> tuple[Verb, ...]:
        return tuple(v for v in self.verbs if state in v.source)

    @cached_property
    def public_fields(self) -> tuple[Field, ...]:
        """Questions of the form whose answers are public, in their order."""
        return tuple(f for f in self.form.fields if f.code in self.public)
