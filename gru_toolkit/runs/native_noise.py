"""Keeping what native libraries write to stderr while they load away from the user."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator

_NOISE = re.compile(
    rb"[IWE]\d{4} \d\d:\d\d:|WARNING: All log messages before absl::InitializeLog|To enable the following instructions:"
)
"""Lines of absl's log below fatal, which TensorFlow writes before any of its settings can silence it."""
_STDERR = 2


@contextlib.contextmanager
def without_native_noise() -> Iterator[None]:
    """Hold back what is written to the file descriptor of stderr inside the block, then write it without log lines.

    If the block raises, everything is written.
    """
    with tempfile.TemporaryFile() as held:
        try:
            original = os.dup(_STDERR)
        except OSError:  # there is no stderr at all
            yield
            return
        os.dup2(held.fileno(), _STDERR)
        failed = True
        try:
            yield
            failed = False
        finally:
            os.dup2(original, _STDERR)
            os.close(original)
            held.seek(0)
            for line in held:
                if failed or not _NOISE.match(line):
                    os.write(_STDERR, line)
