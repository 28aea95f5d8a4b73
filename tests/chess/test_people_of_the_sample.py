"""Father and son with the shipped network: who is playing is told from moves alone, and the mixture beats its parts."""

import chess
import numpy as np
import pytest
from father_and_son import sample_games

from gru_toolkit.chess import learning, mixture, who
from gru_toolkit.chess.decisions import Decision
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.next_move import NextMoveNetwork, network_at_hand
from gru_toolkit.chess.player_evaluation import MODELS, Scores, scores_of
from gru_toolkit.chess.players import Player

LEARNED, TESTED, TOGETHER = 80, 60, 5
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def network() -> NextMoveNetwork:
    return network_at_hand()


@pytest.fixture(scope="module")
def people(network: NextMoveNetwork) -> dict[str, Player]:
    return {name: learning.learn(name, sample_games()[:LEARNED], network) for name in ("Father", "Son")}


@pytest.fixture(scope="module")
def scores(people: dict[str, Player], network: NextMoveNetwork) -> dict[str, Scores]:
    games = sample_games()[LEARNED : LEARNED + TESTED]
    return {name: scores_of(player, games, network) for name, player in people.items()}


def test_five_games_tell_who_is_playing(people: dict[str, Player], network: NextMoveNetwork) -> None:
    newer = [one.named("A", "B") if one.white == "Father" else one.named("B", "A") for one in sample_games()]
    right, asked = 0, 0
    for begin in range(LEARNED, LEARNED + TESTED, TOGETHER):
        for belief in who.who(newer[begin : begin + TOGETHER], list(people.values()), network):
            asked += 1
            right += belief.names[0] == {"A": "Father", "B": "Son"}[belief.subject]
            assert belief.probabilities[0] == max(belief.probabilities)
            assert sum(belief.probabilities) == pytest.approx(1)
    assert asked == 2 * TESTED // TOGETHER
    assert right >= 0.95 * asked


def test_names_ratings_and_clocks_do_not_matter(people: dict[str, Player], network: NextMoveNetwork) -> None:
    one = sample_games()[LEARNED]
    bare = Game(one.moves, "?", "?", one.place)
    told = who.who([one], list(people.values()), network)
    hidden = who.who([bare], list(people.values()), network)
    assert [belief.bits for belief in told] == [belief.bits for belief in hidden]
    assert [belief.subject for belief in hidden] == ["the White side", "the Black side"]


@pytest.mark.parametrize("name", ["Father", "Son"])
def test_the_mixture_beats_counts_and_network(scores: dict[str, Scores], name: str) -> None:
    losses = dict(zip(MODELS, scores[name].losses.mean(axis=0), strict=True))
    assert losses["player"] < losses["counts"] - 0.1
    assert losses["player"] < losses["network"] - 0.1
    opening = scores[name].part(scores[name].ply < 20)
    first = dict(zip(MODELS, (opening.ranks == 1).mean(axis=0), strict=True))
    assert first["player"] > max(first["counts"], first["network"])


@pytest.mark.parametrize("name", ["Father", "Son"])
def test_learning_from_finished_games_lowers_the_loss(name: str, network: NextMoveNetwork) -> None:
    known, after = 15, 20
    frozen = player = learning.learn(name, sample_games()[:known], network)
    differences = []
    for one, expected in zip(
        sample_games()[known : known + after], network.read(sample_games()[known : known + after]), strict=True
    ):
        colour = chess.WHITE if one.white == name else chess.BLACK
        decisions = learning.decisions_in(one, colour, expected, player.memory.games)
        losses = [-np.mean(nats_of(model, decisions)) for model in (player, frozen)]
        differences.append(losses[0] - losses[1])
        player = player.after_game(decisions)
    assert np.mean(differences) < -0.01


def nats_of(player: Player, decisions: list[Decision]) -> list[float]:
    """The log-probabilities of what was played."""
    found = []
    for one in decisions:
        opinions = mixture.opinions(one.position, player.memory, player.style, speed=one.speed)
        found.append(float(np.log(mixture.mixed(opinions, player.gate)[0][one.played])))
    return found
