"""A local server that serves what tests put on it, faults included. No other network is used."""

from __future__ import annotations

import gzip
import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(kw_only=True)
class Reply:
    """One answer.

    cut     bytes of the body that are sent before the connection is closed
    length  what Content-Length says; None: the truth; -1: no such header
    wait    seconds before the body, so that a reader with less patience gives up
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    length: int | None = None
    wait: float = 0.0


@dataclass(frozen=True)
class Asked:
    path: str
    headers: dict[str, str]


class Site:
    """What is served: `next` answers first, once each, then the file that is `put`; else 404."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []
        self.files: dict[str, Reply] = {}
        self.queued: dict[str, deque[Reply]] = defaultdict(deque)
        self.stop = threading.Event()

    def put(self, path: str, body: bytes | str, *, packed: bool = False, **headers: str) -> None:
        """A file with an ETag of its content; packed: as gzip, as a real host sends it."""
        data = body.encode() if isinstance(body, str) else body
        said = {"ETag": f'"{sha256(data).hexdigest()[:16]}"', **headers}
        if packed:
            data, said["Content-Encoding"] = gzip.compress(data), "gzip"
        self.files[path] = Reply(body=data, headers=said)

    def next(self, path: str, *replies: Reply) -> None:
        self.queued[path].extend(replies)

    def paths(self) -> list[str]:
        return [one.path for one in self.asked]

    def answer(self, path: str, headers: dict[str, str]) -> Reply:
        self.asked.append(Asked(path, headers))
        if self.queued[path]:
            return self.queued[path].popleft()
        reply = self.files.get(path)
        if reply is None:
            return Reply(status=404, body=b"not here", headers={"Content-Type": "text/plain"})
        if headers.get("If-None-Match") == reply.headers["ETag"]:
            return Reply(status=304)
        return reply


@contextmanager
def serving() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            reply = site.answer(self.path, dict(self.headers))
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            length = len(reply.body) if reply.length is None else reply.length
            if length >= 0 and reply.status != 304:
                self.send_header("Content-Length", str(length))
            else:
                self.close_connection = True
            self.end_headers()
            if reply.wait:
                site.stop.wait(reply.wait)
            try:
                self.wfile.write(reply.body if reply.cut is None else reply.body[: reply.cut])
            except OSError:  # nobody waits for it any more
                self.close_connection = True
            if reply.cut is not None or reply.wait:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Nothing to the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site = Site(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.stop.set()
        server.shutdown()
        server.server_close()
        thread.join()


class Clock:
    """A clock that only sleeping moves; `slept` in order."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds

    def ticks(self) -> float:
        return self.now
