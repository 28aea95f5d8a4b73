"""The task `chess` of the generic door: PGN in, moves out, learned better than counts."""

from pathlib import Path

import numpy as np
import pytest

from gru_toolkit.chess.move_examples import CELLS, MoveExamples, games_of
from gru_toolkit.chess.move_task import CHESS, Chess, MoveCodec
from gru_toolkit.config import ReadConfig, SplitConfig, TrainConfig
from gru_toolkit.errors import ConfigError, DamagedRunError, DataError, MissingInputError
from gru_toolkit.sequences.dataset import Dataset, everything
from gru_toolkit.sequences.doctor import examine
from gru_toolkit.sequences.reading import read_dataset

PGN = """[Event "?"]
[White "Ann"]
[Black "Bob"]
[WhiteElo "1500"]
[TimeControl "300+2"]
[Result "1-0"]

1. e4 {[%clk 0:05:00]} e5 {[%clk 0:04:58]} 2. Bc4 Nc6 3. Qh5 Nf6 4. Qxf7# 1-0

[Event "?"]
[White "Bob"]
[Black "Ann"]
[Result "*"]

1. a4 h5 2. a5 h4 3. a6 h3 4. axb7 hxg2 5. bxa8=N gxh1=Q *
"""


def read(folder: Path, text: str = PGN, **options: int) -> Dataset:
    file = folder / "games.pgn"
    file.write_text(text, encoding="utf-8")
    return read_dataset([str(file)], ReadConfig(**options), CHESS.wants(Chess(), labelled=True))


def test_a_pgn_file_is_sequences_of_moves_with_what_is_known_of_each_game(tmp_path: Path) -> None:
    dataset = read(tmp_path)
    assert dataset.lengths.tolist() == [7, 10]
    assert dataset.ids[0].endswith("games.pgn:1")
    assert dataset.statics["white"].texts() == ["Ann", "Bob"]
    assert dataset.statics["white_rating"].values.tolist() == [1500, -1]
    assert dataset.steps["clock"].values[:3].tolist() == [300, 298, -1]
    assert len(dataset.fingerprint) == 64


def test_rejected_games_stop_the_reading_or_are_counted(tmp_path: Path) -> None:
    broken = PGN + '\n[Event "?"]\n\n1. e4 e6 2. Ke3 *\n'
    with pytest.raises(DataError, match="Ke3") as caught:
        read(tmp_path, broken)
    assert caught.value.place is not None
    dataset = read(tmp_path, broken, max_rejects=1)
    assert (len(dataset), len(dataset.rejects)) == (2, 1)


def test_games_from_set_up_positions_are_rejected(tmp_path: Path) -> None:
    text = PGN + '\n[SetUp "1"]\n[FEN "4k3/8/8/8/8/8/4P3/4K3 w - - 0 1"]\n\n1. e4 *\n'
    with pytest.raises(DataError, match="another position"):
        read(tmp_path, text)


def test_a_table_without_games_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text("day,sales\n1,2\n", encoding="utf-8")
    with pytest.raises(MissingInputError, match="'game'"):
        read_dataset([str(file)], ReadConfig(), CHESS.wants(Chess(), labelled=True))


def test_each_player_is_an_example_of_their_own_plies(tmp_path: Path) -> None:
    dataset = read(tmp_path)
    examples = CHESS.examples(everything(dataset), MoveCodec(3), Chess())
    assert isinstance(examples, MoveExamples)
    lengths = examples.lengths()
    assert lengths is not None
    assert lengths.tolist() == [4, 3, 5, 5]
    arrays = examples.arrays(np.arange(4))
    assert arrays.weights.sum(axis=1).tolist() == [4, 3, 5, 5]
    assert arrays.inputs["pieces"].shape == (4, 5, 64)
    row, step = np.nonzero(arrays.context["asked"])
    assert arrays.targets["legal"].shape == (4, 5, CELLS)
    assert (arrays.targets["legal"][row, step, arrays.targets["cells"][row, step]] == 1).all()
    # White promotes to a knight (2 of queen 0, knight 1), Black to a queen.
    assert arrays.targets["promoted"][2:, 4].tolist() == [1, 0]


def test_predict_answers_for_who_is_to_move(tmp_path: Path) -> None:
    dataset = read(tmp_path)
    requests = CHESS.requests(dataset, MoveCodec(3), Chess())
    arrays = requests.arrays(np.arange(2))
    assert arrays.context["colour"].tolist() == [1, 0]
    assert arrays.context["asked"].sum(axis=1).tolist() == [1, 1]
    assert not arrays.targets
    outputs = {"scores": np.zeros((2, 6, 64, 64)), "promotions": np.zeros((2, 6, 3))}
    decoded = CHESS.decode(outputs, arrays, MoveCodec(3), Chess())
    rows = CHESS.rows(decoded, arrays, MoveCodec(3), dataset)
    # The first game ended in mate: there is no move to list.
    assert set(rows["game"]) == {dataset.ids[1]}
    assert rows["ply"].tolist() == [11, 11, 11]
    assert rows["rank"].tolist() == [1, 2, 3]


def test_moves_of_black_are_told_from_whites_side(tmp_path: Path) -> None:
    dataset = read(tmp_path, '[Event "?"]\n\n1. e4 *\n')
    arrays = CHESS.requests(dataset, MoveCodec(1), Chess()).arrays(np.arange(1))
    scores = np.zeros((1, 1, 64, 64))
    scores[0, 0, 12, 28] = 9.0  # e2e4 from the mover's view, which is e7e5
    decoded = CHESS.decode({"scores": scores, "promotions": np.zeros((1, 1, 3))}, arrays, MoveCodec(1), Chess())
    assert CHESS.rows(decoded, arrays, MoveCodec(1), dataset)["move"].tolist() == ["e7e5"]


def test_scores_of_a_sure_prediction(tmp_path: Path) -> None:
    dataset = read(tmp_path)
    arrays = CHESS.examples(everything(dataset), MoveCodec(3), Chess()).arrays(np.arange(4))
    scores = np.zeros((4, 5, CELLS))
    np.put_along_axis(scores, arrays.context["cells"][:, :, None], 50.0, axis=2)
    promotions = np.zeros((4, 5, 3))
    promotions[2, 4, 0] = 50.0  # the knight
    promotions[3, 4] = -50.0  # the queen
    outputs = {"scores": scores.reshape(4, 5, 64, 64), "promotions": promotions}
    sums = CHESS.measure(CHESS.decode(outputs, arrays, MoveCodec(3), Chess()), arrays, MoveCodec(3), Chess()).sums
    found = CHESS.metrics({name: values.sum(axis=0) for name, values in sums.items()}, Chess())
    assert found["accuracy"] == 1.0
    assert found["log_loss"] == pytest.approx(0, abs=1e-4)


def test_settings_and_codec_are_checked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="channels"):
        Chess(channels=0)
    with pytest.raises(DamagedRunError):
        CHESS.codec({"listed": 0})
    with pytest.raises(DataError, match="three games"):
        CHESS.resolve(read(tmp_path), Chess(), TrainConfig(), frozenset())


def test_a_move_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "games.csv"
    header = "game,ply,move,clock,white,black,white_rating,black_rating,time_control,date\n"
    file.write_text(header + "g,1,e2e9,-1,a,b,-1,-1,60+0,2020\n", encoding="utf-8")
    dataset = read_dataset([str(file)], ReadConfig(text=("date",)), CHESS.wants(Chess(), labelled=True))
    with pytest.raises(DataError, match="e2e9"):
        games_of(dataset)


def test_games_are_split_whole_and_repeated_ones_left_out(tmp_path: Path) -> None:
    lines = [f"1. {first} {answer} *" for first in ("e4", "d4", "c4") for answer in ("e5", "d5", "c5")]
    text = "\n".join(f'[Event "?"]\n\n{line}\n' for line in [*lines, *lines[:4]])
    dataset = read(tmp_path, text)
    splits = CHESS.split(dataset, Chess(), SplitConfig())
    spans = np.concatenate([part.spans for part in (splits.train, splits.validation, splits.test)])
    assert sorted(spans[:, 0].tolist()) == list(range(9))
    assert "4 games that repeat" in splits.description[-1]


def test_doctor_says_what_games_lack(tmp_path: Path) -> None:
    broken = PGN + '\n[Event "?"]\n\n1. e4 e6 2. Ke3 *\n'
    (tmp_path / "games.pgn").write_text(broken, encoding="utf-8")
    found = examine([str(tmp_path / "games.pgn")], ReadConfig(), CHESS.wants(Chess(), labelled=True))
    assert found.sequences == 2
    assert [finding.code for finding in found.findings if finding.severity == "error"] == ["rejected_rows"]
    assert any("clock" in finding.message for finding in found.findings)
