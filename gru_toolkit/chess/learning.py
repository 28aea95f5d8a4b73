"""Learning a person from their games: counts, leanings, and how much each source counts, in seconds and without Keras.

Everything is remembered; the network reads the newest games only. Leanings are fitted twice: to the older of these
games, so that the newer ones show what each source is worth on games it has not seen, and then to all.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import chess
import numpy as np

from gru_toolkit.chess import mixture, style
from gru_toolkit.chess.decisions import Decision, position_on, rows_of
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.memory import REMEMBERED_PLIES, Memory, Rows, speed_of
from gru_toolkit.chess.mixture import OPINIONS, Gate
from gru_toolkit.chess.moves import boards
from gru_toolkit.chess.names import name_key
from gru_toolkit.chess.next_move import Expected, NextMoveNetwork, RememberingNetwork
from gru_toolkit.chess.players import Player
from gru_toolkit.chess.position_keys import plan_key, position_key
from gru_toolkit.errors import DataError, UsageError

READ_GAMES = 800
"""The newest games that the network reads; all games are remembered."""
FEW_GAMES = 60
"""With fewer games than this the leanings of the nearest known person may be the start."""
HELD_OUT = 0.3
"""The share of them, the newest ones, on which the sources are weighed."""
_BATCH = 32
_FOLDS = 5
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class LearnConfig:
    """How a person is learned."""

    deep: bool = False
    """Fit deep leanings too (see depth), and keep them if they do better on held-out games."""
    others: tuple[Player, ...] = ()
    """People who are known already; the nearest one's leanings may be the start where games are few."""


@dataclass(frozen=True)
class HeldOut:
    """Held-out moves: facts (P, F), what each opinion gave the played move (P, 4), who had a say (P, 4), game (P,)."""

    facts: np.ndarray
    said: np.ndarray
    has_say: np.ndarray
    games: np.ndarray

    def part(self, chosen: np.ndarray) -> "HeldOut":
        """The moves where `chosen` (P,) is True."""
        return HeldOut(self.facts[chosen], self.said[chosen], self.has_say[chosen], self.games[chosen])

    def losses(self, gate: Gate) -> np.ndarray:
        """(P,) nats under a gate."""
        return mixture.log_losses(gate, self.facts, self.said, self.has_say)

    def fitted(self, prior: Gate) -> Gate:
        return mixture.fit_gate(self.facts, self.said, self.has_say, prior)


def learn(
    name: str,
    games: Sequence[Game],
    network: NextMoveNetwork,
    config: LearnConfig | None = None,
    *,
    on_progress: Progress | None = None,
) -> Player:
    """The model of a person from their games, oldest first.

    on_progress  is told games read and games to read

    Raises DataError if the person is in none of the games, UsageError for deep leanings without a network that
    remembers.
    """
    config = config or LearnConfig()
    colours = [colour_of(name, game) for game in games]
    own = [(game, colour) for game, colour in zip(games, colours, strict=True) if colour is not None]
    if not own:
        raise DataError(f"{name} plays in none of the {len(games)} games")
    memory = remember(own)
    decisions = list(read_decisions(own, network, on_progress, deep=config.deep))
    newest = decisions[-1].game
    oldest = decisions[0].game
    border = newest + 1 - round(HELD_OUT * (newest + 1 - oldest))
    earlier = [one for one in decisions if one.game < border]
    later = [one for one in decisions if one.game >= border]
    beginning, neighbour = _nearest(earlier, later, config.others) if len(own) < FEW_GAMES else (None, None)
    fitted = [style.fit(earlier, beginning), style.fit(decisions, beginning)]
    deep = None
    if config.deep:
        deep, fitted = _deepened(fitted, (earlier, later, decisions), network)
    gate, scores = _weighed(later, memory, fitted[0])
    facts = {"games": len(own), "games_read": newest + 1 - oldest, "held_out": scores}
    facts |= {"started_from": neighbour, "deep": deep}
    return Player(name, memory, fitted[1], gate, facts)


def _deepened(
    fitted: list[style.Style], parts: tuple[list[Decision], ...], network: NextMoveNetwork
) -> tuple[dict[str, Any], list[style.Style]]:
    """Both styles with deep leanings, if those of the earlier games do better on the later ones; else as they were.

    fitted  the styles of the earlier decisions and of all
    parts   the earlier, the later and all decisions
    """
    earlier, later, decisions = parts
    assert isinstance(network, RememberingNetwork), "whoever reads with memory has checked it"
    tried = style.deepened(fitted[0], earlier, network.fingerprint)
    if tried.depth is None or not later:
        return {"kept": False, "reason": "too few games"}, fitted
    plain, deep = (-style.log_likelihood(one, later) for one in (fitted[0], tried))
    facts = {"kept": deep < plain, "plain": plain, "deep": deep}
    return facts, [tried, style.deepened(fitted[1], decisions, network.fingerprint)] if deep < plain else fitted


def _nearest(
    earlier: Sequence[Decision], later: Sequence[Decision], others: Sequence[Player]
) -> tuple[style.Style | None, str | None]:
    """The leanings to start from, and whose they are: half of the nearest person's, if that does better on later games.

    Nearest is who explains the earlier games best.
    """
    if not others or not earlier or not later:
        return None, None
    nearest = max(others, key=lambda other: style.log_likelihood(other.style, earlier))
    start = style.weakened(nearest.style, 0.5)
    alone, led = (style.log_likelihood(style.fit(earlier, one), later) for one in (None, start))
    return (start, nearest.name) if led > alone else (None, None)


def colour_of(name: str, game: Game) -> chess.Color | None:
    """The colour of a person in a game, by any spelling of the name; None if they do not play."""
    key = name_key(name)
    if name_key(game.white) == key:
        return chess.WHITE
    return chess.BLACK if name_key(game.black) == key else None


def remember(own: Sequence[tuple[Game, chess.Color]]) -> Memory:
    """The memory of games with the person's colour in each, oldest first."""
    parts = []
    for number, (game, colour) in enumerate(own):
        played = [
            (position_key(board), plan_key(board), int(code))
            for (board, _), code in zip(boards(game.moves, game.fen), game.moves, strict=True)
            if board.turn == colour and board.ply() < REMEMBERED_PLIES
        ]
        parts.append(rows_of(played, number))
    speeds = np.array([speed_of(game.time_control) for game, _ in own], np.uint8)
    return Memory(Rows.joined(parts), speeds)


def decisions_in(
    game: Game,
    colour: chess.Color,
    expected: Sequence[Expected],
    number: int,
    *,
    states: Sequence[np.ndarray] | None = None,
) -> list[Decision]:
    """The decisions of one side in a game, given what the network expected at every ply, and its states after them."""
    found = []
    speed = speed_of(game.time_control)
    for place, (board, move) in enumerate(boards(game.moves, game.fen)):
        codes, log_network = expected[place]
        if board.turn == colour:
            played = int(np.flatnonzero(codes == game.moves[place])[0])
            assert board.is_pseudo_legal(move), "the library holds legal moves only"
            position = position_on(board, codes, log_network, states[place] if states else None)
            found.append(Decision(position, played, number, speed))
    return found


def read_decisions(
    own: Sequence[tuple[Game, chess.Color]],
    network: NextMoveNetwork,
    on_progress: Progress | None = None,
    *,
    deep: bool = False,
) -> Iterator[Decision]:
    """The person's decisions in the newest games, with the network's memory if they are for deep leanings."""
    first = max(len(own) - READ_GAMES, 0)
    for begin in range(first, len(own), _BATCH):
        some = own[begin : begin + _BATCH]
        for place, (expected, states) in enumerate(read_own(network, some, deep=deep)):
            yield from decisions_in(*some[place], expected, begin + place, states=states)
        if on_progress:
            on_progress(min(begin + _BATCH, len(own)) - first, len(own) - first)


def read_own(
    network: NextMoveNetwork, own: Sequence[tuple[Game, chess.Color]], *, deep: bool
) -> list[tuple[list[Expected], list[np.ndarray] | None]]:
    """What a network expected of a person in whole games, and for deep leanings its states.

    Raises UsageError if states are wanted of a network that does not tell them.
    """
    games, sides = [game for game, _ in own], [colour for _, colour in own]
    if not deep:
        return [(expected, None) for expected in network.read(games, sides)]
    if not isinstance(network, RememberingNetwork):
        raise UsageError("deep leanings need a network that remembers the game")
    return [(read.expected, read.states) for read in network.read_states(games, sides)]


def held_out_moves(later: Sequence[Decision], memory: Memory, earlier_style: style.Style) -> HeldOut:
    """What the opinions said of decisions that the style has not seen, each with the memory of the games before it."""
    said = [mixture.opinions(one.position, memory, earlier_style, speed=one.speed, before=one.game) for one in later]
    return HeldOut(*mixture.stacked(said, [one.played for one in later]), np.array([one.game for one in later]))


def _weighed(later: Sequence[Decision], memory: Memory, earlier_style: style.Style) -> tuple[Gate, dict[str, Any]]:
    """The gate fitted to held-out decisions, and what each source was worth on them.

    The fitted gate is kept only if, fitted to some of the games, it did better on the others than the one it started
    from; and no gate is kept that did worse there than the network alone.
    """
    prior = Gate.shipped()
    if not later:
        return prior, {"moves": 0, "kept": "prior"}
    held = held_out_moves(later, memory, earlier_style)
    candidates = {
        "fitted": _crossed(held, prior),
        "prior": held.losses(prior),
        "network": held.losses(Gate.network_only()),
    }
    means = {kind: float(losses.mean()) for kind, losses in candidates.items()}
    best = min(means, key=lambda kind: means[kind])
    gates = {"fitted": lambda: held.fitted(prior), "prior": lambda: prior, "network": Gate.network_only}
    scores = {name: float(-np.log(np.maximum(held.said[:, k], 1e-3)).mean()) for k, name in enumerate(OPINIONS)}
    return gates[best](), {"moves": len(later), "kept": best, "mixture": means[best], **scores}


def _crossed(held: HeldOut, prior: Gate) -> np.ndarray:
    """(P,) nats of each held-out move under a gate fitted to the other games."""
    fold = held.games % _FOLDS
    losses = np.zeros(len(fold))
    for one in np.unique(fold):
        losses[fold == one] = held.part(fold == one).losses(held.part(fold != one).fitted(prior))
    return losses
