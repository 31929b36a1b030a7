"""Files from a URL, by pooch, and from the hub of timm and open_clip, by its own library."""

import errno
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import pooch
import requests
from tqdm import tqdm

BLOCK = 1 << 20
BUSY = {408, 429, 500, 502, 503, 504}
FULL = {errno.ENOSPC, errno.EDQUOT}
SAID_EVERY = 10  # seconds
pooch.get_logger().setLevel("WARNING")  # it names temporary folders


class Unusable(Exception):
    """A source's reason for not giving a file."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for a source, in seconds, and how often to ask again once it has answered."""

    connect: float = 5
    read: float = 30  # without a single byte
    retries: int = 2
    package: float = 300  # for a package client as a whole


class Web:
    """A URL with {name} in it. Once it has given no answer at all, it is not asked again."""

    def __init__(self, template: str, scratch: Path, say: Callable[[str], None], patience: Patience):
        self._template, self._scratch, self._say, self._patience = template, scratch, say, patience
        self._silent: Unusable | None = None

    def get(self, name: str, limit: int) -> Path:
        """A file with what the URL answers, of little more than `limit` bytes at most. Raises Unusable."""
        if self._silent:
            raise self._silent
        urls, tries = {name: self._template.format(name=name)}, self._patience.retries
        files = pooch.create(self._scratch, "", registry={name: None}, urls=urls, retry_if_failed=tries)
        try:
            with lines_said_by(self._say, limit)(desc=name) as bar:
                return Path(files.fetch(name, downloader=self._asking(bar)))
        except (OSError, ValueError) as error:
            if getattr(error, "errno", None) in FULL:
                raise
            raise Unusable(reason(error)) from error

    def _asking(self, bar: tqdm) -> Callable:
        """What pooch calls to download; pooch asks again after any fault that this hands on."""
        # Not `Accept-Encoding: gzip`: a sha256 is that of the file as it is stored.
        headers, timeout = {"Accept-Encoding": "identity"}, (self._patience.connect, self._patience.read)
        http = pooch.HTTPDownloader(bar, chunk_size=BLOCK, headers=headers, timeout=timeout)

        def ask(url: str, file: str, files: pooch.Pooch) -> None:
            bar.reset()
            try:
                http(url, file, files)
            except requests.HTTPError as error:
                if error.response.status_code not in BUSY:
                    raise Unusable(reason(error)) from error
                raise
            except (requests.RequestException, OSError) as error:
                if not bar.n and getattr(error, "errno", None) not in FULL:
                    self._silent = Unusable(reason(error))
                    raise self._silent from error
                raise

        return ask


class Hub:
    """A file of a repository on the hub, at one commit; HF_ENDPOINT, HF_HOME and HF_HUB_OFFLINE count as ever."""

    def __init__(self, repository: str, commit: str, say: Callable[[str], None]):
        self._repository, self._commit, self._say = repository, commit, say

    def get(self, name: str, limit: int) -> Path:
        """The file in the hub's cache. Raises Unusable."""
        from huggingface_hub import hf_hub_download  # half a second to import, for those who need it

        bar = lines_said_by(self._say)
        try:
            return Path(hf_hub_download(self._repository, name, revision=self._commit, tqdm_class=bar))
        except Exception as error:  # the library's own, its HTTP client's, and those of its cache, which may be full
            raise Unusable(reason(error)) from error


def lines_said_by(say: Callable[[str], None], limit: float = math.inf) -> type[tqdm]:
    """A progress bar that says a line every ten seconds: bars of jobs that run side by side tear each other.

    It raises Unusable for much more than `limit` bytes.
    """

    class Lines(tqdm):
        # No thread that watches the bars: one that begins while an old bar is collected waits for tqdm's lock for ever.
        monitor_interval = 0

        def __init__(self, *args, **options):
            super().__init__(*args, **options | {"file": io.StringIO(), "mininterval": SAID_EVERY, "delay": SAID_EVERY})

        def __bool__(self) -> bool:
            return True  # to tqdm, one without a total is nothing

        def update(self, n=1):
            super().update(n)
            if self.n > limit + 2 * BLOCK:  # gzip can add a little, and pooch counts whole blocks
                raise Unusable(f"longer than the {limit} bytes expected")

        def display(self, msg=None, pos=None) -> None:
            if self.n and self.total and self.n < self.total:
                left = (self.total - self.n) / (self.format_dict["rate"] or self.n / self.format_dict["elapsed"])
                megabytes = f"{self.n / 1e6:.0f} of {self.total / 1e6:.0f} MB"
                say(f"{self.desc.removesuffix(': ')}: {megabytes}, {self.format_interval(left)} left")

    return Lines


def reason(error: BaseException) -> str:
    """Why a request failed, in a line: the answer's status, or else the innermost cause."""
    link: BaseException | None = error
    while link:
        if (response := getattr(link, "response", None)) is not None:
            return f"{response.status_code} {HTTPStatus(response.status_code).phrase}"
        innermost, link = link, link.__cause__ or link.__context__
    return f"{type(innermost).__name__}: {' '.join(str(innermost).split())[:200]}"
