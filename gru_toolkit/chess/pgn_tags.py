"""The tags of a PGN game: names, ratings, dates and the other facts that are kept."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import chess

from gru_toolkit.chess.game import RESULTS, UNKNOWN_NAME
from gru_toolkit.chess.set_up import board_of

TAG = re.compile(r'[ \t]*\[\s*([A-Za-z0-9_]+)\s+"(.*)"\s*\][ \t]*')
LONGEST_NAME = 200
HIGHEST_RATING = 4000
_LONGEST_REASON = 120
_NEXT_TAG = re.compile(r'(?<="\])[ \t]*(?=\[[ \t]*[A-Za-z0-9_]+[ \t]+")')
_DATE = re.compile(r"(\d{4}|\?{1,4})(?:[.\-/](\d\d?|\?\??)(?:[.\-/](\d\d?|\?\??))?)?", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?: ?(?:UTC|GMT|Z))?", re.ASCII)
_UNRATED = {"", "?", "-", "0", "????", "unrated", "*"}
_STANDARD = {"", "standard", "chess", "normal", "from position", "?"}
_SPACES = re.compile(r"\s+")


class UnreadableGame(Exception):
    """Why a game is refused.

    line  where in its text, counted from 0
    """

    def __init__(self, reason: str, line: int = 0):
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True)
class Facts:
    """What the tags of a game say; the fields mean what they mean in `Game`.

    board  the position at the start, None for the usual one
    """

    white: str
    black: str
    white_rating: int | None
    black_rating: int | None
    date: str | None
    time: str | None
    time_control: str | None
    result: str | None
    site: str | None
    board: chess.Board | None


def tag_values(header: str) -> dict[str, str]:
    """The tags of a header by name. Raises UnreadableGame for a line that is no tag, or two values of one tag."""
    values: dict[str, str] = {}
    for number, line in enumerate(header.split("\n")):
        text = line.strip(" \t\ufeff")
        if text[:1] == "[":
            for part in _NEXT_TAG.split(text) if '"]' in text[:-2] else (text,):
                _keep(values, part, number)
    return values


def _keep(values: dict[str, str], text: str, line: int) -> None:
    match = TAG.fullmatch(text)
    if match is None:
        raise UnreadableGame(f"not a tag: {_short(text)}", line)
    name, value = match.groups()
    if "\\" in value:
        value = value.replace('\\"', '"').replace("\\\\", "\\")
    if values.setdefault(name, value) != value:
        raise UnreadableGame(f"the tag {name} has two values, {_short(values[name])} and {_short(value)}", line)


def facts_of(values: Mapping[str, str]) -> Facts:
    """What is kept of the tags. Raises UnreadableGame for values that cannot be true and for variants of chess."""
    variant = values.get("Variant", "").strip()
    if variant.lower() not in _STANDARD:
        raise UnreadableGame(f"the variant is {_short(variant)}, and only standard chess is read")
    result = values.get("Result", "").strip().replace("½", "1/2")
    if result not in (*RESULTS, "", "?"):
        raise UnreadableGame(f"the tag Result is {_short(result)}, expected one of {', '.join(RESULTS)}")
    site = values.get("Site", "").strip()
    if "://" not in site:
        site = values.get("Link", "").strip() or site
    return Facts(
        _name(values.get("White", ""), "White"),
        _name(values.get("Black", ""), "Black"),
        _rating(values.get("WhiteElo", ""), "WhiteElo"),
        _rating(values.get("BlackElo", ""), "BlackElo"),
        _date(values.get("UTCDate", "")) or _date(values.get("Date", "")),
        _time(values),
        _known(values.get("TimeControl", "")),
        result if result in RESULTS else None,
        _known(site),
        _board(values.get("FEN", "").strip(), values.get("SetUp", "").strip()),
    )


def _known(value: str) -> str | None:
    value = value.strip()
    return value if value.strip("?-") else None


def _name(value: str, tag: str) -> str:
    if not value.isascii() or not value.isprintable():
        value = unicodedata.normalize("NFC", value)
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value if letter != "\t"):
            raise UnreadableGame(f"the tag {tag} holds a control character: {_short(value)}")
    if len(value) > LONGEST_NAME:
        raise UnreadableGame(f"the tag {tag} holds a name of more than {LONGEST_NAME} characters")
    return _SPACES.sub(" ", value.strip()) or UNKNOWN_NAME


def _rating(value: str, tag: str) -> int | None:
    value = value.strip()
    if value.lower() in _UNRATED:
        return None
    digits = value.rstrip("?")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 4 and int(digits) <= HIGHEST_RATING):
        raise UnreadableGame(f"the tag {tag} is {_short(value)}, expected a rating up to {HIGHEST_RATING}")
    return int(digits) or None


def _date(value: str) -> str | None:
    """The date as far as it is known: a year, a month of a year, or a day. What cannot be one is unknown."""
    match = _DATE.fullmatch(value.strip())
    if match is None or "?" in match[1] or match[1] == "0000":
        return None
    month = _number(match[2], 12)
    day = _number(match[3], 31)
    if month is None:
        return match[1]
    return f"{match[1]}-{month:02}" if day is None else f"{match[1]}-{month:02}-{day:02}"


def _number(text: str | None, highest: int) -> int | None:
    if not text or "?" in text or not 1 <= int(text) <= highest:
        return None
    return int(text)


def _time(values: Mapping[str, str]) -> str | None:
    for tag in ("UTCTime", "StartTime", "Time"):
        match = _TIME.fullmatch(values.get(tag, "").strip())
        if match and int(match[1]) < 24 and int(match[2]) < 60 and int(match[3]) < 60:
            return f"{match[1]}:{match[2]}:{match[3]}"
    return None


def _board(fen: str, setup: str) -> chess.Board | None:
    if not fen:
        if setup not in ("", "0"):
            raise UnreadableGame("the tag SetUp announces a position, and there is no tag FEN")
        return None
    if fen == chess.STARTING_FEN:
        return None
    try:
        return board_of(fen)
    except ValueError as error:
        raise UnreadableGame(f"the tag FEN is no position of standard chess: {str(error)[:_LONGEST_REASON]}") from error


def _short(text: str) -> str:
    """The text for a message: quoted, and cut where it is long."""
    return repr(text if len(text) <= 60 else text[:59] + "…")
