"""How far a score would move on other data like this: the bootstrap over whole groups, and the verdict it allows.

What is resampled is a group of examples (a sequence, or a block of one), because neighbouring windows share their rows
and are not independent. Every metric is a function of sums over examples, so a resample is a weighted sum of the
groups' sums, and the weights are how often each group was drawn.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from gru_toolkit.runs import wording

Sums = Mapping[str, np.ndarray]
Interval = tuple[float, float]

RESAMPLES = 1000
LEVEL = 0.95
FEWEST_GROUPS = 5
"""With fewer groups than this an interval would say more about the method than about the data."""
MOST_GROUPS = 2000
"""More groups than this are dealt into so many blocks at random, which keeps the interval and bounds the work."""
_CHUNK_VALUES = 4_000_000
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Contest:
    """The network and one baseline on the same examples.

    difference  interval of network - rival on the metric; None when there were too few groups for one
    """

    metric: str
    higher_is_better: bool
    network: float
    rival: float
    rival_name: str
    difference: Interval | None
    level: float = LEVEL


@dataclass(frozen=True)
class Verdict:
    """Who is better, if that is clear, and the sentence that says so."""

    wins: bool | None
    sentence: str


def intervals(
    groups: np.ndarray,
    sums: Sums,
    metrics: Callable[[Sums], Mapping[str, object]],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = LEVEL,
) -> dict[str, Interval]:
    """The interval of every metric that is a single number.

    groups   (n,) int64: the group of each row of `sums`; rows of one group are drawn together
    sums     name → (n, …) contributions that add up
    metrics  from name → (…) sums to metrics by name; lists are passed over
    returns  metric → (low, high); empty with fewer than FEWEST_GROUPS groups. Left out is a metric that is undefined
             in more than one resample of twenty, or the same in all: 24 of 24 right does not make 100 % certain.
    """
    inverse = np.unique(groups, return_inverse=True)[1]
    draws: dict[str, list[float]] = {}
    for (drawn,) in _resampled([_by_group(inverse, sums)], resamples, seed):
        for name, value in metrics(drawn).items():
            if isinstance(value, float):
                draws.setdefault(name, []).append(value)
    found = {name: _interval(np.array(values), len(np.unique(groups)), level) for name, values in draws.items()}
    return {name: interval for name, interval in found.items() if interval and not math.isclose(*interval)}


def paired_difference(
    network: Sums,
    rival: Sums,
    metric: Callable[[Sums], float],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval | None:
    """The LEVEL interval of metric(network) - metric(rival), both computed on the same drawn groups.

    network, rival  name → (G, …) sums of the same G groups in the same order

    returns None with fewer than FEWEST_GROUPS groups, or if the metric is undefined too often.
    """
    count = len(next(iter(network.values())))
    assert count == len(next(iter(rival.values()))), "the network and its rival were measured on different groups"
    pairs = _resampled([network, rival], resamples, seed)
    return _interval(np.array([metric(first) - metric(second) for first, second in pairs]), count, LEVEL)


def verdict(contest: Contest) -> Verdict:
    """Whether the network beats its rival: only where the whole interval of the difference lies on one side of 0."""
    gain = (contest.network - contest.rival) * (1 if contest.higher_is_better else -1)
    rival = wording.plain_name(contest.rival_name)
    if not math.isfinite(contest.network) and not math.isfinite(contest.rival):
        return Verdict(None, f"{wording.metric_name(contest.metric)} cannot be told on this part, for nobody.")
    texts = wording.apart(contest.network, contest.rival)
    scores = f"{wording.metric_name(contest.metric)} {texts[0]} against {texts[1]}"
    if contest.difference is None:
        ahead = "ahead of" if gain > 0 else "behind" if gain < 0 else "level with"
        return Verdict(None, f"The network is {ahead} {rival} ({scores}), on too few independent groups to be sure.")
    low, high = contest.difference
    interval = f"{wording.signed(low)} to {wording.signed(high)}"
    facts = f"({scores}; {100 * contest.level:.0f} % interval of the difference {interval})"
    if low <= 0 <= high or not math.isfinite(gain):
        return Verdict(None, f"No clear difference between the network and {rival} {facts}.")
    wins = (low > 0) == contest.higher_is_better
    by = _distance(contest)
    return Verdict(wins, f"The network {'beats' if wins else 'LOSES to'} {rival} by {by} {facts}.")


def _distance(contest: Contest) -> str:
    """The lead as a share of the rival's error, or in the metric's own unit where higher is better."""
    distance = abs(contest.network - contest.rival)
    if contest.higher_is_better or contest.rival <= 0:
        return wording.number(distance)
    return wording.percent(distance / contest.rival)


def _by_group(inverse: np.ndarray, sums: Sums) -> dict[str, np.ndarray]:
    """The sums added up within groups: (n, …) → (G, …), groups in rising order."""
    order = np.argsort(inverse, kind="stable")
    starts = np.flatnonzero(np.diff(inverse[order], prepend=-1))
    return {name: np.add.reduceat(values[order], starts, axis=0, dtype=np.float64) for name, values in sums.items()}


def _resampled(rivals: list[Sums], resamples: int, seed: int) -> Iterator[tuple[dict[str, np.ndarray], ...]]:
    """For each resample the sums of every rival over the same drawn groups; nothing with too few groups."""
    rng = np.random.default_rng(seed)
    count = len(next(iter(rivals[0].values())))
    if count < FEWEST_GROUPS:
        return
    if count > MOST_GROUPS:
        blocks = rng.permutation(np.arange(count) % MOST_GROUPS)
        rivals = [_by_group(blocks, sums) for sums in rivals]
        count = MOST_GROUPS
    widest = max(values.size // count for sums in rivals for values in sums.values())
    chunk = max(1, _CHUNK_VALUES // max(count, widest))
    for start in range(0, resamples, chunk):
        size = min(chunk, resamples - start)
        drawn = rng.integers(count, size=(size, count)) + count * np.arange(size)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count).astype(np.float64)
        totals = [{name: _weighted(weights, values) for name, values in sums.items()} for sums in rivals]
        for row in range(size):
            yield tuple({name: values[row] for name, values in total.items()} for total in totals)


def _weighted(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """weights (R, G) and values (G, …) → (R, …)."""
    flat: np.ndarray = weights @ values.reshape(len(values), -1)  # (R, K)
    return flat.reshape(len(weights), *values.shape[1:])


def _interval(draws: np.ndarray, groups: int, level: float) -> Interval | None:
    """The expanded percentile interval: percentiles moved outwards as far as Student's t is wider than the normal
    distribution, without which intervals from few groups are too narrow (Hesterberg 2015, section 5.1)."""
    finite = draws[np.isfinite(draws)]
    if len(finite) < 0.95 * max(len(draws), 1) or not len(finite):
        return None
    tail = _tail(min(groups, MOST_GROUPS) - 1, level)
    low, high = np.quantile(finite, [tail, 1 - tail]).tolist()
    return low, high


def _tail(freedom: int, level: float) -> float:
    """The share of resamples beyond each end of the expanded interval."""
    return _NORMAL.cdf(-math.sqrt((freedom + 1) / freedom) * _student((1 + level) / 2, freedom))


def _student(share: float, freedom: int) -> float:
    """Quantile of Student's t by its expansion around the normal one (Abramowitz and Stegun 26.7.5)."""
    z = _NORMAL.inv_cdf(share)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / freedom**power for power, term in enumerate(terms, start=1))
