"""Deep leanings find habits that depend on the course of the game, and bind themselves to their network."""

from dataclasses import replace

import chess
import numpy as np
import pytest
from father_and_son import sample_games

from gru_toolkit.chess import depth, learning, players, style
from gru_toolkit.chess.decisions import Decision, position_on
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.moves import boards, move_codes
from gru_toolkit.chess.next_move import Expected, LegalPrior, RememberingNetwork
from gru_toolkit.chess.style import Style
from gru_toolkit.errors import UsageError

UNITS = 20


def decisions(count: int, seed: int) -> list[Decision]:
    """Knight moves are liked where the memory's first number is positive, and shunned where it is negative."""
    rng = np.random.default_rng(seed)
    found: list[Decision] = []
    while len(found) < count:
        board = chess.Board()
        for _ in range(20):
            moves = list(board.legal_moves)
            if not moves or len(found) == count:
                break
            hidden = rng.normal(0, 1, UNITS)
            liked = np.array([board.san(move).startswith("N") for move in moves])
            chance = np.exp(1.5 * hidden[0] * liked)
            played = int(rng.choice(len(moves), p=chance / chance.sum()))
            even = np.full(len(moves), -np.log(len(moves)))
            position = replace(position_on(board, move_codes(moves), even), hidden=hidden)
            found.append(Decision(position, played, 0, 0))
            board.push(moves[int(rng.integers(len(moves)))])
    return found


def test_a_habit_that_depends_on_the_game_is_found() -> None:
    plain = style.fit(decisions(1600, 0))
    deep = style.deepened(plain, decisions(1600, 0), "net")
    unseen = decisions(300, 1)
    assert style.log_likelihood(deep, unseen) > style.log_likelihood(plain, unseen) + 0.05


def test_few_decisions_have_no_depth() -> None:
    some = decisions(depth.FEWEST - 1, 0)
    assert style.deepened(Style.neutral(), some, "net").depth is None


def test_where_the_memory_is_not_known_nothing_is_shifted() -> None:
    deep = style.deepened(Style.neutral(), decisions(500, 0), "net")
    assert deep.depth is not None
    position = replace(decisions(1, 1)[0].position, hidden=None)
    assert (deep.depth.shift(position) == 0).all()


class Remembers:
    """A network whose memory is noise; the surface of the shipped one."""

    def __init__(self, fingerprint: str):
        self.fingerprint = fingerprint
        self._prior = LegalPrior()

    def initial_state(self) -> np.ndarray:
        return np.zeros(2 * UNITS, np.float32)

    def step(self, states: np.ndarray, plies: object) -> tuple[list[np.ndarray], np.ndarray]:
        return self._prior.step(states, plies)  # type: ignore[arg-type]

    def read(self, games: list[Game], sides: list[chess.Color] | None = None) -> list[list[Expected]]:
        return [[_even(board) for board, _ in boards(game.moves)] for game in games]

    def read_states(self, games: list[Game], sides: list[chess.Color] | None = None) -> list[object]:
        rng = np.random.default_rng(len(games))
        read = type("Read", (), {})
        found = []
        for expected in self.read(games):
            one = read()
            one.expected, one.states = expected, list(rng.normal(0, 1, (len(expected), 2 * UNITS)))
            found.append(one)
        return found


def _even(board: chess.Board) -> Expected:
    codes = move_codes(board.legal_moves)
    return codes, np.full(len(codes), -np.log(len(codes)))


def test_noise_is_not_kept() -> None:
    network = Remembers("a")
    assert isinstance(network, RememberingNetwork)
    learned = learning.learn("Father", sample_games()[:40], network, learning.LearnConfig(deep=True))  # type: ignore[arg-type]
    assert learned.facts["deep"]["kept"] is False
    assert learned.style.depth is None


def test_another_network_leaves_the_depth_out(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRU_TOOLKIT_HOME", str(tmp_path))
    deep = style.deepened(Style.neutral(), decisions(500, 0), "a")
    player = players.Player("Anna", style=deep)
    players.save(player)
    loaded = players.load("Anna")
    assert loaded.style.depth is not None
    assert deep.depth is not None
    assert (loaded.style.depth.factors == deep.depth.factors).all()
    assert loaded.for_network(Remembers("a")) is loaded  # type: ignore[arg-type]
    assert loaded.for_network(Remembers("b")).style.depth is None  # type: ignore[arg-type]
    assert loaded.for_network(LegalPrior()).style.depth is None


def test_a_network_without_memory_is_refused() -> None:
    with pytest.raises(UsageError, match="network that remembers"):
        learning.learn("Father", sample_games()[:5], LegalPrior(), learning.LearnConfig(deep=True))
