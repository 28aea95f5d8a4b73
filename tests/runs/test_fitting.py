"""A training learns, stops when it should, and continues bit for bit from wherever it was stopped."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_training import ToyExamples, squared_loss, toy_network

from gru_toolkit.config import TrainConfig
from gru_toolkit.errors import ConfigError, InterruptedRun
from gru_toolkit.runs import backends, files
from gru_toolkit.runs.checkpoints import Checkpoints, TrainState
from gru_toolkit.runs.fitting import FitEvent, FitJob, FitResult, fit
from gru_toolkit.sequences.dataset import Arrays

EXAMPLES, BATCH = 80, 16  # five steps an epoch

pytestmark = pytest.mark.slow


class Ticks:
    """A clock that advances by a second whenever it is read."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def job(folder: Path | None = None, **changes: Any) -> FitJob:
    settings = {
        "epochs": 3,
        "batch_size": BATCH,
        "learning_rate": 1e-2,
        "seed": 7,
        "average": 0.9,
        "precision": "mixed",
    }
    given = {name: changes.pop(name) for name in list(changes) if name in TrainConfig.__dataclass_fields__}
    config = TrainConfig(**{**settings, **given})
    backends.choose(config)
    facts: dict[str, Any] = {
        "model": toy_network(any_length=changes.pop("any_length", False)), "loss": squared_loss,
        "train": ToyExamples(EXAMPLES), "config": config,
        "validation": ToyExamples(40, seed=1), "checkpoints": Checkpoints(folder) if folder else None,
        "identity": {"data": "toy"},
    }  # fmt: skip
    return FitJob(**{**facts, **changes})


def run(task: FitJob) -> tuple[FitResult, list[FitEvent]]:
    events: list[FitEvent] = []
    return fit(task, on_event=events.append), events


def cut(task: FitJob, after: int) -> None:
    """Train until the given number of events has come, then ask for a stop, as a signal would."""
    events = itertools.count(1)

    def stop(event: FitEvent) -> None:
        if next(events) == after:
            task.stop.ask()

    with pytest.raises(InterruptedRun, match=r"in epoch \d after step \d of 5") as caught:
        fit(task, on_event=stop)
    assert caught.value.exit_status == 75


def everything(state: TrainState | None) -> dict[str, bytes]:
    assert state is not None
    rows = [(row.train_loss, row.validation_loss, row.learning_rate) for row in state.progress.history]
    arrays = {**state.arrays, **{f"best.{name}": array for name, array in state.best.items()}}
    return {name: array.tobytes() for name, array in arrays.items()} | {"history": np.array(rows).tobytes()}


def test_a_training_learns_and_keeps_the_best_weights(tmp_path: Path) -> None:
    task = job(tmp_path / "c", epochs=25, precision="float32", average=0.0)
    result, events = run(task)
    losses = [row.validation_loss for row in result.history]
    assert min(losses) < 0.5 * losses[0]
    assert result.best_epoch == 1 + int(np.argmin(losses))
    found = [result.stepper.evaluate(batch) for batch in [task.validation.arrays(np.arange(40))]]
    assert found[0][0] / 40 == pytest.approx(min(losses), rel=1e-5)
    kinds = [event.kind for event in events]
    assert kinds.count("epoch") == len(losses)
    assert kinds[-1] == "end"
    assert result.to_plain()["stopped"] == result.stopped
    table = result.history_csv().splitlines()
    assert table[0] == "epoch,steps,train_loss,validation_loss,learning_rate,seconds"
    assert float(table[1].split(",")[2]) == result.history[0].train_loss


@pytest.mark.parametrize("varying", [False, True])
def test_a_stop_after_any_step_changes_nothing_in_the_end(tmp_path: Path, varying: bool) -> None:
    changes: dict[str, Any] = {"train": ToyExamples(EXAMPLES, varying=varying), "epochs": 2, "checkpoint_steps": 2}

    def task(name: str) -> FitJob:
        return job(tmp_path / name, any_length=varying, clock=Ticks(), **changes)

    reference, _ = run(task("whole"))
    for after in (2, 3, 4):  # events: one when resumed, one a step, one an epoch
        cut(task("cut"), after)
    result, _ = run(task("cut"))
    assert everything(Checkpoints(tmp_path / "cut").latest()) == everything(Checkpoints(tmp_path / "whole").latest())
    assert result.best_epoch == reference.best_epoch
    for name, weights in reference.stepper.weights().items():
        assert weights.tobytes() == result.stepper.weights()[name].tobytes()


def test_a_finished_training_is_not_repeated(tmp_path: Path) -> None:
    first, _ = run(job(tmp_path / "c", epochs=1))
    again, events = run(job(tmp_path / "c", epochs=1))
    assert [event.kind for event in events] == ["resumed", "end"]
    assert again.history == first.history
    for name, weights in first.stepper.weights().items():
        assert weights.tobytes() == again.stepper.weights()[name].tobytes()


def test_other_data_are_refused_and_a_damaged_checkpoint_is_told(tmp_path: Path) -> None:
    run(job(tmp_path / "c", epochs=2, patience=0))
    with pytest.raises(ConfigError, match="data was 'toy', is 'other'"):
        run(job(tmp_path / "c", epochs=2, patience=0, identity={"data": "other"}))
    newest = max((tmp_path / "c").iterdir())
    (newest / "progress.json").write_bytes(b"{}")
    _, events = run(job(tmp_path / "c", epochs=2, patience=0))
    assert [event.text is not None and "progress.json was changed" in event.text for event in events][:2] == [
        True,
        False,
    ]


def test_patience_ends_a_training_that_no_longer_improves(tmp_path: Path) -> None:
    result, _ = run(job(tmp_path / "c", epochs=40, learning_rate=1e-9, patience=2, schedule="constant", average=0.0))
    assert result.stopped == "patience"
    assert len(result.history) == result.best_epoch + 2


def test_the_last_weights_are_kept_where_that_is_asked_for() -> None:
    result, _ = run(job(epochs=4, keep="last", learning_rate=0.5, schedule="constant", average=0.0))
    losses = [row.validation_loss for row in result.history]
    assert int(np.argmin(np.array(losses))) < 3  # an earlier epoch was better, so that the test tells
    assert result.best_epoch == 4


def test_without_validation_the_last_weights_are_kept() -> None:
    result, _ = run(job(validation=None, epochs=4, patience=1))
    assert result.best_epoch == len(result.history) == 4
    assert result.stopped == "epochs"
    assert result.history[0].validation_loss is None


def test_the_time_limit_ends_training_as_if_the_last_epoch_were_done() -> None:
    result, events = run(job(epochs=50, time_limit=30.0, clock=Ticks()))
    assert result.stopped == "time limit"
    assert result.steps < 5 * 50
    assert result.history[-1].validation_loss is not None
    left = [event.seconds_left for event in events if event.seconds_left is not None]
    assert max(left) <= 30


class Poisoned(ToyExamples):
    """One example that is not a number."""

    def arrays(self, indices: np.ndarray, rng: np.random.Generator | None = None) -> Arrays:
        arrays = super().arrays(indices, rng)
        if rng is not None and 33 in indices:
            arrays.targets["y"][:] = np.nan
        return arrays


def test_a_loss_that_is_not_finite_stops_with_epoch_and_step_and_keeps_the_last_good_state(tmp_path: Path) -> None:
    run(job(tmp_path / "c", epochs=1, patience=0))
    good = everything(Checkpoints(tmp_path / "c").latest())
    poisoned = job(tmp_path / "d", epochs=1, train=Poisoned(EXAMPLES), checkpoint_steps=1, patience=0)
    with pytest.raises(ConfigError, match=r"training loss became nan in epoch 1, step (\d).*learning_rate") as caught:
        run(poisoned)
    step = int(str(caught.value).split("step ")[1][0])
    left = Checkpoints(tmp_path / "d").latest()
    assert (left.progress.step if left else 0) == step - 1
    assert left is None or all(np.isfinite(array).all() for array in left.arrays.values())
    assert everything(Checkpoints(tmp_path / "c").latest()) == good


def bent_loss(targets: Any, outputs: Any, weights: Any) -> Any:
    """Finite, with a gradient that is not: the root's slope at 0 is infinite."""
    from keras import ops

    return squared_loss(targets, outputs, weights) + ops.sqrt(ops.sum(outputs["y"] * 0))


def test_weights_that_are_not_finite_are_never_saved(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="weights' norm became nan in epoch 1, step 1"):
        run(job(tmp_path / "c", epochs=1, loss=bent_loss, checkpoint_steps=1))
    assert not (tmp_path / "c").exists()


def test_every_step_reports_what_the_user_wants_to_know() -> None:
    _, events = run(job(epochs=2, clock=Ticks()))
    steps = [event for event in events if event.kind == "step"]
    assert len(steps) == 10
    assert [event.step for event in steps] == [1, 2, 3, 4, 5] * 2
    assert all(event.train_loss and event.learning_rate and event.examples_per_second for event in steps)
    assert steps[0].epochs == 2
    assert steps[0].steps == 5
    assert steps[0].seconds_left > steps[-1].seconds_left == 0


@pytest.fixture
def failing_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    def fail_at(number: int) -> None:
        calls = itertools.count(1)
        original = files.system

        def failing(call: Any, /, *arguments: Any, **options: Any) -> Any:
            if next(calls) >= number:
                raise OSError(28, "No space left on device")
            return original(call, *arguments, **options)

        monkeypatch.setattr(files, "system", failing)

    return fail_at


def test_a_full_disk_loses_nothing(
    tmp_path: Path, failing_disk: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(job(tmp_path / "whole", epochs=2))
    with monkeypatch.context():
        failing_disk(25)
        with pytest.raises(Exception, match=r"No space left.*free some space"):
            run(job(tmp_path / "cut", epochs=2))
    monkeypatch.undo()
    assert Checkpoints(tmp_path / "cut").latest() is not None
    run(job(tmp_path / "cut", epochs=2))
    assert everything(Checkpoints(tmp_path / "cut").latest()) == everything(Checkpoints(tmp_path / "whole").latest())
