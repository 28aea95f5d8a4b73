"""The full screen of a chess session, driven by Textual's pilot and, once, in a real terminal."""

import asyncio
import os
import re
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import chess
import pytest

from gru_toolkit.chess.next_move import LegalPrior
from gru_toolkit.chess.play_config import PlayConfig
from gru_toolkit.chess.playing import Circumstances, Playing
from gru_toolkit.chess.session_events import Tally
from gru_toolkit.cli.chess_board_view import BoardView
from gru_toolkit.cli.chess_panels import Ink, player_line
from gru_toolkit.cli.chess_screen import ChessScreen
from gru_toolkit.cli.chess_words import clock_text, help_lines
from gru_toolkit.cli.text import safe_text

Act = Callable[[ChessScreen, "Pilot"], Awaitable[None]]
Pilot = object
HOSTILE = "S\x1b[31mon[/b]"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRU_TOOLKIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def screen(ink: Ink, **asked: object) -> ChessScreen:
    def opened() -> Playing:
        config = PlayConfig(**{"white": ("Father",), "black": ("Son",), **asked})  # type: ignore[arg-type]
        return Playing.open(config, Circumstances(datetime(2026, 11, 21), 0.0), LegalPrior())

    return ChessScreen(opened, ink)


def shown(app: ChessScreen) -> str:
    """What stands on the screen, as text."""
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line) for line in lines)


def run(app: ChessScreen, act: Act, size: tuple[int, int] = (80, 24)) -> None:
    async def all_of_it() -> None:
        async with app.run_test(size=size) as pilot:
            while app._playing is None:
                await pilot.pause(0.02)
            await pilot.pause()
            await act(app, pilot)
            await app.workers.wait_for_complete()

    asyncio.run(all_of_it())


async def enter(pilot: object, *lines: str) -> None:
    for line in lines:
        await pilot.press(*["space" if letter == " " else letter for letter in line], "enter")  # type: ignore[attr-defined]
        await pilot.pause()  # type: ignore[attr-defined]


def board_of(app: ChessScreen) -> chess.Board:
    assert app._playing
    return app._playing.session.board


@pytest.mark.parametrize("size", [(80, 24), (100, 33), (160, 50), (60, 20)])
def test_the_board_and_both_predictions_stand_on_the_screen(size: tuple[int, int]) -> None:
    async def act(app: ChessScreen, pilot: object) -> None:
        await enter(pilot, "e4", "c5", "Nf3")
        text = shown(app)
        assert text.count("♟") == 16
        assert "Sicilian Defense" in text
        assert "2. Nf3  Father:" in text
        if size[0] >= 80:
            assert "Son to move" in text
            assert "Father would answer" in text
            assert "2.Nf3" in text

    run(screen(Ink()), act, size)


@pytest.mark.parametrize("seconds", [None, 7.3, 4000.0])
def test_a_player_s_line_fits_beside_the_board_whatever_the_name_and_score(seconds: float | None) -> None:
    tally = Tally(plies=120, top1=61, top3=99, bits=301.0)
    for name in ("Son", "Alexander Alexandrovich Alekhine-the-Younger", HOSTILE):
        for width in (34, 50):
            line = player_line(name, seconds, tally, width, Ink()).plain
            assert len(line) <= width
            assert line.startswith(safe_text(name)[:6])
            assert "hits 61/120" in line
            assert seconds is None or clock_text(seconds) in line


def test_help_fits_the_screen() -> None:
    assert max(map(len, help_lines())) <= 43, "what is beside the board on 80 columns"


def test_a_move_is_made_with_two_clicks_and_keys_do_the_rest() -> None:
    async def act(app: ChessScreen, pilot: object) -> None:
        view = app.query_one(BoardView)
        for square in (chess.E2, chess.E4):
            await pilot.click(BoardView, offset=view.place_of(square))  # type: ignore[attr-defined]
        assert board_of(app).peek().uci() == "e2e4"
        await pilot.press("f3")  # type: ignore[attr-defined]
        for square in (chess.D7, chess.D5):
            await pilot.click(BoardView, offset=view.place_of(square))  # type: ignore[attr-defined]
        assert board_of(app).peek().uci() == "d7d5"
        await pilot.press("f5")  # type: ignore[attr-defined]
        assert board_of(app).ply() == 1
        await pilot.press("f6")  # type: ignore[attr-defined]
        assert board_of(app).ply() == 2
        await pilot.click(BoardView, offset=view.place_of(chess.A5))  # type: ignore[attr-defined]
        await pilot.press("f1")  # type: ignore[attr-defined]
        assert "undo [N]" in shown(app)

    run(screen(Ink()), act)


def test_hidden_predictions_stay_hidden_until_the_move() -> None:
    async def act(app: ChessScreen, pilot: object) -> None:
        assert "hidden until the move" in shown(app)
        assert "%" not in shown(app)
        await enter(pilot, "e4")
        assert "Father: e4, " in shown(app)
        await pilot.press("f2")  # type: ignore[attr-defined]
        assert "Son to move" in shown(app)

    run(screen(Ink(), show="after"), act)


def test_names_reach_the_screen_without_controls_or_markup_taking_effect() -> None:
    async def act(app: ChessScreen, pilot: object) -> None:
        await enter(pilot, "e4")
        text = shown(app)
        assert "S\\x1b[31mon[/b]" in text
        assert "\x1b" not in text

    run(screen(Ink(), black=(HOSTILE,)), act)


def test_without_unicode_and_colours_everything_is_told_apart_by_letters() -> None:
    async def act(app: ChessScreen, pilot: object) -> None:
        await enter(pilot, "e4", "d5")
        text = shown(app)
        assert text.isascii()
        assert text.count("[p]") == 1
        view = app.query_one(BoardView)
        cells = [segment for y in range(16) for segment in view.render_line(y)]
        assert all(segment.style is None or segment.style.color is None for segment in cells)

    run(screen(Ink(unicode=False, colour=False)), act)


def test_a_model_answers_on_the_screen_and_leaving_tells_where_the_game_is(home: Path) -> None:
    from gru_toolkit.chess import players
    from gru_toolkit.chess.players import Player

    players.save(Player("Anna"))
    app = screen(Ink(), black=(), model="Anna")

    async def act(app: ChessScreen, pilot: object) -> None:
        await enter(pilot, "e4")
        while board_of(app).ply() < 2:
            await pilot.pause(0.02)  # type: ignore[attr-defined]
        await enter(pilot, "quit")

    run(app, act)
    assert any("game-001.pgn" in getattr(event, "text", "") for event in app.last)
    assert list(home.glob("chess/sessions/*/game-001.pgn"))


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_a_game_in_a_real_terminal_ends_with_its_pgn(home: Path) -> None:
    pytest.importorskip("pyte")
    from tests.cli.pseudo_terminal import Terminal

    start = "import sys; from gru_toolkit.cli.app import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", start, "chess", "play", "--white", HOSTILE, "--black", "Son"]
    with Terminal(command, {**os.environ, "GRU_TOOLKIT_HOME": str(home), "NO_COLOR": "1"}) as terminal:
        terminal.wait_for(lambda text: "to move" in text, 60)
        for san in ("e4", "c5", "Nf3", "d6", "d4"):
            terminal.send(san + "\r")
            terminal.wait_for(lambda text, san=san: f" {san}  S" in text and "would answer" in text)
        assert b"\x1b[31mon" not in terminal.raw
        assert not re.search(rb"\x1b\[[0-9;]*(?:[34]8;|3[0-7]|4[0-7])[0-9;]*m", terminal.raw), "NO_COLOR holds"
        terminal.send("quit\r")
        assert terminal.wait_for_end() == 0
    [pgn] = list(home.glob("chess/sessions/*/game-001.pgn"))
    assert "1. e4 c5 2. Nf3 d6 3. d4 *" in pgn.read_text("utf-8")
