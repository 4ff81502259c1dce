"""A run on a store: the same quotes as on the files that were imported into it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from steward.intake.importing import import_paths
from steward.intake.load import Market, open_market
from steward.market.store import Store
from steward.terms.errors import StewardError

from .chain_csv import write

DAYS = (date(2018, 2, 1), date(2018, 2, 2), date(2018, 2, 5))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "made_up.csv", DAYS)


@pytest.fixture
def store(tmp_path: Path, file: Path) -> Path:
    import_paths([file], tmp_path / "store")
    return tmp_path / "store"


def same(one: Market, other: Market) -> None:
    for day in DAYS:
        series = one.quotes.expiries(day, "SPX")
        assert series == other.quotes.expiries(day, "SPX")
        assert series
        for expiry in series:
            ours, theirs = one.quotes.chain(day, expiry), other.quotes.chain(day, expiry)
            assert ours is not None
            assert theirs is not None
            assert (ours.forward, ours.discount) == (theirs.forward, theirs.discount)
            for name in ("strike", "call", "bid", "ask", "vol", "delta"):
                np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))


def test_quotes_of_a_store_are_those_of_its_files(file: Path, store: Path) -> None:
    of_file, of_store = (open_market(data=None, chains=[path]) for path in (file, store))
    same(of_file, of_store)
    assert of_store.hashes["store"] == Store(store).hash_of("quotes")
    assert of_store.kind == "quoted"
    assert not any(str(store.parent) in text for text in (*of_store.notes, of_store.quotes.label))


def test_the_hash_does_not_depend_on_names_order_or_packing(
    tmp_path: Path, file: Path, store: Path
) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    shuffled = tmp_path / "other.csv"
    shuffled.write_text("\n".join([lines[0], *lines[:0:-1]]) + "\n", encoding="utf-8")
    import_paths([shuffled], tmp_path / "second")
    assert Store(tmp_path / "second").content_hash == Store(store).content_hash


def test_a_manifest_knows_what_was_read_kept_and_set_aside(file: Path, store: Path) -> None:
    """R12, of a file given to a run and of the files behind a store alike."""
    text = file.read_text(encoding="utf-8")
    bad = "SPXW,2700,put,02/28/2018,02/01/2018,1500,1,0.5,0\n"  # crossed
    file.write_text(text + bad, encoding="utf-8")
    import_paths([file], store.parent / "second")
    rows = len(DAYS) * 88
    expected = {
        "name": "made_up.csv",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "read": rows + 1,
        "kept": rows,
        "quarantined": 1,
    }
    for chains in (file, store.parent / "second"):
        assert open_market(data=None, chains=[chains]).sources == (expected,)
    assert open_market(data=None).sources == ()


def test_a_reason_of_records_and_of_rows_counts_both(store: Path) -> None:
    """The vendor's module sets a record aside as crossed, the common steps a row."""
    (record,) = Store(store).records
    both = replace(record, unreadable={"crossed": 2, "odd": 1}, set_aside={"crossed": 3})
    assert both.not_kept == {"crossed": 5, "odd": 1}


def test_a_store_cut_off_knows_nothing_later(store: Path) -> None:
    cut = open_market(data=None, chains=[store]).until(DAYS[1])
    assert cut.quotes.expiries(DAYS[1], "SPX")
    assert not cut.quotes.expiries(DAYS[2], "SPX")


def test_files_and_a_store_together_are_refused(file: Path, store: Path) -> None:
    with pytest.raises(StewardError, match="takes files, or one store"):
        open_market(data=None, chains=[store, file])


def test_a_store_without_quotes_of_the_close_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    import_paths([], empty)
    with pytest.raises(StewardError, match="has no quotes of SPX of the end of the day"):
        open_market(data=None, chains=[empty])


def test_a_run_says_on_how_many_quotes_files_of_the_store_contradict_each_other(
    tmp_path: Path, store: Path
) -> None:
    said = "files of the store contradict each other"
    before = open_market(data=None, chains=[store])
    assert not any(said in note for note in before.notes)
    import_paths([write(tmp_path / "other.csv", DAYS[-1:], forward=2650.0)], store)
    apart = Store(store).contradictions("SPX", "2018-02").height
    found = open_market(data=None, chains=[store])
    (note,) = [note for note in found.notes if said in note]
    assert note.startswith(
        f"On {apart:,} quotes the files of the store contradict each other; such "
    )
    assert found.stored is not None
    assert found.stored.contradicted == apart > 0
