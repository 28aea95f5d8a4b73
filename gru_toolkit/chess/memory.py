"""What a person played, position by position: the memory of a player.

One row is one move of the person. Rows are kept twice over: under the key of the position (exact, whatever the order of
moves) and under the key of the plan (the person's own pieces). A count weighs newer games more, and games at the same
speed more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

HALF_LIFE = 250.0
"""Games after which a move weighs half as much as one played today."""
OTHER_SPEED = 0.6
"""The weight of a move that was played at another speed than today's game."""
REMEMBERED_PLIES = 80
"""Positions later in a game than this hardly ever come again, and are not remembered."""
LAST_GAMES = 15
"""How many of the newest games with a position are told of in words."""
SPEEDS = ("unknown", "bullet", "blitz", "rapid", "classical", "correspondence")


@dataclass(frozen=True)
class Rows:
    """Moves of a person in the order they were played.

    positions, plans  (N,) uint64 keys before each move (see position_keys)
    moves             (N,) uint16 move codes
    games             (N,) int32: the number of the person's game, counted from 0, rising
    """

    positions: np.ndarray
    plans: np.ndarray
    moves: np.ndarray
    games: np.ndarray

    @classmethod
    def empty(cls) -> "Rows":
        return cls(np.zeros(0, np.uint64), np.zeros(0, np.uint64), np.zeros(0, np.uint16), np.zeros(0, np.int32))

    @classmethod
    def joined(cls, parts: Sequence["Rows"]) -> "Rows":
        """All rows of the parts, one part after the other."""
        if not parts:
            return cls.empty()
        names = ("positions", "plans", "moves", "games")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclass(frozen=True)
class Recalled:
    """What a memory holds under one key.

    counts  (n,) float64: weighted counts of the legal moves asked about, in their order
    times   how many games stand behind it, unweighted
    recent  for each move (n,) int64, how often it was played in the newest LAST_GAMES of them
    """

    counts: np.ndarray
    times: int
    recent: np.ndarray

    @property
    def total(self) -> float:
        """The weighted number of games."""
        return float(self.counts.sum())


@dataclass(frozen=True)
class Memory:
    """A person's moves, ready to be looked up.

    rows    in the order they were played
    speeds  (G,) uint8: the speed of each of the person's games, a place in SPEEDS
    """

    rows: Rows = field(default_factory=Rows.empty)
    speeds: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint8))

    def __post_init__(self) -> None:
        for name in ("positions", "plans"):
            keys = getattr(self.rows, name)
            order = np.argsort(keys, kind="stable")
            object.__setattr__(self, f"_{name}", (keys[order], order))

    @property
    def games(self) -> int:
        """How many games are remembered."""
        return len(self.speeds)

    def recall(
        self, key: int, moves: np.ndarray, *, speed: int = 0, plan: bool = False, before: int | None = None
    ) -> Recalled:
        """What was played under a key, newest games weighing most.

        key    of the position, or of the plan
        moves  (n,) codes of the legal moves
        speed  of today's game, a place in SPEEDS; 0 weighs all games alike
        before only games below this number, as if today were then; None for all
        """
        today = self.games if before is None else before
        keys, order = self._plans if plan else self._positions  # type: ignore[attr-defined]
        first = int(np.searchsorted(keys, np.uint64(key)))
        if first == len(keys) or keys[first] != key:
            return Recalled(np.zeros(len(moves)), 0, np.zeros(len(moves), np.int64))
        after = np.searchsorted(keys, np.uint64(key), side="right")
        found = order[first:after]
        games, played = self.rows.games[found], self.rows.moves[found]
        if before is not None:
            found = found[: np.searchsorted(games, before)]  # rows of one key are in the order they were played
            games, played = self.rows.games[found], self.rows.moves[found]
        weights = 0.5 ** ((today - 1 - games) / HALF_LIFE)
        if speed:
            speeds = self.speeds[games]
            weights = weights * np.where((speeds == speed) | (speeds == 0), 1.0, OTHER_SPEED)
        same = moves[:, None] == played[None, :]  # (n, times)
        counts = same @ weights
        recent = same[:, -LAST_GAMES:].sum(axis=1)
        return Recalled(counts, len(found), recent)

    def with_game(self, rows: Rows, speed: int) -> "Memory":
        """The memory after one more game; the rows' game numbers are set here."""
        added = Rows(rows.positions, rows.plans, rows.moves, np.full(len(rows.moves), self.games, np.int32))
        return Memory(Rows.joined([self.rows, added]), np.append(self.speeds, np.uint8(speed)))


def speed_of(time_control: str | None) -> int:
    """The place in SPEEDS of a time control as PGN writes it: `600+5`, `1/86400`, `40/7200:3600`, `-`.

    Lichess' rule: seconds + 40 increments; under 3 minutes bullet, under 8 blitz, under 25 rapid.
    """
    if not time_control or time_control in ("-", "?"):
        return 0
    first = time_control.split(":")[0]
    moves, slash, rest = first.partition("/")
    seconds, plus, increment = (rest if slash else first).partition("+")
    if not seconds.isdigit() or (plus and not increment.isdigit()):
        return 0
    if slash and moves == "1":
        return SPEEDS.index("correspondence")
    length = int(seconds) + 40 * int(increment or 0)
    return next((place for place, most in ((1, 180), (2, 480), (3, 1500)) if length < most), 4)
