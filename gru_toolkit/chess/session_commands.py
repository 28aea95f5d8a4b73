"""What people type in a session, as commands: a move, or a word with its argument."""

import re
from dataclasses import dataclass

import chess

from gru_toolkit.config import nearest
from gru_toolkit.errors import UsageError

WORDS = {
    "undo": "undo [N]: take back a move, or N moves",
    "redo": "redo [N]: play again what was taken back",
    "flip": "flip: turn the board around",
    "hint": "hint: what is expected here, though hidden",
    "show": "show before|after|off: when to predict",
    "board": "board: draw the board",
    "moves": "moves: list the moves of the game",
    "score": "score: how well both were predicted",
    "resign": "resign: give up the game",
    "draw": "draw: agree on a draw, or claim one",
    "new": "new: another game; a finished one teaches",
    "swap": "swap: another game, colours exchanged",
    "save": "save FILE: write the game as PGN",
    "load": "load FILE: go on with a game of a PGN file",
    "help": "help: these lines",
    "quit": "quit: leave; chess play --resume goes on",
}
"""The words, each with its line of help."""
_WITH_NUMBER = ("undo", "redo")
_WITH_TEXT = ("show", "save", "load")
_SHORT = {"exit": "quit", "q": "quit", "u": "undo", "takeback": "undo", "?": "help"}
_NUMBER = re.compile(r"^\d+\.(\.\.)?\s*")
_CASTLING = {"0-0": "O-O", "0-0-0": "O-O-O", "o-o": "O-O", "o-o-o": "O-O-O"}
_LONGEST = 4096


@dataclass(frozen=True)
class Command:
    """One thing a player wants.

    word      a key of WORDS, or `move`
    argument  the move as typed, the file, the mode, or the number as text
    """

    word: str
    argument: str = ""

    @property
    def count(self) -> int:
        """How many moves to take back or to repeat."""
        return int(self.argument or 1)


def parse(line: str) -> Command:
    """The command in a line; whatever is no word is taken for a move.

    Raises UsageError for an empty line, and for a word without or with too much behind it.
    """
    text = line.strip()
    if not text or len(text) > _LONGEST:
        raise UsageError("nothing was entered" if not text else "the line is too long", hint="e4, e2e4, undo or help")
    word, _, rest = text.partition(" ")
    name = _SHORT.get(word.lower(), word.lower())
    if name not in WORDS:
        return Command("move", text)
    argument = rest.strip()
    if name in _WITH_NUMBER and not re.fullmatch(r"([1-9]\d{0,3})?", argument):
        raise UsageError(f"{argument!r} is no number of moves", hint=WORDS[name])
    if name in _WITH_TEXT and not argument:
        raise UsageError(f"{name} needs an argument", hint=WORDS[name])
    if argument and name not in (*_WITH_NUMBER, *_WITH_TEXT):
        raise UsageError(f"{name} takes nothing behind it", hint=WORDS[name])
    return Command(name, argument)


def is_move(line: str) -> bool:
    """Whether the line is taken for a move."""
    try:
        return parse(line).word == "move"
    except UsageError:
        return False


def move_of(text: str, board: chess.Board) -> chess.Move:
    """The legal move that a player means by `e4`, `Nf3+`, `e2e4`, `e7e8q`, `exd8=Q`, `0-0` or `1. e4`.

    Raises UsageError when it is none, is not legal, or could be two.
    """
    bare = _NUMBER.sub("", text.strip()).rstrip("!?").strip()
    bare = _CASTLING.get(bare.lower(), bare)
    plain = bare if bare.startswith("O") else bare.replace("-", "")
    move = _uci_move(plain.lower(), board)
    if move is not None:
        return move
    for written in (bare, bare[:1].upper() + bare[1:]):
        try:
            move = board.parse_san(written)
        except chess.AmbiguousMoveError:
            raise UsageError(f"{bare} could be two moves", hint="name the file or the rank it comes from") from None
        except chess.IllegalMoveError:
            raise UsageError(f"{bare} is not legal here", hint=_hint(bare, board)) from None
        except chess.InvalidMoveError:
            continue
        if move:  # python-chess reads `--` and its like as a null move, which is false
            return move
    raise UsageError(f"{bare!r} is no move and no command", hint=_word_hint(bare) or _hint(bare, board))


def _uci_move(text: str, board: chess.Board) -> chess.Move | None:
    """A legal move written with two squares; a pawn that reaches the last rank becomes a queen unless told."""
    for written in (text, text + "q"):
        try:
            move = chess.Move.from_uci(written)
        except chess.InvalidMoveError:
            continue
        if board.is_legal(move):
            return move
    return None


def _hint(text: str, board: chess.Board) -> str | None:
    if board.is_game_over():
        return "the game is over: undo, new or quit"
    return nearest(text, [board.san(move) for move in board.legal_moves]) or "e4, e2e4, undo or help"


def _word_hint(text: str) -> str | None:
    return nearest(text.split(" ")[0].lower(), WORDS) if len(text) > 2 else None
