"""Predicting both people of a game: the next move of the one, and the other's answer to each likely move."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import chess
import numpy as np

from gru_toolkit.chess import mixture
from gru_toolkit.chess.decisions import Decision, Position, position_of
from gru_toolkit.chess.memory import LAST_GAMES, speed_of
from gru_toolkit.chess.next_move import NextMoveNetwork, Ply, Setting, recent_past
from gru_toolkit.chess.players import Player
from gru_toolkit.errors import UsageError

_UNCERTAIN = 0.02


@dataclass(frozen=True)
class Prediction:
    """What one person is expected to play.

    name           whose move it is
    moves          the legal moves, most probable first
    probabilities  (n,) float64, in their order, adding up to 1
    parts          opinion → (n,) its own probabilities; only opinions that have a say (see mixture.OPINIONS)
    weights        opinion → its share in the mixture
    known          games of this person with this very position
    recent         (n,) int64: how often each move was played in the newest of them, at most LAST_GAMES
    """

    name: str
    moves: tuple[chess.Move, ...]
    probabilities: np.ndarray
    parts: Mapping[str, np.ndarray]
    weights: Mapping[str, float]
    known: int
    recent: np.ndarray

    def probability(self, move: chess.Move) -> float:
        """How likely a move was thought to be; 0 for one that is not legal."""
        return float(self.probabilities[self.moves.index(move)]) if move in self.moves else 0.0

    def surprise(self, move: chess.Move) -> float:
        """Bits of surprise of a legal move."""
        return float(-np.log2(max(self.probability(move), 1e-12)))

    def explanation(self, first: str) -> str:
        """Why the first move stands first, in a sentence; `first` is this move as people write it."""
        said = []
        if self.known:
            times, games = int(self.recent[0]), min(self.known, LAST_GAMES)
            last = f"last {games} games" if games > 1 else "only game"
            said.append(f"{times} of the {last} of {self.name} here: {first}")
        else:
            said.append(f"{self.name} has no game with this position")
        book = self.weights.get("book", 0.0)
        other = {"style": "their style", "plan": "their plans", "network": "the network"}
        shares = [
            f"{100 * self.weights[name]:.0f} % {words}"
            for name, words in other.items()
            if self.weights.get(name, 0.0) > _UNCERTAIN
        ]
        if shares:
            said.append(("beyond the book: " if book > _UNCERTAIN else "") + ", ".join(shares))
        return "; ".join(said)


@dataclass(frozen=True)
class Answer:
    """A likely move, and what the other person is expected to answer; None where it ends the game."""

    move: chess.Move
    probability: float
    prediction: Prediction | None


@dataclass
class _Read:
    """The network's view of one position: what it expects there, and its state afterwards.

    foreseen  what was last predicted here, and of whom
    """

    ply: Ply
    position: Position
    state: np.ndarray
    foreseen: tuple[Player, Prediction] | None = None


class GamePredictor:
    """Predicts both people at every ply of one game.

    The state it protects: both players, the board, both clocks, and the network's state at every ply, so that taking a
    move back is a pop.
    """

    def __init__(
        self,
        white: Player,
        black: Player,
        network: NextMoveNetwork,
        setting: Setting | None = None,
        board: chess.Board | None = None,
    ):
        """A game about to begin, or continued from `board` with its move stack."""
        given = board or chess.Board()
        self._network = network
        self._players = {chess.WHITE: white.for_network(network), chess.BLACK: black.for_network(network)}
        self._setting = setting or Setting()
        self._speed = speed_of(self._setting.time_control)
        self._start = given.root()
        self._board = self._start.copy(stack=False)
        self._reads: list[_Read | None] = [None]
        self._states: list[np.ndarray] = [network.initial_state()]
        self._ahead: list[dict[chess.Move, _Read]] = [{}]
        self._clocks: list[dict[bool, float | None]] = [{chess.WHITE: None, chess.BLACK: None}]
        self._catch_up(given.move_stack)

    @property
    def board(self) -> chess.Board:
        """A copy of the board, with the moves so far."""
        return self._board.copy()

    def player(self, color: chess.Color) -> Player:
        """The player model of one side, as it has learned so far."""
        return self._players[color]

    def set_player(self, color: chess.Color, player: Player) -> None:
        """Put another person at one side; the game stands as it is."""
        self._players[color] = player.for_network(self._network)

    def predict(self) -> Prediction:
        """What the side to move is expected to play.

        Raises UsageError when the game is over.
        """
        return self._predict(self._read())

    def answers(self, top: int = 3) -> list[Answer]:
        """For each of the most likely moves, what the other person is expected to answer."""
        prediction = self.predict()
        likely = list(zip(prediction.moves[:top], prediction.probabilities[:top].tolist(), strict=True))
        self._read_ahead([move for move, _ in likely])
        return [
            Answer(
                move,
                probability,
                self._predict(self._ahead[-1][move]) if move in self._ahead[-1] else None,
            )
            for move, probability in likely
        ]

    def decision(self, move: chess.Move) -> Decision:
        """What the side to move decides with a legal move."""
        return self._decision(self._read(), move)

    def push(self, move: chess.Move, seconds_left: float | None = None) -> None:
        """Play a move; `seconds_left` is on the mover's clock afterwards.

        Raises UsageError for a move that is not legal.
        """
        if not self._board.is_legal(move):
            raise UsageError(f"{move.uci()} is not a legal move here", hint=f"position: {self._board.fen()}")
        read = self._read()
        mover = self._board.turn
        self._board.push(move)
        self._states.append(read.state)
        self._reads.append(self._ahead[-1].get(move))
        self._ahead.append({})
        clocks = dict(self._clocks[-1])
        clocks[mover] = seconds_left
        self._clocks.append(clocks)

    def pop(self) -> chess.Move:
        """Take the last move back, and return it.

        Raises UsageError at the start of the game.
        """
        if not self._board.move_stack:
            raise UsageError("there is no move to take back")
        for stack in (self._states, self._reads, self._ahead, self._clocks):
            stack.pop()
        return self._board.pop()

    def learn(self) -> tuple[Player, Player]:
        """Both players after this game: White's and Black's. Call it once, when the game is over.

        Counts, leanings and the mixture's weights learn from it; nothing is written to disk.
        """
        for color in chess.COLORS:
            self._players[color] = self._players[color].after_game(self._decisions(color))
        return self._players[chess.WHITE], self._players[chess.BLACK]

    def _decisions(self, color: chess.Color) -> list[Decision]:
        """The decisions of one side in this game."""
        found, turn = [], self._start.turn
        for move, read in zip(self._board.move_stack, self._reads, strict=False):
            assert read is not None, "every position was read before its move was pushed"
            if turn == color:
                found.append(self._decision(read, move))
            turn = not turn
        return found

    def _decision(self, read: _Read, move: chess.Move) -> Decision:
        games = self._players[read.ply.board.turn].memory.games
        return Decision(read.position, list(read.ply.moves).index(move), games, self._speed)

    def _catch_up(self, moves: list[chess.Move]) -> None:
        for move in moves:
            self.push(move)

    def _after(self, move: chess.Move) -> chess.Board:
        board = recent_past(self._board)
        board.push(move)
        return board

    def _ply(self, board: chess.Board) -> Ply:
        clocks = self._clocks[min(len(board.move_stack), len(self._clocks) - 1)]
        return Ply(board, list(board.legal_moves), self._setting, clocks[board.turn])

    def _read(self) -> _Read:
        """What the network makes of the position on the board."""
        read = self._reads[-1]
        if read is None:
            ply = self._ply(self._board)
            if not ply.moves:
                raise UsageError("the game is over: there is no move to predict")
            [log_network], states = self._network.step(self._states[-1][None], [ply])
            kept = replace(ply, board=recent_past(ply.board))
            read = _Read(kept, position_of(ply, log_network, states[0]), states[0])
            self._reads[-1] = read
        return read

    def _read_ahead(self, moves: Sequence[chess.Move]) -> None:
        """Read the positions after likely moves in one batch, but for ends of the game; a push finds them again."""
        ahead, state = self._ahead[-1], self._read().state
        plies = {move: self._ply(self._after(move)) for move in moves if move not in ahead}
        wanted = {move: ply for move, ply in plies.items() if ply.moves}
        if wanted:
            log_networks, states = self._network.step(np.repeat(state[None], len(wanted), axis=0), [*wanted.values()])
            for (move, ply), log_network, after in zip(wanted.items(), log_networks, states, strict=True):
                ahead[move] = _Read(ply, position_of(ply, log_network, after), after)

    def _predict(self, read: _Read) -> Prediction:
        player = self._players[read.ply.board.turn]
        if read.foreseen is None or read.foreseen[0] is not player:
            read.foreseen = player, _predicted(player, read.ply, read.position, self._speed)
        return read.foreseen[1]


def prediction_of(player: Player, ply: Ply, log_network: np.ndarray, *, speed: int = 0) -> Prediction:
    """What a player is expected to play in one position.

    log_network  (n,) what the network expects of the ply's moves, as logarithms
    """
    return _predicted(player, ply, position_of(ply, log_network), speed)


def _predicted(player: Player, ply: Ply, position: Position, speed: int) -> Prediction:
    opinions = mixture.opinions(position, player.memory, player.style, speed=speed)
    probabilities, weights = mixture.mixed(opinions, player.gate)
    order = np.argsort(-probabilities, kind="stable")
    has_say = opinions.has_say
    return Prediction(
        name=player.name,
        moves=tuple(map(ply.moves.__getitem__, order.tolist())),
        probabilities=probabilities[order],
        parts={name: opinions.shares[k][order] for k, name in enumerate(mixture.OPINIONS) if has_say[k]},
        weights={name: float(weights[k]) for k, name in enumerate(mixture.OPINIONS) if has_say[k]},
        known=opinions.book.times,
        recent=opinions.book.recent[order],
    )
