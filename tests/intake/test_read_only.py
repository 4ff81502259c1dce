"""Stores that may be read and not written to: one sentence, and nothing half done."""

from __future__ import annotations

import shutil
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from steward.doors import cli, notebook
from steward.intake.importing import import_paths
from steward.intake.load import open_market
from steward.intake.superseding import withdraw_named
from steward.market.store import Store
from steward.terms.errors import StewardError

from ..read_only import freeze
from .chain_csv import write

DAYS = (date(2018, 2, 1), date(2018, 2, 2))
SAID = (
    "cannot be written to (Read-only file system); a store must lie in a folder that you may change"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "made_up.csv", DAYS)


@pytest.fixture
def store(tmp_path: Path, file: Path) -> Path:
    import_paths([file], tmp_path / "store")
    return tmp_path / "store"


def test_a_new_store_in_a_read_only_folder(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(monkeypatch, tmp_path / "frozen")
    with pytest.raises(StewardError) as raised:
        import_paths([file], tmp_path / "frozen" / "store")
    assert str(raised.value) == f"{tmp_path / 'frozen' / 'store'}: {SAID}"


def test_a_store_that_is_read_only_is_read_and_not_changed(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = write(tmp_path / "other.csv", DAYS[:1], forward=2650.0)
    freeze(monkeypatch, store)
    with pytest.raises(StewardError) as raised:
        import_paths([other], store)
    assert str(raised.value) == f"{store}: {SAID}"
    with pytest.raises(StewardError) as raised:
        withdraw_named(store, ["made_up.csv"])
    assert str(raised.value) == f"{store}: {SAID}"
    assert list(Store(store).sessions("SPX")) == list(DAYS)


@pytest.mark.parametrize(
    "words", [["import", "FILE", "--to", "STORE"], ["remove", "STORE", "made_up.csv"]]
)
def test_the_command_says_it_and_ends_with_2(
    words: list[str],
    store: Path,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    filled = [{"FILE": str(file), "STORE": str(store)}.get(word, word) for word in words]
    monkeypatch.setattr(sys, "argv", ["steward", "data", *filled])
    freeze(monkeypatch, store)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"steward data {words[0]}: {store}: {SAID}\n"


def test_a_run_on_a_read_only_store_keeps_its_cache_elsewhere(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare = tmp_path / "spare"
    freeze(monkeypatch, store)
    with pytest.raises(StewardError, match=r"cannot be written \(Read-only file system\)"):
        open_market(data=None, chains=[store])
    market = open_market(data=None, chains=[store], spare=spare)
    (made,) = market.stored.columns if market.stored else ()
    assert made.folder.is_relative_to(spare)
    assert list(made.folder.glob("derived-*"))
    before = {path: path.stat().st_mtime_ns for path in spare.rglob("*.npy")}
    open_market(data=None, chains=[store], spare=spare)
    assert {path: path.stat().st_mtime_ns for path in spare.rglob("*.npy")} == before
    monkeypatch.undo()
    assert not (store / "cache").exists()


def test_what_quotes_imply_goes_elsewhere_too(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that has the cache, but not of these rates."""
    expected = open_market(data=None, chains=[store])
    for folder in (store / "cache").rglob("derived-*"):
        shutil.rmtree(folder)
    freeze(monkeypatch, store)
    market = open_market(data=None, chains=[store], spare=tmp_path / "spare")
    (made,) = market.stored.columns if market.stored else ()
    assert made.folder.is_relative_to(store)
    assert len(list((tmp_path / "spare").glob("*/derived-*/vol.npy"))) == 1
    for expiry in expected.quotes.expiries(DAYS[0], "SPX"):
        one, other = (m.quotes.chain(DAYS[0], expiry) for m in (market, expected))
        assert one is not None
        assert other is not None
        np.testing.assert_array_equal(one.vol, other.vol)


def test_two_stores_of_one_place_after_another(store: Path, tmp_path: Path) -> None:
    """Caches of another store are left alone, those of the same place are replaced."""
    spare = tmp_path / "spare"
    other = tmp_path / "other"
    import_paths([write(tmp_path / "more.csv", DAYS[:1])], other)
    with pytest.MonkeyPatch.context() as patch:
        freeze(patch, tmp_path / "store")
        freeze(patch, other)
        for path in (store, other, store):
            open_market(data=None, chains=[path], spare=spare)
    assert len(list(spare.glob("*/*/cache.json"))) == 2
    import_paths([write(tmp_path / "third.csv", DAYS[1:], forward=2650.0)], other)
    with pytest.MonkeyPatch.context() as patch:
        freeze(patch, other)
        open_market(data=None, chains=[other], spare=spare)
    assert len(list(spare.glob("*/*/cache.json"))) == 2


def test_the_folder_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert notebook.cache_folder({}) == tmp_path / ".cache" / "steward"
    assert notebook.cache_folder({"XDG_CACHE_HOME": "/var/mine"}) == Path("/var/mine/steward")
    assert notebook.cache_folder({"XDG_CACHE_HOME": "here"}) == tmp_path / ".cache" / "steward"
