"""The session object: commands in, events out, and nothing lost by any order of them."""

import io
from dataclasses import replace
from pathlib import Path

import chess
import chess.pgn
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gru_toolkit.chess.clocks import TimeControl
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.pgn import read_games
from gru_toolkit.chess.players import Player
from gru_toolkit.chess.seats import Seat
from gru_toolkit.chess.session import LAST_LEARNED, Session
from gru_toolkit.chess.session_events import (
    Asked,
    Believed,
    GameOver,
    Learned,
    LeftRepertoire,
    Moved,
    Noted,
    OpeningNamed,
    Predicted,
    Refused,
    Scored,
    Started,
    TakenBack,
    as_plain,
)
from gru_toolkit.chess.session_pgn import pgn_of
from tests.chess.session_fakes import ITALIAN, MATE, SICILIAN, play, seat, session, taught

WORDS = ("undo", "redo", "undo 2", "redo 2", "flip", "hint", "show after", "show off", "show before", "resign", "draw")


def kinds(events: list[object]) -> list[str]:
    return [type(event).__name__ for event in events]


def read_back(one: Session) -> chess.pgn.Game:
    game = chess.pgn.read_game(io.StringIO(pgn_of(one)))
    assert game is not None
    assert not game.errors
    return game


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(st.integers(0, 10_000), st.sampled_from(WORDS)), max_size=25))
def test_any_commands_leave_the_board_where_its_pgn_leads(commands: list[int | str]) -> None:
    one = session()
    for command in commands:
        moves = list(one.board.legal_moves)
        line = command if isinstance(command, str) else moves[command % len(moves)].uci() if moves else "undo"
        events = one.handle(line)
        assert events, "every command is answered"
        for event in events:
            as_plain(event)
    game = read_back(one)
    assert game.end().board().fen() == one.board.fen()
    assert game.headers["Result"] == (one.game.over.result if one.game.over else "*")
    forecast = one.shown_forecast()
    if forecast:
        whole = one.game.foresight.prediction().probabilities
        assert whole.sum() == pytest.approx(1)
        assert (whole >= 0).all()
        assert len(forecast.answers) > 0


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 12))
def test_redo_brings_back_exactly_what_undo_took(seed: int, plies: int, back: int) -> None:
    one, rng = session("after"), np.random.default_rng(seed)
    for _ in range(plies):
        moves = list(one.board.legal_moves)
        if moves:
            one.handle(moves[rng.integers(len(moves))].uci())
    back = min(back, len(one.game.played))
    before = one.board.fen(), one.game.played, one.tallies(), one.game.opening, pgn_of(one)
    assert isinstance(one.handle(f"undo {back}")[0], TakenBack)
    assert len(one.game.undone) == back
    one.handle(f"redo {back}")
    assert (one.board.fen(), one.game.played, one.tallies(), one.game.opening, pgn_of(one)) == before


def test_both_people_are_foreseen_before_every_move() -> None:
    one = session(white=Seat("Father", (taught("Father", ITALIAN, 12, chess.WHITE),)))
    events = [*one.begin(), *play(one, ITALIAN)]
    forecasts = [event.forecast for event in events if isinstance(event, Predicted)]
    assert len(forecasts) == 11
    assert [forecast.mover.colour for forecast in forecasts[:3]] == ["white", "black", "white"]
    assert all(one.answer and one.answer.colour == "white" for one in forecasts[1].answers)
    assert forecasts[0].mover.top[0].san == "e4"
    assert "12 of the last 12 games of Father here: e4" in forecasts[0].mover.explanation


def test_only_predictions_that_were_hidden_count() -> None:
    one = session("before")
    play(one, "e4 e5")
    one.handle("show after")
    one.handle("Nf3")  # its prediction was shown before
    one.handle("hint")
    one.handle("Nc6")  # a hint was given
    assert all(tally.plies == 0 for tally in one.tallies().values())
    play(one, "Bb5 a6")
    assert {name: tally.plies for name, tally in one.tallies().items()} == {"Father": 1, "Son": 1}
    one.handle("undo")
    one.handle("a6")  # revealed by the undone move
    assert one.tallies()["Son"].plies == 0
    one.handle("show off")
    moved = next(event for event in one.handle("Ba4") if isinstance(event, Moved))
    assert moved.judged is None
    assert not moved.counted
    assert one.tallies()["Father"].plies == 1


def test_nothing_of_a_prediction_is_told_while_it_is_hidden() -> None:
    one = session("after")
    events = [*one.begin(), *play(one, "e4 e5 Nf3")]
    assert "Predicted" not in kinds(events)
    assert one.shown_forecast() is None
    moved = [event for event in events if isinstance(event, Moved)]
    assert all(event.counted and event.judged for event in moved)
    assert all(event.ahead is None or event.ahead.colour == event.colour for event in moved)
    one.handle("hint")
    assert one.shown_forecast() is not None


def test_a_move_may_be_written_in_many_ways() -> None:
    one = session()
    for text in ("1. e4", "e7e5", "Nf3!", "nc6", "Bf1-c4", "g8-f6", "0-0", "f8c5"):
        assert isinstance(one.handle(text)[0], Moved), text
    assert [played.san for played in one.game.played] == ["e4", "e5", "Nf3", "Nc6", "Bc4", "Nf6", "O-O", "Bc5"]


@pytest.mark.parametrize(
    "text", ["--", "0000", "Z0", "e5", "e2e5", "Nd2", "", "undo x", "show", "resign now", "@@@@", "q\x1b["]
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(text: str) -> None:
    one = session()
    play(one, "d4 d5 Nf3 Nf6")
    before = one.board.fen(), one.game.played
    assert kinds(one.handle(text)) == ["Refused"]
    assert (one.board.fen(), one.game.played) == before


def test_a_promotion_is_a_queen_unless_told() -> None:
    for text, piece in (("a7a8", "Q"), ("a8=N", "N"), ("a7a8r", "R")):
        one = session(fen="8/P6k/8/8/8/8/8/K7 w - - 0 1")
        one.handle(text)
        assert one.board.piece_at(chess.A8) == chess.Piece.from_symbol(piece)


def test_openings_and_leaving_the_repertoire_are_told() -> None:
    one = session(black=Seat("Son", (taught("Son", SICILIAN, 10, chess.BLACK),)))
    events = play(one, "e4 e5")
    assert any(isinstance(event, OpeningNamed) and event.name.startswith("King's Pawn") for event in events)
    left = next(event for event in events if isinstance(event, LeftRepertoire))
    assert (left.name, left.san, left.usual) == ("Son", "e5", "c5")
    one.handle("undo")
    assert not [event for event in one.handle("c5") if isinstance(event, LeftRepertoire)]


def test_the_moves_tell_who_is_playing() -> None:
    people = [taught("Anna", ITALIAN, 10, chess.WHITE), taught("Berta", "d4 d5 c4 e6 Nc3 Nf6 Bg5 Be7 e3 O-O", 10, True)]
    one = session(white=Seat.among("White", people))
    events = play(one, "d4 d5 c4 e6 Nc3 Nf6 Bg5 Be7")
    beliefs = [event for event in events if isinstance(event, Believed)]
    assert beliefs[-1].people[0][0] == "Berta"
    assert beliefs[-1].people[0][1] > 0.8
    assert sum(share for _, share in beliefs[-1].people) == pytest.approx(1)
    shares = one.seats[chess.WHITE].shares
    play(one, "undo undo redo redo")
    assert one.seats[chess.WHITE].shares == pytest.approx(shares)


def test_a_finished_game_teaches_both_people_once() -> None:
    one = session()
    assert isinstance(play(one, MATE)[-1], GameOver)
    events = one.handle("new")
    assert [(event.name, event.games) for event in events if isinstance(event, Learned)] == [("Father", 1), ("Son", 1)]
    learned = one.taken_learned()
    assert [player.facts[LAST_LEARNED] for player in learned] == ["test/1", "test/1"]
    assert one.taken_learned() == []
    again = session(white=Seat("Father", (learned[0],)), black=Seat("Son", (learned[1],)))
    play(again, MATE)
    assert not [event for event in again.handle("quit") if isinstance(event, Learned)]


def test_a_game_that_was_taken_back_or_is_too_short_or_anonymous_teaches_nobody() -> None:
    one = session()
    play(one, MATE)
    one.handle("undo")
    assert one.game.over is None
    assert not [event for event in one.handle("new") if isinstance(event, Learned)]
    play(one, "e4 resign")
    assert "Noted" in kinds(one.handle("new"))
    nameless = session(white=Seat("White", (Player("Anonymous"),)))
    play(nameless, MATE)
    events = nameless.handle("quit")
    assert [event.name for event in events if isinstance(event, Learned)] == ["Son"]
    assert "Noted" in kinds(events)


def test_what_was_learned_changes_the_next_prediction() -> None:
    one = session()
    for _ in range(6):
        play(one, MATE)
        one.handle("new")
    top = one.game.foresight.prediction()
    assert top.moves[0].uci() == "f2f3"
    assert top.known == 6


def test_the_style_adapts_within_a_game_and_back() -> None:
    one = session()
    before = one.game.foresight.forecast()
    play(one, "a4 h5 a5 h4")
    adapted = one.game.foresight.prediction()
    assert adapted.weights["style"] > 0
    one.handle("undo 4")
    assert one.game.foresight.forecast() == before


def test_colours_change_with_swap_and_scores_follow_the_people() -> None:
    one = session("after")
    play(one, "e4 e5")
    one.handle("swap")
    assert one.names == {chess.WHITE: "Son", chess.BLACK: "Father"}
    play(one, "d4 d5")
    assert {name: tally.plies for name, tally in one.tallies().items()} == {"Father": 2, "Son": 2}
    scored = next(event for event in one.handle("score") if isinstance(event, Scored))
    assert scored.tallies == one.tallies()
    assert one.number == 2


def test_ends_of_games() -> None:
    one = session()
    assert play(one, "e4 resign")[-1] == GameOver("1-0", "Son resigned")
    assert kinds(one.handle("e5")) == ["Refused"]
    one.handle("new")
    assert one.handle("draw")[-1] == GameOver("1/2-1/2", "a draw was agreed")
    stalemate = session(fen="7k/8/8/5Q2/8/8/8/K7 w - - 0 1")
    assert stalemate.handle("Qf7")[-1] == GameOver("1/2-1/2", "stalemate")
    alone = session(black=replace(seat("Son (model)"), by="model"))
    assert kinds(alone.handle("draw")) == ["Refused"]
    play(alone, "Nf3 Nf6 Ng1 Ng8 Nf3 Nf6 Ng1 Ng8")
    assert alone.handle("draw")[0] == GameOver("1/2-1/2", "the position came three times")


def test_against_a_model_undo_gives_the_move_back_to_the_person() -> None:
    one = session(black=replace(seat("Son (model)"), by="model"))
    play(one, "e4 e5")
    assert one.waits_for is None
    assert one.handle("undo")[0] == TakenBack(("e5", "e4"), 0)
    one.handle("redo")
    assert len(one.game.played) == 2
    one.handle("Nf3")
    assert one.waits_for == chess.BLACK
    assert one.handle("undo")[0] == TakenBack(("Nf3",), 2)
    assert one.tallies().keys() == {"Father"}


def test_the_clock_runs_adds_falls_and_comes_back_with_undo() -> None:
    one = session(control=TimeControl(60, 2))
    one.handle("e4", 100.0)  # the first move costs nothing
    one.handle("e5", 110.0)
    assert one.game.seconds_left(chess.BLACK, 110.0) == 52
    assert one.game.seconds_left(chess.WHITE, 115.0) == 55
    one.handle("Nf3", 115.0)
    assert one.game.seconds_left(chess.WHITE, 200.0) == 57
    one.handle("undo", 130.0)
    assert one.game.seconds_left(chess.WHITE, 131.0) == 59
    one.handle("redo", 140.0)
    assert one.game.seconds_left(chess.WHITE, 140.0) == 57
    assert one.tick(150.0) == []
    assert one.tick(192.1) == [GameOver("1-0", "time ran out")]
    assert "{[%clk 0:00:57]}" in pgn_of(one)


def test_a_fallen_flag_is_a_draw_where_nobody_could_mate() -> None:
    one = session(fen="7k/8/8/8/8/8/8/KR6 b - - 0 1", control=TimeControl(1))
    one.handle("Kg8", 0.0)
    [over] = one.tick(5.0)
    assert isinstance(over, GameOver)
    assert over.result == "1/2-1/2"


def test_loading_goes_on_where_another_game_stood() -> None:
    one = session("after")
    play(one, "e4 e5")
    events = one.load([chess.Move.from_uci(text) for text in ("d2d4", "d7d5")], None, teaches=True, now=0.0)
    assert next(event for event in events if isinstance(event, Started)).plies == 2
    assert one.board.fen().startswith("rnbqkbnr/ppp1pppp/8/3p4/3P4")
    assert one.tallies()["Father"].plies == 1  # of the game before
    assert isinstance(one.handle("undo")[0], TakenBack)


def test_files_and_lists_are_asked_for_and_never_touched() -> None:
    one = session()
    for line, asked in (
        ("save a b.pgn", Asked("save", "a b.pgn")),
        ("load x", Asked("load", "x")),
        ("board", Asked("board")),
    ):
        assert one.handle(line) == [asked]
    assert isinstance(one.handle("foo")[0], Refused)
    assert not any(isinstance(event, Noted) for event in one.begin())


def test_a_name_cannot_leave_its_pgn_tag(tmp_path: Path) -> None:
    name = 'A"]\n[Result "1-0\\'
    one = session(white=seat(name))
    play(one, "e4 e5")
    file = tmp_path / "one.pgn"
    file.write_text(pgn_of(one), "utf-8")
    [game] = list(read_games([str(file)]))
    assert isinstance(game, Game)
    assert (game.result, game.white) == ("*", name.replace("\n", " "))
