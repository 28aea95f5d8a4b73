"""A person as a UCI engine: legal moves, no stray line, whatever order the commands come in."""

import io
import sys
from pathlib import Path

import chess
import chess.engine
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gru_toolkit.chess import players
from gru_toolkit.chess.next_move import LegalPrior
from gru_toolkit.chess.uci import OPTIONS, UciPlayer
from gru_toolkit.cli.app import main
from tests.chess.session_fakes import SICILIAN, taught

LINES = st.one_of(
    st.sampled_from(
        [
            "uci", "isready", "ucinewgame", "stop", "ponderhit", "debug on", "register later", "", "position", "go",
            "position startpos", "position startpos moves e2e4 e7e5", "position startpos moves e2e5",
            "position fen 8/8/8/8/8/8/8/8 w - - 0 1", "position fen 7k/5Q2/6K1/8/8/8/8/8 b - - 0 1",
            "position fen x y z", "go infinite", "go ponder wtime 1000", "go searchmoves e2e4 d2d4", "go mate 3",
            "go movetime x", "setoption name MultiPV value 5", "setoption name multipv value 0", "setoption name",
            "setoption name Temperature value 0", "setoption name Player value Nobody", "setoption value",
            "joho isready", "go wtime 60000 btime 59000 winc 1000 binc 1000", "go wtime -5 btime",
            "setoption name Player value <empty>", "setoption name Opponent value A B C",
            "setoption name Seed value 3", "setoption name Seed value +-5", "setoption name Seed value ²",
            "setoption name MultiPV value " + "9" * 5000, "go wtime ² btime " + "9" * 5000, "go wtime " + "9" * 400,
        ]
    ),
    st.text(max_size=20),
)  # fmt: skip
FIRST_WORDS = {"id", "option", "uciok", "readyok", "info", "bestmove"}


def engine(**options: str | int) -> UciPlayer:
    return UciPlayer(LegalPrior, options)


def best(lines: list[str]) -> str:
    [found] = [line.split()[1] for line in lines if line.startswith("bestmove")]
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, max_size=12))
def test_any_order_of_lines_is_answered_in_the_protocol_and_with_legal_moves(lines: list[str]) -> None:
    one, held = engine(), 0
    for line in lines:
        answers = one.answer(line)
        assert all(answer.split()[0] in FIRST_WORDS and answer.isprintable() for answer in answers)
        moves = [answer for answer in answers if answer.startswith("bestmove")]
        assert len(moves) <= 1
        held += len(moves)
    answers = one.answer("stop")
    assert one.answer("isready")[-1] == "readyok"
    one.answer("ucinewgame")
    one.answer("setoption name Player value <empty>")
    one.answer("setoption name Opponent value <empty>")
    one.answer("position startpos moves e2e4")
    assert (
        chess.Move.from_uci(best(one.answer("go")))
        in chess.Board("rnbqkbnr/pppppppp/8/8/4P3/8/PPPP1PPP/RNBQKBNR b KQkq - 0 1").legal_moves
    )


def test_every_option_is_declared_with_its_bounds() -> None:
    lines = engine(Player="Son").answer("uci")
    assert lines[0] == "id name gru-toolkit as Son"
    assert lines[-1] == "uciok"
    assert "option name Player type string default Son" in lines
    assert "option name Temperature type spin default 100 min 0 max 1000" in lines
    assert len([line for line in lines if line.startswith("option")]) == len(OPTIONS)


def test_the_move_is_held_back_until_stop() -> None:
    for word in ("infinite", "ponder"):
        one = engine()
        assert not [line for line in one.answer(f"go {word}") if line.startswith("bestmove")]
        assert best(one.answer("stop" if word == "infinite" else "ponderhit"))
        assert one.answer("stop") == []


def test_probabilities_come_with_multipv_and_add_up() -> None:
    one = engine()
    one.answer("setoption name MultiPV value 218")
    lines = one.answer("go nodes 1")
    shares = [float(line.split()[3]) for line in lines if line.endswith(" %") and line.startswith("info string ")]
    scores = [int(line.split()[line.split().index("cp") + 1]) for line in lines if " cp " in line]
    assert len(shares) == 20
    assert sum(shares) == pytest.approx(100, abs=1)
    assert scores == [round(share) for share in shares]
    assert scores == sorted(scores, reverse=True)


def test_a_person_plays_as_they_play(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRU_TOOLKIT_HOME", str(tmp_path))
    players.save(taught("Son", SICILIAN, 15, chess.BLACK))
    one = engine(Player="Son", Temperature=0)
    one.answer("position startpos moves e2e4")
    assert best(one.answer("go wtime 1000 btime 1000")) == "c7c5"
    one.answer("position startpos moves e2e4 c7c5 g1f3")
    assert best(one.answer("go")) == "d7d6"
    one.answer("position startpos moves d2d4")  # another game without a word
    assert best(one.answer("go"))
    assert one.answer("setoption name Player value Nobody") == []
    lines = one.answer("go")
    assert lines[0] == "info string error: nobody called Nobody was learned; anybody plays"
    assert best(lines), "a program that waits for a move gets one"


def test_a_seed_repeats_a_game_and_none_does_not_promise_it() -> None:
    def game(seed: int) -> list[str]:
        one, board = engine(Seed=seed), chess.Board()
        for _ in range(6):
            one.answer(
                "position startpos" + (" moves " + " ".join(m.uci() for m in board.move_stack)) * bool(board.ply())
            )
            board.push_uci(best(one.answer("go")))
        return [move.uci() for move in board.move_stack]

    assert game(5) == game(5)
    assert game(5) != game(6)


def test_a_finished_game_has_no_move() -> None:
    one = engine()
    one.answer("position fen 7k/6Q1/6K1/8/8/8/8/8 b - - 0 1")
    assert one.answer("go") == ["info depth 0 score mate 0", "bestmove (none)"]


@pytest.mark.slow
def test_a_chess_program_plays_whole_games_against_the_command(tmp_path: Path) -> None:
    start = "import sys; from gru_toolkit.cli.app import main; sys.exit(main(['chess', 'uci']))"
    errors = (tmp_path / "errors").open("w+b")
    with (
        errors,
        chess.engine.SimpleEngine.popen_uci([sys.executable, "-c", start], timeout=60, stderr=errors) as program,
    ):
        for number in range(2):
            board = chess.Board()
            program.configure({"Temperature": 50 + 100 * number, "PlayerRating": 1500 * number})
            while not board.is_game_over() and board.ply() < 40:
                if board.ply() % 10 == 0:
                    with program.analysis(board, multipv=3) as analysis:
                        analysis.stop()
                result = program.play(board, chess.engine.Limit(time=0.1), game=number)
                assert result.move in board.legal_moves
                board.push(result.move)
        program.quit()
        errors.seek(0)
        assert errors.read() == b""


def test_bytes_that_are_no_text_and_people_who_were_never_learned_stop_nothing_in_the_middle(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("GRU_TOOLKIT_HOME", str(tmp_path))
    for lines, status in ((b"\xff\xfe\nisready\x80\nisready\nquit\n", 0), (b"", 66)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines), encoding="utf-8"))
        assert main(["chess", "uci", *(["--player", "Nobody"] if status else [])]) == status
    assert capsys.readouterr().out == "readyok\n"
