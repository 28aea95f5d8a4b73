"""The board on the full screen: squares that can be clicked, in as large a size as fits."""

import chess
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from gru_toolkit.cli.chess_board import FILES, files_of, ranks_of, sign_of
from gru_toolkit.cli.chess_panels import Ink

_MARGIN = 2
_SIZES = ((6, 3), (4, 2))
"""Columns and rows of a square, the largest first."""
_LIGHT, _DARK = "#b98d5c", "#875c38"
_LIGHT_MARKED, _DARK_MARKED = "#a3a03c", "#7d7a24"
_CHOSEN, _CHECK = "#4f86b0", "#b8432f"
_WHITE, _BLACK = "#ffffff", "#101010"


class BoardView(Widget):
    """A chess board.

    Its state: the position, which way it is turned, the square a move is being entered from, and the size of a square.
    """

    class Clicked(Message):
        """A square was clicked."""

        def __init__(self, square: chess.Square):
            self.square = square
            super().__init__()

    def __init__(self, ink: Ink):
        super().__init__(id="board")
        self._ink = ink
        self._board = chess.Board()
        self._flipped = False
        self._chosen: chess.Square | None = None
        self._square = _SIZES[-1]

    def show(self, board: chess.Board, *, flipped: bool, chosen: chess.Square | None) -> None:
        """Draw a position."""
        self._board, self._flipped, self._chosen = board, flipped, chosen
        self.refresh()

    def fit(self, room: Size) -> None:
        """Choose the largest squares for which the board leaves what stands beside and below it its place."""
        fitting = (size for size in _SIZES if 8 * size[0] + 46 <= room.width and 8 * size[1] + 8 <= room.height)
        self._square = next(fitting, _SIZES[-1])
        self.refresh(layout=True)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Columns of the board with the numbers of the ranks."""
        return 8 * self._square[0] + _MARGIN

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Rows of the board with the letters of the files."""
        return 8 * self._square[1] + 1

    def square_at(self, x: int, y: int) -> chess.Square | None:
        """The square drawn at a place; None beside the board."""
        column, row = (x - _MARGIN) // self._square[0], y // self._square[1]
        if x < _MARGIN or not (0 <= column < 8 and 0 <= row < 8):
            return None
        return chess.square(files_of(self._flipped)[column], ranks_of(self._flipped)[row])

    def place_of(self, square: chess.Square) -> tuple[int, int]:
        """Where the middle of a square is drawn."""
        column = files_of(self._flipped).index(chess.square_file(square))
        row = ranks_of(self._flipped).index(chess.square_rank(square))
        return _MARGIN + column * self._square[0] + 1, row * self._square[1]

    def on_click(self, event: events.Click) -> None:
        """Tell which square was clicked."""
        square = self.square_at(event.x, event.y)
        if square is not None:
            self.post_message(self.Clicked(square))

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        width, height = self._square
        row, inside = divmod(y, height)
        if row > 7:
            letters = "".join(FILES[file].center(width - 1) + " " for file in files_of(self._flipped))
            return Strip([Segment(" " * _MARGIN + letters, self._edge)]) if y == 8 * height else Strip([])
        rank = ranks_of(self._flipped)[row]
        middle = inside == (height - 1) // 2
        segments = [Segment(f"{rank + 1} " if middle else "  ", self._edge)]
        segments += [self._cell(chess.square(file, rank), middle) for file in files_of(self._flipped)]
        return Strip(segments)

    @property
    def _edge(self) -> Style:
        return Style(color="#a0a0a0", bgcolor="#000000") if self._ink.colour else Style()

    def _cell(self, square: chess.Square, middle: bool) -> Segment:
        piece = self._board.piece_at(square) if middle else None
        light = bool((chess.square_file(square) + chess.square_rank(square)) % 2)
        width = self._square[0]
        if not self._ink.colour:
            return self._plain_cell(square, piece, light)
        sign = " "
        if piece:
            # Filled figures for both sides: the colour of the ink tells them apart.
            sign = sign_of(chess.Piece(piece.piece_type, chess.BLACK), unicode=True) if self._ink.unicode else ""
            sign = sign or sign_of(piece, unicode=False)
        ink = _WHITE if piece and piece.color == chess.WHITE else _BLACK
        style = Style(color=ink, bgcolor=self._ground(square, light), bold=True)
        return Segment(" " * ((width - 1) // 2) + sign + " " * (width - 1 - (width - 1) // 2), style)

    def _plain_cell(self, square: chess.Square, piece: chess.Piece | None, light: bool) -> Segment:
        """A square without colours: dark ones are dotted, and the marked ones stand in brackets or reversed."""
        width = self._square[0]
        fill = " " if light else ("░" if self._ink.unicode else ":")
        sign = sign_of(piece, unicode=self._ink.unicode) if piece else fill
        left, right = fill * ((width - 1) // 2), fill * (width - 1 - (width - 1) // 2)
        if square in self._marked():
            left, right = left[:-1] + "[", "]" + right[1:]
        return Segment(left + sign + right, Style(reverse=square == self._chosen))

    def _marked(self) -> tuple[chess.Square, ...]:
        """The squares of the last move."""
        if not self._board.move_stack:
            return ()
        last = self._board.peek()
        return last.from_square, last.to_square

    def _ground(self, square: chess.Square, light: bool) -> str:
        if square == self._chosen:
            return _CHOSEN
        if self._board.is_check() and square == self._board.king(self._board.turn):
            return _CHECK
        if square in self._marked():
            return _LIGHT_MARKED if light else _DARK_MARKED
        return _LIGHT if light else _DARK
