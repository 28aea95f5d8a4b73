"""A session's files while it is played: the journal and the PGN of the game that is on the board."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gru_toolkit.chess import session_folder, session_journal
from gru_toolkit.chess.session_folder import CLOSED, SessionFolder
from gru_toolkit.chess.session_journal import Entry, Journal
from gru_toolkit.runs import files
from gru_toolkit.runs.lock import WriterLock


@dataclass(frozen=True)
class Page:
    """A game in the files.

    number  of the game in the session
    head    the first line of its journal
    """

    number: int
    head: Mapping[str, Any]


class SessionStore:
    """The files of one session; nothing is written before something is done.

    The state it protects: the folder, locked as long as the session is open; the journal being written; and what the
    PGN file holds.
    """

    def __init__(self, page: Page, today: datetime):
        self._page = page
        self._today = today
        self._folder: SessionFolder | None = None
        self._lock: WriterLock | None = None
        self._journal: Journal | None = None
        self._pgn = ""

    @classmethod
    def reopen(cls, today: datetime) -> tuple["SessionStore", Page, tuple[Entry, ...]]:
        """The newest session that was left in the middle, its last game, and what was done in it.

        Raises MissingInputError if there is none, DamagedRunError if its journal was changed.
        """
        folder, lock = session_folder.unfinished()
        path = folder.journals()[-1]
        found = session_journal.read(path)
        page = Page(int(found.head["number"]), found.head)
        store = cls(page, today)
        store._folder, store._lock = folder, lock
        store._journal = Journal.begin(path, found.head, found.entries) if found.torn else Journal(path, found.digest)
        return store, page, found.entries

    @property
    def id(self) -> str | None:
        """The name of the session; None before anything was done."""
        return None if self._folder is None else self._folder.id

    @property
    def pgn_file(self) -> Path | None:
        """Where the game is written; None before anything was done."""
        return None if self._folder is None else self._folder.pgn(self._page.number)

    def add(self, entry: Entry) -> None:
        """Write down what was done, and wait until it is on the disk. Raises CannotWriteError or StorageError."""
        if self._folder is None:
            self._folder = session_folder.begin(self._today)
            self._lock = WriterLock(self._folder.path)
            self._lock.__enter__()
        if self._journal is None:
            self._journal = Journal.begin(self._folder.journal(self._page.number), self._page.head, [entry])
        else:
            self._journal.add(entry)

    def turn(self, page: Page) -> None:
        """Another game is played from now on."""
        self._page, self._journal, self._pgn = page, None, ""

    def close_game(self, at: float) -> None:
        """The game has ended and was left: nobody will go on with it. Raises CannotWriteError or StorageError."""
        if self._journal is not None:
            self._journal.add(Entry(at, CLOSED))

    def keep(self, text: str) -> None:
        """Bring the PGN file up to date. Raises CannotWriteError or StorageError."""
        if self._journal is not None and self.pgn_file is not None and text != self._pgn:
            files.write_atomically(self.pgn_file, text.encode("utf-8", "replace"))
            self._pgn = text

    def close(self) -> None:
        """Let go of the folder."""
        if self._lock is not None:
            session_folder.release(self._lock)
            self._lock = None
