"""The commands about people, from the command line, on the sample's first games."""

import io
import json
import shutil
from pathlib import Path

import pytest

from gru_toolkit.cli.app import main

GAMES = 24


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a library of the sample's first games, and both people learned."""
    folder = tmp_path_factory.mktemp("people")
    sample = Path(__file__).parents[2] / "data" / "chess" / "father_and_son.pgn"
    games = sample.read_text(encoding="utf-8").split("[Event ")[1 : GAMES + 1]
    (folder / "games.pgn").write_text("".join("[Event " + one for one in games), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRU_TOOLKIT_HOME", str(folder))
        assert main(["chess", "import", str(folder / "games.pgn"), "--quiet"]) == 0
        assert main(["chess", "learn", "Father", "Son", "--quiet"]) == 0
    return folder


@pytest.fixture(autouse=True)
def _use(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRU_TOOLKIT_HOME", str(home))


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:  # type: ignore[type-arg]
    capsys.readouterr()
    assert main(["chess", *arguments, "--json"]) == 0
    found: dict = json.loads(capsys.readouterr().out)  # type: ignore[type-arg]
    return found


def test_tendencies_tell_rates_with_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "tendencies", "father")
    assert found["name"] == "Father"
    assert found["games"] == GAMES
    assert found["sentence"].startswith("Father: as White King's Pawn")
    first = found["tables"][0]["choices"][0]
    assert first["low"] <= first["count"] / first["of"] <= first["high"]


def test_the_page_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chess", "tendencies", "Son", "--html", str(tmp_path / "son.html")]) == 0
    assert "as Black against 1. e4" in capsys.readouterr().out
    assert "How Son opens" in (tmp_path / "son.html").read_text(encoding="utf-8")


def test_a_person_is_asked_for_in_a_time_and_against_another(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "tendencies", "Father", "--since", "2021-02-15", "--against", "Son")
    assert 0 < found["games"] < GAMES
    assert found["first"] >= "2021-02-15"
    assert main(["chess", "tendencies", "Father", "--since", "last May"]) == 2
    assert "is not a date" in capsys.readouterr().err
    assert main(["chess", "tendencies", "Father", "--since", "2030-01-01"]) == 66
    assert main(["chess", "tendencies", "Fathre"]) == 66
    assert "Father" in capsys.readouterr().err


def test_both_people_are_predicted_with_their_sources(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "predict", "--white", "Father", "--black", "Son", "--moves", "1. e4 c5 2. g1f3")
    assert found["opening"]["eco"] == "B27"
    assert found["to_move"]["name"] == "Son"
    assert "of the last" in found["to_move"]["explanation"]
    assert sum(found["to_move"]["weights"].values()) == pytest.approx(1)
    assert {"network", "style", "book"} <= set(found["to_move"]["moves"][0]["parts"])
    assert [one["answer"]["name"] for one in found["answers"]] == ["Father"] * 3


def test_people_without_games_are_predicted_too(capsys: pytest.CaptureFixture[str]) -> None:
    fen = "r1bqkbnr/pppp1ppp/2n5/4p3/2B1P3/5N2/PPPP1PPP/RNBQK2R b KQkq - 3 3"
    found = answer(capsys, "predict", "--white", "Nobody", "--black", "Else", "--fen", fen)
    assert found["to_move"]["weights"] == {"network": 1.0}
    assert main(["chess", "predict", "--moves", "e4"]) == 0
    assert "Black (Black) to move" in capsys.readouterr().out


def test_another_spelling_of_the_library_finds_the_person(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(home, tmp_path / "home")
    monkeypatch.setenv("GRU_TOOLKIT_HOME", str(tmp_path / "home"))
    (tmp_path / "one.pgn").write_text('[Event "a"]\n[White "Dad"]\n[Black "Son"]\n\n1. e4 e5 1-0\n')
    assert main(["chess", "import", str(tmp_path / "one.pgn"), "--quiet"]) == 0
    assert answer(capsys, "predict", "--white", "Dad", "--black", "Son")["to_move"]["weights"] == {"network": 1.0}
    assert main(["chess", "players", "Father", "--merge", "Dad"]) == 0
    assert main(["chess", "learn", "Father", "--quiet"]) == 0
    as_dad, as_father = (answer(capsys, "predict", "--white", name, "--black", "Son") for name in ("Dad", "Father"))
    assert as_dad == as_father


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--moves", "e4 e9"], "'e9' is no legal move for Black after 1. e4"),
        (["--fen", "nonsense"], "is not a position"),
        (["--fen", "8/8/8/8/8/8/8/8 w - - 0 1"], "the board is empty; White has no king; Black has no king"),
        (["--fen", "4k3/8/8/8/4R3/8/8/4K3 w - - 0 1"], "the side that is not to move is in check"),
        (["--moves", "e4 e5 Ke3"], "'Ke3' is no legal move for White after 1... e5"),
        (["--moves", "f3 e5 g4 Qh4#"], "the game is over"),
        (["--top", "0"], "--top must be at least 1"),
        (["--time-control", "soon"], "'soon' is not a time control"),
        (["--white-rating", "-5"], "-5 is not a rating"),
    ],
)
def test_what_cannot_be_predicted_is_said(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chess", "predict", *arguments]) == 2
    assert says in capsys.readouterr().err


def test_many_lines_come_from_stdin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    start = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1"
    monkeypatch.setattr("sys.stdin", io.StringIO(f"e4 c5\n{start}\ne4 e9\n\n"))
    capsys.readouterr()
    assert main(["chess", "predict", "--white", "Father", "--black", "Son", "--stdin"]) == 3
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["line"] for record in records] == [1, 2, 3, 4]
    assert records[0]["to_move"]["name"] == "Father"
    assert records[1]["to_move"]["moves"][0]["san"] == records[3]["to_move"]["moves"][0]["san"]
    assert records[2]["error"]["line"] == 3


def test_who_is_told_from_a_file(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (home / "games.pgn").read_text(encoding="utf-8").replace('"Father"', '"X"').replace('"Son"', '"Y"')
    (tmp_path / "unknown.pgn").write_text(text, encoding="utf-8")
    found = answer(capsys, "who", str(tmp_path / "unknown.pgn"))
    assert {one["subject"]: one["names"][0] for one in found["subjects"]} == {"X": "Father", "Y": "Son"}


def test_a_damaged_game_is_told_and_the_others_are_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "two.pgn").write_text('[Event "a"]\n\n1. e4 e5 *\n\n[Event "b"]\n\n1. e4 Ke4 *\n')
    assert main(["chess", "who", str(tmp_path / "two.pgn")]) == 3
    printed = capsys.readouterr()
    assert "the White side" in printed.out
    assert "two.pgn" in printed.err


def test_held_out_games_are_scored(capsys: pytest.CaptureFixture[str]) -> None:
    [found] = answer(capsys, "evaluate", "Father", "--held-out", "6")
    assert (found["earlier"], found["held_out"]) == (GAMES - 6, 6)
    assert [row["model"] for row in found["bands"]["moves 1-10"]] == ["counts", "network", "player"]


def test_a_test_without_games_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chess", "evaluate", "Son", "--held-out", "0"]) == 2
    assert "at least 1 game" in capsys.readouterr().err


def test_the_other_persons_answers_are_told_at_80_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["chess", "predict", "--white", "Father", "--black", "Son"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("after e4, Son: c5 ") for line in lines)
    assert max(map(len, lines)) <= 80


def test_without_anybody_learned_who_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    monkeypatch.setenv("GRU_TOOLKIT_HOME", str(tmp_path))
    assert main(["chess", "who", str(home / "games.pgn")]) == 66
    assert "gru-toolkit chess learn" in capsys.readouterr().err


def test_names_never_reach_the_terminal_raw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GRU_TOOLKIT_HOME", str(tmp_path))
    name = "\u202eEvil [bold]x[/bold]"
    head = '[Event "{0}"]\n[Date "2024.01.0{0}"]\n[White "{1}"]\n[Black "B"]\n\n1. e4 e5 2. Nf3 *\n\n'
    pgn = "".join(head.format(number, name) for number in range(1, 9))
    (tmp_path / "games.pgn").write_text(pgn, encoding="utf-8")
    assert main(["chess", "import", str(tmp_path / "games.pgn")]) == 0
    for command in (["learn", name], ["tendencies", name], ["evaluate", name], ["predict", "--white", name]):
        assert main(["chess", *command]) == 0
    printed = capsys.readouterr()
    assert "\u202e" not in printed.out + printed.err
    assert "[bold]x[/bold]" in printed.out
