"""A number changed on the disk is never traded on."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from steward.intake.stored import stored_quotes
from steward.market.cache import open_cache
from steward.market.store import Store
from steward.market.sums import refuse_changed, sums_of
from steward.terms.errors import StewardError

from .storing import quote, stored

DAY, NEAR = date(2018, 1, 8), date(2018, 2, 16)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    rows = [quote(DAY, NEAR, right, k) for k in (2600.0, 2610.0) for right in "CP"]
    return stored(tmp_path / "s", {"a": rows})


def flip(path: Path, at: int = -1) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("column", ["bid", "ask", "strike", "call", "series_expiry"])
def test_a_flipped_bit_of_the_cache_is_found_and_made_again(store: Store, column: str) -> None:
    before = stored_quotes(store).columns[0]
    values = {name: np.array(getattr(before.rows, name)) for name in ("bid", "ask", "strike")}
    flip(before.folder / f"{column}.npy")
    after = stored_quotes(store).columns[0]
    for name, value in values.items():
        np.testing.assert_array_equal(getattr(after.rows, name), value)
    refuse_changed(after.folder, "cache.json")


def test_a_part_that_was_changed_is_named(store: Store) -> None:
    (path,) = (store.root / "quotes").rglob("*.parquet")
    pl.read_parquet(path).with_columns(pl.col("bid") * 0.5).write_parquet(path)
    with pytest.raises(StewardError, match="its rows are not those imported"):
        open_cache(store, "SPX")


def test_sums_are_of_content(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(3))
    np.save(tmp_path / "b.npy", np.arange(3))
    sums = sums_of(tmp_path)
    assert sums["a.npy"] == sums["b.npy"]
