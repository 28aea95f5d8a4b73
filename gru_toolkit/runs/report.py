"""`report.html`: everything a reader needs to believe a run, or not, as one page that opens offline.

The page holds no script, loads nothing (its own policy forbids it), and shows the user's text as text. The same content
gives the same bytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gru_toolkit.runs import wording
from gru_toolkit.runs.drawings import draw
from gru_toolkit.runs.markup import page, shown
from gru_toolkit.runs.report_style import STYLE
from gru_toolkit.runs.scoring import Comparison, Scored
from gru_toolkit.tasks.figures import NETWORK, Figure

Facts = Mapping[str, str]
_OUTCOMES = {
    True: ("win", "Better than the baselines"),
    False: ("lose", "Worse than a baseline"),
    None: ("even", "Undecided"),
}


@dataclass(frozen=True)
class ReportContent:
    """What a report says.

    comparisons  the network beside its baselines, a part each; the last one (test) is the verdict
    notes        what was assumed, changed or found; what `split` says too is said there only
    split        one line a part
    data         what the data is: files, rows, sequences, columns, dates
    settings     section → name → value
    origin       what it takes to trust and repeat it: seed, fingerprint, versions, machine, parity
    history      column → one value an epoch
    """

    title: str
    task: str
    comparisons: Sequence[Comparison]
    figures: Sequence[Figure] = ()
    notes: Sequence[str] = ()
    split: Sequence[str] = ()
    data: Facts | None = None
    settings: Mapping[str, Mapping[str, object]] | None = None
    origin: Facts | None = None
    history: Mapping[str, Sequence[float]] | None = None


def report_html(content: ReportContent) -> str:
    """The page."""
    sections = [*_head(content), *_scores(content), *_figures(content), *_data(content), *_details(content)]
    return page(f"{content.title}: {content.task} report", STYLE, sections)


def _head(content: ReportContent) -> Iterator[str]:
    yield f'<header><p class="kicker">gru-toolkit · {shown(content.task)}</p>'
    yield f"<h1>{_user(content.title)}</h1>"
    if content.comparisons:
        last = content.comparisons[-1]
        style, outcome = _OUTCOMES[last.wins]
        where = f"{outcome} on the {last.part} part ({last.examples:,} examples)"
        yield f'<div class="verdict {style}"><p class="part">{shown(where)}</p><p>{shown(last.verdict)}</p></div>'
        yield from _headline(last)
    yield "</header>"
    notes = [note for note in content.notes if note not in content.split]
    if notes:
        yield '<section><h2>What to know</h2><ul class="notes">'
        yield from (f"<li>{_user(note)}</li>" for note in notes)
        yield "</ul></section>"


def _headline(comparison: Comparison) -> Iterator[str]:
    """The scores that the verdict is about, as large numbers."""
    metric = comparison.headline
    yield '<dl class="facts">'
    for name in (NETWORK, comparison.rival):
        if name in comparison.scores:
            scored = comparison.scores[name]
            label = f"{wording.metric_name(metric)}, {wording.plain_name(name)}"
            yield f"<div><dt>{shown(label)}</dt><dd>{_score(scored, metric)}</dd></div>"
    yield "</dl>"


def _score(scored: Scored, metric: str) -> str:
    """A metric with its interval under it."""
    value = scored.metrics.get(metric)
    text = f"<span>{wording.number(value) if isinstance(value, float) else '–'}</span>"
    if metric in scored.intervals:
        low, high = (wording.number(bound) for bound in scored.intervals[metric])
        text += f"<small>{low} to {high}</small>"
    return text


def _scores(content: ReportContent) -> Iterator[str]:
    if not content.comparisons:
        return
    yield "<section><h2>Scores</h2>"
    for comparison in reversed(content.comparisons):
        yield from _score_table(comparison)
    yield "</section>"


def _score_table(comparison: Comparison) -> Iterator[str]:
    first = next(iter(comparison.scores.values()))
    others = [name for name, value in first.metrics.items() if isinstance(value, float) and name != comparison.headline]
    metrics = [comparison.headline, *others]
    yield '<div class="wide scores"><table class="full">'
    intervals = "; small: 95 % intervals" if first.intervals else ""
    caption = f"{comparison.part.capitalize()} part, {comparison.examples:,} examples{intervals}"
    yield f"<caption>{shown(caption)}</caption><thead><tr><th></th>"
    names = {name: shown(wording.plain_name(name)) for name in comparison.scores}
    styles = {name: ' class="network"' if name == NETWORK else "" for name in comparison.scores}
    yield from (f'<th scope="col"{styles[name]}>{text}</th>' for name, text in names.items())
    yield "</tr></thead><tbody>"
    for metric in metrics:
        cells = "".join(
            f'<td{styles[name]} data-of="{names[name]}">{_score(scored, metric)}</td>'
            for name, scored in comparison.scores.items()
        )
        yield f'<tr><th scope="row">{shown(wording.metric_name(metric))}</th>{cells}</tr>'
    yield "</tbody></table></div>"


def _figures(content: ReportContent) -> Iterator[str]:
    if not content.figures:
        return
    yield '<section><h2>Figures</h2><div class="figures">'
    for figure in content.figures:
        drawing = draw(figure)
        yield (
            f"<figure><h3>{_user(drawing.title)}</h3>{drawing.svg}<figcaption>{_user(drawing.caption)}</figcaption></figure>"
        )
    yield "</div></section>"


def _data(content: ReportContent) -> Iterator[str]:
    if not content.data and not content.split:
        return
    yield "<section><h2>Data</h2>"
    if content.data:
        yield _pairs(content.data)
    if content.split:
        yield '<h3 class="parts">Parts</h3><ul>'
        yield from (f"<li>{_user(line)}</li>" for line in content.split)
        yield "</ul>"
    yield "</section>"


def _details(content: ReportContent) -> Iterator[str]:
    if not (content.settings or content.history or content.origin):
        return
    yield "<section><h2>How it was made</h2>"
    if content.origin:
        yield f"<details open><summary>Origin</summary>{_pairs(content.origin)}</details>"
    if content.settings:
        yield "<details><summary>Settings</summary>"
        for section, values in content.settings.items():
            facts = {name: _plain(value) for name, value in values.items()}
            yield f"<h3>{shown(section)}</h3>{_pairs(facts)}"
        yield "</details>"
    if content.history:
        yield f"<details><summary>Every epoch</summary>{_history(content.history)}</details>"
    yield "</section>"


def _history(history: Mapping[str, Sequence[float]]) -> str:
    """A row an epoch; columns without values, such as validation without a validation part, are left out."""
    history = {name: values for name, values in history.items() if len(values)}
    headers = "".join(f'<th scope="col">{shown(wording.plain_name(name))}</th>' for name in history)
    rows = "".join(
        f"<tr><td>{epoch}</td>{''.join(f'<td>{wording.number(value, 4)}</td>' for value in values)}</tr>"
        for epoch, values in enumerate(zip(*history.values(), strict=True), start=1)
    )
    table = f'<table><thead><tr><th scope="col">epoch</th>{headers}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div class="wide">{table}</div>'


def _pairs(facts: Facts) -> str:
    pairs = "".join(f"<dt>{_user(name)}</dt><dd>{_user(value)}</dd>" for name, value in facts.items())
    return f'<dl class="pairs">{pairs}</dl>'


def _plain(value: object) -> str:
    """A setting as people write it."""
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_plain, value)) or "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)


def _user(text: str) -> str:
    """Text that may come from the user's data: its direction cannot reach its surroundings; 12 % stays on one line."""
    return f"<bdi>{shown(text)}</bdi>".replace(" %", "\u00a0%")
