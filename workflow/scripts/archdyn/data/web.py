"""One address that files are fetched from: bounded in time and size, tried again where a fault may pass."""

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import requests
from tqdm import tqdm
from urllib3 import Retry
from urllib3.exceptions import ConnectTimeoutError, HTTPError, IncompleteRead, MaxRetryError, ProtocolError

BLOCK = 1 << 20
BUSY = {429, 500, 502, 503, 504}
PORTS = {"http": 80, "https": 443}


class Unusable(Exception):
    """A source's reason for not giving a file."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for a source, in seconds."""

    connect: float = 3
    read: float = 30  # without a single byte
    window: float = 60  # over which a download must keep up `slowest`
    slowest: float = 10_000  # bytes a second
    backoff: float = 1  # what urllib3's Retry multiplies
    package: float = 300  # for a package client as a whole


class Web:
    """A URL with {name} in it. Once it has failed for good by its connection, it fails at once."""

    def __init__(self, template: str, part: Path, say: Callable[[str], None], patience: Patience):
        self.label = template
        self._part = part
        self._say = say
        self._patience = patience
        self._down: Unusable | None = None

    def get(self, name: str, limit: int) -> Path:
        """A file with what the URL answers, of `limit` bytes or a little more at most. Raises Unusable."""
        if self._down:
            raise self._down
        url = self.label.format(name=name)
        # One more try without a connection, since a host that has no name or refuses will go on so.
        retries = Retry(total=2, connect=1, backoff_factor=self._patience.backoff)
        while True:
            try:
                self._request(url, limit)
                return self._part
            except _Fleeting as fault:
                try:
                    retries = retries.increment("GET", url, error=fault.kind)
                except MaxRetryError:
                    self._down = fault
                    raise fault from None
                self._say(f"{self.label}: {fault}; trying again")
                retries.sleep()

    def _request(self, url: str, limit: int) -> None:
        _check_reachable(url, self._patience.connect)
        transfer = _Transfer(url, self._part, limit + BLOCK, self._patience)  # gzip can add a little
        try:
            transfer.run()
        except requests.HTTPError as error:
            status = error.response.status_code
            fault = _Fleeting if status in BUSY else Unusable
            raise fault(f"{status} {error.response.reason}") from error
        except (requests.RequestException, HTTPError) as error:
            raise _Fleeting(_broken_connection(error)) from error


class _Fleeting(Unusable):
    """A fault that may pass: a broken, silent or slow connection, a busy server."""

    kind: Exception = ProtocolError()  # as which urllib3 counts it


class _Unreachable(_Fleeting):
    """No connection at all."""

    kind = ConnectTimeoutError()


class _Transfer:
    """One answer on its way to a file."""

    def __init__(self, url: str, part: Path, limit: int, patience: Patience):
        self._url, self._part, self._limit, self._patience = url, part, limit, patience
        self._received = 0
        self._abandoned = False

    def run(self) -> None:
        """Raises Unusable when the answer is too slow or too long, and what requests, urllib3 and the disk raise."""
        self._part.unlink(missing_ok=True)  # an abandoned attempt may still write to it
        future = _in_background(self._receive)
        while not future.done():
            before = self._received
            wait([future], self._patience.window)
            if not future.done() and self._received - before < self._patience.slowest * self._patience.window:
                self._abandoned = True
                raise _Fleeting(f"slower than {self._patience.slowest:g} bytes a second")
        future.result()

    def _receive(self) -> None:
        # Not `Accept-Encoding: gzip`: a sha256 is that of the file as it is stored.
        headers, timeout = {"Accept-Encoding": "identity"}, (self._patience.connect, self._patience.read)
        with requests.get(self._url, headers=headers, stream=True, timeout=timeout) as response:
            response.raise_for_status()
            with self._part.open("wb") as out, _progress_bar(response, self._part.name) as bar:
                # read1 gives what has come; read would wait for a whole block, byte by byte if need be.
                while not self._abandoned and (block := response.raw.read1(BLOCK)):
                    self._received += len(block)
                    if self._received > self._limit:
                        raise Unusable(f"longer than {self._limit} bytes")
                    out.write(block)
                    bar.update(len(block))


def _in_background(work: Callable[[], None]) -> Future:
    """Run `work` in a thread that no exit waits for.

    A host that sends its headers a byte at a time satisfies every timeout of a socket, so that only another thread can
    give it up.
    """
    future: Future = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001 (raised again by future.result)
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future


def _progress_bar(response: requests.Response, name: str) -> tqdm:
    length = response.headers.get("Content-Length", "")
    total = int(length) if length.isdecimal() else None
    return tqdm(total=total, desc=name, unit="B", unit_scale=True, disable=not sys.stderr.isatty())


def _check_reachable(url: str, timeout: float) -> None:
    """Raise _Unreachable unless one of the host's addresses takes connections.

    Where a firewall swallows packets, requests waits for each of a host's many addresses in turn, which can take
    minutes; asyncio asks them side by side. Behind a proxy the proxy answers, so no question.
    """
    if requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url)):
        return
    parts = urlsplit(url)
    try:
        asyncio.run(asyncio.wait_for(_connect(parts.hostname, parts.port or PORTS[parts.scheme]), timeout))
    except TimeoutError as error:
        raise _Unreachable(f"no connection within {timeout:g} s") from error
    except OSError as error:
        raise _Unreachable(f"no connection: {error}") from error


async def _connect(host: str, port: int) -> None:
    _, writer = await asyncio.open_connection(host, port, happy_eyeballs_delay=0.1)
    writer.close()


def _broken_connection(error: BaseException) -> str:
    """Why a request broke off, from the innermost cause that says so."""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, IncompleteRead):
            return f"truncated: {cause.partial} of {cause.partial + cause.expected} bytes"
        if isinstance(cause, TimeoutError):
            return "the connection stalled"
        cause = cause.__context__
    return f"{type(error).__name__}: {error}"
