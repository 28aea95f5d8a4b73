"""Damaged PGN: every game is found, and read whole or refused with its line and the reason."""

import gzip
import io
from pathlib import Path

import chess.pgn
import numpy as np
import pytest

from gru_toolkit.chess.game import Game
from gru_toolkit.chess.moves import moves_of
from gru_toolkit.chess.pgn import read_games
from gru_toolkit.chess.pgn_splitting import LARGEST_GAME, raw_games
from gru_toolkit.errors import DataError, MissingInputError
from gru_toolkit.sequences.table import Reject

RUY = "1. e4 e5 2. Nf3 Nc6 3. Bb5 a6"
QUEEN = "1. d4 d5 2. c4 e6"


def game(moves: str = RUY, result: str = "1-0", end: str | None = None, **tags: str) -> str:
    """A game as PGN text."""
    values = {"Event": "Club", "White": "Ann", "Black": "Bob", "Result": result, **tags}
    header = "".join(f'[{name} "{value}"]\n' for name, value in values.items())
    return f"{header}\n{moves} {result if end is None else end}\n\n"


def read(tmp_path: Path, text: str | bytes) -> list[Game | Reject]:
    path = tmp_path / "games.pgn"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return list(read_games([str(path)]))


def sans(found: Game | Reject) -> str:
    assert isinstance(found, Game), found
    return chess.Board(found.fen or chess.STARTING_FEN).variation_san(moves_of(found.moves))


def refusal(found: Game | Reject) -> tuple[int | None, str]:
    assert isinstance(found, Reject), found
    return found.place.line, found.reason


def test_a_whole_game_is_read_with_all_its_facts(tmp_path: Path) -> None:
    moves = "1. e4 { [%eval 0.3] [%clk 0:09:58.5] } 1... c5 $2 {[%clk 1:00:01]} 2. Nf3!? (2. Nc3 Nc6 (2... d6)) 2... d6"
    text = game(
        moves, "1/2-1/2", WhiteElo="2100", BlackElo="?", UTCDate="2023.05.01", UTCTime="13:24:36", TimeControl="600+5",
        Site="https://example.org/abc",
    )  # fmt: skip
    (found,) = read(tmp_path, "\n\n" + text)
    assert isinstance(found, Game)
    assert sans(found) == "1. e4 c5 2. Nf3 d6"
    assert (found.white, found.black, found.white_rating, found.black_rating) == ("Ann", "Bob", 2100, None)
    assert (found.date, found.time, found.time_control) == ("2023-05-01", "13:24:36", "600+5")
    assert (found.result, found.site, found.fen) == ("1/2-1/2", "https://example.org/abc", None)
    assert found.place.line == 3
    assert found.clocks is not None
    np.testing.assert_array_equal(found.clocks, np.array([598.5, 3601, np.nan, np.nan], np.float32))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("1984.??.??", "1984"), ("1984.06.??", "1984-06"), ("1984.06.09", "1984-06-09"), ("1984-6-9", "1984-06-09"),
        ("????.??.??", None), ("", None), ("1984.13.01", "1984"), ("yesterday", None),
        ("\u0661\u0669\u0668\u0664", None),
    ],
)  # fmt: skip
def test_a_date_is_kept_as_far_as_it_is_known(tmp_path: Path, given: str, kept: str | None) -> None:
    (found,) = read(tmp_path, game(Date=given))
    assert isinstance(found, Game)
    assert found.date == kept


def test_games_without_empty_lines_between_them_are_parted(tmp_path: Path) -> None:
    text = (game() + game(QUEEN)).replace("\n\n", "\n")
    assert [sans(found)[:5] for found in read(tmp_path, text)] == ["1. e4", "1. d4"]


def test_a_missing_event_tag_parts_games_at_their_first_tag(tmp_path: Path) -> None:
    text = (game(Site="a") + game(QUEEN, Site="b")).replace('[Event "Club"]\n', "")
    assert [sans(found)[:5] for found in read(tmp_path, text)] == ["1. e4", "1. d4"]


def test_a_header_without_moves_is_a_game_of_its_own(tmp_path: Path) -> None:
    first, second = read(tmp_path, game().split("\n\n")[0] + "\n\n" + game(QUEEN))
    assert refusal(first) == (1, "the game has no moves")
    assert sans(second).startswith("1. d4")


def test_an_unclosed_brace_costs_its_own_game_only(tmp_path: Path) -> None:
    first, second = read(tmp_path, game(RUY + " { good") + game(QUEEN))
    assert refusal(first) == (6, "a comment is opened and never closed")
    assert sans(second).startswith("1. d4")


def test_games_without_tags_are_parted_after_their_result(tmp_path: Path) -> None:
    first, second = read(tmp_path, f"{RUY} 1-0\n\n{QUEEN} *\n")
    assert (sans(first)[:5], sans(second)[:5]) == ("1. e4", "1. d4")
    assert isinstance(first, Game)
    assert first.white == "?"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (game("1. e4 e5 2. Nf3 xyz"), 6, "'xyz' is no move and no other part of a game"),
        (game("1. e4 e5 2. Nf3 banana"), 6, "the move 2... banana cannot be played: it is no move"),
        (game("1. e4 e5\n2. Nf3 Nc6\n3. Nf7"), 8, "the move 3. Nf7 cannot be played: it is not legal"),
        (game("1. e4 e5 2. -- Nc6"), 6, "the move 2. -- cannot be played: null moves are no moves of a game"),
        (game(RUY, end="1-0 4. Ba4"), 6, "the move 'Ba4' stands after the result"),
        (game(RUY, end="1-0 0-1"), 6, "a second result after the result"),
        (game(RUY, end=""), 1, "the game ends without a result; is the file cut short?"),
        (game("(" + RUY), 6, "a side line is opened and never closed"),
        (game(RUY + ")"), 6, "a side line is closed that was never opened"),
        (game(RUY + " }"), 6, "'}' is no move and no other part of a game"),
        (game(""), 1, "the game has no moves"),
        (game(RUY, end="0-1"), 1, "the tag Result is 1-0, the moves end with 0-1"),
        (game(Result="won"), 1, "the tag Result is 'won', expected one of 1-0, 0-1, 1/2-1/2, *"),
        (game(Variant="Atomic"), 1, "the variant is 'Atomic', and only standard chess is read"),
        (game(Variant="Chess960"), 1, "the variant is 'Chess960', and only standard chess is read"),
        (game(SetUp="1"), 1, "the tag SetUp announces a position, and there is no tag FEN"),
        (
            game(FEN="8/8/8/8/8/8/8/8 w - - 0 1"),
            1,
            "no position of standard chess: the board is empty; White has no king",
        ),
        (game(FEN="rubbish"), 1, "the tag FEN is no position of standard chess: expected 8 rows"),
        (game(WhiteElo="strong"), 1, "the tag WhiteElo is 'strong', expected a rating up to 4000"),
        (game(White="A" * 300), 1, "the tag White holds a name of more than 200 characters"),
        (game().replace('[White "Ann"]', "[White Ann]"), 2, "not a tag: '[White Ann]'"),
        (game().replace('[White "Ann"]', '[White "Ann"]\n[White "Eve"]'), 3, "the tag White has two values"),
        (game().replace("Nf3", "N\0f3"), 6, "the control character \\x00 is no text"),
        (game(White="\x1b[31mAnn"), 2, "the control character \\x1b is no text"),
        (game(White="\u009b31mAnn"), 1, "the tag White holds a control character"),
        (game("1. e4 e5 " * 4), 6, "the move 'e4' has the number 1, due is 2"),
        (game("1. e4 e5 " + "9" * 9_999 + ". Nf3"), 6, "is no move and no other part of a game"),
        (game("1. e4 e5 \u0662. Nf3"), 6, "is no move and no other part of a game"),
        (game("1. e4 e5 2Nf3"), 6, "'2Nf3' is no move and no other part of a game"),
        (game("1 e4 e5 3 Nf3"), 6, "the move 'Nf3' has the number 3, due is 2"),
        (game("1. e4 e5 3. Nf3"), 6, "the move 'Nf3' has the number 3, due is 2"),
        (game("1. e4 e5 0000"), 6, "the move 2. 0000 cannot be played: null moves are no moves of a game"),
    ],
)
def test_damage_is_refused_with_its_line_and_costs_no_other_game(
    tmp_path: Path, text: str, line: int, reason: str
) -> None:
    before, damaged, after = read(tmp_path, game() + text + game(QUEEN))
    assert sans(before)[:5] == "1. e4"
    assert sans(after)[:5] == "1. d4"
    found_line, found_reason = refusal(damaged)
    assert reason in found_reason
    assert found_line == line + 7


def test_a_set_up_position_is_played_from_there(tmp_path: Path) -> None:
    fen = "4k3/8/8/8/8/8/4P3/4K3 b - - 0 1"
    (found,) = read(tmp_path, game("1... Kd7 2. e4 Ke6", SetUp="1", FEN=fen))
    assert isinstance(found, Game)
    assert found.fen == fen
    assert sans(found) == "1...Kd7 2. e4 Ke6"


@pytest.mark.parametrize(("first", "good"), [(1, True), (7, True), (2, False)])
def test_a_set_up_game_counts_its_moves_on_or_from_one(tmp_path: Path, first: int, good: bool) -> None:
    fen = "4k3/8/8/8/8/8/4P3/4K3 b - - 0 7"
    (found,) = read(tmp_path, game(f"{first}... Kd7 {first + 1}. e4 Ke6", SetUp="1", FEN=fen))
    assert isinstance(found, Game) == good


def test_the_usual_position_as_a_fen_is_no_set_up(tmp_path: Path) -> None:
    (found,) = read(tmp_path, game(SetUp="1", FEN=chess.STARTING_FEN, Variant="From Position"))
    assert isinstance(found, Game)
    assert found.fen is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (game(White="Jörg").encode("utf-8"), "Jörg"),
        (b"\xef\xbb\xbf" + game(White="Jörg").encode("utf-8"), "Jörg"),
        (game(White="Jörg").encode("latin-1"), "Jörg"),
        (game(White="Jo\u0308rg").encode("utf-8"), "Jörg"),
        (game(White='The \\"Rook\\" \\\\').encode("utf-8"), 'The "Rook" \\'),
        (game(White='The "Rook"').encode("utf-8"), 'The "Rook"'),
        (game(White="  Ann \t Lee ").encode("utf-8"), "Ann Lee"),
        (game(White="Ann").replace("\n", "\r\n").encode("utf-8"), "Ann"),
        (game(White="Ann").replace("\n", "\r").encode("utf-8"), "Ann"),
        (game(White="[/red]Ann").encode("utf-8"), "[/red]Ann"),
    ],
)
def test_encodings_and_line_ends_are_read(tmp_path: Path, text: bytes, name: str) -> None:
    first, second = read(tmp_path, text * 2)
    for found in (first, second):
        assert isinstance(found, Game)
        assert found.white == name


def test_utf_16_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="UTF-16"):
        read(tmp_path, game().encode("utf-16"))


def test_nesting_bombs_do_no_harm(tmp_path: Path) -> None:
    deep = "1. e4 " + "(1. d4 " * 20_000 + ")" * 20_000 + " e5"
    bomb, after = read(tmp_path, game(deep) + game(QUEEN))
    assert (sans(bomb), sans(after)[:5]) == ("1. e4 e5", "1. d4")
    cut, after = read(tmp_path, game("1. e4 " + "(" * 20_000) + game(QUEEN))
    assert refusal(cut) == (6, "a side line is opened and never closed")
    assert sans(after)[:5] == "1. d4"


def test_a_game_of_many_megabytes_is_found_and_refused(tmp_path: Path) -> None:
    first, huge, last = read(tmp_path, game() + game(RUY + " {" + "x" * LARGEST_GAME + "}") + game(QUEEN))
    assert refusal(huge) == (8, "the game is longer than 4 MiB")
    assert (sans(first)[:5], sans(last)[:5]) == ("1. e4", "1. d4")


def test_a_game_of_very_many_moves_is_refused(tmp_path: Path) -> None:
    (found,) = read(tmp_path, game("Nf3 Nf6 Ng1 Ng8 " * 1_001))
    assert "longer than 4000 half-moves" in refusal(found)[1]


@pytest.mark.parametrize("text", ["", "\n \n\t\n", "\ufeff"])
def test_a_file_without_games_is_no_success(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match="holds no games"):
        read(tmp_path, text)


def test_a_file_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "games.pgn").write_text(game(), encoding="utf-8")
    with pytest.raises(MissingInputError, match=r"game\.pgn.*games\.pgn"):
        list(read_games([str(tmp_path / "game.pgn")]))


def test_packed_files_are_read_and_cut_ones_refused(tmp_path: Path) -> None:
    packed = gzip.compress(game().encode("utf-8"))
    whole, cut = tmp_path / "whole.pgn.gz", tmp_path / "cut.pgn.gz"
    whole.write_bytes(packed)
    cut.write_bytes(packed[:-20])
    assert sans(*read_games([str(whole)])) == RUY
    with pytest.raises(DataError, match="damaged or cut short"):
        list(read_games([str(cut)]))


def test_zstd_is_read(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    path = tmp_path / "games.pgn.zst"
    path.write_bytes(pyarrow.compress(game().encode("utf-8"), codec="zstd", asbytes=True))
    assert sans(*read_games([str(path)])) == RUY


@pytest.mark.parametrize(
    "moves", ["1.e4 e5 2.Nf3", "1 e4 e5 2 Nf3", "1. e4 1... e5 2 . Nf3", "1.e4 1. ... e5 2.{x}Nf3"]
)
def test_numbers_of_moves_are_written_in_many_ways(tmp_path: Path, moves: str) -> None:
    assert sans(*read(tmp_path, game(moves))) == "1. e4 e5 2. Nf3"


def test_offsets_and_lines_find_each_game_again() -> None:
    data = ("\r\n" + game() + game(QUEEN) + game(RUY).replace("\n", "\r\n")).encode("utf-8")
    games = list(raw_games(io.BytesIO(data), "x"))
    assert len(games) == 3
    for raw in games:
        assert data[raw.offset : raw.offset + len(raw.data)] == raw.data
        assert next(raw_games(io.BytesIO(data), "x", raw.offset, raw.line)) == raw
        assert data[: raw.offset].replace(b"\r\n", b"\n").count(b"\n") == raw.line - 1
    assert [one.offset for one in raw_games(io.BytesIO(data), "x", games[0].end, games[0].end_line)] == [
        one.offset for one in games[1:]
    ]
