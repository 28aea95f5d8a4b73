"""What `chess predict` reads and prints: one position in words, or a JSON line for each line of input."""

import sys
from dataclasses import dataclass
from typing import Any

import chess

from gru_toolkit.chess import known_people
from gru_toolkit.chess.memory import speed_of
from gru_toolkit.chess.next_move import Setting, network_at_hand
from gru_toolkit.chess.openings import opening_of
from gru_toolkit.chess.position_keys import position_key
from gru_toolkit.chess.prediction import GamePredictor, Prediction
from gru_toolkit.chess.set_up import board_of
from gru_toolkit.cli import tables
from gru_toolkit.cli.text import Output
from gru_toolkit.errors import DataError, GruToolkitError, Place, UsageError

_ANSWERS = 3
_TOLD = 3
_HIGHEST = 5000


@dataclass(frozen=True)
class AtTable:
    """The two people and the setting."""

    white: str
    black: str
    time_control: str | None
    white_rating: int | None
    black_rating: int | None


@dataclass(frozen=True)
class Asked:
    """The position that is asked about: moves, a FEN, or moves from a FEN."""

    moves: str | None = None
    fen: str | None = None


def predict_one(output: Output, table: AtTable, asked: Asked, top: int) -> None:
    """Print the prediction for one position."""
    _check(table, top)
    predictor = _Predictors(table).at(_board(asked))
    plain = _plain(predictor, top)
    output.value(plain)
    board = predictor.board
    if plain["opening"]:
        output.line(f"{plain['opening']['eco']} {plain['opening']['name']}")
    side = "White" if board.turn else "Black"
    said = f"{plain['to_move']['name']} ({side}) to move: {plain['to_move']['explanation']}"
    output.lines(tables.paragraph(said, output.width))
    sources = list(plain["to_move"]["weights"])
    rows = [
        [
            move["san"],
            _percent(move["probability"]),
            *[_percent(move["parts"][source]) for source in sources],
        ]
        for move in plain["to_move"]["moves"]
    ]
    headers = ["move", "probability", *[f"{name} {100 * plain['to_move']['weights'][name]:.0f} %" for name in sources]]
    output.lines(tables.fitting(headers, rows, output.width))
    for answer in plain["answers"]:
        output.lines(tables.paragraph(_answer(answer, plain["other"]), output.width))


def predict_lines(output: Output, table: AtTable, top: int) -> int:
    """A JSON line for each line of stdin; a line that is wrong gives an error record, and status 3 in the end."""
    _check(table, top)
    predictors, wrong = _Predictors(table), 0
    for number, line in enumerate(sys.stdin, 1):
        text = line.strip()
        try:
            asked = Asked(fen=text) if text.count("/") == 7 else Asked(moves=text)
            output.record({"line": number, **_plain(predictors.at(_board(asked)), top)})
        except GruToolkitError as error:
            wrong += 1
            placed = DataError(error.message, place=Place("-", number), hint=error.hint)
            output.record({"line": number, "error": placed.fields()})
    return 3 if wrong else 0


def _check(table: AtTable, top: int) -> None:
    """Raise UsageError for numbers and a time control that mean nothing."""
    if top < 1:
        raise UsageError(f"--top must be at least 1, got {top}")
    if table.time_control is not None and not speed_of(table.time_control):
        raise UsageError(f"{table.time_control!r} is not a time control", hint="write it as in PGN: 600+5")
    for rating in (table.white_rating, table.black_rating):
        if rating is not None and not 0 < rating < _HIGHEST:
            raise UsageError(f"{rating} is not a rating")


class _Predictors:
    """Two people at a board, to be asked about any number of positions."""

    def __init__(self, table: AtTable):
        self._white, self._black = known_people.player_of(table.white), known_people.player_of(table.black)
        self._setting = Setting(table.white_rating, table.black_rating, table.time_control)
        self._network = network_at_hand()

    def at(self, board: chess.Board) -> GamePredictor:
        """What foresees the move in a position."""
        return GamePredictor(self._white, self._black, self._network, self._setting, board)


def _board(asked: Asked) -> chess.Board:
    """The position with its moves. Raises UsageError for what cannot be read, naming it."""
    try:
        board = board_of(asked.fen)
    except ValueError as error:
        raise UsageError(f"{asked.fen!r} is not a position: {error}") from None
    for word in (asked.moves or "").split():
        move = word.rpartition(".")[2]
        if not move or move in ("1-0", "0-1", "1/2-1/2", "*"):
            continue
        board.push(_move(board, move))
    if not any(board.legal_moves):
        raise UsageError("the game is over: there is no move to predict")
    return board


def _move(board: chess.Board, word: str) -> chess.Move:
    """A legal move in SAN or UCI. Raises UsageError."""
    try:
        return board.parse_san(word)
    except ValueError:
        pass
    try:
        return board.parse_uci(word)
    except ValueError:
        side = "White" if board.turn else "Black"
        raise UsageError(f"{word!r} is no legal move for {side} {_after_last(board)}") from None


def _after_last(board: chess.Board) -> str:
    """Where a game stands, in words: `after 1. e4`."""
    if not board.move_stack:
        return "in the first position"
    before = board.copy()
    last = before.pop()
    return f"after {before.fullmove_number}{'.' if before.turn else '...'} {before.san(last)}"


def _plain(predictor: GamePredictor, top: int) -> dict[str, Any]:
    board = predictor.board
    prediction = predictor.predict()
    other = predictor.player(not board.turn).name
    answers = [
        {
            "after": board.san(answer.move),
            "probability": answer.probability,
            "answer": None
            if answer.prediction is None
            else _person(answer.prediction, _after(board, answer.move), top),
        }
        for answer in predictor.answers(_ANSWERS)
    ]
    opening = opening_of(_keys(board))
    return {
        "fen": board.fen(),
        "opening": {"eco": opening.eco, "name": opening.name} if opening else None,
        "to_move": _person(prediction, board, top),
        "other": other,
        "answers": answers,
    }


def _person(prediction: Prediction, board: chess.Board, top: int) -> dict[str, Any]:
    """One person's prediction as plain data."""
    moves = [
        {
            "san": board.san(move),
            "uci": move.uci(),
            "probability": float(prediction.probabilities[place]),
            "recent": int(prediction.recent[place]),
            "parts": {name: float(shares[place]) for name, shares in prediction.parts.items()},
        }
        for place, move in enumerate(prediction.moves[:top])
    ]
    return {
        "name": prediction.name,
        "explanation": prediction.explanation(board.san(prediction.moves[0])),
        "known_games": prediction.known,
        "weights": dict(prediction.weights),
        "moves": moves,
    }


def _answer(answer: dict[str, Any], other: str) -> str:
    """What the other person is likely to answer to a move."""
    if answer["answer"] is None:
        return f"after {answer['after']} the game is over"
    moves = [f"{move['san']} {_percent(move['probability'])}" for move in answer["answer"]["moves"][:_TOLD]]
    return f"after {answer['after']}, {other}: {', '.join(moves)}"


def _after(board: chess.Board, move: chess.Move) -> chess.Board:
    after = board.copy(stack=False)
    after.push(move)
    return after


def _keys(board: chess.Board) -> list[int]:
    replayed, keys = board.root(), []
    for move in board.move_stack:
        replayed.push(move)
        keys.append(position_key(replayed))
    return keys


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
