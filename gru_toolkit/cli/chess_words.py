"""What happens in a chess session, in words: the same for lines in a pipe and for the full screen."""

from collections.abc import Mapping, Sequence
from functools import singledispatch

from gru_toolkit.chess.session_commands import WORDS
from gru_toolkit.chess.session_events import (
    Believed,
    Expectation,
    Forecast,
    GameOver,
    Judged,
    Learned,
    LeftRepertoire,
    Moved,
    Noted,
    OpeningNamed,
    Predicted,
    Refused,
    Scored,
    ShowChanged,
    Started,
    TakenBack,
    Tally,
    Turned,
)

ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}
_LIKELY = 3


@singledispatch
def told(event: object) -> list[str]:
    """The lines that tell of an event; none for what is shown and not told."""
    return []


@told.register
def _(event: Started) -> list[str]:
    state = f", {event.plies} half-moves played" if event.plies else ""
    return [f"Game {event.game}: {event.white} (White) against {event.black} (Black){state}"]


@told.register
def _(event: Predicted) -> list[str]:
    return forecast_lines(event.forecast)


@told.register
def _(event: Moved) -> list[str]:
    number, dots = (event.ply + 1) // 2, "." if event.colour == "white" else "..."
    clock = f", {clock_text(event.seconds_left)} left" if event.seconds_left is not None else ""
    head = f"{number}{dots} {event.san}  {event.name}"
    if event.judged is None:
        return [head + clock]
    lines = [f"{head}: {verdict(event.judged)}{clock}"]
    if event.counted:
        lines.append(f"  was expected of {event.name}: {shares(event.judged.expectation, 5)}")
        if event.ahead:
            lines.append(f"  and a move earlier, as the answer: {shares(event.ahead)}")
    return lines


@told.register
def _(event: TakenBack) -> list[str]:
    return [f"taken back: {', '.join(event.san)}"]


@told.register
def _(event: OpeningNamed) -> list[str]:
    return [f"  opening: {event.name} ({event.eco})"]


@told.register
def _(event: LeftRepertoire) -> list[str]:
    return [f"  {event.name} leaves the repertoire with {event.san}: {event.usual} was usual here"]


@told.register
def _(event: Believed) -> list[str]:
    people = ", ".join(f"{name} {percent(share)}" for name, share in event.people[:_LIKELY])
    return [f"  {event.colour} is probably: {people}"]


@told.register
def _(event: GameOver) -> list[str]:
    return [f"{event.result}: {event.reason}"]


@told.register
def _(event: Learned) -> list[str]:
    games = f"{event.games:,} games by now" if event.games != 1 else "their first"
    return [f"the model of {event.name} has learned from the game: {games}"]


@told.register
def _(event: Turned) -> list[str]:
    return [f"seen from {'Black' if event.flipped else 'White'}'s side"]


@told.register
def _(event: ShowChanged) -> list[str]:
    when = {"before": "before the move", "after": "after the move", "off": "not at all"}
    return [f"predictions are shown {when[event.show]}"]


@told.register
def _(event: Scored) -> list[str]:
    return score_lines(event.tallies)


@told.register
def _(event: Noted) -> list[str]:
    return [event.text]


@told.register
def _(event: Refused) -> list[str]:
    return [f"{event.message}{f' ({event.hint})' if event.hint else ''}"]


def forecast_lines(forecast: Forecast) -> list[str]:
    """What both people are expected to do, in a few lines."""
    mover = forecast.mover
    lines = [f"  next, {mover.name}: {shares(mover, 5)}", f"    {mover.explanation}"]
    answers = [(one.move.san, one.answer) for one in forecast.answers]
    names = [answer.name for _, answer in answers if answer]
    if names:
        said = [f"to {san} {shares(answer, 2)}" if answer else f"{san} ends the game" for san, answer in answers]
        lines.append(f"  then, {names[0]}: {'; '.join(said)}")
    return lines


def shares(expectation: Expectation, most: int = _LIKELY) -> str:
    """`e4 62 %, d4 30 %`."""
    return ", ".join(f"{one.san} {percent(one.probability)}" for one in expectation.top[:most])


def verdict(judged: Judged) -> str:
    """How a move compares with what was expected."""
    rank = ORDINALS.get(judged.rank, f"{judged.rank}th")
    return f"{rank} of the expected moves, {percent(judged.probability)}, {judged.bits:.1f} bits"


def short_verdict(judged: Judged) -> str:
    """The same in a few columns."""
    return f"{ORDINALS.get(judged.rank, f'{judged.rank}th')}, {percent(judged.probability)}, {judged.bits:.1f} bits"


def percent(share: float) -> str:
    """`62 %`; a small share is never said to be nothing, nor a large one to be all."""
    if share < 0.005:
        return "<1 %" if share else "0 %"
    return f"{100 * share:.0f} %" if share < 0.995 or share == 1 else ">99 %"


def score_lines(tallies: Mapping[str, Tally]) -> list[str]:
    """How well both people were predicted, beside the network alone and a blind guess."""
    lines = []
    for name, tally in tallies.items():
        if not tally.plies:
            lines.append(f"{name}: no hidden prediction yet (show after counts)")
            continue
        n = tally.plies
        hits = f"{percent(tally.top1 / n)} first, {percent(tally.top3 / n)} among three, of {n} moves"
        beside = f"network {tally.network_bits / n:.2f}, blind guess {tally.uniform_bits / n:.2f}"
        bits = f"{tally.bits / n:.2f} bits a move ({beside})"
        lines.append(f"{name}: {hits}; {bits}")
    return lines


def help_lines() -> list[str]:
    """What can be typed."""
    return ["a move: e4, Nf3, e2e4, O-O", *WORDS.values()]


def clock_text(seconds: float) -> str:
    """`9:58`, and tenths when it gets short."""
    if seconds < 20:
        return f"0:{seconds:04.1f}"
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def move_lines(sans: Sequence[str], first: int = 1, *, black_first: bool = False) -> list[str]:
    """The moves of a game, a line for each number."""
    words = ["…", *sans] if black_first else list(sans)
    return [
        f"{first + k // 2:>3}. {words[k]:<8}{words[k + 1] if k + 1 < len(words) else ''}"
        for k in range(0, len(words), 2)
    ]
