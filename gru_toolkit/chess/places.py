"""Where a user's own chess data lie: the library of games and what is learned of people."""

import hashlib
import os
import sys
from pathlib import Path

from gru_toolkit.chess.names import name_key

LONGEST_FOLDER = 120
"""Characters of a folder's name; longer names of people end in a hash."""


def data_folder() -> Path:
    """The user's data folder of this program; the variable GRU_TOOLKIT_HOME moves it. It may not be there yet."""
    moved = os.environ.get("GRU_TOOLKIT_HOME")
    if moved:
        return Path(moved)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "gru-toolkit"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "gru-toolkit"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "gru-toolkit"


def library_file() -> Path:
    """The library of games that is used where no other is named."""
    return data_folder() / "chess" / "library.sqlite"


def player_folder(name: str) -> Path:
    """The folder for whatever is learned of one person; `chess forget` removes it whole.

    Spellings that differ in case, accents or the order of first and last name share a folder.
    """
    key = name_key(name).encode("utf-8")
    safe = "".join(chr(byte) if byte < 128 and chr(byte).isalnum() else f"_{byte:02x}" for byte in key)
    if len(safe) > LONGEST_FOLDER:
        safe = safe[: LONGEST_FOLDER - 17] + "-" + hashlib.blake2b(key, digest_size=8).hexdigest()
    return data_folder() / "chess" / "players" / safe
