"""The tagging network: what is known of each word → (Bi)GRU → scores of tags, and of the sentence if it has a label.

    words ──── embedding ───────────────────────────┐
    features ─ embedding ───────────────────────────┤
    letters ── convolution or BiGRU over each       ├─ dropout ─ (Bi)GRU ─ dropout ─┬─ emissions     transitions
               distinct word, once a batch ─────────┘                               └─ attention ─ sentence
    facts ──── sum of one score a tag ──────────────────────────────────────── + to the emissions

Word and letters as in Lample et al. 2016 and Ma and Hovy 2016; members differ in their initial weights only, are
trained side by side, and the task adds up their scores. The causal network reads forward and takes the last word
instead of the attention; it leaves spelling out, because letters are read in both directions.
"""

from dataclasses import dataclass
from typing import Any

import keras

from gru_toolkit.config import require_choice
from gru_toolkit.errors import ConfigError
from gru_toolkit.networks.cells import CELLS
from gru_toolkit.networks.layers import AttentionPooling, LastStep, MaxPooling
from gru_toolkit.networks.stacks import ConvConfig, StackConfig, convolution_block, recurrent_stack
from gru_toolkit.networks.summed_lookup import SummedLookup
from gru_toolkit.networks.tag_layers import PlaceWords, Transitions, UnpackWords, WordLengths

SPELLINGS = ("convolution", "gru", "none")
POOLING = "pooling"
"""In the place of a cell: a dense layer on each word alone, so that what the recurrence adds can be seen."""


@dataclass(frozen=True)
class TaggerConfig:
    """Shape of the network."""

    words: int
    """Known words, unknown and padding included."""
    tags: int
    """Tags a token may have."""
    allowed: tuple[tuple[bool, ...], ...]
    """(tags + 2, tags): which tag may follow which, may stand first, may stand last."""
    letters: int = 0
    """Known letters, unknown and padding included; 0 leaves the spelling out."""
    features: tuple[int, int] = (0, 0)
    """Features of each token, and known values of all features together."""
    facts: tuple[int, int] = (0, 0)
    """Facts about what stands around each token, and known facts in all."""
    facts_dropout: float = 0.5
    """Share of facts left out in training."""
    sentence: int = 0
    """Labels a sentence may have; 0 for none."""
    cell: str = "gru"
    """gru, lstm, rnn, mingru, or pooling for none."""
    units: int = 200
    """Width of each recurrent layer and direction."""
    layers: int = 1
    """Recurrent layers."""
    word_width: int = 100
    """Numbers that stand for a word."""
    feature_width: int = 25
    """Numbers that stand for a feature's value."""
    spelling: str = "convolution"
    """convolution, gru or none: how the letters of a word are read."""
    spelling_width: int = 60
    """Numbers that stand for a word's spelling."""
    letter_width: int = 30
    """Numbers that stand for a letter."""
    dropout: float = 0.5
    """Share of features dropped before and after each recurrent layer."""
    members: int = 1
    """Networks trained side by side."""
    causal: bool = False
    """Read forward only."""
    crf: bool = True
    """Learn scores between neighbouring tags; without, only the allowed order is kept."""

    def __post_init__(self) -> None:
        require_choice("cell", self.cell, (*CELLS, POOLING))
        require_choice("spelling", self.spelling, SPELLINGS)
        for name in ("units", "layers", "word_width", "feature_width", "spelling_width", "letter_width", "members"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout lies in [0, 1), got {self.dropout}")


def build_tagger(config: TaggerConfig) -> keras.Model:
    """The untrained network.

    inputs   words (B, T), lengths (B,), features (B, T, N) and facts (B, T, M) if any, letters (B, K, L) and
             places (B, T, 2) if spelt
    outputs  emissions (B, T, members · tags); transitions_<member> (tags + 2, tags); sentence (B, members · labels)
    """
    inputs = {
        "words": keras.Input((None,), dtype="int32", name="words"),
        "lengths": keras.Input((), dtype="int32", name="lengths"),
    }
    if config.features[0]:
        inputs["features"] = keras.Input((None, config.features[0]), dtype="int32", name="features")
    if config.facts[0]:
        inputs["facts"] = keras.Input((None, config.facts[0]), dtype="int32", name="facts")
    if config.spelling != "none":
        inputs["letters"] = keras.Input((None, None), dtype="int32", name="letters")
        inputs["places"] = keras.Input((None, 2), dtype="int32", name="places")
    emissions, sentences, outputs = [], [], {}
    for member in range(config.members):
        name = f"member_{member}"
        steps = _steps(_tokens(inputs, config, name), inputs["lengths"], config, name)
        deep = keras.layers.Dense(config.tags, name=f"{name}_emissions")(steps)
        emissions.append(_with_facts(deep, inputs, config, name))
        outputs[f"transitions_{member}"] = Transitions(config.allowed, learned=config.crf, name=f"{name}_transitions")(
            emissions[-1]
        )
        if config.sentence:
            pool = (
                LastStep(name=f"{name}_last_word")
                if config.causal
                else AttentionPooling(config.units, f"{name}_attention")
            )
            pooled = pool(steps, inputs["lengths"])
            sentences.append(keras.layers.Dense(config.sentence, name=f"{name}_sentence")(pooled))
    outputs["emissions"] = _side_by_side(emissions, "emissions")
    if sentences:
        outputs["sentence"] = _side_by_side(sentences, "sentence")
    return keras.Model(inputs, outputs, name="tagger")


def _with_facts(emissions: Any, inputs: dict[str, Any], config: TaggerConfig, name: str) -> Any:
    """The emissions (B, T, tags) and what the facts around each token say of its tag."""
    if not config.facts[0]:
        return emissions
    told = SummedLookup(config.facts[1], config.tags, config.facts_dropout, name=f"{name}_facts")(inputs["facts"])
    return keras.layers.Add(name=f"{name}_with_facts")([emissions, told])


def _side_by_side(parts: list[Any], name: str) -> Any:
    return keras.layers.Concatenate(name=name)(parts) if len(parts) > 1 else parts[0]


def _tokens(inputs: dict[str, Any], config: TaggerConfig, name: str) -> Any:
    """What is known of each token alone, (B, T, …)."""
    known = [keras.layers.Embedding(config.words, config.word_width, name=f"{name}_words")(inputs["words"])]
    if config.features[0]:
        count, values = config.features
        looked_up = keras.layers.Embedding(values, config.feature_width, name=f"{name}_features")(inputs["features"])
        flat = keras.layers.Reshape((-1, count * config.feature_width), name=f"{name}_features_flat")(looked_up)
        known.append(flat)
    if config.spelling != "none":
        known.append(_spelling(inputs, config, name))
    return keras.layers.Concatenate(name=f"{name}_known")(known) if len(known) > 1 else known[0]


def _spelling(inputs: dict[str, Any], config: TaggerConfig, name: str) -> Any:
    """What the letters of each token's word say, (B, T, spelling width)."""
    letters = UnpackWords(name=f"{name}_unpacked")(inputs["letters"])  # (W, L)
    counts = WordLengths(name=f"{name}_letter_counts")(letters)
    x = keras.layers.Embedding(config.letters, config.letter_width, name=f"{name}_letters")(letters)
    if config.spelling == "gru":
        stack = StackConfig("gru", max(1, config.spelling_width // 2), bidirectional=True)
        _, states = recurrent_stack(x, counts, stack, f"{name}_letter_gru")
        words = states[-1]
    else:
        convolution = ConvConfig(config.spelling_width, kernel=3, normalise=None, activation=None)
        x, _ = convolution_block(x, counts, convolution, f"{name}_letter_convolution")
        words = MaxPooling(name=f"{name}_spelling_pooled")(x, counts)
    return PlaceWords(name=f"{name}_spelling")(words, inputs["places"], inputs["letters"])


def _steps(x: Any, lengths: Any, config: TaggerConfig, name: str) -> Any:
    """Each token in its context, (B, T, …)."""
    if config.dropout:
        x = keras.layers.Dropout(config.dropout, name=f"{name}_dropout_before")(x)
    if config.cell == POOLING:
        x = keras.layers.Dense(2 * config.units, activation="tanh", name=f"{name}_dense")(x)
    else:
        stack = StackConfig(config.cell, config.units, config.layers, not config.causal, config.dropout)
        x, _ = recurrent_stack(x, lengths, stack, f"{name}_{config.cell}")
    if config.dropout:
        x = keras.layers.Dropout(config.dropout, name=f"{name}_dropout_after")(x)
    return x
