"""A session carried out: its journal and PGN on the disk, the people's models kept, and the opponent's moves.

Both ways of showing a session, full-screen and line by line, hold one of these.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import chess
import numpy as np

from gru_toolkit.chess import pgn, players, session_setup
from gru_toolkit.chess.game import UNKNOWN_NAME, Game
from gru_toolkit.chess.library import Library
from gru_toolkit.chess.moves import move_codes, moves_of
from gru_toolkit.chess.names import name_key
from gru_toolkit.chess.next_move import NextMoveNetwork, network_at_hand
from gru_toolkit.chess.opponents import Opponent, OpponentFailed, Turn
from gru_toolkit.chess.play_config import PlayConfig
from gru_toolkit.chess.session import LEAST_PLIES, Session
from gru_toolkit.chess.session_commands import is_move
from gru_toolkit.chess.session_events import Asked, Event, Noted, Refused, Scored
from gru_toolkit.chess.session_journal import Entry
from gru_toolkit.chess.session_pgn import pgn_of
from gru_toolkit.chess.session_store import Page, SessionStore
from gru_toolkit.errors import GruToolkitError, Place
from gru_toolkit.runs import files
from gru_toolkit.sequences.table import Reject

_SOURCE = "chess play"


@dataclass(frozen=True)
class Circumstances:
    """What a session is told of the world.

    today    when it is opened
    now      the moment, in seconds that only ever grow
    library  where finished games go; None for the library in the user's data folder
    """

    today: datetime
    now: float
    library: Path | None = None


class Playing:
    """A session with all that belongs to it.

    The state it protects: the session; its files, written before an outcome is told; the opponent; and the moment from
    which the session's own time counts.
    """

    def __init__(self, session: Session, store: SessionStore, opponent: Opponent | None, told: Circumstances):
        self.session = session
        self._store = store
        self._opponent = opponent
        self._told = told
        self._config = PlayConfig()
        self._notes: list[Noted] = []
        self._date = told.today.date().isoformat()
        self._before = 0.0

    @classmethod
    def open(cls, config: PlayConfig, told: Circumstances, network: NextMoveNetwork | None = None) -> "Playing":
        """A session that begins.

        Raises UsageError or ConfigError for settings that cannot work, MissingInputError for a model or an engine that
        is not there, DamagedRunError for a model that fails a check.
        """
        config, notes = session_setup.spelt_as_known(config, told.library)
        color, plain = config.opponent_color, config.session
        opponent = session_setup.opponent_of(config)
        try:
            session = Session(plain, session_setup.seats_of(config, opponent), network or network_at_hand())
        except GruToolkitError:
            if opponent is not None:
                opponent.close()
            raise
        session.flipped = color == chess.WHITE
        page = Page(session.number, session_setup.head_of(config, session, told.today.date().isoformat()))
        playing = cls(session, SessionStore(page, told.today), opponent, told)
        playing._config, playing._notes = config, notes
        return playing

    @classmethod
    def resume(cls, told: Circumstances, network: NextMoveNetwork | None = None) -> "Playing":
        """The newest session that was left in the middle, as it was; time away does not count.

        Raises MissingInputError if there is none, DamagedRunError if its journal was changed.
        """
        store, page, entries = SessionStore.reopen(told.today)
        try:
            kept = session_setup.restored(page.head, str(store.id))
            opponent = session_setup.opponent_of(kept.config)
        except GruToolkitError:
            store.close()
            raise
        session = Session(kept.session, kept.seats, network or network_at_hand())
        session.flipped, session.teaches = kept.flipped, kept.teaches
        session.config = replace(session.config, fen=kept.config.fen)
        playing = cls(session, store, opponent, told)
        playing._config, playing._date = kept.config, kept.date
        session.rehearse(lambda: playing._repeat(entries))
        playing._before = max((entry.at for entry in entries), default=0.0)
        return playing

    def seconds(self, now: float) -> float:
        """The session's own time: the seconds in which it was open."""
        return round(self._before + now - self._told.now, 3)

    @property
    def pgn_file(self) -> Path | None:
        """Where the game is written; None before anything was done."""
        return self._store.pgn_file

    def begin(self) -> list[Event]:
        """Where the game stands, and who was not learned."""
        return [*self.session.begin(), *self._notes]

    def handle(self, line: str, now: float) -> list[Event]:
        """What happens when somebody types a line; by the time it is told, it is on the disk.

        Raises CannotWriteError or StorageError when the files cannot be written.
        """
        session = self.session
        waiting = session.waits_for if self._opponent is not None else None
        if waiting is not None and is_move(line):
            return [Refused(f"{session.names[waiting]} is to move", hint="wait, or take back")]
        return self._carry_out(line, now)

    def _carry_out(self, line: str, now: float) -> list[Event]:
        at = self.seconds(now)
        finished = self._finished_game()
        game = self.session.game
        events = self.session.handle(line, at)
        asked = next((event for event in events if isinstance(event, Asked)), Asked(""))
        goes_on = self.session.game is not game
        if goes_on or asked.what == "quit":
            return [*events, *self._left(finished, at, goes_on=goes_on)]
        if asked.what == "save":
            return self._save(Path(asked.argument).expanduser())
        if asked.what == "load":
            return self._load(asked.argument, at)
        if not isinstance(events[0], Refused | Asked | Scored):
            self._store.add(Entry(at, "line", line))
        return events

    def tick(self, now: float) -> list[Event]:
        """What happens because time passes."""
        at = self.seconds(now)
        events = self.session.tick(at)
        if events:
            self._store.add(Entry(at, "tick"))
        return events

    def turn(self, now: float) -> Turn | None:
        """The position in which the opponent is to move, if it is the opponent's turn."""
        session, at = self.session, self.seconds(now)
        if session.waits_for is None or self._opponent is None:
            return None
        left = {color: session.game.seconds_left(color, at) for color in chess.COLORS}
        clocks = {color: seconds for color, seconds in left.items() if seconds is not None}
        increment = session.config.control.increment if session.config.control else 0.0
        prediction = session.game.foresight.prediction()
        return Turn(session.board.copy(), session.number, prediction, clocks or None, increment)

    def still(self, turn: Turn) -> bool:
        """Whether the position in which the opponent was asked stands on the board."""
        board = self.session.board
        return self.session.number == turn.game and board.move_stack == turn.board.move_stack

    def choose(self, turn: Turn) -> chess.Move | OpponentFailed:
        """The opponent's move, or why there is none; this may take a while, and may run beside everything else."""
        assert self._opponent is not None, "there is nobody to choose"
        try:
            return self._opponent.choose(turn)
        except OpponentFailed as failure:
            return failure

    def answer(self, choice: chess.Move | OpponentFailed, now: float) -> list[Event]:
        """What happens when the opponent has chosen; one that failed hands its side over to the people."""
        if isinstance(choice, chess.Move):
            return self._carry_out(choice.uci(), now)
        color = self.session.waits_for
        assert color is not None, "the opponent was asked in its turn"
        self.session.hand_over(color)
        self._store.add(Entry(self.seconds(now), "hand_over", color))
        return [Refused(str(choice), hint="its moves are yours to make now")]

    def keep(self) -> None:
        """Bring the PGN file up to date. Raises CannotWriteError or StorageError."""
        self._store.keep(pgn_of(self.session, self._date))

    def close(self) -> None:
        """End the opponent and let go of the files."""
        if self._opponent is not None:
            self._opponent.close()
            self._opponent = None
        self._store.close()

    def _repeat(self, entries: Sequence[Entry]) -> None:
        """Do what was done before."""
        for entry in entries:
            if entry.what == "line":
                self.session.handle(entry.argument, entry.at)
            elif entry.what == "tick":
                self.session.tick(entry.at)
            elif entry.what == "moves":
                self.session.play_unforeseen([chess.Move.from_uci(text) for text in entry.argument], entry.at)
            elif entry.what == "hand_over":
                self.session.hand_over(entry.argument)

    def _left(self, finished: Game | None, at: float, *, goes_on: bool) -> list[Event]:
        """The game was left: what was learned is kept and, if it has ended, the game; what there is to say of it.

        goes_on  whether another game is on the board now
        """
        for player in self.session.taken_learned():
            players.save(player)
        said = self._put_into_library(finished)
        if goes_on or self.session.game.over:
            self._store.close_game(at)
        if goes_on:
            head = session_setup.head_of(self._config, self.session, self._date)
            self._store.turn(Page(self.session.number, head))
        return said

    def _finished_game(self) -> Game | None:
        """The game on the board for the library, if it has ended and somebody in it is named."""
        session = self.session
        over, names = session.game.over, {color: seat.written for color, seat in session.seats.items()}
        if not over or not session.teaches or len(session.game.played) < LEAST_PLIES:
            return None
        if all(name == UNKNOWN_NAME for name in names.values()):
            return None
        clocks = [played.seconds_left for played in session.game.played]
        setting = session.config.setting
        return Game(
            moves=move_codes(played.move for played in session.game.played),
            white=names[chess.WHITE],
            black=names[chess.BLACK],
            place=Place(str(self.pgn_file)),
            white_rating=setting.white_rating,
            black_rating=setting.black_rating,
            date=self._date,
            time_control=setting.time_control,
            clocks=None if None in clocks else np.array(clocks, np.float32),
            result=over.result,
            fen=session.game.config.fen,
            site=f"gru-toolkit session {session.game_id}",
        )

    def _put_into_library(self, game: Game | None) -> list[Event]:
        if game is None:
            return []
        try:
            with Library.open(self._told.library) as library:
                library.add([game], _SOURCE)
        except GruToolkitError as error:
            return [Noted(f"the game is in {self.pgn_file}, but not in the library: {error.message}")]
        return []

    def _save(self, path: Path) -> list[Event]:
        if path.exists():
            return [Refused(f"{path} exists already", hint="choose another name")]
        try:
            files.write_atomically(path, pgn_of(self.session, self._date).encode("utf-8", "replace"))
        except GruToolkitError as error:
            return [Refused(error.message, error.hint)]
        return [Noted(f"the game is written to {path}")]

    def _load(self, name: str, at: float) -> list[Event]:
        """Go on with the first game of a file."""
        try:
            found = next(iter(pgn.read_games([str(Path(name).expanduser())])))
            if isinstance(found, Reject):
                return [Refused(f"{found.place}: {found.reason}")]
            moves, finished = moves_of(found.moves), self._finished_game()
            same = [name_key(one) for one in (found.white, found.black)] == [
                name_key(self.session.seats[color].written) for color in (chess.WHITE, chess.BLACK)
            ]
            events = self.session.load(moves, found.fen, teaches=same, now=at)
        except GruToolkitError as error:
            return [Refused(f"{error.place}: {error.message}" if error.place else error.message, error.hint)]
        said = self._left(finished, at, goes_on=True)
        self._store.add(Entry(at, "moves", [move.uci() for move in moves]))
        if not same:
            said.append(Noted(f"the file's players are {found.white} and {found.black}; yours go on here"))
        return [*events, *said]
