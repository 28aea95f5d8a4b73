"""A session carried out: what is on the disk, what survives a kill, and who moves for the other side."""

import io
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import chess
import chess.pgn
import pytest

from gru_toolkit.chess import people, players, session_folder
from gru_toolkit.chess.library import Library
from gru_toolkit.chess.next_move import LegalPrior
from gru_toolkit.chess.opponents import OpponentFailed
from gru_toolkit.chess.play_config import PlayConfig
from gru_toolkit.chess.playing import Circumstances, Playing
from gru_toolkit.chess.session_events import GameOver, Learned, Noted, Refused
from gru_toolkit.errors import ConfigError, DamagedRunError, MissingInputError, UsageError
from tests.chess.random_games import random_game
from tests.chess.session_fakes import ITALIAN, MATE, taught

TODAY = datetime(2026, 11, 21, 12, 0)
NAMES = {"white": ("Father",), "black": ("Son",)}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRU_TOOLKIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def opened(**asked: object) -> Playing:
    return Playing.open(PlayConfig(**{**NAMES, **asked}), Circumstances(TODAY, 0.0), LegalPrior())  # type: ignore[arg-type]


def resumed(now: float = 0.0) -> Playing:
    return Playing.resume(Circumstances(TODAY, now), LegalPrior())


def play(playing: Playing, line: str, now: float = 1.0) -> list[object]:
    events = [event for word in line.split() for event in playing.handle(word.replace("_", " "), now)]
    playing.keep()
    return events


def written(playing: Playing) -> chess.pgn.Game:
    assert playing.pgn_file is not None
    game = chess.pgn.read_game(io.StringIO(playing.pgn_file.read_text("utf-8")))
    assert game is not None
    return game


def test_nothing_is_written_before_something_is_done(home: Path) -> None:
    playing = opened()
    playing.begin()
    playing.handle("score", 0.0)
    playing.keep()
    playing.close()
    assert not home.exists()


def test_a_session_goes_on_exactly_where_it_was() -> None:
    playing = opened(show="after", clock="5+2")
    play(playing, "e4 c5 Nf3 d6 d4 undo flip")
    session = playing.session
    before = session.board.fen(), session.game.played, session.game.undone, session.tallies(), session.flipped
    left = session.game.seconds_left(chess.WHITE, playing.seconds(1.0))
    playing.close()
    again = resumed(now=1000.0)
    session = again.session
    assert (session.board.fen(), session.game.played, session.game.undone, session.tallies(), session.flipped) == before
    assert session.show == "after"
    assert session.game.seconds_left(chess.WHITE, again.seconds(1000.0)) == left  # time away does not count
    again.handle("redo", 1001.0)
    again.keep()
    assert [move.uci() for move in written(again).mainline_moves()] == ["e2e4", "c7c5", "g1f3", "d7d6", "d2d4"]
    again.close()


def test_only_one_process_plays_a_session_and_a_finished_one_is_not_resumed() -> None:
    playing = opened()
    play(playing, "e4")
    with pytest.raises(MissingInputError):
        resumed()
    playing.close()
    again = resumed()
    play(again, "e5 resign quit")
    again.close()
    with pytest.raises(MissingInputError):
        resumed()


def test_a_torn_last_line_is_left_out_and_any_other_damage_refused() -> None:
    playing = opened()
    play(playing, "e4 e5 Nf3")
    playing.close()
    [path] = list(session_folder.sessions_folder().glob("*/*.journal"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    again = resumed()
    assert [played.san for played in again.session.game.played] == ["e4", "e5"]
    play(again, "Nc3")
    again.close()
    lines = path.read_bytes().split(b"\n")
    for changed in (
        lines[:2] + lines[3:],
        [lines[0].replace(b"Father", b"Mother"), *lines[1:]],
        [lines[0], *lines[2:]],
    ):
        path.write_bytes(b"\n".join(changed))
        with pytest.raises(DamagedRunError):
            resumed()


def test_what_a_game_taught_survives_and_the_game_is_in_the_library(home: Path) -> None:
    playing = opened()
    events = play(playing, f"{MATE} new")
    assert [event.name for event in events if isinstance(event, Learned)] == ["Father", "Son"]
    assert players.load("father").memory.games == 1
    with Library.open() as library:
        [game] = list(library.games(of="Father"))
    assert (game.white, game.black, game.result, len(game)) == ("Father", "Son", "0-1", 4)
    play(playing, "e4")
    playing.close()
    again = resumed()
    assert again.session.number == 2
    assert again.session.seats[chess.WHITE].likeliest.memory.games == 1
    again.close()


def test_a_kill_between_the_end_of_a_game_and_learning_loses_and_doubles_nothing() -> None:
    playing = opened()
    play(playing, MATE)
    playing.close()  # as after a kill: nobody has learned yet
    again = resumed()
    assert again.session.game.over is not None
    play(again, "quit")
    again.close()
    assert players.load("Son").memory.games == 1
    [path] = list(session_folder.sessions_folder().glob("*/*.journal"))
    path.write_bytes(b"\n".join(path.read_bytes().split(b"\n")[:-2]) + b"\n")  # as killed before the last line
    third = resumed()
    assert not [event for event in play(third, "quit") if isinstance(event, Learned)]
    third.close()
    assert players.load("Son").memory.games == 1
    with Library.open() as library:
        assert len(library) == 1


def test_the_model_of_a_person_draws_its_moves_by_seed_and_learns_nothing() -> None:
    players.save(taught("Son", "e4 c5", 8, chess.BLACK))
    first, second = [opened(black=(), model="son", seed=seed) for seed in (1, 1)]
    for playing in (first, second):
        for san in ("e4", "Nf3", "d4"):
            playing.handle(san, 1.0)
            turn = playing.turn(1.0)
            assert turn is not None
            assert isinstance(playing.handle("a6", 1.0)[0], Refused)
            playing.answer(playing.choose(turn), 1.0)
    moves = [[played.san for played in playing.session.game.played] for playing in (first, second)]
    assert moves[0] == moves[1]
    assert first.session.names[chess.BLACK] == "Son (model)"
    play(first, "resign quit")
    assert players.load("Son").memory.games == 8
    assert players.load("Father").memory.games == 1
    first.close()
    second.close()


ENGINE = """
import sys
played = 0
for line in sys.stdin:
    if line == "uci\\n":
        print("id name Stub\\noption name Skill type spin default 1 min 0 max 9\\nuciok", flush=True)
    elif line == "isready\\n":
        print("readyok", flush=True)
    elif line.startswith("go"):
        played += 1
        if played > 1:
            sys.exit(1)
        print("bestmove e7e5", flush=True)
    elif line == "quit\\n":
        sys.exit(0)
"""


def test_an_engine_plays_and_when_it_dies_its_side_is_handed_over(tmp_path: Path) -> None:
    script = tmp_path / "engine.py"
    script.write_text(ENGINE, "utf-8")
    command = f"{sys.executable} {script}"
    playing = opened(black=(), engine=command, engine_options=("Skill=3",))
    playing.handle("e4", 1.0)
    turn = playing.turn(1.0)
    assert turn is not None
    playing.answer(playing.choose(turn), 1.0)
    assert [played.san for played in playing.session.game.played] == ["e4", "e5"]
    playing.handle("d4", 1.0)
    turn = playing.turn(1.0)
    assert turn is not None
    choice = playing.choose(turn)
    assert isinstance(choice, OpponentFailed)
    assert isinstance(playing.answer(choice, 1.0)[0], Refused)
    play(playing, "exd4")
    assert written(playing).headers["Black"] == "Stub"
    playing.close()
    with pytest.raises(UsageError):
        opened(black=(), engine=command, engine_options=("Nothing=3",))


def test_settings_that_cannot_work_are_refused(tmp_path: Path) -> None:
    for asked, error in (
        ({"show": "never"}, ConfigError),
        ({"temperature": -1.0}, ConfigError),
        ({"clock": "soon"}, UsageError),
        ({"fen": "8/8"}, UsageError),
        ({"fen": "8/8/8/8/8/8/8/8 w - - 0 1"}, UsageError),
        ({"model": "Son", "engine": "x"}, UsageError),
        ({"model": "Nobody", "black": ()}, MissingInputError),
        ({"model": "Aunt"}, UsageError),
        ({"engine": str(tmp_path / "none"), "black": ()}, MissingInputError),
        ({"engine": f"{sys.executable} -c pass", "black": ()}, UsageError),
    ):
        with pytest.raises(error):
            opened(**asked)


def test_a_game_is_saved_and_loaded(tmp_path: Path) -> None:
    playing = opened()
    play(playing, "e4 e5 Nf3")
    file = tmp_path / "one.pgn"
    assert isinstance(playing.handle(f"save {file}", 1.0)[0], Noted)
    assert isinstance(playing.handle(f"save {file}", 1.0)[0], Refused)
    play(playing, "Nc6 Bb5")
    playing.handle(f"load {file}", 2.0)
    assert [played.san for played in playing.session.game.played] == ["e4", "e5", "Nf3"]
    playing.handle("d6", 3.0)
    playing.close()
    again = resumed()
    assert [played.san for played in again.session.game.played] == ["e4", "e5", "Nf3", "d6"]
    assert isinstance(again.handle(f"load {tmp_path / 'none.pgn'}", 1.0)[0], Refused)
    (tmp_path / "bad.pgn").write_text("1. e4 e5 2. Ke3 *\n", "utf-8")
    assert isinstance(again.handle(f"load {tmp_path / 'bad.pgn'}", 1.0)[0], Refused)
    again.close()


def test_forgetting_a_person_removes_the_sessions_they_sat_in() -> None:
    for black in ("Son", "Anna"):
        playing = opened(black=(black,))
        play(playing, "e4")
        playing.close()
    assert session_folder.forget("SON") == 1
    assert session_folder.forget("Son") == 0
    assert len(list(session_folder.sessions_folder().iterdir())) == 1


def test_unnamed_people_are_looked_for_among_the_known() -> None:
    players.save(taught("Anna", ITALIAN, 5, chess.WHITE))
    playing = opened(white=())
    assert [one.name for one in playing.session.seats[chess.WHITE].people] == ["Anna", "Anonymous"]
    events = play(playing, f"{ITALIAN} resign quit")
    assert isinstance(next(event for event in events if isinstance(event, GameOver)), GameOver)
    playing.close()


@pytest.mark.skipif(os.name != "posix", reason="kills with a POSIX signal")
def test_a_killed_session_is_resumed_with_every_move_that_was_answered(home: Path) -> None:
    start = [sys.executable, "-c", "import sys; from gru_toolkit.cli.app import main; sys.exit(main(sys.argv[1:]))"]
    arguments = ["chess", "play", "--json"]
    environment = {**os.environ, "GRU_TOOLKIT_HOME": str(home)}
    with subprocess.Popen(
        [*start, *arguments, "--white", "Father", "--black", "Son"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True,
    ) as running:  # fmt: skip
        assert running.stdin
        assert running.stdout
        for san in ("e4", "e5", "Nf3"):
            running.stdin.write(san + "\n")
            running.stdin.flush()
            while '"event": "moved"' not in running.stdout.readline():
                pass
        running.send_signal(signal.SIGKILL)
    ended = subprocess.run(
        [*start, *arguments, "--resume"], input="Nc6\n", capture_output=True, env=environment, text=True, check=True
    )
    assert '"plies": 3' in ended.stdout.splitlines()[0]
    assert '"san": "Nc6"' in ended.stdout
    assert ended.stderr == ""


def test_people_of_the_library_are_known_by_any_spelling_and_told_if_never_learned(home: Path) -> None:
    with Library.open() as library:
        library.add([replace(random_game(1), white="Father", black=other) for other in ("Son", "The Kid")], "x")
        people.merge(library, "Son", "The Kid")
    players.save(replace(taught("Son", ITALIAN, 3, chess.BLACK), facts={"games": 3}))
    playing = opened(black=("the kid",))
    assert playing.session.seats[chess.BLACK].likeliest.memory.games == 3
    assert [event.text for event in playing.begin() if isinstance(event, Noted)] == [
        "not learned yet, so foreseen as anybody: gru-toolkit chess learn Father"
    ]
    playing.close()
    players.save(taught("Father", ITALIAN, 3, chess.WHITE))
    for named in ("Father", "nobody's name"):
        playing = opened(white=(named,))
        assert not [event for event in playing.begin() if isinstance(event, Noted)], "games of sessions were learned"
        playing.close()
