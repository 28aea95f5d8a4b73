"""The samples of games, listed without the chess library, which only writing them needs."""

from gru_toolkit.sequences.samples import Sample


def _father_and_son(seed: int) -> str:
    from gru_toolkit.chess.sample_games import father_and_son

    return father_and_son(seed)


SAMPLES = {
    "chess": Sample(
        "chess",
        "chess",
        "300 games between a father and a son whose habits are known exactly",
        _father_and_son,
        ".pgn",
        "gru-toolkit chess import chess.pgn",
    )
}
"""The data sets by name, beside those of `sequences/samples.py`."""
