"""The library of games as lines of text and as plain values."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from types import TracebackType
from typing import Any

from gru_toolkit.chess.fetching import Fetched, Wish
from gru_toolkit.chess.importing import Imported, Progress
from gru_toolkit.chess.library import Player
from gru_toolkit.cli import tables
from gru_toolkit.cli.rejects import LISTED
from gru_toolkit.cli.text import Output
from gru_toolkit.errors import ItemsRejected
from gru_toolkit.sequences.table import Reject

SECONDS_BETWEEN_LINES = 10.0
"""Least time between two lines about an import that goes into a pipe."""


class ImportProgress:
    """Shows how far an import is. Its state: whether a live line stands, and when it last spoke."""

    def __init__(self, output: Output, clock: Callable[[], float] = time.monotonic):
        self._output = output
        self._clock = clock
        self._live = False
        self._began = self._spoke = clock()

    def __enter__(self) -> "ImportProgress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def __call__(self, progress: Progress) -> None:
        self.tell(f"{progress.name}: {progress.games:,} games, {progress.bytes / 1e6:,.0f} MB")

    def tell(self, text: str) -> None:
        """Show the text on the live line, or now and then as a line of its own."""
        now = self._clock()
        if sys.stderr.isatty() and not self._output.quiet:
            self._output.live(text)
            self._live = True
        elif now - self._spoke >= SECONDS_BETWEEN_LINES:
            self._output.note(text)
            self._spoke = now

    def clear(self) -> None:
        """Take the live line away."""
        if self._live:
            self._output.live("")
            self._live = False


def imported(done: Imported) -> Iterator[str]:
    """What became of a file's games, in one line."""
    latin1 = f", {done.latin1:,} read as Windows-1252" if done.latin1 else ""
    before = ", imported before" if done.before else ""
    yield f"{done.name}: {counted(done)}{latin1}{before}"


def counted(done: Imported | Fetched) -> str:
    """How many games were found, and what became of them."""
    known = f"{done.known:,} known already, " if done.known else ""
    return f"{games(done.found)}: {done.added:,} added, {known}{len(done.rejects):,} rejected"


def games(count: int) -> str:
    """`1 game`, `1,234 games`."""
    return f"{count:,} game{'' if count == 1 else 's'}"


def plain_import(done: Imported) -> dict[str, Any]:
    return {
        "name": done.name,
        "found": done.found,
        "added": done.added,
        "known": done.known,
        "rejected": len(done.rejects),
        "windows_1252": done.latin1,
        "imported_before": done.before,
        "rejects": plain_rejects(done.rejects),
    }


def plain_fetch(wish: Wish, done: Fetched) -> dict[str, Any]:
    return {
        "site": wish.site,
        "user": wish.user,
        "found": done.found,
        "added": done.added,
        "known": done.known,
        "rejected": len(done.rejects),
        "rejects": plain_rejects(done.rejects),
    }


def plain_rejects(found: Sequence[Reject]) -> list[dict[str, Any]]:
    return [{"path": reject.place.path, "line": reject.place.line, "reason": reject.reason} for reject in found]


def rejected(output: Output, found: Sequence[Reject]) -> int:
    """Name the rejected games and return the exit status that they make: 3, or 0 if there are none.

    Many of them are told by their reasons, the most common first, each with the first place.
    """
    if len(found) <= LISTED:
        for reject in found:
            output.error(f"rejected: {reject.place}: {reject.reason}")
        return ItemsRejected.exit_status if found else 0
    counts = Counter(reject.reason for reject in found).most_common(LISTED)
    for reason, count in counts:
        place = next(reject.place for reject in found if reject.reason == reason)
        output.error(f"rejected: {games(count)}, the first at {place}: {reason}")
    left = len(found) - sum(count for _, count in counts)
    more = f"{games(left)} more; " if left else ""
    output.error(f"rejected: {more}{games(len(found))} in all, each of them with --json")
    return ItemsRejected.exit_status


def plain_player(player: Player) -> dict[str, Any]:
    return {name: value for name, value in asdict(player).items() if name != "id"}


def players(found: Sequence[Player], listed: int, width: int | None) -> Iterator[str]:
    """The people in a table, and how many more there are."""
    if not found:
        return
    rows = [
        [
            player.name,
            f"{player.games:,}",
            f"{player.white:,}",
            player.first or "–",
            player.last or "–",
            "–" if player.rating is None else str(player.rating),
        ]
        for player in found[:listed]
    ]
    yield from tables.fitting(["player", "games", "as White", "first", "last", "rating"], rows, width)
    for player in found[:listed]:
        if len(player.spellings) > 1:
            yield f"{player.name} is also: {', '.join(name for name in player.spellings if name != player.name)}"
    if len(found) > listed:
        yield f"{len(found) - listed:,} more; name a part of a name, or use --json"
