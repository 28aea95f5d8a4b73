"""The table of openings and how a game finds its name in it."""

from importlib import resources

import chess
import pytest

from gru_toolkit.chess.openings import Opening, keyed_lines, named_positions, opening_of
from gru_toolkit.chess.position_keys import position_key


def named(moves: str) -> Opening | None:
    board, keys = chess.Board(), []
    for move in moves.split():
        board.push_san(move)
        keys.append(position_key(board))
    return opening_of(keys)


def test_every_line_of_the_table_is_legal_and_has_its_key() -> None:
    text = resources.files("gru_toolkit.chess").joinpath("openings.tsv").read_text(encoding="utf-8")
    rows = [tuple(line.split("\t")[1:]) for line in text.splitlines()[1:]]
    assert list(keyed_lines(rows)) == text.splitlines()  # type: ignore[arg-type]
    assert len({name for _, name, _ in rows}) == len(rows) == len(named_positions()) > 500


@pytest.mark.parametrize(
    ("moves", "name"),
    [
        ("e4 c5 Nf3 d6 d4 cxd4 Nxd4 Nf6 Nc3 a6", "Sicilian Defense: Najdorf Variation"),
        ("e4 c5 Nf3 d6 d4 cxd4 Nxd4 Nf6 Nc3 a6 h3 h5", "Sicilian Defense: Najdorf Variation"),
        ("c4 e6 d4 d5", "Queen's Gambit Declined"),
        ("Nf3 d5 d4 Nf6 c4 e6 Nc3 c6", "Semi-Slav Defense"),
    ],
)
def test_a_game_has_the_name_of_its_last_named_position(moves: str, name: str) -> None:
    found = named(moves)
    assert found is not None
    assert found.name == name


def test_no_move_has_no_name() -> None:
    assert named("") is None


def test_family_and_variation_are_the_parts_of_a_name() -> None:
    opening = Opening("B90", "Sicilian Defense: Najdorf Variation, English Attack", "")
    assert (opening.family, opening.variation) == ("Sicilian Defense", "Najdorf Variation")
    assert Opening("B27", "Sicilian Defense: Nf3", "").variation is None
    assert Opening("B20", "Sicilian Defense", "").variation is None
