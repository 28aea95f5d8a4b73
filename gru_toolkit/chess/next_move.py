"""What is asked of a network that predicts moves, and the stand-in for when there is none."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import chess
import numpy as np

from gru_toolkit.chess.game import Game
from gru_toolkit.chess.moves import boards, move_codes

Expected = tuple[np.ndarray, np.ndarray]
"""The codes of the legal moves of a position, (n,) uint16 as in `moves`, and their log-probabilities, (n,)."""
_VALUES = {
    None: 0.0,
    chess.PAWN: 1.0,
    chess.KNIGHT: 3.0,
    chess.BISHOP: 3.0,
    chess.ROOK: 5.0,
    chess.QUEEN: 9.0,
    chess.KING: 0.0,
}
LOOKED_BACK = 8
"""How many moves before a position a network is shown; repetitions are looked for as far back as they can lie."""
_CENTRE = chess.SquareSet(chess.BB_CENTER)


@dataclass(frozen=True)
class Setting:
    """What is known of a game beside its moves.

    time_control  as PGN writes it, `600+5`
    """

    white_rating: int | None = None
    black_rating: int | None = None
    time_control: str | None = None


@dataclass(frozen=True)
class Ply:
    """One moment of a game: what a network sees before a move.

    board         before the move, with its move stack
    moves         its legal moves, in the order probabilities are wanted
    setting       ratings and time control
    seconds_left  on the mover's clock before the move
    """

    board: chess.Board
    moves: Sequence[chess.Move]
    setting: Setting = Setting()
    seconds_left: float | None = None

    @functools.cached_property
    def codes(self) -> np.ndarray:
        """(n,) uint16: the moves as `moves.move_codes` writes them."""
        return move_codes(self.moves)


def recent_past(board: chess.Board) -> chess.Board:
    """A copy with as much of the game before it as a network looks at, which costs less than the whole of it."""
    most = max(LOOKED_BACK, board.halfmove_clock)
    past = board.copy(stack=False)
    past.move_stack, past._stack = board.move_stack[-most:], board._stack[-most:]  # `copy` would copy every move
    return past


class NextMoveNetwork(Protocol):
    """A recurrent network over the plies of a game; its state carries all that happened before."""

    def initial_state(self) -> np.ndarray:
        """(U,) float32: the state before a game."""
        ...

    def step(self, states: np.ndarray, plies: Sequence[Ply]) -> tuple[list[np.ndarray], np.ndarray]:
        """Log-probabilities of the moves, for each ply (n,) in the order of its moves, and the states after.

        states   (B, U), one for each ply
        returns  the log-probabilities (natural logarithms), and states (B, U)
        """
        ...

    def read(self, games: Sequence[Game], sides: Sequence[chess.Color] | None = None) -> list[list[Expected]]:
        """What is expected at every ply of whole games, each from the initial state.

        sides  whose plies are wanted in each game; what is told of the others means nothing
        """
        ...


class ReadGame(Protocol):
    """What a network made of a whole game: per ply what it expected, and its state afterwards."""

    @property
    def expected(self) -> list[Expected]: ...

    @property
    def states(self) -> list[np.ndarray]: ...


@runtime_checkable
class RememberingNetwork(NextMoveNetwork, Protocol):
    """A network whose state is White's memory, then Black's, and tells how games differ.

    fingerprint  the same for the same weights only
    """

    fingerprint: str

    def read_states(self, games: Sequence[Game], sides: Sequence[chess.Color] | None = None) -> Sequence[ReadGame]:
        """As `read`, with the state after every ply."""
        ...


class LegalPrior:
    """A stand-in without a network: legal moves weighed by what they are. It knows no opening and has no state."""

    def initial_state(self) -> np.ndarray:
        """(0,): nothing is remembered."""
        return np.zeros(0, np.float32)

    def step(self, states: np.ndarray, plies: Sequence[Ply]) -> tuple[list[np.ndarray], np.ndarray]:
        """See NextMoveNetwork."""
        return [_log_softmax(np.array([_weight(ply.board, move) for move in ply.moves])) for ply in plies], states

    def read(self, games: Sequence[Game], sides: Sequence[chess.Color] | None = None) -> list[list[Expected]]:
        """See NextMoveNetwork."""
        return [[self._expected(board) for board, _ in boards(game.moves, game.fen)] for game in games]

    def _expected(self, board: chess.Board) -> Expected:
        moves = list(board.legal_moves)
        return move_codes(moves), _log_softmax(np.array([_weight(board, move) for move in moves]))


def _weight(board: chess.Board, move: chess.Move) -> float:
    """The logit of a move: captures, castling, the centre and pieces leaving their home weigh more."""
    taken = board.piece_type_at(move.to_square)
    moved = board.piece_type_at(move.from_square)
    weight = 0.35 * _VALUES[taken] - (0.15 * _VALUES[moved] if taken else 0.0)
    weight += 1.5 * board.is_castling(move) + 2.0 * (move.promotion == chess.QUEEN)
    weight += 0.8 * (move.to_square in _CENTRE) - 0.6 * (moved == chess.KING)
    home = chess.square_rank(move.from_square) == (0 if board.turn else 7)
    return weight + 0.6 * (home and moved in (chess.KNIGHT, chess.BISHOP))


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max()
    result: np.ndarray = shifted - np.log(np.exp(shifted).sum())
    return result


def network_at_hand(threads: int | None = 1) -> NextMoveNetwork:
    """The network that comes with the package.

    threads  None for one a core, which pays where whole games are read; what it says is the same
    """
    # The base network speaks in this module's words, so it imports it.
    from gru_toolkit.chess.base_network import BaseNetwork

    return BaseNetwork.load(threads=threads)
