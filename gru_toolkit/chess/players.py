"""A person as a model: what they played, how they lean, how much each source counts; kept as one file of plain data.

The file is safetensors followed by a line with the SHA-256 of everything before it, so that damage is never used.
Loading executes nothing from it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from gru_toolkit.chess import mixture, style
from gru_toolkit.chess.decisions import GROUPS, Decision, rows_of
from gru_toolkit.chess.depth import Depth
from gru_toolkit.chess.memory import REMEMBERED_PLIES, Memory, Rows
from gru_toolkit.chess.mixture import FACTS, OPINIONS, Gate
from gru_toolkit.chess.next_move import NextMoveNetwork, RememberingNetwork
from gru_toolkit.chess.places import data_folder, player_folder
from gru_toolkit.chess.style import Style
from gru_toolkit.errors import DamagedRunError, DataError, MissingInputError
from gru_toolkit.runs import files

FILE = "model.player"
_SCHEMA = "gru-toolkit player 2"
_HASH_LINE = 66  # a newline, 64 hexadecimal digits and a newline


@dataclass(frozen=True)
class Player:
    """A person as far as their games are known; without any game, a name.

    name    as it was learned
    memory  what they played
    style   how they lean
    gate    how much each opinion counts
    facts   plain data: when and from what it was learned, and how good it was on held-out games
    """

    name: str
    memory: Memory = field(default_factory=Memory)
    style: Style = field(default_factory=Style.neutral)
    gate: Gate = field(default_factory=Gate.plain)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def is_deep_for(self, network: NextMoveNetwork) -> bool:
        """Whether there are deep leanings, and they speak of this network's memory."""
        depth = self.style.depth
        return depth is not None and isinstance(network, RememberingNetwork) and depth.network == network.fingerprint

    def for_network(self, network: NextMoveNetwork) -> "Player":
        """The player as this network can be used with: deep leanings of another network's memory are left out."""
        if self.style.depth is None or self.is_deep_for(network):
            return self
        return replace(self, style=replace(self.style, depth=None))

    def after_game(self, decisions: Sequence[Decision]) -> "Player":
        """The player after one more game, given their decisions in it; a game without any changes nothing."""
        if not decisions:
            return self
        positions = [one.position for one in decisions]
        said = [mixture.opinions(one, self.memory, self.style, speed=decisions[0].speed) for one in positions]
        gate = mixture.gate_after_game(self.gate, *mixture.stacked(said, [one.played for one in decisions]))
        triples = [
            (one.position.key, one.position.plan, int(one.position.codes[one.played]))
            for one in decisions
            if one.position.ply < REMEMBERED_PLIES
        ]
        memory = self.memory.with_game(rows_of(triples, self.memory.games), decisions[0].speed)
        return replace(self, memory=memory, style=style.after_game(self.style, decisions), gate=gate)


def save(player: Player) -> Path:
    """Write the player into the user's data folder: the file is the old one or the new one, never half of it.

    Raises CannotWriteError or StorageError.
    """
    path = file_of(player.name)
    files.make_folder(path.parent)
    files.write_atomically(path, _sealed(_to_bytes(player)))
    return path


def load(name: str) -> Player:
    """The player of a name, in any spelling that differs in case and accents only.

    Raises MissingInputError if nobody of that name was learned, DamagedRunError if the file fails a check.
    """
    path = file_of(name)
    if not path.is_file():
        raise MissingInputError(f"nobody called {name} was learned", hint=f'gru-toolkit chess learn "{name}"')
    return load_file(path)


def load_file(path: Path) -> Player:
    """The player in a file. Raises DamagedRunError if it fails a check."""
    content = path.read_bytes()
    body = content[:-_HASH_LINE]
    damaged = DamagedRunError(f"{path} was changed after it was written", hint="learn the player again")
    if content != _sealed(body):
        raise damaged
    try:
        return _from_bytes(body)
    except DataError as error:
        raise DamagedRunError(f"{path}: {error.message}", hint="learn the player again") from None
    except (safetensors.SafetensorError, KeyError, ValueError, TypeError):
        raise damaged from None


def known(*, beside: str | None = None) -> list[Player]:
    """Everybody who was learned, by name, without the person `beside` if one is named.

    Raises DamagedRunError for a file that fails a check.
    """
    left_out = None if beside is None else file_of(beside)
    found = (data_folder() / "chess" / "players").glob(f"*/{FILE}")
    return sorted((load_file(path) for path in found if path != left_out), key=lambda one: one.name.casefold())


def forget(name: str) -> bool:
    """Remove a player's model; whether there was one. Raises CannotWriteError or StorageError."""
    path = file_of(name)
    if not path.is_file():
        return False
    files.remove_folder(path.parent)
    return True


def file_of(name: str) -> Path:
    """Where a player is kept."""
    return player_folder(name) / FILE


def _to_bytes(player: Player) -> bytes:
    rows, leanings = player.memory.rows, player.style
    spoken = np.flatnonzero((leanings.leanings != 0) | (leanings.precision != Style.neutral().precision))
    arrays = {
        "positions": rows.positions,
        "plans": rows.plans,
        "moves": rows.moves,
        "games": rows.games,
        "speeds": player.memory.speeds,
        "traits": spoken.astype(np.int32),
        "leanings": leanings.leanings[spoken],
        "precision": leanings.precision[spoken],
        "sharpness": leanings.sharpness,
        "gate": player.gate.factors,
    }
    depth = leanings.depth
    if depth is not None:
        arrays |= {"depth_centre": depth.centre, "depth_axes": depth.axes, "depth_factors": depth.factors}
    facts = {
        "schema": _SCHEMA, "name": player.name, "facts": player.facts,
        "opinions": OPINIONS, "gate_facts": FACTS, "traits": len(GROUPS), "depth": depth.network if depth else None,
    }  # fmt: skip
    plain = json.dumps(facts, sort_keys=True, allow_nan=False)
    content: bytes = safetensors.numpy.save(arrays, metadata={"player": plain})
    return content


def _from_bytes(body: bytes) -> Player:
    arrays = safetensors.numpy.load(body)
    size = int.from_bytes(body[:8], "little")
    facts = json.loads(json.loads(body[8 : 8 + size])["__metadata__"]["player"])
    if facts["schema"] != _SCHEMA:
        raise DataError(f"this is {facts['schema']!r}, this version reads {_SCHEMA!r}")
    same = (facts["opinions"], facts["gate_facts"], facts["traits"]) == ([*OPINIONS], [*FACTS], len(GROUPS))
    rows = Rows(*(arrays[name] for name in ("positions", "plans", "moves", "games")))
    memory = Memory(rows, arrays["speeds"])
    if not same:
        raise DataError("the player was learned by another version")
    neutral = Style.neutral()
    neutral.leanings[arrays["traits"]] = arrays["leanings"]
    neutral.precision[arrays["traits"]] = arrays["precision"]
    depth = None
    if facts["depth"] is not None:
        depth = Depth(facts["depth"], *(arrays[f"depth_{name}"] for name in ("centre", "axes", "factors")))
    learned = replace(neutral, sharpness=arrays["sharpness"], depth=depth)
    return Player(facts["name"], memory, learned, Gate(arrays["gate"]), facts["facts"])


def _sealed(body: bytes) -> bytes:
    return body + b"\n" + hashlib.sha256(body).hexdigest().encode("ascii") + b"\n"
