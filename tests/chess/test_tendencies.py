"""What is told of a person's openings is what they played."""

import html
import re
from collections import Counter, defaultdict

import chess
import pytest
from father_and_son import game, sample_games
from hypothesis import given
from hypothesis import strategies as st

from gru_toolkit.chess.moves import boards
from gru_toolkit.chess.rates import Rate, wilson
from gru_toolkit.chess.repertoire import repertoire_of, san_line
from gru_toolkit.chess.sample_games import FATHER, HABITS, SON
from gru_toolkit.chess.tendencies import Tendencies, tendencies_of
from gru_toolkit.chess.tendencies_page import tendencies_html


@pytest.fixture(scope="module")
def father() -> Tendencies:
    return tendencies_of(repertoire_of(FATHER, sample_games()))


def rates_by_line(person: str) -> dict[str, Counter[str]]:
    """The lines of a person's habits → how often each answer was played."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in repertoire_of(person, sample_games()).games:
        said: list[str] = []
        for board, move in boards(one.codes):
            if board.turn == one.colour and " ".join(said) in HABITS[person]:
                counts[" ".join(said)][board.san(move)] += 1
            said.append(board.san(move))
    return counts


@pytest.mark.parametrize("person", [FATHER, SON])
def test_learned_rates_have_the_true_ones_in_their_intervals(person: str) -> None:
    counts = rates_by_line(person)
    for line, rates in HABITS[person].items():
        games = sum(counts[line].values())
        for move, true in rates.items():
            low, high = wilson(counts[line][move], games)
            assert low <= true <= high or games < 5, f"{person} after {line or 'nothing'}: {move}"


def test_the_tables_show_the_learned_rates(father: Tendencies) -> None:
    [first] = [table for table in father.tables if table.title == "as White"]
    assert first.choices[0].label == "1. e4"
    assert first.choices[0].name == "King's Pawn"
    assert first.choices[0].rate == Rate(rates_by_line(FATHER)[""]["e4"], 150)
    assert sum(choice.rate.count for choice in first.choices) == 150


def test_the_sentence_says_the_usual_openings(father: Tendencies) -> None:
    assert re.match(r"Father: as White King's Pawn \d\d % and Queen's Pawn \d\d %; as Black against", father.sentence)
    son = tendencies_of(repertoire_of(SON, sample_games()))
    assert re.search(r"against 1\. e4 Sicilian Defense \d\d % \(mostly Najdorf Variation\)", son.sentence)


def test_a_change_over_the_years_is_noticed() -> None:
    son = tendencies_of(repertoire_of(SON, sample_games()))
    [change] = [change for change in son.changes if change.title == "as White" and change.label.startswith("1. e4")]
    assert change.clear
    assert change.periods[0][1].share > change.periods[-1][1].share + 0.3


def test_holes_are_met_often_and_ranked_by_their_weight(father: Tendencies) -> None:
    weights = [hole.weight for hole in father.holes]
    assert weights == sorted(weights, reverse=True)
    assert all(hole.reach.share >= 0.01 for hole in father.holes)
    assert all(hole.score is None or hole.usual is None or hole.score <= hole.usual for hole in father.holes)
    lines = [hole.line for hole in father.holes]
    assert len(set(lines)) == len(lines)


def test_an_unprepared_answer_is_a_hole() -> None:
    answers = ["a6", "h6", "a5", "h5", "Na6", "Nh6", "b6", "g6", "f6", "c6"]
    games = [game(f"e4 e5 Nf3 {answer}", white="Bob", black="Anna", result="1-0") for answer in answers]
    games += [game("d4 d5 c4 e6", white="Bob", black="Anna", result="0-1") for _ in range(10)]
    found = tendencies_of(repertoire_of("Anna", games))
    assert san_line(found.holes[0].line) == "1. e4 e5 2. Nf3"
    assert found.holes[0].colour == chess.BLACK


def test_transpositions_are_one_position() -> None:
    games = [game("d4 Nf6 c4 e6 Nc3 Bb4 e3"), game("c4 e6 Nc3 Nf6 d4 Bb4 Qc2")] * 4
    from gru_toolkit.chess.repertoire import positions_of

    visits = positions_of(repertoire_of("Anna", games).games, chess.WHITE)
    assert max(len(found.answers) for found in visits.values() if len(found.line) == 6) == 2


def test_names_never_reach_the_page_as_markup() -> None:
    name = '<script>alert("x")</script>\x1b[31m'
    page = tendencies_html(tendencies_of(repertoire_of(name, [game("e4 e5 Nf3", white=name)] * 10)))
    assert "<script" not in page
    assert "\x1b" not in page
    assert html.escape('alert("x")') in page
    assert "default-src 'none'" in page


def test_the_page_shows_boards(father: Tendencies) -> None:
    page = tendencies_html(father)
    assert page.count('<svg class="board"') >= 12
    assert page.count("<table") == page.count("</table>")
    assert "http" not in page.split("<main>")[1]


def test_nobody_without_games_has_tendencies() -> None:
    found = tendencies_of(repertoire_of("Carl", sample_games()))
    assert found.games == 0
    assert "no opening" in found.sentence


@given(st.integers(0, 50), st.integers(0, 50))
def test_an_interval_holds_its_share(count: int, more: int) -> None:
    low, high = wilson(count, count + more)
    assert 0 <= low <= (count / (count + more) if count + more else 0.5) <= high <= 1


def test_the_interval_is_wilsons() -> None:
    # 8 of 10: centre (.8 + 3.8415/20) / 1.38415 = .71675, half 1.96 √(.016 + .0096037) / 1.38415 = .22658.
    assert wilson(8, 10) == pytest.approx((0.49016, 0.94333), abs=2e-5)
