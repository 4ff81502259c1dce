"""One rule of "nearest delta": frames, arrays and SQL choose the same strikes, on ties too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.cache import open_cache
from steward.market.select import NONE, condor_quotes, condor_rows, nearest_delta, nearest_series
from steward.market.store import Store

from .storing import quote, stored

FIRST, SECOND = date(2018, 1, 8), date(2018, 1, 9)
NEAR, FAR, LATER = date(2018, 2, 9), date(2018, 2, 23), date(2018, 6, 15)
TARGETS = (-0.05, -0.16, 0.16, 0.05)

WITNESS = """
WITH series AS (
    SELECT DISTINCT session, expiry, root, settlement FROM quotes WHERE snapshot = 'eod'
), chosen AS (
    SELECT * FROM series QUALIFY row_number() OVER (
        PARTITION BY session
        ORDER BY abs(expiry - session - ?), expiry, root, settlement) = 1
)
SELECT session, strike FROM quotes JOIN chosen USING (session, expiry, root, settlement)
WHERE snapshot = 'eod' AND delta IS NOT NULL AND NOT isnan(delta) AND "right" = ?
QUALIFY row_number() OVER (
    PARTITION BY session ORDER BY abs(delta::FLOAT - ?::FLOAT), strike) = 1
ORDER BY session
"""


def in_sql(store: Store, days: int, target: float) -> list[tuple[date, float]]:
    """The third witness: DuckDB on the same parts."""
    paths = [str(store.root / part.path) for one in store.records for part in one.parts]
    with duckdb.connect(":memory:") as connection:
        connection.execute("CREATE TABLE quotes AS SELECT * FROM read_parquet(?)", [paths])
        right = "P" if target < 0.0 else "C"
        return connection.execute(WITNESS, [days, right, target]).fetchall()


def in_cache(store: Store, days: int, targets: Sequence[float]) -> list[list[tuple[date, float]]]:
    cache = open_cache(store, "SPX")
    rows = condor_rows(cache, days=days, targets=targets).rows
    return [
        [
            (day, cache.rows.strike[row] / 10_000)
            for day, row in zip(cache.sessions, rows[:, leg], strict=True)
            if row != NONE
        ]
        for leg in range(len(targets))
    ]


def in_frames(store: Store, days: int, targets: Sequence[float]) -> list[list[tuple[date, float]]]:
    found = condor_quotes(store, "SPX", days=days, targets=targets)
    return [
        found.filter(pl.col("target") == target).select("session", "strike").rows()
        for target in targets
    ]


def all_agree(store: Store, days: int, targets: Sequence[float] = TARGETS) -> None:
    wanted = [in_sql(store, days, target) for target in targets]
    assert in_cache(store, days, targets) == wanted
    assert in_frames(store, days, targets) == wanted


def puts(*of: tuple[float, float], expiry: date = NEAR, **more: Any) -> list[dict[str, Any]]:
    return [quote(FIRST, expiry, "P", strike, delta=delta, **more) for strike, delta in of]


def test_on_a_tie_the_lower_strike(tmp_path: Path) -> None:
    """Both are 0.0625 away, which floats hold exactly."""
    rows = puts((2610.0, -0.1875), (2600.0, -0.0625), (2590.0, -0.01))
    store = stored(tmp_path / "s", {"a": rows})
    assert in_cache(store, 30, [-0.125]) == [[(FIRST, 2600.0)]]
    all_agree(store, 30, [-0.125])


def test_in_float32_another_strike_is_nearest_than_in_float64(tmp_path: Path) -> None:
    """0.15 and 0.17 around 0.16: a tie in float64, 0.15 is nearer in float32. Worked by hand.

    float32 has 0.15 as 0.1500000060, 0.16 as 0.1599999964, 0.17 as 0.1700000018: the distances are
    0.0099999905 and 0.0100000054. In float64 both are 0.010000000000000009.
    """
    assert 0.17 - 0.16 == 0.16 - 0.15
    rows = puts((2600.0, -0.17), (2590.0, -0.15))
    store = stored(tmp_path / "s", {"a": rows})
    single = np.abs(np.float32([-0.17, -0.15]) - np.float32(-0.16))
    assert single[1] < single[0]
    all_agree(store, 30, [-0.16])
    upper = puts((2600.0, -0.15), (2590.0, -0.17))  # float64 would take the lower strike
    store = stored(tmp_path / "u", {"a": upper})
    assert in_cache(store, 30, [-0.16]) == [[(FIRST, 2600.0)]]
    all_agree(store, 30, [-0.16])
    frame = pl.DataFrame(upper).with_columns(pl.col("delta").cast(pl.Float64))
    by = ("session", "expiry")
    assert nearest_delta(frame, target=-0.16, by=by)["strike"].to_list() == [2600.0]
    lazy = nearest_delta(frame.lazy(), target=-0.16, by=by).collect()
    assert lazy["strike"].to_list() == [2600.0]


def test_unknown_deltas_are_never_chosen(tmp_path: Path) -> None:
    rows = puts((2600.0, -0.3))
    rows += [quote(FIRST, NEAR, "P", 2610.0), quote(FIRST, NEAR, "C", 2700.0)]
    rows += [quote(SECOND, NEAR, "P", 2610.0), quote(SECOND, NEAR, "C", 2700.0, delta=0.1)]
    store = stored(tmp_path / "s", {"a": rows})
    assert in_cache(store, 30, TARGETS) == [
        [(FIRST, 2600.0)],
        [(FIRST, 2600.0)],
        [(SECOND, 2700.0)],
        [(SECOND, 2700.0)],
    ]
    all_agree(store, 30)


def test_of_two_expiries_equally_near_the_earlier_and_of_two_series_spx(tmp_path: Path) -> None:
    """39 days after the 8th of January lies between the 9th and the 23rd of February."""
    assert (NEAR - FIRST).days + 7 == 39 == (FAR - FIRST).days - 7
    rows = puts((2600.0, -0.1)) + puts((2500.0, -0.1), expiry=FAR)
    rows += puts((2650.0, -0.2), root="SPX", settlement="AM")
    store = stored(tmp_path / "s", {"a": rows})
    assert in_cache(store, 39, [-0.1]) == [[(FIRST, 2650.0)]]
    all_agree(store, 39, [-0.1])
    cache = open_cache(store, "SPX")
    weekly = condor_rows(cache, days=39, targets=[-0.1], allowed=cache.series.root == 1)
    assert cache.rows.strike[weekly.rows[0, 0]] == 26_000_000
    none = condor_rows(cache, days=39, targets=[-0.1], allowed=cache.series.root == 3)
    assert none.series.tolist() == [NONE]
    assert none.rows.tolist() == [[NONE]]


def test_a_session_whose_series_are_all_far_has_the_nearest_of_them(tmp_path: Path) -> None:
    rows = puts((2600.0, -0.1), expiry=LATER)
    rows += [quote(SECOND, NEAR, "P", 2500.0, delta=-0.1)]
    store = stored(tmp_path / "s", {"a": rows})
    assert in_frames(store, 30, [-0.1]) == [[(FIRST, 2600.0), (SECOND, 2500.0)]]
    all_agree(store, 30, [-0.1])


def test_another_delta_may_be_given(tmp_path: Path) -> None:
    store = stored(tmp_path / "s", {"a": puts((2590.0, -0.1), (2600.0, -0.2))})
    cache = open_cache(store, "SPX")
    ours = np.array([-0.2, -0.1], dtype=np.float32)
    found = condor_rows(cache, days=30, targets=[-0.1], delta=ours)
    assert cache.rows.strike[found.rows[0, 0]] == 26_000_000


def test_a_series_is_whole(tmp_path: Path) -> None:
    rows = puts((2590.0, -0.1), (2600.0, -0.2)) + puts((2500.0, -0.1), expiry=FAR)
    frame = stored(tmp_path / "s", {"a": rows}).quotes("SPX", "2018-01")
    assert nearest_series(frame, days=30)["strike"].to_list() == [2590.0, 2600.0]


deltas = st.sampled_from([-0.17, -0.16, -0.15, -0.05, 0.05, 0.15, 0.16, 0.17, None]) | st.integers(
    -100, 100
).map(lambda n: n / 100)


@pytest.mark.slow
@given(
    keys=st.lists(
        st.tuples(
            st.integers(0, 3),  # sessions after the first one
            st.integers(20, 50),  # days to expiry
            st.sampled_from(["SPX", "SPXW"]),
            st.sampled_from(["C", "P"]),
            st.integers(1, 12),
            deltas,
        ),
        min_size=1,
        max_size=40,
        unique_by=lambda key: key[:5],
    ),
    days=st.integers(25, 45),
)
def test_frames_arrays_and_sql_agree(
    keys: list[tuple[int, int, str, str, int, float | None]],
    days: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    rows = [
        quote(
            FIRST + timedelta(days=day),
            FIRST + timedelta(days=day + left),
            right,
            2500.0 + 5.0 * strike,
            root=root,
            settlement="AM" if root == "SPX" else "PM",
            delta=delta,
        )
        for day, left, root, right, strike, delta in keys
    ]
    all_agree(stored(tmp_path_factory.mktemp("store") / "s", {"a": rows}), days)
