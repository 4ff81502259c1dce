"""A part of a store that is damaged or gone is named by whatever reads it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from steward.intake.importing import import_paths
from steward.market import store as store_module
from steward.market.cache import open_cache
from steward.market.records import ImportRecord, Part, digest
from steward.market.select import condor_quotes
from steward.market.store import Store, is_whole
from steward.market.store_folder import write_atomically
from steward.market.vendors.store_history import rows_of, store_history
from steward.terms.errors import StewardError

from .storing import quote, stored

FIRST, SECOND, NEAR = date(2018, 1, 8), date(2018, 2, 1), date(2018, 2, 16)
PART = "quotes/SPX/2018-02/a.parquet"


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _overwritten(path: Path) -> None:
    """The pages, not the metadata."""
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + b"\xff" * 400 + whole[404:])


DAMAGES = [Path.unlink, _cut, _empty, _overwritten]
READERS: list[Callable[[Store], object]] = [
    lambda held: held.quotes("SPX", "2018-02"),
    lambda held: held.session("SPX", SECOND),
    lambda held: list(held.every_month("SPX")),
    lambda held: condor_quotes(held, "SPX", days=15, targets=[-0.1]),
    lambda held: open_cache(held, "SPX"),
    lambda held: held.refuse_damage(),
]


@pytest.fixture
def held(tmp_path: Path) -> Store:
    rows = [quote(day, NEAR, "P", 2600.0 + n) for day in (FIRST, SECOND) for n in range(50)]
    return stored(tmp_path / "s", {"a": rows})


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("reader", READERS)
def test_whatever_reads_it_names_the_part_its_file_and_the_way_out(
    held: Store, damage: Callable[[Path], None], reader: Callable[[Store], object]
) -> None:
    damage(held.root / PART)
    with pytest.raises(StewardError) as raised:
        reader(held)
    said = str(raised.value)
    assert said.startswith(f"{held.root / PART}: this part of the store is ")
    assert "it is of the file a.csv" in said
    assert said.endswith(f"`steward data import PATH --to {held.root} --again`")
    assert "\n" not in said
    assert ("is gone" in said) == (damage is Path.unlink)


@pytest.mark.parametrize("damage", DAMAGES)
def test_sql_names_it_too(held: Store, damage: Callable[[Path], None]) -> None:
    pytest.importorskip("duckdb")
    damage(held.root / PART)
    with pytest.raises(StewardError, match=r"2018-02/a\.parquet: this part of the store is "):
        held.sql("SELECT * FROM quotes_spx")


@pytest.mark.parametrize("damage", DAMAGES)
def test_another_table_names_it_too(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    root = tmp_path / "s"
    store_module.create(root)
    frame = pl.DataFrame({"series": ["vix"] * 500, "close": [float(n) for n in range(500)]})
    (root / "index").mkdir()
    frame.write_parquet(root / "index" / "v.parquet")
    record = ImportRecord(
        source="v", sha256="v", name="vix.csv", layout="by_hand", table="index", size=1, read=500,
        made=500, kept=500, parts=(Part(path="index/v.parquet", rows=500, digest=digest(frame)),),
    )  # fmt: skip
    write_atomically(root / "imports" / "v.json", record.text())
    held = Store(root)
    assert held.rows("index") is not None
    damage(root / "index" / "v.parquet")
    for reader in (lambda: held.rows("index"), lambda: rows_of(held, "index")):
        with pytest.raises(StewardError, match=r"index/v\.parquet: this part .*vix\.csv"):
            reader()


def test_a_history_is_not_made_of_rows_that_have_changed(tmp_path: Path) -> None:
    file = tmp_path / "VIX_History.csv"  # written
    file.write_text("DATE,OPEN,HIGH,LOW,CLOSE\n06/06/2022,20,21,19,20.5\n", encoding="utf-8")
    import_paths([file], tmp_path / "s")
    (part,) = (tmp_path / "s").glob("index/*.parquet")
    pl.read_parquet(part).with_columns(close=pl.lit(20.6)).write_parquet(part)
    with pytest.raises(StewardError, match=r"its rows are not those imported.*VIX_History\.csv"):
        store_history(Store(tmp_path / "s"))


def test_a_store_in_a_folder_with_signs_of_patterns_is_read(tmp_path: Path) -> None:
    held = stored(tmp_path / "s[1]*", {"a": [quote(FIRST, NEAR, "P", 2600.0)]})
    assert held.quotes("SPX", "2018-01").height == held.scan("SPX").collect().height == 1


def test_what_is_whole(held: Store) -> None:
    (record,) = held.records
    assert is_whole(held.root, record)
    pl.read_parquet(held.root / PART).head(3).write_parquet(held.root / PART)
    assert not is_whole(held.root, record)
    (held.root / PART).unlink()
    assert not is_whole(held.root, record)
