"""A board as SVG markup: squares, pieces drawn by us, the last move marked. Nothing is loaded from anywhere."""

import chess

SQUARE = 45
SIDE = 8 * SQUARE

PIECES = {
    chess.PAWN: '<path d="M22.5 10a5.6 5.6 0 0 0-3.6 9.9c-3 1.5-4.6 4.1-4.6 6.6h4.3c-.5 4-2.6 7-6.1 9.5v2.5h20V36'
    'c-3.5-2.5-5.6-5.5-6.1-9.5h4.3c0-2.5-1.6-5.1-4.6-6.6A5.6 5.6 0 0 0 22.5 10z"/>',
    chess.ROOK: '<path d="M11.5 9.5v7.5l4 3-1.3 12-3.2 3v4h23v-4l-3.2-3-1.3-12 4-3V9.5h-4.5v3h-4v-3h-5v3h-4v-3z'
    'M15.5 20h14M14.2 32h16.6"/>',
    chess.KNIGHT: '<path d="M14 38.5h20.5c.5-12-1.5-22-9.5-26.5l-1-4-3.5 3.5c-3.5.5-6 3-7.5 6.5L9 '
    "25.5c-.8 1.6 0 3.5 "
    '1.5 4.3 1.7.9 3.5.3 4.5-1.3l1.5-1.5c2.5 0 4.5-.8 6-2.3-.5 5.3-8 6.3-8.5 13.8z"/>'
    '<circle cx="18.5" cy="18" r="1.3"/>',
    chess.BISHOP: '<path d="M22.5 10.5c-6 4.5-9 9-8 14 .4 1.8 1.5 3.3 3 4.5l-1.5 '
    "4.5h13l-1.5-4.5c1.5-1.2 2.6-2.7 3-4.5 "
    "1-5-2-9.5-8-14zM10.5 38.5c4 0 7-.5 8.5-2.5h7c1.5 2 4.5 2.5 8.5 2.5v-3c-3 0-4.5-.5-5.5-2h-13c-1 "
    "1.5-2.5 2-5.5 2z"
    'M17.5 29h10M22.5 16v7M19.5 19.5h6"/><circle cx="22.5" cy="8.5" r="2.2"/>',
    chess.QUEEN: '<path d="M8.5 14l5 16.5-1.5 8h21l-1.5-8 5-16.5-7.2 9-1.3-12-5.5 11.5L17 11l-1.3 12z'
    'M13.5 30.5c6-1.5 12-1.5 18 0M12.6 35c6.5-1.5 13-1.5 19.8 0"/><circle cx="8" cy="12" r="2.2"/>'
    '<circle cx="17" cy="9" r="2.2"/><circle cx="28" cy="9" r="2.2"/><circle cx="37" cy="12" r="2.2"/>',
    chess.KING: '<path d="M22.5 5v7M19.5 8h6M22.5 24c3.5-5 4.5-8 2.5-10.5-1.2-1.6-3.8-1.6-5 0-2 2.5-1 5.5 2.5 10.5z'
    "M12.5 38.5h20v-7.5c5.5-3 8-7 6-11-2.5-4.5-10-4-16 4-6-8-13.5-8.5-16-4-2 4 .5 8 6 11zM12.5 31c6-2 14-2 20 0"
    'M12.5 35c6-2 14-2 20 0"/>',
}
"""One figure a kind of piece, in a square of 45 by 45, filled and outlined by the style of its group."""

STYLE = """
.board .light { fill: #eadfca; } .board .dark { fill: #b08c66; } .board .marked { fill: #e2c44d; fill-opacity: .6; }
.board .coordinate { font-size: 9px; fill: #6b5138; }
.board g.white { fill: #fdfcf9; stroke: #26221d; } .board g.black { fill: #2b2825; stroke: #0d0c0b; }
.board g.white circle, .board g.black circle { stroke-width: 1.3; }
.board g { stroke-width: 1.5; stroke-linejoin: round; stroke-linecap: round; }
.board g.black path { stroke: #e7e2da; stroke-width: .9; } .board g.black circle { stroke: #e7e2da; stroke-width: .9; }
"""
"""Colours; a page puts them into its style sheet."""


def board_svg(board: chess.Board, *, black_below: bool = False, title: str = "") -> str:
    """The position as an `<svg>` element of class `board`; the last move's squares are marked.

    title  what a reader without eyes is told; it must be harmless as markup
    """
    last = board.move_stack[-1] if board.move_stack else None
    marked = {last.from_square, last.to_square} if last else set()
    parts = [f'<svg class="board" viewBox="0 0 {SIDE} {SIDE}" role="img" aria-label="{title}">']
    for square in chess.SQUARES:
        x, y = _corner(square, black_below)
        shade = "light" if (chess.square_file(square) + chess.square_rank(square)) % 2 else "dark"
        parts.append(f'<rect class="{shade}" x="{x}" y="{y}" width="{SQUARE}" height="{SQUARE}"/>')
        if square in marked:
            parts.append(f'<rect class="marked" x="{x}" y="{y}" width="{SQUARE}" height="{SQUARE}"/>')
    parts += _coordinates(black_below)
    for square, piece in sorted(board.piece_map().items()):
        x, y = _corner(square, black_below)
        side = "white" if piece.color == chess.WHITE else "black"
        parts.append(f'<g class="{side}" transform="translate({x} {y})">{PIECES[piece.piece_type]}</g>')
    return "".join([*parts, "</svg>"])


def _corner(square: int, black_below: bool) -> tuple[int, int]:
    """The upper left corner of a square."""
    file, rank = chess.square_file(square), chess.square_rank(square)
    return SQUARE * (7 - file if black_below else file), SQUARE * (rank if black_below else 7 - rank)


def _coordinates(black_below: bool) -> list[str]:
    """The letters below and the numbers at the left."""
    parts = []
    for place in range(8):
        shown = 7 - place if black_below else place
        parts.append(f'<text class="coordinate" x="{SQUARE * place + 37}" y="{SIDE - 3}">{"abcdefgh"[shown]}</text>')
        parts.append(f'<text class="coordinate" x="2" y="{SIDE - SQUARE * place - 34}">{shown + 1}</text>')
    return parts
