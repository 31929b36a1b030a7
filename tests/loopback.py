"""A server on loopback that plays the hosts that data and weights come from, the hub among them."""

import contextlib
import functools
import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HUB_FILE = re.compile(r"/[\w.-]+/[\w.-]+/resolve/(?P<commit>[0-9a-f]{40})/.+")


class Loopback(ThreadingHTTPServer):
    """Serves `files` by their paths, the hub's with the headers that huggingface_hub wants; notes what is asked."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler] | None = None):
        super().__init__(("127.0.0.1", 0), handler or Files)
        self.files: dict[str, Path | bytes] = {}
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Files(BaseHTTPRequestHandler):
    """Answers GET and HEAD by the server's `files`."""

    def do_GET(self):
        content = self._begin()
        if isinstance(content, Path):
            with content.open("rb") as file, contextlib.suppress(ConnectionError):
                while block := file.read(1 << 20):
                    self.wfile.write(block)
        elif content is not None:
            self.wfile.write(content)

    def do_HEAD(self):
        self._begin()

    def _begin(self) -> Path | bytes | None:
        self.server.asked.append(f"{self.command} {self.path}")
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return None
        self.send_response(200)
        self.send_header("Content-Length", str(content.stat().st_size if isinstance(content, Path) else len(content)))
        if of_hub := HUB_FILE.fullmatch(self.path):
            self.send_header("X-Repo-Commit", of_hub["commit"])
            self.send_header("ETag", f'"{sha256(content)}"')
        self.end_headers()
        return content

    def log_message(self, *_):
        pass


def sha256(content: Path | bytes) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[ThreadingHTTPServer]:
    """The server, answering in a thread of its own."""
    with server:
        threading.Thread(target=functools.partial(server.serve_forever, 0.01), daemon=True).start()
        yield server
        server.shutdown()
