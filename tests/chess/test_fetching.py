"""Fetching, against a stand-in for the sites on loopback: their rules kept, nothing lost, nothing asked twice."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest

from gru_toolkit.chess.fetching import Wish, fetch
from gru_toolkit.chess.library import Library
from gru_toolkit.chess.web import Web
from gru_toolkit.cli.app import main
from gru_toolkit.errors import DataError, MissingInputError, StorageError, UsageError

GAME = (
    '[Event "Rated"]\n[Site "https://example.org/{number}"]\n[White "{white}"]\n[Black "{black}"]\n[Result "0-1"]\n'
    '[UTCDate "{date}"]\n[UTCTime "12:00:00"]\n[Variant "{variant}"]\n\n1. f3 e5 2. g4 Qh4# 0-1\n\n\n'
)
DAYS = ["2023.01.05", "2023.02.05", "2023.02.06", "2023.03.07"]


def game(number: int, variant: str = "Standard") -> str:
    white, black = ("Ann", "Bob") if number % 2 else ("Eve", "Ann")
    return GAME.format(number=number, white=white, black=black, date=DAYS[number], variant=variant)


class Site:
    """The stand-in. Its state: what was asked, whether two asked at once, and what it answers wrongly next."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.agents: set[str] = set()
        self.failures: list[int] = []
        self.break_off = False
        self.games = [game(number) for number in range(3)]
        self.at_once = 0
        self.most_at_once = 0

    def answer(self, path: str) -> tuple[int, bytes]:
        self.asked.append(path)
        if self.failures:
            return self.failures.pop(0), b""
        parts = urlparse(path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/api/games/user/Ann":
            since = int(asked.get("since", 0)) // 1000
            chosen = [
                one for number, one in enumerate(self.games) if since <= 1672920000 + 86400 * (0, 31, 32, 61)[number]
            ]
            return 200, "".join(one for one in chosen if asked.get("vs", "") in one).encode()
        if parts.path == "/pub/player/ann/games/archives":
            months = sorted({day[:7].replace(".", "/") for day in DAYS[: len(self.games)]})
            return 200, json.dumps({"archives": [f"http://evil.invalid/games/{month}" for month in months]}).encode()
        if parts.path.startswith("/pub/player/ann/games/"):
            year, month = parts.path.split("/")[-3:-1]
            return 200, "".join(one for one in self.games if f'"{year}.{month}.' in one).encode()
        return 404, b""


@pytest.fixture
def site() -> Iterator[Site]:
    stand_in = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            stand_in.at_once += 1
            stand_in.most_at_once = max(stand_in.most_at_once, stand_in.at_once)
            stand_in.agents.add(self.headers["User-Agent"])
            status, body = stand_in.answer(self.path)
            time.sleep(0.002)  # a request made beside this one arrives by now
            stand_in.at_once -= 1  # before the answer: whoever has it may ask again at once
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) + 100 * stand_in.break_off))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    stand_in.address = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    yield stand_in
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library.sqlite") as opened:
        yield opened


def wish(site: Site, name: str, **more: str) -> Wish:
    return Wish(name, "Ann", server=site.address, **more)  # type: ignore[attr-defined]


def never(seconds: float) -> None:
    raise AssertionError("nothing asked for patience")


BOTH = pytest.mark.parametrize("name", ["lichess", "chess.com"])


@BOTH
def test_games_arrive_and_a_second_fetch_asks_only_for_newer_ones(site: Site, library: Library, name: str) -> None:
    first = fetch(library, wish(site, name), Web(never))
    assert (first.found, first.added) == (3, 3)
    before = len(site.asked)
    site.games.append(game(3))
    second = fetch(library, wish(site, name), Web(never))
    assert second.added == 1
    assert second.known <= 2, "the newest moment or month is asked for again, and no older one"
    assert not any("2023/01" in path for path in site.asked[before:])
    assert [one.site for one in library.games(of="Ann")] == [f"https://example.org/{number}" for number in range(4)]
    assert site.most_at_once == 1
    assert all("gru-toolkit" in agent for agent in site.agents)


@BOTH
def test_only_games_against_one_account_or_from_a_day_on(site: Site, library: Library, name: str) -> None:
    assert fetch(library, wish(site, name, versus="Bob"), Web(never)).added == 1
    assert [(one.white, one.black) for one in library.games()] == [("Ann", "Bob")]
    assert fetch(library, wish(site, name, since="2023-02-06"), Web(never)).added == 1
    assert fetch(library, wish(site, name, since="2023-02"), Web(never)).found == 2
    assert len(library) == 2
    assert fetch(library, wish(site, name, since="2023"), Web(never)).found == 3


@BOTH
def test_too_many_requests_are_followed_by_a_minute_of_silence(site: Site, library: Library, name: str) -> None:
    site.failures = [429, 429]
    silences: list[float] = []
    told: list[float] = []
    assert fetch(library, wish(site, name), Web(silences.append, told.append)).added == 3
    assert silences == told == [60.0, 60.0]


def test_a_site_that_stays_busy_is_given_up(site: Site, library: Library) -> None:
    site.failures = [429] * 10
    silences: list[float] = []
    with pytest.raises(StorageError, match="asked too much"):
        fetch(library, wish(site, "lichess"), Web(silences.append))
    assert silences == [60.0] * 4


@BOTH
def test_an_unknown_account_and_a_failing_site_are_told_apart(site: Site, library: Library, name: str) -> None:
    site.failures = [404]
    with pytest.raises(MissingInputError, match="no account 'Ann'"):
        fetch(library, wish(site, name), Web(never))
    site.failures = [503]
    with pytest.raises(StorageError, match="answered 503"):
        fetch(library, wish(site, name), Web(never))


def test_a_site_that_breaks_off_loses_nothing_that_is_asked_for_again(site: Site, library: Library) -> None:
    site.break_off = True
    with pytest.raises(StorageError, match="broke off"):
        fetch(library, wish(site, "lichess"), Web(never))
    site.break_off = False
    fetch(library, wish(site, "lichess"), Web(never))
    assert len(library) == 3


def test_what_arrived_before_a_break_is_kept(site: Site, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gru_toolkit.chess.fetching.GAMES_A_BATCH", 1)
    monkeypatch.setattr("gru_toolkit.chess.pgn_splitting.BLOCK_BYTES", 100)
    site.break_off = True
    with pytest.raises(StorageError, match="broke off"):
        fetch(library, wish(site, "lichess"), Web(never))
    assert len(library) == 2, "all but the game that the break may have cut"
    site.break_off = False
    assert fetch(library, wish(site, "lichess"), Web(never)).found == 2


def test_an_answer_that_is_no_json_is_refused(site: Site, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    for body in (b"<html>", b"[]", b'{"archives": 3}', b"[" * 100_000):
        monkeypatch.setattr(site, "answer", lambda path, body=body: (200, body))
        with pytest.raises(DataError):
            fetch(library, wish(site, "chess.com"), Web(never))


@pytest.mark.parametrize(
    "values",
    [
        ("lichess.com", "Ann"), ("lichess", "../admin"), ("lichess", "Ann", "a b"), ("lichess", "Ann", None, "May"),
        ("lichess", "Ann", None, "2023-02-30"), ("lichess", "Ann", None, "2023-13"), ("lichess", "Ann", None, "0000"),
    ],
)  # fmt: skip
def test_a_wish_that_cannot_be_is_refused_before_anything_is_asked(values: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        Wish(*values)


@pytest.mark.parametrize("server", ["file:///etc/passwd", "ftp://example.org", "/etc"])
def test_only_web_addresses_are_read(library: Library, server: str) -> None:
    with pytest.raises(UsageError, match="no address"):
        fetch(library, Wish("lichess", "Ann", server=server), Web(never))


def test_a_server_that_is_not_there_is_said(library: Library) -> None:
    with pytest.raises(StorageError, match="cannot be reached"):
        fetch(library, Wish("lichess", "Ann", server="http://127.0.0.1:9"), Web(never))


def test_the_command_tells_what_arrived(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site.games[1] = game(1, "Atomic")
    call = ["chess", "fetch", "lichess", "Ann", "--server", site.address, "--library", str(tmp_path / "l")]  # type: ignore[attr-defined]
    assert main([*call, "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert {name: told[name] for name in ("found", "added", "known", "rejected")} == {
        "found": 3, "added": 2, "known": 0, "rejected": 1,
    }  # fmt: skip
    assert "Atomic" in told["rejects"][0]["reason"]
    assert main(call) == 0
    assert capsys.readouterr().out == "lichess Ann: 1 game: 0 added, 1 known already, 0 rejected\n"
