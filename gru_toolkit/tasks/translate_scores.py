"""How near translations come to known ones: what of BLEU and chrF adds up over sentences, and the scores of the sums.

BLEU is counted and computed by the library sacrebleu. chrF follows Popović 2015, "chrF: character n-gram F-score": the
F-score with recall counted twice, of the mean precision and recall of the n-grams of 1 to 6 characters, without spaces.
"""

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gru_toolkit.errors import ConfigError

ORDERS = 6
_BETA = 2


def sums(translations: Sequence[str], truths: Sequence[str]) -> dict[str, np.ndarray]:
    """Contributions of B sentences: bleu (B, 10) of matches, n-grams and both lengths; chrf (B, 18); exact (B,)."""
    bleu = np.array([_bleu_counts(*pair) for pair in zip(translations, truths, strict=True)], np.float64)
    chrf = np.array([_chrf_counts(*pair) for pair in zip(translations, truths, strict=True)], np.float64)
    exact = np.array([found == truth for found, truth in zip(translations, truths, strict=True)], np.float64)
    return {"bleu": bleu, "chrf": chrf, "exact": exact, "count": np.ones(len(exact))}


def scores(added: Mapping[str, np.ndarray]) -> dict[str, float]:
    """BLEU and chrF from 0 to 100, length over known length, and the share of sentences that are exactly as known."""
    counts = [int(value) for value in added["bleu"].tolist()]
    found = library().BLEU.compute_bleu(counts[:4], counts[4:8], counts[8], counts[9], smooth_method="exp")
    return {
        "bleu": float(found.score),
        "chrf": _chrf(added["chrf"]),
        "length_ratio": counts[8] / max(counts[9], 1),
        "exact": float(added["exact"] / added["count"]),
    }


def _bleu_counts(translation: str, truth: str) -> list[int]:
    found = _metric().sentence_score(translation, [truth])
    return [*found.counts, *found.totals, found.sys_len, found.ref_len]


def _chrf_counts(translation: str, truth: str) -> list[int]:
    """Of each order: n-grams of the translation, of the truth, and in both."""
    both = ["".join(text.split()) for text in (translation, truth)]
    counts = []
    for order in range(1, ORDERS + 1):
        found, wanted = (
            Counter(text[place : place + order] for place in range(len(text) - order + 1)) for text in both
        )
        counts += [found.total() if wanted else 0, wanted.total(), (found & wanted).total()]
    return counts


def _chrf(added: np.ndarray) -> float:
    found, wanted, matched = added.reshape(ORDERS, 3).T
    there = (found > 0) & (wanted > 0)
    if not there.any():
        return 0.0
    precision, recall = (
        float((matched / np.maximum(found, 1))[there].mean()),
        float((matched / np.maximum(wanted, 1))[there].mean()),
    )
    if precision + recall == 0:
        return 0.0
    return 100 * (1 + _BETA**2) * precision * recall / (_BETA**2 * precision + recall)


@functools.cache
def _metric() -> Any:
    return library().BLEU(effective_order=True)


def library() -> Any:
    """The library of the scores. Raises ConfigError if it is not installed: ask before a long training, not after."""
    try:
        import sacrebleu.metrics
    except ImportError:
        message = "scores of translations need the library sacrebleu, which is not installed"
        raise ConfigError(message, hint="pip install 'gru-toolkit[text]'") from None
    return sacrebleu.metrics
