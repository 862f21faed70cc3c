"""The one class for what apps declare: a register of entries by code.

A module makes a register and says what its entries are; apps add theirs while they load. After that it is frozen: what is declared
does not change while people work. A register of a module that is loaded later is frozen by the first look into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar

T = TypeVar("T")


class UnknownCode(KeyError):
    """Nothing is registered under a code; the words name what is."""

    def __str__(self) -> str:
        return str(self.args[0])


class Register(Mapping[str, T]):
    """Entries of one kind by code, in the order in which they were added.

    `kind` names what an entry is, for messages.
    """

    instances: ClassVar[list[Register[Any]]] = []
    """All registers, in the order in which their modules were loaded."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.frozen = False
        self._entries: dict[str, T] = {}
        self.instances.append(self)

    def add(self, code: str, entry: T) -> T:
        """Register `entry` under `code` and return it.

        Raises:
            ValueError: the code is empty or taken.
            RuntimeError: the apps have loaded, or somebody has looked already.
        """
        if self.frozen:
            raise RuntimeError(f"{self.kind} {code!r} comes too late: declare it in a module that its app loads at the start")
        if not code or code in self._entries:
            raise ValueError(f"{self.kind} {code!r} is registered twice" if code else f"{self.kind}: expected a code")
        self._entries[code] = entry
        return entry

    def share(self, code: str, entry: T) -> T:
        """Register like `add` what several apps may declare alike: the same entry under the same code changes nothing.

        Raises:
            ValueError: the code stands for another entry.
        """
        if self._entries.get(code) == entry:
            return entry
        return self.add(code, entry)

    def under(self, code: str) -> Callable[[T], T]:
        """Decorate a function or class that is itself the entry."""
        return lambda entry: self.add(code, entry)

    def freeze(self) -> None:
        """Take no further entries."""
        self.frozen = True

    @contextmanager
    def reopened(self) -> Iterator[Register[T]]:
        """Take further entries for a while and forget them afterwards: for tests alone."""
        before, frozen = dict(self._entries), self.frozen
        self.frozen = False
        try:
            yield self
        finally:
            self._entries, self.frozen = before, frozen

    def __getitem__(self, code: str) -> T:
        """
        Raises:
            UnknownCode: nothing is registered under `code`.
        """
        entries = self._looked_at()
        try:
            return entries[code]
        except KeyError:
            raise UnknownCode(f"unknown {self.kind} {code!r}; known are: {', '.join(entries) or 'none'}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._looked_at())

    def __len__(self) -> int:
        return len(self._looked_at())

    def __contains__(self, code: object) -> bool:
        """
        Raises:
            TypeError: not a code: the answer would always be no.
        """
        if not isinstance(code, str):
            raise TypeError(f"{self.kind}: expected a code, found {code!r}")
        return code in self._looked_at()

    def __repr__(self) -> str:
        return f"<Register of {self.kind}: {', '.join(self._entries)}>"

    def _looked_at(self) -> dict[str, T]:
        self.frozen = True
        return self._entries


def freeze_all() -> None:
    """Close every register: the apps have said what they have to say."""
    for register in Register.instances:
        register.freeze()
