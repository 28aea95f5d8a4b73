"""The task next: settings, decoding, scores, and that it learns what a Markov chain cannot."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gru_toolkit import tasks
from gru_toolkit.config import ReadConfig, SplitConfig, TrainConfig
from gru_toolkit.errors import ConfigError, DataError
from gru_toolkit.runs import prediction, training
from gru_toolkit.runs.evaluation import evaluate_dataset
from gru_toolkit.runs.run import Run
from gru_toolkit.runs.streaming import Stream
from gru_toolkit.sequences.dataset import Arrays, Dataset, batches
from gru_toolkit.tasks import next_scores
from gru_toolkit.tasks.next_item import NEXT, Next
from tests.tasks.event_data import events, turns


def prepared(dataset: Dataset, settings: Next) -> tuple[Any, Next, Arrays]:
    """Codec, settings and all test places of a dataset."""
    settings = NEXT.resolve(dataset, settings, TrainConfig(), frozenset()).settings
    splits = NEXT.split(dataset, settings, SplitConfig())
    codec = NEXT.fit_codec(splits.train, settings)
    examples = NEXT.examples(splits.test, codec, settings)
    return codec, settings, examples.arrays(np.arange(len(examples)))


def uniform(arrays: Arrays, codec: Any) -> dict[str, np.ndarray]:
    return {"scores": np.zeros((*arrays.inputs["steps"].shape, 2 + len(codec.items)), np.float32)}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"allow": "seen"}, "allow must be one of all, unseen"),
        ({"window": 0}, "window must be at least 1"),
        ({"dropout": 1.0}, r"dropout lies in \[0, 1\)"),
        ({"leave_out": -1}, "leave_out must be at least 0"),
    ],
)
def test_a_setting_that_no_network_can_have_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Next(**wrong)


def test_what_is_allowed_and_how_it_is_parted_is_told_from_the_data() -> None:
    once = NEXT.resolve(events([["a", "b"], ["b", "c"]]), Next(), TrainConfig(), frozenset())
    assert (once.settings.allow, once.settings.leave_out) == ("unseen", 1)
    assert "no user has an item twice" in once.notes[0]
    again = NEXT.resolve(events([["a", "a", "b"], ["b", "c"]]), Next(), TrainConfig(), frozenset({"split"}))
    assert (again.settings.allow, again.settings.leave_out) == ("all", 0)
    with pytest.raises(DataError, match="at least two users"):
        NEXT.resolve(events([["a", "b"]]), Next(), TrainConfig(), frozenset())


def test_longer_histories_than_are_read_are_said() -> None:
    notes = NEXT.resolve(events([["a", "b", "c"], ["a"]]), Next(history=2), TrainConfig(), frozenset()).notes
    assert any("of 1 users only the last 2 events are read" in note for note in notes)


def test_items_a_user_had_are_neither_predicted_nor_listed() -> None:
    dataset = events([["a", "b", "c", "d"], ["d", "c", "b", "a"]])
    codec, settings, arrays = prepared(dataset, Next(allow="unseen"))
    decoded = NEXT.decode(uniform(arrays, codec), arrays, codec, settings)
    rows = NEXT.rows(decoded, arrays, codec, dataset)
    listed = [set(rows["item"][rows["user"] == user]) for user in ("u0", "u1")]
    assert not listed[0] & {"a", "b", "c"}
    assert not listed[1] & {"d", "c", "b"}
    for name, rival in NEXT.baselines(
        NEXT.fit_baselines(NEXT.split(dataset, settings, SplitConfig()).train, codec, settings), arrays, codec, settings
    ).items():
        total = np.exp(rival["log_probabilities"]).sum(axis=-1)
        assert np.isclose(total, 1).all() or (total == 0).any(), name


def test_when_nothing_is_allowed_nothing_is_listed_and_the_scores_are_finite() -> None:
    dataset = events([["a", "b", "a", "b", "a"], ["b", "a", "b", "a", "b"]])
    codec, settings, arrays = prepared(dataset, Next(allow="unseen"))
    decoded = NEXT.decode(uniform(arrays, codec), arrays, codec, settings)
    assert len(NEXT.rows(decoded, arrays, codec, dataset)["item"]) == 0
    sums = {name: values.sum(axis=0) for name, values in NEXT.measure(decoded, arrays, codec, settings).sums.items()}
    scores = NEXT.metrics(sums, settings)
    assert scores["recall_at_20"] == 0
    assert all(np.isfinite(value) for value in scores.values() if isinstance(value, float))


def test_an_item_that_training_never_saw_is_a_counted_miss() -> None:
    dataset = events([["a", "b", "c", "new"], ["b", "a", "c", "a"]])
    codec, settings, arrays = prepared(dataset, Next(allow="all"))
    decoded = NEXT.decode(uniform(arrays, codec), arrays, codec, settings)
    sums = {name: values.sum(axis=0) for name, values in NEXT.measure(decoded, arrays, codec, settings).sums.items()}
    scores = NEXT.metrics(sums, settings)
    assert scores["unknown_items"] == 0.5
    assert scores["recall_at_20"] == 0.5
    assert scores["log_loss"] == pytest.approx(np.log(len(codec.items)))
    rows = NEXT.rows(decoded, arrays, codec, dataset)
    assert rows["came"][rows["user"] == "u0"][0] == "new"
    assert rows["event"][0] == 4


def test_probabilities_of_what_is_allowed_add_up_to_one() -> None:
    scores = np.random.default_rng(0).normal(size=(3, 2, 5)).astype(np.float32)
    allowed = np.random.default_rng(1).random((3, 2, 5)) < 0.6
    allowed[..., 0] = True
    found = np.exp(next_scores.log_probabilities(scores, allowed))
    np.testing.assert_allclose(found.sum(axis=-1), 1, rtol=1e-5)
    assert (found[~allowed] == 0).all()


def test_popularity_bands_hold_equal_shares_of_the_events() -> None:
    dataset = events([["a"] * 8 + ["b"] * 4 + ["c"] * 2 + ["d", "e"], ["a", "b"]])
    codec = NEXT.fit_codec(NEXT.split(dataset, Next(leave_out=1), SplitConfig()).train, Next())
    bands = next_scores.popularity_bands(codec)
    assert bands[0] <= 1
    assert bands.tolist() == sorted(bands.tolist())
    assert bands[-1] == next_scores.POPULARITY_BANDS - 1


@pytest.fixture(scope="module")
def turns_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    request = training.TrainRequest(
        data=("memory",),
        task_settings=Next(preset="fast", width=24, units=32, dropout=0.1),
        train=TrainConfig(epochs=25, learning_rate=1e-2),
        given=frozenset({"epochs", "learning_rate"}),
        out=tmp_path_factory.mktemp("runs") / "turns",
    )
    return training.train(request, on_event=lambda event: None, dataset=turns(120, 0))


@pytest.mark.slow
def test_the_network_learns_what_the_last_item_does_not_tell(turns_run: Run) -> None:
    scores = turns_run.metrics["parts"]["test"]["scores"]
    accuracy = {who: found["metrics"]["accuracy"] for who, found in scores.items()}
    assert accuracy["network"] > 0.9
    assert accuracy["network"] > 3 * max(accuracy[rival] for rival in ("popularity", "markov", "repeats"))
    assert turns_run.metrics["parity_error"] <= 1e-5
    report = (turns_run.folder / "report.html").read_text(encoding="utf-8")
    assert "share of the catalogue listed" in report
    assert evaluate_dataset(turns_run, turns(20, 9), backtest=2).comparison.examples == 20


@pytest.mark.slow
def test_a_stream_says_what_predict_says(turns_run: Run) -> None:
    dataset = turns(2, 5)
    wanted: dict[str, Any] = {}
    for columns in prediction.predict_dataset(turns_run, dataset):
        for name, values in columns.items():
            wanted.setdefault(name, []).extend(values.tolist())
    stream = Stream(turns_run)
    column = dataset.steps["item"]
    assert dataset.times is not None
    last = {}
    for row in range(14):  # both users in turn
        for user in range(2):
            place = int(dataset.offsets[user]) + row
            record = {
                "user": f"u{user}",
                "item": column.levels[column.values[place]],
                "step": int(dataset.times[place]),
            }
            last[user] = stream.push(record)
    for user in range(2):
        found, rows = last[user], [row for row, name in enumerate(wanted["user"]) if name == f"u{user}"]
        assert found is not None
        assert found["item"][:3] == [wanted["item"][row] for row in rows][:3]
        np.testing.assert_allclose(found["probability"], [wanted["probability"][row] for row in rows], rtol=1e-4)


@pytest.mark.slow
def test_the_answer_does_not_hang_on_who_else_is_in_the_batch(turns_run: Run) -> None:
    answer = prediction.predictor(turns_run.graph)
    dataset = events([["a0", "b3", "a1"], ["a0", "b3", "a1", "b4", "a2", "b5", "a3"]])
    examples = NEXT.requests(dataset, turns_run.codec, turns_run.settings)
    together = next(batches(examples, 2))
    alone = examples.arrays(np.array([0]))
    np.testing.assert_allclose(
        answer(together.inputs)["scores"][0], answer(alone.inputs)["scores"][0], rtol=1e-4, atol=1e-5
    )


def test_the_run_settings_and_codec_are_plain_data() -> None:
    dataset = events([["a", "b", "a"], ["b", "c", "a"]], price=[1.0, 2, 3, 4, 5, 6], shop=list("xyxyxy"))
    codec, _, arrays = prepared(dataset, Next())
    assert tasks.of_settings(Next()) is NEXT
    assert NEXT.codec(json.loads(json.dumps(codec.to_plain()))) == codec
    assert arrays.inputs["numbers"].shape[2] == 1
    assert arrays.inputs["category_0"].max() <= len(codec.categories["shop"])


def test_events_are_guessed_from_the_names_of_their_columns(tmp_path: Path) -> None:
    from gru_toolkit.sequences.reading import read_table
    from gru_toolkit.tasks.guessing import guess_task

    path = tmp_path / "events.csv"
    path.write_text("user_id,item_id,timestamp,rating\n1,2,3,4\n")
    assert guess_task(read_table(str(path), ReadConfig()), ReadConfig()).task == "next"
    assert guess_task(read_table(str(path), ReadConfig()), ReadConfig(target=("rating",))).task != "next"


def test_many_items_make_small_batches() -> None:
    few = NEXT.resolve(turns(3, 0), Next(), TrainConfig(), frozenset()).train
    many = events([[f"i{user}-{step}" for step in range(200)] for user in range(250)])
    assert few.batch_size == 16
    assert NEXT.resolve(many, Next(), TrainConfig(), frozenset()).train.batch_size == 8  # 8 · 200 · 50,000 scores
    assert NEXT.resolve(many, Next(), TrainConfig(batch_size=16), frozenset({"batch_size"})).train.batch_size == 16
