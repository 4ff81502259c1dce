"""Downloads against a local server with the faults that real ones have."""

from __future__ import annotations

import email.utils
import gzip
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.doors.fetch.bodies import Broken, unpacked
from steward.doors.fetch.client import (
    REDIRECTS,
    Answer,
    Busy,
    Client,
    Manner,
    NotThere,
    Offline,
    Wanted,
)
from steward.terms.errors import StewardError

from .server import Clock, Reply, Site

PATH = "/VIX_History.csv"
BODY = b"DATE,OPEN,HIGH,LOW,CLOSE\n01/02/2031,11.10,12.20,10.30,11.40\n" * 40
OK = Reply(body=BODY)


def header_of_ours(head: bytes) -> None:
    if not head.startswith(b"DATE,"):
        raise StewardError("VIX_History.csv, line 1: is of no layout")


def wanted(site: Site, **given: object) -> Wanted:
    said = {
        "shown": "VIX_History.csv",
        "url": site.url + PATH,
        "seconds": 1.0,
        "largest": 100_000,
        "check": header_of_ours,
        **given,
    }
    return Wanted(**said)  # type: ignore[arg-type]


def fails(client: Client, one: Wanted, folder: Path) -> str:
    """The sentence; and that nothing half-written is there."""
    with pytest.raises(StewardError) as error:
        client.get(one, folder / "VIX_History.csv")
    assert not list(folder.iterdir())
    return str(error.value)


def test_a_file_comes_whole(site: Site, client: Client, clock: Clock, tmp_path: Path) -> None:
    site.put(PATH, BODY, **{"Last-Modified": "Thu, 02 Jan 2031 22:00:00 GMT"})
    answer = client.get(wanted(site), tmp_path / "raw" / "VIX_History.csv")
    assert (tmp_path / "raw" / "VIX_History.csv").read_bytes() == BODY
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["VIX_History.csv"]
    assert answer.state == "new"
    assert answer.size == len(BODY)
    assert answer.last_modified == "Thu, 02 Jan 2031 22:00:00 GMT"
    assert clock.slept == []
    assert site.asked[0].headers["User-Agent"].startswith("steward/")


def test_a_packed_file_isunpacked(site: Site, client: Client, tmp_path: Path) -> None:
    site.put(PATH, BODY, packed=True)
    client.get(wanted(site), tmp_path / "one.csv")
    assert (tmp_path / "one.csv").read_bytes() == BODY


def test_the_same_host_is_asked_once_a_second(
    site: Site, client: Client, clock: Clock, tmp_path: Path
) -> None:
    site.put(PATH, BODY)
    for _ in range(3):
        client.get(wanted(site), tmp_path / "one.csv")
        clock.now += 0.25  # what else was done in between
    assert clock.slept == [0.75, 0.75]
    assert client.requests == 3


def test_what_did_not_change_is_not_sent_again(site: Site, client: Client, tmp_path: Path) -> None:
    site.put(PATH, BODY)
    first = client.get(wanted(site), tmp_path / "one.csv")
    again = client.get(wanted(site, etag=first.etag), tmp_path / "one.csv")
    assert again == Answer(state="unchanged")
    assert (tmp_path / "one.csv").read_bytes() == BODY
    assert "If-None-Match" not in site.asked[0].headers
    assert site.asked[1].headers["If-None-Match"] == first.etag


def test_a_day_of_change_is_sent_back_as_it_came(
    site: Site, client: Client, tmp_path: Path
) -> None:
    site.next(PATH, Reply(status=304))
    when = "Thu, 02 Jan 2031 22:00:00 GMT"
    answer = client.get(wanted(site, last_modified=when), tmp_path / "one.csv")
    assert answer.state == "unchanged"
    assert site.asked[0].headers["If-Modified-Since"] == when


def test_unchanged_is_no_answer_to_a_first_request(
    site: Site, client: Client, tmp_path: Path
) -> None:
    site.next(PATH, Reply(status=304))
    assert "answers 304" in fails(client, wanted(site), tmp_path)


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_file_that_is_not_there(site: Site, client: Client, tmp_path: Path, status: int) -> None:
    site.next(PATH, Reply(status=status))
    with pytest.raises(NotThere, match=rf"has no such file.*answers {status}"):
        client.get(wanted(site), tmp_path / "one.csv")
    assert client.requests == 1


def test_two_errors_of_the_server_then_the_file(
    site: Site, client: Client, clock: Clock, tmp_path: Path
) -> None:
    site.next(PATH, Reply(status=500), Reply(status=500), OK)
    client.get(wanted(site), tmp_path / "one.csv")
    assert (tmp_path / "one.csv").read_bytes() == BODY
    assert clock.slept == [1.0, 2.0]
    assert client.requests == 3


def test_errors_without_end_are_given_up(
    site: Site, client: Client, clock: Clock, tmp_path: Path
) -> None:
    site.next(PATH, *[Reply(status=503) for _ in range(9)])
    said = fails(client, wanted(site), tmp_path)
    assert said == (
        "VIX_History.csv: 127.0.0.1: it answers 503, 5 times; nothing of it is kept, run the "
        "command again later"
    )
    assert client.requests == 5
    assert clock.slept == [1.0, 2.0, 4.0, 8.0]


def test_a_host_that_is_asked_too_often_names_the_wait(
    site: Site, client: Client, clock: Clock, tmp_path: Path
) -> None:
    site.next(PATH, Reply(status=429, headers={"Retry-After": "7"}), OK)
    client.get(wanted(site), tmp_path / "one.csv")
    assert clock.slept == [7.0]
    assert client.requests == 2


def test_a_wait_may_be_a_moment(site: Site, client: Client, clock: Clock, tmp_path: Path) -> None:
    past = email.utils.formatdate(0, usegmt=True)
    site.next(PATH, Reply(status=503, headers={"Retry-After": past}), OK)
    client.get(wanted(site), tmp_path / "one.csv")
    assert clock.slept == [0.0, 1.0]  # what it says, then what politeness asks


def test_a_long_wait_is_for_the_user(
    site: Site, client: Client, clock: Clock, tmp_path: Path
) -> None:
    site.next(PATH, Reply(status=429, headers={"Retry-After": "4000"}))
    with pytest.raises(Busy, match="asks to wait 4000 seconds; run the command again after that"):
        client.get(wanted(site), tmp_path / "one.csv")
    assert client.requests == 1
    assert clock.slept == []


def test_a_wait_that_cannot_be_read_is_a_fault(
    site: Site, client: Client, clock: Clock, tmp_path: Path
) -> None:
    site.next(PATH, Reply(status=429, headers={"Retry-After": "soon"}), OK)
    client.get(wanted(site), tmp_path / "one.csv")
    assert clock.slept == [1.0]


def test_a_cut_connection_is_tried_again(
    site: Site, client: Client, clock: Clock, tmp_path: Path
) -> None:
    site.next(PATH, Reply(body=BODY, cut=100), OK)
    client.get(wanted(site), tmp_path / "one.csv")
    assert (tmp_path / "one.csv").read_bytes() == BODY
    assert clock.slept == [1.0]


def test_a_connection_that_is_always_cut(site: Site, client: Client, tmp_path: Path) -> None:
    site.next(PATH, *[Reply(body=BODY, cut=100) for _ in range(9)])
    assert "the connection to 127.0.0.1 breaks off" in fails(client, wanted(site), tmp_path)
    assert client.requests == 5


def test_a_cut_never_touches_the_file_that_was_there(
    site: Site, client: Client, tmp_path: Path
) -> None:
    (tmp_path / "one.csv").write_bytes(b"DATE,old\n")
    site.next(PATH, *[Reply(body=BODY, cut=100) for _ in range(9)])
    with pytest.raises(StewardError):
        client.get(wanted(site), tmp_path / "one.csv")
    assert (tmp_path / "one.csv").read_bytes() == b"DATE,old\n"
    assert [path.name for path in tmp_path.iterdir()] == ["one.csv"]


def test_a_packed_file_that_ends_too_early(site: Site, client: Client, tmp_path: Path) -> None:
    """The server itself believes that this is all: only the packing shows the cut."""
    packed = Reply(body=gzip.compress(BODY)[:-12], headers={"Content-Encoding": "gzip"})
    site.next(PATH, *[packed] * 9)
    assert "the packed file ends too early, 5 times" in fails(client, wanted(site), tmp_path)


def test_several_packed_files_one_after_the_other(
    site: Site, client: Client, tmp_path: Path
) -> None:
    body = gzip.compress(BODY[:100]) + gzip.compress(BODY[100:])
    site.next(PATH, Reply(body=body, headers={"Content-Encoding": "gzip"}))
    client.get(wanted(site), tmp_path / "one.csv")
    assert (tmp_path / "one.csv").read_bytes() == BODY


@given(body=st.binary(max_size=3000), size=st.integers(1, 400), share=st.floats(0.0, 1.0))
def test_a_packed_body_is_whole_or_refused(body: bytes, size: int, share: float) -> None:
    packed = gzip.compress(body) + gzip.compress(body)
    end = len(gzip.compress(body))
    said = {"Content-Encoding": "gzip"}
    cut = int(share * len(packed))

    def in_blocks(data: bytes) -> Iterator[bytes]:
        return (data[at : at + size] for at in range(0, len(data), size))

    assert b"".join(unpacked(in_blocks(packed), said)) == body + body
    if cut in (end, len(packed)):
        return  # whole by all that the packing says
    with pytest.raises(Broken):
        list(unpacked(in_blocks(packed[:cut]), said))


def test_a_damaged_packed_file(site: Site, client: Client, tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(BODY))
    packed[-6] ^= 0xFF  # of its checksum
    site.next(PATH, *[Reply(body=bytes(packed), headers={"Content-Encoding": "gzip"})] * 9)
    assert "the packed file is damaged" in fails(client, wanted(site), tmp_path)


def test_a_body_of_unknown_length_cannot_be_told_from_a_cut_one(
    site: Site, client: Client, tmp_path: Path
) -> None:
    site.next(PATH, *[Reply(body=BODY, length=-1)] * 9)
    assert "does not say how long the file is" in fails(client, wanted(site), tmp_path)


def test_an_unknown_packing(site: Site, client: Client, tmp_path: Path) -> None:
    site.next(PATH, Reply(body=BODY, headers={"Content-Encoding": "br"}))
    assert "packed as br cannot be unpacked" in fails(client, wanted(site), tmp_path)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<!DOCTYPE html><html>maintenance</html>", "application/octet-stream"),
        (b"\xef\xbb\xbf\r\n <html>", "text/csv"),
        (b"we are sorry", "text/html; charset=utf-8"),
    ],
)
def test_a_web_page_is_no_data(
    site: Site, client: Client, tmp_path: Path, body: bytes, kind: str
) -> None:
    site.next(PATH, Reply(body=body, headers={"Content-Type": kind}))
    assert "sent a web page instead of data" in fails(client, wanted(site), tmp_path)
    assert client.requests == 1


@pytest.mark.parametrize("body", [b"", b"\xef\xbb\xbf", b"\r\n\r\n"])
def test_an_empty_file(site: Site, client: Client, tmp_path: Path, body: bytes) -> None:
    site.next(PATH, Reply(body=body))
    assert "sent an empty file" in fails(client, wanted(site), tmp_path)


def test_another_header_is_not_kept(site: Site, client: Client, tmp_path: Path) -> None:
    site.next(PATH, Reply(body=b"WHEN,LEVEL\n"))
    assert "is of no layout" in fails(client, wanted(site), tmp_path)


def test_more_than_such_a_file_has(site: Site, client: Client, tmp_path: Path) -> None:
    site.next(PATH, Reply(body=b"DATE," + b"x" * 200_000))
    said = fails(client, wanted(site), tmp_path)
    assert "sends more than 0 MB" in said
    assert "largest_mb" in said


def test_a_bomb_meets_the_limit(site: Site, client: Client, tmp_path: Path) -> None:
    bomb = gzip.compress(b"DATE," + b"0" * 50_000_000)
    assert len(bomb) < 100_000
    site.next(PATH, Reply(body=bomb, headers={"Content-Encoding": "gzip"}))
    assert "sends more than" in fails(client, wanted(site), tmp_path)


def test_a_slow_server(site: Site, client: Client, clock: Clock, tmp_path: Path) -> None:
    client.manner = Manner(read=0.1, tries=2)
    site.next(PATH, *[Reply(body=BODY, wait=5.0)] * 2)
    assert "does not answer within 0.1 seconds, 2 times" in fails(client, wanted(site), tmp_path)
    assert clock.slept == [1.0]


def test_a_redirect_within_the_host(
    site: Site, client: Client, clock: Clock, tmp_path: Path
) -> None:
    site.next(PATH, Reply(status=301, headers={"Location": "/moved.csv"}))
    site.put("/moved.csv", BODY)
    client.get(wanted(site), tmp_path / "one.csv")
    assert site.paths() == [PATH, "/moved.csv"]
    assert clock.slept == [1.0]


@pytest.mark.parametrize("there", ["http://localhost:1/VIX_History.csv", "//elsewhere.test/x.csv"])
def test_a_redirect_to_another_host_is_refused(
    site: Site, client: Client, tmp_path: Path, there: str
) -> None:
    site.next(PATH, Reply(status=302, headers={"Location": there}))
    said = fails(client, wanted(site, url=site.url + PATH), tmp_path)
    assert "which is not followed" in said
    assert client.requests == 1


def test_redirects_in_a_circle(site: Site, client: Client, tmp_path: Path) -> None:
    site.next(PATH, *[Reply(status=302, headers={"Location": PATH})] * 9)
    assert "sends from one place to another" in fails(client, wanted(site), tmp_path)
    assert client.requests == REDIRECTS + 1


def test_offline_is_one_sentence(client: Client, clock: Clock, tmp_path: Path) -> None:
    with socket.socket() as taken:  # a port that nobody listens on
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/x.csv"
        site = Site(url.removesuffix("/x.csv"))
        with pytest.raises(Offline) as error:
            client.get(wanted(site, url=url), tmp_path / "one.csv")
    assert str(error.value) == (
        "127.0.0.1 cannot be reached: is this machine online? What was fetched before is kept; run "
        "the command again"
    )
    assert clock.slept == [1.0]  # one more try, not five
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "replies",
    [
        [Reply(status=400)],
        [Reply(status=404)],
        [Reply(status=503)] * 9,
        [Reply(body=BODY, cut=10)] * 9,
        [Reply(status=302, headers={"Location": "http://elsewhere.test/?api_key=SECRET"})],
        [Reply(body=b"<html>")],
    ],
)
def test_a_key_is_sent_and_never_shown(
    site: Site, client: Client, tmp_path: Path, replies: list[Reply]
) -> None:
    url = site.url + "/fred?api_key={key}"
    site.next("/fred?api_key=SECRET", *replies)
    said = fails(client, wanted(site, url=url, secret="SECRET"), tmp_path)
    assert site.paths()[0] == "/fred?api_key=SECRET"
    assert "SECRET" not in said


def test_a_proxy_of_the_environment_is_asked(
    site: Site, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server plays the proxy: it is asked for a host that does not exist."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", site.url)
    site.put("http://data.steward.test/x.csv", BODY)
    client.get(wanted(site, url="http://data.steward.test/x.csv"), tmp_path / "one.csv")
    assert (tmp_path / "one.csv").read_bytes() == BODY
