"""The session of `chess play`: first board, milliseconds a half-move, undo; scripted games; kills.

Full-screen runs in a pseudo-terminal of 80 × 24 whose bytes pyte draws; plain runs in a pipe. Father and Son are
learned from the sample first. Every half-move must show predictions for both people, and the PGN must hold the moves.

    python benchmarks/chess_session.py [--plies 60] [--kills 10] [--seed 0]
"""

import argparse
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import chess
import chess.pgn

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.cli.pseudo_terminal import Terminal  # the repository's root must be on the path first

ROOT = Path(__file__).parent.parent
RUN = [sys.executable, "-c", "import sys; from gru_toolkit.cli.app import main; sys.exit(main(sys.argv[1:]))"]
PLAY = [*RUN, "chess", "play", "--white", "Father", "--black", "Son"]
SAMPLE = ROOT / "data" / "chess" / "father_and_son.pgn"
FIRST_BOARDS = 7


def line_of(plies: int, rng: random.Random) -> list[str]:
    """The moves of a random legal game that lasts so long, in SAN."""
    while True:
        board, sans = chess.Board(), []
        while len(sans) < plies and not board.is_game_over():
            moves = list(board.legal_moves)
            move = rng.choice(moves)
            sans.append(board.san(move))
            board.push(move)
        if len(sans) == plies and not board.is_game_over():
            return sans


def median(times: list[float]) -> str:
    """Median and longest, in milliseconds."""
    return f"median {1000 * statistics.median(times):6.1f} ms, longest {1000 * max(times):6.1f} ms"


def first_board(environment: dict[str, str]) -> list[float]:
    """Seconds from the command to the board on the screen."""
    times = []
    for _ in range(FIRST_BOARDS):
        with Terminal(PLAY, environment) as terminal:
            terminal.wait_for(lambda text: "♜" in text and "a   b   c" in text)
            times.append(time.perf_counter() - terminal.begun)
    return times


def first_predictions(environment: dict[str, str]) -> list[float]:
    """Seconds from the command to the first predictions on the screen."""
    times = []
    for _ in range(FIRST_BOARDS):
        with Terminal(PLAY, environment) as terminal:
            terminal.wait_for(lambda text: "Father to move" in text and "Son would answer" in text)
            times.append(time.perf_counter() - terminal.begun)
    return times


def on_screen(sans: list[str], environment: dict[str, str]) -> tuple[list[float], list[float]]:
    """Play a game on the full screen and take the last move back and repeat it; seconds of each."""
    times, undone = [], []
    with Terminal(PLAY, environment) as terminal:
        terminal.wait_for(lambda text: "Father to move" in text)
        for ply, san in enumerate(sans):
            mover, other = ("Father", "Son") if ply % 2 == 0 else ("Son", "Father")
            number = f"{ply // 2 + 1}{'.' if ply % 2 == 0 else '...'} {san}  {mover}: "
            terminal.send(f"{san}\r")
            times.append(
                terminal.wait_for(
                    lambda text, n=number, o=other, m=mover: (
                        n in text and f"{o} to move" in text and f"{m} would" in text
                    )
                )
            )
        for _ in range(10):
            terminal.send("\x1b[15~")  # F5
            undone.append(terminal.wait_for(lambda text: "taken back: " + sans[-1] in text))
            terminal.send("\x1b[17~")  # F6
            terminal.wait_for(lambda text: "taken back" not in text)
        terminal.send("quit\r")
        assert terminal.wait_for_end() == 0
    return times, undone


def in_a_pipe(sans: list[str], environment: dict[str, str]) -> float:
    """Play a game through a pipe; seconds for all of it. Both people must be predicted at every half-move."""
    begun = time.perf_counter()
    text = "".join(f"{san}\n" for san in sans)
    ended = subprocess.run(PLAY, input=text, env=environment, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - begun
    nexts = re.findall(r"^  next, (Father|Son): \S+ ", ended.stdout, re.MULTILINE)
    thens = re.findall(r"^  then, (Father|Son): ", ended.stdout, re.MULTILINE)
    expected = [("Father", "Son")[ply % 2] for ply in range(len(sans) + 1)]
    assert nexts == expected, "the mover is predicted at every half-move"
    assert thens == [("Son", "Father")[ply % 2] for ply in range(len(sans) + 1)], "and so is the other"
    assert not ended.stderr
    return seconds


def newest_pgn(home: Path) -> list[str]:
    """The moves in the PGN file of the newest session."""
    newest = max((home / "chess" / "sessions").glob("*/game-*.pgn"), key=lambda path: path.stat().st_mtime_ns)
    with newest.open(encoding="utf-8") as stream:
        game = chess.pgn.read_game(stream)
    assert game is not None
    assert not game.errors
    assert (game.headers["White"], game.headers["Black"]) == ("Father", "Son")
    return [node.san() for node in game.mainline()]


def killed(sans: list[str], kills: int, rng: random.Random, environment: dict[str, str]) -> int:
    """Kill a session at random moments, resume it each time, play it to its end; half-moves that were lost."""
    done, lost, command = 0, 0, [*PLAY, "--json"]
    for _ in range(kills):
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as running:
            assert running.stdin
            assert running.stdout
            first = running.stdout.readline()
            found = re.search(r'"plies": (\d+)', first)
            assert found, first
            lost += max(0, done - int(found[1]))
            done = int(found[1])
            for san in sans[done : done + rng.randint(1, 5)]:
                running.stdin.write(san + "\n")
                running.stdin.flush()
                while '"event": "moved"' not in running.stdout.readline():
                    pass
                done += 1
            running.stdin.write("".join(f"{san}\n" for san in sans[done : done + 2]))
            running.stdin.flush()
            time.sleep(rng.random() * 0.05)
            running.kill()
        command = [*RUN, "chess", "play", "--resume", "--json"]
    rest = subprocess.run(command, input="board\n", env=environment, capture_output=True, text=True, check=True)
    found = re.search(r'"plies": (\d+)', rest.stdout)
    assert found
    lost += max(0, done - int(found[1]))
    subprocess.run(
        command, input="".join(f"{san}\n" for san in sans[int(found[1]) :]), env=environment, text=True, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return lost


def in_process(sans: list[str]) -> tuple[list[float], ...]:
    """Seconds of a half-move with both predictions, its processor time, undo in the session and with its journal."""
    from gru_toolkit.chess.play_config import PlayConfig
    from gru_toolkit.chess.playing import Circumstances, Playing

    playing = Playing.open(PlayConfig(("Father",), ("Son",)), Circumstances(datetime.now(), time.monotonic()))
    moves, cpu, undos, written = [], [], [], []
    playing.begin()
    for san in sans:
        begun, used = time.perf_counter(), time.process_time()
        playing.session.handle(san, 0.0)
        moves.append(time.perf_counter() - begun)
        cpu.append(time.process_time() - used)
    for k in range(20):
        begun = time.perf_counter()
        if k % 2:
            playing.session.handle("undo", 0.0)
            undos.append(time.perf_counter() - begun)
            playing.session.handle("redo", 0.0)
        else:
            playing.handle("undo", time.monotonic())
            written.append(time.perf_counter() - begun)
            playing.handle("redo", time.monotonic())
    playing.close()
    return moves, cpu, undos, written


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plies", type=int, default=60)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ["GRU_TOOLKIT_HOME"] = folder
        environment = dict(os.environ)
        for command in (["import", str(SAMPLE)], ["learn", "Father", "Son"]):
            subprocess.run([*RUN, "chess", *command, "--quiet"], env=environment, check=True, stdout=subprocess.DEVNULL)
        sans = line_of(asked.plies, rng)
        print(f"first board on the screen          {median(first_board(environment))}   (goal 1000)")
        print(f"first predictions on the screen    {median(first_predictions(environment))}")
        moves, cpu, undos, written = in_process(sans)
        print(f"a half-move, both people predicted {median(moves)}   (goal 3, floor 10)")
        print(f"  processor time of it             {median(cpu)}")
        print(f"undo in the session                {median(undos)}   (goal 5)")
        print(f"undo, its journal on the disk      {median(written)}")
        times, undone = on_screen(sans, environment)
        assert newest_pgn(home) == sans, "the PGN holds the very moves"
        print(f"full screen: Enter to new screen   {median(times)}   {len(sans)} half-moves, PGN correct")
        print(f"full screen: F5 to new screen      {median(undone)}")
        seconds = in_a_pipe(sans, environment)
        assert newest_pgn(home) == sans, "the PGN holds the very moves"
        print(f"pipe: {len(sans)} half-moves in {seconds:.2f} s, both people predicted at each, PGN correct")
        lost = killed(sans, asked.kills, rng, environment)
        assert newest_pgn(home) == sans, "the PGN holds the very moves"
        print(f"kill -9: {asked.kills} kills, {lost} answered half-moves lost, PGN correct at the end")
    return int(lost > 0)


if __name__ == "__main__":
    sys.exit(main())
