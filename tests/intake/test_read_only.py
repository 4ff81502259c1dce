"""Stores that may be read and not written to: one sentence, and nothing half done."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pytest

from steward.doors import cli
from steward.intake.importing import import_paths
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
