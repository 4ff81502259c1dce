"""The column cache holds what the store holds, in the order in which it is traded on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.market import cache as cache_module
from steward.market import cache_writer
from steward.market.cache import UNKNOWN, Columns, cache_folder, open_cache
from steward.market.store import SNAPSHOTS, Store
from steward.terms.contracts import Expiry
from steward.terms.errors import StewardError

from .storing import quote, stored

FIRST, SECOND, FEBRUARY = date(2018, 1, 8), date(2018, 1, 9), date(2018, 2, 1)
NEAR, FAR = date(2018, 2, 16), date(2018, 3, 16)


def test_a_session_is_slices_sorted_as_chains_are(tmp_path: Path) -> None:
    """By expiry, root, right (puts first) and strike, whatever the order of the file."""
    rows = [
        quote(FIRST, FAR, "P", 2600.0),
        quote(FIRST, NEAR, "C", 2700.0),
        quote(FIRST, NEAR, "P", 2700.0),
        quote(FIRST, NEAR, "P", 2650.0),
        quote(FIRST, NEAR, "P", 2650.0, root="SPX", settlement="AM"),
        quote(FEBRUARY, FAR, "P", 2500.0, bid=0.0, ask=0.05),
    ]
    cache = open_cache(stored(tmp_path / "s", {"a": rows}), "SPX")
    assert cache.sessions == (FIRST, FEBRUARY)
    found = cache.session(FIRST)
    assert found is not None
    assert found.series == (
        (Expiry(root="SPX", day=NEAR, settlement="AM"), slice(0, 1)),
        (Expiry(root="SPXW", day=NEAR, settlement="PM"), slice(1, 4)),
        (Expiry(root="SPXW", day=FAR, settlement="PM"), slice(4, 5)),
    )
    assert found.points("strike").tolist() == [2650.0, 2650.0, 2700.0, 2700.0, 2600.0]
    assert found.rows.call.tolist() == [False, False, False, True, False]
    later = cache.session(FEBRUARY)
    assert later is not None
    assert later.rows.bid.tolist() == [0]
    assert later.rows.ask.tolist() == [500]
    assert cache.session(SECOND) is None


def test_unknown_is_neither_zero_nor_no(tmp_path: Path) -> None:
    rows = [
        quote(FIRST, NEAR, "P", 2600.0),
        quote(FIRST, NEAR, "P", 2605.0, volume=0, open_interest=7, bid_size=3, ask_size=0),
        quote(FIRST, NEAR, "P", 2610.0, iv=0.25, delta=-0.125, underlying=2747.5),
    ]
    cache = open_cache(stored(tmp_path / "s", {"a": rows}), "SPX")
    found = cache.rows
    assert found.volume.tolist() == [UNKNOWN, 0, UNKNOWN]
    assert found.open_interest.tolist() == [UNKNOWN, 7, UNKNOWN]
    assert found.bid_size.tolist() == [UNKNOWN, 3, UNKNOWN]
    assert found.ask_size.tolist() == [UNKNOWN, 0, UNKNOWN]
    assert np.isnan(found.iv).tolist() == [True, True, False]
    assert found.delta[2] == np.float32(-0.125)
    assert cache.series.underlying.tolist() == [2747.5]


def test_only_a_snapshot_to_trade_on_is_there(tmp_path: Path) -> None:
    """Neither a moment of the day nor overnight quotes."""
    rows = [
        quote(FIRST, NEAR, "P", 2600.0, snapshot="0945", bid=2.0, ask=3.0),
        quote(FIRST, NEAR, "P", 2600.0, snapshot="eod", bid=4.0, ask=5.0),
        quote(SECOND, NEAR, "P", 2600.0, snapshot="1201", bid=6.0, ask=7.0),
    ]
    cache = open_cache(stored(tmp_path / "s", {"a": rows}), "SPX")
    assert cache.sessions == (FIRST,)
    assert cache.rows.bid.tolist() == [40_000]


def test_of_several_snapshots_the_first_that_a_session_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (cache_module, cache_writer):
        monkeypatch.setattr(module, "SNAPSHOTS", ("eod", "1545"))
    rows = [
        quote(FIRST, NEAR, "P", 2600.0, snapshot="1545", bid=2.0, ask=3.0),
        quote(FIRST, NEAR, "P", 2600.0, snapshot="eod", bid=4.0, ask=5.0),
        quote(SECOND, NEAR, "P", 2600.0, snapshot="1545", bid=6.0, ask=7.0),
        quote(SECOND, NEAR, "P", 2600.0, snapshot="0945", bid=8.0, ask=9.0),
        quote(FEBRUARY, NEAR, "P", 2600.0, snapshot="0945"),
    ]
    cache = open_cache(stored(tmp_path / "s", {"a": rows}), "SPX")
    assert cache.sessions == (FIRST, SECOND)
    assert (cache.rows.bid / 10_000).tolist() == [4.0, 6.0]
    snapshots = [found.snapshot for day in cache.sessions if (found := cache.session(day))]
    assert snapshots == ["eod", "1545"]


def test_where_files_disagree_the_cache_takes_what_the_store_takes(tmp_path: Path) -> None:
    store = stored(
        tmp_path / "s",
        {
            "b": [quote(FIRST, NEAR, "P", 2600.0, bid=1.1), quote(FIRST, NEAR, "P", 2605.0)],
            "a": [quote(FIRST, NEAR, "P", 2600.0, bid=1.2)],
        },
    )
    cache = open_cache(store, "SPX")
    assert (cache.rows.bid / 10_000).tolist() == store.quotes("SPX", "2018-01")["bid"].to_list()
    assert cache.rows.bid.tolist() == [11_000, 10_000], "the file with more of the series"


def test_another_import_makes_another_cache_and_the_old_one_goes(tmp_path: Path) -> None:
    root = tmp_path / "s"
    before = stored(root, {"a": [quote(FIRST, NEAR, "P", 2600.0)]})
    old = open_cache(before, "SPX")
    unfinished = old.folder.with_name(".killed.new")
    unfinished.mkdir()
    after = stored(root, {"b": [quote(SECOND, NEAR, "P", 2600.0)]})
    assert open_cache(after, "SPX").sessions == (FIRST, SECOND)
    assert [path.name for path in (root / "cache" / "SPX").iterdir()] == [
        cache_folder(after, "SPX").name
    ]
    assert old.rows.strike.tolist() == [26_000_000]  # still mapped


def test_the_same_content_is_not_written_again(tmp_path: Path) -> None:
    store = stored(tmp_path / "s", {"a": [quote(FIRST, NEAR, "P", 2600.0)]})
    said: list[str] = []
    folder = open_cache(store, "SPX", lambda what, _done, _all: said.append(what)).folder
    assert said == ["cache of SPX, 2018-01"]
    stamp = (folder / "strike.npy").stat().st_mtime_ns
    open_cache(Store(store.root), "SPX", lambda what, _done, _all: said.append(what))
    assert len(said) == 1
    assert (folder / "strike.npy").stat().st_mtime_ns == stamp


def test_an_unfinished_cache_does_not_count(tmp_path: Path) -> None:
    store = stored(tmp_path / "s", {"a": [quote(FIRST, NEAR, "P", 2600.0)]})
    folder = open_cache(store, "SPX").folder
    (folder / "cache.json").unlink()
    assert open_cache(store, "SPX").sessions == (FIRST,)
    shutil.rmtree(folder)
    assert open_cache(store, "SPX").height == 1


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def _longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"0")


def _no_header(path: Path) -> None:
    path.write_bytes(bytes(byte ^ 1 for byte in path.read_bytes()))


@pytest.mark.parametrize("damage", [Path.unlink, _empty, _cut, _longer, _no_header])
@pytest.mark.parametrize(
    "name", ["bid.npy", "delta.npy", "series_start.npy", "session_first.npy", "cache.json"]
)
def test_a_damaged_cache_is_made_again(
    tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    rows = [quote(day, NEAR, "P", 2600.0) for day in (FIRST, SECOND)]
    store = stored(tmp_path / "s", {"a": rows})
    folder = open_cache(store, "SPX").folder
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    damage(folder / name)
    open_cache(store, "SPX")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_cache_whose_series_do_not_follow_each_other_is_made_again(tmp_path: Path) -> None:
    rows = [quote(day, NEAR, "P", 2600.0) for day in (FIRST, SECOND)]
    store = stored(tmp_path / "s", {"a": rows})
    start = open_cache(store, "SPX").folder / "series_start.npy"
    np.save(start, np.array([0, 5, 2], dtype=np.int64))
    assert open_cache(store, "SPX").series.start.tolist() == [0, 1, 2]


def test_a_cache_knows_on_how_many_of_its_quotes_files_contradict_each_other(
    tmp_path: Path,
) -> None:
    """Of the snapshot that is traded on, each quote once; of other snapshots none."""
    both = [quote(FIRST, NEAR, "P", strike) for strike in (2600.0, 2605.0, 2610.0)]
    noon = quote(FIRST, NEAR, "P", 2600.0, snapshot="1545")
    other = [
        quote(FIRST, NEAR, "P", 2600.0, bid=0.9),
        quote(FIRST, NEAR, "P", 2605.0, ask=1.6),
        quote(FIRST, NEAR, "P", 2610.0),
        quote(FIRST, NEAR, "P", 2600.0, bid=0.8, snapshot="1545"),
        quote(SECOND, NEAR, "P", 2600.0, bid=0.9),
    ]
    third = [quote(FIRST, NEAR, "P", 2600.0, bid=0.7)]
    store = stored(tmp_path / "s", {"a": [*both, noon], "b": other, "c": third})
    assert open_cache(store, "SPX").contradicted == 2
    assert open_cache(store, "SPX").contradicted == 2  # read, not made


def test_a_store_without_quotes_to_trade_on_says_so(tmp_path: Path) -> None:
    empty = stored(tmp_path / "e", {})
    with pytest.raises(StewardError, match="no quotes of SPX; bring some"):
        open_cache(empty, "SPX")
    morning = stored(tmp_path / "m", {"a": [quote(FIRST, NEAR, "P", 2600.0, snapshot="0945")]})
    with pytest.raises(StewardError, match=r"a snapshot to trade on .*; it has 0945\); import"):
        open_cache(morning, "SPX")
    assert not list((tmp_path / "m" / "cache" / "SPX").glob("*/cache.json"))


days = st.sampled_from([FIRST, SECOND, FEBRUARY])


@settings(max_examples=20)
@given(
    keys=st.lists(
        st.tuples(
            days,
            st.sampled_from([NEAR, FAR]),
            st.sampled_from(["C", "P"]),
            st.sampled_from([2600.0, 2602.5, 2750.0]),
            st.sampled_from(["eod", "1545", "0945"]),
            st.integers(0, 90_000),
        ),
        min_size=1,
        unique_by=lambda key: key[:5],
    )
)
def test_the_cache_is_the_store_by_session(
    keys: list[tuple[date, date, str, float, str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same rows, of the same snapshot, as a filter of the store's month gives."""
    rows = [
        quote(day, expiry, right, strike, snapshot=snapshot, bid=bid / 1e4, ask=10.0)
        for day, expiry, right, strike, snapshot, bid in keys
        if snapshot != "0945" or day != FIRST
    ]
    rows.append(quote(FEBRUARY, FAR, "C", 3000.0))
    store = stored(tmp_path_factory.mktemp("store") / "s", {"a": rows})
    cache = open_cache(store, "SPX")
    tradable = [day for day in store.sessions("SPX") if _tradable(store, day)]
    assert list(cache.sessions) == tradable
    for day in tradable:
        _agree(cache, store, day)


def _tradable(store: Store, day: date) -> bool:
    return store.snapshots("SPX", day)[0] in SNAPSHOTS


def _agree(cache: Columns, store: Store, day: date) -> None:
    found = cache.session(day)
    assert found is not None
    wanted = (
        store.session("SPX", day)
        .filter(pl.col("snapshot") == store.snapshots("SPX", day)[0])
        .sort("expiry", "root", "settlement", pl.col("right") == "C", "strike")
    )
    assert found.points("strike").tolist() == wanted["strike"].to_list()
    assert found.points("bid").tolist() == wanted["bid"].to_list()
    expiries = [expiry.day for expiry, rows in found.series for _ in range(rows.stop - rows.start)]
    assert expiries == wanted["expiry"].to_list()
