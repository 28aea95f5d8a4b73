"""Importing: every game accounted for, once, whatever happens in between."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gru_toolkit.chess import importing
from gru_toolkit.chess.importing import Imported, Progress, import_files
from gru_toolkit.chess.library import Library
from gru_toolkit.chess.parsing_pool import parsed, usable_cores
from gru_toolkit.chess.people import forget
from gru_toolkit.chess.pgn import open_pgn
from gru_toolkit.chess.pgn_splitting import raw_games
from gru_toolkit.errors import DataError, MissingInputError

GAME = '[Event "Club"]\n[White "{white}"]\n[Black "Bob"]\n[Date "{date}"]\n[Result "1-0"]\n\n{moves} 1-0\n\n'
MOVES = ("1. e4 e5 2. Nf3 Nc6", "1. d4 d5", "1. e4 c5 2. Ke3")
"""Two games that can be played and one that cannot."""
INTERRUPTED = """
import os, signal, sys
from gru_toolkit.chess import importing, rows
from gru_toolkit.chess.library import Library

def kill(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

importing.GAMES_A_TRANSACTION = 100
importing.SMALL_FILE = 0
insert, left = rows.insert, int(sys.argv[4])

def insert_and_count(*arguments):
    global left
    left -= 1
    if left == 0 and sys.argv[3] == "before":
        kill()
    counts = insert(*arguments)
    if left == 0 and sys.argv[3] == "inside":
        kill()
    return counts

def after(progress):
    if left == 0 and sys.argv[3] == "after":
        kill()

rows.insert = insert_and_count
with Library.open(sys.argv[1]) as library:
    list(importing.import_files(library, [sys.argv[2]], on_progress=after))
"""
WITH_CHILDREN = """
import multiprocessing, sys, time
from gru_toolkit.chess import importing
from gru_toolkit.chess.library import Library

def told(progress):
    print(*[child.pid for child in multiprocessing.active_children()], flush=True)
    time.sleep(60)

if __name__ == "__main__":
    importing.SMALL_FILE = importing.GAMES_A_TRANSACTION = 0
    with Library.open(sys.argv[1]) as library:
        list(importing.import_files(library, [sys.argv[2]], processes=2, on_progress=told))
"""


def write(path: Path, count: int, white: str = "Ann") -> str:
    """A file of games on different days, every third of which is refused."""
    texts = [
        GAME.format(white=white, date=f"{1000 + number // 28}.01.{number % 28 + 1:02}", moves=MOVES[number % 3])
        for number in range(count)
    ]
    path.write_text("".join(texts), encoding="utf-8")
    return str(path)


def content(library: Library) -> list[tuple[object, ...]]:
    rejects = library.connection.execute("SELECT offset, line, reason FROM reject ORDER BY offset").fetchall()
    games = [
        (one.moves.tobytes(), one.white, one.black, one.date, one.place.line, one.result) for one in library.games()
    ]
    return [*games, *rejects]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library.sqlite") as opened:
        yield opened


def run(library: Library, *names: str) -> list[Imported]:
    return list(import_files(library, names))


def test_every_game_is_accounted_for(tmp_path: Path, library: Library) -> None:
    (done,) = run(library, write(tmp_path / "a.pgn", 300))
    assert (done.found, done.added, done.known, len(done.rejects), done.before) == (300, 200, 0, 100, False)
    assert {reject.place.line for reject in done.rejects} == {8 * number + 7 for number in range(2, 300, 3)}


def test_a_second_import_changes_nothing_and_tells_the_same(tmp_path: Path, library: Library) -> None:
    name = write(tmp_path / "a.pgn", 300)
    (first,) = run(library, name)
    before = content(library)
    (second,) = run(library, name)
    assert (second.found, second.added, second.known, second.before) == (300, 0, 200, True)
    assert second.rejects == first.rejects
    assert content(library) == before


def test_a_file_that_has_grown_brings_its_new_games(tmp_path: Path, library: Library) -> None:
    run(library, write(tmp_path / "a.pgn", 30))
    (done,) = run(library, write(tmp_path / "a.pgn", 60))
    assert (done.added, done.known, len(done.rejects)) == (20, 20, 20)


def test_the_same_content_under_another_name_is_known(tmp_path: Path, library: Library) -> None:
    run(library, write(tmp_path / "a.pgn", 30))
    (done,) = run(library, write(tmp_path / "b.pgn", 30))
    assert (done.added, done.known, done.before) == (0, 20, True)
    assert all(reject.place.path.endswith("b.pgn") for reject in done.rejects)


def test_a_misspelt_name_stops_the_import_before_it_begins(tmp_path: Path, library: Library) -> None:
    with pytest.raises(MissingInputError):
        run(library, write(tmp_path / "a.pgn", 30), str(tmp_path / "b.pgn"))
    assert len(library) == 0


def test_a_file_without_games_leaves_no_trace(tmp_path: Path, library: Library) -> None:
    (tmp_path / "a.pgn").write_text("\n", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(DataError, match="holds no games"):
            run(library, str(tmp_path / "a.pgn"))
    assert library.connection.execute("SELECT count(*) FROM source").fetchone() == (0,)


@pytest.mark.parametrize(("when", "batch"), [("inside", "1"), ("before", "3"), ("inside", "3"), ("after", "1")])
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="only Unix can kill so")
def test_an_import_killed_anywhere_goes_on_to_the_same_library(
    tmp_path: Path, library: Library, when: str, batch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gru_toolkit.chess.parsing_pool.BATCH_BYTES", 4_000)
    name = write(tmp_path / "a.pgn", 3_000)
    killed = tmp_path / "killed.sqlite"
    script = "import gru_toolkit.chess.parsing_pool as pool\npool.BATCH_BYTES = 4000\n" + INTERRUPTED
    ended = subprocess.run([sys.executable, "-c", script, killed, name, when, batch], check=False)
    assert ended.returncode == -signal.SIGKILL
    with Library.open(killed) as half:
        some = len(half)
        assert (some > 0) == ((when, batch) != ("inside", "1"))
        assert some < 2_000
        (done,) = run(half, name)
        (whole,) = run(library, name)
        assert (done.found, done.added, done.known) == (3_000, 2_000 - some, some)
        assert done.rejects == whole.rejects
        assert content(half) == content(library)


@pytest.mark.slow
def test_several_processes_read_what_one_reads_in_the_same_order(tmp_path: Path) -> None:
    name = write(tmp_path / "a.pgn", 9_000)
    found = []
    for processes in (1, 2):
        with open_pgn(name) as stream:
            found.append(list(parsed(raw_games(stream, name), name, processes)))
    assert found[0] == found[1]
    assert len(found[0]) > 2


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="only Unix can kill so")
def test_reading_processes_end_with_a_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(WITH_CHILDREN, encoding="utf-8")
    name = write(tmp_path / "a.pgn", 9_000)
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "l.sqlite"), name],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    with process:
        assert process.stdout is not None
        children = [int(pid) for pid in process.stdout.readline().split()]
        assert len(children) >= 1
        process.kill()
        assert process.wait() == -signal.SIGKILL
        until = time.monotonic() + 10
        while any(map(_runs, children)) and time.monotonic() < until:
            time.sleep(0.05)
        assert not any(map(_runs, children))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text(encoding="ascii").split(") ")[1][0] != "Z"


def test_readers_work_while_games_come_in(tmp_path: Path, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "GAMES_A_TRANSACTION", 100)
    monkeypatch.setattr("gru_toolkit.chess.parsing_pool.BATCH_BYTES", 4_000)
    seen = []

    def look(progress: Progress) -> None:
        with Library.open(library.path) as reader:
            seen.append((len(reader), reader.player("ann").games, len(list(reader.games(of="Ann", limit=20)))))

    list(import_files(library, [write(tmp_path / "a.pgn", 1_000)], on_progress=look))
    counts = [games for games, _, _ in seen]
    assert counts == sorted(counts)
    assert len(set(counts)) > 3
    assert all(games == of_ann and listed == 20 for games, of_ann, listed in seen)


def test_two_imports_of_one_file_at_once_count_no_game_twice(
    tmp_path: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "GAMES_A_TRANSACTION", 100)
    monkeypatch.setattr("gru_toolkit.chess.parsing_pool.BATCH_BYTES", 4_000)
    name = write(tmp_path / "a.pgn", 900)
    inner: list[Imported] = []

    def import_too(progress: Progress) -> None:
        if not inner and progress.games > 200:
            with Library.open(library.path) as other:
                inner.extend(run(other, name))

    (outer,) = import_files(library, [name], on_progress=import_too)
    (after,) = run(library, name)
    assert [done.found for done in (outer, *inner, after)] == [900, 900, 900]
    assert len(library) == outer.added + inner[0].added == 600


def test_a_forgotten_person_comes_back_only_when_imported_again(tmp_path: Path, library: Library) -> None:
    name = write(tmp_path / "ann.pgn", 300)
    run(library, name)
    forget(library, "Ann")
    assert len(library) == 0
    (done,) = run(library, name)
    assert (done.added, done.known, len(done.rejects)) == (200, 0, 100)


def test_there_is_at_least_one_core() -> None:
    assert usable_cores() >= 1
