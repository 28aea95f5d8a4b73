"""A game of a session as PGN."""

import textwrap
from collections.abc import Mapping

import chess

from gru_toolkit.chess.session import Session

_WIDTH = 80


def pgn_of(session: Session, date: str | None = None) -> str:
    """The game being played as PGN text, with clocks where there are any.

    date  `2026-11-21`; None where it is not to be said
    """
    tags = {name: _tag_text(value) for name, value in _tags(session, date).items()}
    head = "".join(f'[{name} "{value}"]\n' for name, value in tags.items())
    moves = textwrap.fill(" ".join(_words(session)), _WIDTH, break_long_words=False, break_on_hyphens=False)
    return f"{head}\n{moves}\n"


def _tags(session: Session, date: str | None) -> Mapping[str, str]:
    setting, start = session.config.setting, session.game.start
    seats = session.seats
    tags = {
        "Event": "gru-toolkit session",
        "Site": "?",
        "Date": (date or "????-??-??").replace("-", "."),
        "Round": str(session.number),
        "White": seats[chess.WHITE].written,
        "Black": seats[chess.BLACK].written,
        "Result": session.game.over.result if session.game.over else "*",
    }
    if setting.white_rating:
        tags["WhiteElo"] = str(setting.white_rating)
    if setting.black_rating:
        tags["BlackElo"] = str(setting.black_rating)
    if session.config.control:
        tags["TimeControl"] = str(session.config.control)
    if start.fen() != chess.STARTING_FEN:
        tags |= {"SetUp": "1", "FEN": start.fen()}
    if session.game.over:
        tags["Termination"] = session.game.over.reason
    return tags


def _words(session: Session) -> list[str]:
    start = session.game.start
    number, turn = start.fullmove_number, start.turn
    words: list[str] = []
    for played in session.game.played:
        commented = bool(words) and words[-1].endswith("}")
        if turn == chess.WHITE:
            words.append(f"{number}.")
        elif not words or commented:
            words.append(f"{number}...")
        words.append(played.san)
        if played.seconds_left is not None:
            words.append(f"{{[%clk {_clock(played.seconds_left)}]}}")
        number += turn == chess.BLACK
        turn = not turn
    return [*words, session.game.over.result if session.game.over else "*"]


def _clock(seconds: float) -> str:
    """`0:09:58.3`, as chess sites write it."""
    tenths = round(10 * seconds)
    minutes, rest = divmod(tenths, 600)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest // 10:02d}" + (f".{rest % 10}" if rest % 10 else "")


def _tag_text(text: str) -> str:
    """The text inside a tag's quotes: one line, with quotes and backslashes escaped."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return plain.replace("\\", "\\\\").replace('"', '\\"')
