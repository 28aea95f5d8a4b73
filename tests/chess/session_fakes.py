"""People and sessions for tests: a network that knows the rules only, and models made of a few games."""

import chess

from gru_toolkit.chess.next_move import LegalPrior
from gru_toolkit.chess.players import Player
from gru_toolkit.chess.prediction import GamePredictor
from gru_toolkit.chess.seats import Seat
from gru_toolkit.chess.session import Session, SessionConfig
from gru_toolkit.chess.session_events import Show

ITALIAN = "e4 e5 Nf3 Nc6 Bc4 Bc5 c3 Nf6 d3 d6"
SICILIAN = "e4 c5 Nf3 d6 d4 cxd4 Nxd4 Nf6 Nc3 a6"
MATE = "f3 e5 g4 Qh4"


def taught(name: str, line: str, games: int, color: chess.Color) -> Player:
    """Somebody who has played a line so many times."""
    player = Player(name)
    for _ in range(games):
        white, black = (player, Player("other")) if color else (Player("other"), player)
        predictor = GamePredictor(white, black, LegalPrior())
        for san in line.split():
            predictor.push(predictor.board.parse_san(san))
        player = predictor.learn()[0 if color else 1]
    return player


def seat(name: str) -> Seat:
    """A seat for somebody without games."""
    return Seat(name, (Player(name),))


def session(show: Show = "before", *, white: Seat | None = None, black: Seat | None = None, **more: object) -> Session:
    """A session between Father and Son."""
    seats = {chess.WHITE: white or seat("Father"), chess.BLACK: black or seat("Son")}
    return Session(SessionConfig("test", show=show, **more), seats, LegalPrior())  # type: ignore[arg-type]


def play(one: Session, line: str, now: float = 0.0) -> list[object]:
    """Play the moves of a line; what happened."""
    return [event for san in line.split() for event in one.handle(san, now)]
