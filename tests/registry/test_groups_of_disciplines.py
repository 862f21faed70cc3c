"""A discipline belongs to the review group under whose code it is, however long a region's codes are."""

import pytest

from headwater.registry.queries import group_of

PREFIXES = {"A01": "mathematics", "A01X": "logic", "NORTHA": "north"}


@pytest.mark.parametrize(
    ("code", "group"),
    [
        ("A0102", "mathematics"),
        ("A01", "mathematics"),
        ("A01X7", "logic"),
        ("NORTHA0101", "north"),
        ("A02", ""),
        ("", ""),
        ("A0", ""),
    ],
)
def test_the_longest_prefix_decides(code: str, group: str) -> None:
    assert group_of(code, PREFIXES) == group
