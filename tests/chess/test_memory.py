"""What a person played is remembered, newest games first."""

import numpy as np
import pytest
from father_and_son import keys

from gru_toolkit.chess.memory import HALF_LIFE, OTHER_SPEED, SPEEDS, Memory, Rows, speed_of

E4, D4, C4 = 796, 731, 666


def memory(moves: list[int], speeds: list[int] | None = None) -> Memory:
    """One move in one position a game."""
    key = np.full(len(moves), keys(1)[0])
    rows = Rows(key, key + np.uint64(1), np.array(moves, np.uint16), np.arange(len(moves), dtype=np.int32))
    return Memory(rows, np.array(speeds or [0] * len(moves), np.uint8))


def recall(of: Memory, **options: object) -> np.ndarray:
    return of.recall(int(keys(1)[0]), np.array([E4, D4, C4], np.uint16), **options).counts  # type: ignore[arg-type]


def test_a_game_weighs_half_after_its_half_life() -> None:
    counts = recall(memory([E4] + [D4] * int(HALF_LIFE)))
    assert counts[0] == pytest.approx(0.5)
    assert counts[2] == 0


def test_other_speeds_weigh_less_and_unknown_ones_do_not() -> None:
    blitz = SPEEDS.index("blitz")
    counts = recall(memory([E4, D4, C4], [blitz, SPEEDS.index("bullet"), 0]), speed=blitz)
    ages = 0.5 ** (np.array([2, 1, 0]) / HALF_LIFE)
    assert counts == pytest.approx(ages * [1, OTHER_SPEED, 1])


def test_a_memory_before_a_game_is_the_memory_of_then() -> None:
    moves = [E4, D4, E4, C4, D4]
    for before in range(5):
        assert recall(memory(moves), before=before) == pytest.approx(recall(memory(moves[:before])))


def test_one_more_game_is_the_memory_of_all_games() -> None:
    key = keys(1)
    added = memory([E4, D4]).with_game(
        Rows(key, key + np.uint64(1), np.array([C4], np.uint16), np.zeros(1, np.int32)), 0
    )
    assert recall(added) == pytest.approx(recall(memory([E4, D4, C4])))
    assert added.games == 3


def test_recent_games_are_counted_among_the_last_fifteen() -> None:
    found = memory([D4] * 5 + [E4] * 20).recall(int(keys(1)[0]), np.array([E4, D4], np.uint16))
    assert found.recent.tolist() == [15, 0]
    assert found.times == 25


def test_nothing_is_known_of_an_unseen_position() -> None:
    found = memory([E4]).recall(12345, np.array([E4], np.uint16))
    assert (found.total, found.times) == (0, 0)


@pytest.mark.parametrize(
    ("text", "speed"),
    [
        ("60+0", "bullet"), ("180", "blitz"), ("120+2", "blitz"), ("600+5", "rapid"), ("1800", "classical"),
        ("40/7200:3600", "classical"), ("1/86400", "correspondence"), ("-", "unknown"), (None, "unknown"),
        ("sandglass", "unknown"),
    ],
)  # fmt: skip
def test_the_speed_of_a_time_control(text: str | None, speed: str) -> None:
    assert SPEEDS[speed_of(text)] == speed
