"""How good predictions of the next event are: measures, metrics and figures."""

from collections.abc import Mapping

import numpy as np

from gru_toolkit.sequences.dataset import Arrays, Dataset
from gru_toolkit.tasks import ranking
from gru_toolkit.tasks.figures import NETWORK, ByLabel, Figure, Shown, calibration
from gru_toolkit.tasks.next_codec import FIRST, NextCodec
from gru_toolkit.tasks.task import Decoded, Measures, MetricValue

LEAST_PROBABILITY = 1e-9
"""Where the log-loss is cut, so that one confident mistake does not make it infinite."""
RANK_BANDS = (1, 3, 5, 10, 20, 50, 100)
"""Last ranks of the bands in which hits are counted."""
POPULARITY_BANDS = 4
"""Bands of items, from often to seldom, each with as many training events."""
_TOP, _SHORT = 20, 10


def log_probabilities(scores: np.ndarray, allowed: np.ndarray | None) -> np.ndarray:
    """(…, V) float32 log-probabilities of scores over what is allowed; minus infinity for the rest."""
    if allowed is not None:
        scores = np.where(allowed, scores, -np.inf)
    highest = scores.max(axis=-1, keepdims=True)
    highest = np.where(np.isfinite(highest), highest, 0)
    total = np.exp(scores - highest).sum(axis=-1, keepdims=True, dtype=np.float64)
    with np.errstate(divide="ignore"):
        normal = np.where(total > 0, np.log(np.maximum(total, np.finfo(np.float64).tiny)), 0)
    return (scores - highest - normal).astype(np.float32)


def history_counts(arrays: Arrays, items: int) -> np.ndarray:
    """(B, K, V) int32 how often each known item stands before each place that is asked for."""
    read, steps = arrays.context["items"], arrays.context["steps"]
    batch, ids = len(read), FIRST + items
    counts = np.empty((batch, steps.shape[1], items), np.int32)
    for place in range(steps.shape[1]):
        row, step = np.nonzero(np.arange(read.shape[1]) <= steps[:, place, None])
        found = np.bincount(row * ids + read[row, step], minlength=batch * ids).reshape(batch, ids)
        if "earlier" in arrays.context:
            found += arrays.context["earlier"]
        counts[:, place] = found[:, FIRST:]
    return counts


def popularity_bands(codec: NextCodec) -> np.ndarray:
    """(V,) int64 band of each item; items stand in order of popularity."""
    counts = np.array(codec.counts)
    share = (np.cumsum(counts) - counts / 2) / counts.sum()
    return np.asarray(np.minimum((share * POPULARITY_BANDS).astype(np.int64), POPULARITY_BANDS - 1))


def measure(decoded: Decoded, arrays: Arrays, codec: NextCodec) -> Measures:
    """What each window of places contributes; groups are users."""
    known = arrays.context["known"]
    window, place = np.nonzero(known)
    scores = decoded["log_probabilities"][window, place]  # (N, V)
    truth = arrays.context["truth"][window, place]
    rank = ranking.ranks(scores, truth)
    confidence = np.exp(scores.max(axis=1).astype(np.float64))
    possible = truth >= 0
    loss = np.where(possible, ranking.log_losses(scores, truth, LEAST_PROBABILITY), 0.0)
    bands = np.where(possible, popularity_bands(codec)[np.maximum(truth, 0)], POPULARITY_BANDS)
    each = {
        "events": np.ones(len(truth)),
        "known": possible.astype(np.float64),
        "cold_users": (arrays.context["place"][window, place] == 0).astype(np.float64),
        "log_loss": loss,
        "recall": ranking.hits(rank, _TOP),
        "first": ranking.hits(rank, 1),
        "reciprocal": ranking.reciprocal_ranks(rank, _TOP),
        "gain": ranking.discounted_gains(rank, _SHORT),
        "by_rank": np.stack([ranking.hits(rank, last) for last in RANK_BANDS], axis=1),
        "band_events": (bands[:, None] == np.arange(POPULARITY_BANDS)).astype(np.float64),
        "calibration": ranking.calibration_sums(confidence, rank == 1),
    }
    each["band_hits"] = each["band_events"] * each["recall"][:, None]
    sums = {name: np.zeros((len(known), *values.shape[1:])) for name, values in each.items()}
    for name, values in each.items():
        np.add.at(sums[name], window, values)
    return Measures(arrays.context["sequence"], sums)


def metrics(sums: Mapping[str, np.ndarray]) -> dict[str, MetricValue]:
    """Scores from summed contributions."""
    events = max(float(sums["events"]), 1.0)
    bands = sums["band_hits"] / np.maximum(sums["band_events"], 1)
    return {
        "recall_at_20": float(sums["recall"] / events),
        "mrr_at_20": float(sums["reciprocal"] / events),
        "ndcg_at_10": float(sums["gain"] / events),
        "accuracy": float(sums["first"] / events),
        "log_loss": float(sums["log_loss"] / max(float(sums["known"]), 1.0)),
        "calibration_error": ranking.calibration_error(sums["calibration"]),
        "unknown_items": float((sums["events"] - sums["known"]) / events),
        "without_history": float(sums["cold_users"] / events),
        "recall_by_rank": (sums["by_rank"] / events).tolist(),
        "recall_at_20_by_popularity": bands.tolist(),
    }


def rows(decoded: Decoded, arrays: Arrays, codec: NextCodec, dataset: Dataset) -> dict[str, np.ndarray]:
    """The likeliest items of each place that is asked for, best first: user, rank, item and probability.

    Where the truth is known, the number of the event (from 1) and its item follow; items that are not allowed are
    never listed.
    """
    window, place = np.nonzero(arrays.context["known"])
    scores = decoded["log_probabilities"][window, place]  # (N, V)
    best = ranking.top_items(scores, codec.listed)
    found = np.take_along_axis(scores, best, axis=1)
    listed, rank = np.nonzero(np.isfinite(found))
    ids, items = np.array(dataset.ids, dtype=object), np.array(codec.items, dtype=object)
    sequence = arrays.context["sequence"][window[listed]]
    columns = {
        dataset.roles.id or "user": ids[sequence],
        "rank": rank + 1,
        "item": items[best[listed, rank]],
        "probability": np.exp(found[listed, rank].astype(np.float64)),
    }
    if "truth" in arrays.context:
        event = arrays.context["place"][window, place][listed]
        column = dataset.steps[dataset.roles.target[0]]
        came = column.values[dataset.offsets[sequence] + event]
        columns |= {"event": event + 1, "came": np.array(column.levels, dtype=object)[came]}
    return columns


def figures(shown: Shown, codec: NextCodec) -> list[Figure]:
    """Hits by rank and by popularity, how much of the catalogue is listed, and whether probabilities can be trusted."""
    ranked = {who: np.array(found["recall_by_rank"]) for who, found in shown.scores.items()}
    banded = {who: np.array(found["recall_at_20_by_popularity"]) for who, found in shown.scores.items()}
    band = popularity_bands(codec)
    sizes = np.bincount(band, minlength=POPULARITY_BANDS)
    last = np.cumsum(sizes)
    names = tuple(f"items {end - size + 1:,}-{end:,}" for size, end in zip(sizes.tolist(), last.tolist(), strict=True))
    scores, truth = _sampled(shown)
    best = ranking.top_items(scores, _TOP)
    listed = np.bincount(best[np.isfinite(np.take_along_axis(scores, best, 1))], minlength=len(codec.items)) > 0
    reach = np.array([_share(listed[band == number]) for number in range(POPULARITY_BANDS)])
    cuts, places = tuple(f"among the first {rank}" for rank in RANK_BANDS), np.full(len(RANK_BANDS), len(truth))
    return [
        ByLabel("share_of_events_found", cuts, ranked, places, "cut"),
        ByLabel("recall_at_20", names, banded, sizes, "band"),
        ByLabel("share_of_the_catalogue_listed", names, {NETWORK: reach}, sizes, "band"),
        calibration(np.exp(scores.max(axis=1)), best[:, 0] == truth),
    ]


def _share(chosen: np.ndarray) -> float:
    return float(chosen.mean()) if len(chosen) else 0.0


def _sampled(shown: Shown) -> tuple[np.ndarray, np.ndarray]:
    """Scores (N, V) and truth (N,) of the last place of each sampled window."""
    scores, truth = [], []
    for decoded, arrays in shown.sample:
        last = arrays.context["known"].sum(axis=1) - 1
        row = np.arange(len(last))
        scores.append(decoded["log_probabilities"][row, last])
        truth.append(arrays.context["truth"][row, last])
    return np.concatenate(scores), np.concatenate(truth)
