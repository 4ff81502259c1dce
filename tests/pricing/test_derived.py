"""What is kept beside a cache is what a chain says, to the last bit; its key says what it is of."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from steward.market.cache import Columns, open_cache
from steward.pricing import derived
from steward.pricing.derived import OF_ROWS, Derived, open_derived
from steward.pricing.quoted import QuotedMarket
from steward.pricing.quoted_rows import rows_of_cache
from steward.terms.contracts import Expiry

from ..market.storing import quote, stored
from .chain_by_hand import SESSIONS, MarksOnly, history, priced, smile, zero_rate

RATE = zero_rate(1.0)
SERIES = (
    Expiry(root="SPXW", day=date(2018, 1, 31), settlement="PM"),
    Expiry(root="SPX", day=date(2018, 2, 16), settlement="AM"),
    Expiry(root="SPX", day=date(2018, 6, 15), settlement="AM"),  # by its own discount
)
UNKNOWN_DAY = date(2018, 4, 3)
"""A session of the exchange, not of the history."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Columns:
    """Some sessions with three series each, holes in them, and a series that has settled."""
    rows = []
    for number, session in enumerate((*SESSIONS[:20:3], UNKNOWN_DAY)):
        for expiry in SERIES:
            if expiry.day <= session:
                continue
            strike = np.arange(2300.0, 2905.0, 12.5)
            forward = 2700.0 + 3.0 * number
            of_series = priced(
                session,
                expiry,
                strike,
                forward=forward,
                rate=RATE,
                vol=smile,
                half_spread=0.4,
                rounded=True,
            )
            for at, (_, _, k, right, bid, ask) in enumerate(of_series):
                if (at + number) % 11:
                    more = {"root": expiry.root, "settlement": expiry.settlement}
                    prices = {"bid": bid, "ask": max(ask, 0.05)}
                    rows.append(quote(session, expiry.day, right, k, **more, **prices))
    rows.append(quote(SESSIONS[0], SESSIONS[0], "C", 2700.0))
    return open_cache(stored(tmp_path_factory.mktemp("store") / "s", {"a": rows}), "SPX")


def test_the_same_numbers_as_the_chains_to_the_last_bit(
    cache: Columns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many series are worked out together."""
    world = history()
    rows = rows_of_cache(world, cache, "by hand")
    market = QuotedMarket(world, [rows], MarksOnly())
    starts = cache.series.start.tolist()
    for at_once in (1, 300, 10**6):
        monkeypatch.setattr(derived, "ROWS_AT_ONCE", at_once)
        monkeypatch.setattr(derived, "FORMAT", at_once)
        found = open_derived(cache, world)
        assert len(rows.series) > 15
        worked_out = QuotedMarket(
            world, [rows_of_cache(world, cache, "by hand", found)], MarksOnly()
        )
        for session, expiry, place, number in rows.series:
            chain = market.chain(session, expiry)
            again = worked_out.chain(session, expiry)
            assert chain is not None
            assert again is not None
            np.testing.assert_array_equal(again.vol, chain.vol)
            assert (again.forward, again.discount) == (chain.forward, chain.discount)
            assert number == starts.index(place.start)
            assert found.forward[number] == chain.forward
            assert found.discount[number] == chain.discount
            for name in OF_ROWS:
                np.testing.assert_array_equal(getattr(found, name)[place], getattr(chain, name))
        assert np.isfinite(found.vol).mean() > 0.5


def test_nothing_is_said_of_a_settled_series_or_of_a_day_without_a_history(cache: Columns) -> None:
    found = open_derived(cache, history())
    series = cache.series
    settled = series.expiry <= cache.sessions_table.day[series.session]
    elsewhere = series.session == len(cache.sessions) - 1
    assert settled.sum() == 1
    assert np.isnan(found.forward[settled | elsewhere]).all()
    assert np.isfinite(found.forward[~(settled | elsewhere)]).all()
    start = series.start
    for number in np.flatnonzero(settled | elsewhere):
        place = slice(start[number], start[number + 1])
        assert all(np.isnan(getattr(found, name)[place]).all() for name in OF_ROWS)


def test_other_rates_are_other_columns_and_the_same_rates_are_kept(cache: Columns) -> None:
    said: list[str] = []

    def opened(percent: float) -> Derived:
        return open_derived(
            cache,
            history(bill_percent=percent),
            lambda what, _done, _all: said.append(what),
        )

    low, high = opened(1.25), opened(5.0)
    count = len(said)
    assert np.nanmean(low.discount) > np.nanmean(high.discount)
    np.testing.assert_array_equal(opened(1.25).discount, low.discount)
    assert len(said) == count
    assert said[0] == "volatilities of SPX"


def test_unfinished_and_damaged_columns_are_worked_out_again(cache: Columns) -> None:
    world = history(bill_percent=2.0)
    before = {path.name for path in cache.folder.glob("derived-*")}
    open_derived(cache, world)
    (name,) = {path.name for path in cache.folder.glob("derived-*")} - before
    folder = cache.folder / name
    vol = (folder / "vol.npy").read_bytes()
    for damaged in (b"", vol[:-8], bytes(byte ^ 1 for byte in vol)):
        (folder / "vol.npy").write_bytes(damaged)
        assert open_derived(cache, world).vol.size == cache.height
        assert (folder / "vol.npy").read_bytes() == vol
    (folder / "delta.npy").unlink()
    (folder / "derived.json").unlink()
    assert open_derived(cache, world).delta.size == cache.height
