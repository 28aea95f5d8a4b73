import math

import numpy as np
import pytest

from gru_toolkit.errors import ConfigError
from gru_toolkit.sequences.vocabularies import VocabularyConfig, fit_vocabulary
from gru_toolkit.tasks import lent_text
from gru_toolkit.tasks.classify_text import ClassifyText
from gru_toolkit.tasks.generate import Generate, GenerateCodec

LENDER = Generate(unit="word", width=4, units=6, layers=1)
CODEC = GenerateCodec(fit_vocabulary(["a b c"], VocabularyConfig("word", spaces=True)))
WEIGHTS = {
    "embedding/embeddings": np.arange(28, dtype=np.float32).reshape(7, 4),
    "recurrent_0/memory_0": np.zeros((2, 6), np.float32),
    "recurrent_0/cell/gru_cell/kernel": np.ones((4, 18), np.float32),
    "recurrent_0/cell/gru_cell/recurrent_kernel": np.ones((6, 18), np.float32),
    "recurrent_0/cell/gru_cell/bias": np.ones((2, 18), np.float32),
    "scores/bias": np.zeros(7, np.float32),
}


def test_unit_case_and_width_come_with_the_language_model() -> None:
    settled = lent_text.settle(ClassifyText(), LENDER, CODEC)
    assert (settled.unit, settled.lower, settled.width) == ("word", False, 4)
    assert lent_text.settle(ClassifyText(unit="word", width=4), LENDER, CODEC) == settled


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (ClassifyText(unit="char"), "unit is char, but word"),
        (ClassifyText(width=8), "width is 8, but 4"),
        (ClassifyText(lower=True), "lower is True, but False"),
        (ClassifyText(vocabulary=50), "vocabulary cannot be chosen"),
        (ClassifyText(least_count=2), "least_count cannot be chosen"),
    ],
)
def test_what_differs_from_the_language_model_is_refused(settings: ClassifyText, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        lent_text.settle(settings, LENDER, CODEC)


def test_members_begin_with_the_table_as_the_language_model_reads_it() -> None:
    found = lent_text.lent(WEIGHTS, ClassifyText(members=2, units=5))
    assert set(found) == {"member_0_embedding/embeddings", "member_1_embedding/embeddings"}
    for table in found.values():
        np.testing.assert_allclose(table, WEIGHTS["embedding/embeddings"] * math.sqrt(4))


def test_the_first_layer_is_lent_where_it_fits() -> None:
    found = lent_text.lent(WEIGHTS, ClassifyText(members=1, units=6))
    names = {f"member_0_gru_0/gru_cell/{part}" for part in ("kernel", "recurrent_kernel", "bias")}
    assert set(found) == {"member_0_embedding/embeddings", *names}
    assert len(lent_text.lent(WEIGHTS, ClassifyText(members=1, units=6, cell="lstm"))) == 1
