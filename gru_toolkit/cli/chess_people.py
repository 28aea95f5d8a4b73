"""What the commands about people print: models learned, tendencies, beliefs, scores."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gru_toolkit.chess import known_people, player_evaluation, players
from gru_toolkit.chess.holes import Hole
from gru_toolkit.chess.next_move import NextMoveNetwork, network_at_hand
from gru_toolkit.chess.rates import Rate
from gru_toolkit.chess.repertoire import repertoire_of, san_line
from gru_toolkit.chess.tendencies import Choice, Table, Tendencies, tendencies_of
from gru_toolkit.chess.tendencies_page import hole_in_words, tendencies_html
from gru_toolkit.cli import tables
from gru_toolkit.cli.text import Output
from gru_toolkit.errors import MissingInputError
from gru_toolkit.runs import files

_ROWS = 6


@dataclass(frozen=True)
class Asked:
    """Whose games are wanted."""

    name: str
    library: str | None
    since: str | None = None
    against: str | None = None


def learn_all(output: Output, names: Sequence[str], library: str | None, *, deep: bool) -> None:
    """Learn people, and say what was learned and how good it is."""
    network = network_at_hand(threads=None)
    facts = []
    for name in names:
        player = known_people.learn_and_keep(name, library, network, _progress(output, name), deep=deep)
        held = player.facts["held_out"]
        facts.append({"name": player.name, "file": str(players.file_of(player.name)), **player.facts})
        output.line(f"{player.name}: {player.facts['games']:,} games learned")
        if deep:
            output.line(_deep_in_words(player.facts["deep"]))
        if not held["moves"]:
            continue
        output.lines(
            tables.table(
                [f"{held['moves']:,} held-out moves", "nats a move"],
                [[label, tables.number(held[key])] for label, key in _SOURCES if key in held],
                width=output.width,
            )
        )
    output.value(facts)
    output.note("next: gru-toolkit chess predict --white NAME --black NAME, or gru-toolkit chess play")


def _deep_in_words(facts: Mapping[str, Any]) -> str:
    """What became of the deep leanings."""
    if "deep" not in facts:
        return f"deep leanings: not kept, {facts['reason']}"
    scores = f"{tables.number(facts['deep'])} nats a held-out move against {tables.number(facts['plain'])} without"
    return f"deep leanings: {'kept' if facts['kept'] else 'not kept'}, {scores}"


_SOURCES = (("all together", "mixture"), ("the network alone", "network"), ("the network with their style", "style"))


def _progress(output: Output, name: str) -> Callable[[int, int], None] | None:
    import sys

    if output.quiet or output.json or not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        output.live("" if done == total else f"{name}: {done} of {total} games read")

    return show


def tell_tendencies(output: Output, asked: Asked, html: Path | None) -> None:
    """Print the sentence, the tables, the changes and the holes; write the page if one is wanted."""
    name, games = known_people.games_of(asked.name, asked.library, since=asked.since, against=asked.against)
    found = tendencies_of(repertoire_of(name, games))
    if html:
        files.write_atomically(html, tendencies_html(found).encode())
    output.value({**_plain(found), "html": str(html) if html else None})
    output.lines(tables.paragraph(found.sentence, output.width))
    for table in (*found.tables, *found.openings):
        output.line()
        output.lines(_table(table, output.width))
    if found.changes:
        output.line()
        output.lines(_changes(found, output.width))
    output.line()
    output.line(
        "holes in the repertoire, the costliest first" if found.holes else "no hole in the repertoire was found"
    )
    if found.holes:
        for hole in found.holes:
            output.lines(tables.paragraph("- " + hole_in_words(hole), output.width))
    if html:
        output.note(f"{html}: the same with boards")


def _table(table: Table, width: int | None) -> list[str]:
    rows = [
        [
            f"{choice.label} {choice.name}" if choice.name else choice.label,
            choice.rate.percent(),
            f"{100 * choice.rate.low:.0f} – {100 * choice.rate.high:.0f} %",
            f"{choice.rate.count:,}",
            tables.number(choice.score),
            f"{choice.mostly[0]} {choice.mostly[1].percent()}" if choice.mostly else "–",
        ]
        for choice in table.choices[:_ROWS]
    ]
    return tables.fitting([table.title, "share", "95 % interval", "games", "score", "mostly"], rows, width)


def _changes(found: Tendencies, width: int | None) -> list[str]:
    rows = [
        [
            f"{change.title}: {change.label.partition(' (')[0]}",
            *[rate.percent() for _, rate in change.periods],
            "clear" if change.clear else "",
        ]
        for change in found.changes
    ]
    return tables.fitting(["over time, by quarters of the games", "1st", "2nd", "3rd", "4th", "change"], rows, width)


def _plain(found: Tendencies) -> dict[str, Any]:
    """The tendencies as plain data, with moves in SAN and shares with their intervals."""
    return {
        "name": found.name,
        "games": found.games,
        "white": found.white,
        "first": found.first,
        "last": found.last,
        "sentence": found.sentence,
        "tables": [_plain_table(table) for table in found.tables],
        "openings": [_plain_table(table) for table in found.openings],
        "changes": [
            {
                "situation": change.title,
                "choice": change.label,
                "clear": change.clear,
                "periods": [{"dates": dates, **_plain_rate(rate)} for dates, rate in change.periods],
            }
            for change in found.changes
        ],
        "holes": [_plain_hole(hole) for hole in found.holes],
    }


def _plain_table(table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "colour": "white" if table.colour else "black",
        "choices": [_plain_choice(one) for one in table.choices],
    }


def _plain_choice(choice: Choice) -> dict[str, Any]:
    mostly = {"name": choice.mostly[0], **_plain_rate(choice.mostly[1])} if choice.mostly else None
    plain = {"choice": choice.label, "name": choice.name, "score": choice.score, "mostly": mostly}
    return {**plain, **_plain_rate(choice.rate), "line": san_line(choice.line)}


def _plain_hole(hole: Hole) -> dict[str, Any]:
    return {
        "colour": "white" if hole.colour else "black",
        "line": san_line(hole.line),
        "opening": hole.opening,
        "reach": _plain_rate(hole.reach),
        "answers": [{"move": san, **_plain_rate(rate)} for san, rate in hole.answers],
        "score": hole.score,
        "usual": hole.usual,
        "weight": hole.weight,
    }


def _plain_rate(rate: Rate) -> dict[str, Any]:
    return {"count": rate.count, "of": rate.of, "share": rate.share, "low": rate.low, "high": rate.high}


def tell_who(output: Output, paths: Sequence[str]) -> int:
    """Print who is likely playing in PGN files; 3 if some games in them could not be read."""
    from gru_toolkit.chess import pgn
    from gru_toolkit.chess.game import Game
    from gru_toolkit.chess.who import who

    read = list(pgn.read_games(paths))
    games = [one for one in read if isinstance(one, Game)]
    rejected = [one for one in read if not isinstance(one, Game)]
    known = players.known()
    if not known:
        raise MissingInputError("nobody was learned yet", hint="gru-toolkit chess learn NAME")
    beliefs = who(games, known, network_at_hand(threads=None)) if games else []
    output.value({"subjects": [asdict(belief) for belief in beliefs], "rejected": len(rejected)})
    for belief in beliefs:
        count = "1 game" if belief.games == 1 else f"{belief.games:,} games"
        output.line(f"{belief.subject}: {count}, {belief.moves:,} moves")
        rows = [
            [name, f"{100 * chance:.1f} %", f"{bits:+.0f}"]
            for name, chance, bits in zip(belief.names, belief.probabilities, belief.bits, strict=True)
        ]
        output.lines(tables.table(["  is", "probability", "bits over anybody"], rows[:_ROWS], width=output.width))
        if not belief.fits:
            output.line("  nobody who is known explains these moves better than the network of anybody")
    for reject in rejected:
        output.error(f"{reject.place}: {reject.reason}")
    return 3 if rejected else 0


@dataclass(frozen=True)
class Scoring:
    """Who is scored, and how."""

    names: tuple[str, ...]
    library: str | None
    held_out: int
    deep: bool


_LEGEND = (
    "calibration: gap between confidence and frequency, and what 97.5 % of perfect forecasters stay below; "
    "gain: the player's top-1 minus the model's"
)


def score_all(output: Output, wanted: Scoring) -> None:
    """Print the scores of people's models on held-out games."""
    network: NextMoveNetwork = network_at_hand(threads=None)
    found = []
    for name in wanted.names:
        proper, games = known_people.games_of(name, wanted.library)
        result = player_evaluation.evaluate(proper, games, network, held_out=wanted.held_out, deep=wanted.deep)
        found.append(result)
        output.line(f"{result.name}: learned from {result.earlier:,} games, scored on the newest {result.held_out:,}")
        for band, rows in result.bands.items():
            output.line()
            output.lines(_scores(band, rows, output.width))
        output.note(_LEGEND)
    if len(found) < player_evaluation.FEWEST_PEOPLE:
        output.value([result.to_plain() for result in found])
        return
    together = player_evaluation.over_people(found)
    output.value([*[result.to_plain() for result in found], {"bands": player_evaluation.plain_bands(together)}])
    output.line()
    output.line(f"all {len(found)} people together, intervals over people")
    for band, rows in together.items():
        output.line()
        output.lines(_scores(band, rows, output.width))


def _scores(band: str, rows: Sequence[player_evaluation.Row], width: int | None) -> list[str]:
    headers = ["model", "top-1", "95 %", "top-3", "top-5", "nats", "calibration", "gain"]
    cells = [
        [
            row.model,
            f"{row.top[1]:.3f}",
            _bounds(row.top_interval),
            f"{row.top[3]:.3f}",
            f"{row.top[5]:.3f}",
            f"{row.loss:.3f}",
            f"{row.calibration:.3f} ≤ {row.perfect:.3f}"
            if row.calibration <= row.perfect
            else f"{row.calibration:.3f} > {row.perfect:.3f}",
            _bounds(row.gain),
        ]
        for row in rows
    ]
    return [f"{band}: {rows[0].moves:,} moves", *tables.fitting(headers, cells, width)]


def _bounds(interval: Sequence[float] | None) -> str:
    """Both ends of an interval of shares."""
    return f"{interval[0]:.3f}–{interval[1]:.3f}" if interval else "–"
