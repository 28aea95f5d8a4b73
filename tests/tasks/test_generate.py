import math
from dataclasses import replace

import numpy as np
import pytest

from gru_toolkit.config import SplitConfig, TrainConfig
from gru_toolkit.errors import ConfigError, DamagedRunError, DataError
from gru_toolkit.sequences.dataset import Dataset, batches, everything
from gru_toolkit.sequences.running_text import of_text
from gru_toolkit.tasks import generate
from gru_toolkit.tasks.generate import BASELINE, GENERATE, Generate, surprise
from gru_toolkit.tasks.text_windows import Lanes, Windows

TEXT = "the cat sat on the mat. " * 40


def resolved(text: str = TEXT, **settings: object) -> tuple[Dataset, Generate, TrainConfig]:
    dataset = of_text(text)
    found = GENERATE.resolve(dataset, Generate(**settings), TrainConfig(), frozenset())  # type: ignore[arg-type]
    return dataset, found.settings, found.train


def test_everything_is_filled_in_and_a_batch_has_a_row_a_lane() -> None:
    _, settings, train = resolved()
    assert None not in (settings.units, settings.layers, settings.width, settings.dropout, settings.steps)
    assert train.batch_size == settings.lanes == 1
    large = GENERATE.resolve(of_text(TEXT * 500), Generate(), TrainConfig(epochs=3), frozenset({"epochs"}))
    assert large.train.batch_size == large.settings.lanes == 32
    assert large.train.epochs == 3


def test_the_last_tenth_is_for_validation_unless_the_user_parts() -> None:
    dataset = of_text(TEXT)
    assert GENERATE.resolve(dataset, Generate(), TrainConfig(), frozenset()).split == SplitConfig(split=(0.9, 0.1, 0.0))
    assert GENERATE.resolve(dataset, Generate(), TrainConfig(), frozenset({"split"})).split is None


def test_of_a_long_text_a_million_bytes_are_for_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "MOST_VALIDATION", 50)
    dataset = of_text(TEXT)
    size = int(dataset.offsets[-1])
    found = GENERATE.resolve(dataset, Generate(), TrainConfig(), frozenset())
    assert any("the last 50 bytes" in note for note in found.notes)
    assert found.split is not None
    splits = GENERATE.split(dataset, found.settings, found.split)
    assert (splits.train.rows, splits.validation.rows, splits.test.rows) == (size - 50, 50, 0)


def test_training_reads_lanes_and_everything_else_windows() -> None:
    dataset, settings, _ = resolved()
    splits = GENERATE.split(dataset, settings, SplitConfig(split=(0.8, 0.1, 0.1)))
    codec = GENERATE.fit_codec(splits.train, settings)
    assert isinstance(GENERATE.examples(splits.train, codec, settings), Lanes)
    assert isinstance(GENERATE.examples(splits.validation, codec, settings), Windows)


def test_the_vocabulary_is_learned_from_the_training_part_only() -> None:
    dataset, settings, _ = resolved(TEXT + "z" * 200)
    splits = GENERATE.split(dataset, settings, SplitConfig(split=(0.8, 0.2, 0.0)))
    codec = GENERATE.fit_codec(splits.train, settings)
    assert "z" not in codec.vocabulary.pieces
    assert any("unknown" in line and "validation" in line for line in GENERATE.coverage(splits, codec, settings))
    assert GENERATE.codec(codec.to_plain()) == codec


def test_surprise_is_the_negative_log_probability() -> None:
    logits = np.log(np.array([[[0.7, 0.2, 0.1]]], np.float32)) + 5
    assert surprise(logits, np.array([[1]]))[0, 0] == pytest.approx(-math.log(0.2), abs=1e-6)


def test_metrics_of_a_uniform_guess() -> None:
    dataset, settings, _ = resolved("ä" * 300 + "b" * 300)
    codec = GENERATE.fit_codec(everything(dataset), settings)
    examples = GENERATE.examples(everything(dataset), codec, settings)
    sums: dict[str, np.ndarray] = {}
    for arrays in batches(examples, 256):
        ids = len(codec.vocabulary)
        outputs = {"logits": np.zeros((*arrays.inputs["ids"].shape, ids), np.float32)}
        decoded = GENERATE.decode(outputs, arrays, codec, settings)
        measured = GENERATE.measure(decoded, arrays, codec, settings)
        for name, values in measured.sums.items():
            sums[name] = sums.get(name, np.zeros(())) + values.sum(axis=0)
    found = GENERATE.metrics(sums, settings)
    assert sums["units"] == 600
    assert sums["bytes"] == 900
    assert found["perplexity"] == pytest.approx(6)
    assert found["bits_per_byte"] == pytest.approx(math.log2(6) * 600 / 900)


def test_the_baseline_sees_the_units_before_each_one() -> None:
    dataset, settings, _ = resolved()
    codec = GENERATE.fit_codec(everything(dataset), settings)
    state = GENERATE.fit_baselines(everything(dataset), codec, settings)
    arrays = next(batches(GENERATE.examples(everything(dataset), codec, settings), 2))
    nats = GENERATE.baselines(state, arrays, codec, settings)[BASELINE]["nats"]
    real = arrays.weights > 0
    assert nats[~real].sum() == 0
    assert nats[real][30:].mean() < 0.2


def test_predictions_name_every_unit_with_its_bits() -> None:
    dataset, settings, _ = resolved("abc\n" * 100)
    codec = GENERATE.fit_codec(everything(dataset), settings)
    arrays = GENERATE.requests(dataset, codec, settings).arrays(np.array([0]))
    decoded = {"nats": np.full(arrays.weights.shape, math.log(4))}
    rows = GENERATE.rows(decoded, arrays, codec, dataset)
    assert rows["unit"][:4].tolist() == ["a", "b", "c", "\n"]
    assert rows["position"][:3].tolist() == [0, 1, 2]
    assert rows["bits"][0] == pytest.approx(2)


def test_what_cannot_work_is_refused() -> None:
    with pytest.raises(DataError, match="at least 200"):
        resolved("short")
    with pytest.raises(ConfigError, match="unit must be one of"):
        Generate(unit="letter")
    with pytest.raises(DamagedRunError):
        GENERATE.codec({"vocabulary": {}})
    with pytest.raises(ConfigError, match="lanes"):
        replace(Generate(), lanes=0)
