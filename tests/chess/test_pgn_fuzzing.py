"""Mutated PGN files: no traceback, no hang, and nothing read but what is there."""

from pathlib import Path

import pytest

from tests.chess import pgn_fuzzing


@pytest.mark.parametrize("block", range(4))
def test_mutated_files_are_read_or_refused(tmp_path: Path, block: int) -> None:
    outcomes = [pgn_fuzzing.check(7, index, tmp_path) for index in range(100 * block, 100 * block + 100)]
    assert sum(one.accepted for one in outcomes) > 50
    assert sum(one.refused for one in outcomes) > 50
    assert {one.verdict for one in outcomes} <= {"read", "bad_data"}
