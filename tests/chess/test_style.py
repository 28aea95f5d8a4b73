"""Leanings are found where there are any, and held back where little is known."""

from dataclasses import replace

import chess
import numpy as np
import pytest

from gru_toolkit.chess import style
from gru_toolkit.chess.decisions import GROUPS, TRAITS, Decision, position_on, traits_of
from gru_toolkit.chess.moves import move_codes
from gru_toolkit.chess.style import Style


def decisions(count: int, likes: str, seed: int = 0) -> list[Decision]:
    """Random positions in which the network knows nothing and the person prefers one kind of move four to one.

    likes  SAN prefix of the moves that are preferred: `N` for knight moves
    """
    rng = np.random.default_rng(seed)
    found: list[Decision] = []
    while len(found) < count:
        board = chess.Board()
        for _ in range(30):
            moves = list(board.legal_moves)
            if not moves or len(found) == count:
                break
            liked = np.array([board.san(move).startswith(likes) for move in moves])
            chance = np.where(liked, 4.0, 1.0)
            played = int(rng.choice(len(moves), p=chance / chance.sum()))
            position = position_on(board, move_codes(moves), np.full(len(moves), -np.log(len(moves))))
            found.append(Decision(position, played, 0, 0))
            board.push(moves[played])
    return found


def loss(one: Style, some: list[Decision]) -> float:
    return float(-np.mean([one.log_probabilities(item.position)[item.played] for item in some]))


def test_traits_of_a_move_lie_in_their_groups() -> None:
    board = chess.Board("r3k2r/pPpp1ppp/8/4pP2/8/8/PPPP2PP/R3K2R w KQkq e6 0 1")
    traits = traits_of(board, move_codes(board.legal_moves))
    assert traits.shape == (board.legal_moves.count(), TRAITS)
    assert (GROUPS[traits] == np.arange(TRAITS)).all()


def test_traits_are_those_of_the_mirrored_board_but_for_lines_of_the_opening() -> None:
    board = chess.Board()
    for move in ["e4", "d5", "exd5", "Nf6", "Nc3"]:
        board.push_san(move)
    mirrored = board.mirror()
    mirrored.move_stack = [
        chess.Move(chess.square_mirror(move.from_square), chess.square_mirror(move.to_square))
        for move in board.move_stack
    ]
    codes = move_codes(board.legal_moves)
    other = codes ^ np.uint16(56 | 56 << 6)
    assert (traits_of(board, codes)[:, 1:5] == traits_of(mirrored, other)[:, 1:5]).all()


def test_answers_and_sequels_are_told_apart_by_the_moves_before_them() -> None:
    lines = ("e4 e5", "e4 c5", "d4 e5")
    seen = []
    for line in lines:
        board = chess.Board()
        for move in line.split():
            board.push_san(move)
        knight = move_codes([chess.Move.from_uci("g1f3")])
        seen.append(traits_of(board, knight)[0, 5:].tolist())
    assert seen[0][0] != seen[1][0]  # another move is answered
    assert seen[0][1] == seen[1][1]  # the same own move goes on
    assert seen[0][0] == seen[2][0]
    assert seen[0][1] != seen[2][1]


def test_late_in_a_game_no_line_speaks() -> None:
    board = chess.Board()
    for _ in range(7):
        for move in ("g1f3", "g8f6", "f3g1", "f6g8"):
            board.push_uci(move)
    traits = traits_of(board, move_codes(board.legal_moves))
    assert (traits[:, 5:] == traits[0, 5:]).all()


def test_a_preference_is_found_and_foretells_other_games() -> None:
    fitted = style.fit(decisions(400, "N"))
    unseen = decisions(300, "N", seed=1)
    assert loss(fitted, unseen) < loss(Style.neutral(), unseen) - 0.05


def test_of_two_habits_the_newer_one_is_learned() -> None:
    before, since = decisions(300, "N"), decisions(300, "B", seed=1)
    changed = [*before, *(replace(one, game=one.game + 4 * int(style.HALF_LIFE)) for one in since)]
    unseen = decisions(300, "B", seed=2)
    alike = [replace(one, game=0) for one in changed]
    assert loss(style.fit(changed), unseen) < loss(style.fit(alike), unseen) - 0.02


def test_without_decisions_nothing_changes() -> None:
    assert style.fit([]).leanings.tolist() == Style.neutral().leanings.tolist()


def test_a_start_is_kept_as_far_as_nothing_speaks_against_it() -> None:
    start = style.fit(decisions(400, "N"))
    few = style.fit(decisions(10, "N", seed=2), start)
    assert np.corrcoef(few.leanings, start.leanings)[0, 1] > 0.9
    assert loss(few, decisions(200, "N", seed=3)) < loss(
        style.fit(decisions(10, "N", seed=2)), decisions(200, "N", seed=3)
    )


def test_learning_after_each_game_lowers_the_loss_of_later_ones() -> None:
    learned, neutral = Style.neutral(), Style.neutral()
    games = [decisions(30, "N", seed=seed) for seed in range(12)]
    losses = []
    for game in games:
        losses.append(loss(learned, game) - loss(neutral, game))
        learned = style.after_game(learned, game)
    assert losses[0] == pytest.approx(0)
    assert np.mean(losses[6:]) < -0.02


def test_probabilities_add_up() -> None:
    [one] = decisions(1, "N")
    assert np.exp(style.fit(decisions(50, "N")).log_probabilities(one.position)).sum() == pytest.approx(1)


def test_a_weakened_style_lies_between_neutral_and_itself() -> None:
    whole, unseen = style.fit(decisions(400, "N")), decisions(200, "N", seed=4)
    chances = [style.log_likelihood(one, unseen) for one in (Style.neutral(), style.weakened(whole, 0.5), whole)]
    assert chances == sorted(chances)
    assert (style.weakened(whole, 0.5).precision == Style.neutral().precision).all()
