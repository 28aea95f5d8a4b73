"""Both people of a running game foreseen at every ply, with the belief about who they are and with taking back.

While the game runs a person's style takes a small step after each of their moves; when the game has ended the models
learn from the whole of it instead, starting from what they were before.
"""

from dataclasses import replace

import chess
import numpy as np

from gru_toolkit.chess import style
from gru_toolkit.chess.memory import speed_of
from gru_toolkit.chess.next_move import NextMoveNetwork, Ply, Setting
from gru_toolkit.chess.players import Player
from gru_toolkit.chess.prediction import GamePredictor, Prediction, prediction_of
from gru_toolkit.chess.seats import Seat, blended
from gru_toolkit.chess.session_events import Colour, Expectation, Expected, ExpectedAnswer, Forecast, Judged

LIKELY = 3
"""Moves whose answers are foreseen."""
TOP = 5
"""Moves of an expectation that are told."""
_LEAST = 1e-12

Seats = dict[chess.Color, Seat]


def colour_of(color: chess.Color) -> Colour:
    """`white` or `black`."""
    return "white" if color == chess.WHITE else "black"


class Foresight:
    """Foresees both people of one game.

    The state it protects: who sits where and how sure that is, after every ply; the predictor with both models as they
    have adapted; and what was foreseen in every position, so that taking a move back is a pop.
    """

    def __init__(self, seats: Seats, network: NextMoveNetwork, setting: Setting, start: chess.Board):
        self._setting = setting
        self._seats: list[Seats] = [dict(seats)]
        self._players: list[dict[chess.Color, Player]] = [{color: seat.likeliest for color, seat in seats.items()}]
        self._predictor = GamePredictor(
            self._players[0][chess.WHITE], self._players[0][chess.BLACK], network, setting, start
        )
        self._board = start.copy()
        self._predictions: list[Prediction | None] = [None]
        self._forecasts: list[Forecast | None] = [None]

    @property
    def board(self) -> chess.Board:
        """The board with the moves so far; it changes with them, so whoever keeps it or changes it takes a copy."""
        return self._board

    def seat(self, color: chess.Color) -> Seat:
        """Who is believed to sit there now."""
        return self._seats[-1][color]

    def hand_over(self, color: chess.Color) -> None:
        """From now on a person makes the moves of this side, and did so all along as far as beliefs go."""
        self._seats = [{**seats, color: replace(seats[color], by="person")} for seats in self._seats]

    def prediction(self) -> Prediction:
        """What the side to move is expected to play. Raises UsageError when the game is over."""
        known = self._predictions[-1]
        if known is None:
            known = self._predicted()
            self._predictions[-1] = known
        return known

    def forecast(self) -> Forecast:
        """What both people are expected to do. Raises UsageError when the game is over."""
        known = self._forecasts[-1]
        if known is None:
            board = self.board
            mover = self._expectation(board, self.prediction())
            known = Forecast(mover, tuple(self._answers(board)))
            self._forecasts[-1] = known
        return known

    def foreseen_answer(self) -> Expectation | None:
        """What was foreseen a ply ago for this position, if the move that led here was among the likely ones."""
        before = self._forecasts[-2] if len(self._forecasts) > 1 else None
        last = self.board.peek().uci() if before else None
        return next((one.answer for one in before.answers if one.move.uci == last), None) if before else None

    def push(self, move: chess.Move, seconds_left: float | None = None) -> Judged:
        """Play a legal move, and hold it against what was expected."""
        board, prediction = self.board, self.prediction()
        judged = self._judged(board, prediction, move)
        self._seats.append(self._believed(board, prediction, move))
        self._players.append(self._adapted(board.turn, move))
        self._predictor.push(move, seconds_left)
        self._board.push(move)
        self._predictions.append(None)
        self._forecasts.append(None)
        self._seat_players()
        return judged

    def pop(self) -> None:
        """Take the last move back: everything is as it was before it. Raises UsageError at the start."""
        self._predictor.pop()
        self._board.pop()
        for stack in (self._seats, self._players, self._predictions, self._forecasts):
            stack.pop()
        self._seat_players()

    def learned(self) -> dict[chess.Color, Player]:
        """The models of both sides after this game, each starting from what it was before; call it once, at its end.

        A side that is not recognised, or not played by a person, keeps its model.
        """
        for color in chess.COLORS:
            self._predictor.set_player(color, self.seat(color).likeliest)
        white, black = self._predictor.learn()
        learned = {chess.WHITE: white, chess.BLACK: black}
        seats = self._seats[-1]
        return {
            color: learned[color] if seats[color].by == "person" and seats[color].recognised else seats[color].likeliest
            for color in chess.COLORS
        }

    def _predicted(self) -> Prediction:
        board = self.board
        first, seat = self._predictor.predict(), self.seat(board.turn)
        if seat.certain:
            return first
        ply = Ply(board, first.moves, self._setting)
        log_network = np.log(np.maximum(first.parts["network"], _LEAST))
        speed = speed_of(self._setting.time_control)
        said = [prediction_of(one, ply, log_network, speed=speed) for one in seat.people]
        return blended(said, seat.shares)

    def _answers(self, board: chess.Board) -> list[ExpectedAnswer]:
        found = []
        for answer in self._predictor.answers(LIKELY):
            move = Expected(board.san(answer.move), answer.move.uci(), answer.probability)
            board.push(answer.move)
            expectation = self._expectation(board, answer.prediction, LIKELY) if answer.prediction else None
            board.pop()
            found.append(ExpectedAnswer(move, expectation))
        return found

    def _expectation(self, board: chess.Board, prediction: Prediction, most: int = TOP) -> Expectation:
        likely = zip(prediction.moves[:most], prediction.probabilities[:most].tolist(), strict=True)
        top = tuple(Expected(board.san(move), move.uci(), share) for move, share in likely)
        return Expectation(
            colour=colour_of(board.turn),
            name=self.seat(board.turn).name,
            top=top,
            explanation=prediction.explanation(top[0].san),
            weights=dict(prediction.weights),
        )

    def _judged(self, board: chess.Board, prediction: Prediction, move: chess.Move) -> Judged:
        place, known = prediction.moves.index(move), self._forecasts[-1]
        book = prediction.parts.get("book")
        return Judged(
            expectation=known.mover if known else self._expectation(board, prediction),
            rank=place + 1,
            probability=float(prediction.probabilities[place]),
            bits=prediction.surprise(move),
            network_bits=float(-np.log2(max(float(prediction.parts["network"][place]), _LEAST))),
            uniform_bits=float(np.log2(len(prediction.moves))),
            usual=board.san(prediction.moves[int(book.argmax())]) if book is not None and not book[place] else None,
        )

    def _believed(self, board: chess.Board, prediction: Prediction, move: chess.Move) -> Seats:
        """The seats after a move."""
        seats, seat = self._seats[-1], self.seat(board.turn)
        if seat.certain:
            return seats
        ply = Ply(board, prediction.moves, self._setting)
        log_network = np.log(np.maximum(prediction.parts["network"], _LEAST))
        speed = speed_of(self._setting.time_control)
        chances = [prediction_of(one, ply, log_network, speed=speed).probability(move) for one in seat.people]
        return {**seats, board.turn: seat.after_move(chances)}

    def _adapted(self, mover: chess.Color, move: chess.Move) -> dict[chess.Color, Player]:
        """The models after a move: a person's style has taken a small step towards it."""
        seat, players = self.seat(mover), self._players[-1]
        if seat.by != "person" or not seat.certain:
            return {color: players[color] if at.certain else at.likeliest for color, at in self._seats[-1].items()}
        player = players[mover]
        adapted = style.after_game(player.style, [self._predictor.decision(move)])
        return {**players, mover: replace(player, style=adapted)}

    def _seat_players(self) -> None:
        for color, player in self._players[-1].items():
            if self._predictor.player(color) is not player:
                self._predictor.set_player(color, player)
