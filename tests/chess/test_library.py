"""The library: games kept as they were, found by people in any spelling, and people joined, parted and forgotten."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_toolkit.chess import people, places
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.library import Added, Library
from gru_toolkit.chess.names import name_key
from gru_toolkit.chess.rows import clock_bytes, clocks_of, identity
from gru_toolkit.errors import DataError, MissingInputError, Place, UsageError

MOVES = np.array([12 | 28 << 6, 52 | 36 << 6, 6 | 21 << 6], np.uint16)
KASPAROV = ("Kasparov, Garry", "Garry Kasparov", "GARRY  KASPAROV", "kasparov,garry", "Kásparov, Garry")


def game(white: str = "Ann", black: str = "Bob", **facts: object) -> Game:
    return replace(Game(MOVES, white, black, Place("club.pgn", 7), result="1-0"), **facts)  # type: ignore[arg-type]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library.sqlite") as opened:
        yield opened


def test_a_game_comes_back_as_it_was(library: Library) -> None:
    clocks = np.array([598.5, np.nan, 3], np.float32)
    facts = {
        "white_rating": 1500, "date": "2023-05-01", "time": "13:24:36", "time_control": "600+5", "clocks": clocks,
        "result": "1/2-1/2", "fen": "4k3/8/8/8/8/8/4P3/4K3 w - - 0 1", "site": "London",
    }  # fmt: skip
    library.add([game(**facts)], "a test")
    (found,) = library.games()
    np.testing.assert_array_equal(found.moves, MOVES)
    assert found.moves.dtype == np.uint16
    np.testing.assert_array_equal(found.clocks, clocks)
    assert {name: getattr(found, name) for name in facts if name != "clocks"} == {
        name: value for name, value in facts.items() if name != "clocks"
    }
    assert (found.white, found.black, found.black_rating) == ("Ann", "Bob", None)
    assert found.place == Place("a test", 7)


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**7)), min_size=1, max_size=40))
def test_clocks_keep_their_tenths(tenths: list[int | None]) -> None:
    clocks = np.array([np.nan if tenth is None else tenth / 10 for tenth in tenths], np.float32)
    np.testing.assert_array_equal(clocks_of(clock_bytes(clocks)), clocks)


def test_adding_twice_changes_nothing(library: Library) -> None:
    games = [game(), game(date="2020"), game("Bob", "Ann")]
    assert library.add(games, "x") == Added(3, 0)
    assert library.add(games, "y") == Added(0, 3)
    assert len(library) == 3


@pytest.mark.parametrize(
    "facts",
    [
        {"white": "Eve"}, {"date": "2020"}, {"time": "10:00:00"}, {"result": "0-1"}, {"moves": MOVES[:2]},
        {"site": "https://example.org/1"}, {"fen": "4k3/8/8/8/8/8/4P3/4K3 w - - 0 1"},
    ],
)  # fmt: skip
def test_games_that_differ_in_a_fact_are_two(facts: dict[str, object]) -> None:
    assert identity(game(**facts)) != identity(game())  # type: ignore[arg-type]


@pytest.mark.parametrize("facts", [{"site": "London"}, {"white": "ANN"}, {"place": Place("other", 1)}])
def test_what_differs_between_files_makes_no_second_game(facts: dict[str, object]) -> None:
    assert identity(game(**facts)) == identity(game())  # type: ignore[arg-type]


def test_spellings_of_a_name_are_one_person(library: Library) -> None:
    library.add([game(name, "Bob", date=str(2000 + year)) for year, name in enumerate(KASPAROV)], "x")
    player = library.player("garry kasparov")
    assert (player.games, player.white) == (5, 5)
    assert player.name in KASPAROV
    assert {found.white for found in library.games(of=KASPAROV[1])} == {player.name}


@pytest.mark.parametrize("names", [("Kasparov", "Karpov"), ("Kasparov,G", "Kasparov, Garry"), ("Ann Lee", "Lee Ann")])
def test_other_names_are_other_people(names: tuple[str, str]) -> None:
    assert name_key(names[0]) != name_key(names[1])


@pytest.mark.parametrize("name", ["?", "", "NN", "N.N.", "Anonymous", " - ", "??"])
def test_nobody_is_no_player(library: Library, name: str) -> None:
    library.add([game(name, "Bob")], "x")
    assert [player.name for player in library.players()] == ["Bob"]
    with pytest.raises(MissingInputError):
        library.player(name)


def test_games_come_in_order_of_time_by_person_colour_and_opponent(library: Library) -> None:
    days = ["2021-03-02", "2020", "2021-03-01", None]
    library.add([game("Ann", "Bob", date=day) for day in days], "x")
    library.add([game("Bob", "Ann", date="2021-03-01", time="09:00:00"), game("Eve", "Ann", date="2022")], "x")
    assert [one.date for one in library.games(of="ann")] == [
        None, "2020", "2021-03-01", "2021-03-01", "2021-03-02", "2022",
    ]  # fmt: skip
    assert [one.date for one in library.games(of="ann", newest_first=True, limit=2)] == ["2022", "2021-03-02"]
    assert len(list(library.games(of="ann", colour="black"))) == 2
    assert len(list(library.games(of="bob", against="ANN"))) == 5
    assert len(list(library.games(of="bob", against="ANN", colour="white"))) == 1
    assert len(list(library.games())) == 6


def test_a_person_is_told_with_dates_and_the_newest_rating(library: Library) -> None:
    library.add([game(date="2021", white_rating=1500), game(date="2019", white_rating=1400), game(date="2022")], "x")
    player = library.player("Ann")
    assert (player.games, player.white, player.first, player.last, player.rating) == (3, 3, "2019", "2022", 1500)
    assert library.player("Bob").rating is None


def test_a_name_that_nobody_has_gets_the_nearest_as_a_hint(library: Library) -> None:
    library.add([game("Magnus Carlsen")], "x")
    with pytest.raises(MissingInputError, match="did you mean Magnus Carlsen"):
        library.player("carlsen")


def test_people_are_joined_and_parted(library: Library) -> None:
    library.add([game("Dad", "Bob"), game("dad_1970", "Bob"), game("Eve", "dad_1970")], "x")
    folder = places.player_folder("Dad")
    folder.mkdir(parents=True)
    merged = people.merge(library, "Dad", "DAD_1970")
    joined = merged.player
    assert merged.folders == (folder,)
    assert (joined.name, joined.games, joined.spellings) == ("Dad", 3, ("Dad", "dad_1970"))
    assert not folder.exists(), "what was learned of a part of a person is out of date"
    assert library.player("dad_1970") == joined
    assert "dad_1970" not in [player.name for player in library.players()]
    with pytest.raises(UsageError, match="one person already"):
        people.merge(library, "dad_1970", "Dad")
    parted = people.split(library, "dad_1970").player
    assert (parted.games, library.player("Dad").games) == (2, 1)
    with pytest.raises(UsageError, match="one spelling only"):
        people.split(library, "Dad")


def test_the_spelling_that_names_a_person_can_be_parted(library: Library) -> None:
    library.add([game("Dad", "Bob"), game("dad_1970", "Bob")], "x")
    people.merge(library, "Dad", "dad_1970")
    people.split(library, "Dad")
    assert {player.name for player in library.players()} == {"Dad", "dad_1970", "Bob"}


def test_a_forgotten_person_leaves_no_byte(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    secret = np.array([52 | 36 << 6] * 40, np.uint16)
    with Library.open(path) as library:
        library.add([game("Xanthippe", "Bob", moves=secret), game("Ann", "Bob")], "from xanthippe's laptop")
        library.add([game("Bob", "XANTHIPPE", date="2020")], "x")
        folder = places.player_folder("Xanthippe")
        folder.mkdir(parents=True)
        (folder / "model").write_text("all she plays", encoding="utf-8")
        forgotten = people.forget(library, "xanthippe")
        assert (forgotten.games, forgotten.folders) == (2, (folder,))
        assert not folder.exists()
        assert [player.name for player in library.players()] == ["Ann", "Bob"]
        with pytest.raises(MissingInputError):
            people.forget(library, "xanthippe")
        for file in tmp_path.iterdir():
            content = file.read_bytes().lower()
            assert b"xanthippe" not in content, file
            assert secret.astype("<u2").tobytes()[:20] not in content, file


def test_reading_and_writing_at_once(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    with Library.open(path) as writer, Library.open(path) as reader:
        writer.add([game(date=str(year)) for year in range(1000, 1600)], "x")
        games = reader.games()
        first = next(games)
        assert writer.add([game(date="1999")], "x") == Added(1, 0)
        assert (first.date, len(list(games))) == ("1000", 599), "a reader sees the library as it was when it began"
        assert len(reader) == 601


@pytest.mark.parametrize("content", [b"", b"not a database at all, but long enough to be one" * 30])
def test_other_files_are_no_library(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "library.sqlite"
    path.write_bytes(content)
    if not content:
        Library.open(path).close()  # An empty file is an empty database.
        return
    with pytest.raises(DataError, match="no library"):
        Library.open(path)
    assert path.read_bytes() == content


def test_a_strange_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE note (text)")
    connection.close()
    with pytest.raises(DataError, match="not a library"):
        Library.open(path)


def read_whole(path: Path) -> None:
    with Library.open(path) as library:
        list(library.games(of="Ann"))
        list(library.games())


def test_a_damaged_library_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    with Library.open(path) as library:
        library.add([game(date=str(year)) for year in range(1000, 1500)], "x")
    content = bytearray(path.read_bytes())
    content[4096:40960] = b"\xff" * 36864
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match="damaged"):
        read_whole(path)


def test_a_library_that_must_be_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="no library of games"):
        Library.open(tmp_path / "none.sqlite", must_exist=True)
    assert not list(tmp_path.iterdir())


def test_folders_of_people_are_safe_and_their_own() -> None:
    names = ["Ann", "../../etc", "a" * 5_000, "a" * 5_001, "CON", "é", "e\u0301x", "b/c", "b c", "?", "-"]
    folders = [places.player_folder(name) for name in names]
    assert len(set(folders)) == len({name_key(name) for name in names})
    for folder in folders:
        assert folder.parent == places.data_folder() / "chess" / "players"
        assert folder.name.replace("_", "").replace("-", "").isalnum()
        assert len(folder.name) <= places.LONGEST_FOLDER
