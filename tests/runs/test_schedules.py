"""Learning rates worked by hand, and the limits every schedule keeps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_toolkit.config import TrainConfig
from gru_toolkit.runs.schedules import Patience, average_decay, learning_rate


def rates(config: TrainConfig, total: int, halvings: int = 0) -> list[float]:
    return [learning_rate(config, step, total, halvings) for step in range(total)]


def test_cosine_after_warm_up_by_hand() -> None:
    config = TrainConfig(learning_rate=1.0, schedule="cosine", warmup=0.2)
    # two of ten steps of warm-up: 1/2, 2/2; then (1 + cos(π k / 8)) / 2 for k = 0 … 7
    found = rates(config, 10)
    assert found[:3] == [0.5, 1.0, 1.0]
    assert found[6] == pytest.approx(0.5)  # k = 4
    assert found[9] == pytest.approx(0.03806, abs=1e-5)  # k = 7
    assert learning_rate(config, 10, 10) == pytest.approx(0.0)


def test_constant_and_plateau_by_hand() -> None:
    assert rates(TrainConfig(learning_rate=0.5, schedule="constant"), 3) == [0.5, 0.5, 0.5]
    assert rates(TrainConfig(learning_rate=0.5, schedule="plateau"), 2, halvings=3) == [0.0625, 0.0625]


@given(st.sampled_from(["constant", "cosine", "plateau"]), st.floats(0, 0.9), st.integers(1, 200), st.integers(0, 5))
def test_no_schedule_exceeds_the_highest_rate(schedule: str, warmup: float, total: int, halvings: int) -> None:
    config = TrainConfig(learning_rate=0.01, schedule=schedule, warmup=warmup)
    assert all(0 <= rate <= 0.01 for rate in rates(config, total, halvings))


def test_the_plateau_schedule_halves_after_half_the_patience() -> None:
    config = TrainConfig(schedule="plateau", patience=4)
    patience = Patience()
    trace = []
    for loss in (3.0, 2.0, 2.0, 2.5, 2.1, 2.2, 1.0):
        patience = patience.after(loss, config)
        trace.append((patience.best, patience.stalled, patience.halvings))
    assert trace == [(3.0, 0, 0), (2.0, 0, 0), (2.0, 1, 0), (2.0, 2, 1), (2.0, 3, 1), (2.0, 4, 2), (1.0, 0, 2)]


def test_other_schedules_never_halve() -> None:
    patience = Patience(best=1.0)
    for _ in range(9):
        patience = patience.after(1.0, TrainConfig(schedule="cosine", patience=2))
    assert patience == Patience(1.0, 9, 9, 0)


def test_the_average_forgets_the_initial_weights_soon() -> None:
    config = TrainConfig(average=0.99)
    assert average_decay(config, 0) == 0.1
    assert average_decay(config, 10**6) == 0.99
    assert average_decay(TrainConfig(average=0.0), 5) == 0.0
