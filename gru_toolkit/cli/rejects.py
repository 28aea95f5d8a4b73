"""Rejected rows: listed on stderr, counted in the exit status."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gru_toolkit.cli.text import Output
from gru_toolkit.errors import ItemsRejected

if TYPE_CHECKING:
    from gru_toolkit.sequences.table import Reject

LISTED = 20
"""Rejected rows that are named; further ones are counted."""


def report(output: Output, rejects: "Sequence[Reject]") -> int:
    """Name the rejected rows and return the exit status that they make: 3, or 0 if there are none."""
    for reject in rejects[:LISTED]:
        output.error(f"rejected: {reject.place}: {reject.reason}")
    if len(rejects) > LISTED:
        output.error(f"rejected: {len(rejects) - LISTED:,} more rows")
    return ItemsRejected.exit_status if rejects else 0
