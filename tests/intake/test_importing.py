"""Files into a store: once, wholly or not at all, whatever their order and however it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from steward.intake import importing, reading_in
from steward.intake.importing import import_paths
from steward.intake.spool import Spool
from steward.intake.superseding import withdraw_named
from steward.market.store import Store
from steward.market.tables import QUOTE_KEY, QUOTES
from steward.market.vendors.source import Hints
from steward.terms import calendar
from steward.terms.errors import StewardError

from .chain_csv import HEADER, lines, write

DAYS = calendar.sessions(date(2018, 1, 16), date(2018, 2, 9))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "chain.csv", DAYS)


def contents(root: Path) -> dict[str, bytes]:
    """Every file of a store but its lock, by path."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def test_a_second_import_changes_nothing(tmp_path: Path, file: Path) -> None:
    first = import_paths([file], tmp_path / "s")
    before = contents(tmp_path / "s")
    second = import_paths([file, file], tmp_path / "s")
    assert (len(first.new), len(second.new), len(second.known)) == (1, 0, 2)
    assert contents(tmp_path / "s") == before


def test_what_was_read_is_accounted_for(tmp_path: Path, file: Path) -> None:
    """21 sessions of 44 strikes and two rights; every row is kept but for no-quotes we add."""
    text = file.read_text(encoding="utf-8").splitlines()
    bad = [
        "SPXW,2700,put,02/28/2018,02/01/2018,1500,1,0.5,0",  # crossed
        "SPXW,2700,put,02/28/2018,02/01/2018,1510,0,0,0",  # no quote
        "AAPL,2700,put,02/28/2018,02/01/2018,1520,1,2,0",
        "SPXW,2700,put,02/28/2018,02/01/2018,1530,x,2,0",
        text[1],
    ]
    file.write_text("\n".join([*text, *bad]) + "\n", encoding="utf-8")
    (record,) = import_paths([file], tmp_path / "s").new
    good = len(DAYS) * 44 * 2
    assert record.read == good + 5
    assert (record.kept, record.elsewhere) == (good, 1)
    assert record.unreadable == {"column bid is not a number": 1}
    assert record.set_aside == {
        "an ask of 0: no quote": 1,
        "crossed: the ask below the bid": 1,
        "the same quote a second time": 1,
    }
    shown = Store(tmp_path / "s").set_aside()
    assert shown is not None
    assert sorted(shown["line"].to_list()) == [good + 2, good + 3, good + 5, good + 6]


def test_shuffled_rows_give_the_same_store(tmp_path: Path, file: Path) -> None:
    rows = file.read_text(encoding="utf-8").splitlines()[1:]
    for name, order in (("a", rows), ("b", rows[::-1]), ("c", rows[7:] + rows[:7])):
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join([HEADER, *order]) + "\n", encoding="utf-8")
        import_paths([path], tmp_path / name)
    stores = [Store(tmp_path / name) for name in "abc"]
    assert len({store.content_hash for store in stores}) == 1
    columns = [name for name in QUOTES if name not in ("source", "line")]
    first = stores[0].quotes("SPX", "2018-02", columns=columns)
    assert first.equals(stores[1].quotes("SPX", "2018-02", columns=columns))
    assert first.equals(first.sort(*QUOTE_KEY))


def test_a_spool_that_spills_gives_the_same_store(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_paths([file], tmp_path / "a")
    monkeypatch.setattr(reading_in, "Spool", lambda folder: Spool(folder, bytes_in_memory=1000))
    import_paths([file], tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_two_files_that_overlap_are_one_row_a_key(tmp_path: Path) -> None:
    import_paths(
        [write(tmp_path / "a.csv", DAYS[:10]), write(tmp_path / "b.csv", DAYS[5:])], tmp_path / "s"
    )
    store = Store(tmp_path / "s")
    whole = pl.concat([frame for _, frame in store.every_month("SPX")])
    assert whole.height == len(DAYS) * 88
    assert whole.select(QUOTE_KEY).is_unique().all()
    assert store.contradictions("SPX", "2018-02").is_empty()
    report = import_paths([write(tmp_path / "c.csv", DAYS[-1:], forward=2650.0)], tmp_path / "s")
    assert report.contradicted > 0
    assert Store(tmp_path / "s").contradictions("SPX", "2018-02").height > 0


@pytest.mark.parametrize("damage", ["gone", "cut", "fewer rows"])
def test_a_file_whose_parts_are_damaged_is_imported_again(
    tmp_path: Path, file: Path, damage: str
) -> None:
    import_paths([file], tmp_path / "s")
    before = contents(tmp_path / "s")
    part = sorted((tmp_path / "s").glob("quotes/*/*/*.parquet"))[0]
    if damage == "gone":
        part.unlink()
    elif damage == "cut":
        part.write_bytes(part.read_bytes()[:-10])
    else:
        pl.read_parquet(part).head(3).write_parquet(part)
    report = import_paths([file], tmp_path / "s")
    assert (len(report.new), len(report.known)) == (1, 0)
    assert contents(tmp_path / "s") == before
    assert len(import_paths([file], tmp_path / "s").known) == 1


def test_one_file_that_is_refused_does_not_stop_the_others(tmp_path: Path, file: Path) -> None:
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "cut.csv.gz").write_bytes(b"\x1f\x8b\x08")
    report = import_paths([tmp_path], tmp_path / "s")
    assert [record.name for record in report.new] == ["chain.csv"]
    assert len(report.refused) == 2
    assert all("\n" not in one.reason for one in report.refused)
    assert "no layout is near" in report.refused[0].reason
    assert "cannot be unpacked" in report.refused[1].reason


def test_a_folder_that_is_no_store_is_left_alone(tmp_path: Path, file: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(StewardError, match="is not empty and is no store"):
        import_paths([file], tmp_path / "mine")
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_one_writer_at_a_time(tmp_path: Path, file: Path) -> None:
    import_paths([], tmp_path / "s")
    with importing.locked(tmp_path / "s"), pytest.raises(StewardError, match="another import"):
        import_paths([file], tmp_path / "s")


def _interrupt(at: int) -> Callable[..., Path]:
    calls = 0
    original = Path.replace

    def replace(self: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if calls == at:
            raise KeyboardInterrupt
        return original(self, target)

    return replace


@pytest.mark.parametrize("at", range(1, 5))
def test_an_import_that_is_interrupted_can_be_repeated(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Two months' parts, then the record: whichever move does not take place, nothing counts."""
    import_paths([file], tmp_path / "whole")
    import_paths([], tmp_path / "s")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", _interrupt(at))
        if at <= 3:
            with pytest.raises(KeyboardInterrupt):
                import_paths([file], tmp_path / "s")
        else:
            import_paths([file], tmp_path / "s")
    interrupted = Store(tmp_path / "s")
    assert len(interrupted.records) == (0 if at <= 3 else 1)
    assert interrupted.months("SPX") == (() if at <= 3 else ("2018-01", "2018-02"))
    import_paths([file], tmp_path / "s")
    assert contents(tmp_path / "s") == contents(tmp_path / "whole")


SCRIPT = """
import sys
from pathlib import Path
from steward.intake.importing import import_paths
print("ready", flush=True)
import_paths([Path(p) for p in sys.argv[2:]], Path(sys.argv[1]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1, 0.2, 0.4])
def test_an_import_that_is_killed_can_be_repeated(tmp_path: Path, delay: float) -> None:
    days = calendar.sessions(date(2017, 9, 1), date(2018, 2, 9))
    files = [write(tmp_path / f"{i}.csv", days[i::3]) for i in range(3)]
    import_paths(files, tmp_path / "whole")
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "s"), *map(str, files)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
    if (tmp_path / "s" / "steward-store.json").exists():
        for record in Store(tmp_path / "s").records:  # whatever counts is whole
            for part in record.parts:
                frame = pl.read_parquet(tmp_path / "s" / part.path)
                assert frame.height == part.rows
    import_paths(files, tmp_path / "s")
    assert contents(tmp_path / "s") == contents(tmp_path / "whole")


def test_a_record_says_no_path_of_the_machine(tmp_path: Path, file: Path) -> None:
    import_paths([file], tmp_path / "s")
    for path in (tmp_path / "s" / "imports").iterdir():
        assert str(tmp_path) not in path.read_text(encoding="utf-8")
        assert json.loads(path.read_text(encoding="utf-8"))["name"] == "chain.csv"


def test_a_store_can_be_moved(tmp_path: Path, file: Path) -> None:
    import_paths([file], tmp_path / "s")
    before = Store(tmp_path / "s").content_hash
    shutil.move(tmp_path / "s", tmp_path / "elsewhere")
    assert Store(tmp_path / "elsewhere").content_hash == before


def test_the_order_of_imports_does_not_matter(tmp_path: Path) -> None:
    a, b = write(tmp_path / "a.csv", DAYS[:10]), write(tmp_path / "b.csv", DAYS[5:])
    import_paths([a, b], tmp_path / "ab")
    import_paths([b], tmp_path / "ba")
    import_paths([a], tmp_path / "ba")
    assert contents(tmp_path / "ab") == contents(tmp_path / "ba")


def test_a_disk_that_is_full_leaves_nothing(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_paths([], tmp_path / "s")
    before = contents(tmp_path / "s")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr(pl.DataFrame, "write_parquet", full)
        with pytest.raises(StewardError, match="No space left on device"):
            import_paths([file], tmp_path / "s")
    assert contents(tmp_path / "s") == before


def test_lines_of_a_chain_are_what_the_tests_count_on() -> None:
    assert len(lines(DAYS[0], forward=2700.0)) == 88


# --- which file is the same file -----------------------------------------------------------------


@pytest.mark.parametrize("hints", [None, Hints(symbol="SPX", root="SPXW")])
def test_a_copy_under_another_name_is_the_same_file(
    tmp_path: Path, file: Path, hints: Hints | None
) -> None:
    """Whatever the name says: this file says all of it itself."""
    for name in ("chain (2).csv", "chain - Copy.csv", "quite_another.csv", "spxw_2018-02-01.csv"):
        shutil.copy(file, tmp_path / name)
    report = import_paths([tmp_path], tmp_path / "s", hints=hints)
    assert (len(report.new), len(report.known)) == (1, 4)


def test_what_the_user_says_in_vain_is_said(tmp_path: Path, file: Path) -> None:
    (record,) = import_paths([file], tmp_path / "s", hints=Hints(symbol="VIX", root="SPX")).new
    assert "--symbol VIX: not used, the file says it itself" in record.inferred
    assert "--root SPX: not used, the file says it itself" in record.inferred


YAHOO = (
    "contractSymbol,lastTradeDate,strike,lastPrice,bid,ask,change,percentChange,volume,"
    "openInterest,impliedVolatility,inTheMoney,contractSize,currency\n"
    "SPXW180228C02700000,2018-01-30 15:00:00+00:00,2700,5,{bid},5.2,0,0,1,2,0.2,False,REGULAR,USD\n"
)


def test_the_same_bytes_of_two_days_are_two_files(tmp_path: Path) -> None:
    """The day is in the name alone: nothing traded, so nothing in the file changed."""
    for day in ("2018-02-01", "2018-02-02"):
        (tmp_path / f"spx_{day}.csv").write_text(YAHOO.format(bid=5), encoding="utf-8")
    report = import_paths([tmp_path], tmp_path / "s")
    assert len(report.new) == 2
    assert list(Store(tmp_path / "s").sessions("SPX")) == [date(2018, 2, 1), date(2018, 2, 2)]


def test_a_file_that_is_said_to_be_of_another_day_replaces_itself(tmp_path: Path) -> None:
    (tmp_path / "chain.csv").write_text(YAHOO.format(bid=5), encoding="utf-8")
    for day in (date(2018, 2, 1), date(2018, 2, 2)):
        import_paths([tmp_path / "chain.csv"], tmp_path / "s", hints=Hints(session=day))
    store = Store(tmp_path / "s")
    assert list(store.sessions("SPX")) == [date(2018, 2, 2)]
    assert len(store.records) == 1


def test_a_file_is_read_again_on_demand(tmp_path: Path, file: Path) -> None:
    import_paths([file], tmp_path / "s")
    before = contents(tmp_path / "s")
    report = import_paths([file], tmp_path / "s", again=True)
    assert len(report.new) == 1
    assert contents(tmp_path / "s") == before


def test_files_are_taken_out_by_name_or_not_at_all(tmp_path: Path) -> None:
    files = [write(tmp_path / "a.csv", DAYS[:10]), write(tmp_path / "b.csv", DAYS[10:])]
    import_paths(files[:1], tmp_path / "one")
    import_paths(files, tmp_path / "s")
    with pytest.raises(StewardError, match=r"no file named c\.csv"):
        withdraw_named(tmp_path / "s", ["b.csv", "c.csv"])
    assert len(Store(tmp_path / "s").records) == 2
    assert [record.name for record in withdraw_named(tmp_path / "s", ["b.csv"])] == ["b.csv"]
    assert Store(tmp_path / "s").content_hash == Store(tmp_path / "one").content_hash


def test_a_store_inside_a_folder_is_no_source_of_files(tmp_path: Path, file: Path) -> None:
    import_paths([file], tmp_path / "inner")
    report = import_paths([tmp_path], tmp_path / "s")
    assert [record.name for record in report.new] == ["chain.csv"]
    assert report.refused == ()


def test_progress_rises_to_the_whole(tmp_path: Path, file: Path) -> None:
    seen: list[tuple[int, int]] = []
    import_paths([file], tmp_path / "s", progress=lambda _, done, total: seen.append((done, total)))
    size = file.stat().st_size
    assert {total for _, total in seen} == {size}
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (size, size)


def test_what_else_lies_in_a_store_is_left_alone(tmp_path: Path, file: Path) -> None:
    import_paths([file], tmp_path / "s")
    mine = [tmp_path / "s" / "mine.parquet", tmp_path / "s" / "raw" / "x.parquet"]
    for path in mine:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"mine")
    left = tmp_path / "s" / "quotes" / "SPX" / "1999-01" / ("0" * 16 + ".parquet")
    left.parent.mkdir()
    left.write_bytes(b"of a killed import")
    import_paths([], tmp_path / "s")
    assert all(path.exists() for path in mine)
    assert not left.parent.exists()
