"""The base network that is shipped with the package: what people in general play next, without Keras.

Its state holds two memories, White's and Black's: each player's plies are one sequence to the GRU, and a ply changes
the memory of the player who is to move.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

import chess
import numpy as np
import onnxruntime

from gru_toolkit.chess.bitboards import PAWN, unpack
from gru_toolkit.chess.board_features import (
    RATINGS,
    UNKNOWN,
    Observations,
    marks,
    placed,
    planes,
    scalars,
    sights,
    time_control,
    whole_seconds,
)
from gru_toolkit.chess.board_reading import observe
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.game_replay import Replay, observe_games
from gru_toolkit.chess.moves import boards, move_codes
from gru_toolkit.chess.next_move import Expected, Ply, Setting
from gru_toolkit.chess.position_sets import Sets
from gru_toolkit.networks.session import open_session

Array = np.ndarray

SHIPPED = "base.onnx"
LEARNED_RATINGS = 1000, 2800
"""Between them lie 99 of 100 ratings of the training games; what the network would make of others is not learned."""
_SIDE_BY_SIDE = 128
_NOT_READ: Expected = np.zeros(0, np.uint16), np.zeros(0)
_PIECES = np.array([chess.QUEEN, chess.KNIGHT, chess.BISHOP, chess.ROOK])
_KINDS = np.array([-1, -1, 1, 2, 3, 0])
"""Promotion code → its column among queen, knight, bishop, rook."""


class BaseNetwork:
    """The network at work; it holds nothing but its graph. It satisfies `next_move.NextMoveNetwork`."""

    def __init__(self, session: onnxruntime.InferenceSession, fingerprint: str = ""):
        self._session = session
        self.fingerprint = fingerprint
        state = next(value for value in session.get_inputs() if value.name.startswith("state_"))
        self._state_name = state.name
        self._output_names = [value.name for value in session.get_outputs()]
        self.units = int(state.shape[1])

    @classmethod
    def load(cls, path: Path | None = None, *, threads: int | None = 1) -> "BaseNetwork":
        """The network in a file, or the one that is shipped."""
        file = resources.files("gru_toolkit.chess") / "weights" / SHIPPED if path is None else path
        content = file.read_bytes()
        return cls(open_session(content, threads), hashlib.blake2b(content, digest_size=16).hexdigest())

    def initial_state(self) -> Array:
        """(2 U,) float32: both memories before a game."""
        return np.zeros(2 * self.units, np.float32)

    def step(self, states: Array, plies: Sequence[Ply]) -> tuple[list[Array], Array]:
        """The log-probabilities of each ply's moves (n,) in their order, and the states after.

        states   (B, 2 U), one for each ply; left as they are
        returns  the log-probabilities, and states (B, 2 U)
        """
        observations = observe(plies)
        black = np.array([not ply.board.turn for ply in plies])
        outputs, after = self.observe_step(states, observations, black)
        scores = outputs["scores"].reshape(len(plies), -1)
        promotions = outputs["promotions"]
        return [_of_moves(ply, scores[i], promotions[i : i + 1]) for i, ply in enumerate(plies)], after

    def observe_step(
        self, states: Array, observations: Observations, black: Array
    ) -> tuple[Mapping[str, Array], Array]:
        """The network's own outputs for plies that are arrays already, and the states after.

        states        (B, 2 U)
        observations  of B plies
        black         (B,) booleans: whose memory goes on
        returns       scores (B, 64, 64), promotions (B, 3) against the queen, memory (B, U); and states (B, 2 U)
        """
        return self._run(states, observations, observations.sets(), black)

    def _run(
        self, states: Array, observations: Observations, sets: Sets, black: Array
    ) -> tuple[Mapping[str, Array], Array]:
        own = np.where(black[:, None], states[:, self.units :], states[:, : self.units])
        inputs = {**network_inputs(_as_learned(observations), sets), self._state_name: own}
        outputs = dict(zip(self._output_names, self._session.run(self._output_names, inputs), strict=True))
        memory, after = outputs[f"next_{self._state_name}"], states.copy()
        after[black, self.units :] = memory[black]
        after[~black, : self.units] = memory[~black]
        return outputs, after

    def read(self, games: Sequence[Game], sides: Sequence[chess.Color] | None = None) -> list[list[Expected]]:
        """The legal moves and their log-probabilities at every ply of whole games, each from the initial state.

        sides  whose plies are wanted in each game; a player's memory needs no others
        """
        return [read.expected for read in self.read_states(games, sides)]

    def read_states(self, games: Sequence[Game], sides: Sequence[chess.Color] | None = None) -> list["ReadGame"]:
        """The same, with the memories after every ply; games are read side by side."""
        read: list[ReadGame | None] = [None] * len(games)
        usual = [number for number, game in enumerate(games) if game.fen is None]
        for start in range(0, len(usual), _SIDE_BY_SIDE):
            some = usual[start : start + _SIDE_BY_SIDE]
            wanted = [sides[number] for number in some] if sides else None
            for number, found in zip(some, self._read_usual([games[number] for number in some], wanted), strict=True):
                read[number] = found
        return [
            self._read_from_position(games[number]) if found is None else found for number, found in enumerate(read)
        ]

    def _read_usual(self, games: Sequence[Game], sides: Sequence[chess.Color] | None) -> list["ReadGame"]:
        """Games from the first position, one wanted ply of every game in a batch."""
        observations, _ = observe_games(replay_of(games))
        lengths = np.array([len(game) for game in games])
        first = np.cumsum(lengths) - lengths
        begin, stride = (np.zeros(len(games), np.intp), 1) if sides is None else (np.logical_not(sides).astype(int), 2)
        states = np.tile(self.initial_state(), (len(games), 1))
        read = [ReadGame([_NOT_READ] * len(game), [self.initial_state()] * len(game)) for game in games]
        turns = (lengths - begin + stride - 1) // stride
        for turn in range(int(turns.max(initial=0))):
            plies = begin + stride * turn
            rows = np.flatnonzero(turns > turn)
            some = observations.taken(first[rows] + plies[rows])
            sets, black = some.sets(), plies[rows] % 2 == 1
            outputs, states[rows] = self._run(states[rows], some, sets, black)
            for row, expected in zip(rows, _expected(some.pieces, sets.legal, outputs, black), strict=True):
                read[row].expected[plies[row]] = expected
                read[row].states[plies[row]] = states[row].copy()
        return read

    def _read_from_position(self, game: Game) -> "ReadGame":
        """A game that starts elsewhere, board by board."""
        setting = Setting(game.white_rating, game.black_rating, game.time_control)
        states, read = self.initial_state()[None], ReadGame([], [])
        for ply, (board, _) in enumerate(boards(game.moves, game.fen)):
            moves = list(board.legal_moves)
            logs, states = self.step(states, [Ply(board, moves, setting, seconds_before(game, ply))])
            read.expected.append((move_codes(moves), logs[0]))
            read.states.append(states[0])
        return read


@dataclass(frozen=True)
class ReadGame:
    """What the network made of a game of T plies.

    expected  per ply the legal moves and their log-probabilities; none where a ply was not wanted
    states    per ply the state (2 U,) after it; the initial one where a ply was not wanted
    """

    expected: list[Expected]
    states: list[Array]


def replay_of(games: Sequence[Game]) -> Replay:
    """Games from the first position side by side."""
    lengths = np.array([len(game) for game in games])
    moves = np.zeros((len(games), int(lengths.max(initial=0))), np.uint16)
    clocks = np.full(moves.shape, UNKNOWN, np.int16)
    for row, game in enumerate(games):
        moves[row, : len(game)] = game.moves
        if game.clocks is not None:
            clocks[row, : len(game)] = whole_seconds(game.clocks)
    known = [(g.white_rating, g.black_rating) for g in games]
    ratings = np.array([[UNKNOWN if rating is None else rating for rating in pair] for pair in known], np.int16)
    control = np.array([time_control(game.time_control) for game in games], np.int16)
    return Replay(moves, lengths, ratings.reshape(-1, 2), clocks, control.reshape(-1, 2))


def seconds_before(game: Game, ply: int) -> float | None:
    """What the mover's clock showed before a ply: what it showed after their last, or the time they began with."""
    if game.clocks is None:
        return None
    seconds = float(game.clocks[ply - 2]) if ply > 1 else float(time_control(game.time_control)[0])
    return seconds if seconds >= 0 else None


def _expected(pieces: Array, legal: Array, outputs: Mapping[str, Array], black: Array) -> list[Expected]:
    """The codes of the legal moves and their log-probabilities, for each row; every row has a move.

    black  (B,) booleans: whose view is to be turned around
    """
    scores = outputs["scores"].reshape(len(pieces), -1)
    kinds = _kinds(outputs["promotions"])
    row, cell = np.divmod(np.flatnonzero(unpack(legal).view(np.bool_)), scores.shape[1])
    last = (pieces[row, cell >> 6] == PAWN) & (cell & 63 >= 56)
    times = np.where(last, len(_PIECES), 1)
    row, cell = np.repeat(row, times), np.repeat(cell, times)
    promoted = np.zeros(len(row), np.intp)
    promoted[np.repeat(last, times)] = np.tile(_PIECES, last.sum())
    logits = scores[row, cell] + np.where(promoted > 0, kinds[row, _KINDS[promoted]], 0.0)
    flip = np.where(black, 56, 0)[row]
    codes = ((cell >> 6 ^ flip) | (cell & 63 ^ flip) << 6 | promoted << 12).astype(np.uint16)
    counts = np.bincount(row, minlength=len(pieces))
    ends = np.cumsum(counts)
    starts = ends - counts
    shifted = logits - np.maximum.reduceat(logits, starts)[row]
    logs = shifted - np.log(np.add.reduceat(np.exp(shifted), starts))[row]
    return [(codes[start:end], logs[start:end]) for start, end in zip(starts, ends, strict=True)]


def _as_learned(observations: Observations) -> Observations:
    """The same plies, with ratings that are hardly in the training games moved to the nearest that is."""
    ratings = observations.facts[:, RATINGS]
    learned = np.where(ratings == UNKNOWN, UNKNOWN, ratings.clip(*LEARNED_RATINGS))
    if (learned == ratings).all():
        return observations
    facts = observations.facts.copy()
    facts[:, RATINGS] = learned
    return replace(observations, facts=facts)


def network_inputs(observations: Observations, sets: Sets) -> dict[str, Array]:
    """What the graph reads, without the state: see `networks.board`."""
    facts = observations.facts
    return {
        "pieces": placed(observations.pieces),
        "marks": marks(observations.recent, planes(sets), sets.checkers, facts).astype(np.float32),
        "scalars": scalars(facts, sets.checkers),
        "sights": sights(sets.rook_sight, sets.bishop_sight).astype(np.float32),
    }


def model_card(path: Path | None = None) -> Mapping[str, object]:
    """What the shipped network was made of, and how it scored."""
    file = path or resources.files("gru_toolkit.chess") / "weights" / "card.json"
    card: Mapping[str, object] = json.loads(file.read_text(encoding="utf-8"))
    return card


def _of_moves(ply: Ply, scores: Array, promotions: Array) -> Array:
    """(n,): the log-probabilities of a ply's moves, from scores (4096,) and promotions (1, 3).

    A promotion shares its squares' score with the other pieces.
    """
    codes = ply.codes.astype(np.intp)
    seen = codes if ply.board.turn else codes ^ (56 | 56 << 6)
    chosen = scores[64 * (seen & 63) + (seen >> 6 & 63)]
    if codes.max() > 4095:
        promoted = _KINDS[codes >> 12]
        chosen = chosen + np.where(promoted >= 0, _kinds(promotions)[0, promoted], 0.0)
    return _log_softmax(chosen)


def _kinds(promotions: Array) -> Array:
    """promotions (B, 3) against the queen → (B, 4) log-probabilities of queen, knight, bishop and rook."""
    return _log_softmax(np.concatenate([np.zeros((len(promotions), 1), np.float32), promotions], axis=1))


def _log_softmax(logits: Array) -> Array:
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    result: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result
