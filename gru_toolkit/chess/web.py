"""Reading from a web site that asks for patience: one request at a time, and silence when it says "too many"."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from gru_toolkit.errors import MissingInputError, Place, StorageError, UsageError

_GO_ON = "the same command goes on where this one stopped"
NAME = "gru-toolkit (a program that learns how people play chess; one user, one request at a time)"
TOO_MANY = 429
TRIES = 5
SILENCE_SECONDS = 60.0
PATIENCE_SECONDS = 60.0
"""How long a silent server is waited for."""


@dataclass(frozen=True)
class Answer:
    """The bytes of a site's answer while they arrive."""

    response: http.client.HTTPResponse
    place: Place

    def read(self, size: int, /) -> bytes:
        """At most so many of the next bytes; none at the end. Raises StorageError if the site breaks off."""
        try:
            data = self.response.read(size)
        except (http.client.HTTPException, OSError) as error:
            raise StorageError(f"the site broke off: {error}", place=self.place, hint=_GO_ON) from error
        if not data and self.response.length:
            missing = f"{self.response.length:,} bytes are missing"
            raise StorageError(f"the site broke off: {missing}", place=self.place, hint=_GO_ON)
        return data


@dataclass(frozen=True)
class Web:
    """How the web is read.

    sleep    waits for so many seconds
    on_wait  is told before each silence
    """

    sleep: Callable[[float], None]
    on_wait: Callable[[float], None] = lambda seconds: None

    @contextmanager
    def get(self, address: str, *, accept: str, who: str) -> Iterator[Answer]:
        """The bytes of an answer.

        who  the account asked for, for the message if the site does not know it

        Raises UsageError for an address that is not http or https, MissingInputError if the site knows nobody of that
        name, StorageError if it cannot be reached, refuses, or breaks off.
        """
        if not address.startswith(("https://", "http://")):
            raise UsageError(f"{address!r} is no address of a web site")
        place = Place(address.split("?")[0])
        request = urllib.request.Request(address, headers={"Accept": accept, "User-Agent": NAME})
        with self._answer(request, place, who) as response:
            yield Answer(response, place)

    def _answer(self, request: urllib.request.Request, place: Place, who: str) -> http.client.HTTPResponse:
        for left in reversed(range(TRIES)):
            try:
                return cast(http.client.HTTPResponse, urllib.request.urlopen(request, timeout=PATIENCE_SECONDS))
            except urllib.error.HTTPError as error:
                error.close()
                if error.code == 404:
                    raise MissingInputError(f"the site knows no account {who!r}", place=place) from error
                if error.code != TOO_MANY:
                    raise StorageError(f"the site answered {error.code} {error.reason}", place=place) from error
            except OSError as error:
                reason = getattr(error, "reason", error)
                raise StorageError(f"the site cannot be reached: {reason}", place=place, hint=_GO_ON) from error
            if left:
                self.on_wait(SILENCE_SECONDS)
                self.sleep(SILENCE_SECONDS)
        raise StorageError(f"the site answered {TRIES} times that it is asked too much", place=place, hint=_GO_ON)
