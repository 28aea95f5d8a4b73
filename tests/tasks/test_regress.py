"""What the task regress promises, without training; training is marked slow."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gru_toolkit.config import SplitConfig, TrainConfig
from gru_toolkit.errors import ConfigError, DamagedRunError, DataError
from gru_toolkit.sequences.dataset import Dataset, batches, everything
from gru_toolkit.sequences.table import Column
from gru_toolkit.tasks import find
from gru_toolkit.tasks.linear_start import fit_linear_start
from gru_toolkit.tasks.regress import REGRESS, Regress, target_values
from gru_toolkit.tasks.regress_codec import conformal_quantile, tempered_trust
from tests.tasks.series_samples import frequency, labels

DATA = frequency(24, seed=0)
SETTINGS: Regress = REGRESS.resolve(DATA, Regress(), TrainConfig(), frozenset()).settings
CODEC = REGRESS.fit_codec(everything(DATA), SETTINGS)
TRUTH = DATA.statics["rate"].values


def arrays_of_all():  # type: ignore[no-untyped-def]
    return next(batches(REGRESS.examples(everything(DATA), CODEC, SETTINGS), 24))


def test_the_task_is_found_by_name() -> None:
    assert find("regress") is REGRESS


def test_targets_return_to_the_users_units() -> None:
    arrays = arrays_of_all()
    decoded = REGRESS.decode({"scores": arrays.targets["value"]}, arrays, CODEC, SETTINGS)
    np.testing.assert_allclose(decoded["value"], TRUTH, rtol=1e-6)
    assert set(decoded) == {"value"}


def test_members_are_averaged() -> None:
    arrays = arrays_of_all()
    scores = np.tile(np.array([[1.0, -1.0, 3.0]], np.float32), (24, 1))
    decoded = REGRESS.decode({"scores": scores}, arrays, CODEC, SETTINGS)
    np.testing.assert_allclose(decoded["value"], CODEC.start(arrays) + CODEC.scale)


def test_intervals_hold_their_share_of_the_calibration_errors() -> None:
    arrays = arrays_of_all()
    noise = np.random.default_rng(0).normal(size=24)
    calibrated = REGRESS.calibrate(CODEC, replace(SETTINGS, temper=False), [({"value": TRUTH + noise}, arrays)])
    assert calibrated.trust == 1
    assert calibrated.half_width == np.sort(np.abs(noise))[19]  # the ⌈25 · 0.8⌉ = 20th smallest
    decoded = REGRESS.decode({"scores": np.zeros((24, 1), np.float32)}, arrays, calibrated, SETTINGS)
    np.testing.assert_allclose(decoded["upper"] - decoded["lower"], 2 * calibrated.half_width)


def test_the_network_starts_from_a_ridge_unless_it_must_read_step_by_step() -> None:
    arrays = arrays_of_all()
    remembered = REGRESS.fit_baselines(everything(DATA), CODEC, SETTINGS)
    ridge = REGRESS.baselines(remembered, arrays, CODEC, SETTINGS)["linear"]["value"]
    np.testing.assert_allclose(CODEC.start(arrays), ridge)
    for settings in (replace(SETTINGS, linear=False), replace(SETTINGS, causal=True, shrink=1)):
        codec = REGRESS.fit_codec(everything(DATA), settings)
        np.testing.assert_allclose(codec.start(arrays), TRUTH.mean())


def test_a_ridge_that_explains_nothing_is_left_out() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=30)
    assert not fit_linear_start(rng.normal(size=(30, 20)), noise - noise.mean()).weights
    features = rng.normal(size=(200, 2))
    line = fit_linear_start(features, features[:, 0])
    np.testing.assert_allclose(line.values(features), features[:, 0], atol=0.1)


def test_trust_is_half_without_evidence_and_follows_it_with_much() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=5000)
    assert tempered_trust(truth, truth) == 1
    assert tempered_trust(np.zeros(3), np.ones(3)) == 0.5
    assert tempered_trust(2 * truth, truth + 0.1 * rng.normal(size=5000)) == pytest.approx(0.5, abs=0.01)
    assert tempered_trust(rng.normal(size=5000), truth) == pytest.approx(0, abs=0.05)
    # noise (1 + 1) / 2 = 1, prior 4: (-2 + 2) / (2 + 4)
    assert tempered_trust(np.array([1.0, -1.0]), np.array([0.0, 0.0])) == pytest.approx((0 + 2) / (2 + 4))


def test_tempering_moves_predictions_towards_the_start() -> None:
    arrays = arrays_of_all()
    start = CODEC.start(arrays)
    opposite = {"value": 2 * start - TRUTH}
    codec = REGRESS.calibrate(CODEC, SETTINGS, [(opposite, arrays)])
    assert codec.trust < 0.1
    decoded = REGRESS.decode({"scores": np.ones((24, 1), np.float32)}, arrays, codec, SETTINGS)
    np.testing.assert_allclose(decoded["value"], start + codec.trust * codec.scale)


def test_conformal_quantile_by_hand() -> None:
    errors = np.array([4.0, 1.0, 3.0, 2.0])
    assert conformal_quantile(errors, 0.6) == 3.0  # ⌈5 · 0.6⌉ = 3
    assert conformal_quantile(errors, 0.99) == 4.0


def test_scores_by_hand() -> None:
    codec = replace(CODEC, centre=1.0, half_width=1.0)
    arrays = REGRESS.examples(everything(DATA), CODEC, SETTINGS).arrays(np.arange(3))
    arrays.context["truth"][:] = [1.0, 2.0, 3.0]  # type: ignore[index]
    decoded = {"value": np.array([1.0, 4.0, 2.5]), "lower": np.array([0.0, 3, 1.5]), "upper": np.array([2.0, 5, 3.5])}
    measures = REGRESS.measure(decoded, arrays, codec, SETTINGS)
    metrics = REGRESS.metrics({name: values.sum(axis=0) for name, values in measures.sums.items()}, SETTINGS)
    assert metrics["rmse"] == pytest.approx(np.sqrt((0 + 4 + 0.25) / 3))
    assert metrics["mae"] == pytest.approx(2.5 / 3)
    assert metrics["r2"] == pytest.approx(1 - 4.25 / 2)  # squares about the mean 2: 1 + 0 + 1
    assert metrics["coverage"] == pytest.approx(2 / 3)
    assert metrics["interval_width"] == 2


def test_baselines_have_the_networks_form_before_and_after_calibration() -> None:
    state = REGRESS.fit_baselines(everything(DATA), CODEC, SETTINGS)
    arrays = arrays_of_all()
    for codec in (CODEC, replace(CODEC, half_width=0.5)):
        own = REGRESS.decode({"scores": np.zeros((24, 1), np.float32)}, arrays, codec, SETTINGS)
        found = REGRESS.baselines(state, arrays, codec, SETTINGS)
        assert set(found) == {"mean", "linear", "nearest neighbour"}
        for decoded in found.values():
            assert {name: values.shape for name, values in decoded.items()} == {n: v.shape for n, v in own.items()}
    np.testing.assert_array_equal(found["nearest neighbour"]["value"], TRUTH)
    np.testing.assert_allclose(found["mean"]["value"], TRUTH.mean())


def test_the_codec_survives_json_and_damage_is_refused() -> None:
    for codec in (CODEC, replace(CODEC, half_width=0.25)):
        assert REGRESS.codec(json.loads(json.dumps(codec.to_plain()))) == codec
    for damage in ({"centre": "x"}, {"series": 3}, {"half_width": []}):
        with pytest.raises(DamagedRunError):
            REGRESS.codec({**CODEC.to_plain(), **damage})


def test_labels_and_gaps_are_no_numbers() -> None:
    with pytest.raises(DataError, match="classify"):
        target_values(labels(["a"]))
    with pytest.raises(DataError, match="sequence 2"):
        target_values(Column("y", "number", np.array([1.0, np.nan])))


def test_a_constant_target_is_refused() -> None:
    same = Dataset(**{**DATA.__dict__, "statics": {"rate": Column("rate", "number", np.full(24, 2.0))}})
    with pytest.raises(DataError, match="nothing to learn"):
        REGRESS.fit_codec(everything(same), SETTINGS)


@pytest.mark.parametrize("change", [{"loss": "cubed"}, {"interval": 1.0}, {"warp": -1.0}])
def test_settings_out_of_range_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        Regress(**change)  # type: ignore[arg-type]


@pytest.mark.parametrize(("loss", "expected"), [("squared", (0.25 + 9) / 2), ("huber", (0.25 + 5) / 2)])
def test_the_loss_by_hand(loss: str, expected: float) -> None:
    # errors 0.5 and 3: squares 0.25 and 9; huber 0.25 and 2 · 3 - 1; the padded third row counts nothing
    outputs = {"scores": np.array([[0.5], [3.0], [100.0]], np.float32)}
    targets = {"value": np.zeros((3, 1), np.float32)}
    value = REGRESS.loss(Regress(loss=loss))(targets, outputs, np.array([1.0, 1.0, 0.0], np.float32))
    assert float(value) == pytest.approx(expected)


@pytest.mark.slow
def test_a_frequency_is_learned_and_beats_the_baselines(tmp_path: Path) -> None:
    from gru_toolkit.runs import evaluation, training

    request = training.TrainRequest(
        data=("memory",),
        task_settings=Regress(preset="fast", blocks=1),
        split=SplitConfig(split=(0.8, 0.2, 0.0)),
        train=TrainConfig(),
        out=tmp_path / "run",
    )
    run = training.train(request, on_event=lambda event: None, dataset=frequency(200, seed=1))
    report = evaluation.evaluate_dataset(run, frequency(100, seed=2))
    scores = {name: scored.metrics for name, scored in report.comparison.scores.items()}
    assert report.comparison.wins, scores
    assert scores["network"]["r2"] > 0.8, scores
    assert 0.6 < scores["network"]["coverage"] <= 1, scores
