"""What tasks share that give one answer for a whole text: what is read of it, and the network that reads it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gru_toolkit.config import TrainConfig, require_choice
from gru_toolkit.errors import ConfigError
from gru_toolkit.sequences.dataset import Dataset, Part, Splits, everything
from gru_toolkit.sequences.vocabularies import UNITS, Vocabulary, VocabularyConfig, fit_vocabulary
from gru_toolkit.tasks.task import Resolved
from gru_toolkit.tasks.text_examples import Texts, cut, texts_of
from gru_toolkit.tasks.text_ngrams import Ngrams, fit_ngrams
from gru_toolkit.tasks.text_presets import BUDGETS, habits_of, schedule, sizes

if TYPE_CHECKING:
    import keras

FEWEST_WORDS = 2.5
"""Texts of fewer words than this in the mean (names, codes) are read by characters."""
_LOOKED_AT = 2000


def check_settings(settings: Any) -> None:
    """Raises ConfigError for a setting that cannot work."""
    require_choice("preset", settings.preset, tuple(BUDGETS))
    require_choice("unit", settings.unit, (None, *UNITS))
    for name in ("vocabulary", "least_count", "longest", "units", "layers", "width", "members"):
        value = getattr(settings, name)
        if value is not None and value < 1:
            raise ConfigError(f"{name} must be at least 1, got {value}")
    for name in ("dropout", "word_dropout"):
        if not 0 <= (getattr(settings, name) or 0) < 1:
            raise ConfigError(f"{name} lies in [0, 1), got {getattr(settings, name)}")


def resolve(dataset: Dataset, settings: Any, train: TrainConfig, given: frozenset[str]) -> Resolved:
    """The unit told from the texts, what suits it, and what the preset says. Raises DataError without texts."""
    budget = BUDGETS[settings.preset]
    unit = settings.unit or _unit(texts_of(everything(dataset))[:_LOOKED_AT])
    habits = habits_of(unit)
    filled = {name: getattr(settings, name) or usual for name, usual in sizes(settings.preset, unit).items()}
    shares = {
        name: getattr(habits, name) if getattr(settings, name) is None else getattr(settings, name)
        for name in ("dropout", "word_dropout")
    }
    chosen = replace(
        settings,
        unit=unit,
        least_count=settings.least_count or (2 if unit == "word" else 1),
        lower=settings.lower if settings.lower is not None else unit == "word",
        **filled,
        **shares,
    )
    notes = [f"preset {settings.preset}: {chosen.members} networks of {chosen.units} units side by side"]
    if settings.unit is None:
        notes.append(f"assumed the unit is {unit}, from the number of words in a text; override with --unit")
    return Resolved(chosen, schedule(len(dataset), (budget, habits), train, given), tuple(notes))


def fit_reading(train: Part, settings: Any, *, answers: int) -> tuple[Vocabulary, Ngrams]:
    """How texts become ids, and which n-grams are looked up for so many numbers."""
    assert settings.unit is not None, "resolve fills in the unit"
    assert settings.least_count is not None, "resolve fills in the least count"
    config = VocabularyConfig(settings.unit, settings.vocabulary, settings.least_count, lower=bool(settings.lower))
    texts = texts_of(train)
    ngrams = fit_ngrams(texts, settings.unit, answers, lower=bool(settings.lower), most=settings.longest)
    return fit_vocabulary(texts, config), ngrams


def coverage(splits: Splits, vocabulary: Vocabulary, settings: Any) -> tuple[str, ...]:
    """Lines for the user: size of the vocabulary, shares of unknown units and of texts that are cut."""
    lines = [f"{len(vocabulary):,} different ids of unit {settings.unit}"]
    for part in (splits.train, splits.validation, splits.test):
        if len(part):
            _, unknown, long = cut(texts_of(part), vocabulary, settings.longest)
            lines.append(
                f"{part.name}: {unknown:.2%} of the units are unknown, "
                f"{long:.2%} of the texts are cut after {settings.longest} units"
            )
    return tuple(lines)


def examples(
    part: Part, codec: Any, settings: Any, targets: Mapping[str, np.ndarray], truth: np.ndarray | None
) -> Texts:
    """The texts of a part as ids and places of n-grams, with what the loss and the measures compare with."""
    texts = texts_of(part)
    ids, _, _ = cut(texts, codec.vocabulary, settings.longest)
    ngrams = [codec.ngrams.of(text) for text in texts]
    dropped = (settings.word_dropout or 0.0, habits_of(settings.unit).dropped_ngrams)
    return Texts(part.spans[:, 0], ids, ngrams, targets, truth, dropped, settings.ngrams)


def build(codec: Any, settings: Any, *, outputs: int) -> "keras.Model":
    """The network for these texts, with `outputs` numbers a member."""
    from gru_toolkit.networks.text_classifier import TextClassifierConfig, build_text_classifier

    shared = {name: getattr(settings, name) for name in ("cell", "units", "layers", "width", "members", "dropout")}
    return build_text_classifier(
        TextClassifierConfig(
            ids=len(codec.vocabulary),
            outputs=outputs,
            places=codec.ngrams.places if settings.ngrams else 0,
            ngram_rate=habits_of(settings.unit).ngram_rate,
            **shared,
        )
    )


def _unit(texts: list[str]) -> str:
    """Words where a text has several of them; else characters."""
    return "word" if sum(len(text.split()) for text in texts) / len(texts) >= FEWEST_WORDS else "char"
