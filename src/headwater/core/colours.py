"""Every state has one word and one colour everywhere: the apps declare the colours of their states by code."""

from __future__ import annotations

from headwater.core.register import Register

PALETTE = frozenset(["secondary", "azure", "blue", "indigo", "teal", "green", "yellow", "red"])
"""Grey for what is over or has not begun, blues for what goes on, teal and green for what went well, yellow for what needs attention,
red for refusal and failure."""
COLOURS: Register[str] = Register("colour of a state")


def colours(**states: str) -> None:
    """Declare the colours of states; a state that another app has, too, has the same colour there.

    Raises:
        ValueError: a colour that is not in the palette, or another one than the state has already.
    """
    for code, colour in states.items():
        if colour not in PALETTE:
            raise ValueError(f"{code}: {colour!r} is none of {', '.join(sorted(PALETTE))}")
        COLOURS.share(code, colour)


colours(waiting="secondary", running="green", done="green", failed="red")
colours(trying="yellow", sent="green", well="green", attention="yellow", broken="red", unchecked="secondary")
colours(checking="blue", fine="green", refused="secondary")
