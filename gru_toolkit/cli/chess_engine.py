"""`chess uci`: the protocol on stdin and stdout, and nothing else on either."""

import sys
from collections.abc import Mapping

from gru_toolkit.chess import players
from gru_toolkit.chess.next_move import network_at_hand
from gru_toolkit.chess.uci import OPTIONS, Spin, UciPlayer
from gru_toolkit.cli.text import Output
from gru_toolkit.errors import ConfigError


def serve(given: Mapping[str, str | int | None]) -> None:
    """Answer a chess program until it says `quit` or ends.

    given  options that the command line set, by name

    Raises ConfigError for one out of its bounds, MissingInputError or DamagedRunError for a model that is not there or
    was changed, before a word is said.
    """
    options = {name: value for name, value in given.items() if value is not None}
    for name, value in options.items():
        option = OPTIONS[name]
        if isinstance(option, Spin) and not option.least <= int(value) <= option.most:
            raise ConfigError(f"{name.lower()} must be from {option.least} to {option.most}, got {value}")
    for name in ("Player", "Opponent"):
        if name in options:
            players.load(str(options[name]))
    engine, output = UciPlayer(network_at_hand, options), Output()
    for line in sys.stdin.buffer:
        output.lines(engine.answer(line.decode("utf-8", "replace")))
        sys.stdout.flush()
        if engine.ended:
            return
