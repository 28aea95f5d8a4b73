"""One game's text as a `Game`, or the reason and the line why it is refused. Nothing is guessed or left out.

Refused: a token that is no part of PGN, an illegal, ambiguous or null move, a wrong move number, moves
or text after the result, no result, no moves, a comment or side line that is never closed, a control character, a
variant, an impossible set-up position, tags that contradict each other or the result, a game of more than 4 MiB or
4,000 half-moves.
Read and not kept: comments but for clocks, annotations, side lines (whose moves need not be legal).
Text that is not UTF-8 is read as Windows-1252.
"""

import re
from dataclasses import dataclass, field

import numpy as np

from gru_toolkit.chess.game import Game
from gru_toolkit.chess.pgn_splitting import LARGEST_GAME, RawGame
from gru_toolkit.chess.pgn_tags import Facts, UnreadableGame, facts_of, tag_values
from gru_toolkit.chess.san import Replay, UnreadableMove
from gru_toolkit.errors import Place
from gru_toolkit.sequences.table import Reject

MOST_PLIES = 4_000
_HEADER = re.compile(r"(?:[ \t\ufeff]*(?:\[[^\n]*)?\n|[%;][^\n]*\n)*")
_CONTROL = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CLOCK = re.compile(r"\[%clk\s+(\d{1,4}):(\d\d?)(?::(\d\d?(?:\.\d{1,9})?))?\s*\]", re.ASCII)
_TOKEN = re.compile(
    r"""
    (?:([1-9][0-9]{0,3})(?:\s*\.[.\s]*|\s+))?                 # 1 the number of a move, and
    ( [a-hKQRBNO][\w\-=+\#:]* | 0-0(?:-0)?[+\#]* | --|Z0|0000|@@@@ ) [!?]*       # 2 the move
    | \{ ([^}]*) \}                                     # 3 a comment
    | ( 1-0 | 0-1 | 1/2-1/2 | ½-½ | \* ) (?=[\s{};]|$)  # 4 the result
    | ( [()] )                                          # 5 the border of a side line
    | ( \$[0-9]+ | [!?]+ | ;[^\n]* | ^%[^\n]* | e\.p\. | ep\b  # 6 annotations, lone numbers
      | [1-9][0-9]{0,3}(?:\s*\.+|(?=\s|$)) | \.+ )
    | ( [^\s(){};]+ | \S )                              # 7 anything else
    """,
    re.VERBOSE | re.MULTILINE,
)
_MOVE, _COMMENT, _RESULT, _BORDER, _NOTE = 2, 3, 4, 5, 6


@dataclass
class _Moves:
    """What has been read of a game's moves.

    half   1 if Black moves first
    bases  what the number of the first move may be
    """

    replay: Replay
    codes: list[int] = field(default_factory=list)
    clocks: dict[int, float] = field(default_factory=dict)
    result: str | None = None
    half: int = 0
    bases: tuple[int, ...] = (1,)

    def number_is_due(self, number: int) -> bool:
        """Whether the next move has this number; a game from a set-up position may count on or begin with 1."""
        base = number - (len(self.codes) + self.half) // 2
        if base not in self.bases:
            return False
        self.bases = (base,)
        return True


def parse(raw: RawGame, name: str) -> Game | Reject:
    """The game, or why and where it is refused.

    name  of the file, for the place
    """
    try:
        text = _text(raw)
        header = _HEADER.match(text)
        assert header is not None, "the pattern matches the empty text"
        facts = facts_of(tag_values(header[0]))
        moves = _moves(text, header.end(), facts)
        return _game(facts, moves, Place(name, raw.line))
    except UnreadableGame as error:
        return Reject(Place(name, raw.line + error.line), error.reason, raw.data[:200].decode("utf-8", "replace"))


def is_latin(raw: RawGame) -> bool:
    """Whether the text is not UTF-8 and was read as Windows-1252."""
    if raw.data.isascii():
        return False
    try:
        raw.data.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _text(raw: RawGame) -> str:
    if not raw.data:
        raise UnreadableGame(f"the game is longer than {LARGEST_GAME >> 20} MiB")
    control = _CONTROL.search(raw.data)
    if control:
        line = len((raw.data[: control.start()] + b".").splitlines()) - 1
        raise UnreadableGame(f"the control character \\x{control[0][0]:02x} is no text", line)
    text = _decoded(raw.data)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as error:
        line = len((data[: error.start] + b".").splitlines()) - 1
        reason = f"the byte 0x{data[error.start]:02x} is neither UTF-8 nor Windows-1252"
        raise UnreadableGame(reason, line) from error


def _moves(text: str, start: int, facts: Facts) -> _Moves:
    """Play out the moves of the main line from `start` on."""
    found = _Moves(Replay(facts.board))
    if facts.board is not None:
        found.half, found.bases = int(not facts.board.turn), (1, facts.board.fullmove_number)
    depth = opened = 0
    for match in _TOKEN.finditer(text, start):
        kind = match.lastindex
        if kind == _COMMENT:
            if not depth and "%clk" in match[3]:
                _note_clock(found, match[3])
        elif kind == _BORDER:
            depth += 1 if match[5] == "(" else -1
            opened = match.start() if depth == 1 and match[5] == "(" else opened
            if depth < 0:
                raise UnreadableGame("a side line is closed that was never opened", _line(match))
        elif kind == _MOVE:
            if not depth:
                _play(found, match)
        elif kind == _RESULT:
            if not depth:
                if found.result is not None:
                    raise UnreadableGame("a second result after the result", _line(match))
                found.result = match[4].replace("½", "1/2")
        elif kind != _NOTE:
            _refuse(match)
    if depth:
        raise UnreadableGame("a side line is opened and never closed", text.count("\n", 0, opened))
    return found


def _play(found: _Moves, match: re.Match[str]) -> None:
    text = match[2]
    if found.result is not None:
        raise UnreadableGame(f"the move {text!r} stands after the result", _line(match))
    if match[1] and not found.number_is_due(int(match[1])):
        due = (len(found.codes) + found.half) // 2 + found.bases[0]
        raise UnreadableGame(f"the move {text!r} has the number {match[1][:9]}, due is {due}", _line(match))
    try:
        found.codes.append(found.replay.play(text))
    except UnreadableMove as error:
        raise UnreadableGame(f"the move {_numbered(found, text)} cannot be played: {error}", _line(match)) from error
    if len(found.codes) > MOST_PLIES:
        raise UnreadableGame(f"the game is longer than {MOST_PLIES} half-moves", _line(match))


def _line(match: re.Match[str]) -> int:
    """The line of what the token says, without the number of a move before it; counted from 0."""
    return match.string.count("\n", 0, match.start(match.lastindex or 0))


def _numbered(found: _Moves, text: str) -> str:
    ply = len(found.codes)
    return f"{ply // 2 + 1}{'...' if ply % 2 else '.'} {text[:20]}"


def _refuse(match: re.Match[str]) -> None:
    text = match[7]
    if text == "{":
        raise UnreadableGame("a comment is opened and never closed", _line(match))
    raise UnreadableGame(f"{text[:30]!r} is no move and no other part of a game", _line(match))


def _note_clock(found: _Moves, comment: str) -> None:
    match = _CLOCK.search(comment)
    if match and found.codes:
        hours, minutes, seconds = match.groups()
        if seconds is None:
            hours, minutes, seconds = "0", hours, minutes
        found.clocks[len(found.codes) - 1] = int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _game(facts: Facts, moves: _Moves, place: Place) -> Game:
    if not moves.codes:
        raise UnreadableGame("the game has no moves")
    if moves.result is None:
        raise UnreadableGame("the game ends without a result; is the file cut short?")
    if facts.result not in (None, "*", moves.result) and moves.result != "*":
        raise UnreadableGame(f"the tag Result is {facts.result}, the moves end with {moves.result}")
    clocks = None
    if moves.clocks:
        clocks = np.full(len(moves.codes), np.nan, np.float32)
        clocks[list(moves.clocks)] = list(moves.clocks.values())
    return Game(
        np.array(moves.codes, np.uint16),
        facts.white,
        facts.black,
        place,
        white_rating=facts.white_rating,
        black_rating=facts.black_rating,
        date=facts.date,
        time=facts.time,
        time_control=facts.time_control,
        clocks=clocks,
        result=moves.result if moves.result != "*" else facts.result or "*",
        fen=facts.board.fen() if facts.board else None,
        site=facts.site,
    )
