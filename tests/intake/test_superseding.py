"""A file that grew replaces the one that it grew from."""

from __future__ import annotations

from pathlib import Path

import pytest

from steward.intake.importing import import_paths
from steward.intake.superseding import Superseded, supersede, withdraw
from steward.market.store import Store
from steward.terms.errors import StewardError

HEAD = "DATE,OPEN,HIGH,LOW,CLOSE"
ROWS = (  # written
    "02/01/2027,14.00,15.00,13.00,14.50",
    "02/02/2027,15.00,16.00,14.00,15.50",
    "02/03/2027,16.00,17.00,15.00,16.50",
)


def put(folder: Path, store: Path, *rows: str, name: str = "VIX_History.csv") -> str:
    """Import a file; its source in the store."""
    path = folder / name
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    report = import_paths([path], store)
    assert not report.refused
    return (*report.new, *report.known)[0].source


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def test_only_the_new_one_is_left(tmp_path: Path, store: Path) -> None:
    old = put(tmp_path, store, *ROWS[:2])
    new = put(tmp_path, store, *ROWS)
    assert supersede(store, old, new) == Superseded(added=1, gone=0, revised=0)
    assert [record.source for record in Store(store).records] == [new]
    assert sorted(path.stem for path in store.rglob("*.parquet")) == [new]


def test_values_that_changed_are_counted(tmp_path: Path, store: Path) -> None:
    old = put(tmp_path, store, *ROWS)
    new = put(tmp_path, store, ROWS[0], ROWS[1].replace("15.50", "15.60"), ROWS[2] + " ")
    found = supersede(store, old, new)
    assert found == Superseded(
        added=0, gone=0, revised=1, first="vix 2027-02-02: close 15.5 is now 15.6"
    )


def test_a_value_that_became_known_is_a_revision(tmp_path: Path, store: Path) -> None:
    old = put(tmp_path, store, ROWS[0], "02/02/2027,,16.00,14.00,15.50")
    new = put(tmp_path, store, *ROWS[:2])
    assert supersede(store, old, new).first == "vix 2027-02-02: open None is now 15.0"


def test_a_shorter_one_is_taken_out_again(tmp_path: Path, store: Path) -> None:
    old = put(tmp_path, store, *ROWS)
    before = Store(store).content_hash
    new = put(tmp_path, store, *ROWS[:2])
    with pytest.raises(StewardError, match="lacks 1 of the 3 rows"):
        supersede(store, old, new)
    assert Store(store).content_hash == before


def test_repeating_changes_nothing(tmp_path: Path, store: Path) -> None:
    old = put(tmp_path, store, *ROWS[:2])
    new = put(tmp_path, store, *ROWS)
    supersede(store, old, new)
    before = Store(store).content_hash
    nothing = Superseded(added=0, gone=0, revised=0)
    assert supersede(store, old, new) == nothing
    assert supersede(store, new, new) == nothing
    assert Store(store).content_hash == before


def test_a_new_one_that_is_not_there(tmp_path: Path, store: Path) -> None:
    old = put(tmp_path, store, *ROWS)
    with pytest.raises(StewardError, match="nothing was replaced"):
        supersede(store, old, "0" * 16)
    assert len(Store(store).records) == 1


def test_another_table_is_no_successor(tmp_path: Path, store: Path) -> None:
    old = put(tmp_path, store, *ROWS)
    path = tmp_path / "DTB3.csv"
    path.write_text("observation_date,DTB3\n2027-02-01,3.5\n", encoding="utf-8")
    new = import_paths([path], store).new[0].source
    with pytest.raises(StewardError, match="a macro file cannot replace the index file"):
        supersede(store, old, new)
    assert len(Store(store).records) == 2


def test_withdraw(tmp_path: Path, store: Path) -> None:
    source = put(tmp_path, store, *ROWS, ROWS[0])
    assert (store / "set_aside" / f"{source}.parquet").exists()
    withdraw(store, source)
    assert not Store(store).records
    assert not list(store.rglob("*.parquet"))
    withdraw(store, source)
