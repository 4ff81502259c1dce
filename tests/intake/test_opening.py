"""Folders and archives: every member a file; hostile or damaged ones one clear sentence."""

from __future__ import annotations

import gzip
import io
import os
import sys
import zipfile
from pathlib import Path

import py7zr
import pytest

from steward.intake import opening
from steward.intake.opening import Found, find
from steward.terms.errors import StewardError

TEXT = b"a,b\n1,2\n"


def content(found: Found) -> bytes:
    with found.open() as file:
        return file.read()


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def test_folders_are_read_by_name_and_dot_files_are_left_out(tmp_path: Path) -> None:
    for name in ("b.csv", "a/c.csv", ".hidden/x.csv", "a/.y.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(TEXT)
    assert [one.name for one in find([tmp_path])] == ["c.csv", "b.csv"]


def test_gzip_zip_and_zip_in_zip_give_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "1.csv.gz").write_bytes(gzip.compress(TEXT))
    (tmp_path / "2.zip").write_bytes(zipped({"in/x.csv": TEXT, "y.csv.gz": gzip.compress(TEXT)}))
    (tmp_path / "3.zip").write_bytes(zipped({"inner.zip": zipped({"z.csv": TEXT})}))
    (tmp_path / "4.zip.zip").write_bytes(zipped({"w.csv": TEXT}))
    found = list(find([tmp_path]))
    assert [one.name for one in found] == ["1.csv", "x.csv", "y.csv", "z.csv", "w.csv"]
    assert [content(one) for one in found] == [TEXT] * 5
    assert [content(one) for one in found] == [TEXT] * 5, "a second time too"
    assert found[3].shown.endswith("3.zip/inner.zip/z.csv")


def test_a_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "1.zip").write_bytes(zipped({"a\x1b[2J\nb.csv": TEXT}))
    (found,) = find([tmp_path / "1.zip"])
    assert found.name == "a?[2J?b.csv"
    assert found.shown.endswith("1.zip/a?[2J?b.csv")
    assert content(found) == TEXT


def test_two_members_of_one_name_are_two_files(tmp_path: Path) -> None:
    """Opened by its name, the last one would be read twice and the first one never."""
    contract = "spx_quote_european_call_47000000_20240119.csv"
    for name, path in (("x.csv", tmp_path / "1.zip"), (contract, tmp_path / "2.zip")):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, b"1\n")
            with pytest.warns(UserWarning, match="Duplicate"):
                archive.writestr(name, b"2\n")
    found = list(find([tmp_path]))
    assert [content(one) for one in found[:2]] == [b"1\n", b"2\n"]
    assert content(found[2]).split(b"\n")[1:] == [f"{contract},{n}".encode() for n in (1, 2)] + [
        b""
    ]


def test_7z_is_unpacked_without_its_names(tmp_path: Path) -> None:
    path = tmp_path / "1.7z"
    with py7zr.SevenZipFile(path, "w") as archive:
        archive.writestr(TEXT, "spx/2010.txt")
        archive.writestr(b"", "empty.txt")
        archive.writestr(TEXT + TEXT, "spx/2011.txt")
    found = list(find([path]))
    assert [one.name for one in found] == ["2010.txt", "empty.txt", "2011.txt"]
    assert [content(one) for one in found] == [TEXT, b"", TEXT + TEXT]


def test_an_archive_without_a_file_is_named(tmp_path: Path) -> None:
    with py7zr.SevenZipFile(tmp_path / "1.7z", "w"):
        pass
    (tmp_path / "2.zip").write_bytes(zipped({}))
    for found in find([tmp_path]):
        with pytest.raises(StewardError, match="is an archive without a file"):
            content(found)


def test_without_the_extra_a_7z_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "1.7z").write_bytes(b"7z")
    monkeypatch.setitem(sys.modules, "py7zr", None)
    (found,) = find([tmp_path / "1.7z"])
    with pytest.raises(StewardError, match=r'pip install "steward\[sevenzip\]"'):
        content(found)


@pytest.mark.parametrize("name", ["../../x.csv", "/etc/x.csv", "C:\\x.csv", "a/../x.csv"])
def test_a_members_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    path = tmp_path / "1.zip"
    path.write_bytes(zipped({name: TEXT}))
    before = sorted(p.name for p in tmp_path.iterdir())
    (found,) = find([path])
    assert found.name == "x.csv"
    assert content(found) == TEXT
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "ALWAYS_ALLOWED", 100_000)
    zeros = bytes(50_000_000)
    (tmp_path / "1.csv.gz").write_bytes(gzip.compress(zeros))
    (tmp_path / "2.zip").write_bytes(zipped({"x.csv": zeros}))
    (tmp_path / "3.zip").write_bytes(zipped({"x.csv.gz": gzip.compress(zeros)}))
    for path in sorted(tmp_path.iterdir()):
        (found,) = find([path])
        with pytest.raises(StewardError, match="unpacks to more than 300 times its size"):
            content(found)
    with py7zr.SevenZipFile(tmp_path / "4.7z", "w") as archive:
        archive.writestr(zeros, "x.txt")
    (found,) = find([tmp_path / "4.7z"])
    with pytest.raises(StewardError, match="cannot be unpacked"):
        content(found)


def test_a_damaged_archive_is_one_sentence(tmp_path: Path) -> None:
    noise = os.urandom(5000)
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(noise)[:-100])
    (tmp_path / "bits.csv.gz").write_bytes(gzip.compress(TEXT * 99)[:20] + bytes(30))
    (tmp_path / "no.csv.gz").write_bytes(TEXT)
    whole = zipped({"x.csv": noise})
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "bits.zip").write_bytes(whole[:200] + bytes(50) + whole[250:])
    (tmp_path / "no.zip").write_bytes(TEXT)
    (tmp_path / "no.7z").write_bytes(TEXT)
    for path in sorted(tmp_path.iterdir()):
        (found,) = find([path])
        with pytest.raises(StewardError, match="cannot be unpacked") as error:
            content(found)
        assert "\n" not in str(error.value)


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StewardError, match="save it to a file first"):
        list(find([tmp_path / "pipe"]))
    with pytest.raises(StewardError, match="does not exist"):
        list(find([tmp_path / "nothing"]))
