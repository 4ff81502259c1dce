"""Today's chains into a store: `_SPX.json`, `_VIX.json` written after vendor-formats.md."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from steward.doors.fetch import snapshot as module
from steward.doors.fetch.client import Client, Manner, Offline
from steward.doors.fetch.snapshot import SnapshotReport, take, to_take
from steward.market.store import Store
from steward.terms import calendar
from steward.terms.errors import StewardError

from .publishers import desk
from .server import Clock, Reply, Site
from .vendor_files import bars, chain

AFTER = datetime(2027, 3, 10, 21, 40, tzinfo=UTC)  # 16:40 in New York
DURING = datetime(2027, 3, 10, 16, 2, tzinfo=UTC)  # 11:02
DAY = date(2027, 3, 10)
SPX, VIX = "/options/_SPX.json", "/options/_VIX.json"
EXPIRIES = {
    "SPX": (calendar.monthly_expiry(2027, 4), calendar.monthly_expiry(2027, 5)),
    "VIX": (calendar.vix_expiry(2027, 4), calendar.vix_expiry(2027, 5)),
}
Take = Callable[..., SnapshotReport]


def publish(site: Site, stamp: datetime) -> None:
    site.put(SPX, chain("SPX", stamp, EXPIRIES["SPX"], level=5000.0), packed=True)
    site.put(VIX, chain("VIX", stamp, EXPIRIES["VIX"], level=20.0))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def taking(site: Site, tmp_path: Path, store: Path) -> Take:
    source = desk(site, tmp_path).known.sources["cboe_delayed"]

    def once(now: datetime, *, again: bool = False) -> SnapshotReport:
        clock = Clock()
        manner = Manner(connect=5.0, read=5.0, tries=2)
        client = Client(sleep=clock.sleep, ticks=clock.ticks, manner=manner)
        try:
            return take(source, store, client=client, now=now, again=again)
        finally:
            client.close()

    return once


def states(report: SnapshotReport) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.symbol, one.state, one.snapshots) for one in report.products]


def test_the_close_of_both_products(site: Site, store: Path, taking: Take) -> None:
    publish(site, AFTER - timedelta(minutes=1))
    report = taking(AFTER)
    assert states(report) == [("SPX", "new", ("eod",)), ("VIX", "new", ("eod",))]
    assert report.requests == 2
    for symbol, at_once in (("SPX", 36), ("VIX", 36)):  # two expiries, nine strikes, two rights
        quotes = Store(store).session(symbol, DAY)
        assert quotes.height == at_once
        assert quotes["snapshot"].unique().to_list() == ["eod"]
        assert quotes["vendor"].unique().to_list() == ["cboe_delayed_json"]


def test_the_page_is_kept_packed_as_it_came(site: Site, store: Path, taking: Take) -> None:
    publish(site, AFTER)
    taking(AFTER)
    kept = store / "raw" / "cboe_delayed" / "_VIX_2027-03-10_164000.json.gz"
    assert gzip.decompress(kept.read_bytes()) == site.files[VIX].body
    assert not list((store / "fetched").rglob("*.json"))


def test_twice_on_a_session_nobody_is_asked(site: Site, store: Path, taking: Take) -> None:
    publish(site, AFTER)
    taking(AFTER)
    before = Store(store).content_hash
    site.asked.clear()
    later = AFTER + timedelta(minutes=30)
    publish(site, later)
    report = taking(later)
    assert states(report) == [("SPX", "here", ("eod",)), ("VIX", "here", ("eod",))]
    assert report.requests == 0
    assert site.asked == []
    assert Store(store).content_hash == before


def test_the_morning_does_not_stand_in_for_the_close(site: Site, store: Path, taking: Take) -> None:
    """Cron takes the close of a day on which somebody took a snapshot by hand before."""
    publish(site, DURING)
    assert states(taking(DURING)) == [("SPX", "new", ("1102",)), ("VIX", "new", ("1102",))]
    later = DURING + timedelta(hours=1)
    publish(site, later)
    assert states(taking(later))[0] == ("SPX", "here", ("1102",))
    publish(site, AFTER)
    assert states(taking(AFTER)) == [
        ("SPX", "new", ("eod", "1102")),
        ("VIX", "new", ("eod", "1102")),
    ]
    quotes = Store(store).session("VIX", DAY)
    assert quotes.group_by("snapshot").len().sort("snapshot").rows() == [("1102", 36), ("eod", 36)]


def test_the_same_page_again_doubles_nothing(site: Site, store: Path, taking: Take) -> None:
    publish(site, AFTER)
    taking(AFTER)
    before = Store(store).content_hash
    report = taking(AFTER + timedelta(minutes=9), again=True)
    assert [one.state for one in report.products] == ["here", "here"]
    assert Store(store).content_hash == before


def test_a_history_grows(site: Site, store: Path, taking: Take) -> None:
    for days in range(3):
        now = AFTER + timedelta(days=days)
        publish(site, now)
        taking(now)
    assert list(Store(store).sessions("SPX")) == [DAY + timedelta(days=n) for n in range(3)]


class Killed(BaseException):
    """The process ends here."""


def test_killed_before_the_import_it_goes_on_without_a_request(
    site: Site, store: Path, taking: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(site, AFTER)

    def killed(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(module, "import_paths", killed)
    with pytest.raises(Killed):
        taking(AFTER)
    monkeypatch.undo()
    site.asked.clear()
    report = taking(AFTER + timedelta(minutes=5))
    assert [one.state for one in report.products] == ["new", "new"]
    assert site.paths() == [VIX]


def test_one_product_fails_and_the_other_comes(site: Site, store: Path, taking: Take) -> None:
    publish(site, AFTER)
    site.next(SPX, Reply(status=500), Reply(status=500))
    report = taking(AFTER)
    assert [one.state for one in report.products] == ["failed", "new"]
    assert "it answers 500" in report.products[0].reason
    site.asked.clear()
    assert [one.state for one in taking(AFTER).products] == ["new", "here"]
    assert site.paths() == [SPX]


def test_offline(tmp_path: Path, store: Path) -> None:
    source = desk(Site("http://127.0.0.1:1"), tmp_path).known.sources["cboe_delayed"]
    clock = Clock()
    client = Client(sleep=clock.sleep, ticks=clock.ticks)
    with pytest.raises(Offline, match="cannot be reached"):
        take(source, store, client=client, now=AFTER)
    client.close()


REFUSED = {
    "future": (AFTER + timedelta(hours=1), "is in the future: look at this machine's clock"),
    "yesterday": (AFTER - timedelta(days=1), "is not of now: the page was not renewed"),
    "the morning": (DURING, "is not of now: the page was not renewed"),
    "a Sunday": (AFTER - timedelta(days=3), "is of no session"),
}


@pytest.mark.parametrize(("stamp", "said"), REFUSED.values(), ids=list(REFUSED))
def test_a_stamp_that_is_not_of_now(
    site: Site, store: Path, taking: Take, stamp: datetime, said: str
) -> None:
    publish(site, stamp)
    report = taking(AFTER)
    assert [one.state for one in report.products] == ["failed", "failed"]
    assert all(said in one.reason for one in report.products)
    assert not (store / "raw").exists()
    assert not Store(store).records


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>", "sent a web page"),
        (b"", "sent an empty file"),
        (bars([DAY]).encode(), "no chain of options"),
        (b'{"data": []}', "is of no layout"),
        (b'{"timestamp": "2027-03-10 21:77:00", "data": {"options": [{"option": 1,', "no moment"),
        (b'{"timestamp": "2027-03-10 21:40:00", "data": {"options": [{"option": 1,', "JSON"),
    ],
)
def test_what_is_no_chain(site: Site, store: Path, taking: Take, body: bytes, said: str) -> None:
    publish(site, AFTER)
    site.next(SPX, Reply(body=body))
    report = taking(AFTER)
    assert said in report.products[0].reason
    assert report.products[1].state == "new"
    assert not Store(store).sessions("SPX")


def test_the_chain_of_another_product(site: Site, store: Path, taking: Take) -> None:
    """A page under the wrong address is not taken for what was asked for."""
    publish(site, AFTER)
    site.put(VIX, chain("SPX", AFTER, EXPIRIES["SPX"][:1], level=5000.0))
    report = taking(AFTER)
    assert report.products[1].state == "failed"
    assert "holds SPX 2027-03-10, not VIX 2027-03-10" in report.products[1].reason
    assert len(Store(store).records) == 1


MOMENTS = {
    "weekend": (datetime(2027, 3, 13, 18, 0, tzinfo=UTC), "2027-03-13 is no session"),
    "holiday": (datetime(2026, 11, 26, 22, 0, tzinfo=UTC), "take the snapshot on 2026-11-27"),
    "morning": (datetime(2027, 3, 10, 13, 0, tzinfo=UTC), "take the snapshot from 09:45 on"),
    "first minutes": (datetime(2027, 3, 10, 14, 44, tzinfo=UTC), "or the close from 16:30 on"),
    "last minutes": (datetime(2027, 3, 10, 21, 29, tzinfo=UTC), "stands there from 16:30 on"),
    "half day": (datetime(2026, 11, 27, 18, 20, tzinfo=UTC), "stands there from 13:30 on"),
    "night": (datetime(2027, 3, 11, 1, 16, tzinfo=UTC), "overnight quotes of 2027-03-11"),
}


@pytest.mark.parametrize(("now", "said"), MOMENTS.values(), ids=list(MOMENTS))
def test_moments_that_show_no_session_of_today(
    site: Site, store: Path, taking: Take, now: datetime, said: str
) -> None:
    with pytest.raises(StewardError, match=said):
        taking(now)
    assert site.asked == []
    assert not store.exists()


@pytest.mark.parametrize(
    ("now", "name"),
    [
        (datetime(2027, 3, 10, 14, 45, tzinfo=UTC), "0945"),
        (datetime(2027, 3, 10, 21, 14, tzinfo=UTC), "1614"),
        (datetime(2027, 3, 10, 21, 30, tzinfo=UTC), "eod"),
        (datetime(2027, 3, 11, 1, 14, tzinfo=UTC), "eod"),
        (datetime(2026, 11, 27, 18, 30, tzinfo=UTC), "eod"),
    ],
)
def test_moments_of_a_session(now: datetime, name: str) -> None:
    assert to_take(now).snapshot == name
