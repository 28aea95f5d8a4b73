import numpy as np

from gru_toolkit.sequences.dataset import Arrays, Consecutive, Large, batches, everything
from gru_toolkit.sequences.running_text import of_text
from gru_toolkit.sequences.vocabularies import END, START, VocabularyConfig, fit_vocabulary
from gru_toolkit.tasks import text_windows
from gru_toolkit.tasks.text_windows import Lanes, Stream, Windows, encoded


def stream(length: int) -> Stream:
    return Stream(np.arange(10, 10 + length), np.array([0]), np.array([0]))


def scored(arrays: Arrays) -> list[int]:
    return arrays.targets["next"][arrays.weights > 0].tolist()


def test_lanes_predict_every_id_once_and_go_on_row_by_row() -> None:
    lanes = Lanes(stream(103), lanes=4, steps=5)
    assert isinstance(lanes, Consecutive)
    seen: list[int] = []
    last: dict[int, int] = {}
    for indices in lanes.order(4):
        arrays = lanes.arrays(indices)
        seen += scored(arrays)
        for row in range(4):
            real = arrays.weights[row] > 0
            ids, wanted = arrays.inputs["ids"][row][real], arrays.targets["next"][row][real]
            if not real.any():
                continue
            assert ids[1:].tolist() == wanted[:-1].tolist()
            assert ids[0] == last.get(row, START)
            last[row] = int(wanted[-1])
    assert sorted(seen) == list(range(10, 113))


def test_some_rows_forget_in_training_only() -> None:
    lanes = Lanes(stream(20_000), lanes=4, steps=2)
    order = lanes.order(4)[100:1100]
    rng = np.random.default_rng(0)
    fresh = np.mean([(lanes.arrays(indices, rng).inputs["ids"][:, 0] == START).mean() for indices in order])
    assert 0.005 < fresh < 0.02
    assert all((lanes.arrays(indices).inputs["ids"] != START).all() for indices in order)


def test_windows_score_every_id_once_with_context_before() -> None:
    length = 2 * text_windows.WINDOW + 17
    windows = Windows(stream(length), np.ones(10 + length, np.int64))
    assert isinstance(windows, Large)
    found = list(batches(windows, 256))
    assert [number for arrays in found for number in scored(arrays)] == list(range(10, 10 + length))
    last = windows.arrays(np.array([2]))
    assert last.inputs["ids"][0, 0] == START
    assert last.targets["next"][0, 0] == 10 + 2 * text_windows.WINDOW - text_windows.CONTEXT


def test_wide_vocabularies_make_small_batches() -> None:
    assert Windows(stream(9), np.ones(70)).at_once > 256
    assert Windows(stream(9), np.ones(20_000)).at_once < 10


def test_texts_are_joined_by_an_end() -> None:
    dataset = of_text("abc")
    known = fit_vocabulary(["abc"], VocabularyConfig("char"))
    joined = np.concatenate([dataset.steps["text"].values] * 2)
    from dataclasses import replace

    column = replace(dataset.steps["text"], values=joined)
    double = replace(dataset, ids=("a", "b"), offsets=np.array([0, 3, 6]), steps={"text": column})
    found = encoded(everything(double), known)
    assert found.ids.tolist() == [4, 5, 6, END, 4, 5, 6]
    assert found.starts.tolist() == [0, 4]


def test_long_streams_lie_in_a_file(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(text_windows, "IN_MEMORY", 10)
    known = fit_vocabulary(["abc"], VocabularyConfig("char"))
    found = encoded(everything(of_text("abc" * 50)), known)
    assert isinstance(found.ids, np.memmap)
    assert found.ids.dtype == np.uint8
    assert known.decode(found.ids.tolist()) == "abc" * 50
