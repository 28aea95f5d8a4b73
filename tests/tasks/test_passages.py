import math

import numpy as np
import pytest

from gru_toolkit.cli.text_figures import text_figure
from gru_toolkit.runs.drawings import draw
from gru_toolkit.sequences.dataset import Arrays
from gru_toolkit.sequences.running_text import of_text
from gru_toolkit.sequences.vocabularies import END, START, UNKNOWN, VocabularyConfig, fit_vocabulary
from gru_toolkit.tasks.figures import Shown
from gru_toolkit.tasks.passages import MOST_BITS, attended, surprises

KNOWN = fit_vocabulary(["good bad"], VocabularyConfig("word"))


def test_attention_stands_beside_its_words_and_the_surest_come_first() -> None:
    ids = np.array([[START, 4, UNKNOWN, END, 0], [START, 5, END, 0, 0]])
    arrays = Arrays({"ids": ids, "lengths": np.array([4, 3])}, {}, np.ones(2), {"truth": np.array([0, 1])})
    decoded = {
        "probabilities": np.array([[0.9, 0.1], [0.8, 0.2]]),
        "attention": np.array([[0.0, 0.2, 0.4, 0.4, 0.0], [0.5, 0.5, 0.0, 0.0, 0.0]]),
    }
    found = attended(Shown(of_text("x"), "network", {}, [(decoded, arrays)]), ("a", "b"), KNOWN)
    assert [passage.heading for passage in found.passages] == ["a, predicted a (90%)", "b, predicted a (80%)"]
    assert found.passages[0].pieces == (KNOWN.pieces[0], "<?>")
    assert found.passages[0].weights.tolist() == pytest.approx([0.5, 1.0])


def test_surprise_is_drawn_from_nothing_to_darkest() -> None:
    known = fit_vocabulary(["ab"], VocabularyConfig("char"))
    arrays = Arrays({}, {}, np.array([[0.0, 1.0, 1.0]]), {"wanted": np.array([[4, 5, 4]])})
    decoded = {"nats": np.array([[9.0, 0.0, 2 * MOST_BITS * math.log(2)]])}
    found = surprises(Shown(of_text("x"), "network", {}, [(decoded, arrays)]), known)
    assert found.passages[0].pieces == (known.pieces[1], known.pieces[0])
    assert found.passages[0].weights.tolist() == [0.0, 1.0]
    drawing = draw(found)
    assert drawing.svg.count("<rect") == 2
    assert all(len(line) <= 40 for line in text_figure(found, 40).splitlines())


def test_harmful_characters_of_a_text_are_only_shown() -> None:
    known = fit_vocabulary(["\x1b<"], VocabularyConfig("char"))
    arrays = Arrays({}, {}, np.ones((1, 2)), {"wanted": np.array([[4, 5]])})
    found = surprises(Shown(of_text("x"), "network", {}, [({"nats": np.ones((1, 2))}, arrays)]), known)
    assert "\x1b" not in draw(found).svg
    assert "\x1b" not in text_figure(found, 80)
    assert "><<" not in draw(found).svg
