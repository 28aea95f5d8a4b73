import json
import re
from pathlib import Path

import numpy as np
import pytest

from gru_toolkit.config import ReadConfig, TrainConfig
from gru_toolkit.errors import ConfigError, DamagedRunError, DataError
from gru_toolkit.sequences.dataset import Dataset, everything
from gru_toolkit.sequences.reading import read_dataset
from gru_toolkit.sequences.text_samples import ratings
from gru_toolkit.tasks.regress_text import REGRESS_TEXT, RegressText, RegressTextCodec
from gru_toolkit.tasks.text_guessing import WITH_TEXTS, holds_texts


def read(path: Path, text: str, **settings: object) -> Dataset:
    path.write_text(text, encoding="utf-8")
    wants = REGRESS_TEXT.wants(RegressText(), labelled=True)
    return read_dataset([str(path)], ReadConfig(**settings), wants)  # type: ignore[arg-type]


@pytest.fixture
def prepared(tmp_path: Path) -> tuple[Dataset, RegressText, RegressTextCodec]:
    data = read(tmp_path / "ratings.tsv", ratings(count=80))
    settings = REGRESS_TEXT.resolve(data, RegressText(), TrainConfig(), frozenset()).settings
    return data, settings, REGRESS_TEXT.fit_codec(everything(data), settings)


def test_numbers_are_read_from_lines_two_columns_and_tables(tmp_path: Path) -> None:
    written = {
        "lines.txt": "1.5 a dull day\n-2 a worse day\n",
        "pairs.tsv": "1.5\ta dull day\n-2\ta worse day\n",
        "headed.tsv": "points\ttext\n1.5\ta dull day\n-2\ta worse day\n",
        "table.csv": "text,points\na dull day,1.5\na worse day,-2\n",
    }
    for name, content in written.items():
        data = read(tmp_path / name, content)
        settings = REGRESS_TEXT.resolve(data, RegressText(), TrainConfig(), frozenset()).settings
        codec = REGRESS_TEXT.fit_codec(everything(data), settings)
        truth = REGRESS_TEXT.examples(everything(data), codec, settings).arrays(np.arange(2)).context["truth"]
        assert truth.tolist() == [1.5, -2.0], name


def test_a_file_read_again_by_its_roles_is_the_same_data(tmp_path: Path) -> None:
    first = read(tmp_path / "pairs.tsv", "points\tremark\n10.0\ta dull day\n-2\ta worse day\n")
    again = read_dataset(
        [str(tmp_path / "pairs.tsv")],
        ReadConfig(inputs=first.roles.inputs, target=first.roles.target),
        REGRESS_TEXT.wants(RegressText(), labelled=True),
    )
    assert again.fingerprint == first.fingerprint


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("lines.txt", "1.5 a dull day\ngood a fine day\n", r"lines\.txt:2.*'good', a number is wanted"),
        ("pairs.tsv", "1.5\ta dull day\n2\ta day\ngood\ta fine day\n", r"pairs\.tsv:3.*expected a number, a TAB"),
        ("pairs.tsv", "1.5\ta dull day\nnan\ta fine day\n", r"pairs\.tsv:2.*expected a number"),
        ("table.csv", "text,points\na dull day,1.5\na fine day,good\n", r"table\.csv.*'good'"),
    ],
)
def test_what_is_no_number_is_named_with_its_place(tmp_path: Path, name: str, content: str, message: str) -> None:
    with pytest.raises(DataError) as found:
        read(tmp_path / name, content)
    assert re.search(message, str(found.value))


def test_a_target_that_never_changes_is_refused(tmp_path: Path) -> None:
    data = read(tmp_path / "same.tsv", "points\ttext\n" + "3\tall the same\n" * 5)
    settings = REGRESS_TEXT.resolve(data, RegressText(), TrainConfig(), frozenset()).settings
    with pytest.raises(DataError, match="nothing to learn"):
        REGRESS_TEXT.fit_codec(everything(data), settings)


def test_regress_on_files_of_texts_is_this_task(tmp_path: Path) -> None:
    (tmp_path / "ratings.tsv").write_text(ratings(count=20))
    assert WITH_TEXTS["regress"] == REGRESS_TEXT.name
    assert holds_texts([str(tmp_path / "ratings.tsv")], ReadConfig())


def test_outputs_become_numbers_in_the_users_units(prepared: tuple[Dataset, RegressText, RegressTextCodec]) -> None:
    """Networks say 1 and 3, n-grams 1: half of 2 and half of 1 scales are added to the centre."""
    data, settings, codec = prepared
    arrays = REGRESS_TEXT.examples(everything(data), codec, settings).arrays(np.arange(2))
    outputs = {"scores": np.array([[1.0, 3.0], [0, 0]]), "ngram_scores": np.array([[1.0], [0]])}
    decoded = REGRESS_TEXT.decode(outputs, arrays, codec, settings)
    np.testing.assert_allclose(decoded["value"], [codec.centre + 1.5 * codec.scale, codec.centre])
    assert set(REGRESS_TEXT.rows(decoded, arrays, codec, data)) == {"id", "value"}


def test_validation_gives_shares_and_an_interval_that_holds_what_it_promises(
    prepared: tuple[Dataset, RegressText, RegressTextCodec],
) -> None:
    data, settings, codec = prepared
    arrays = REGRESS_TEXT.examples(everything(data), codec, settings).arrays(np.arange(80))
    noise = np.random.default_rng(0).normal(size=(80, 1))
    outputs = {"scores": noise, "ngram_scores": arrays.targets["value"] + 0.1 * noise[::-1]}
    fitted = REGRESS_TEXT.calibrate(codec, settings, [(REGRESS_TEXT.decode(outputs, arrays, codec, settings), arrays)])
    assert fitted.shares[1] > 0.9
    assert fitted.shares[0] < 0.1
    decoded = REGRESS_TEXT.decode(outputs, arrays, fitted, settings)
    inside = (decoded["lower"] <= arrays.context["truth"]) & (arrays.context["truth"] <= decoded["upper"])
    assert 0.75 < inside.mean() < 0.9
    assert REGRESS_TEXT.codec(json.loads(json.dumps(fitted.to_plain()))) == fitted
    with pytest.raises(DamagedRunError):
        REGRESS_TEXT.codec({"centre": 1})


def test_baselines_stand_beside_and_the_linear_one_is_nearer(
    prepared: tuple[Dataset, RegressText, RegressTextCodec],
) -> None:
    data, settings, codec = prepared
    state = REGRESS_TEXT.fit_baselines(everything(data), codec, settings)
    arrays = REGRESS_TEXT.examples(everything(data), codec, settings).arrays(np.arange(80))
    found = REGRESS_TEXT.baselines(state, arrays, codec, settings)
    assert set(found) == {"mean", "linear"}
    errors = {name: np.abs(values["value"] - arrays.context["truth"]).mean() for name, values in found.items()}
    assert errors["linear"] < errors["mean"]


def test_an_interval_lies_between_nothing_and_everything() -> None:
    with pytest.raises(ConfigError, match="interval"):
        RegressText(interval=1.0)
