"""NPZ archives: X (N, T) or (N, T, F), optionally y (N,) and lengths (N,). Nothing in them is ever executed."""

import errno
import io
import zipfile
import zlib
from typing import Any, BinaryIO

import numpy as np

from gru_toolkit.errors import DataError, Place
from gru_toolkit.sequences.cases import Cases
from gru_toolkit.sequences.columns import Rules
from gru_toolkit.sequences.sources import Source, opened
from gru_toolkit.sequences.table import Table

_FREE_BYTES = 256 << 20
_LARGEST_RATIO = 100
_NAMES = ("X", "y", "lengths")


def read_npz(source: Source, rules: Rules) -> Table:
    """The cases of an archive as a table: case, label (if there is y) and the channels, a row a step.

    Values beyond a case's length are left out. Raises DataError for a damaged archive, for arrays of other shapes or
    types, and when more cases are rejected than the rules allow.
    """
    with opened(source) as stream:
        try:
            arrays, notes = _arrays(source.name, stream)
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OverflowError) as error:
            raise DataError(f"the archive is damaged: {error}", place=Place(source.name)) from error
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            raise DataError("the archive is damaged: it points outside itself", place=Place(source.name)) from error
    values, labels, lengths = _checked(source.name, arrays)
    numeric = labels is not None and labels.dtype.kind in "fiu"
    cases = Cases(source, rules, labels=None if labels is None else [])
    for number in range(len(values)):
        length = int(lengths[number])
        case = values[number, :length].astype(np.float64)
        label = None if labels is None else _label(labels[number])
        if np.isinf(case).any():
            cases.reject("a value is not finite", number + 1)
        elif label is not None and numeric and not label and not np.isnan(float(labels[number])):  # type: ignore[index]
            cases.reject("the label is not finite", number + 1)
        else:
            cases.add(list(case.T), number + 1, label)
    return cases.table(numeric_label=numeric, notes=tuple(notes))


def _arrays(name: str, stream: BinaryIO) -> tuple[dict[str, np.ndarray], list[str]]:
    """The known arrays, each read only after its declared size has been checked against its shape."""
    data: BinaryIO = io.BytesIO(stream.read()) if name == "-" else stream
    arrays: dict[str, np.ndarray] = {}
    notes = []
    with zipfile.ZipFile(data) as archive:
        for item in archive.infolist():
            key = item.filename.removesuffix(".npy")
            if key not in _NAMES:
                notes.append(f"the array {key[:40]!r} of {name} is not used")
                continue
            if key in arrays:
                raise DataError(f"the array {key!r} stands twice", place=Place(name))
            if item.file_size > _FREE_BYTES and item.file_size > _LARGEST_RATIO * max(item.compress_size, 1):
                message = f"the array {key!r} claims to unpack {item.compress_size:,} to {item.file_size:,} bytes"
                raise DataError(message, place=Place(name), hint="save it with numpy.savez, without compression")
            with archive.open(item) as member:
                arrays[key] = _array(name, key, member, item.file_size)
    return arrays, notes


def _array(name: str, key: str, member: Any, size: int) -> np.ndarray:
    version = np.lib.format.read_magic(member)
    if version not in ((1, 0), (2, 0)):
        raise DataError(f"the array {key!r} has the unknown version {version}", place=Place(name))
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(member)
    if dtype.hasobject or dtype.kind not in "fiuUS":
        raise DataError(f"the array {key!r} has the type {dtype}, expected numbers or text", place=Place(name))
    count = int(np.prod(shape, dtype=object))
    if count < 0 or count * dtype.itemsize + member.tell() != size:
        raise DataError(f"the array {key!r} does not fill its declared shape {shape}", place=Place(name))
    values = np.frombuffer(member.read(), dtype=dtype) if count else np.empty(0, dtype)
    return values.reshape(shape, order="F" if fortran else "C")


def _checked(name: str, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """(N, T, F) values, (N,) labels or None, and (N,) lengths."""
    place = Place(name)
    if "X" not in arrays:
        raise DataError("the archive has no array X", place=place, hint="save it with numpy.savez(file, X=…, y=…)")
    values = arrays["X"]
    if values.ndim not in (2, 3) or values.dtype.kind not in "fiu" or not values.size:
        message = f"X has the shape {values.shape} and type {values.dtype}, expected numbers (N, T) or (N, T, F)"
        raise DataError(message, place=place)
    values = values[:, :, None] if values.ndim == 2 else values
    labels = arrays.get("y")
    if labels is not None and labels.shape != (len(values),):
        raise DataError(f"y has the shape {labels.shape}, expected ({len(values)},)", place=place)
    lengths = arrays.get("lengths", np.full(len(values), values.shape[1]))
    whole = lengths.dtype.kind in "iu" and lengths.shape == (len(values),)
    if not whole or lengths.min() < 1 or lengths.max() > values.shape[1]:
        raise DataError(f"lengths must be {len(values)} whole numbers from 1 to {values.shape[1]}", place=place)
    return values, labels, lengths


def _label(value: Any) -> str:
    """A label as text; "" where it is missing or not finite."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.floating):
        return repr(float(value)) if np.isfinite(value) else ""
    return str(value)
