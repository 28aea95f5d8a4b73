from pathlib import Path

import numpy as np
import pytest

from gru_toolkit.config import ReadConfig, SplitConfig, TrainConfig
from gru_toolkit.errors import DamagedRunError, DataError
from gru_toolkit.sequences.dataset import Dataset, everything
from gru_toolkit.sequences.labelled_texts import Rows, dataset_of_rows
from gru_toolkit.sequences.text_samples import remarks
from gru_toolkit.sequences.vocabularies import END, START, UNKNOWN
from gru_toolkit.tasks.classify_text import CLASSIFY_TEXT, ClassifyText
from gru_toolkit.tasks.text_guessing import holds_texts, plain_task


def dataset(count: int = 60) -> Dataset:
    lines = [line.split("\t") for line in remarks(0, count=count).splitlines()[1:]]
    return dataset_of_rows(Rows([a for a, _ in lines], [b for _, b in lines], ("verdict", "remark")), ["memory"])


def prepared(**settings: object) -> tuple[Dataset, ClassifyText]:
    data = dataset()
    found = CLASSIFY_TEXT.resolve(data, ClassifyText(**settings), TrainConfig(), frozenset())  # type: ignore[arg-type]
    return data, found.settings


def test_texts_of_several_words_are_read_by_words_and_names_by_characters() -> None:
    assert prepared()[1].unit == "word"
    names = dataset_of_rows(Rows(["a", "b"] * 5, ["Müller", "Nowak"] * 5, ("label", "text")), ["memory"])
    found = CLASSIFY_TEXT.resolve(names, ClassifyText(), TrainConfig(), frozenset())
    assert (found.settings.unit, found.settings.units, found.settings.members) == ("char", 128, 2)
    assert (found.train.keep, found.train.patience) == ("best", 5)


def test_words_are_read_by_more_networks_and_to_the_end_of_the_schedule() -> None:
    found = CLASSIFY_TEXT.resolve(dataset(), ClassifyText(), TrainConfig(), frozenset())
    assert (found.settings.units, found.settings.members) == (64, 4)
    assert (found.train.keep, found.train.patience) == ("last", 0)
    given = CLASSIFY_TEXT.resolve(dataset(), ClassifyText(units=7), TrainConfig(keep="best"), frozenset({"keep"}))
    assert (given.settings.units, given.train.keep) == (7, "best")


def test_examples_begin_and_end_and_are_cut_where_they_are_too_long() -> None:
    data, settings = prepared(longest=3)
    codec = CLASSIFY_TEXT.fit_codec(everything(data), settings)
    arrays = CLASSIFY_TEXT.examples(everything(data), codec, settings).arrays(np.arange(4))
    assert arrays.inputs["ids"].shape == (4, 5)
    assert (arrays.inputs["ids"][:, 0] == START).all()
    assert (arrays.inputs["ids"][:, -1] == END).all()
    splits = CLASSIFY_TEXT.split(data, settings, SplitConfig())
    assert any("100.00% of the texts are cut" in line for line in CLASSIFY_TEXT.coverage(splits, codec, settings))


def test_training_forgets_some_words_and_prediction_none() -> None:
    data, settings = prepared(word_dropout=0.5)
    codec = CLASSIFY_TEXT.fit_codec(everything(data), settings)
    examples = CLASSIFY_TEXT.examples(everything(data), codec, settings)
    plain = examples.arrays(np.arange(60)).inputs["ids"]
    dropped = examples.arrays(np.arange(60), np.random.default_rng(0)).inputs["ids"]
    changed = (plain != dropped)[plain > END]
    assert 0.4 < changed.mean() < 0.6
    assert (dropped[plain != dropped] == UNKNOWN).all()
    assert (dropped[plain <= END] == plain[plain <= END]).all()


def test_training_loses_half_of_the_n_grams_and_prediction_none() -> None:
    data, settings = prepared()
    codec = CLASSIFY_TEXT.fit_codec(everything(data), settings)
    examples = CLASSIFY_TEXT.examples(everything(data), codec, settings)
    plain = examples.arrays(np.arange(60))
    np.testing.assert_array_equal(plain.inputs["ngrams"], plain.context["ngrams"])
    lossy = examples.arrays(np.arange(60), np.random.default_rng(0))
    real = plain.inputs["ngrams"] > 0
    assert 0.4 < (lossy.inputs["ngrams"][real] == 0).mean() < 0.6
    np.testing.assert_array_equal(lossy.context["ngrams"], plain.context["ngrams"])


def test_rare_words_are_unknown_to_the_networks_and_known_as_n_grams() -> None:
    lines = [("a", "the cat sat"), ("b", "the cat ran"), ("b", "the cat zoomed")]
    texts = dataset_of_rows(Rows([a for a, _ in lines], [b for _, b in lines], ("label", "text")), ["memory"])
    settings = CLASSIFY_TEXT.resolve(texts, ClassifyText(unit="word"), TrainConfig(), frozenset()).settings
    codec = CLASSIFY_TEXT.fit_codec(everything(texts), settings)
    inputs = CLASSIFY_TEXT.examples(everything(texts), codec, settings).arrays(np.arange(3)).inputs
    assert (inputs["ids"][:, 3] == UNKNOWN).all()
    assert len({tuple(row) for row in inputs["ngrams"].tolist()}) == 3


def test_validation_decides_how_much_the_n_grams_count() -> None:
    data, settings = prepared()
    codec = CLASSIFY_TEXT.fit_codec(everything(data), settings)
    arrays = CLASSIFY_TEXT.examples(everything(data), codec, settings).arrays(np.arange(60))
    labels = len(codec.labels)
    right = 5.0 * np.eye(labels)[arrays.context["truth"]]
    noise = np.random.default_rng(0).normal(size=(60, labels))
    outputs = {"scores": np.tile(noise, settings.members), "attention": np.ones((60, 1)), "ngram_scores": right}
    decoded = CLASSIFY_TEXT.decode(outputs, arrays, codec, settings)
    fitted = CLASSIFY_TEXT.calibrate(codec, settings, [(decoded, arrays)])
    assert fitted.powers[1] > 2 * fitted.powers[0]
    sure = CLASSIFY_TEXT.decode(outputs, arrays, fitted, settings)["probabilities"]
    assert (sure.argmax(axis=1) == arrays.context["truth"]).all()
    np.testing.assert_allclose(sure.sum(axis=1), 1)
    assert CLASSIFY_TEXT.codec(fitted.to_plain()) == fitted


def test_without_n_grams_the_networks_are_alone() -> None:
    data, settings = prepared(ngrams=False)
    codec = CLASSIFY_TEXT.fit_codec(everything(data), settings)
    arrays = CLASSIFY_TEXT.examples(everything(data), codec, settings).arrays(np.arange(3))
    assert set(arrays.inputs) == {"ids", "lengths"}
    one = np.array([[0.0, 1.0], [2.0, 0.0], [0.5, 0.0]])
    outputs = {"scores": np.tile(one, settings.members), "attention": np.ones((3, 1))}
    found = CLASSIFY_TEXT.decode(outputs, arrays, codec, settings)["probabilities"]
    np.testing.assert_allclose(found, np.exp(one) / np.exp(one).sum(axis=1, keepdims=True))


def test_a_run_from_before_n_grams_says_so() -> None:
    data, settings = prepared()
    plain = CLASSIFY_TEXT.fit_codec(everything(data), settings).to_plain()
    with pytest.raises(DamagedRunError, match="earlier version"):
        CLASSIFY_TEXT.codec({"labels": plain["labels"], "vocabulary": plain["vocabulary"]})


def test_a_label_that_training_has_not_seen_is_named_with_its_text() -> None:
    data, settings = prepared()
    codec = CLASSIFY_TEXT.fit_codec(everything(data), settings)
    other = dataset_of_rows(Rows(["pleased", "angry"], ["x y", "z"], ("verdict", "remark")), ["memory"])
    with pytest.raises(DataError, match=r"text 2 has the label 'angry'"):
        CLASSIFY_TEXT.examples(everything(other), codec, settings)


def test_codecs_come_back_from_plain_data() -> None:
    data, settings = prepared()
    codec = CLASSIFY_TEXT.fit_codec(everything(data), settings)
    assert CLASSIFY_TEXT.codec(codec.to_plain()) == codec
    with pytest.raises(DamagedRunError):
        CLASSIFY_TEXT.codec({"labels": ["a"]})


def test_baselines_give_a_probability_to_every_label() -> None:
    data, settings = prepared()
    codec = CLASSIFY_TEXT.fit_codec(everything(data), settings)
    state = CLASSIFY_TEXT.fit_baselines(everything(data), codec, settings)
    arrays = CLASSIFY_TEXT.examples(everything(data), codec, settings).arrays(np.arange(7))
    found = CLASSIFY_TEXT.baselines(state, arrays, codec, settings)
    assert set(found) == {"naive Bayes", "linear", "majority"}
    for prediction in found.values():
        np.testing.assert_allclose(prediction["probabilities"].sum(axis=1), 1, rtol=1e-6)


def test_one_label_is_not_enough() -> None:
    single = dataset_of_rows(Rows(["a", "a"], ["x", "y"], ("label", "text")), ["memory"])
    with pytest.raises(DataError, match="at least two different labels"):
        CLASSIFY_TEXT.resolve(single, ClassifyText(), TrainConfig(), frozenset())


def test_files_of_text_are_told_from_files_of_numbers(tmp_path: Path) -> None:
    files = {
        "labelled.txt": "0 a b c\n1 d e f\n" * 30,
        "running.txt": "It was a dark night.\nThe rain fell.\n\nNobody came that way again.\n" * 5,
        "ucr.txt": "1 0.5 0.2 0.1\n2 0.1 0.4 0.3\n" * 5,
        "texts.tsv": remarks(0, count=30),
        "series.csv": "id,t,x,label\na,1,0.5,yes\na,2,0.6,yes\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    told = {name: plain_task([str(tmp_path / name)], ReadConfig()) for name in files}
    assert {name: guess[0] for name, guess in told.items() if guess} == {
        "labelled.txt": "classify-text",
        "running.txt": "generate",
    }
    texts = {name for name in files if holds_texts([str(tmp_path / name)], ReadConfig())}
    assert texts == {"labelled.txt", "running.txt", "texts.tsv"}
