"""How a session is set up from what a user asks for, and set up again from its journal."""

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import chess

from gru_toolkit.chess import players
from gru_toolkit.chess.clocks import TimeControl
from gru_toolkit.chess.foresight import Seats, colour_of
from gru_toolkit.chess.library import Library
from gru_toolkit.chess.next_move import Setting
from gru_toolkit.chess.opponents import EngineConfig, EngineOpponent, ModelOpponent, Opponent
from gru_toolkit.chess.places import library_file
from gru_toolkit.chess.play_config import PlayConfig
from gru_toolkit.chess.players import Player
from gru_toolkit.chess.seats import Seat
from gru_toolkit.chess.session import Session, SessionConfig
from gru_toolkit.chess.session_events import Noted, Tally
from gru_toolkit.errors import GruToolkitError, MissingInputError

SOMEBODY = "Anonymous"
"""Somebody who is not known."""
GAMES = "games"
"""The fact of a player that learning from a library of games leaves behind."""
MOST_GUESSES = 6
"""People with the most games among whom an unnamed player is looked for."""


def opponent_of(config: PlayConfig) -> Opponent | None:
    """Whoever moves beside the people. Raises MissingInputError or UsageError for an engine that does not start."""
    if config.model is not None:
        return ModelOpponent(config.temperature, config.seed)
    if config.engine is None:
        return None
    options = dict(option.split("=", 1) for option in config.engine_options)
    return EngineOpponent(EngineConfig(config.engine, config.engine_seconds, options))


def seats_of(config: PlayConfig, opponent: Opponent | None) -> Seats:
    """Who sits where. Raises MissingInputError if the model of nobody is asked for, DamagedRunError for a bad model."""
    seats = {chess.WHITE: _seat(config.white, "White"), chess.BLACK: _seat(config.black, "Black")}
    color = config.opponent_color
    if config.model is not None and color is not None:
        person = players.load(config.model)
        seats[color] = Seat(f"{person.name} (model)", (person,), by="model")
    elif isinstance(opponent, EngineOpponent) and color is not None:
        seats[color] = Seat(opponent.name, (Player(opponent.name),), by="engine")
    return seats


def spelt_as_known(config: PlayConfig, library: Path | None) -> tuple[PlayConfig, list[Noted]]:
    """The settings with people called as they were learned, whatever their spelling in the library of games.

    A note tells of those who have games there that were never learned, and one if the library cannot be read.

    Raises DamagedRunError for a model that fails a check.
    """
    asked = (*config.white, *config.black, *([config.model] if config.model else []))
    unlearned = [name for name in asked if GAMES not in _player_of(name).facts]
    if not unlearned or not (library or library_file()).is_file():
        return config, []
    try:
        with Library.open(library) as opened:
            found = {name: person for name in unlearned if (person := opened.find(name)) is not None}
    except GruToolkitError as error:
        return config, [Noted(f"the library was not looked into: {error.message}")]
    known = {name: person.name for name, person in found.items() if players.file_of(person.name).is_file()}
    called = replace(
        config,
        white=tuple(known.get(name, name) for name in config.white),
        black=tuple(known.get(name, name) for name in config.black),
        model=known.get(config.model, config.model) if config.model else None,
    )
    models = {person: _player_of(person.name) for person in found.values()}
    more = [one.name for one, model in models.items() if GAMES not in model.facts and one.games > model.memory.games]
    notes = [Noted(f"not learned yet, so foreseen as anybody: gru-toolkit chess learn {shlex.join(more)}")]
    return called, notes if more else []


def _seat(names: tuple[str, ...], colour: str) -> Seat:
    """A seat for the named person, for one of several, or for anybody known if nobody is named."""
    if len(names) == 1:
        return Seat(names[0], (_player_of(names[0]),))
    if names:
        return Seat.among(" or ".join(names), [_player_of(name) for name in names])
    known = sorted(players.known(), key=lambda one: -one.memory.games)[:MOST_GUESSES]
    return Seat.among(colour, [*known, Player(SOMEBODY)])


def _player_of(name: str) -> Player:
    """The model of a person, or a name without games if nobody was learned."""
    try:
        return players.load(name)
    except MissingInputError:
        return Player(name)


def head_of(config: PlayConfig, session: Session, date: str) -> dict[str, Any]:
    """The first line of a game's journal: all it takes to set the game up again."""
    seats = {
        colour_of(color): {
            "name": seat.name,
            "people": [one.name for one in seat.people],
            "shares": list(seat.shares),
            "by": seat.by,
        }
        for color, seat in session.game.seated.items()
    }
    tallies = {name: asdict(tally) for name, tally in session.past.items()}
    setting = asdict(session.config.setting)
    number, fen = session.number, session.game.config.fen
    return {
        "config": asdict(config), "seats": seats, "tallies": tallies, "setting": setting, "number": number,
        "fen": fen, "date": date, "show": session.show, "flipped": session.flipped, "teaches": session.teaches,
    }  # fmt: skip


@dataclass(frozen=True)
class Restored:
    """What the first line of a journal says."""

    config: PlayConfig
    session: SessionConfig
    seats: Seats
    date: str
    flipped: bool
    teaches: bool


def restored(head: Mapping[str, Any], session_id: str) -> Restored:
    """The settings and seats of a game from the first line of its journal.

    Raises DamagedRunError for a person's model that fails a check; somebody who was forgotten is a name again.
    """
    plain: dict[str, Any] = head["config"]
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()}
    config = PlayConfig(**values)
    tallies = tuple((name, Tally(**tally)) for name, tally in head["tallies"].items())
    control = TimeControl.parse(config.clock) if config.clock else None
    session = SessionConfig(
        session_id, Setting(**head["setting"]), control, head["fen"], head["show"], head["number"], tallies
    )
    seats = {color: _restored_seat(head["seats"][colour_of(color)]) for color in chess.COLORS}
    return Restored(config, session, seats, head["date"], head["flipped"], head["teaches"])


def _restored_seat(plain: Mapping[str, Any]) -> Seat:
    by = plain["by"]
    people = [Player(name) if by == "engine" or name == SOMEBODY else _player_of(name) for name in plain["people"]]
    return Seat(plain["name"], tuple(people), tuple(plain["shares"]), by)
