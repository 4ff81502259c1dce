"""One polite download at a time, whole or not at all.

A body goes to a temporary file beside its place and is moved there when it is whole: as long as the
server said, unpacked to its end, not empty, no web page, within the limit, and recognised.
"""

from __future__ import annotations

import hashlib
import os
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urljoin, urlsplit

from steward import __version__
from steward.doors.fetch.bodies import BLOCK, Broken, is_page, unpacked
from steward.doors.fetch.catalogue import LOOPBACK
from steward.market.vendors.source import HEAD_BYTES
from steward.terms.errors import StewardError

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager, Retry

REDIRECTS = 3
AGAIN = (429, 500, 502, 503, 504)
"""Answers after which it is asked again, later."""

ABSENT = (403, 404, 410)
"""Answers for a file that is not there. Cboe's store says 403 for a file that it does not have."""


class Offline(StewardError):  # noqa: N818 - a state, and a user's error all the same
    """No connection to a host at all; every other request to it would end the same."""


class Busy(StewardError):  # noqa: N818 - a state of a host, as Offline
    """The host asks to be left alone for longer than anybody waits at a terminal."""


class NotThere(StewardError):  # noqa: N818 - an answer, as Offline
    """The host says that it has no such file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How to ask.

    connect, read  seconds until a connection, until more of a body
    whole          seconds that one download may take
    tries          requests for one file, at the most    backoff  seconds, doubled each time
    longest_wait   seconds that a host may ask to wait (Retry-After); more is for another day
    """

    connect: float = 10.0
    read: float = 30.0
    whole: float = 900.0
    tries: int = 5
    offline_tries: int = 2
    backoff: float = 1.0
    longest_backoff: float = 60.0
    longest_wait: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One file to be downloaded.

    shown    its name in messages      url   without the key ({key} stands in its place)
    secret   of the user, never shown  seconds  between two requests to its host, at the least
    etag, last_modified  of the copy that is here, if one is; the answer may then be "unchanged"
    check    of the first bytes, unpacked: raises StewardError where they are not what was wanted
    """

    shown: str
    url: str
    seconds: float
    largest: int
    check: Callable[[bytes], None]
    secret: str | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came: "new" is in its place, "unchanged" is as the copy that is here."""

    state: Literal["new", "unchanged"]
    etag: str | None = None
    last_modified: str | None = None
    sha256: str = ""
    size: int = 0


@dataclass(slots=True, kw_only=True)
class Client:
    """Requests in turn. `sleep` and `ticks` (seconds of a clock that never goes back) are given."""

    sleep: Callable[[float], None]
    ticks: Callable[[], float]
    manner: Manner = field(default_factory=Manner)
    requests: int = 0
    _asked: dict[str, float] = field(default_factory=dict)
    _pools: dict[str, PoolManager] = field(default_factory=dict)

    def get(self, wanted: Wanted, target: Path) -> Answer:
        """Download to `target`, which stays as it was unless the whole new file is there.

        Raises Offline, NotThere, or StewardError that says in one sentence what came instead.
        """
        from urllib3 import Retry
        from urllib3.exceptions import HTTPError, InvalidHeader, MaxRetryError

        how = self.manner
        retry = Retry(
            total=how.tries - 1,
            connect=how.offline_tries - 1,
            backoff_factor=how.backoff,
            backoff_max=how.longest_backoff,
        )
        temporary = target.with_name(f".{target.name}.part")
        try:
            while True:
                wait: float | None = None
                try:
                    answer, wait, why = self._once(wanted, target, temporary, retry)
                    if answer is not None:
                        return answer
                    error: Exception = Broken(why)
                except InvalidHeader:
                    error = Broken("it names a time to wait that cannot be read")
                except (HTTPError, Broken) as broken:
                    error = broken
                except OSError as broken:
                    raise StewardError(
                        f"{target}: cannot be written ({broken.strerror or broken})"
                    ) from broken
                try:
                    retry = retry.increment("GET", wanted.shown, error=error)
                except MaxRetryError:
                    raise _given_up(wanted, error, how) from None
                self.sleep(_backoff(retry, how) if wait is None else wait)
        finally:
            temporary.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of all connections."""
        for pool in self._pools.values():
            pool.clear()

    def _once(
        self, wanted: Wanted, target: Path, temporary: Path, retry: Retry
    ) -> tuple[Answer | None, float | None, str]:
        """The answer; or None, seconds to wait (None: not said), and why to ask again."""
        response = self._followed(wanted)
        try:
            if response.status == 304 and (wanted.etag or wanted.last_modified):
                return Answer(state="unchanged"), None, ""
            if response.status in AGAIN:
                wait = retry.get_retry_after(response)
                if wait is not None and wait > self.manner.longest_wait:
                    raise Busy(
                        f"{wanted.shown}: {_host(wanted.url)} asks to wait {wait:.0f} seconds; "
                        "run the command again after that"
                    )
                return None, wait, f"it answers {response.status}"
            if response.status in ABSENT:
                raise NotThere(
                    f"{wanted.shown}: {_host(wanted.url)} has no such file, or does not give it "
                    f"(it answers {response.status} for {wanted.url})"
                )
            if response.status != 200:
                key = ", or the key is not valid" if wanted.secret else ""
                raise StewardError(
                    f"{wanted.shown}: {_host(wanted.url)} answers {response.status} for "
                    f"{wanted.url}; the address may have moved (--sources names another){key}"
                )
            return self._kept(response, wanted, target, temporary), None, ""
        finally:
            response.close()

    def _followed(self, wanted: Wanted) -> BaseHTTPResponse:
        """The response, after redirects within the host."""
        url = wanted.url.replace("{key}", wanted.secret or "")
        host = urlsplit(url).netloc
        headers = {"User-Agent": f"steward/{__version__}", "Accept-Encoding": "gzip"}
        if wanted.etag:
            headers["If-None-Match"] = wanted.etag
        if wanted.last_modified:
            headers["If-Modified-Since"] = wanted.last_modified
        for _ in range(REDIRECTS + 1):
            self._wait(host, wanted.seconds)
            self.requests += 1
            response = self._pool(url).request(
                "GET",
                url,
                headers=headers,
                preload_content=False,
                decode_content=False,
                redirect=False,
                retries=False,
            )
            location = response.get_redirect_location()
            if not location:
                return response
            response.close()
            there = urljoin(url, location)
            if urlsplit(there).netloc != host or urlsplit(there).scheme != urlsplit(url).scheme:
                raise StewardError(
                    f"{wanted.shown}: {_host(wanted.url)} sends to another place "
                    f"({urlsplit(there).scheme}://{urlsplit(there).netloc}), which is not "
                    "followed; if the data moved there, name it with --sources"
                )
            url = there
        raise StewardError(
            f"{wanted.shown}: {_host(wanted.url)} sends from one place to another without an end; "
            f"look at {wanted.url} in a browser (--sources names another address)"
        )

    def _wait(self, host: str, seconds: float) -> None:
        """Until the host may be asked again."""
        if host in self._asked:
            left = self._asked[host] + seconds - self.ticks()
            if left > 0.0:
                self.sleep(left)
        self._asked[host] = self.ticks()

    def _pool(self, url: str) -> PoolManager:
        """Connections, through the proxy that the environment names for the host."""
        from urllib3 import PoolManager, ProxyManager, Timeout

        parts = urlsplit(url)
        host = parts.hostname or ""
        direct = host in LOOPBACK or urllib.request.proxy_bypass(host)
        proxy = "" if direct else urllib.request.getproxies().get(parts.scheme, "")
        if proxy not in self._pools:
            timeout = Timeout(connect=self.manner.connect, read=self.manner.read)
            self._pools[proxy] = (
                ProxyManager(proxy, timeout=timeout, maxsize=1)
                if proxy
                else PoolManager(timeout=timeout, maxsize=1)
            )
        return self._pools[proxy]

    def _kept(
        self, response: BaseHTTPResponse, wanted: Wanted, target: Path, temporary: Path
    ) -> Answer:
        """The body in its place."""
        head, size, sums = b"", 0, hashlib.sha256()
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            for block in unpacked(self._body(response), response.headers):
                size += len(block)
                if size > wanted.largest:
                    raise StewardError(
                        f"{wanted.shown}: {_host(wanted.url)} sends more than "
                        f"{wanted.largest // 1024**2} MB, which such a file never has; it is not "
                        "kept (largest_mb of --sources allows more)"
                    )
                if len(head) < HEAD_BYTES:
                    head += block[: HEAD_BYTES - len(head)]
                sums.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        if not head.strip(b"\xef\xbb\xbf \t\r\n"):
            raise StewardError(
                f"{wanted.shown}: {_host(wanted.url)} sent an empty file; run the command "
                "again later"
            )
        if is_page(head, response.headers):
            raise StewardError(
                f"{wanted.shown}: {_host(wanted.url)} sent a web page instead of data; "
                f"look at {wanted.url} in a browser"
            )
        wanted.check(head)
        temporary.replace(target)
        return Answer(
            state="new",
            etag=response.headers.get("ETag"),
            last_modified=response.headers.get("Last-Modified"),
            sha256=sums.hexdigest(),
            size=size,
        )

    def _body(self, response: BaseHTTPResponse) -> Iterator[bytes]:
        """The body as sent. urllib3 raises where it is shorter than the server said."""
        sized = "Content-Length" in response.headers
        if not sized and "chunked" not in response.headers.get("Transfer-Encoding", "").lower():
            raise Broken("it does not say how long the file is, so a cut could not be seen")
        begin = self.ticks()
        while block := response.read(BLOCK):
            if self.ticks() - begin > self.manner.whole:
                raise Broken(f"the file takes longer than {self.manner.whole:.0f} seconds")
            yield block


def _backoff(retry: Retry, how: Manner) -> float:
    """Seconds, also before the second try, where urllib3 waits for nothing."""
    return max(retry.get_backoff_time(), how.backoff)


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _given_up(wanted: Wanted, error: Exception, how: Manner) -> StewardError:
    """What to say when the last try failed; not in urllib3's words, which hold the address."""
    from urllib3.exceptions import ConnectTimeoutError, ProxyError, ReadTimeoutError, SSLError

    host = _host(wanted.url)
    if isinstance(error, SSLError):
        return StewardError(
            f"{wanted.shown}: the certificate of {host} is not trusted here; nothing was fetched. "
            "Behind a proxy that has its own, name that one's file in SSL_CERT_FILE"
        )
    if isinstance(error, ProxyError):
        return Offline(
            f"{host} cannot be reached through the proxy that the environment names; mend or unset "
            "HTTPS_PROXY and run the command again"
        )
    if isinstance(error, ConnectTimeoutError):  # a refused or unknown host is one of these too
        return Offline(
            f"{host} cannot be reached: is this machine online? What was fetched before is kept; "
            "run the command again"
        )
    if isinstance(error, ReadTimeoutError):
        why = f"{host} does not answer within {how.read:g} seconds"
    elif isinstance(error, Broken):
        why = f"{host}: {error}"
    else:
        why = f"the connection to {host} breaks off ({type(error).__name__})"
    return StewardError(
        f"{wanted.shown}: {why}, {how.tries} times; nothing of it is kept, run the command again "
        "later"
    )
