"""Word pieces as BERT's uncased models read them (Devlin et al. 2019): words in lower case without accents, cut into known pieces."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from headwater.algorithms.errors import BadInput

LONGEST_WORD = 100
_MARKS = ("[CLS]", "[SEP]", "[UNK]")


class WordPiece:
    """Texts to numbers of pieces of a vocabulary.

    Raises:
        BadInput: the vocabulary lacks [CLS], [SEP] or [UNK].
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._number = {piece: n for n, piece in enumerate(vocabulary)}
        missing = [m for m in _MARKS if m not in self._number]
        if missing:
            raise BadInput(f"vocabulary: no {', '.join(missing)}")

    def tokens(self, text: str, longest: int) -> list[int]:
        """[CLS], at most longest - 2 pieces, [SEP]."""
        found = [self._number["[CLS]"]]
        for word in words(text):
            found += self._cut(word)
            if len(found) >= longest - 1:
                break
        return [*found[: longest - 1], self._number["[SEP]"]]

    def _cut(self, word: str) -> list[int]:
        """The longest known piece from the left, again and again; [UNK] when that leads nowhere."""
        found, start = [], 0
        if len(word) > LONGEST_WORD:
            return [self._number["[UNK]"]]
        while start < len(word):
            for end in range(len(word), start, -1):
                number = self._number.get(("##" if start else "") + word[start:end])
                if number is not None:
                    break
            else:
                return [self._number["[UNK]"]]
            found.append(number)
            start = end
        return found


def words(text: str) -> Iterator[str]:
    """Runs without spaces; each mark of punctuation and each Chinese character by itself; lower case, no accents."""
    word = ""
    for c in unicodedata.normalize("NFD", text.lower()):
        category = unicodedata.category(c)
        if category == "Mn" or c in "\0\ufffd" or (category in ("Cc", "Cf") and c not in "\t\n\r"):
            continue
        alone = _is_mark(c, category) or _is_chinese(c)
        if c.isspace() or alone:
            if word:
                yield word
            word = ""
            if alone:
                yield c
        else:
            word += c
    if word:
        yield word


def _is_mark(c: str, category: str) -> bool:
    return category.startswith("P") or (c.isascii() and c.isprintable() and not c.isalnum() and c != " ")


def _is_chinese(c: str) -> bool:
    n = ord(c)
    return (
        0x4E00 <= n <= 0x9FFF
        or 0x3400 <= n <= 0x4DBF
        or 0xF900 <= n <= 0xFAFF
        or 0x20000 <= n <= 0x2CEAF
        or 0x2F800 <= n <= 0x2FA1F
    )
