"""The task `translate`: ids and back, what is trained on, scores as sacrebleu gives them, baselines, refusals."""

import sys
from pathlib import Path

import numpy as np
import pytest
import sacrebleu

from gru_toolkit.config import ReadConfig, SplitConfig, TrainConfig
from gru_toolkit.errors import ConfigError, DamagedRunError, DataError
from gru_toolkit.sequences.dataset import Dataset, everything
from gru_toolkit.sequences.parallel import of_sentences
from gru_toolkit.sequences.phrase_samples import phrases
from gru_toolkit.sequences.reading import read_dataset
from gru_toolkit.sequences.vocabularies import END, START, UNKNOWN
from gru_toolkit.tasks import translate_scores, word_dictionary
from gru_toolkit.tasks.translate import TRANSLATE, Translate, TranslateCodec, alignment
from gru_toolkit.tasks.translate_examples import sources_of, split_pairs, translations_of

FOUND = ["Der alte Fuchs sieht den Hund .", "Ein Vogel", "", "Die Maus malt, weil sie müde ist."]
TRUTH = ["Der alte Fuchs sieht einen Hund.", "Ein kleiner Vogel singt.", "Etwas", "Die Maus malt, weil sie müde ist."]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    path = tmp_path_factory.mktemp("phrases") / "phrases.tsv"
    path.write_text(phrases(count=300), encoding="utf-8")
    return read_dataset([str(path)], ReadConfig(), TRANSLATE.wants(Translate(), labelled=True))


@pytest.fixture(scope="module")
def codec(dataset: Dataset) -> TranslateCodec:
    return TRANSLATE.fit_codec(everything(dataset), Translate(vocabulary=300))


def test_text_becomes_ids_and_the_same_text_again(dataset: Dataset, codec: TranslateCodec) -> None:
    for text in (*translations_of(everything(dataset)), "Zwei  Räume — „quer“", ""):
        assert codec.target.decode(codec.target.encode(text)) == text
    restored = TRANSLATE.codec(codec.to_plain())
    assert restored.target.encode("Der Fuchs").tolist() == codec.target.encode("Der Fuchs").tolist()
    assert "target" not in codec.to_plain()  # both languages share one vocabulary
    with pytest.raises(DamagedRunError):
        TRANSLATE.codec({"target": {}})


def test_words_and_letters_never_seen_are_spelt_in_bytes(codec: TranslateCodec) -> None:
    ids = codec.source.encode("zyzzyva 火 🦊")
    assert UNKNOWN not in ids.tolist()
    assert codec.source.decode(ids) == "zyzzyva 火 🦊"


def test_two_vocabularies_are_kept_apart(dataset: Dataset) -> None:
    two = TRANSLATE.fit_codec(everything(dataset), Translate(vocabulary=300, joint=False))
    again = TRANSLATE.codec(two.to_plain())
    text = "the old fox"
    assert again.source.encode(text).tolist() == two.source.encode(text).tolist() != two.target.encode(text).tolist()


def test_the_network_reads_what_is_known_so_far_and_is_asked_for_the_rest(
    dataset: Dataset, codec: TranslateCodec
) -> None:
    examples = TRANSLATE.examples(everything(dataset), codec, Translate())
    arrays = examples.arrays(np.array([3, 0]))
    truth = codec.target.encode(translations_of(everything(dataset))[3]).tolist()
    length = len(truth) + 1
    assert arrays.inputs["target"][0, :length].tolist() == [START, *truth]
    assert arrays.targets["next"][0, :length].tolist() == [*truth, END]
    assert arrays.weights.sum(axis=1)[0] == length
    read = arrays.inputs["source"][0, : arrays.inputs["source_lengths"][0]].tolist()
    assert read == [*codec.source.encode(sources_of(everything(dataset))[3]).tolist(), END]


def test_long_pairs_are_left_out_of_training_alone_and_are_counted(dataset: Dataset, codec: TranslateCodec) -> None:
    splits = split_pairs(dataset, SplitConfig())
    settings = Translate(longest=18)
    lengths = np.array(TRANSLATE.examples(splits.train, codec, Translate()).units())  # type: ignore[attr-defined]
    assert 0 < (lengths > 18).sum() < len(lengths)
    assert len(TRANSLATE.examples(splits.train, codec, settings)) == (lengths <= 18).sum()
    assert len(TRANSLATE.examples(splits.test, codec, settings)) == len(splits.test)
    said = TRANSLATE.coverage(splits, codec, settings)
    assert any(f"{(lengths > 18).sum():,} pairs" in line for line in said)
    with pytest.raises(DataError, match="every pair has more than 1 units"):
        TRANSLATE.examples(splits.train, codec, Translate(longest=1))


def test_equal_sentences_stand_in_one_part(tmp_path: Path) -> None:
    (tmp_path / "a.en").write_text("".join(f"sentence {number % 20}\n" for number in range(100)))
    (tmp_path / "a.de").write_text("".join(f"Satz {number}\n" for number in range(100)))
    wants = TRANSLATE.wants(Translate(), labelled=True)
    dataset = read_dataset([str(tmp_path / "a.en"), str(tmp_path / "a.de")], ReadConfig(), wants)
    splits = split_pairs(dataset, SplitConfig())
    parts = [set(sources_of(part)) for part in (splits.train, splits.validation, splits.test)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 20


def test_scores_are_those_of_sacrebleu() -> None:
    rows = translate_scores.sums(FOUND, TRUTH)
    found = translate_scores.scores({name: values.sum(axis=0) for name, values in rows.items()})
    assert found["bleu"] == pytest.approx(sacrebleu.corpus_bleu(FOUND, [TRUTH]).score)
    assert found["chrf"] == pytest.approx(sacrebleu.corpus_chrf(FOUND, [TRUTH]).score)
    assert found["exact"] == 0.25


def test_nothing_written_scores_nothing() -> None:
    sums = {name: values.sum(axis=0) for name, values in translate_scores.sums([""], ["etwas"]).items()}
    assert translate_scores.scores(sums) == {"bleu": 0.0, "chrf": 0.0, "length_ratio": 0.0, "exact": 0.0}


def test_the_dictionary_learns_words_from_sentences_and_copies_what_it_does_not_know() -> None:
    state = word_dictionary.learn(
        ["the dog sleeps .", "the cat sleeps .", "a dog .", "a cat .", "the bird ."],
        ["der Hund schläft .", "der Kater schläft .", "ein Hund .", "ein Kater .", "der Vogel ."],
    )
    assert word_dictionary.translations(state, ["a dog sleeps.", "the fox", ""]) == ["ein Hund schläft.", "der fox", ""]


def test_an_empty_sentence_stays_empty_and_attention_is_told_by_pieces(codec: TranslateCodec) -> None:
    requests = TRANSLATE.requests(of_sentences(["a fox", "  "]), codec, Translate())
    arrays = requests.arrays(np.arange(2))
    ids = codec.target.encode("ein Fuchs")
    outputs = {
        "ids": np.stack([ids, ids]),
        "lengths": np.array([len(ids), len(ids)]),
        "scores": np.zeros(2),
        "attention": np.full((2, len(ids), arrays.inputs["source"].shape[1]), 0.25, np.float32),
    }
    decoded = TRANSLATE.decode(outputs, arrays, codec, Translate())
    assert decoded["translation"].tolist() == ["ein Fuchs", ""]
    picture = alignment(decoded, arrays, codec, 0)
    assert "".join(picture.translation) == "einFuchs"
    assert picture.source[-1] == "∎"
    assert picture.weights.shape == (len(ids), len(picture.source))


def test_presets_fill_what_was_not_said(dataset: Dataset) -> None:
    resolved = TRANSLATE.resolve(dataset, Translate(units=7), TrainConfig(epochs=3), frozenset({"epochs"}))
    assert (resolved.settings.units, resolved.settings.width, resolved.train.epochs) == (7, 256, 3)
    assert resolved.settings.vocabulary == 500


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"beam": 0}, "beam must be at least 1"),
        ({"beam": 9}, "beam must be at most 8"),
        ({"dropout": 1.0}, "dropout lies in"),
        ({"length_penalty": float("nan")}, "finite"),
        ({"preset": "god"}, "preset must be one of"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Translate(**settings)


def test_without_its_library_of_scores_nothing_is_trained(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sacrebleu.metrics", None)
    with pytest.raises(ConfigError, match="sacrebleu, which is not installed"):
        TRANSLATE.resolve(dataset, Translate(), TrainConfig(), frozenset())
