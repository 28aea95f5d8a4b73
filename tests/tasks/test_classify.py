"""What the task classify promises, without training; training is marked slow."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gru_toolkit.config import SplitConfig, TrainConfig
from gru_toolkit.errors import ConfigError, DamagedRunError, DataError, UsageError
from gru_toolkit.sequences.dataset import Dataset, Part, batches, everything
from gru_toolkit.sequences.table import Column
from gru_toolkit.tasks import find, whole_sequence
from gru_toolkit.tasks.classify import CLASSIFY, Classify, ClassifyCodec, label_texts
from tests.tasks.series_samples import labels, order_of_bumps

DATA = order_of_bumps(30, seed=0)
SETTINGS: Classify = CLASSIFY.resolve(DATA, Classify(), TrainConfig(), frozenset()).settings
CODEC = CLASSIFY.fit_codec(everything(DATA), SETTINGS)


def relabelled(texts: list[str]) -> Dataset:
    return Dataset(**{**DATA.__dict__, "statics": {"label": labels(texts)}})


def test_the_task_is_found_by_name() -> None:
    assert find("classify") is CLASSIFY


def test_resolve_fills_in_everything_and_leaves_what_was_given() -> None:
    resolved = CLASSIFY.resolve(DATA, Classify(members=7), TrainConfig(epochs=3), frozenset({"epochs"}))
    assert resolved.settings.members == 7
    assert None not in (resolved.settings.stride, resolved.settings.shrink, resolved.settings.filters)
    assert resolved.train.epochs == 3
    assert resolved.train.batch_size == 15  # two equal batches of 30 sequences


def test_long_sequences_are_averaged_and_that_is_said() -> None:
    resolved = CLASSIFY.resolve(DATA, Classify(longest=10), TrainConfig(), frozenset())
    assert resolved.settings.stride == 4
    assert any("--stride" in note for note in resolved.notes)


@pytest.mark.parametrize(
    ("texts", "words"), [(["a"] * 30, "two different labels"), (["a", ""] * 15, None), (["a"] * 29 + ["b"], None)]
)
def test_one_label_cannot_be_learned(texts: list[str], words: str | None) -> None:
    if words is None:
        CLASSIFY.resolve(relabelled(texts), Classify(), TrainConfig(), frozenset())
        return
    with pytest.raises(DataError, match=words):
        CLASSIFY.resolve(relabelled(texts), Classify(), TrainConfig(), frozenset())


def test_a_label_of_one_sequence_is_pointed_out() -> None:
    data = relabelled(["a"] * 15 + ["b"] * 14 + ["rare"])
    assert any("rare" in note for note in CLASSIFY.resolve(data, Classify(), TrainConfig(), frozenset()).notes)


@pytest.mark.parametrize(
    "change", [{"preset": "goood"}, {"units": 0}, {"dropout": 1.0}, {"label_smoothing": -0.1}, {"members": 0}]
)
def test_settings_out_of_range_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        Classify(**change)  # type: ignore[arg-type]


def test_every_label_stands_in_every_part() -> None:
    splits = CLASSIFY.split(DATA, SETTINGS, SplitConfig(split=(0.6, 0.2, 0.2)))
    seen = np.concatenate([part.spans[:, 0] for part in (splits.train, splits.validation, splits.test)])
    assert sorted(seen.tolist()) == list(range(30))
    for part in (splits.train, splits.validation, splits.test):
        codes = DATA.statics["label"].values[part.spans[:, 0]]
        assert np.bincount(codes).min() == len(part) // 2


def test_labels_are_sorted_by_value_where_they_are_numbers() -> None:
    data = relabelled(["10", "9", "-1"] * 10)
    assert CLASSIFY.fit_codec(everything(data), SETTINGS).labels == ("-1", "9", "10")
    whole = Column("label", "number", np.array([3.0, 1.0]))
    assert label_texts(whole) == ["3", "1"]


def test_fractions_and_gaps_are_no_labels() -> None:
    with pytest.raises(DataError, match="regress"):
        label_texts(Column("label", "number", np.array([0.5])))
    with pytest.raises(DataError, match="no label for sequence 2"):
        label_texts(Column("label", "text", np.array([0, -1], np.int32), ("a",)))


def test_a_label_unseen_in_training_is_an_error_at_evaluation() -> None:
    data = relabelled(["tall first"] * 29 + ["sideways"])
    with pytest.raises(DataError, match="sideways"):
        CLASSIFY.examples(everything(data), CODEC, SETTINGS)


def test_the_codec_survives_json_and_damage_is_refused() -> None:
    plain = json.loads(json.dumps(CODEC.to_plain()))
    assert CLASSIFY.codec(plain) == CODEC
    for damage in ({"labels": 3}, {"series": None}):
        with pytest.raises(DamagedRunError):
            CLASSIFY.codec({**plain, **damage})


def test_padding_to_the_batch_leaves_every_example_as_it_was() -> None:
    examples = CLASSIFY.examples(everything(DATA), CODEC, SETTINGS)
    together = examples.arrays(np.arange(30))
    for index in (0, 11, 29):
        alone = examples.arrays(np.array([index])).inputs
        length = int(alone["lengths"][0])
        np.testing.assert_array_equal(together.inputs["values"][index, :length], alone["values"][0, :length])
        assert not together.inputs["values"][index, length:].any()


def test_augmentation_depends_on_the_generator_only_and_keeps_length_and_label() -> None:
    settings = replace(SETTINGS, warp=0.3, crop=0.2)
    examples = CLASSIFY.examples(everything(DATA), CODEC, settings)
    first, again, other, plain = (
        examples.arrays(np.arange(4), rng)
        for rng in (np.random.default_rng(1), np.random.default_rng(1), np.random.default_rng(2), None)
    )
    np.testing.assert_array_equal(first.inputs["values"], again.inputs["values"])
    for changed in (other, plain):
        assert np.abs(first.inputs["values"] - changed.inputs["values"]).max() > 0.1
        np.testing.assert_array_equal(first.inputs["lengths"], changed.inputs["lengths"])
        np.testing.assert_array_equal(first.targets["label"], changed.targets["label"])


def test_members_are_averaged_as_probabilities() -> None:
    # member 1: (0, ln 3) → (1/4, 3/4); member 2: (ln 3, 0) → (3/4, 1/4); mean (1/2, 1/2)
    scores = np.array([[0.0, np.log(3), np.log(3), 0.0]], np.float32)
    arrays = CLASSIFY.requests(DATA, CODEC, SETTINGS).arrays(np.array([0]))
    decoded = CLASSIFY.decode({"scores": scores}, arrays, CODEC, SETTINGS)
    np.testing.assert_allclose(decoded["probabilities"], [[0.5, 0.5]], atol=1e-6)


def test_the_loss_by_hand() -> None:
    # heads (0, ln 3) and (0, 0) for the second label: -ln 3/4 and -ln 1/2; the padded second row counts nothing
    settings = Classify(members=1, blocks=2, label_smoothing=0.0)
    scores = np.array([[0.0, np.log(3), 0.0, 0.0], [5.0, 5.0, 9.0, 1.0]], np.float32)
    targets = {"label": np.array([[0.0, 1.0], [1.0, 0.0]], np.float32)}
    value = CLASSIFY.loss(settings)(targets, {"scores": scores}, np.array([1.0, 0.0], np.float32))
    assert float(value) == pytest.approx(-(np.log(0.75) + np.log(0.5)) / 2, rel=1e-5)


@pytest.mark.parametrize("blocks", [0, 2])
def test_the_network_has_the_heads_that_the_loss_expects(blocks: int) -> None:
    settings = replace(SETTINGS, blocks=blocks, members=3, units=2, filters=2)
    width = CLASSIFY.build(CODEC, settings).output["scores"].shape[-1]
    assert width == len(CODEC.labels) * whole_sequence.heads(settings)


def test_scores_by_hand() -> None:
    codec = ClassifyCodec(("a", "b"), CODEC.series)
    arrays = CLASSIFY.examples(everything(DATA), CODEC, SETTINGS).arrays(np.array([0, 1, 2, 3]))
    arrays.context["truth"][:] = [0, 0, 1, 1]  # type: ignore[index]
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.5, 0.5]])
    measures = CLASSIFY.measure({"probabilities": probabilities}, arrays, codec, SETTINGS)
    sums = {name: values.sum(axis=0) for name, values in measures.sums.items()}
    metrics = CLASSIFY.metrics(sums, SETTINGS)
    assert metrics["confusion"] == [[1.0, 1.0], [1.0, 1.0]]  # the tie of the last row goes to the first label
    assert metrics["accuracy"] == 0.5
    assert metrics["macro_f1"] == 0.5
    assert metrics["log_loss"] == pytest.approx(-np.log([0.9, 0.4, 0.8, 0.5]).mean())


def test_baselines_give_distributions_and_the_neighbour_knows_the_training_part() -> None:
    train = everything(DATA)
    state = CLASSIFY.fit_baselines(train, CODEC, SETTINGS)
    arrays = next(batches(CLASSIFY.examples(train, CODEC, SETTINGS), 30))
    found = CLASSIFY.baselines(state, arrays, CODEC, SETTINGS)
    assert set(found) == {"majority", "linear", "nearest neighbour"}
    for decoded in found.values():
        np.testing.assert_allclose(decoded["probabilities"].sum(axis=1), 1)
    nearest = found["nearest neighbour"]["probabilities"].argmax(axis=1)
    np.testing.assert_array_equal(nearest, arrays.context["truth"])


def test_rows_name_each_label() -> None:
    arrays = CLASSIFY.requests(DATA, CODEC, SETTINGS).arrays(np.array([2, 5]))
    rows = CLASSIFY.rows({"probabilities": np.array([[0.2, 0.8], [0.7, 0.3]])}, arrays, CODEC, DATA)
    assert list(rows) == ["id", "label", "probability", "p_tall first", "p_wide first"]
    assert rows["id"].tolist() == ["s2", "s5"]
    assert rows["label"].tolist() == ["wide first", "tall first"]
    assert rows["probability"].tolist() == [0.8, 0.7]


def test_only_a_causal_run_follows_a_stream_and_nothing_is_backtested() -> None:
    assert CLASSIFY.stream_kind(SETTINGS) == "none"
    assert CLASSIFY.stream_kind(Classify(causal=True)) == "recurrent"
    with pytest.raises(UsageError, match="backtest"):
        CLASSIFY.backtest(DATA, SETTINGS, 1)


def test_an_empty_sequence_or_part_is_refused() -> None:
    spans = everything(DATA).spans.copy()
    spans[3, 2] = 0
    with pytest.raises(DataError, match="s3 has no steps"):
        CLASSIFY.examples(Part(DATA, spans), CODEC, SETTINGS)
    with pytest.raises(DataError, match="no sequences"):
        CLASSIFY.examples(Part(DATA, spans[:0], "test"), CODEC, SETTINGS)


@pytest.mark.slow
def test_the_order_of_two_bumps_is_learned_and_beats_the_baselines(tmp_path: Path) -> None:
    from gru_toolkit.runs import evaluation, training

    request = training.TrainRequest(
        data=("memory",),
        task_settings=Classify(preset="fast", filters=8, units=8),
        split=SplitConfig(split=(1.0, 0.0, 0.0)),
        train=TrainConfig(),
        out=tmp_path / "run",
    )
    run = training.train(request, on_event=lambda event: None, dataset=order_of_bumps(100, seed=1))
    report = evaluation.evaluate_dataset(run, order_of_bumps(300, seed=2))
    accuracy = {name: scored.metrics["accuracy"] for name, scored in report.comparison.scores.items()}
    assert accuracy["network"] > 0.9, accuracy
    assert report.comparison.wins, accuracy


@pytest.mark.slow
def test_a_causal_run_gives_on_a_stream_what_it_predicts_for_the_whole_sequence(tmp_path: Path) -> None:
    from gru_toolkit.runs import prediction, training
    from gru_toolkit.runs.streaming import Stream

    data = order_of_bumps(20, seed=3)
    request = training.TrainRequest(
        data=("memory",),
        task_settings=Classify(preset="fast", causal=True, filters=4, units=4, stride=1),
        split=SplitConfig(split=(1.0, 0.0, 0.0)),
        train=TrainConfig(epochs=2),
        given=frozenset({"epochs"}),
        out=tmp_path / "run",
    )
    run = training.train(request, on_event=lambda event: None, dataset=data)
    whole = next(prediction.predict_dataset(run, data))
    values = data.steps["c0"].values[: data.offsets[1]]
    stream = Stream(run)
    answers = [stream.push({"id": "s0", "c0": float(value)}) for value in values]
    assert answers[-1] is not None
    assert answers[-1]["label"] == whole["label"][0]
    assert answers[-1]["probability"] == pytest.approx(float(whole["probability"][0]), abs=1e-5)
