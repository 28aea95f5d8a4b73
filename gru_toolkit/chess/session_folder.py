"""Where sessions are kept: a folder each, with a journal and a PGN file for every game."""

import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gru_toolkit.chess import session_journal
from gru_toolkit.chess.names import name_key
from gru_toolkit.chess.places import data_folder
from gru_toolkit.errors import CannotWriteError, DamagedRunError, MissingInputError
from gru_toolkit.runs import files
from gru_toolkit.runs.lock import WriterLock

_NAMES = re.compile(r'^\[(?:White|Black) "(.*)"\]$', re.MULTILINE)
CLOSED = "closed"
"""An entry of a journal: the session was left after its game had ended."""


@dataclass(frozen=True)
class SessionFolder:
    """The folder of one session."""

    path: Path

    @property
    def id(self) -> str:
        """The name of the session."""
        return self.path.name

    def journal(self, game: int) -> Path:
        """The journal of a game."""
        return self.path / f"game-{game:03d}.journal"

    def pgn(self, game: int) -> Path:
        """The PGN file of a game."""
        return self.path / f"game-{game:03d}.pgn"

    def journals(self) -> Sequence[Path]:
        """The journals of all games, in order."""
        return sorted(self.path.glob("game-*.journal"))


def sessions_folder() -> Path:
    """The folder of all sessions in the user's data folder."""
    return data_folder() / "chess" / "sessions"


def begin(now: datetime) -> SessionFolder:
    """A folder for a session that begins now. Raises CannotWriteError or StorageError."""
    path = sessions_folder() / f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    files.make_folder(path)
    return SessionFolder(path)


def unfinished() -> tuple[SessionFolder, WriterLock]:
    """The newest session that was not left after the end of its game and that nobody is playing, locked.

    Raises MissingInputError if there is none, DamagedRunError if its journal was changed.
    """
    for path in sorted(_all(), reverse=True):
        folder = SessionFolder(path)
        lock = WriterLock(path)
        try:
            lock.__enter__()
        except CannotWriteError:
            continue
        try:
            wanted = bool(folder.journals()) and not _closed(folder.journals()[-1])
        except DamagedRunError:
            release(lock)
            raise
        if wanted:
            return folder, lock
        release(lock)
    raise MissingInputError("there is no session to go on with", hint="begin one with: gru-toolkit chess play")


def release(lock: WriterLock) -> None:
    """Let go of a session's folder."""
    lock.__exit__(None, None, None)


def forget(name: str) -> int:
    """Remove every session in which a person of that name may have been playing; how many there were.

    Raises CannotWriteError or StorageError.
    """
    removed = 0
    for path in _all():
        if name_key(name) in _people(SessionFolder(path)):
            files.system(shutil.rmtree, path)
            removed += 1
    return removed


def _all() -> list[Path]:
    folder = sessions_folder()
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _closed(journal: Path) -> bool:
    entries = session_journal.read(journal).entries
    return bool(entries) and entries[-1].what == CLOSED


def _people(folder: SessionFolder) -> set[str]:
    """The keys of everybody whom the journals and the PGN files name, damaged or not."""
    names: list[str] = []
    for path in folder.journals():
        try:
            seats = session_journal.read(path).head["seats"]
        except DamagedRunError:
            continue  # Its PGN file names the people too.
        for seat in seats.values():
            names += [seat["name"], *seat["people"]]
    for path in folder.path.glob("*.pgn"):
        tags = _NAMES.findall(path.read_text(encoding="utf-8", errors="replace"))
        names += [tag.replace('\\"', '"').replace("\\\\", "\\") for tag in tags]
    return {name_key(name) for name in names}
