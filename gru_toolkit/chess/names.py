"""Spellings of people's names: what makes two of them the same without anybody saying so."""

import re
import unicodedata

from gru_toolkit.chess.game import UNKNOWN_NAME

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_NOBODY = {"", "nn", "n n", "unknown", "anonymous"}
_GAPS = re.compile(r"[\s.]+")


def name_key(name: str) -> str:
    """The key of a name: the same for spellings that differ in case, accents, dots, spaces or "Last, First".

    Nobody ("?", "NN", "Anonymous", nothing) has the key "?".
    """
    key = _folded(name)
    if key.count(",") == 1:
        last, first = key.split(",")
        key = f"{first} {last}"
    key = _GAPS.sub(" ", key.replace(",", " ")).strip()
    return UNKNOWN_NAME if key in _NOBODY or not key.strip("?- ") else key


def _folded(name: str) -> str:
    if name.isascii():
        return name.lower()
    parts = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    return "".join(letter for letter in parts if not unicodedata.combining(letter))
