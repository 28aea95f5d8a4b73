"""The mixture listens to who is right, and never to who says nothing."""

import numpy as np
import pytest

from gru_toolkit.chess import mixture
from gru_toolkit.chess.mixture import FACTS, OPINIONS, Gate


def held_out(rng: np.random.Generator, right: int, moves: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Held-out moves in which one opinion is right more often."""
    facts = np.abs(rng.normal(0, 1, (moves, len(FACTS))))
    facts[:, 0] = 1.0
    said = rng.uniform(0.05, 0.2, (moves, len(OPINIONS)))
    said[:, right] = rng.uniform(0.3, 0.7, moves)
    return facts, said, np.ones((moves, len(OPINIONS)), bool)


@pytest.mark.parametrize("right", range(len(OPINIONS)))
def test_the_opinion_that_is_right_gets_the_weight(right: int) -> None:
    facts, said, has_say = held_out(np.random.default_rng(right), right)
    fitted = mixture.fit_gate(facts, said, has_say, Gate.plain())
    assert mixture.log_losses(fitted, facts, said, has_say).mean() < -np.log(0.4)
    chance = np.exp(-mixture.log_losses(fitted, facts, said, has_say))
    assert np.corrcoef(chance, said[:, right])[0, 1] > 0.8


def test_weights_add_up_and_silence_weighs_nothing() -> None:
    rng = np.random.default_rng(0)
    has_say = np.array([True, True, False, False])
    facts = rng.normal(0, 1, len(FACTS))
    opinions = mixture.Opinions(np.full((4, 3), 1 / 3), facts, has_say, None, None)  # type: ignore[arg-type]
    for gate in (Gate.plain(), Gate.shipped(), Gate.network_only()):
        weights = gate.weights(opinions)
        assert weights.sum() == pytest.approx(1)
        assert (weights[2:] == 0).all()


def test_the_network_alone_is_the_network_alone() -> None:
    facts, said, has_say = held_out(np.random.default_rng(0), 3)
    losses = mixture.log_losses(Gate.network_only(), facts, said, has_say)
    assert losses == pytest.approx(-np.log(said[:, 0]))


def test_a_finished_game_moves_the_weights_towards_who_was_right() -> None:
    facts, said, has_say = held_out(np.random.default_rng(1), 3, moves=30)
    before = mixture.log_losses(Gate.plain(), facts, said, has_say).mean()
    after = mixture.log_losses(mixture.gate_after_game(Gate.plain(), facts, said, has_say), facts, said, has_say).mean()
    assert after < before
