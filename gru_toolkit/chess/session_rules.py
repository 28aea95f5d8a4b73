"""How a game of a session ends, and how its predictions add up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import chess

from gru_toolkit.chess.session_events import GameOver, Judged, Tally
from gru_toolkit.chess.set_up import board_of
from gru_toolkit.errors import UsageError

_REASONS = {
    chess.Termination.CHECKMATE: "checkmate",
    chess.Termination.STALEMATE: "stalemate",
    chess.Termination.INSUFFICIENT_MATERIAL: "nobody can mate any more",
    chess.Termination.SEVENTYFIVE_MOVES: "75 moves without capture or pawn move",
    chess.Termination.FIVEFOLD_REPETITION: "the position came five times",
}


@dataclass(frozen=True)
class PlayedMove:
    """A move of the game with what is remembered of it, so that it can be played again as it was.

    seconds_left  on the mover's clock after it
    counted       whether its prediction was hidden until it was played
    """

    move: chess.Move
    color: chess.Color
    san: str
    seconds_left: float | None
    judged: Judged
    counted: bool


def outcome_of(board: chess.Board) -> GameOver | None:
    """How the game has ended by itself."""
    outcome = board.outcome()
    return None if outcome is None else GameOver(outcome.result(), _REASONS[outcome.termination])


def win_of(color: chess.Color, reason: str) -> GameOver:
    """The end of a game that one side has won."""
    return GameOver("1-0" if color == chess.WHITE else "0-1", reason)


def flag_fall(board: chess.Board, loser: chess.Color) -> GameOver:
    """The end of a game whose clock has run out; a draw if the other side could never mate."""
    if board.has_insufficient_material(not loser):
        return GameOver("1/2-1/2", "time ran out, and the other side cannot mate")
    return win_of(not loser, "time ran out")


def claimable_draw(board: chess.Board) -> GameOver | None:
    """The draw that the side to move may claim."""
    if board.can_claim_threefold_repetition():
        return GameOver("1/2-1/2", "the position came three times")
    if board.can_claim_fifty_moves():
        return GameOver("1/2-1/2", "50 moves without capture or pawn move")
    return None


def tally_of(played: Iterable[PlayedMove], color: chess.Color) -> Tally:
    """How well one side was predicted in the moves that count."""
    total = Tally()
    for one in played:
        if one.color == color and one.counted:
            judged = one.judged
            hits = Tally(1, int(judged.rank == 1), int(judged.rank <= 3))
            total += hits + Tally(bits=judged.bits, network_bits=judged.network_bits, uniform_bits=judged.uniform_bits)
    return total


def refuse_illegal(moves: Sequence[chess.Move], fen: str | None) -> None:
    """Raises UsageError for a position that cannot arise or a move that is not legal in its turn."""
    try:
        board = board_of(fen)
    except ValueError as error:
        raise UsageError(f"{fen!r} is not a position: {error}") from None
    for move in moves:
        if not board.is_legal(move):
            raise UsageError(f"{move.uci()} is not a legal move here", hint=f"position: {board.fen()}")
        board.push(move)
