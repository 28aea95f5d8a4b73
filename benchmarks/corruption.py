"""Change every byte of every file of a run folder, one at a time: each change must be refused with the file's name.

    python benchmarks/corruption.py RUN [--load-every 200]

Between any two changes the untouched folder must pass its check again; every `--load-every` changes it is loaded whole.
The run is copied first. Prints the changes tried and those that were not refused (bar: none).
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np

from gru_toolkit.errors import DamagedRunError
from gru_toolkit.runs import manifest, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--load-every", type=int, default=200)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    tried = missed = 0
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "run"
        shutil.copytree(options.run, copy)
        for path in sorted(path for path in copy.iterdir() if path.name != ".lock"):
            content = path.read_bytes()
            for place in range(len(content)):
                damaged = bytearray(content)
                damaged[place] = (damaged[place] + int(rng.integers(1, 256))) % 256
                path.write_bytes(damaged)
                tried += 1
                missed += not refused(copy, path.name, whole=tried % options.load_every == 0)
                path.write_bytes(content)
                manifest.verify(copy)
            run.load(copy)
            print(f"{path.name}: {len(content):,} bytes", flush=True)
    print(f"{tried:,} changes tried, {missed:,} not refused")
    raise SystemExit(missed > 0)


def refused(folder: Path, name: str, *, whole: bool) -> bool:
    """Whether the folder's check (or, if `whole`, loading it) refuses it and names the file."""
    try:
        if whole:
            run.load(folder)
        else:
            manifest.verify(folder)
    except DamagedRunError as error:
        return name in str(error)
    return False


if __name__ == "__main__":
    main()
