"""The picture of `chess play` in the README: a position of the simulated Father and Son, as SVG without foreign fonts.

python benchmarks/chess_picture.py [--out docs/chess-session.svg] [--moves "e4 e5 Nf3 Nc6"]
"""

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from gru_toolkit.chess.play_config import PlayConfig
from gru_toolkit.chess.playing import Circumstances, Playing
from gru_toolkit.cli.chess_panels import Ink
from gru_toolkit.cli.chess_screen import ChessScreen

RUN = [sys.executable, "-c", "import sys; from gru_toolkit.cli.app import main; sys.exit(main(sys.argv[1:]))"]
SAMPLE = Path(__file__).parent.parent / "data" / "chess" / "father_and_son.pgn"
SIZE = (80, 24)
FONT = "DejaVu Sans Mono, Menlo, Consolas, monospace"


def opened() -> Playing:
    """The session that is painted."""
    config = PlayConfig(("Father",), ("Son",), clock="10+5")
    return Playing.open(config, Circumstances(datetime.now(), time.monotonic()))


async def picture(moves: list[str]) -> str:
    """The screen after the moves, as SVG."""
    app = ChessScreen(opened, Ink())
    async with app.run_test(size=SIZE) as pilot:
        while app._playing is None:
            await pilot.pause(0.05)
        for move in moves:
            await pilot.press(*move, "enter")
            await pilot.pause(0.2)
        await pilot.pause(0.5)
        return app.export_screenshot(title="gru-toolkit chess play --white Father --black Son --clock 10+5")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "docs" / "chess-session.svg")
    parser.add_argument("--moves", default="e4 c5 Nf3")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GRU_TOOLKIT_HOME"] = folder
        for command in (["import", str(SAMPLE)], ["learn", "Father", "Son"]):
            subprocess.run([*RUN, "chess", *command, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        svg = asyncio.run(picture(asked.moves.split()))
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: Fira Code[^;]*;", f"font-family: {FONT};", svg)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
