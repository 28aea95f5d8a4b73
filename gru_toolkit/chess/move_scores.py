"""How good predictions of moves are, and what they look like as a table and as figures."""

from collections.abc import Mapping

import numpy as np

from gru_toolkit.chess.bitboards import PAWN, unpack
from gru_toolkit.chess.move_examples import CELLS
from gru_toolkit.sequences import games
from gru_toolkit.sequences.dataset import Arrays, Dataset
from gru_toolkit.tasks import ranking
from gru_toolkit.tasks.figures import ByLabel, Figure, Shown, calibration
from gru_toolkit.tasks.task import Decoded, Measures, MetricValue

Array = np.ndarray

BANDS = (10, 20, 40)
"""Last plies of the bands that are scored on their own; the last band has no end."""
BAND_NAMES = ("plies 1-10", "plies 11-20", "plies 21-40", "plies 41 on")
_TOP = (1, 3, 5)
_LEAST = 1e-9
_KINDS = ("q", "n", "b", "r")


def legal_log_probabilities(scores: Array, legal: Array) -> Array:
    """scores (N, CELLS) → (N, CELLS) float32 over the legal moves, legal (N, 64) sets; minus infinity elsewhere."""
    masked = np.where(unpack(legal).reshape(len(legal), CELLS) > 0, scores, -np.inf).astype(np.float32)
    highest = masked.max(axis=1, keepdims=True, initial=-1e30)
    total = np.exp(masked - highest).sum(axis=1, keepdims=True)
    logs: Array = masked - highest - np.log(np.maximum(total, 1e-30))
    return logs


def measure(decoded: Decoded, arrays: Arrays) -> Measures:
    """What each player of a game contributes; groups are games."""
    context = arrays.context
    row, step = np.nonzero(context["asked"])
    logs, truth = decoded["log_probabilities"][row, step], context["cells"][row, step]
    kinds, promoted = decoded["promotions"][row, step], context["promoted"][row, step]
    promoting = promoted >= 0
    piece = np.where(promoting, kinds[np.arange(len(row)), np.maximum(promoted, 0)], 0.0)
    missed = promoting & (kinds.argmax(axis=1) != promoted)
    rank = ranking.ranks(logs, truth) + missed * len(_KINDS)
    band = np.searchsorted(BANDS, context["ply"][row, step])
    each = {
        "plies": np.ones(len(row)),
        "log_loss": ranking.log_losses(logs, truth, _LEAST) - piece,
        "hits": np.stack([ranking.hits(rank, top) for top in _TOP], axis=1),
        "band_plies": (band[:, None] == np.arange(len(BAND_NAMES))).astype(np.float64),
        "calibration": ranking.calibration_sums(np.exp(logs.max(axis=1).astype(np.float64)), rank <= 1),
    }
    each["band_hits"] = each["band_plies"] * each["hits"][:, :1]
    sums = {name: np.zeros((len(context["asked"]), *values.shape[1:])) for name, values in each.items()}
    for name, values in each.items():
        np.add.at(sums[name], row, values)
    return Measures(context["game"].astype(np.int64), sums)


def metrics(sums: Mapping[str, Array]) -> dict[str, MetricValue]:
    """Scores from summed contributions."""
    plies = max(float(sums["plies"]), 1.0)
    found: dict[str, MetricValue] = {"accuracy": float(sums["hits"][0] / plies)}
    found |= {f"top_{top}": float(sums["hits"][place] / plies) for place, top in enumerate(_TOP) if top > 1}
    found["log_loss"] = float(sums["log_loss"] / plies)
    found["calibration_error"] = ranking.calibration_error(sums["calibration"])
    found["accuracy_by_ply"] = (sums["band_hits"] / np.maximum(sums["band_plies"], 1)).tolist()
    return found


def rows(decoded: Decoded, arrays: Arrays, listed: int, dataset: Dataset) -> dict[str, Array]:
    """The likeliest moves of each ply that is asked for, best first; a promotion stands with its likeliest piece."""
    context = arrays.context
    row, step = np.nonzero(context["asked"])
    logs = decoded["log_probabilities"][row, step]
    best = ranking.top_items(logs, listed)
    found = np.take_along_axis(logs, best, axis=1)
    at, rank = np.nonzero(np.isfinite(found))
    cell = best[at, rank]
    black = context["colour"][row[at]] == 1
    promotes = (context["pieces"][row[at], step[at], cell >> 6] == PAWN) & (cell & 63 >= 56)
    kind = decoded["promotions"][row, step].argmax(axis=1)[at]
    ids = np.array(dataset.ids, dtype=object)
    columns: dict[str, Array] = {
        games.GAME: ids[context["game"][row[at]]],
        games.PLY: context["ply"][row[at], step[at]],
        "rank": rank + 1,
        games.MOVE: _texts(cell, black, np.where(promotes, kind, -1)),
        "probability": np.exp(found[at, rank].astype(np.float64)),
    }
    if "cells" in context:
        came = context["cells"][row, step][at]
        columns["came"] = _texts(came, black, context["promoted"][row, step][at])
    return columns


def _texts(cells: Array, black: Array, promoted: Array) -> Array:
    """Moves as UCI texts, (N,) of objects."""
    flip = np.where(black, 56, 0)
    names = np.array([f"{file}{rank}" for rank in range(1, 9) for file in "abcdefgh"], dtype=object)
    pieces = np.array([*_KINDS, ""], dtype=object)
    texts: Array = names[(cells >> 6) ^ flip] + names[(cells & 63) ^ flip] + pieces[promoted]
    return texts


def figures(shown: Shown) -> list[Figure]:
    """Hits by ply beside the baselines', and whether probabilities can be trusted."""
    by_ply = {who: np.array(found["accuracy_by_ply"]) for who, found in shown.scores.items()}
    confidence, right, plies = [], [], np.zeros(len(BAND_NAMES), np.int64)
    for decoded, arrays in shown.sample:
        row, step = np.nonzero(arrays.context["asked"])
        logs = decoded["log_probabilities"][row, step]
        confidence.append(np.exp(logs.max(axis=1)))
        right.append(logs.argmax(axis=1) == arrays.context["cells"][row, step])
        band = np.searchsorted(BANDS, arrays.context["ply"][row, step])
        plies += np.bincount(band, minlength=len(BAND_NAMES))
    return [
        ByLabel("accuracy", BAND_NAMES, by_ply, plies),
        calibration(np.concatenate(confidence), np.concatenate(right)),
    ]
