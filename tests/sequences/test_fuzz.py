"""A few hundred damaged files of every format; `benchmarks/fuzz_readers.py` reads as many as one likes."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.sequences import fuzzing

CASES = 60


@pytest.mark.parametrize("name", fuzzing.FORMATS)
def test_the_files_that_will_be_damaged_are_whole(name: str, tmp_path: Path) -> None:
    for seed in range(1 if name == "duckdb" else 5):
        data = fuzzing.FORMATS[name][0](np.random.default_rng(seed))
        assert fuzzing.check(name, data, tmp_path).verdict == "accepted"


@pytest.mark.parametrize("name", fuzzing.FORMATS)
def test_damage_is_refused_or_read_as_the_plain_parser_reads_it(name: str, tmp_path: Path) -> None:
    cases = CASES // 20 if name == "duckdb" else CASES
    verdicts = Counter(fuzzing.check(name, fuzzing.mutated(name, 0, index), tmp_path).verdict for index in range(cases))
    assert verdicts["accepted"] < cases
    assert sum(verdicts.values()) == cases


@pytest.mark.parametrize(("name", "index"), [("csv", 133), ("ts", 4296), ("arrow", 301), ("sqlite", 2521)])
def test_damage_that_once_slipped_through_is_caught(name: str, index: int, tmp_path: Path) -> None:
    fuzzing.check(name, fuzzing.mutated(name, 0, index), tmp_path)
