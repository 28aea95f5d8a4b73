"""A player is one file of plain data: what was saved is loaded, and damage is refused."""

import chess
import numpy as np
import pytest
from father_and_son import game, sample_games

from gru_toolkit.chess import learning, players
from gru_toolkit.chess.memory import REMEMBERED_PLIES
from gru_toolkit.chess.next_move import LegalPrior, Ply
from gru_toolkit.chess.players import Player
from gru_toolkit.chess.prediction import prediction_of
from gru_toolkit.errors import DamagedRunError, DataError, MissingInputError


@pytest.fixture(autouse=True)
def _home(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRU_TOOLKIT_HOME", str(tmp_path))


@pytest.fixture(scope="module")
def father() -> Player:
    return learning.learn("Father", sample_games()[:30], LegalPrior())


def test_a_saved_player_predicts_as_before(father: Player) -> None:
    players.save(father)
    loaded = players.load("FATHER")
    board = chess.Board()
    ply = Ply(board, list(board.legal_moves))
    [log_network], _ = LegalPrior().step(np.zeros((1, 0)), [ply])
    before, after = (prediction_of(one, ply, log_network) for one in (father, loaded))
    assert before.moves == after.moves
    assert (before.probabilities == after.probabilities).all()
    assert loaded.facts == father.facts


def test_saving_again_replaces_and_changes_nothing(father: Player) -> None:
    path = players.save(father)
    content = path.read_bytes()
    players.save(players.load("Father"))
    assert path.read_bytes() == content


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.7, 0.999])
def test_a_changed_byte_is_refused(father: Player, share: float) -> None:
    path = players.save(father)
    content = bytearray(path.read_bytes())
    content[int(share * len(content))] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DamagedRunError, match="was changed"):
        players.load("Father")


def test_a_cut_file_is_refused(father: Player) -> None:
    path = players.save(father)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DamagedRunError):
        players.load("Father")


def test_a_forgotten_player_is_gone(father: Player) -> None:
    players.save(father)
    assert [one.name for one in players.known()] == ["Father"]
    assert players.forget("father")
    assert not players.forget("father")
    assert players.known() == []
    with pytest.raises(MissingInputError, match="nobody called Father"):
        players.load("Father")


def test_a_file_of_another_version_says_so(father: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(players, "_SCHEMA", "gru-toolkit player 0")
        players.save(father)
    with pytest.raises(DamagedRunError, match="gru-toolkit player 0"):
        players.load("Father")


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "\x1b[31m", "."])
def test_no_name_leads_out_of_the_folder(name: str, tmp_path: object) -> None:
    assert players.file_of(name).resolve().is_relative_to(str(tmp_path))
    assert players.file_of(name).parent.parent.name == "players"


def test_learning_a_game_counts_its_moves_once(father: Player) -> None:
    [expected] = LegalPrior().read([sample_games()[30]])
    decisions = learning.decisions_in(sample_games()[30], chess.WHITE, expected, father.memory.games)
    after = father.after_game(decisions)
    assert after.memory.games == father.memory.games + 1
    early = [one for one in decisions if one.position.ply < REMEMBERED_PLIES]
    assert 0 < len(early) < len(decisions)
    assert len(after.memory.rows.moves) == len(father.memory.rows.moves) + len(early)
    assert father.after_game([]) is father


def test_a_person_who_plays_in_no_game_is_an_error() -> None:
    with pytest.raises(DataError, match="Carl plays in none of the 1 games"):
        learning.learn("Carl", [game("e4 e5")], LegalPrior())


def test_one_game_is_enough_to_learn_from() -> None:
    learned = learning.learn("Anna", [game("e4 e5 Nf3 Nc6")], LegalPrior())
    assert learned.memory.games == 1


def test_few_games_start_from_somebody_alike_only_if_that_helps(father: Player) -> None:
    games = sample_games()[30:40]
    alone = learning.learn("Father", games, LegalPrior())
    led = learning.learn("Father", games, LegalPrior(), learning.LearnConfig(others=(father, Player("Nobody"))))
    assert alone.facts["started_from"] is None
    assert led.facts["started_from"] in (None, "Father")
    assert led.facts["held_out"]["style"] <= alone.facts["held_out"]["style"] + 1e-9
