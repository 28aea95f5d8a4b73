"""Damaged PGN by the thousand: mutated, read, and held against python-chess and against the undamaged games."""

import gzip
import io
import logging
import re
import time
from dataclasses import dataclass
from pathlib import Path

import chess.pgn
import numpy as np

from gru_toolkit.chess.game import Game
from gru_toolkit.chess.moves import moves_of
from gru_toolkit.chess.pgn import read_games
from gru_toolkit.chess.pgn_parsing import parse
from gru_toolkit.chess.pgn_splitting import RawGame, raw_games
from gru_toolkit.chess.rows import identity
from gru_toolkit.errors import GruToolkitError
from tests.damage import damaged

TIME_LIMIT = 10.0
logging.getLogger("chess.pgn").setLevel(logging.CRITICAL)
_HEADER = re.compile(r"((?:\s*\[[^\n]*\n|\s*\n|[%;][^\n]*\n)*)(.*)", re.DOTALL)
_EMPTY_LINES = re.compile(r"\n\s*\n")
_TOKENS = (
    b"{", b"}", b"(", b")", b"[", b"]", b'"', b";", b"%", b"$5", b"\n", b"\n\n", b"\r\n", b"\r", b"\0", b"\x1b[31m",
    b"\xff", b"\xc3\x28", b"\xef\xbb\xbf", b"\xe2\x80\xae", b"1-0", b"0-1", b"1/2-1/2", b"*", b" -- ", b"1.", b"1...",
    b"e4", b"Nf3", b"O-O", b"e8=Q", b"\n[Event \"x\"]\n", b"[White \"y\"]", b"[FEN \"8/8/8/8/8/8/8/8 w - - 0 1\"]",
    b"[Variant \"Atomic\"]", b"[%clk 9:99:99]", b"0000", b"9" * 40, b"(" * 500, b"\\", b"\xff\xfe", b"\x1f\x8b",
)  # fmt: skip
_MOVES = (
    "1. e4 e5 2. Nf3 Nc6 3. Bb5 a6 4. Ba4 Nf6 5. O-O Be7 6. Re1 b5 7. Bb3 d6 8. c3 O-O",
    "1. e4 { [%clk 0:10:00] } 1... c5 { [%eval 0.2] [%clk 0:09:58] } 2. Nf3 $1 (2. Nc3 Nc6 (2... d6 3. f4)) 2... d6",
    "1.d4 d5 2.c4 dxc4 3.e4 b5\n4.a4 c6 5.axb5 cxb5 6.Nc3 a6 7.Nxb5 axb5 8.Rxa8",
    "1. f3 e5 2. g4 Qh4#",
    "1. e4 d5 2. e5 f5 3. exf6 gxf6 4. Qh5+ Kd7 ; a queer king\n5. Qxd5+",
    "1. h4 g5 2. hxg5 h6 3. gxh6 Nf6 4. h7 Ng8 5. hxg8=Q",
)


@dataclass(frozen=True)
class Outcome:
    """What reading one file gave: how many games were accepted and refused, or the code of the file's refusal."""

    accepted: int
    refused: int
    verdict: str
    seconds: float


def originals(rng: np.random.Generator) -> list[str]:
    """Some valid games, told apart by their players."""
    games = []
    for number in range(int(rng.integers(1, 6))):
        tags = {"Event": "Club", "Site": "https://example.org/a", "White": f"Ann{number}", "Black": "Jörg, Ö."}
        tags |= {"Date": "2023.05.01", "Result": "1-0", "WhiteElo": "1500", "TimeControl": "600+5"}
        for name in list(tags):
            if name not in ("White", "Result") and rng.random() < 0.2:
                del tags[name]
        header = "".join(f'[{name} "{value}"]\n' for name, value in tags.items())
        games.append(f"{header}\n{_MOVES[int(rng.integers(len(_MOVES)))]} 1-0\n\n")
    return games


def mutated(seed: int, index: int) -> tuple[bytes, list[str], int]:
    """A damaged file, the games it was made of, and how many damages were done to it."""
    rng = np.random.default_rng([seed, index])
    games = originals(rng)
    data = "".join(games).encode("utf-8")
    damages = int(rng.integers(1, 7))
    for _ in range(damages):
        data = damaged(data, rng, _TOKENS, 30)
    return data, games, damages


def check(seed: int, index: int, folder: Path) -> Outcome:
    """Read one damaged file. An AssertionError says what is wrong with the reading."""
    data, games, damages = mutated(seed, index)
    packed = index % 10 == 0
    path = folder / ("games.pgn.gz" if packed else "games.pgn")
    content = gzip.compress(data, 1) if packed else data
    path.write_bytes(content[: -(index % 7)] if packed and index % 3 == 0 else content)
    began = time.perf_counter()
    try:
        found = list(read_games([str(path)]))
    except GruToolkitError as error:
        return Outcome(0, 0, error.code, time.perf_counter() - began)
    seconds = time.perf_counter() - began
    assert seconds < TIME_LIMIT, f"{seconds:.1f} s"
    raws = list(raw_games(io.BytesIO(data), "x"))
    assert len(raws) == len(found), "every game that was found is accepted or refused"
    _check_cover(data, raws)
    for raw in raws:
        _check_moves(raw)
    _check_intact(data, games, found, damages)
    accepted = sum(isinstance(one, Game) for one in found)
    return Outcome(accepted, len(found) - accepted, "read", seconds)


def _check_cover(data: bytes, raws: list[RawGame]) -> None:
    """No byte belongs to two games, and none but white space, marks and remarks to no game."""
    end = 0
    for raw in raws:
        between = data[end : raw.offset].replace(b"\xef\xbb\xbf", b"")
        assert not [line for line in between.splitlines() if line.strip() and line.lstrip()[:1] not in (b"%", b";")]
        assert data[raw.offset : raw.end] == raw.data
        end = raw.end


def _check_moves(raw: RawGame) -> None:
    """Where a game is accepted, python-chess reads the same moves from its text.

    An empty line ends a game for python-chess, so those within tags and moves are taken out; it reads side lines too,
    and a mistake in one can cost it the moves after.
    """
    game = parse(raw, "x")
    if not isinstance(game, Game):
        return
    text = raw.data.decode("utf-8", "replace").lstrip("\ufeff")
    header, moves = _HEADER.fullmatch(text.replace("\r\n", "\n").replace("\r", "\n")).groups()
    parts = [_EMPTY_LINES.sub("\n", part) for part in (header.strip(), moves)]
    theirs = chess.pgn.read_game(io.StringIO("\n\n".join(parts)))
    assert theirs is not None
    if theirs.errors and "(" in moves:
        return
    assert list(theirs.mainline_moves()) == moves_of(game.moves), text


def _check_intact(data: bytes, games: list[str], found: list[object], damages: int) -> None:
    """A damage costs at most the game it is in and the one whose beginning it hides."""
    kept = {identity(game) for game in found if isinstance(game, Game)}
    lost = 0
    for text in games:
        if text.encode("utf-8") in data:
            (game,) = [parse(raw, "x") for raw in raw_games(io.BytesIO(text.encode("utf-8")), "x")]
            assert isinstance(game, Game)
            lost += identity(game) not in kept
    assert lost <= damages, f"{lost} whole games lost by {damages} damages"
