"""Tag: one label for each token of a sentence, and one for the sentence if it has one."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gru_toolkit.config import SplitConfig, TrainConfig, require_choice
from gru_toolkit.errors import ConfigError, DataError, UsageError
from gru_toolkit.sequences.dataset import Arrays, Dataset, Examples, Part, Splits, everything
from gru_toolkit.sequences.schemes import SCHEMES, scheme_of
from gru_toolkit.sequences.splits import split_by_group, split_stratified
from gru_toolkit.sequences.wants import Wants
from gru_toolkit.tasks import tag_baseline, tag_codec, tag_examples, tag_schemes, tag_scores, tag_windows
from gru_toolkit.tasks.figures import ByLabel, Confusion, Figure, Shown
from gru_toolkit.tasks.tag_codec import TagCodec
from gru_toolkit.tasks.tag_decoding import decoded_tags, tag_rows
from gru_toolkit.tasks.tag_presets import BUDGETS, PRESETS, schedule
from gru_toolkit.tasks.task import Decoded, Loss, Measures, MetricValue, Outputs, Resolved, StreamKind

if TYPE_CHECKING:
    import keras

SPLIT_SEED = 0


@dataclass(frozen=True)
class Tag:
    """Predict one tag for each token, and a label for each sentence where there is one."""

    preset: str = "good"
    """fast, good or best: how much is spent on networks, widths and steps."""
    cell: str = "gru"
    """gru, lstm, rnn, mingru, or pooling to see what the network does without recurrence."""
    units: int | None = None
    """Width of each recurrent layer and direction; by default what the preset says."""
    layers: int = 1
    """Recurrent layers on top of each other."""
    word_width: int = 100
    """Numbers that stand for a word."""
    spelling: str = "gru"
    """gru, convolution or none: how the letters of a word are read."""
    affixes: bool = True
    """Know of each word its beginnings, endings and shape, beside its letters."""
    neighbours: bool = True
    """Let the words and columns around a token speak for its tag directly too, beside the recurrent layers."""
    scheme: str | None = None
    """iob1, iob2, iobes, bilou or none: how tags mark spans; by default told from the tags."""
    crf: bool = True
    """Learn how likely a tag follows another; without, only the order that the scheme allows is kept."""
    members: int | None = None
    """Networks trained side by side whose scores are added up; by default what the preset says."""
    dropout: float = 0.5
    """Share of features dropped before and after the recurrent layers in training."""
    word_dropout: float = 0.25
    """A word seen n times is taken for unknown in training with probability word_dropout / (word_dropout + n)."""
    causal: bool = False
    """Read forward only and tag each word when it comes, for a stream; without spelling, neighbours and crf."""

    def __post_init__(self) -> None:
        require_choice("preset", self.preset, PRESETS)
        require_choice("spelling", self.spelling, ("gru", "convolution", "none"))
        require_choice("scheme", self.scheme, (None, *SCHEMES))
        for name in ("units", "layers", "word_width", "members"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} must be at least 1, got {value}")
        if not 0 <= self.dropout < 1 or self.word_dropout < 0:
            raise ConfigError("dropout lies in [0, 1) and word_dropout is at least 0")


class TagTask:
    """The task `tag`; see `Task` for what each method promises."""

    name = "tag"
    settings: type[Any] = Tag
    headline = "f1"
    higher_is_better = True

    def wants(self, settings: Tag, *, labelled: bool) -> Wants:
        return Wants(target="tag", label="text", need_target=labelled, allow_text_inputs=True, scheme=settings.scheme)

    def stream_kind(self, settings: Tag) -> StreamKind:
        return "recurrent" if settings.causal else "none"

    def look_back(self, settings: Tag) -> int:
        return 1

    def backtest(self, dataset: Dataset, settings: Tag, origins: int) -> Part:
        raise UsageError("tag predicts every token of a sentence, so there is nothing to backtest")

    def resolve(self, dataset: Dataset, settings: Tag, train: TrainConfig, given: frozenset[str]) -> Resolved:
        column = dataset.steps[dataset.roles.target[0]]
        if len(column.levels) < 2:
            raise DataError(f"at least two different tags are needed, found only {column.levels[0]!r}")
        if len(dataset) < 2:
            raise DataError("at least two sentences are needed, found 1")
        scheme = settings.scheme or scheme_of(column.levels, _sentences(dataset))
        budget = BUDGETS[settings.preset]
        chosen = replace(
            settings,
            scheme=scheme,
            units=settings.units or budget.units,
            members=settings.members or budget.members,
            spelling="none" if settings.causal else settings.spelling,
            crf=settings.crf and not settings.causal,
            neighbours=settings.neighbours and not settings.causal,
        )
        notes = [f"preset {settings.preset}: {chosen.members} × {chosen.units} units"]
        if settings.scheme is None:
            marks = "mark no spans" if scheme == "none" else f"mark spans in the scheme {scheme}"
            notes.append(f"assumed the tags {marks}, because of how they are written; override with --scheme")
        return Resolved(chosen, schedule(int(dataset.offsets[-1]), budget, train, given), tuple(notes))

    def split(self, dataset: Dataset, settings: Tag, config: SplitConfig) -> Splits:
        if config.group is not None:
            return split_by_group(dataset, config, SPLIT_SEED)
        whole = replace(dataset, roles=replace(dataset.roles, target=dataset.roles.target[1:]))
        return _of(dataset, split_stratified(whole, config, SPLIT_SEED))

    def fit_codec(self, train: Part, settings: Tag) -> TagCodec:
        dataset = train.dataset
        word, *others = dataset.roles.inputs
        words = tag_codec.counted(train, dataset.steps[word])
        forms: Counter[str] = Counter()
        for text, count in words.items():
            forms[tag_codec.normal_form(text)] += count
        inventory, scored = tag_codec.fit_tags(train, str(settings.scheme), closed=not settings.causal)
        sentence: tuple[str, ...] = ()
        if len(dataset.roles.target) > 1:
            labels = dataset.statics[dataset.roles.target[1]].take(train.spans[:, 0])
            sentence = tuple(sorted({str(label) for label in labels.texts()}))
        return TagCodec(
            column=word,
            words=tuple(sorted(forms)),
            letters=tag_codec.fit_letters(words),
            features=tag_codec.fit_features(train, others, words, affixes=settings.affixes),
            inventory=inventory,
            scored=scored,
            closed=not settings.causal,
            sentence=sentence,
            places=tag_windows.places_for(len(scored)) if settings.neighbours else 0,
        )

    def codec(self, plain: Mapping[str, Any]) -> TagCodec:
        return TagCodec.from_plain(plain)

    def examples(self, part: Part, codec: TagCodec, settings: Tag) -> Examples:
        return _examples(part, codec, settings, labelled=True)

    def requests(self, dataset: Dataset, codec: TagCodec, settings: Tag) -> Examples:
        return _examples(everything(dataset), codec, settings, labelled=False)

    def build(self, codec: TagCodec, settings: Tag) -> "keras.Model":
        from gru_toolkit.networks.tagger import TaggerConfig, build_tagger

        assert settings.units, "resolve fills in what the preset says"
        allowed = tag_schemes.allowed(codec.scored, spans=codec.learned == "iobes")
        shared = ("cell", "units", "layers", "word_width", "spelling", "dropout", "members", "causal", "crf")
        return build_tagger(
            TaggerConfig(
                words=len(codec.words) + 2,
                tags=len(codec.scored),
                allowed=tuple(tuple(row) for row in allowed.tolist()),
                letters=len(codec.letters) + 2,
                features=(len(codec.features), codec.feature_values()),
                facts=(tag_windows.count(len(codec.given)), codec.places) if codec.places else (0, 0),
                sentence=len(codec.sentence),
                **{name: getattr(settings, name) for name in shared},
            )
        )

    def loss(self, settings: Tag) -> Loss:
        from gru_toolkit.networks.tag_loss import tag_loss

        members = int(settings.members or 1)
        return lambda targets, outputs, weights: tag_loss(targets, outputs, weights, members)

    def calibrate(self, codec: TagCodec, settings: Tag, validation: Iterable[tuple[Decoded, Arrays]]) -> TagCodec:
        return codec

    def decode(self, outputs: Outputs, arrays: Arrays, codec: TagCodec, settings: Tag) -> Decoded:
        return decoded_tags(outputs, arrays, codec, int(settings.members or 1))

    def rows(self, decoded: Decoded, arrays: Arrays, codec: TagCodec, dataset: Dataset) -> dict[str, np.ndarray]:
        return tag_rows(decoded, arrays, codec, dataset)

    def fit_baselines(self, train: Part, codec: TagCodec, settings: Tag) -> dict[str, np.ndarray]:
        return tag_baseline.remember(self.examples(train, codec, settings), codec)

    def baselines(
        self, state: Mapping[str, np.ndarray], arrays: Arrays, codec: TagCodec, settings: Tag
    ) -> dict[str, Decoded]:
        return {tag_baseline.NAME: tag_baseline.answer(state, arrays)}

    def measure(self, decoded: Decoded, arrays: Arrays, codec: TagCodec, settings: Tag) -> Measures:
        return Measures(arrays.context["sequence"], tag_scores.tag_sums(decoded, arrays, codec))

    def metrics(self, sums: Mapping[str, np.ndarray], settings: Tag) -> dict[str, MetricValue]:
        return tag_scores.tag_metrics(sums)

    def figures(self, shown: Shown, codec: TagCodec, settings: Tag) -> list[Figure]:
        scores = shown.scores[shown.network]
        values = {name: np.array(found["f1_by_type"]) for name, found in shown.scores.items()}
        found: list[Figure] = [ByLabel("f1", codec.types, values, np.array(scores["spans_by_type"]))]
        if "confusion" in scores:
            found.append(Confusion(codec.labels, np.array(scores["confusion"])))
        return found


TAG = TagTask()


def _examples(part: Part, codec: TagCodec, settings: Tag, *, labelled: bool) -> Examples:
    spelt = settings.spelling != "none"
    return tag_examples.sentences(part, codec, labelled=labelled, word_dropout=settings.word_dropout, spelt=spelt)


def _sentences(dataset: Dataset) -> list[list[str]]:
    """The tags of each sentence."""
    column = dataset.steps[dataset.roles.target[0]]
    tags = np.array(column.levels, dtype=object)[column.values]
    return [tags[start:stop].tolist() for start, stop in zip(dataset.offsets[:-1], dataset.offsets[1:], strict=True)]


def _of(dataset: Dataset, splits: Splits) -> Splits:
    """The same splits over the dataset itself."""
    train, validation, test = (
        replace(part, dataset=dataset) for part in (splits.train, splits.validation, splits.test)
    )
    return Splits(train, validation, test, splits.description)
