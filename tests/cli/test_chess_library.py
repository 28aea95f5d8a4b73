"""`chess import`, `players` and `forget` through the command line, with hostile names on the way."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gru_toolkit.cli.app import main

NAMES = ("Ann\u202e", "[bold]Bob[/bold]", "=cmd|' /C calc'!A0", "Eve\u2028x")
"""A bidi control, markup, a formula, and a line separator; escape sequences are refused with their game."""
GAME = '[White "{white}"]\n[Black "{black}"]\n[Date "2023.05.01"]\n[Result "{result}"]\n\n{moves} {result}\n\n'


MOVES = ("e4", "d4", "c4", "f4", "g3", "b3", "a3", "h3", "Nf3", "Nc3", "a4", "h4")


def text() -> str:
    """Twelve games of four people."""
    games = [
        GAME.format(white=NAMES[number % 4], black=NAMES[(number + 1) % 4], result="1-0", moves=f"1. {move} e5")
        for number, move in enumerate(MOVES)
    ]
    return "".join(games)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "games.pgn"
    path.write_text(text(), encoding="utf-8")
    return path


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main(["chess", *map(str, arguments)])
    captured = capsys.readouterr()
    for stream in captured:
        assert not {"\x1b", "\u202e", "\u2028", "\x9b"} & set(stream)
    return status, captured.out, captured.err


def test_import_tells_what_became_of_each_file(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = tmp_path / "l.sqlite"
    assert call(capsys, "import", file, "--library", library) == (
        0, f"{file}: 12 games: 12 added, 0 rejected\n12 games in {library}\n", "",
    )  # fmt: skip
    status, out, _ = call(capsys, "import", file, "--library", library)
    assert (status, out.splitlines()[0]) == (
        0, f"{file}: 12 games: 0 added, 12 known already, 0 rejected, imported before",
    )  # fmt: skip


def test_rejected_games_are_named_and_make_the_exit_status(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with file.open("a", encoding="utf-8") as stream:
        stream.write(GAME.format(white="\x1b]0;owned\x07", black="Bob", result="1-0", moves="1. e4 e5"))
        stream.write(GAME.format(white="Eve", black="Bob", result="1-0", moves="1. e5"))
    status, out, err = call(capsys, "import", file, "--library", tmp_path / "l", "--json")
    told = json.loads(out)
    assert status == 3
    assert (told["games"], told["files"][0]["found"], told["files"][0]["rejected"]) == (12, 14, 2)
    assert [reject["line"] for reject in told["files"][0]["rejects"]] == [85, 97]
    assert err.splitlines()[0] == f"rejected: {file}:85: the control character \\x1b is no text"


def test_many_rejected_games_are_told_by_their_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "g.pgn"
    bad = [GAME.format(white="Ann", black="Bob", result="1-0", moves="")] * 15
    bad += [GAME.format(white="Ann", black="Bob", result="1-0", moves="1. e5")] * 10
    path.write_text("".join(bad), encoding="utf-8")
    status, out, err = call(capsys, "import", path, "--library", tmp_path / "l")
    assert (status, out.splitlines()[0]) == (3, f"{path}: 25 games: 0 added, 25 rejected")
    assert err.splitlines() == [
        f"rejected: 15 games, the first at {path}:1: the game has no moves",
        f"rejected: 10 games, the first at {path}:111: the move 1. e5 cannot be played: it is not legal",
        "rejected: 25 games in all, each of them with --json",
    ]


def test_players_are_listed_joined_parted_and_forgotten(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = ("--library", tmp_path / "l")
    call(capsys, "import", file, *library)
    status, out, _ = call(capsys, "players", *library)
    assert status == 0
    assert out.splitlines()[0].split() == ["player", "games", "as", "White", "first", "last", "rating"]
    assert "[bold]Bob[/bold]" in out
    status, out, _ = call(capsys, "players", "[bold]bob[/bold]", "--merge", "=cmd|' /c calc'!A0", *library, "--json")
    (joined,) = json.loads(out)["players"]
    assert (status, joined["games"], len(joined["spellings"])) == (0, 12, 2)
    status, out, _ = call(capsys, "players", "=cmd|' /c calc'!A0", "--split", *library, "--json")
    assert json.loads(out)["players"][0]["games"] == 6
    status, out, _ = call(capsys, "forget", "[bold]bob[/bold]", *library)
    assert (status, out) == (0, "forgot [bold]Bob[/bold]: 6 games, 0 sessions\n")
    status, _, err = call(capsys, "forget", "[bold]bob[/bold]", *library)
    assert status == 66
    assert "nobody in the library is called" in err


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("import", "none.pgn"), 66), (("import",), 2), (("players", "--library", "none"), 66),
        (("players", "--merge", "x"), 2), (("forget", "x", "--library", "none"), 66), (("fetch", "chess24", "x"), 2),
        (("fetch", "lichess", "x", "--since", "soon"), 2), (("import", "-", "--processes", "0"), 2),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(
    arguments: tuple[str, ...], status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert call(capsys, *arguments)[0] == status
    assert call(capsys, *arguments, "--json")[0] == status


def test_games_come_from_standard_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for added, known in ((12, 0), (0, 12)):
        stream = io.TextIOWrapper(io.BytesIO(text().encode("utf-8")), encoding="utf-8")
        monkeypatch.setattr("sys.stdin", stream)
        status, out, _ = call(capsys, "import", "-", "--library", tmp_path / "l", "--json")
        told = json.loads(out)["files"][0]
        assert (status, told["added"], told["known"]) == (0, added, known)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("chess", "--help"), ("chess", "import", "--help")])
def test_help_loads_neither_numpy_nor_the_chess_library(arguments: tuple[str, ...]) -> None:
    script = (
        "import sys\nfrom gru_toolkit.cli.app import main\nstatus = main(sys.argv[1:])\n"
        "assert status == 0\nassert not {'numpy', 'chess', 'sqlite3', 'keras'} & set(sys.modules)"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", script, *arguments], check=True, env=env, stdout=subprocess.DEVNULL)
