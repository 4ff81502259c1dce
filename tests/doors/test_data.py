"""`steward data ...` as a user meets it: tables, sentences, exit codes, Ctrl-C."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from steward.doors.data import terminal as shown
from steward.doors.data_report import text
from steward.doors.terminal import Out, folded
from steward.intake.importing import ImportReport, Refused, import_paths
from steward.intake.quality import quality
from steward.market.records import ImportRecord
from steward.market.store import Store

Said = tuple[int, str, str]

HEADER = "underlying_symbol,underlying_price,option_type,expiration,quote_date,strike,bid,ask,delta"


def chain(path: Path, session: str = "02/01/2018") -> Path:
    """# written: two strikes in optopsy's layout."""
    rows = [
        f"SPXW,2700,{right},02/28/2018,{session},{strike},{bid},{bid + 1},0.1"
        for right, bid in (("call", 20), ("put", 30))
        for strike in (2650, 2700)
    ]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def record(name: str = "chain.csv", **more: object) -> ImportRecord:
    first = ImportRecord(
        source="0" * 16,
        sha256="0" * 64,
        name=name,
        layout="cboe_datashop",
        table="quotes",
        size=1,
        read=19_002_123,
        made=38_004_246,
        kept=38_004_000,
        set_aside={"crossed": 246},
        sessions={"SPX": {"eod": {"1990-01-02": 1, "2018-02-05": 1}}},
    )
    return replace(first, **more)  # type: ignore[arg-type]


def at(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every terminal has so many characters a line."""
    made = Out.__init__

    def narrow(self: Out) -> None:
        made(self)
        self._console = Console(width=width, highlight=False, markup=False)

    monkeypatch.setattr(Out, "__init__", narrow)


# --- tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [60, 80, 110])
def test_figures_and_days_are_never_broken(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at(width, monkeypatch)
    name = "UnderlyingOptionsEODCalcs_of_a_vendor_2018-02-05_second_half.csv"
    records = (record(name), record("x.csv"))
    shown.show_import(ImportReport(new=records, known=(), refused=()), Path("s"), as_json=False)
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= width
    for figure in ("38,004,246", "38,004,000", "246", "1990-01-02", "2018-02-05", "cboe_datashop"):
        assert figure in said, figure
    assert ("gaps" in said.splitlines()[0]) == (width == 110)
    said = " ".join(said.split())
    assert "sessions of the exchange between" in said
    assert "Sessions from 1990-01-02 to 2018-02-05." in said
    assert "made of 38,004,246 lines, of which one may hold a call and a put" in said


def test_a_name_is_broken_behind_a_separator() -> None:
    assert folded("spx_quotedata_2022-09-13_no_header.csv", 25).split("\n") == [
        "spx_quotedata_2022-09-13_",
        "no_header.csv",
    ]
    assert folded("x" * 25, 10).split("\n") == ["x" * 10, "x" * 10, "x" * 5]
    assert folded("SPX, end of day", 40) == "SPX, end of day"


@pytest.mark.parametrize("width", [80, 110])
def test_a_check_fits_the_terminal(
    width: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    import_paths([chain(tmp_path / "a.csv")], tmp_path / "s")
    at(width, monkeypatch)
    text.show(quality(Store(tmp_path / "s")), store=Path("s"), page=None)
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= width
    heads = [line for line in said.splitlines() if line.startswith("quotes ")]
    assert len(heads) == (1 if width == 110 else 2)
    assert "VIX off" in heads[-1]


def test_layouts_say_what_is_not_imported(
    steward: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    at(110, monkeypatch)
    _, out, _ = steward("data", "layouts")
    (line,) = (line for line in out.splitlines() if line.startswith("workbook"))
    assert re.match(r"workbook +a workbook +not imported: is a workbook; save its", line)
    head, _, *rows = out.splitlines()
    assert all(row[head.index("title") - 1] == " " for row in rows)
    assert rows[0][head.index("title")] != " "
    _, out, _ = steward("data", "layouts", "--json")
    declined = {one["name"]: one["not_imported"] for one in json.loads(out)}
    assert declined["optopsy"] is None
    assert declined["workbook"].startswith("is a workbook")


# --- sentences -----------------------------------------------------------------------------------


def test_warnings_come_first_with_their_files(capsys: pytest.CaptureFixture[str]) -> None:
    mixed = "quotes of different moments are mixed: in {} of 54 series"
    records = (
        record("a_2018-02-05.csv", inferred=("session 2018-02-05: from the file's name",)),
        record(
            "b_2018-02-06.csv",
            inferred=(
                "session 2018-02-06: from the file's name",
                "root SPXW: from the file's name",
            ),
            warnings=(mixed.format(4),),
        ),
        record("c.csv", warnings=(mixed.format(7), "iv, delta: not believed: ratio 3 on 20 rows")),
    )
    shown.show_import(ImportReport(new=records, known=(), refused=()), Path("s"), as_json=False)
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "Before you trust it:"
    assert lines[0] == f"  b_2018-02-06.csv, c.csv: {mixed.format(4)}"
    assert lines[1].startswith("  c.csv: iv, delta: not believed")
    said = [line for line in lines if "name" in line]
    assert said == ["  from file names: session of 2 files, root SPXW"]


def test_refusals_of_one_shape_are_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    alike = [
        Refused(shown=f"in/{n}.xlsx", reason=f"in/{n}.xlsx: is a workbook, sheet {n}")
        for n in range(6)
    ]
    words = [chr(ord("a") + n) * 5 for n in range(13)]
    others = [Refused(shown=f"in/{w}", reason=f"in/{w}: is {w}") for w in words]
    report = ImportReport(new=(), known=(), refused=(*alike, *others))
    shown.show_import(report, Path("s"), as_json=False)
    said = capsys.readouterr().out
    assert (
        "in/0.xlsx: is a workbook, sheet 0. Alike: in/1.xlsx, in/2.xlsx, in/3.xlsx and 2 more."
        in said
    )
    assert said.count("\nRefused: in/") == shown.REFUSALS_SHOWN
    assert "Refused: 2 more: --json" in said
    assert "Store:" not in said


# --- import --------------------------------------------------------------------------------------


def test_what_could_not_be_imported_is_in_the_exit_code(
    steward: Callable[..., Said], tmp_path: Path
) -> None:
    chain(tmp_path / "in" / "a.csv")
    (tmp_path / "in" / "b.csv").write_text("colour,weight\n1,2\n", encoding="utf-8")
    assert steward("data", "import", "in/b.csv", "--to", "s")[0] == 2
    assert not (tmp_path / "s").exists(), "an empty store"
    code, out, _ = steward("data", "import", "in", "--to", "s")
    assert code == 5
    assert "Store: s" in out
    code, out, _ = steward("data", "import", "in", "--to", "s", "--json")
    (known,) = json.loads(out)["known"]
    assert (code, known["name"]) == (5, "a.csv")
    assert (tmp_path / "s" / "imports" / f"{known['source']}.json").exists()
    assert steward("data", "import", "in/b.csv", "--to", "s")[0] == 2
    assert len(Store(tmp_path / "s").records) == 1


def test_an_empty_folder_that_was_there_stays(steward: Callable[..., Said], tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "b.csv").write_text("colour,weight\n1,2\n", encoding="utf-8")
    code, out, _ = steward("data", "import", "b.csv", "--to", "s")
    assert (code, "Store:" in out) == (2, False)
    assert not (tmp_path / "s").exists() or not list((tmp_path / "s").iterdir())


def test_documents_beside_the_data_are_no_refusals(
    steward: Callable[..., Said], tmp_path: Path
) -> None:
    chain(tmp_path / "in" / "a.csv")
    for name in ("README", "LICENSE.txt", "notes.md", "page.pdf", "picture.png"):
        (tmp_path / "in" / name).write_text("words, and words\n", encoding="utf-8")
    (tmp_path / "in" / "plain.txt").write_text("words and words\n", encoding="utf-8")
    (tmp_path / "in" / "table.txt").write_text("colour,weight\n1,2\n", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "in" / "z.zip", "w") as archive:
        archive.writestr("readme.txt", "words, and words")
    code, out, _ = steward("data", "import", "in", "--to", "s")
    assert "7 documents, no data: LICENSE.txt, README, notes.md and 4 more." in out
    assert out.count("Refused") == 1
    assert "in/table.txt" in out
    assert code == 5
    (tmp_path / "in" / "table.txt").unlink()
    assert steward("data", "import", "in", "--to", "s")[0] == 0
    assert steward("data", "import", "in/notes.md", "--to", "s")[0] == 2


def test_what_is_skipped_is_named(steward: Callable[..., Said], tmp_path: Path) -> None:
    import_paths([chain(tmp_path / "in" / "a.csv")], tmp_path / "in" / "held")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "elsewhere")
    zipfile.ZipFile(tmp_path / "in" / "empty.zip", "w").close()
    code, out, _ = steward("data", "import", "in", "--to", "s")
    out = " ".join(out.split())
    assert code == 5
    assert "Refused: in/link: is a link to a folder" in out
    assert "Refused: in/empty.zip: is an archive without a file" in out
    assert "Passed over: in/held is a store; import its source files." in out
    code, out, _ = steward("data", "import", "in/held", "--to", "new")
    assert (code, "in/held: is a store; import its source files" in out) == (2, True)


def test_a_zip_with_a_password(steward: Callable[..., Said], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "1.zip", "w") as archive:
        archive.writestr("a.csv", "x")
    data = bytearray((tmp_path / "1.zip").read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag of an encrypted member
    (tmp_path / "1.zip").write_bytes(data)
    code, out, _ = steward("data", "import", "1.zip", "--to", "s")
    assert (code, out.strip()) == (2, "Refused: 1.zip: needs a password; unpack it yourself")


# --- check, remove, chains -----------------------------------------------------------------------


def test_a_folder_that_is_no_store(steward: Callable[..., Said], tmp_path: Path) -> None:
    chain(tmp_path / "in" / "a.csv")
    (tmp_path / "empty").mkdir()
    for command in (("check", "in"), ("remove", "in", "a.csv")):
        code, _, err = steward("data", *command)
        assert code == 2
        assert "--to in`" not in err
        assert "in: is no store; make one of its files with `steward data import in --to" in err
    assert "`steward data import PATH --to empty`" in steward("data", "check", "empty")[2]
    assert "does not exist" in steward("data", "check", "nowhere")[2]
    assert "is no store" in steward("data", "check", "in/a.csv")[2]


def test_a_name_that_is_not_in_the_store(steward: Callable[..., Said], tmp_path: Path) -> None:
    import_paths([chain(tmp_path / "in" / "a.csv")], tmp_path / "s")
    code, _, err = steward("data", "remove", "s", "b.csv")
    assert (code, err) == (2, "steward data remove: s: has no file named b.csv; it has a.csv\n")
    code, out, _ = steward("data", "remove", "s", "a.csv", "--json")
    (gone,) = json.loads(out)["removed"]
    assert (code, gone["name"], gone["kept"]) == (0, "a.csv", 4)
    assert Store(tmp_path / "s").records == ()


def test_two_files_of_one_name_are_told_apart(steward: Callable[..., Said], tmp_path: Path) -> None:
    chain(tmp_path / "1" / "a.csv")
    chain(tmp_path / "2" / "a.csv", session="02/02/2018")
    import_paths([tmp_path / "1", tmp_path / "2"], tmp_path / "s")
    first, second = Store(tmp_path / "s").records
    code, _, err = steward("data", "remove", "s", "a.csv")
    assert code == 2
    assert first.source in err
    assert second.source in err
    assert steward("data", "remove", "s", first.source)[0] == 0
    assert Store(tmp_path / "s").records == (second,)


def test_a_workbook_is_no_chain(steward: Callable[..., Said], tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_bytes(b"PK\x03\x04 and more")
    code, _, err = steward("backtest", "--chains", "x.xlsx")
    assert code == 2
    assert "x.xlsx: is a workbook; save its sheet as CSV and import that" in err
    assert "calendar" not in err


# --- Ctrl-C --------------------------------------------------------------------------------------


def test_a_stopped_import_says_what_is_in_the_store(
    steward: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain(tmp_path / "in" / "a.csv")
    chain(tmp_path / "in" / "b.csv", session="02/02/2018")
    from steward.intake import importing

    read = importing.read_quotes

    def stopped(source, *rest):  # type: ignore[no-untyped-def]
        if source.shown.endswith("b.csv"):
            raise KeyboardInterrupt
        return read(source, *rest)

    monkeypatch.setattr(importing, "read_quotes", stopped)
    code, _, err = steward("data", "import", "in", "--to", "s")
    assert code == 130
    assert err == (
        "steward data import: interrupted; 1 file is in the store, run it again to go on\n"
    )


@pytest.mark.slow
def test_a_backtest_that_is_interrupted_without_a_terminal(tmp_path: Path) -> None:
    import time

    running = subprocess.Popen(
        [sys.executable, "-m", "steward.doors.cli", "backtest"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(4)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert err.splitlines()[-1].startswith("steward backtest: interrupted; nothing was written")
    assert len(err.splitlines()) == 1
