"""Recordings as sequences of log-mel frames: a folder, a single file, or a manifest that names files and columns."""

import errno
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError, MissingInputError, Place, StorageError
from gru_toolkit.sequences.columns import Rules, too_many
from gru_toolkit.sequences.csv_reader import read_csv
from gru_toolkit.sequences.log_mel import BANDS, HOP_SECONDS, band_centres, log_mel
from gru_toolkit.sequences.sources import SOUND_ENDINGS, Source, ending_of
from gru_toolkit.sequences.table import Column, Reject, Table

FILE, LABEL = "file", "label"
PATH_NAMES = ("file", "path", "wav", "audio", "filename")
"""Columns of a manifest that may name the recordings."""
CLIPPED_SHARE = 0.001
FULL_SCALE = 0.999
_DATA_SIZE = re.compile(r"^data : (\d+) \(should be (\d+)\)", re.MULTILINE)
_UNKNOWN_SIZE = 0x7FFFF000
SILENCE = 10 ** (-60 / 20)
"""Loudest sample of a recording in which nothing is heard: 60 dB below full scale."""


@dataclass(frozen=True)
class Recording:
    """One file to read, the line of the manifest that names it, and what the manifest or its folder says of it."""

    path: Path
    name: str
    place: Place
    row: int


@dataclass
class Heard:
    """What was found while reading. Protected state: counts for the user's notes."""

    rates: dict[int, int] = field(default_factory=dict)
    seconds: float = 0.0
    mixed: int = 0
    clipped: int = 0
    silent: int = 0

    def notes(self, highest: float) -> tuple[str, ...]:
        rates = ", ".join(f"{rate:,} Hz" for rate in sorted(self.rates))
        count = sum(self.rates.values())
        found = [
            f"{count:,} recordings, {self.seconds / 60:.1f} minutes at {rates}; {BANDS} log-mel bands up to "
            f"{highest:,.0f} Hz, a step every {1000 * HOP_SECONDS:.0f} ms (--hertz)"
        ]
        if min(self.rates) / 2 > highest:
            found.append(
                f"frequencies above {highest:,.0f} Hz are not heard; --hertz {min(self.rates) // 2} hears them"
            )
        odd = (
            (self.mixed, "have several channels, which were averaged"),
            (self.clipped, f"are clipped: more than {100 * CLIPPED_SHARE:g} % of the samples at full scale"),
            (self.silent, "are silent: nothing above -60 dB"),
        )
        return (*found, *(f"{number:,} of {count:,} recordings {what}" for number, what in odd if number))


def read_audio(source: Source, config: ReadConfig, rules: Rules) -> Table:
    """A row a frame: file, the columns of its folder or manifest, and the log-mel bands.

    Raises MissingInputError for a folder without recordings or a package that is not there; DataError with the file
    when more recordings cannot be used than the rules allow.
    """
    recordings, columns = _listed(source, rules)
    heard, rejects = Heard(), []
    frames: list[np.ndarray] = []
    kept: list[Recording] = []
    for recording in recordings:
        found = _frames(recording, config.hertz, heard)
        if isinstance(found, str):
            rejects.append(Reject(recording.place, found, recording.name))
            if len(rejects) > rules.max_rejects:
                raise too_many(rejects[0], len(rejects), rules.max_rejects)
            continue
        frames.append(found)
        kept.append(recording)
    if not kept:
        raise DataError("no recording is left after the rejected ones", place=rejects[0].place)
    values = dict(zip(band_names(config.hertz), np.concatenate(frames).T, strict=True))
    bands = {name: Column(name, "number", np.ascontiguousarray(band)) for name, band in values.items()}
    table = _table(source, kept, np.array([len(part) for part in frames]), columns)
    return replace(table, columns={**table.columns, **bands}, rejects=tuple(rejects), notes=heard.notes(config.hertz))


def band_names(highest: float) -> tuple[str, ...]:
    """The columns of the bands, named by their centres, so that other bands have other names."""
    return tuple(f"{round(centre)}_hz" for centre in band_centres(highest).tolist())


def _table(source: Source, kept: Sequence[Recording], lengths: np.ndarray, columns: Mapping[str, Column]) -> Table:
    """A row a frame: the file, and the columns whose rows the recordings name."""
    starts = np.concatenate([[0], np.cumsum(lengths)])
    case = np.repeat(np.arange(len(kept), dtype=np.int32), lengths)
    rows = np.array([recording.row for recording in kept])[case]
    table = {FILE: Column(FILE, "text", case, tuple(recording.name for recording in kept))}
    table |= {name: column.take(rows) for name, column in columns.items()}

    def place_of(row: int, column: str | None) -> Place:
        place = kept[int(np.searchsorted(starts, row, side="right")) - 1].place
        return Place(place.path, place.line, column)

    return Table(table, source.name, place_of)


def _listed(source: Source, rules: Rules) -> tuple[list[Recording], dict[str, Column]]:
    """The recordings of a source, and columns whose rows they name."""
    path = Path(source.name)
    if path.is_dir():
        return _of_folder(path)
    if ending_of(source.name) == "audio":
        return [Recording(path, source.name, Place(source.name), 0)], {}
    return _of_manifest(source, rules)


def _of_folder(folder: Path) -> tuple[list[Recording], dict[str, Column]]:
    """The recordings below a folder; the folder each lies in is its label, where there are several such folders."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SOUND_ENDINGS and path.is_file())
    if not files:
        hint = f"files that end in {', '.join(SOUND_ENDINGS)} are read"
        raise MissingInputError("there are no recordings in this folder", place=Place(str(folder)), hint=hint)
    recordings = [
        Recording(path, path.relative_to(folder).as_posix(), Place(str(path)), row) for row, path in enumerate(files)
    ]
    labels = [path.parent.name if path.parent != folder else None for path in files]
    levels = tuple(dict.fromkeys(label for label in labels if label is not None))
    if len(levels) < 2:
        return recordings, {}
    codes = np.array([levels.index(label) if label is not None else -1 for label in labels], dtype=np.int32)
    return recordings, {LABEL: Column(LABEL, "text", codes, levels)}


def _of_manifest(source: Source, rules: Rules) -> tuple[list[Recording], dict[str, Column]]:
    """The recordings that a table names, relative to the table's folder, and its other columns."""
    manifest = read_csv(Source(source.name, "tsv" if source.name.endswith((".tsv", ".tsv.gz")) else "csv"), rules)
    name = next((name for name in manifest.columns if name.lower() in PATH_NAMES), None)
    if name is None or manifest.columns[name].kind != "text":
        hint = f"one of its columns must be called {', '.join(PATH_NAMES)}"
        raise MissingInputError("the manifest does not name recordings", place=Place(source.name), hint=hint)
    base = Path(source.name).parent
    recordings = []
    for row, written in enumerate(manifest.columns[name].texts()):
        place = manifest.place_of(row, None)
        if written is None:
            raise DataError("no recording is named", place=manifest.place_of(row, name))
        recordings.append(Recording(base / written, written, place, row))
    return recordings, {other: column for other, column in manifest.columns.items() if other != name}


def _frames(recording: Recording, highest: float, heard: Heard) -> np.ndarray | str:
    """(frames, BANDS) of a recording, or why it cannot be used."""
    sound = _samples(recording)
    if isinstance(sound, str):
        return sound
    samples, rate = sound  # (T, channels)
    if not len(samples):
        return "the recording is empty"
    if not np.isfinite(samples).all():
        return "the recording has samples that are no numbers"
    if rate < 2 * highest:
        return f"at {rate:,} Hz it holds frequencies up to {rate // 2:,} Hz, {highest:,.0f} Hz are wanted (--hertz)"
    loud = np.abs(samples).max(axis=1)
    heard.rates[rate] = heard.rates.get(rate, 0) + 1
    heard.seconds += len(samples) / rate
    heard.mixed += samples.shape[1] > 1
    heard.clipped += float((loud >= FULL_SCALE).mean()) > CLIPPED_SHARE
    heard.silent += float(loud.max()) < SILENCE
    return log_mel(samples.mean(axis=1), rate, highest)


def _samples(recording: Recording) -> tuple[np.ndarray, int] | str:
    """Samples (T, channels) in -1..1 and their rate in Hz, or why there are none."""
    soundfile = _soundfile()
    try:
        with recording.path.open("rb") as file, soundfile.SoundFile(file) as sound:
            missing = _missing_bytes(sound.extra_info)
            samples, rate = sound.read(dtype="float64", always_2d=True), sound.samplerate
    except FileNotFoundError:
        return f"there is no file {recording.path}"
    except soundfile.LibsndfileError as error:
        return f"the recording is damaged or of no known kind: {error.error_string}"
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EISDIR):
            return f"{recording.path} cannot be read: {error.strerror}"
        raise StorageError(f"reading failed: {error.strerror}", place=Place(str(recording.path))) from error
    return (
        (samples, int(rate)) if not missing else f"the recording is cut short: {missing:,} bytes of sound are missing"
    )


def _missing_bytes(log: str) -> int:
    """Bytes that the header of a WAV file promises and the file does not have, told from libsndfile's log.

    A program that writes to a pipe cannot know the length and writes the largest number there is: nothing is missing.
    """
    found = _DATA_SIZE.search(log)
    promised, there = (int(size) for size in found.groups()) if found else (0, 0)
    return max(0, promised - there) if promised < _UNKNOWN_SIZE else 0


def _soundfile() -> Any:
    try:
        import soundfile
    except ImportError as error:
        hint = "pip install 'gru-toolkit[audio]'"
        raise MissingInputError("reading recordings needs the package soundfile", hint=hint) from error
    return soundfile
