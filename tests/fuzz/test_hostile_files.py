"""Archives that are damaged, layouts that are wrong, files without end: the store stays whole."""

from __future__ import annotations

import gzip
import io
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import py7zr
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.intake import importing, opening
from steward.intake.importing import OUR_FAULT, import_paths
from steward.market import believe
from steward.market.store import Store
from steward.market.vendors.layout import Batch, CsvLayout
from steward.market.vendors.source import Source
from steward.terms.errors import StewardError

from . import check
from .mutations import Choices, cut_end, cut_middle, flip_bits, pick, put_in, set_byte
from .samples import SAMPLES, Sample

OPTOPSY = SAMPLES["optopsy"]


def zipped(name: str, data: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def seven_zipped(name: str, data: bytes) -> bytes:
    """With any name: the library does not write a path, a hostile file has one."""
    held = io.BytesIO()
    plain = "".join("x" if letter in "./\\" else letter for letter in name)
    with py7zr.SevenZipFile(held, "w") as archive:
        archive.set_encoded_header_mode(False)  # names stand in the file as they are
        archive.writestr(data, plain)
    whole = held.getvalue().replace(plain.encode("utf-16-le"), name.encode("utf-16-le"))
    place, size = struct.unpack_from("<QQ", whole, 12)
    sums = zlib.crc32(whole[32 + place : 32 + place + size])
    start = struct.pack("<QQI", place, size, sums)
    return whole[:8] + struct.pack("<I", zlib.crc32(start)) + start + whole[32:]


def packed(kind: str) -> Sample:
    """The sample of optopsy in an archive."""
    name, data = OPTOPSY.name, OPTOPSY.data
    content = {
        "csv.gz": lambda: gzip.compress(data, mtime=0),
        "zip": lambda: zipped(name, data),
        "zip.zip": lambda: zipped("inner.zip", zipped(name, data)),
        "gz.zip": lambda: zipped(f"{name}.gz", gzip.compress(data, mtime=0)),
        "7z": lambda: seven_zipped(name, data),
    }[kind]()
    return replace(OPTOPSY, name=f"chain.{kind}", data=content)


ARCHIVES = {kind: packed(kind) for kind in ("csv.gz", "zip", "zip.zip", "gz.zip", "7z")}
DAMAGES = (flip_bits, set_byte, cut_end, cut_middle, put_in)


@pytest.mark.parametrize("kind", ARCHIVES)
def test_an_archive_is_its_file(kind: str, tmp_path: Path) -> None:
    record = check.imported(ARCHIVES[kind], ARCHIVES[kind].data, tmp_path).record
    assert record is not None
    assert record.kept == 8


def damaged(sample: Sample, choices: Choices) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check.imported(sample, pick(DAMAGES, choices)(sample.data, choices), Path(folder))


@pytest.mark.parametrize("kind", ARCHIVES)
@settings(max_examples=15)
@given(choices=st.randoms(use_true_random=False))
def test_a_damaged_archive(kind: str, choices: Choices) -> None:
    damaged(ARCHIVES[kind], choices)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ARCHIVES)
@settings(max_examples=150)
@given(choices=st.randoms(use_true_random=False))
def test_a_damaged_archive_longer(kind: str, choices: Choices) -> None:
    damaged(ARCHIVES[kind], choices)


@pytest.mark.parametrize("name", ["../../out.csv", "/steward-out.csv", "a\\..\\..\\out.csv"])
def test_a_member_never_leaves_its_archive(name: str, tmp_path: Path) -> None:
    (inside := tmp_path / "a" / "b").mkdir(parents=True)
    for suffix, pack in ((".zip", zipped), (".7z", seven_zipped)):
        (inside / f"1{suffix}").write_bytes(pack(name, OPTOPSY.data))
        import_paths([inside / f"1{suffix}"], inside / f"store{suffix}")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b"]
    assert not Path("/steward-out.csv").exists()


def test_a_bomb_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "ALWAYS_ALLOWED", 100_000)
    header = OPTOPSY.data.split(b"\n")[0] + b"\n"
    bomb = header + b"0" * 30_000_000
    for kind, data in (
        ("csv.gz", gzip.compress(bomb)),
        ("zip", zipped("x.csv", bomb)),
        ("7z", seven_zipped("x.csv", bomb)),
    ):
        (folder := tmp_path / kind).mkdir()
        outcome = check.imported(replace(OPTOPSY, name=f"1.{kind}"), data, folder)
        assert outcome.refused is not None
        assert "unpack" in outcome.refused


def test_many_rows_in_few_bytes(tmp_path: Path) -> None:
    """Parquet of equal values: a hundred million rows are some kilobytes."""
    frame = pl.DataFrame({"settle": pl.repeat(14.5, 30_000_000, eager=True)}).with_columns(
        date=pl.lit("2024-01-09").str.to_datetime("%Y-%m-%d", time_unit="ns"),
        days_to_expiry=pl.lit(8),
        volume=pl.lit(1),
        open_interest=pl.lit(1),
    )
    held = io.BytesIO()
    frame.write_parquet(held)
    outcome = check.imported(SAMPLES["vx_by_rank"], held.getvalue(), tmp_path)
    assert outcome.refused is not None
    assert "rows" in outcome.refused


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (OPTOPSY.data.decode().encode("utf-16"), "is text in UTF-16; save it again as UTF-8"),
        (OPTOPSY.data + b"\0", "is a NUL"),
        (OPTOPSY.data + b"Gr\xf6\xdfe" * 9, "line 10: not text in UTF-8 (byte 0xf6)"),
        (OPTOPSY.data.replace(b"\n", b"\r"), "a carriage return alone"),
    ],
)
def test_what_is_no_text_says_why(data: bytes, said: str, tmp_path: Path) -> None:
    assert said in str(check.imported(OPTOPSY, data, tmp_path).refused)


@pytest.mark.slow
def test_a_line_of_more_than_a_gigabyte(tmp_path: Path) -> None:
    path = tmp_path / "chain.csv"
    with path.open("wb") as file:
        file.write(OPTOPSY.data + b"9" * 100_000)  # more than what a layout is recognised by
        file.truncate(1_200_000_000)  # zeros that take no place on the disk
    (refused,) = import_paths([path], tmp_path / "store").refused
    assert "longer than" in refused.reason or "NUL" in refused.reason


# --- what a layout does not think of -------------------------------------------------------------


class Wrong(CsvLayout):
    """A layout that reads a batch and then fails as it is told."""

    def read(self, source: Source) -> Iterator[Batch]:
        yield from super().read(source)
        raise FAULT[0]


FAULT: list[BaseException] = []


def store_with_a_file(tmp_path: Path) -> tuple[Path, dict[str, bytes]]:
    sample, store = SAMPLES["thetadata"], tmp_path / "store"
    (tmp_path / sample.name).write_bytes(sample.data)
    import_paths([tmp_path / sample.name], store)
    return store, check.contents(store)


def wrong(layout: CsvLayout) -> Wrong:
    return Wrong(name="wrong", title="wrong", cells=layout.cells, rows=layout.rows)


@pytest.mark.parametrize(
    "fault",
    [
        pl.exceptions.ComputeError("x"),
        pl.exceptions.SchemaError("x"),
        pl.exceptions.PanicException("x"),
        ValueError("a\nb"),
        OverflowError(),
        RecursionError(),
        UnicodeDecodeError("utf-8", b"", 0, 1, "x"),
        KeyError("x"),
        TypeError("x"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_fault_of_a_layout_refuses_its_file_and_no_other(
    fault: BaseException, tmp_path: Path
) -> None:
    store, before = store_with_a_file(tmp_path)
    FAULT[:] = [fault]
    layout = next(one for one in importing.layouts() if one.name == "optopsy")
    assert isinstance(layout, CsvLayout)
    path = tmp_path / OPTOPSY.name
    path.write_bytes(OPTOPSY.data)
    report = import_paths([path], store, extra=[wrong(layout)])
    (refused,) = report.refused
    assert str(path) in refused.reason
    assert OUR_FAULT in refused.reason
    assert type(fault).__name__ in refused.reason
    assert "\n" not in refused.reason
    assert check.contents(store) == before
    assert len(Store(store).records) == 1
    assert import_paths([path], store).new, "its own layout reads it"


def test_a_fault_while_completing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, before = store_with_a_file(tmp_path)

    def fails(*_: Any, **__: Any) -> believe.Completed:
        raise pl.exceptions.ComputeError("x")

    monkeypatch.setattr(believe, "complete", fails)
    paths = [tmp_path / OPTOPSY.name, tmp_path / "vix_daily.csv"]
    paths[0].write_bytes(OPTOPSY.data)
    paths[1].write_bytes(SAMPLES["index_bars"].data)
    report = import_paths(paths, store)
    assert [refused.shown for refused in report.refused] == [str(paths[0])]
    assert [record.layout for record in report.new] == ["index_bars"]
    after = check.contents(store)
    assert before.items() <= after.items()


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), MemoryError(), SystemExit()])
def test_what_is_no_fault_of_a_layout_goes_through(stop: BaseException, tmp_path: Path) -> None:
    store, before = store_with_a_file(tmp_path)
    FAULT[:] = [stop]
    layout = next(one for one in importing.layouts() if one.name == "optopsy")
    assert isinstance(layout, CsvLayout)
    path = tmp_path / OPTOPSY.name
    path.write_bytes(OPTOPSY.data)
    with pytest.raises(type(stop)):
        import_paths([path], store, extra=[wrong(layout)])
    import_paths([], store)
    assert check.contents(store) == before


def test_a_full_disk_stops_the_import(tmp_path: Path) -> None:
    store, before = store_with_a_file(tmp_path)
    FAULT[:] = [OSError(28, "No space left on device")]
    layout = next(one for one in importing.layouts() if one.name == "optopsy")
    assert isinstance(layout, CsvLayout)
    path = tmp_path / OPTOPSY.name
    path.write_bytes(OPTOPSY.data)
    with pytest.raises(StewardError, match=r"chain.csv: stopped .*No space left"):
        import_paths([path], store, extra=[wrong(layout)])
    import_paths([], store)
    assert check.contents(store) == before
