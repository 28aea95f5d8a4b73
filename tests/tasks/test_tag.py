"""What the task tag promises: nothing leaks into its codec, scores are worked by hand, text goes out as it came in."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gru_toolkit.config import ReadConfig, SplitConfig, TrainConfig
from gru_toolkit.errors import ConfigError, DamagedRunError, DataError
from gru_toolkit.sequences.dataset import Arrays, Dataset, batches, everything
from gru_toolkit.sequences.reading import read_dataset
from gru_toolkit.tasks import find, tag_codec
from gru_toolkit.tasks.tag import TAG, Tag
from gru_toolkit.tasks.tag_codec import TagCodec
from gru_toolkit.tasks.tag_decoding import decoded_tags, tagged_lines, with_cell

TEXT = """# label = fly
to O
New B-city
York I-city

# label = eat
eat O
24 B-count
buns O

# label = fly
to O
Rome B-city

"""


def dataset(tmp_path: Path, text: str = TEXT, *, labelled: bool = True, settings: Tag | None = None) -> Dataset:
    path = tmp_path / "a.conll"
    path.write_text(text)
    return read_dataset([str(path)], ReadConfig(), TAG.wants(settings or Tag(), labelled=labelled))


def fitted(data: Dataset, **changes: object) -> tuple[Tag, TagCodec]:
    settings: Tag = TAG.resolve(data, replace(Tag(), **changes), TrainConfig(), frozenset()).settings  # type: ignore[arg-type]
    return settings, TAG.fit_codec(everything(data), settings)


def whole(data: Dataset, codec: TagCodec, settings: Tag) -> Arrays:
    return TAG.examples(everything(data), codec, settings).arrays(np.arange(len(data)))


def perfect(arrays: Arrays, codec: TagCodec) -> Mapping[str, np.ndarray]:
    """Outputs of a network that is always right."""
    tags = arrays.targets["tags"]
    emissions = np.eye(len(codec.scored), dtype=np.float32)[tags] * 9
    outputs = {"emissions": emissions, "transitions_0": np.zeros((len(codec.scored) + 2, len(codec.scored)))}
    if codec.sentence:
        outputs["sentence"] = np.eye(len(codec.sentence), dtype=np.float32)[arrays.targets["sentence"]] * 9
    return outputs


def test_the_task_is_found_by_name() -> None:
    assert find("tag") is TAG


def test_a_codec_is_plain_data_and_comes_back(tmp_path: Path) -> None:
    _, codec = fitted(dataset(tmp_path))
    assert TAG.codec(json.loads(json.dumps(codec.to_plain()))) == codec
    with pytest.raises(DamagedRunError):
        TAG.codec({"words": []})


def test_a_run_of_before_there_were_facts_is_read_without_them(tmp_path: Path) -> None:
    data = dataset(tmp_path)
    settings, codec = fitted(data)
    assert "facts" in next(batches(TAG.requests(data, codec, settings), 8)).inputs
    plain = json.loads(json.dumps(codec.to_plain()))
    del plain["places"]
    earlier = TAG.codec(plain)
    assert "facts" not in next(batches(TAG.requests(data, earlier, settings), 8)).inputs
    assert "facts" not in TAG.build(earlier, settings).input


def test_only_words_of_the_training_part_are_known(tmp_path: Path) -> None:
    data = dataset(tmp_path)
    settings, _ = fitted(data)
    splits = TAG.split(data, settings, SplitConfig(split=(2, 0, 1)))
    codec = TAG.fit_codec(splits.train, settings)
    held = {data.steps["word"].texts()[row] for row in tag_codec.rows_of(splits.test)}
    learned = {data.steps["word"].texts()[row] for row in tag_codec.rows_of(splits.train)}
    assert not {tag_codec.normal_form(str(word)) for word in held - learned} & set(codec.words)


def test_words_are_known_without_case_and_with_any_digits(tmp_path: Path) -> None:
    assert tag_codec.normal_form("Route-66A") == "route-00a"
    assert tag_codec.shape_of("Route-66A") == "Aa-0A"
    _, codec = fitted(dataset(tmp_path))
    assert "00" in codec.words


def test_spans_are_learned_as_iobes_and_given_out_as_they_were_written(tmp_path: Path) -> None:
    data = dataset(tmp_path)
    settings, codec = fitted(data)
    assert settings.scheme == "iob2"
    assert {code % 5 for code in codec.scored} == {0, 1, 3, 4}  # O, and New York as B E, the others as S
    arrays = whole(data, codec, settings)
    decoded = decoded_tags(perfect(arrays, codec), arrays, codec, 1)
    np.testing.assert_array_equal(decoded["tags"], arrays.context["truth"])
    rows = TAG.rows(decoded, arrays, codec, data)
    assert rows["column_2"].tolist() == data.steps["column_2"].texts()
    assert rows["token"].tolist() == [1, 2, 3, 1, 2, 3, 1, 2]
    assert rows["label"].tolist() == ["fly"] * 3 + ["eat"] * 3 + ["fly"] * 2


def test_a_file_whose_tags_are_right_comes_out_byte_for_byte(tmp_path: Path) -> None:
    data = dataset(tmp_path)
    settings, codec = fitted(data)
    arrays = whole(data, codec, settings)
    decoded = decoded_tags(perfect(arrays, codec), arrays, codec, 1)
    assert "".join(f"{line}\n" for line in tagged_lines(decoded, arrays, codec, data)) == TEXT


@pytest.mark.parametrize(
    ("line", "column", "written"),
    [("a  b c", 1, "a  X c"), ("a b ", 2, "a b X"), ("a\tb c\t_", 1, "a\tX\t_"), ("a\tb", 2, "a\tb\tX")],
)
def test_a_tag_takes_its_column_and_leaves_the_line(line: str, column: int, written: str) -> None:
    assert with_cell(line, column, "X") == written


def test_scores_are_those_worked_by_hand(tmp_path: Path) -> None:
    data = dataset(tmp_path)
    settings, codec = fitted(data)
    arrays = whole(data, codec, settings)
    tags = arrays.context["truth"].copy()
    city, count = (5 * codec.inventory.types.index(name) + 1 for name in ("city", "count"))
    tags[0, 2] = 0  # New York is cut short: a wrong span
    tags[1, 2] = count  # one span too many
    sums = TAG.measure({"tags": tags, "sentence": np.array([1, 0, 1])}, arrays, codec, settings).sums
    scores = TAG.metrics({name: values.sum(axis=0) for name, values in sums.items()}, settings)
    assert codec.sentence == ("eat", "fly")
    # True spans: New York, 24, Rome; predicted: New, 24, buns, Rome; right: 24, Rome.
    assert scores["precision"] == pytest.approx(2 / 4)
    assert scores["recall"] == pytest.approx(2 / 3)
    assert scores["f1"] == pytest.approx(4 / 7)
    assert scores["accuracy"] == pytest.approx(6 / 8)
    assert scores["sentence_accuracy"] == 1.0
    assert scores["f1_by_type"] == pytest.approx([1 / 2, 2 / 3, 0.0])  # city, count, unknown
    assert city in arrays.context["truth"]


def test_without_spans_f1_is_the_accuracy(tmp_path: Path) -> None:
    data = dataset(tmp_path, "I PRON\nrun VERB\n\ngo VERB\n\n")
    settings, codec = fitted(data)
    arrays = whole(data, codec, settings)
    tags = np.where(arrays.context["truth"] >= 0, arrays.context["truth"][1, 0], -1)  # always VERB
    sums = TAG.measure({"tags": tags}, arrays, codec, settings).sums
    scores = TAG.metrics({name: values.sum(axis=0) for name, values in sums.items()}, settings)
    assert scores["f1"] == scores["accuracy"] == pytest.approx(2 / 3)


def test_a_tag_that_training_has_not_seen_counts_as_wrong_and_is_told(tmp_path: Path) -> None:
    settings, codec = fitted(dataset(tmp_path))
    other = dataset(tmp_path, TEXT.replace("24 B-count", "24 B-price").replace("= eat", "= pay"), settings=settings)
    arrays = whole(other, codec, settings)
    assert arrays.weights[1].sum() == 0  # no loss for a sentence that the network cannot tag
    state = TAG.fit_baselines(everything(dataset(tmp_path)), codec, settings)
    answer = TAG.baselines(state, arrays, codec, settings)["most frequent tag"]
    sums = TAG.measure(answer, arrays, codec, settings).sums
    scores = TAG.metrics({name: values.sum(axis=0) for name, values in sums.items()}, settings)
    assert scores["unknown_tags"] == 1.0
    assert scores["accuracy"] == pytest.approx(7 / 8)
    assert scores["sentence_accuracy"] == pytest.approx(2 / 3)


def test_tags_of_another_kind_altogether_are_refused(tmp_path: Path) -> None:
    settings, codec = fitted(dataset(tmp_path))
    other = dataset(tmp_path, "# label = fly\nto B-x\n\n", settings=settings)
    with pytest.raises(DataError, match="none of the tags"):
        TAG.examples(everything(other), codec, settings)


def test_a_label_of_rejected_sentences_only_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("a B-x\nb I-x\n\na nonsense\n\nb O\n\n")
    settings = Tag(scheme="iob2")
    data = read_dataset([str(path)], ReadConfig(max_rejects=1), TAG.wants(settings, labelled=True))
    resolved: Tag = TAG.resolve(data, settings, TrainConfig(), frozenset()).settings
    assert TAG.fit_codec(everything(data), resolved).inventory.types == ("x",)


def test_the_baseline_gives_each_word_its_most_frequent_tag(tmp_path: Path) -> None:
    data = dataset(tmp_path, "a X\na Y\na Y\nb X\n\nc Z\nd Z\n\n")
    settings, codec = fitted(data)
    state = TAG.fit_baselines(everything(data), codec, settings)
    unseen = dataset(tmp_path, "a\nb\nnew\n\n", labelled=False)
    arrays = next(batches(TAG.requests(unseen, codec, settings), 8))
    found = TAG.baselines(state, arrays, codec, settings)["most frequent tag"]["tags"]
    assert [codec.inventory.label(code) for code in found[0].tolist()] == ["Y", "X", "Z"]


def test_rare_words_are_dropped_in_training_only_and_from_the_seed_alone(tmp_path: Path) -> None:
    data = dataset(tmp_path, "a X\nb Y\n\n" * 50 + "once X\n\n")
    settings, codec = fitted(data, word_dropout=1.0)
    examples = TAG.examples(everything(data), codec, settings)
    indices = np.arange(51)
    plain = examples.arrays(indices).inputs["words"]
    one, same = (examples.arrays(indices, np.random.default_rng(3)).inputs["words"] for _ in range(2))
    np.testing.assert_array_equal(one, same)
    dropped = (one == tag_codec.UNKNOWN) & (plain != tag_codec.UNKNOWN)
    assert 0 < dropped.sum() < 15
    assert not (plain == tag_codec.UNKNOWN).any()


def test_presets_keep_the_last_weights_and_leave_what_was_given(tmp_path: Path) -> None:
    resolved = TAG.resolve(dataset(tmp_path), Tag(units=7), TrainConfig(epochs=3), frozenset({"epochs"}))
    assert (resolved.settings.units, resolved.train.epochs, resolved.train.keep) == (7, 3, "last")


def test_only_a_causal_tagger_has_a_stream(tmp_path: Path) -> None:
    settings, codec = fitted(dataset(tmp_path), causal=True)
    assert (TAG.stream_kind(settings), TAG.stream_kind(Tag())) == ("recurrent", "none")
    assert (settings.crf, settings.spelling, codec.learned) == (False, "none", "none")


@pytest.mark.parametrize("wrong", [{"preset": "huge"}, {"scheme": "bio"}, {"units": 0}, {"dropout": 1.0}])
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        Tag(**wrong)  # type: ignore[arg-type]
